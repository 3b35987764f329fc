"""Confidence intervals of a rate: from its trials, from its standard error, and of guessing."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sertify.statistics import confusion


@dataclass(frozen=True)
class Interval:
    """A confidence interval, in the unit of what it bounds."""

    low: float
    high: float


def logit_interval(value: float, error: float, quantile: float) -> Interval:
    """Return the interval of a rate within (0, 1) that is symmetrical on the logit scale.

    ``error`` is the rate's standard error, which the delta method takes to the logit scale. There
    a rate near 0 or 1 is less skewed, and no end leaves 0..1. Brown, Cai & DasGupta (2001),
    Interval estimation for a binomial proportion, Stat. Sci. 16.

    >>> interval = logit_interval(0.5, 0.1, 2.0)
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.31, 0.69)
    """
    centre, half = math.log(value / (1 - value)), quantile * error / (value * (1 - value))
    return Interval(_expit(centre - half), _expit(centre + half))


def rate_interval(value: float, error: float, trials: float, quantile: float) -> Interval:
    """Return the interval of a rate on the logit scale, or its score interval if nothing varies.

    The ``error`` is 0 where nothing varies; ``trials`` are as many independent clips.

    >>> rate_interval(1.0, 0.0, 10, 1.96) == score_interval(10, 10, 1.96)
    True
    """
    if error > 0 and 0 < value < 1:
        return logit_interval(value, error, quantile)
    return score_interval(value * trials, trials, quantile)


def bounded_interval(
    value: float, spread: float, error: float, trials: float, quantile: float
) -> Interval:
    """Return the interval of a rate whose ``error`` is a ``spread`` and what classes may hide.

    Near 0 and 1 the logit scale makes too much of what they hide: a model with one error would be
    less sure than one with many. So the interval is no wider than what holds both that of the
    spread alone and the score interval, which is that of a model without an error.

    >>> one_error = bounded_interval(34 / 35, 0.0286, 0.062, 35, 1.96)
    >>> round(one_error.low, 2), round(rate_interval(34 / 35, 0.062, 35, 1.96).low, 2)
    (0.82, 0.3)
    """
    wide = rate_interval(value, error, trials, quantile)
    if not spread or error <= spread:
        return wide
    plain = rate_interval(value, spread, trials, quantile)
    score = score_interval(value * trials, trials, quantile)
    low, high = min(plain.low, score.low), max(plain.high, score.high)
    return Interval(max(wide.low, low), min(wide.high, high))


def score_interval(successes: float, n: float, z: float) -> Interval:
    """Return Wilson's interval for a quantile; trials need not be whole.

    >>> score_interval(10, 10, 1.96) == score_interval(10.0, 10.0, 1.96)
    True
    """
    return Interval(_score_low(successes, n, z), 1 - _score_low(n - successes, n, z))


def random_range(
    truth: Sequence[str], confidence: float = 0.95, simulations: int = 2000, seed: int = 0
) -> Interval:
    """Return the range of the UAR of guessing uniformly among the classes of the truth.

    A model within it cannot be told from guessing by these clips. It is simulated: the recall of a
    class of n clips is a binomial share. The expected value is that of
    :func:`sertify.statistics.references.random_reference`.

    >>> interval = random_range(["anger", "sadness"] * 50)
    >>> interval.low < 0.45 < 0.55 < interval.high
    True
    """
    normal_quantile(confidence)  # complains of a confidence that is none
    classes = confusion.label_set(truth)
    sizes = np.unique(np.array(truth), return_counts=True)[1]
    rng = np.random.default_rng(seed)
    hits = rng.binomial(sizes, 1 / len(classes), size=(simulations, len(classes)))
    tail = (1 - confidence) / 2
    low, high = np.quantile((hits / sizes).mean(axis=1), [tail, 1 - tail])
    return Interval(float(low), float(high))


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of a rate of independent trials.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    It keeps within 0..1 and has a width at 0 and ``n`` successes too. ``ValueError`` without
    trials, with ``successes`` outside 0..n, or a ``confidence`` outside (0, 1).

    >>> interval = wilson(10, 10)
    >>> round(interval.low, 3), interval.high
    (0.722, 1.0)
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} successes of {n} trials")
    return score_interval(successes, n, normal_quantile(confidence))


def _expit(x: float) -> float:
    return (1 + math.tanh(x / 2)) / 2  # as 1 / (1 + exp(-x)), which overflows


def _score_low(successes: float, n: float, z: float) -> float:
    """Return the lower bound; the upper one is its mirror image, which keeps 0 and 1 exact."""
    spread = z * math.sqrt(successes * max(n - successes, 0) / n + z**2 / 4)
    return max(0.0, (successes + z**2 / 2 - spread) / (n + z**2))


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


def mean_of_intervals(values: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """Return the interval of the mean of independent estimates, each with its own interval.

    The distances of value and bounds add up as squares: the method of variance estimates recovery
    of Zou & Donner (2008), Construction of confidence limits about effect measures, Statistics in
    Medicine 27.

    >>> mean_of_intervals([0.5, 0.5], [Interval(0.5, 0.7), Interval(0.5, 0.5)])
    Interval(low=0.5, high=0.6)
    """
    n, mean = len(values), math.fsum(values) / len(values)
    pairs = list(zip(values, intervals, strict=True))
    below = math.hypot(*(value - interval.low for value, interval in pairs)) / n
    above = math.hypot(*(interval.high - value for value, interval in pairs)) / n
    return Interval(mean - below, mean + above)


def normal_quantile(confidence: float) -> float:
    """Return the two-sided normal quantile, 1.96 for 0.95."""
    _check(confidence)
    return NormalDist().inv_cdf((1 + confidence) / 2)


def t_quantile(confidence: float, freedom: float) -> float:
    """Return the two-sided quantile of Student's t, 2.26 for 0.95 and 9 degrees of freedom."""
    from scipy.special import stdtrit  # half a second, which collecting tests needn't wait for

    _check(confidence)
    return float(stdtrit(freedom, (1 + confidence) / 2))


def t_tail(t: float, freedom: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    from scipy.special import stdtr  # as above

    return 2 * float(stdtr(freedom, -abs(t)))


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}, but should lie between 0 and 1")
