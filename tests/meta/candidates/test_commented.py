"""The entries that candidates.yaml has as comments are right once they are none."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sertify.candidates.reading import read_candidates
from tests.meta.forty.everything import FORTY

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "candidates.yaml"
BEGIN = ROOT / "src" / "sertify" / "command" / "candidates.yaml"
ENTRY = re.compile(r"(?m)^  # - name: .*\n(?:  #   .*\n?)+")
KEYS: dict[str, dict[str, Any]] = {one.model: {**one.keys} for one in FORTY}


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^  # ", "  ", text)


def test_a_new_project_is_given_the_same() -> None:
    assert ENTRY.findall(BEGIN.read_text("utf-8")) == ENTRY.findall(SHIPPED.read_text("utf-8"))


@pytest.mark.parametrize("file", [SHIPPED, BEGIN], ids=["shipped", "of a new project"])
def test_without_the_sign_the_file_is_valid(tmp_path: Path, file: Path) -> None:
    text = ENTRY.sub(lambda entry: uncommented(entry[0]), file.read_text("utf-8"))
    path = tmp_path / "candidates.yaml"
    path.write_text(text, "utf-8")
    added = {one.model for one in read_candidates(path)} - {
        one.model for one in read_candidates(file)
    }
    assert added == {
        "emotion2vec/emotion2vec_plus_large",
        "FunAudioLLM/SenseVoiceSmall",
        "3loi/SER-Odyssey-Baseline-WavLM-Categorical",
        "tiantiaf/wavlm-large-categorical-emotion",
    }


@pytest.mark.parametrize("entry", ENTRY.findall(SHIPPED.read_text("utf-8")))
def test_each_has_the_keys_that_it_is_judged_with(entry: str) -> None:
    (content,) = YAML(typ="safe").load(uncommented(entry))
    about = {"name", "model", "note", "languages", "trained_on"}
    assert {key: content[key] for key in content.keys() - about} == KEYS[content["model"]]
