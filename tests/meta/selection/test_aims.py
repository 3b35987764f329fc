"""What a candidate is preferred for: each aim from 0 to 1, and what all are worth in UAR."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.candidates.entries import Preferences, Priorities
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.selection.aims import AIMS, POINTS, Aims, aims_of, weights_of, worth
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


def test_ten_times_as_long_for_a_second_costs_a_quarter() -> None:
    """The times are for 5 seconds: 50 of them are 10 for each, and .005 a thousandth."""
    times = {"a": 0.005, "b": 0.05, "c": 0.5, "d": 5.0, "e": 50.0, "f": 0.5 * math.sqrt(10)}
    found = aims_of([one(name, time) for name, time in times.items()], {}, {}, Preferences())
    speeds = [aim.speed for aim in found.values()]
    assert speeds == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0.375])
    assert aims(one("faster", 0.0001)).speed == 1
    assert aims(one("slower", 500)).speed == 0
    assert aims(one("unknown")).speed is None


@given(st.lists(st.floats(0.001, 100), min_size=1, max_size=5))
def test_no_candidate_changes_the_speed_of_another(times: list[float]) -> None:
    verdicts = [one(f"{place}", time) for place, time in enumerate(times)]
    found = aims_of(verdicts, {}, {}, Preferences())
    alone = [aims(verdict).speed for verdict in verdicts]
    assert [aim.speed for aim in found.values()] == alone


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


def test_only_emotions_that_are_needed_count() -> None:
    found = said(
        ["anger", "sadness", "anger", "anger"], ["anger", "sadness", "happiness", "neutral"]
    )
    verdict = one("x", requirements=Requirements(emotions=("anger", "sadness")))
    assert aims(verdict, found).diversity == 1
    assert (aims(one("x"), found).diversity or 1) < 0.6


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


# ------------------------------------------------------------------ what that is worth

shares = st.none() | st.floats(0, 1)
tables = st.lists(st.builds(Aims, shares, shares, shares, shares), min_size=1, max_size=4)
weightings = st.lists(st.floats(0.01, 10), min_size=3, max_size=3)


@given(tables, weightings, st.floats(0, 0.5))
def test_points_count_by_their_weight_and_what_is_unknown_is_worth_nothing(
    table: list[Aims], weights: list[float], margin: float
) -> None:
    mean = sum(weights) / 3
    expected = [
        margin
        * sum(
            weight / mean * POINTS[name] * (getattr(each, name) or 0)
            for name, weight in zip(AIMS[1:], weights, strict=True)
        )
        for each in table
    ]
    found = worth(table, np.array([weights]), margin)
    assert found.shape == (len(table), 1)
    assert found[:, 0].tolist() == pytest.approx(expected)


@given(tables, weightings, st.floats(0.01, 100))
def test_only_how_the_weights_compare_matters(
    table: list[Aims], weights: list[float], factor: float
) -> None:
    found = worth(table, np.array([weights]), 0.02)
    same = worth(table, factor * np.array([weights]), 0.02)
    np.testing.assert_allclose(same, found, atol=1e-12)


def test_with_the_weights_that_are_given_unasked_the_words_of_the_docs_hold() -> None:
    """Ten times as fast, a point, is worth .03; trained on the language .02; as varied .01."""
    usual = Preferences()
    table = [Aims(0.5, *rest) for rest in ((0.25, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0))]
    found = worth(table, weights_of(usual), usual.margin)
    assert found[:, 0].tolist() == pytest.approx([0.03, 0.01, 0.02, 0])


def test_accuracy_has_no_part_in_it() -> None:
    table = [Aims(accuracy, 0.5, 0.5, 0.5) for accuracy in (None, 0.0, 1.0)]
    assert len({*worth(table, np.array([[3.0, 1, 2]]), 0.02)[:, 0].tolist()}) == 1


def test_what_weighs_nothing_has_no_part() -> None:
    only_speed = weights_of(Preferences(weights=Priorities(speed=1, diversity=0, language=0)))
    table = [Aims(0.5, 0, 1, 1), Aims(0.25, 0.5, 0, 0)]
    assert worth(table, only_speed, 0.02)[:, 0].tolist() == pytest.approx([0, 3 * 2 * 0.02])


def test_weightings_may_be_many_each_with_its_margin() -> None:
    table = [Aims(0.9, 0.25, None, None), Aims(0.1, 0, 1, None)]
    found = worth(table, np.array([[1.0, 1, 1], [3, 0, 0]]), np.array([0.1, 0.01]))
    np.testing.assert_allclose(found, [[0.1, 0.03], [0.1, 0]])
