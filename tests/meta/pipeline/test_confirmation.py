"""What goes wrong while the selected one is confirmed never takes the reports with it."""

import pytest

from sertify.candidates.reading import Candidate
from sertify.corpora.reading import read_corpus
from sertify.pipeline.confirmation import confirm
from tests.meta.runs import SPEECH


def test_unknown_error_blocks_the_confirmation(pytestconfig: pytest.Config) -> None:
    # These tests are no run of checks: what such a run is told, nobody has read here.
    found = confirm(pytestconfig, Candidate("x", "org/x"), read_corpus(SPEECH))
    assert (found["outcome"], found["reason"]) == ("BLOCKED", "unexpected_error")
    assert found["message"].startswith("KeyError: ")
    assert found["clips"] == 0
    assert found["requested"] == len(read_corpus(SPEECH).clips)
