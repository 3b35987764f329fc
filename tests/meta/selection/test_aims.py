"""What a candidate is preferred for: each aim from 0 to 1, and their weighted mean."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sertify.candidates.entries import Preferences
from sertify.candidates.reading import Candidate
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.selection.aims import AIMS, Aims, aims_of, weighted
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.statistics import diversity
from sertify.vocabulary.outcomes import GATES, Measurement, Outcome


def one(name: str, seconds: float | None = None, **candidate: Any) -> Verdict:
    """Return the verdict on a candidate that takes so long for 5 seconds."""
    measured = (Measurement("time_p50", seconds or 0.0, "s"), Measurement("segment", 5, "s"))
    record = Record(name, "", "c1", "speed", "test_time", "", "", Outcome.PASS)
    speed = () if seconds is None else (Record(**vars(record) | {"measurements": measured}),)
    gates = {
        gate: GateResult(gate, Outcome.PASS, speed if gate == "speed" else ()) for gate in GATES
    }
    return Verdict(Candidate(name, f"org/{name}", **candidate), Standing.QUALIFIED, gates)


def said(
    predicted: list[str],
    truth: list[str | None] | None = None,
    emotions: tuple[str, ...] = ("anger", "happiness", "neutral", "sadness"),
    language: str | None = None,
) -> Labelling:
    n = len(predicted)
    return Labelling(
        candidate="x",
        corpus="f00d",
        emotions=emotions,
        keys=tuple(f"{place}.wav" for place in range(n)),
        clips=tuple(f"{place}.wav" for place in range(n)),
        truth=tuple(truth or [None] * n),
        predicted=tuple(predicted),
        confidence=(0.5,) * n,
        speakers=(None,) * n,
        corpora=("calls",) * n,
        languages=(language,) * n,
    )


def aims(verdict: Verdict, answers: Labelling | None = None, **preferences: Any) -> Aims:
    found = {} if answers is None else {verdict.candidate.name: answers}
    (own,) = aims_of([verdict], found, {}, Preferences(**preferences)).values()
    return own


# ------------------------------------------------------------------ each aim


def test_of_what_is_not_known_there_is_no_number() -> None:
    assert aims(one("x")) == Aims(None, None, None, None)
    assert aims(one("x")).known() == {}


def test_accuracy_is_what_it_was_found_to_be() -> None:
    found = aims_of([one("a"), one("b")], {}, {"b": 0.5}, Preferences())
    assert {name: aim.known() for name, aim in found.items()} == {"a": {}, "b": {"accuracy": 0.5}}


def test_ten_times_as_long_costs_a_half() -> None:
    times = {"a": 0.2, "b": 2.0, "c": 20.0, "d": 200.0, "e": 0.2 * math.sqrt(10), "f": None}
    found = aims_of([one(name, time) for name, time in times.items()], {}, {}, Preferences())
    speeds = [aim.speed for aim in found.values()]
    assert speeds == [1, 0.5, pytest.approx(0), 0, 0.75, None]


def test_speed_is_compared_with_the_equally_accurate() -> None:
    verdicts = [one(name, time) for name, time in {"a": 0.001, "b": 1.0, "c": 10.0}.items()]
    found = aims_of(verdicts, {}, {}, Preferences(), equal=("b", "c"))
    assert [aim.speed for aim in found.values()] == [1, 1, 0.5]


@pytest.mark.parametrize(
    ("predicted", "diversity"),
    [
        (["anger"] * 8, 0.5),
        (["anger", "sadness"] * 4, 1),
        (["anger", "sadness", "neutral", "happiness"] * 2, 1),
        (["anger"] * 6 + ["sadness"] * 2, diversity.effective_emotions("aaab") / 2),
    ],
)
def test_predictions_should_be_as_varied_as_the_truth(
    predicted: list[str], diversity: float
) -> None:
    found = said(predicted, ["anger", "sadness"] * 4)
    assert aims(one("x"), found).diversity == pytest.approx(diversity)


def test_clips_without_a_label_do_not_count_where_others_have_one() -> None:
    found = said(["anger", "sadness", "neutral", "neutral"], ["anger", "sadness", None, None])
    assert aims(one("x"), found).diversity == 1
    assert aims(one("x"), said(["anger"] * 3, ["anger", "sadness", None])).diversity == 0.5


@pytest.mark.parametrize(
    ("predicted", "diversity"),
    [(["anger"] * 4, 1 / 4), (["anger", "sadness"] * 2, 2 / 4)],
)
def test_without_labels_they_should_be_as_varied_as_they_can_be(
    predicted: list[str], diversity: float
) -> None:
    assert aims(one("x"), said(predicted)).diversity == pytest.approx(diversity)


@pytest.mark.parametrize(
    ("trained_on", "spoken", "wanted", "fit"),
    [
        (("ko",), "ko-KR", (), 1),
        (("en",), "ko-KR", (), 0),
        (("ko",), "en", ("ko",), 1),
        (("ko",), None, ("ko", "de"), 0.5),
        (("multilingual",), "ko", (), 1),
        ((), "ko", (), None),
        (("ko",), None, (), None),
    ],
)
def test_the_languages_wanted_are_those_preferred_else_those_of_the_data(
    trained_on: tuple[str, ...], spoken: str | None, wanted: tuple[str, ...], fit: float | None
) -> None:
    found = aims(one("x", languages=trained_on), said(["anger"], language=spoken), languages=wanted)
    assert found.language == fit


# ------------------------------------------------------------------ weighed together

shares = st.none() | st.floats(0, 1)
tables = st.lists(st.builds(Aims, shares, shares, shares, shares), min_size=1, max_size=4)
weightings = st.lists(st.floats(0.01, 10), min_size=4, max_size=4)


@given(tables, weightings)
def test_the_mean_is_weighted_unknown_is_0_and_known_of_none_has_no_part(
    table: list[Aims], weights: list[float]
) -> None:
    known = [name for name in AIMS if any(getattr(aim, name) is not None for aim in table)]
    named = dict(zip(AIMS, weights, strict=True))
    total = sum(named[name] for name in known)
    expected = [
        sum(named[name] * (getattr(aim, name) or 0) for name in known) / total if known else 0
        for aim in table
    ]
    found = weighted(table, np.array([weights]))
    assert found.shape == (len(table), 1)
    assert found[:, 0].tolist() == pytest.approx(expected)


def test_what_weighs_nothing_has_no_part() -> None:
    table = [Aims(0.5, 0, 0, 0), Aims(0.25, 1, 1, 1)]
    assert weighted(table, np.array([[2.0, 0, 0, 0]]))[:, 0].tolist() == [0.5, 0.25]


def test_accuracy_may_be_given_for_each_weighting() -> None:
    table = [Aims(0.9, 1, None, None), Aims(0.1, 0, None, None)]
    weights: NDArray[np.float64] = np.array([[1.0, 1, 1, 1], [3, 1, 0, 0]])
    accuracy = np.array([[0.0, 0.4], [1.0, 0.8]])
    found = weighted(table, weights, accuracy)
    assert found.tolist() == [[0.5, pytest.approx(0.55)], [0.5, pytest.approx(0.6)]]
