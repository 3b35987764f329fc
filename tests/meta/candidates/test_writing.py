"""An entry more in candidates.yaml: nothing else changes, and what is written can be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.candidates.reading import read_suite, suite_of
from sertify.candidates.writing import Book, free_name
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.yaml_lines import read_yaml
from sertify.vocabulary.yaml_writing import as_lines, extended

ENTRY = {"name": "new", "model": "a/b", "languages": ["en", "no"]}
ROOT = Path(__file__).parents[3]

BLOCK = "candidates:\n  - name: x\n    model: c/d\n"
NEW = '  - name: new\n    model: a/b\n    languages: [en, "no"]\n'
WITHIN = {
    "at its end": (BLOCK, NEW, ""),
    "without a last line break": (BLOCK.rstrip("\n"), "\n" + NEW, ""),
    "set in by nothing": (
        "candidates:\n- name: x\n  model: c/d\n",
        '- name: new\n  model: a/b\n  languages: [en, "no"]\n',
        "",
    ),
    "set in by four": (
        "candidates:\n    -   name: x\n        model: c/d\n",
        '    - name: new\n      model: a/b\n      languages: [en, "no"]\n',
        "",
    ),
    "before another key": (BLOCK, NEW, "\n# how to choose\nselection:\n  margin: 0\n"),
    "behind its own comments": (
        f"{BLOCK}    # of x\n\n  # - name: y\n  #   model: e/f\n",
        NEW,
        "\n# how to choose\nselection: {margin: 0}\n",
    ),
    "with blank lines between": (
        f"{BLOCK}\n  - name: y\n    model: e/f\n",
        f"\n{NEW}",
        "",
    ),
    "behind a text of lines": (
        f"{BLOCK}    note: |\n      one\n\n      # two\n",
        NEW,
        "selection: {margin: 0}\n",
    ),
    "before the end of the document": (BLOCK, NEW, "...\n"),
    "as the first": ("requirements: {min_labels: 3}\n", f"candidates:\n{NEW}", ""),
    "of a list of none": ("candidates:\n", NEW, "selection: {margin: 0}\n"),
    "of a file of comments": ("# mine\n", f"candidates:\n{NEW}", ""),
    "in brackets": (
        "candidates: [{name: x, model: c/d}",
        ', {name: new, model: a/b, languages: [en, "no"]}',
        ", ]\n",
    ),
    "in brackets over lines": (
        "candidates: [\n  {name: x, model: c/d}",
        ',\n  {name: new, model: a/b, languages: [en, "no"]}',
        " # x\n]\nselection: {margin: 0}\n",
    ),
    "in brackets around nothing": (
        "candidates: [",
        '{name: new, model: a/b, languages: [en, "no"]}',
        "]\n",
    ),
    "in JSON": (
        '{"candidates": [{"name": "x", "model": "c/d"}',
        ', {name: new, model: a/b, languages: [en, "no"]}',
        "]}\n",
    ),
}


@pytest.mark.parametrize("where", WITHIN)
@pytest.mark.parametrize("form", ["plain", "of Windows", "with a mark"])
def test_all_else_stays_as_it_was(tmp_path: Path, where: str, form: str) -> None:
    before, new, after = WITHIN[where]
    old, wanted = before + after, before + new + after
    if form == "of Windows":
        old, wanted = (text.replace("\n", "\r\n") for text in (old, wanted))
    if form == "with a mark":
        old, wanted = f"\ufeff{old}", f"\ufeff{wanted}"
    path = tmp_path / "candidates.yaml"
    path.write_bytes(old.encode())
    Book.read(path).with_entry(ENTRY).write()
    assert path.read_bytes().decode() == wanted
    candidate = read_suite(path).candidates[-1]
    assert (candidate.name, candidate.model, candidate.languages) == ("new", "a/b", ("en", "no"))
    assert [each.name for each in tmp_path.iterdir()] == ["candidates.yaml"]


@pytest.mark.parametrize("name", ["candidates.yaml", "fixtures/candidates.yaml"])
def test_the_files_of_the_project_get_lines_at_their_end(name: str) -> None:
    book = Book.read(ROOT / name)
    text = book.with_entry(ENTRY).text
    assert text.startswith(book.text)
    assert text.removeprefix(book.text).strip("\n").splitlines() == as_lines(ENTRY)


def test_a_link_stays_one_and_who_may_read_it_as_well(tmp_path: Path) -> None:
    path, link = tmp_path / "real.yaml", tmp_path / "candidates.yaml"
    path.write_text(BLOCK)
    path.chmod(0o600)
    link.symlink_to(path)
    Book.read(link).with_entry(ENTRY).write()
    assert link.is_symlink()
    assert path.read_text() == BLOCK + NEW
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("candidates: {\n", "not valid YAML"),
        ("candidates:\n  - name: x\n", "key 'model' is missing"),
        ("- name: x\n", "but should be a mapping"),
        ("requirement: {}\n", "unknown key 'requirement'"),
        ("candidates: 3\n", "but should be a list"),
    ],
)
def test_a_file_that_is_wrong_is_left_alone(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "candidates.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=problem):
        Book.read(path).with_entry(ENTRY).write()
    assert path.read_text() == text


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "candidates.yaml"
    path.write_text(BLOCK)
    for wrong in ({"name": "x", "model": "a/b"}, {"name": "n n", "model": "a/b"}):
        with pytest.raises(ConfigurationError):
            Book.read(path).with_entry(wrong).write()
    assert path.read_text() == BLOCK


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file; `sertify init` writes"):
        Book.read(tmp_path / "candidates.yaml")


@given(st.dictionaries(st.sampled_from(["licence", "note"]), st.text(min_size=1, max_size=20)))
def test_whatever_a_text_holds_can_be_read_again(texts: dict[str, str]) -> None:
    entry = {"name": "new", "model": "a/b", **texts, "labels": [*texts.values()] or ["a"]}
    for start in (BLOCK, "candidates: []\n"):
        document = read_yaml(extended(start, "candidates", entry).encode())
        assert document.problems == {}
        value: Any = document.value
        (*_, last) = value["candidates"]
        assert json.dumps(last) == json.dumps(entry)


def test_values_are_those_of_an_entry() -> None:
    entry = {
        "name": "new",
        "model": "./My Model",
        "status": "rejected",
        "reason": "dimensional",
        "labels": ["neutral", "LABEL_1", "1", "a, b", "슬픔"],
        "emotions": {"a, b": "anger"},
        "feature_extractor": {"sampling_rate": 16000},
        "trust_remote_code": True,
    }
    text = "\n".join(["candidates:", *as_lines(entry)])
    (candidate,) = suite_of(text.encode(), Path("candidates.yaml")).candidates
    assert candidate.labels == ("neutral", "LABEL_1", "1", "a, b", "슬픔")
    assert candidate.emotions == {"a, b": "anger"}
    assert candidate.reasons == ("dimensional",)
    assert candidate.trust_remote_code is True


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("wavlm", "wavlm"),
        ("taken", "taken-2"),
        ("한국", "model"),
        ("-x.", "x"),
        ("a b/c", "a-b-c"),
        ("y" * 200, "y" * 90),
    ],
)
def test_a_name_is_legal_and_free(wish: str, name: str) -> None:
    assert free_name(wish, ["taken"]) == name


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("3loi/SER-Odyssey", "3loi/SER-Odyssey"),
        ("./2024/best", "./2024/best"),
        ("2024", '"2024"'),
        ("1e5", '"1e5"'),
        ("2024-01-02", '"2024-01-02"'),
        ("1_0", '"1_0"'),
        ("no", '"no"'),
    ],
)
def test_text_is_in_quotes_only_where_yaml_could_take_it_for_something_else(
    text: str, written: str
) -> None:
    assert as_lines({"model": text}) == [f"  - model: {written}"]
