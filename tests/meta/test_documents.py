"""The README and the embedded data are what they say they are."""

import csv
import filecmp
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sertify.candidates.reading import read_candidates
from sertify.vocabulary.reasons import REASONS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CHECKS = sorted((ROOT / "tests" / "checks").glob("test_*.py"))
SPEECH = ROOT / "fixtures" / "speech"


def table_rows() -> list[str]:
    return [line for line in README.splitlines() if line.startswith("|")]


def checks_with_codes() -> dict[str, tuple[str, ...]]:
    """Return the codes that each check owns, by the name of its function."""
    found = {}
    for path in CHECKS:
        pattern = r"@pytest\.mark\.owns\(([^)]*)\)\s*def (test_\w+)"
        for codes, name in re.findall(pattern, path.read_text("utf-8")):
            found[name] = tuple(re.findall(r'"(\w+)"', codes))
    return found


@pytest.mark.parametrize(("name", "codes"), checks_with_codes().items())
def test_each_check_has_a_row_in_the_readme_with_its_codes(
    name: str, codes: tuple[str, ...]
) -> None:
    row = next(row for row in table_rows() if f"`{name}`" in row)
    assert set(re.findall(r"`(\w+)`", row.rstrip("|").rpartition("|")[2])) == set(codes)


def test_each_fault_of_a_model_is_owned_by_a_check() -> None:
    owned = {code for codes in checks_with_codes().values() for code in codes}
    at_fault = {code for code, reason in REASONS.items() if reason.fault}
    assert owned == at_fault | {"seen_in_training"}  # found by a check, but of the recordings


def test_each_reason_code_is_documented() -> None:
    text = (ROOT / "docs" / "reasons.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(
        f"| `{code}` | {reason.meaning} | {reason.cure} |" for code, reason in REASONS.items()
    )


def test_the_readme_draws_the_house_as_it_is() -> None:
    picture = README.partition("src/sertify/")[2].partition("## Licence")[0]
    rooms = {path.parent.name for path in (ROOT / "src" / "sertify").glob("*/__init__.py")}
    assert set(re.findall(r"^ +(\w+)/", picture, re.MULTILINE)) == rooms


def espeak() -> str:
    """Return the version of eSpeak NG, with which the speech changes."""
    if not shutil.which("espeak-ng"):
        return ""
    command = ["espeak-ng", "--version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rows(folder: str) -> list[dict[str, str]]:
    with (SPEECH / folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_embedded_speech_is_as_varied_as_promised() -> None:
    test, train = rows("test"), rows("train")
    assert len(test) + len(train) >= 600
    assert len({row["label"] for row in test}) == 7
    assert len({row["language"] for row in test}) >= 4
    assert "ko" in {row["language"] for row in test}
    speakers = {row["speaker"] for row in test}, {row["speaker"] for row in train}
    assert len(speakers[0] | speakers[1]) >= 12
    assert not speakers[0] & speakers[1]
    assert sum(path.stat().st_size for path in SPEECH.rglob("*")) <= 8_000_000


def test_the_embedded_models_are_small() -> None:
    for weights in (ROOT / "fixtures" / "models").rglob("*.safetensors"):
        assert weights.stat().st_size <= 1_500_000, weights


def test_every_broken_model_is_a_candidate() -> None:
    folders = set((ROOT / "fixtures" / "models" / "broken").iterdir())
    listed = {one.folder for one in read_candidates(ROOT / "fixtures" / "candidates.yaml")}
    assert folders <= listed


@pytest.mark.skipif("1.51" not in espeak(), reason="needs eSpeak NG 1.51 (package espeak-ng)")
def test_the_script_makes_the_same_speech_again(tmp_path: Path) -> None:
    script = ROOT / "fixtures" / "make_speech.py"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True, timeout=300)
    for folder in ("test", "train"):
        old, new = SPEECH / folder / "audio", tmp_path / folder / "audio"
        names = sorted(path.name for path in old.iterdir())
        assert names == sorted(path.name for path in new.iterdir())
        same, _, _ = filecmp.cmpfiles(old, new, names, shallow=False)
        assert len(same) == len(names)
