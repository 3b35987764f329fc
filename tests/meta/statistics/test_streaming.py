"""How much speech is enough, and how often an answer changes: by hand, and in small simulations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import streaming
from sertify.statistics.intervals import Interval
from sertify.statistics.robustness import Drop
from sertify.statistics.streaming import rate_within_clips, seconds_needed


def lost(value: float, low: float, high: float) -> Drop:
    return Drop(value, Interval(low, high), 1.0, 0.7, 0.7 - value, max(value, 0.0), 0.0)


EARLY, SO_SO, LATE = lost(0.3, 0.2, 0.4), lost(0.04, -0.02, 0.1), lost(0.0, -0.02, 0.02)


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        ({}, (None, None, None)),
        ({1.0: LATE}, (1.0, 1.0, 1.0)),
        ({1.0: EARLY}, (None, None, None)),
        ({1.0: EARLY, 2.0: SO_SO, 3.0: LATE}, (2.0, 2.0, 3.0)),
        ({1.0: SO_SO, 2.0: SO_SO}, (1.0, 1.0, None)),
        ({3.0: EARLY, 2.0: LATE, 1.0: LATE}, (None, None, None)),  # what is good must stay good
        ({0.5: LATE, 1.0: EARLY, 2.0: LATE}, (2.0, 2.0, 2.0)),
        ({1.0: lost(0.06, 0.01, 0.1), 2.0: LATE}, (2.0, 1.0, 2.0)),
        ({1.0: lost(0.3 - 0.25, -0.1, 0.3 - 0.25)}, (1.0, 1.0, 1.0)),  # 0.04999…, or a bit more
    ],
)
def test_enough_is_from_where_on_no_more_is_lost(
    drops: dict[float, Drop], expected: tuple[float | None, ...]
) -> None:
    found = seconds_needed(drops, 0.05)
    assert (found.value, found.low, found.high) == expected


@pytest.mark.parametrize("size", streaming.SIZES[1::2])
def test_what_is_at_the_limit_is_seldom_refuted_and_seldom_proven(size: tuple[int, int]) -> None:
    losses = streaming.LOSSES["the margin, after 1, 2 and 3 s"]
    found = [*streaming.needs(size, losses, 100, seed=1)]
    assert sum(one.low != 1.0 for one in found) <= 6
    assert sum(one.high == 1.0 for one in found) <= 6


def test_what_is_far_beyond_it_is_refuted() -> None:
    losses = streaming.LOSSES["0.3 after 1 s, 0.1 after 2"]
    found = [*streaming.needs((240, 24), losses, 20, seed=1)]
    assert all(one.low in (2.0, 3.0) for one in found)


trials = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 4)), min_size=1, max_size=30
)


@given(trials)
def test_a_rate_is_hits_by_trials_and_lies_in_its_interval(
    drawn: list[tuple[int, int, int]],
) -> None:
    hits, sizes, who = zip(*((min(a, b), b, c) for a, b, c in drawn), strict=True)
    if not any(sizes):
        with pytest.raises(ValueError, match="no trials"):
            rate_within_clips(hits, sizes)
        return
    for groups in (who, None):
        value, interval = rate_within_clips(hits, sizes, groups)
        assert value == pytest.approx(sum(hits) / sum(sizes))
        assert 0 <= interval.low <= value + 1e-9
        assert value - 1e-9 <= interval.high <= 1


def test_steps_of_a_clip_are_no_independent_trials() -> None:
    _, alike = rate_within_clips([10, 0] * 10, [10] * 20)
    _, mixed = rate_within_clips([5] * 19 + [4], [10] * 20)
    assert alike.high - alike.low > 0.3 > mixed.high - mixed.low
    _, never = rate_within_clips([0] * 20, [10] * 20)
    assert never.high > 0.1  # and not that of 200 trials, 0.02


def test_clips_count_by_what_they_stand_for() -> None:
    value, _ = rate_within_clips([4, 0], [4, 4], weights=[3.0, 1.0])
    assert value == 0.75


def test_the_interval_holds_the_true_rate() -> None:
    rng, missed, rounds = np.random.default_rng(1), 0, 300
    for _ in range(rounds):
        sizes = rng.integers(2, 12, 60)
        shares = rng.beta(2, 18, 12)[np.arange(60) // 5]
        _, interval = rate_within_clips(
            rng.binomial(sizes, shares).tolist(), sizes.tolist(), (np.arange(60) // 5).tolist()
        )
        missed += not interval.low <= 0.1 <= interval.high
    assert missed <= 0.09 * rounds
