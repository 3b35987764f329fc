"""Percentiles: what samples tell of them, against MLPerf, scipy and draws of which all is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from sertify.statistics.percentiles import SURE, most_beyond, percentile_interval, samples_needed

# MLPerf inference rules, early stopping: by how many are above, at 99 %.
MLPERF = {
    90: {0: 44, 1: 64, 2: 81, 5: 127, 10: 197},
    95: {0: 90, 1: 130, 2: 165, 5: 259, 10: 398},
    99: {0: 459, 1: 662, 2: 838, 5: 1307, 10: 2010},
}


@pytest.mark.parametrize("percentile", MLPERF)
def test_as_many_samples_are_needed_as_mlperf_wants(percentile: int) -> None:
    counts = MLPERF[percentile]
    assert {above: samples_needed(percentile, above) for above in counts} == counts


@given(st.integers(0, 3000), st.sampled_from([0.01, 0.05, 0.1, 0.5, 0.9, 0.99]))
def test_it_is_the_binomial_distribution(samples: int, share: float) -> None:
    most = most_beyond(samples, share)
    rest = 1 - SURE
    assert most == -1 or binom.cdf(most, samples, share) <= rest
    assert most == samples - 1 or binom.cdf(most + 1, samples, share) > rest


@pytest.mark.parametrize(("percentile", "samples"), [(50, 45), (90, 64), (95, 300), (99, 700)])
def test_each_end_of_an_interval_is_as_sure_as_it_says(percentile: int, samples: int) -> None:
    draws = np.random.default_rng(0).random((4000, samples))
    found = [percentile_interval(row, percentile) for row in draws]
    ends = np.array([(one.low, one.high) for one in found if one])
    assert len(ends) == 4000
    wrong = (ends[:, 0] > percentile / 100).mean(), (ends[:, 1] < percentile / 100).mean()
    assert max(wrong) < 1 - SURE + 0.005


@pytest.mark.parametrize(("percentile", "fewest"), [(50, 7), (90, 44), (95, 90), (99, 459)])
def test_there_is_an_interval_where_the_samples_suffice(percentile: int, fewest: int) -> None:
    assert percentile_interval(range(fewest - 1), percentile) is None
    found = percentile_interval(range(fewest), percentile)
    assert found is not None
    assert found.low <= np.percentile(range(fewest), percentile) <= found.high == fewest - 1
