"""How much more data would settle what the present data leave open."""

import math
from statistics import NormalDist


def factor_to_settle(
    value: float,
    low: float,
    high: float,
    limit: float,
    power: float = 0.8,
    confidence: float = 0.95,
) -> float:
    """Return how many times the present speakers (or clips) settle on which side of a limit.

    ``low`` and ``high`` bound the ``value`` at ``confidence``, and the ``limit`` lies between them.
    If the true value is the present one, the interval from so much data leaves the limit out with
    probability ``power``; at 0.5, its end just reaches the limit. Intervals narrow with the square
    root of the data, on the logit scale for values within (0, 1); a rate of 0 or 1 is bounded by
    Wilson's interval, whose odds grow with the data itself. Infinite where the value is the limit.
    With few speakers it is too many rather than too few, as Student's t shrinks too.

    >>> round(factor_to_settle(0.5, 0.4, 0.6, 0.45, power=0.5), 1)
    4.1
    """
    if value == limit:
        return math.inf
    end = low if limit < value else high
    if value in (0, 1):
        if end == 1 - value:  # its odds have no bound
            return 1.0 if end == limit else math.inf
        return abs(value - end) / abs(1 - value - end) * abs(1 - value - limit) / abs(value - limit)
    extra = NormalDist().inv_cdf(power) / NormalDist().inv_cdf((1 + confidence) / 2)
    return float(((1 + extra) * _ratio(value, end, limit)) ** 2)


def _ratio(value: float, end: float, limit: float) -> float:
    """Return the present half width over the distance of the limit."""
    if all(0 < x < 1 for x in (value, end, limit)):
        value, end, limit = (math.log(x / (1 - x)) for x in (value, end, limit))
    return (value - end) / (value - limit)
