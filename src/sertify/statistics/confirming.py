"""What a few speakers who were held out can tell: before they are heard, and against the first."""

import math
from dataclasses import dataclass

import numpy as np

from sertify.statistics.intervals import t_quantile

WANTED_POWER = 0.8
"""The power of a confirmation below which it is hardly worth its speakers."""

_MOST = 1000
_EDGE = 0.005
_SHARES = (np.arange(50) + 0.5) / 50


@dataclass(frozen=True)
class Prospect:
    """What is expected of speech that is to confirm a rate: as the first showed it.

    ``value`` with ``low`` and ``high``, its 95 % interval, was measured on so many ``units``,
    speakers or clips. To be confirmed, an interval at ``confidence`` must lie above the ``limit``;
    or the value itself, where that is None.
    """

    value: float
    low: float
    high: float
    units: int
    limit: float
    confidence: float | None = 0.95

    def power(self, held: int) -> float:
        """Return how often so many units confirm it, whatever true rate the first interval allows.

        The mean of the power over these rates is the assurance of O'Hagan, Stevens & Campbell
        (2005), Assurance in clinical trial design, Pharm. Stat. 4: the first rate may owe something
        to luck. By the noncentral t distribution on the logit scale, where a unit is as uncertain
        as one of the first. It is 0 for fewer than two, which say nothing of others.

        >>> prospect = Prospect(0.6, 0.5, 0.693, units=10, limit=0.4)
        >>> round(prospect.power(2), 2), round(prospect.power(5), 2), prospect.power(1)
        (0.13, 0.65, 0.0)
        """
        from scipy.special import nctdtr, stdtrit  # half a second, as elsewhere

        if held < 2 or self.units < 2:
            return 0.0
        error = self._error()
        luck = stdtrit(self.units - 1, _SHARES) * error / math.sqrt(self.units)
        above = (_logit(self.value) + luck - _logit(self.limit)) / error * math.sqrt(held)
        needed = 0.0 if self.confidence is None else t_quantile(self.confidence, held - 1)
        missed = nctdtr(held - 1, above, needed)
        # It knows no value where nothing is in doubt.
        return 1 - float(np.where(np.isnan(missed), above < needed, missed).mean())

    def enough(self) -> int | None:
        """Return the fewest units that would confirm it in 80 %; None where hardly any number do.

        >>> Prospect(0.6, 0.5, 0.693, units=10, limit=0.4).enough()
        7
        """
        least, most = 1, _MOST
        if self.value <= self.limit or self.power(most) < WANTED_POWER:
            return None
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (least, middle) if self.power(middle) >= WANTED_POWER else (middle, most)
        return most

    def _error(self) -> float:
        """Return the standard error of one unit, in logits."""
        half = (_logit(self.high) - _logit(self.low)) / 2
        return half / t_quantile(0.95, self.units - 1) * math.sqrt(self.units)


def lower_beyond_chance(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether a second, independent value is below a first by more than chance explains.

    ``first`` is a value with the lower end of its 95 % interval, ``second`` one with the upper end
    of its own: the difference is at 95 % as well, by the method of Zou & Donner (2008), as in
    :func:`sertify.statistics.intervals.mean_of_intervals`.

    >>> lower_beyond_chance((0.8, 0.7), (0.5, 0.6)), lower_beyond_chance((0.8, 0.7), (0.5, 0.9))
    (True, False)
    """
    (value, low), (other, high) = first, second
    return value - other > math.hypot(value - low, high - other)


def _logit(rate: float) -> float:
    within = min(max(rate, _EDGE), 1 - _EDGE)
    return math.log(within / (1 - within))
