"""Abstaining: by hand, by properties and in simulations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.statistics.abstaining import operating_point, risk_coverage

clips = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)


@given(clips)
def test_area_is_the_mean_risk_of_the_surest_clips(drawn: list[tuple[int, bool]]) -> None:
    distinct = [(sure + n / 100, right) for n, (sure, right) in enumerate(drawn)]
    errors = np.cumsum([not right for _, right in sorted(distinct, reverse=True)])
    found = risk_coverage(*zip(*distinct, strict=True))
    assert found.area == pytest.approx(np.mean(errors / np.arange(1, len(errors) + 1)))


def test_of_clips_that_are_as_sure_no_order_is_favoured() -> None:
    right = [True, False, False, True, True]
    expected = np.mean([0.4] * 5)  # any i of them are wrong as often
    for turn in range(5):
        found = risk_coverage([0.5] * 5, right[turn:] + right[:turn])
        assert found.area == pytest.approx(expected)
        assert found.risk.tolist() == [0.4]


@given(clips)
def test_the_curve_ends_at_all_clips_and_no_order_is_better_than_the_best(
    drawn: list[tuple[int, bool]],
) -> None:
    sure, right = zip(*drawn, strict=True)
    found = risk_coverage(sure, right)
    assert found.coverage[-1] == 1
    assert found.risk[-1] == pytest.approx(1 - np.mean(right))
    assert (np.diff(found.coverage) > 0).all()
    assert (np.diff(found.thresholds) < 0).all()
    assert 0 <= found.excess <= found.area <= 1
    best = risk_coverage([float(one) for one in right], right)
    assert best.excess == pytest.approx(0)
    assert found.area - found.excess == pytest.approx(best.area)


@given(clips, st.integers(1, 4))
def test_only_the_ratio_of_weights_and_the_order_of_confidences_matter(
    drawn: list[tuple[int, bool]], times: int
) -> None:
    sure, right = zip(*drawn, strict=True)
    found = risk_coverage(sure, right)
    weighed = risk_coverage([one**3 - 5 for one in sure], right, [float(times)] * len(sure))
    assert (found.area, found.excess) == pytest.approx((weighed.area, weighed.excess))
    np.testing.assert_allclose(found.risk, weighed.risk)


def test_a_weight_counts_like_as_many_clips_of_equal_confidence() -> None:
    found = risk_coverage([0.9, 0.5, 0.5], [True, False, True], [2, 3, 1])
    whole = risk_coverage([0.9] * 2 + [0.5] * 4, [True] * 2 + [False] * 3 + [True])
    np.testing.assert_allclose(found.coverage, whole.coverage)
    np.testing.assert_allclose(found.risk, whole.risk)


@given(clips, st.floats(0, 1))
def test_a_threshold_gives_what_is_wished_and_keeps_the_most(
    drawn: list[tuple[int, bool]], wished: float
) -> None:
    sure, right = (np.array(some) for some in zip(*(drawn * 2), strict=True))
    found = operating_point(sure.tolist(), right.tolist(), wished)
    precisions = {one: right[sure >= one].mean() for one in set(sure.tolist())}
    enough = [one for one, precision in precisions.items() if precision >= wished - 1e-9]
    assert (found is None) == (not enough)
    if found is not None:
        assert found.threshold == (0 if right.mean() >= wished - 1e-9 else min(enough))
        ends = found.coverage_interval
        assert 0 <= ends.low <= found.coverage + 1e-9 <= ends.high + 2e-9


def test_what_it_gives_is_told_by_others() -> None:
    """One speaker is overconfident, which a threshold of all clips would hide."""
    sure = ([0.9] * 10 + [0.6] * 10) * 3
    right = ([True] * 10 + [False] * 10) * 2 + [False] * 20
    found = operating_point(sure, right, 0.5, ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20)
    assert found is not None
    assert found.threshold == 0.9
    assert (found.coverage, found.precision) == pytest.approx((2 / 3, 0.5))
    # Where 2 of 3 are wished, neither Ann nor Ben would stay by what the other and Cleo tell.
    strict = operating_point(sure, right, 0.6, ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20)
    assert strict is not None
    assert (strict.coverage, strict.precision) == pytest.approx((1 / 6, 0))


def test_where_all_clips_are_right_enough_none_need_be_left_out() -> None:
    sure, right = [0.9] * 30 + [0.4] * 30, [True] * 55 + [False] * 5
    found = operating_point(sure, right, 0.8, ["ann", "ben", "cleo"] * 20)
    assert found is not None
    assert (found.threshold, found.coverage) == (0, 1)
    assert found.precision == pytest.approx(55 / 60)


def test_of_one_speaker_who_stays_nothing_is_known_of_others() -> None:
    sure = [0.9] * 20 + [0.1] * 40
    right = [True] * 20 + [True, False] * 20
    groups = ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20
    found = operating_point(sure, right, 0.5, groups)
    assert found is not None
    strict = operating_point(sure, [True] * 20 + [False] * 40, 0.9, groups)
    assert strict is not None
    ends = strict.precision_interval
    assert (ends.low, ends.high) == (0, 1)


def test_intervals_hold_the_precision_of_new_speakers() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(100):
        who = np.arange(400) // 40
        sure = rng.uniform(0.3, 1, 400)
        right = rng.random(400) < np.clip(sure + rng.normal(0, 0.06, 10)[who], 0, 1)
        found = operating_point(sure.tolist(), right.tolist(), 0.8, who.tolist())
        assert found is not None
        # Above a threshold of s, the mean confidence is (s + 1) / 2.
        true = (found.threshold + 1) / 2
        held += found.precision_interval.low <= true <= found.precision_interval.high
    assert held >= 90


@pytest.mark.parametrize(
    ("sure", "right", "weights", "message"),
    [
        ([], [], None, "no clips: a metric needs at least one"),
        ([0.5], [], None, "1 confidences, but 0 predictions and 1 weights"),
        ([0.5], [True], [1.0, 2.0], "1 confidences, but 1 predictions and 2 weights"),
        ([math.nan], [True], None, "a confidence is NaN, but should be a number"),
        ([0.5], [True], [0.0], "a weight is not above 0, but should be"),
    ],
)
def test_what_is_no_confidence_is_refused(
    sure: list[float], right: list[bool], weights: list[float] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        risk_coverage(sure, right, weights)


def test_what_is_no_precision_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a precision of 80, but should lie within 0..1$"):
        operating_point([0.5] * 2, [True] * 2, 80)
    assert operating_point([0.5] * 2, [True] * 2, 1) is not None
