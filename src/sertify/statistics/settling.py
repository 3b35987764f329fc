"""How much more speech would tell whether a difference is within a limit, either way, or beyond."""

import math

import numpy as np

from sertify.statistics.intervals import t_quantile

_MOST = 1e4
"""Times the present speech, beyond which nobody asks."""
_POINTS = (np.arange(16) + 0.5) / 16


def factor_to_tell(
    value: float,
    error: float,
    limit: float,
    freedom: float,
    chance: float = 0.8,
    within: float = 0.95,
    beyond: float = 0.95,
) -> float:
    """Return how many times the present speech tells on which side of a limit a difference is.

    ``value`` was measured, with a standard ``error`` of so many degrees of ``freedom``; it is told
    where its new interval is within -limit..limit at the confidence ``within``, or outside of that
    at ``beyond``. As :func:`planning.factor_to_settle`, which knows a limit on one side only: the
    true value, and its true spread, may be any that the present speech allows (the assurance of
    O'Hagan, Stevens & Campbell 2005, Assurance in clinical trial design, Pharm. Stat. 4, from a
    flat prior). Infinite where 10,000 times as much would not do.

    >>> round(factor_to_tell(0.0, 0.05, 0.1, 20), 1), round(factor_to_tell(0.1, 0.05, 0.1, 20), 1)
    (9.9, 59.3)
    """
    least, most = 0.0, math.log(_MOST)
    for _ in range(40):
        middle = (least + most) / 2
        factor = math.exp(middle)
        bounds = [t_quantile(sure, freedom * factor) for sure in (within, beyond)]
        enough = _told(value / error, limit / error, freedom, factor, *bounds) >= chance
        least, most = (least, middle) if enough else (middle, most)
    return math.exp(most) if math.exp(most) < 0.999 * _MOST else math.inf


def _told(
    value: float, limit: float, freedom: float, factor: float, within: float, beyond: float
) -> float:
    """Return the chance of that, of a value and a limit in standard errors."""
    from scipy.special import chdtri, ndtr  # half a second, as elsewhere

    # The measured error over the true one, at points that are equally likely.
    ratios = np.sqrt(chdtri(freedom, 1 - _POINTS) / freedom)
    spread = math.sqrt(1 + 1 / factor)
    near = np.maximum(0.0, limit * ratios - within / math.sqrt(factor))
    far = limit * ratios + beyond / math.sqrt(factor)

    def below(end: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
        found: np.typing.NDArray[np.float64] = ndtr((end - value * ratios) / spread)
        return found

    return float((below(near) - below(-near) + below(-far) + 1 - below(far)).mean())
