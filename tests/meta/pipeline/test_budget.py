"""How long it takes to hear clips in conditions is said once, as soon as a pace is known."""

from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.reading import Candidate, Suite
from sertify.candidates.requirements import Requirements
from sertify.pipeline.budget import Budget, in_conditions, planned
from sertify.pipeline.settings import Settings, Source


def candidate(name: str, robustness: Any = True, status: Any = "candidate") -> Candidate:
    asked = Requirements.model_validate({"robustness": robustness}, strict=False)
    return Candidate(name, name, status=status, requirements=asked)


SETTINGS = Settings(candidates=Path("c.yaml"), data=(Source("calls", Path("calls")),))


@pytest.mark.parametrize(
    ("candidates", "says"),
    [
        ([], ""),
        ([candidate("a", None)], ""),
        ([candidate("a")], "robustness: 14 conditions x 60 clips for 1 candidate"),
        (
            [candidate("a"), candidate("b"), candidate("c", status="rejected")],
            "robustness: 14 conditions x 60 clips for each of 2 candidates",
        ),
        (
            [candidate("a", {"conditions": ["gsm"], "clips": 20})],
            "robustness: 1 condition x 20 clips for 1 candidate",
        ),
        (
            [candidate("a"), candidate("b", {"conditions": ["gsm"], "clips": 2000})],
            "robustness: 1 condition x 2000 clips for each of 2 candidates",
        ),
    ],
)
def test_what_is_planned_is_said_at_the_start(candidates: list[Candidate], says: str) -> None:
    assert planned(SETTINGS, Suite(tuple(candidates))).get("robustness", "") == says


def test_no_more_clips_are_planned_than_there_are() -> None:
    says = "robustness: 14 conditions x 12 clips for 1 candidate"
    assert planned(SETTINGS, Suite((candidate("a"),)), 12) == {"robustness": says}


def test_how_often_clips_are_heard_in_part_is_planned_too() -> None:
    asked = Requirements.model_validate({"seconds_needed": {"max": 1.5}}, strict=False)
    says = "streaming: 6 lengths x 40 clips, and their windows for 1 candidate"
    assert planned(SETTINGS, Suite((Candidate("a", "a", requirements=asked),)), 40) == {
        "streaming": says
    }


def test_without_speech_nothing_is_planned() -> None:
    assert planned(Settings(candidates=Path("c.yaml")), Suite((candidate("a"),))) == {}


def told(seconds: float, candidates: int = 4, known: int = 0, loading: float = 0) -> list[str]:
    """Return what is said where an answer takes so long, and so many were known."""
    said: list[str] = []
    now = 100.0
    budget = Budget({"robustness": candidates}, said.append, clock=lambda: now)
    for _ in range(2):
        heed = budget.watching(lambda _, __: None, in_conditions(14, 60), 840)
        for done in range(max(1, known), 841):
            heed(done, 840)
            now += seconds + (loading if done == known else 0)
    return said


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.05, "about 42 seconds"),
        (0.2, "about 3 minutes"),
        (10.0, "about 2 hours"),
    ],
)
def test_the_pace_is_said_once(seconds: float, says: str) -> None:
    whole = f"robustness: 14 conditions x 60 clips, {says} for each of 4 candidates"
    assert told(seconds) == [whole]
    assert told(seconds, candidates=1) == [whole.replace("each of 4 candidates", "it")]
    assert told(seconds, known=300) == [whole]


def test_to_load_the_model_is_no_pace() -> None:
    """Of a second run, in which it is asked about what is new."""
    (said,) = told(0.05, known=300, loading=15)
    assert "about 42 seconds" in said
    assert told(0.001, known=300, loading=15) == []


def test_what_takes_no_time_is_not_worth_a_word() -> None:
    assert told(0.001) == []
    assert told(1.0, known=840) == []
