"""The interval of a mean is Student's, over clips or over their speakers."""

import math

import numpy as np
import pytest
from scipy import stats

from sertify.statistics.intervals import mean_interval


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_without_groups_it_is_students(confidence: float) -> None:
    values = np.random.default_rng(0).normal(size=30)
    expected = stats.t.interval(confidence, 29, values.mean(), stats.sem(values))
    found = mean_interval(values.tolist(), confidence=confidence)
    assert (found.low, found.high) == pytest.approx(expected)


def test_of_equal_groups_it_is_students_of_their_means() -> None:
    values = np.random.default_rng(1).normal(size=(8, 5))
    means = values.mean(axis=1)
    expected = stats.t.interval(0.95, 7, means.mean(), stats.sem(means))
    found = mean_interval(values.ravel().tolist(), [n // 5 for n in range(40)])
    assert (found.low, found.high) == pytest.approx(expected)


def test_one_group_tells_nothing_of_others() -> None:
    found = mean_interval([0.0, 1.0, 1.0], ["s"] * 3)
    assert (found.low, found.high) == (-math.inf, math.inf)
