"""Estimates of weighed clips: those of as many clips, and intervals that cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.statistics import agreement, calibration, diversity, intervals
from sertify.statistics.weighing import effective_clips, weighed_estimate, weighed_rate

EMOTIONS = ("anger", "fear", "joy")
METRICS = {"accuracy": agreement.accuracy, "macro_f1": agreement.macro_f1}
label = st.sampled_from(EMOTIONS)
clips = st.lists(st.tuples(label, label, st.integers(1, 4)), min_size=2, max_size=30)


@pytest.mark.parametrize("metric", METRICS)
@given(clips)
def test_a_clip_counts_as_often_as_it_stands_for(
    metric: str, drawn: list[tuple[str, str, int]]
) -> None:
    truth, said, weights = zip(*drawn, strict=True)
    value, interval = weighed_estimate(metric, truth, said, weights)
    many = [(true, heard) for true, heard, weight in drawn for _ in range(weight)]
    assert value == pytest.approx(METRICS[metric](*zip(*many, strict=True)))
    assert 0 <= interval.low <= value + 1e-9
    assert value - 1e-9 <= interval.high <= 1


@given(clips)
def test_calibration_and_shares_count_clips_as_often_as_they_stand_for(
    drawn: list[tuple[str, str, int]],
) -> None:
    truth, said, weights = zip(*drawn, strict=True)
    many = [(true, heard) for true, heard, weight in drawn for _ in range(weight)]
    every_truth, every_said = zip(*many, strict=True)
    assert diversity.shares(said, weights) == pytest.approx(diversity.shares(every_said))
    right, all_right = (
        [a == b for a, b in pairs] for pairs in (zip(truth, said, strict=True), many)
    )
    sure, all_sure = ([0.3 if one else 0.9 for one in some] for some in (right, all_right))
    ours = calibration.expected_calibration_error(sure, right, weights=weights)
    assert ours == pytest.approx(calibration.expected_calibration_error(all_sure, all_right))
    rows, all_rows = (np.eye(3)[[EMOTIONS.index(e) for e in some]] for some in (said, every_said))
    ours = calibration.brier_score(truth, rows, EMOTIONS, weights)
    assert ours == pytest.approx(calibration.brier_score(every_truth, all_rows, EMOTIONS))


def test_equal_weights_give_the_interval_of_so_many_clips() -> None:
    hits = [True] * 7 + [False] * 3
    share, interval = weighed_rate(hits, [2.5] * 10)
    plain = intervals.wilson(7, 10)
    assert (share, interval.low) == pytest.approx((0.7, plain.low))
    assert effective_clips([2.5] * 10) == pytest.approx(10)


def test_intervals_of_weighed_accuracy_cover() -> None:
    """Speech of 80 % of one class, drawn evenly and weighed back, of 20 speakers who differ."""
    rng, covered = np.random.default_rng(3), []
    speakers = np.repeat(np.arange(20), 20)
    truth = np.tile([0, 1], 200)
    for _ in range(150):
        ease = rng.normal(0, 0.5, (20, 2))
        right = rng.random(400) < 1 / (1 + np.exp(-(1 - truth) - ease[speakers, truth]))
        said = np.where(right, truth, 1 - truth)
        true, heard = ([EMOTIONS[one] for one in some] for some in (truth, said))
        weights = np.where(truth == 0, 8.0, 2.0).tolist()
        _, interval = weighed_estimate("accuracy", true, heard, weights, speakers.tolist())
        covered.append(interval.low <= TRUE <= interval.high)
    assert 0.9 <= np.mean(covered) <= 0.99


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_MEANS = [
    float(_WEIGHTS @ (1 / (1 + np.exp(-(mean + 0.5 * _NODES))))) / float(_WEIGHTS.sum())
    for mean in (1, 0)
]
TRUE = 0.8 * _MEANS[0] + 0.2 * _MEANS[1]
"""The accuracy over all speakers."""
