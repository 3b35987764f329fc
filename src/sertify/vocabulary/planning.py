"""How much more data would settle what the present data leave open, and how likely."""

import math
from collections.abc import Sequence
from statistics import NormalDist

_NORMAL = NormalDist()
_MOST = 1e6
"""Times the present data, beyond which nobody asks."""
_POINTS = 16
"""Points of the distribution of the true spread that are averaged over."""


def factor_to_settle(
    value: float,
    low: float,
    high: float,
    limit: float,
    chance: float = 0.8,
    confidence: float = 0.95,
    speakers: int | None = None,
) -> float:
    """Return how many times the present speakers (or clips) settle on which side of a limit.

    ``low`` and ``high`` bound the ``value`` at ``confidence``, and the ``limit`` lies between them.
    With ``chance``, the interval from new data of so many times the present size leaves the limit
    out. The true value may be anywhere that the present data allow, and so may its true spread,
    which is known from so many ``speakers`` (None: from so many clips that it is known). This is
    the assurance of O'Hagan, Stevens & Campbell (2005), Assurance in clinical trial design, Pharm.
    Stat. 4, from a flat prior. On the logit scale for values within (0, 1).

    A rate of 0 or 1 is bounded by Wilson's interval, whose odds grow with the data: for it, this is
    the least that could settle it, if the rate stays. Infinite where that does not either.

    >>> round(factor_to_settle(0.5, 0.4, 0.6, 0.45, chance=0.5), 1)
    3.3
    >>> round(factor_to_settle(0.5, 0.4, 0.6, 0.45), 1)
    23.6
    """
    if value in (0, 1):
        return _if_it_stays(value, low if limit < value else high, limit)
    freedom = math.inf if speakers is None else max(1.0, speakers - 1.0)
    half, away = _distances(value, low if limit < value else high, limit)
    errors = abs(away / half) * _quantile(confidence, freedom) if away else 0.0
    least, most = 0.0, math.log(_MOST)
    for _ in range(40):
        middle = (least + most) / 2
        enough = _assurance(math.exp(middle), errors, confidence, freedom) >= chance
        least, most = (least, middle) if enough else (middle, most)
    return math.exp(most)


def _assurance(factor: float, errors: float, confidence: float, freedom: float) -> float:
    """Return how likely so many times the data settle a value so many errors from the limit."""
    bound = _quantile(confidence, freedom * factor) / math.sqrt(factor)
    spread = math.sqrt(1 + 1 / factor)
    shares = [_outside(errors * ratio, spread, bound) for ratio in _ratios(freedom)]
    return math.fsum(shares) / len(shares)


def _outside(mean: float, spread: float, bound: float) -> float:
    """Return how likely a normal number is further from 0 than a bound."""
    return _NORMAL.cdf((mean - bound) / spread) + _NORMAL.cdf((-mean - bound) / spread)


def _ratios(freedom: float) -> Sequence[float]:
    """Return the measured spread over the true one, at points that are equally likely.

    The square is chi-squared over its degrees of freedom, after Wilson & Hilferty (1931), The
    distribution of chi-square, PNAS 17.
    """
    if math.isinf(freedom):
        return (1.0,)
    part = 2 / (9 * freedom)
    quantiles = (_NORMAL.inv_cdf((point + 0.5) / _POINTS) for point in range(_POINTS))
    return [max(0.0, 1 - part + z * math.sqrt(part)) ** 1.5 for z in quantiles]


def _quantile(confidence: float, freedom: float) -> float:
    """Return the two-sided quantile of Student's t, by Fisher & Cornish's (1960) expansion.

    The vocabulary has no use for scipy; from four degrees of freedom on it is right to 0.3 %.
    """
    z = _NORMAL.inv_cdf((1 + confidence) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def _if_it_stays(value: float, end: float, limit: float) -> float:
    if value == limit:
        return math.inf
    if end == 1 - value:  # its odds have no bound
        return 1.0 if end == limit else math.inf
    return abs(value - end) / abs(1 - value - end) * abs(1 - value - limit) / abs(value - limit)


def _distances(value: float, end: float, limit: float) -> tuple[float, float]:
    """Return the present half width, and the distance of the limit."""
    if all(0 < x < 1 for x in (value, end, limit)):
        value, end, limit = (math.log(x / (1 - x)) for x in (value, end, limit))
    return value - end, value - limit
