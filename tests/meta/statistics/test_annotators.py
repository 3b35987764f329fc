"""How far annotators agree is what another library says, and one is judged by the others only."""

import math
from collections import Counter

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.statistics.annotators import (
    against_the_others,
    human_reference,
    krippendorff_alpha,
    most_voted,
)

LABELS = ["anger", "joy", "neutral", "sadness"]
table = st.lists(
    st.lists(st.sampled_from([*LABELS, None]), min_size=4, max_size=4), min_size=2, max_size=30
)


@given(table)
def test_alpha_is_that_of_another_library(rows: list[list[str | None]]) -> None:
    ballots = [(Counter(vote for vote in row if vote), 1) for row in rows]
    alpha = krippendorff_alpha(ballots)
    paired = {vote for ballot, _ in ballots if ballot.total() > 1 for vote in ballot}
    if len(paired) < 2:
        assert math.isnan(alpha)
        return
    numbers = [[LABELS.index(vote) if vote else np.nan for vote in row] for row in rows]
    expected = krippendorff.alpha(np.array(numbers, float).T, level_of_measurement="nominal")
    assert alpha == pytest.approx(expected)


def test_a_ballot_that_occurs_often_counts_as_often() -> None:
    one, other = {"anger": 2, "joy": 1}, {"joy": 3}
    often = krippendorff_alpha([(one, 3), (other, 2)])
    assert often == pytest.approx(krippendorff_alpha([(one, 1)] * 3 + [(other, 1)] * 2))


def test_nobody_is_judged_by_the_own_vote() -> None:
    # By all three, anger would be right twice; by the others, only the third can be judged.
    assert against_the_others([({"anger": 2, "joy": 1}, 1)]) == {"anger": {"joy": 1 / 3}}


@pytest.mark.parametrize("ballot", [{"anger": 2}, {"anger": 1, "joy": 1}, {"anger": 1}, {}])
def test_two_who_listened_are_too_few_to_judge_one(ballot: dict[str, int]) -> None:
    assert against_the_others([(ballot, 5)]) == {}


def test_guessing_annotators_score_what_guessing_does() -> None:
    rng = np.random.default_rng(0)
    ballots = [(Counter(map(str, rng.integers(0, 3, 5))), 1) for _ in range(4000)]
    scores = human_reference(against_the_others(ballots), ["0", "1", "2"])
    assert scores is not None
    assert scores["uar"] == pytest.approx(1 / 3, abs=0.02)
    assert krippendorff_alpha(ballots) == pytest.approx(0, abs=0.02)


def test_an_emotion_that_the_others_never_say_has_no_recall() -> None:
    counts = {"anger": {"anger": 3.0}}
    assert human_reference(counts, ["anger"]) == {"accuracy": 1, "uar": 1, "macro_f1": 1}
    assert human_reference(counts, ["anger", "joy"]) is None
    assert human_reference({}, []) is None


def test_a_tie_has_no_winner() -> None:
    assert most_voted({"anger": 0.0}) is most_voted({}) is most_voted({"a": 1, "b": 1}) is None
