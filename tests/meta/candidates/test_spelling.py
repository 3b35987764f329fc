"""What is no reference to a model is told where it is written, with what to write instead."""

import json
from pathlib import Path

import pytest

from sertify.candidates.reading import read_candidates
from sertify.candidates.spelling import address_of, misspelling
from sertify.vocabulary.errors import ConfigurationError

MAIN = "a/b, and revision: main"
RIGHTLY = {
    "a/b/": "a/b",
    "a//b": "a/b",
    " a/b ": "a/b",
    "a / b": "a/b",
    "`a/b`": "a/b",
    "a\N{EN DASH}b/c": "a-b/c",
    "a/b.git": "a/b",
    "models--a--b": "a/b",
    "models--gpt2": "gpt2",
    "a/b@v1": "a/b, and revision: v1",
    "a/b/tree/main": MAIN,
    "a/b/tree/main/": MAIN,
    "a/b/tree/v1.0/large/best": "a/b, and revision: v1.0, and subfolder: large/best",
    "a/b/blob/main/config.json": MAIN,
    "a/b/blob/main/large/config.json": f"{MAIN}, and subfolder: large",
    "a/b/resolve/main/onnx/model.onnx?download=true": MAIN,
    "a/b/commit/0123abc": "a/b, and revision: 0123abc",
    "a/b/discussions/3": "a/b",
    "https://huggingface.co/a/b": "a/b",
    "https://huggingface.co/a/b/": "a/b",
    "http://www.huggingface.co/a/b?library=transformers#usage": "a/b",
    "https://huggingface.co/a/b/tree/main": MAIN,
    "https://huggingface.co/a/b/tree/refs%2Fpr%2F1": "a/b, and revision: refs/pr/1",
    "https://huggingface.co/a/b/tree/refs/pr/1": "a/b, and revision: refs/pr/1",
    "https://huggingface.co/gpt2": "gpt2",
    "https://huggingface.co/gpt2/tree/main": "gpt2, and revision: main",
    "https://huggingface.co/a/b.git": "a/b",
    "https://huggingface.co/api/models/a/b": "a/b",
    "https://hf-mirror.com/a/b": "a/b",
    "huggingface.co/a/b": "a/b",
    "hf.co/a/b": "a/b",
    "https://hf.co/a/b": "a/b",
    "HTTPS://HF.CO/a/b": "a/b",
    "git@hf.co:a/b": "a/b",
    "hf://a/b@v1/config.json": "a/b, and revision: v1",
    "[a/b](https://huggingface.co/a/b)": "a/b",
    "models\\mine": "./models/mine",
    ".\\mine": "./mine",
    "..\\mine": "../mine",
    "file:///home/mine": "/home/mine",
}
SOMETHING_ELSE = {
    "datasets/a/b": "a data set, not a model",
    "https://huggingface.co/datasets/a/b": "a data set, not a model",
    "hf.co/datasets/a/b/tree/main": "a data set, not a model",
    "hf://datasets/a/b": "a data set, not a model",
    "datasets--a--b": "a data set, not a model",
    "spaces/a/b": "a space (an app), not a model",
    "https://huggingface.co/spaces/a/b": "a space (an app), not a model",
    "https://huggingface.co/collections/a/b": "a collection, not a model",
    "https://huggingface.co/papers/2312.06270": "a paper, not a model",
    "https://huggingface.co/models?search=emotion": "a page of the hub, not a model",
    "https://huggingface.co/": "a page of the hub, not a model",
}
RIGHT = [
    "a/b",
    "gpt2",
    "wav2vec2",
    "A-b_c.d/E.f",
    "./a/b/",
    "../a",
    "/a/tree/main",
    "~/a/",
    "./a@b",
    "C:\\models\\a",
    "C:/a",
    "models/a/b",
    "checkpoints/a/b/c",
    "huggingface/co",
    "nothuggingface.co/a",
]
NEITHER = [
    "https://github.com/a/b",
    "a b",
    "a/b c",
    "a:b",
    "ftp://a/b/",
    "x" * 3000 + "/",
    "한국/b",
]


def complaint(folder: Path, key: str, written: str) -> str:
    """Return what is said of a candidates.yaml in which somebody wrote this for a key."""
    path = folder / "candidates.yaml"
    keys = {"name": "x", "model": "org/name"} | {key: written}
    path.write_text(json.dumps({"candidates": [keys]}, ensure_ascii=False), "utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_candidates(path)
    return str(error.value)


@pytest.mark.parametrize(("written", "rightly"), RIGHTLY.items())
def test_what_was_written_and_what_to_write_is_said_in_one_line(
    tmp_path: Path, written: str, rightly: str
) -> None:
    told = complaint(tmp_path, "model", written)
    assert told.startswith(f'candidates.yaml:1: candidate "x": model is {written!r}, but should be')
    assert told.endswith(f"; write {rightly}")
    assert "\n" not in told


@pytest.mark.parametrize(("written", "is_what"), SOMETHING_ELSE.items())
def test_what_is_no_model_is_told_what_it_is(tmp_path: Path, written: str, is_what: str) -> None:
    told = complaint(tmp_path, "model", written)
    assert f"model is {written!r}, which is {is_what}; write the id of " in told


@pytest.mark.parametrize("written", RIGHT)
def test_what_may_be_an_id_or_a_folder_is_left_alone(tmp_path: Path, written: str) -> None:
    assert misspelling(written) == ""
    path = tmp_path / "candidates.yaml"
    path.write_text(json.dumps({"candidates": [{"name": "x", "model": written}]}), "utf-8")
    assert read_candidates(path)[0].model == written


@pytest.mark.parametrize("written", NEITHER)
def test_of_what_leads_nowhere_nothing_is_guessed(tmp_path: Path, written: str) -> None:
    told = complaint(tmp_path, "model", written)
    assert "write" not in told
    assert "but should be " in told


@pytest.mark.parametrize("written", ["datasets/a/b", "a/b/tree/main", "a/b/"])
def test_a_folder_that_is_there_is_one_whatever_it_is_called(tmp_path: Path, written: str) -> None:
    (tmp_path / written).mkdir(parents=True)
    path = tmp_path / "candidates.yaml"
    path.write_text(json.dumps({"candidates": [{"name": "x", "model": written}]}), "utf-8")
    assert read_candidates(path)[0].folder == (tmp_path / written).resolve()


def test_beside_a_feature_extractor_there_is_no_revision_to_write(tmp_path: Path) -> None:
    told = complaint(tmp_path, "feature_extractor", "https://huggingface.co/a/b/tree/main")
    assert ": feature_extractor is 'https://huggingface.co/a/b/tree/main', but should" in told
    assert told.endswith("; write a/b")


def test_a_login_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    told = complaint(tmp_path, "model", "https://me:hf_abcdefghijklmnop@huggingface.co/a/b")
    assert "hf_abc" not in told
    assert told.endswith("; write a/b")


def test_an_address_is_taken_apart() -> None:
    found = address_of("https://huggingface.co/a/b/blob/v1/large/config.json")
    assert found is not None
    assert (found.model, found.revision, found.subfolder) == ("a/b", "v1", "large")
