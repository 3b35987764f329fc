"""How sure a percentile is of independent samples, whatever they are distributed like."""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sertify.statistics.intervals import Interval  # checks are collected without numpy

SURE = 0.99
"""How sure each end of the interval of a percentile is, as in MLPerf."""


def most_beyond(samples: int, share: float) -> int:
    """Return how many of the samples may lie beyond a value that a share of all lie beyond at most.

    That is for sure, at `SURE`, while so many do, by the binomial distribution; -1 where there are
    too few samples to be sure of it even if none does.

    >>> most_beyond(43, 0.1), most_beyond(44, 0.1), most_beyond(64, 0.1)
    (-1, 0, 1)
    """
    below = 0.0
    for beyond in range(samples):
        ways = math.lgamma(samples + 1) - math.lgamma(beyond + 1)
        ways -= math.lgamma(samples - beyond + 1)
        below += math.exp(ways + beyond * math.log(share) + (samples - beyond) * math.log1p(-share))
        if below > 1 - SURE:
            return beyond - 1
    return samples - 1


def samples_needed(percentile: int, above: int = 0) -> int:
    """Return the fewest samples that a percentile takes, if so many are above what bounds it.

    MLPerf's early stopping: Reddi et al. (2020), MLPerf inference benchmark, ISCA; the number of
    those above is as good as binomial.

    >>> samples_needed(90), samples_needed(95), samples_needed(99)
    (44, 90, 459)
    """
    share = 1 - percentile / 100
    most = next(n for n in (2**k for k in itertools.count(1)) if most_beyond(n, share) >= above)
    return bisect_left(range(most), above, key=lambda n: most_beyond(n, share))


def percentile_interval(samples: Sequence[float], percentile: int) -> "Interval | None":
    """Return between which samples the percentile lies; None where there are too few to tell.

    Each end is sure at `SURE` by itself. It takes nothing for granted but that samples are
    independent: David & Nagaraja (2003), Order statistics, section 7.1.

    >>> percentile_interval(range(1, 91), 95)
    Interval(low=80, high=90)
    """
    above = most_beyond(len(samples), 1 - percentile / 100)
    below = most_beyond(len(samples), percentile / 100)
    if above < 0 or below < 0:
        return None
    ordered = sorted(samples)
    from sertify.statistics.intervals import Interval

    return Interval(ordered[below], ordered[-1 - above])
