"""How sure a look has to be that is not the first at speech which keeps growing."""

import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from sertify.statistics.confusion import Floats
from sertify.statistics.intervals import normal_quantile

KEPT = 0.2
"""What all later looks together may add to the error of the first, as a share of that."""

_GROWTH = 1.01
"""Speech that has grown by less is as good as the same."""
_STEP, _REACH = 0.02, 8.0


def confidence_left(confidence: float, sizes: Sequence[float]) -> float:
    """Return the confidence of the interval that a growing corpus is judged by at its last look.

    ``sizes`` are the clips (or speakers) at each look, the present one included, in any order; none
    of the earlier ones has passed. The first look is at the ``confidence`` asked for; the others
    share what `KEPT` adds to its error. Of that, a share of 1 - first size / size is spent when the
    speech has come to a size: each time it doubles, half of what is left, however often one looks.
    A final size need not be known.

    This is the spending of Lan & DeMets (1983), Discrete sequential boundaries for clinical trials,
    Biometrika 70; the bounds come from the recursion of Armitage, McPherson & Rowe (1969), Repeated
    significance tests on accumulating data, JRSS A 132. Estimates are taken to be normal, with
    variances that go down as the sizes go up.

    ``ValueError`` where ``confidence`` is outside (0, 1), or there are no sizes above 0.

    >>> confidence_left(0.95, [60])
    0.95
    >>> round(confidence_left(0.95, [60, 90]), 3), round(confidence_left(0.95, [60, 90, 120]), 3)
    (0.988, 0.994)
    """
    normal_quantile(confidence)  # complains of a confidence that is none
    if not sizes or min(sizes) <= 0:
        raise ValueError(f"sizes={[*sizes]}, but should be one or more, all above 0")
    return _confidence_left(confidence, tuple(_grown(sizes)))


def _grown(sizes: Sequence[float]) -> Iterator[float]:
    """Yield the sizes in ascending order, without those that are nearly the one before."""
    last = 0.0
    for size in sorted(sizes):
        if size >= last * _GROWTH:
            yield size
            last = size


@cache
def _confidence_left(confidence: float, sizes: tuple[float, ...]) -> float:
    """Follow the sum of all clips over the looks, as long as it crosses no bound."""
    if len(sizes) == 1:
        return confidence
    alpha, spent, time, bound = (1 - confidence) / 2, 0.0, 0.0, 0.0
    places, masses = np.zeros(1), np.ones(1)
    for size in sizes:
        scale, spread = math.sqrt(size), math.sqrt(size - time)
        total = alpha * (1 + KEPT * (1 - sizes[0] / size))
        bound = _bound(places, masses, scale, spread, total - spent)
        places, masses = _moved(places, masses, scale, spread, bound)
        spent, time = total, size
    return math.erf(bound / math.sqrt(2))


def _bound(places: Floats, masses: Floats, scale: float, spread: float, error: float) -> float:
    """Return the bound, in standard errors, that is crossed now with a probability of ``error``."""
    from scipy.special import ndtr  # half a second, which collecting tests needn't wait for

    low, high = -_REACH, _REACH
    for _ in range(50):
        middle = (low + high) / 2
        crossed = float((masses * ndtr((places - middle * scale) / spread)).sum())
        low, high = (middle, high) if crossed > error else (low, middle)
    return high


def _moved(
    places: Floats, masses: Floats, scale: float, spread: float, bound: float
) -> tuple[Floats, Floats]:
    """Return where the sum is that has not crossed the bound, and with which probability."""
    step = _STEP * scale
    down = np.arange(0.5, (bound + _REACH) / _STEP, dtype=np.float64)
    below = bound * scale - step * down
    distances = (below[:, None] - places) / spread
    density: Floats = np.exp(-(distances**2) / 2) @ masses / (spread * math.sqrt(2 * math.pi))
    return below, density * step
