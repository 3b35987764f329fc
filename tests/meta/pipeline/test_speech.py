"""What is wrong with the speech of a run is told before any model is asked."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.fairness import Fairness
from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.requirements import Requirements
from sertify.pipeline.settings import Settings, Source
from sertify.pipeline.speech import read_speech
from sertify.vocabulary.outcomes import Bound
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


def fingerprint(folder: Path, **asked: Any) -> str:
    """Return that of speech where a requirement may be about groups of it."""
    settings = replace(SETTINGS, data=(Source("calls", folder),))
    candidate = Candidate("x", "org/x", requirements=Requirements(**asked))
    judged = read_speech(settings, Suite((candidate,))).judged
    assert judged is not None
    return judged.fingerprint


def test_where_groups_are_asked_for_a_corrected_column_is_other_speech(tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    shutil.copytree(SPEECH, tmp_path, dirs_exist_ok=True)
    by_gender = {"fairness": Fairness(groups=("gender",))}
    by_language = {"fairness": Fairness(groups=("language",))}
    asked: tuple[dict[str, Any], ...] = (
        {},
        by_gender,
        by_language,
        {"worst_group": Bound(min=0.3)},
    )
    before = [fingerprint(tmp_path, **one) for one in asked]
    assert len({*before}) == 4
    header, *rows = table.read_text("utf-8").splitlines()
    table.write_text("\n".join([header, *reversed(rows)]), "utf-8")
    assert [fingerprint(tmp_path, **one) for one in asked] == before
    rows[0] = rows[0].replace(",female,", ",male,")
    table.write_text("\n".join([header, *rows]), "utf-8")
    after = [fingerprint(tmp_path, **one) for one in asked]
    assert [new == old for new, old in zip(after, before, strict=True)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_column_that_is_not_there_changes_nothing_but_what_is_asked(tmp_path: Path) -> None:
    shutil.copytree(SPEECH, tmp_path, dirs_exist_ok=True)
    odd: dict[str, Any] = {"fairness": Fairness(groups=("<b>no such</b>",))}
    assert fingerprint(tmp_path, **odd) == fingerprint(tmp_path, **odd)
