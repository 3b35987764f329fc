"""The documents say what the code is: each table, file name and number is held against it."""

import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from sertify.candidates.entries import LOADERS, VARIANTS
from sertify.candidates.reading import read_candidates
from sertify.candidates.robustness import DROPS
from sertify.corpora import audio
from sertify.hub import bounds, card, downloads, plausible
from sertify.hub.tensors import index, pickles
from sertify.plugin.arguments import add_options
from sertify.vocabulary import files, yaml_lines
from sertify.vocabulary.conditions import CONDITION_KINDS, ConditionKind
from sertify.vocabulary.outcomes import GATES, Outcome
from sertify.vocabulary.reasons import REASONS
from sertify.vocabulary.text import amount

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CHECKS = sorted((ROOT / "tests" / "checks").glob("test_*.py"))
EMBEDDED = ROOT / "fixtures" / "candidates.yaml"


def table(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table of a page whose heading begins so."""
    lines = iter((DOCS / page).read_text("utf-8").splitlines())
    next(line for line in lines if line.startswith(f"| {heading} |"))
    next(lines)
    table: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def names(cell: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


# ------------------------------------------------------------------ the README


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 8 * 1024


def test_the_readme_shows_each_embedded_candidate_with_its_reason() -> None:
    shown = README.partition("\nbaseline-tiny ")[2].partition("\nrandom  ")[0].splitlines()[1:]
    embedded = [one for one in read_candidates(EMBEDDED) if one.status == "rejected"]
    assert len(shown) == len(embedded)
    for row, candidate in zip(shown, embedded, strict=True):
        begin, _, end = row.split()[0].partition("…")
        assert candidate.name.startswith(begin)
        assert candidate.name.endswith(end)
        assert (row.split()[-1],) == candidate.reasons


def test_the_candidates_of_the_readme_are_valid_and_few_lines(tmp_path: Path) -> None:
    text = README.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "candidates.yaml").write_text(text, "utf-8")
    assert len(read_candidates(tmp_path / "candidates.yaml")) == 2
    assert len(text.splitlines()) <= 10


def test_the_readme_names_what_is_at_the_top() -> None:
    tree = README.partition("## What is where\n")[2].partition("\n## ")[0]
    for name in re.findall(r"^    (\S+)", tree, re.MULTILINE):
        assert (ROOT / name.rstrip(",")).exists(), name


# ------------------------------------------------------------------ tables of the code


def checks_with_codes() -> dict[str, tuple[str, ...]]:
    """Return the codes that each check owns, by the name of its function."""
    found = {}
    for gate in GATES:
        path = ROOT / "tests" / "checks" / f"test_{gate}.py"
        pattern = r"@pytest\.mark\.owns\(([^)]*)\)\s*def (test_\w+)|^def (test_\w+)"
        for codes, marked, plain in re.findall(pattern, path.read_text("utf-8"), re.MULTILINE):
            found[marked or plain] = tuple(re.findall(r'"(\w+)"', codes))
    return found


@pytest.mark.parametrize(("name", "codes"), checks_with_codes().items())
def test_each_check_has_a_row_with_its_codes(name: str, codes: tuple[str, ...]) -> None:
    row = next(row for row in table("gates.md", "gate") if row[1] == f"`{name}`")
    assert set(names(row[3])) == set(codes)


def test_no_other_check_has_a_row_and_gates_are_in_their_order() -> None:
    rows = table("gates.md", "gate")
    assert {name for row in rows for name in names(row[1])} == {*checks_with_codes()}
    assert [row[0] for row in rows if row[0]] == [*GATES]
    assert {path.stem for path in CHECKS} == {f"test_{gate}" for gate in GATES}


def test_each_outcome_has_a_row() -> None:
    assert [names(row[0]) for row in table("gates.md", "outcome")] == [[one] for one in Outcome]


def test_each_fault_of_a_model_is_owned_by_a_check() -> None:
    owned = {code for codes in checks_with_codes().values() for code in codes}
    at_fault = {code for code, reason in REASONS.items() if reason.fault}
    assert owned == at_fault | {"seen_in_training"}  # found by a check, but of the recordings


def test_each_reason_code_is_documented() -> None:
    text = (DOCS / "reasons.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(
        f"| `{code}` | {reason.meaning} | {reason.cure} |" for code, reason in REASONS.items()
    )


@pytest.mark.parametrize("kind", CONDITION_KINDS.values(), ids=lambda kind: kind.name)
def test_each_condition_has_a_row_with_its_severities(kind: ConditionKind) -> None:
    row = next(row for row in table("robustness.md", "family") if row[1] == f"`{kind.name}`")
    assert (row[0], row[2]) == (kind.family, kind.text)
    usual = [f"**{one:g}**" if one in kind.standard else f"{one:g}" for one in kind.severities]
    assert row[3] == (f"{', '.join(usual)} {kind.unit}" if usual else "**any**")
    span = f"{kind.least:g} to {kind.most:g}" + (f" by {kind.step:g}" if kind.step else "")
    assert row[4] == (span if usual else "")


def test_each_usual_limit_of_a_drop_has_a_row() -> None:
    rows = {row[0]: row[1] for row in table("robustness.md", "conditions")}
    assert {*rows} == {family for family, _, _ in DROPS}
    for family, most, severity in DROPS:
        assert f"{most:g}" in rows[family]
        assert severity is None or f"{severity:g}" in rows[family]


class Options(dict[str, Any]):
    """Notes the options that are declared to it."""

    def getgroup(self, *_: str) -> "Options":
        return self

    def addoption(self, name: str, **attributes: Any) -> None:
        value = attributes.get("metavar") or name.strip("-").upper()
        value = f"[{value}]" if attributes.get("nargs") == "?" else value
        self[name if attributes.get("action") == "store_true" else f"{name} {value}"] = attributes


def test_each_option_has_a_row() -> None:
    documented = [name for row in table("options.md", "option") for name in names(row[0])]
    declared = Options()
    add_options(cast("pytest.Parser", declared))
    assert sorted(documented) == sorted(declared)


def test_each_loader_and_each_variant_has_a_row() -> None:
    loaders = [name for row in table("loaders.md", "loader") for name in names(row[0])]
    assert sorted(loaders) == sorted(LOADERS)
    assert sorted(PROJECT["project"]["entry-points"]["sertify.loaders"]) == sorted(LOADERS)
    variants = [name for row in table("loaders.md", "variant") for name in names(row[0])]
    assert sorted(variants) == sorted(VARIANTS)


# ------------------------------------------------------------------ the house


@pytest.fixture(scope="module")
def house() -> dict[str, Any]:
    pytest.importorskip("grimp", reason="comes with import-linter")
    return runpy.run_path(str(DOCS / "house.py"))


def test_each_room_has_a_row_in_its_order(house: dict[str, Any]) -> None:
    rooms = {path.parent.name for path in (ROOT / "src" / "sertify").glob("*/__init__.py")}
    documented = [names(row[0])[0] for row in table("architecture.md", "room")]
    assert documented == [*house["rooms"]()]
    assert {*documented} == rooms


def test_the_picture_of_the_house_is_that_of_the_code(house: dict[str, Any]) -> None:
    drawn = house["draw"](house["imports"]())
    assert house["PICTURE"].read_text("utf-8") == drawn, "python docs/house.py draws it anew"


def test_an_import_up_would_be_seen(house: dict[str, Any]) -> None:
    draw: Callable[[dict[tuple[str, str], int]], str] = house["draw"]
    assert 'class="up"' in draw({("vocabulary", "plugin"): 1})
    assert 'class="up"' not in draw({("plugin", "vocabulary"): 1})


PLACES = ("", "src/sertify/", "docs/")
FOR_DEVELOPERS = (
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(f"docs/{path.name}" for path in DOCS.glob("*.md")),
)
# What readers write, and what runs do.
WRITTEN = (
    r"[A-Z]|(?:reports|selected|dist|house_rules|loudness|model|calls|audio|wav|emodb|Actor_\d+"
    r"|onnx)/|\.\w"
)


@pytest.mark.parametrize("page", FOR_DEVELOPERS)
def test_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    paths = re.findall(r"`((?:[\w-]+/)+(?:[\w.-]+\.(?:py|json|yaml|toml|md|svg))?)`", text)
    missing = [
        path
        for path in paths
        if not re.match(WRITTEN, path) and "GATE" not in path
        if not any((ROOT / place / path).exists() for place in PLACES)
    ]
    assert missing == []


# ------------------------------------------------------------------ what is published


def test_the_version_stands_in_one_place() -> None:
    version = PROJECT["project"]["version"]
    pattern = rf"(?<![\w.]){re.escape(version)}(?![\w.])"
    texts = [*ROOT.glob("*.md"), *ROOT.glob("*.cff"), *ROOT.glob("*.yml"), *(ROOT / "ci").iterdir()]
    texts += [*(ROOT / "src").rglob("*.py"), *DOCS.glob("*.py"), ROOT / "Makefile"]
    repeated = [path.name for path in texts if re.search(pattern, path.read_text("utf-8"))]
    assert repeated == ["CHANGELOG.md"]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8").replace("\n## Unreleased\n", "")
    latest = changes.partition("\n## ")[2].partition("\n")[0]
    assert re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", latest)


def test_the_limits_that_are_promised_are_those_of_the_code() -> None:
    promised = (ROOT / "SECURITY.md").read_text("utf-8").replace("\n", " ")
    sizes = f"{index.MAX_INDEX // 2**20} MiB of an index", f"{pickles.MAX_INSTRUCTIONS:,} instr"
    assert f"{sizes[0]} and {sizes[1]}" in promised
    assert f"{yaml_lines._MAX_BYTES:,} bytes, {yaml_lines._MAX_DEPTH} levels" in promised
    assert f"and {yaml_lines._MAX_VALUES:,} values" in promised
    assert f"whose tuples may hold {pickles._MOST_VALUES:,} values" in promised
    assert f"{files.MOST_BYTES // 2**20} MiB of any other file of text" in promised
    assert f"{card._LONGEST:,} characters of a card" in promised
    most = {name: row[1] for name, row in plausible._WORDS["config.json"]["numbers"].items()}
    labels = f"{plausible.MOST_LABELS:,} labels of {plausible.LONGEST_NAME} characters"
    built = f"{most['num_hidden_layers']} layers, {labels}, {most['num_mel_bins']:,} mel bins"
    assert built in promised
    assert f"{audio.LONGEST} seconds of a clip" in promised
    patience = f"{bounds.TIMEOUT:g} seconds without an answer, or {bounds.LONGEST_PAUSE} that it"
    assert f"| time | {patience} asks to wait; {bounds.LOOK:g} for a look at" in promised
    grace = {60.0: "a minute"}[bounds.GRACE]
    assert f"{grace}, and {1e6 / bounds.PACE:g} seconds for each MB, for a download" in promised
    assert f"{amount(bounds.RATE)}/s, on average over any {bounds.WINDOW:g} seconds" in promised
    sizes = amount(downloads.LARGEST), amount(downloads.LARGEST_LIST)
    fetched = f"{sizes[0]} for a config, {sizes[1]} for a list"
    pages = f"{amount(bounds.LARGEST_ANSWER)} and {bounds.MOST_REQUESTS} pages for a listing"
    assert fetched in promised
    assert f"{pages}; {amount(bounds.LARGEST_PAGE)} for the page of an error" in promised


def test_the_citation_is_valid() -> None:
    pytest.importorskip("check_jsonschema")
    schema = ("--builtin-schema", "vendor.citation-file-format")
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(ROOT / "CITATION.cff")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert citation["license"] == PROJECT["project"]["license"]


@pytest.mark.parametrize("path", [ROOT / "candidates.yaml", EMBEDDED], ids=str)
def test_the_schema_that_a_file_names_is_there(path: Path) -> None:
    _, _, schema = path.read_text("utf-8").partition("\n")[0].partition("$schema=")
    assert (path.parent / schema).is_file()
