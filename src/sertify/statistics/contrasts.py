"""How far two rates are apart that may be of the same speakers, and how sure that is."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sertify.statistics.confusion import Floats
from sertify.statistics.intervals import Interval, bounded_interval, t_quantile, t_tail

_FURTHEST = 1e4
"""Standard errors beyond which a p-value is 0 on any degrees of freedom that matter."""


@dataclass(frozen=True)
class Rate:
    """A rate within 0..1, and how it varies with who is heard.

    Attributes
    ----------
    value
        NaN where it is a ratio 0/0.
    spread, error
        The jackknife's standard error, and that with what classes of few clips may hide.
    trials
        As many independent clips as tell as much.
    freedom
        Degrees of freedom of Student's t.
    units
        The speakers, or clips, that say anything of it. Of fewer than two, nothing is known.
    deviations
        The jackknife's, of shape (n,), a place for each speaker of the corpus, 0 for those who say
        nothing: the sum of their squares is the square of the ``spread``. Of two rates of one
        corpus, their product tells how these vary together. Of clips that can be in no other rate,
        there are none, (0,).
    """

    value: float
    spread: float
    error: float
    trials: float
    freedom: float
    units: int
    deviations: Floats = field(compare=False, repr=False)

    def interval(self, quantile: float) -> Interval:
        """Return the interval at a quantile of Student's t, as those of UAR are made."""
        if self.units < 2 or math.isnan(self.value):
            return Interval(0.0, 1.0)
        return bounded_interval(self.value, self.spread, self.error, self.trials, quantile)


@dataclass(frozen=True)
class Contrast:
    """How much larger one rate is than another one.

    The distances from each rate to the ends of its own interval add up as squares, less what the
    two share: Zou (2007), Toward using confidence intervals to compare correlations, Psychol.
    Methods 12; Zou & Donner (2008), Stat. Med. 27. So it is not symmetrical where a rate is near 0
    or 1, and two rates that do not vary are no certainty.

    >>> alone = Rate(0.5, 0.05, 0.05, 100, 9, 10, np.full(10, 0.05 / 10**0.5))
    >>> other = Rate(0.4, 0.05, 0.05, 100, 9, 10, np.full(10, 0.05 / 10**0.5))
    >>> together = Contrast(alone, other).interval(0.95)  # they vary alike, so nearly all cancels
    >>> round(together.low, 2), round(together.high, 2)
    (0.09, 0.11)
    """

    one: Rate
    other: Rate

    @property
    def value(self) -> float:
        """Return the difference, within -1..1; NaN where a rate is."""
        return self.one.value - self.other.value

    @property
    def known(self) -> bool:
        """Whether both rates have a value, of two speakers or more."""
        return min(self.one.units, self.other.units) > 1 and not math.isnan(self.value)

    @cached_property
    def shared(self) -> float:
        """Return how far the two vary alike, from -1 to 1: 0 where no speaker is in both."""
        whole, sizes = self.one.error * self.other.error, (self.one.deviations.size,)
        if not whole or sizes != (self.other.deviations.size,):
            return 0.0
        return float(self.one.deviations @ self.other.deviations) / whole

    @cached_property
    def freedom(self) -> float:
        """Return the degrees of freedom: Welch & Satterthwaite's, the fewer of shared speakers."""
        errors = np.array([self.one.error, self.other.error]) ** 2
        freedoms = np.array([self.one.freedom, self.other.freedom])
        both = (self.one.deviations != 0) & (self.other.deviations != 0)
        if both.any() or not errors.any():
            return float(freedoms.min())
        return float(errors.sum() ** 2 / (errors**2 / freedoms).sum())

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return the interval of the difference; -1..1 where a rate is not known.

        ``ValueError`` for a confidence outside (0, 1).
        """
        return self._ends(t_quantile(confidence, self.freedom))

    def p(self, limit: float = 0.0) -> float:
        """Return the two-sided p-value of a difference of no more than ``limit``, either way.

        It is that at which the interval begins to hold such a difference; 1 where the measured one
        is no larger.
        """
        if not abs(self.value) > limit:
            return 1.0
        least, most = 0.0, _FURTHEST
        for _ in range(60):
            middle = (least + most) / 2
            ends = self._ends(middle)
            apart = ends.low > limit or ends.high < -limit
            least, most = (middle, most) if apart else (least, middle)
        return t_tail(least, self.freedom)

    def _ends(self, quantile: float) -> Interval:
        if not self.known:
            return Interval(-1.0, 1.0)
        one, other = (rate.interval(quantile) for rate in (self.one, self.other))
        below = self._joined(self.one.value - one.low, other.high - self.other.value)
        above = self._joined(one.high - self.one.value, self.other.value - other.low)
        return Interval(max(-1.0, self.value - below), min(1.0, self.value + above))

    def _joined(self, first: float, second: float) -> float:
        squares = first**2 + second**2 - 2 * self.shared * first * second
        return math.sqrt(max(0.0, squares))
