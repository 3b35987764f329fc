"""Errors under a version of transformers that nobody has tried are told as such."""

import re
from pathlib import Path

import pytest

from sertify.models.tested import NEWEST, doubt
from tests.meta import tiny
from tests.meta.models.test_models import PREPROCESSOR, overwrite, rejection
from tests.meta.runs import ROOT


def test_the_newest_version_is_the_one_of_the_constraints() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    found = re.search(r"^transformers==(\d+)\.(\d+)\.", text, re.MULTILINE)
    assert found is not None
    assert (int(found[1]), int(found[2])) == NEWEST


@pytest.mark.parametrize("version", ["5.0.0", "5.23.0", "5.23.9", "5.23.0.dev0", "4.57.1", "odd"])
def test_what_was_tested_needs_no_word(version: str) -> None:
    assert doubt(version) == ""


@pytest.mark.parametrize("version", ["5.24.0", "5.100.0.dev0", "6.0.0"])
def test_a_newer_version_is_named_with_what_helps(version: str) -> None:
    assert doubt(version) == (
        f"; transformers {version} is newer than 5.23, the newest that was tested: if the model"
        " worked before, try `pip install 'transformers==5.23.*'`"
    )


@pytest.fixture
def of_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but a version of long ago was tested."""
    monkeypatch.setattr("sertify.models.tested.NEWEST", (5, 0))


@pytest.mark.usefixtures("of_old")
def test_what_does_not_fit_the_model_is_told_with_the_version(tmp_path: Path) -> None:
    tiny.build(tmp_path)
    other = '{"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000}'
    overwrite(PREPROCESSOR, other)(tmp_path)
    assert rejection(tmp_path).endswith(doubt())
    assert "is newer than 5.0, the newest that was tested: " in doubt()
