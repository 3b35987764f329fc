"""What goes wrong while the selected one is confirmed never takes the reports with it."""

from sertify.candidates.reading import Candidate
from sertify.corpora.reading import read_corpus
from sertify.pipeline.confirmation import confirm
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way
from tests.meta.runs import SPEECH


def test_unknown_error_blocks_the_confirmation() -> None:
    # Nothing is given, so that the first stage finds no settings.
    found = confirm(Way(STAGES), Candidate("x", "org/x"), read_corpus(SPEECH), silently)
    assert (found["outcome"], found["reason"]) == ("BLOCKED", "unexpected_error")
    assert found["message"].startswith("LookupError: ")
    assert found["clips"] == 0
    assert found["requested"] == len(read_corpus(SPEECH).clips)
