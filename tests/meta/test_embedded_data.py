"""The embedded speech and models are what they are said to be."""

import csv
import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sertify.candidates.reading import read_candidates
from tests.meta.runs import EMBEDDED, FIXTURES

SPEECH = FIXTURES / "speech"


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
    for weights in (FIXTURES / "models").rglob("*.safetensors"):
        assert weights.stat().st_size <= 1_500_000, weights


def test_every_broken_model_is_a_candidate() -> None:
    folders = set((FIXTURES / "models" / "broken").iterdir())
    listed = {one.folder for one in read_candidates(EMBEDDED)}
    assert folders <= listed


@pytest.mark.slow(15)
@pytest.mark.skipif("1.51" not in espeak(), reason="needs eSpeak NG 1.51 (package espeak-ng)")
def test_the_script_makes_the_same_speech_again(tmp_path: Path) -> None:
    script = FIXTURES / "make_speech.py"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True, timeout=300)
    for folder in ("test", "train"):
        old, new = SPEECH / folder / "audio", tmp_path / folder / "audio"
        names = sorted(path.name for path in old.iterdir())
        assert names == sorted(path.name for path in new.iterdir())
        same, _, _ = filecmp.cmpfiles(old, new, names, shallow=False)
        assert len(same) == len(names)


@pytest.mark.slow(15)
def test_the_script_sets_the_same_weights_again(tmp_path: Path) -> None:
    script = FIXTURES / "hand_set.py"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True, timeout=300)
    for folder in tmp_path.iterdir():
        known = FIXTURES / "models" / "fragile" / folder.name / "model.safetensors"
        assert known.read_bytes() == (folder / known.name).read_bytes()


def test_every_fragile_model_is_a_candidate() -> None:
    folders = set((FIXTURES / "models" / "fragile").iterdir())
    listed = {one.folder for one in read_candidates(FIXTURES / "robustness.yaml")}
    assert folders <= listed
