"""What is wrong with the speech of a run is told before any model is asked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.requirements import Requirements
from sertify.pipeline.settings import Settings, Source
from sertify.pipeline.speech import read_speech
from tests.meta.runs import SPEECH

SETTINGS = Settings(candidates=Path(), data=(Source("calls", SPEECH),))
WARNING = "no clip is labelled {}, which `emotions:` names, so nothing is found out about that"


def warnings(settings: Settings, *needed: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return those of the speech that is judged, and of what confirms."""
    requirements = Requirements(emotions=needed or None)
    speech = read_speech(settings, Suite((Candidate("x", "org/x", requirements=requirements),)))
    assert speech.judged is not None
    return speech.judged.warnings, speech.confirming.warnings if speech.confirming else ()


@pytest.mark.parametrize(
    ("needed", "missing"),
    [
        ((), None),
        (("anger", "fear"), None),
        (("anger", "contempt", "fear"), "contempt"),
        (("anger", "contempt", "boredom"), "boredom, contempt"),
    ],
)
def test_emotions_that_are_needed_but_that_no_clip_has_are_told(
    needed: tuple[str, ...], missing: str | None
) -> None:
    told = [] if missing is None else [WARNING.format(missing)]
    assert [each for each in warnings(SETTINGS, *needed)[0] if "labelled" in each] == told


def test_they_are_told_of_what_confirms_as_well() -> None:
    found = warnings(replace(SETTINGS, hold_out=0.3), "anger", "contempt")
    assert [WARNING.format("contempt") in each for each in found] == [True, True]


def test_speech_without_labels_lacks_none() -> None:
    plain = replace(SETTINGS, data=(Source("calls", SPEECH / "audio", "unlabelled"),))
    assert not any("labelled" in each for each in warnings(plain, "anger", "contempt")[0])
