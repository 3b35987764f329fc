"""The mean of a number that each clip has."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

from sertify.statistics.intervals import Interval
from sertify.statistics.student import t_quantile

__all__ = ["mean_interval"]


def mean_interval(
    values: Sequence[float], groups: Sequence[Hashable] | None = None, confidence: float = 0.95
) -> Interval:
    """Return an interval for the mean of one value a clip, whose clips come in groups.

    Student's t with the linearised standard error of a ratio of group totals (Cochran 1977,
    Sampling Techniques, section 6.4), on as many degrees of freedom as groups, less one; every clip
    is its own without ``groups``. With one group there is no telling: the interval is infinite.

    >>> interval = mean_interval([0.0, 1.0] * 50)
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.4, 0.6)
    """
    mean, n = math.fsum(values) / len(values), len(values)
    total: defaultdict[Hashable, float] = defaultdict(float)
    for value, group in zip(values, groups or range(n), strict=True):
        total[group] += value - mean
    units = len(total)
    if units < 2:
        return Interval(-math.inf, math.inf)
    error = math.sqrt(units / (units - 1) * math.fsum(part**2 for part in total.values())) / n
    width = t_quantile(confidence, units - 1) * error
    return Interval(mean - width, mean + width)
