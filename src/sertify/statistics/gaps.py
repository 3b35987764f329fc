"""Whether a model treats groups alike: gaps between them, and which of these are proven."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sertify.statistics.comparisons import holm
from sertify.statistics.confusion import Labels
from sertify.statistics.contrasts import Contrast
from sertify.statistics.grouped import Grouped
from sertify.statistics.intervals import Interval, t_quantile
from sertify.statistics.rates import HeardAs
from sertify.statistics.settling import factor_to_tell

KINDS = ("uar", "recall", "precision", "share")
"""What may differ between groups; all but UAR for each emotion."""

_MOST = 100_000
"""Speakers beyond which nobody asks for more."""


@dataclass(frozen=True)
class Gap:
    """How much larger a rate is in one group than in another, within -1..1.

    Attributes
    ----------
    metric
        As in :meth:`rates.HeardAs.rate`.
    value, interval
        The rate of ``one`` less that of the ``other``, and what bounds it by itself, at the
        ``confidence``.
    simultaneous, sure
        What bounds it and all others at once, and the confidence of that by itself (Bonferroni).
    p, p_corrected
        Two-sided, of no gap: by itself, and for having looked at all of them (Holm 1979).
    speakers
        Of one and the other group, who have clips that tell of it; clips where none are named.
    freedom
        Degrees of freedom of Student's t.
    """

    metric: str
    one: str
    other: str
    value: float
    interval: Interval
    confidence: float
    simultaneous: Interval
    sure: float
    p: float
    p_corrected: float
    speakers: tuple[int, int]
    freedom: float

    def within(self, limit: float) -> bool | None:
        """Whether it is no larger than a limit, either way; None where the speech cannot tell.

        Beyond it is what is proven to be, among all gaps that were looked at. Within it is what its
        own interval says: that all gaps are within is as sure as the least sure of them (Berger
        1982, Multiparameter hypothesis testing and acceptance sampling, Technometrics 24), so that
        nothing is to be corrected.
        """
        if self.simultaneous.low > limit or self.simultaneous.high < -limit:
            return False
        return True if -limit <= self.interval.low and self.interval.high <= limit else None

    def speakers_to_settle(self, limit: float, chance: float = 0.8) -> int | None:
        """Return how many speakers of the smaller group would tell; None where hardly any do.

        If the other group grows as much; ``chance`` is how often they would
        (:func:`settling.factor_to_tell`). How a single speaker differs from others is not known:
        then nobody can say.

        >>> apart, sure = Interval(-0.05, 0.25), Interval(-0.15, 0.35)
        >>> gap = Gap("uar", "f", "m", 0.1, apart, 0.95, sure, 0.99, 0.2, 0.4, (9, 20), 20.0)
        >>> gap.within(0.3), gap.within(0.02), gap.speakers_to_settle(0.02)
        (True, None, 490)
        """
        fewest = min(self.speakers)
        if fewest < 2 or self.within(limit) is not None:
            return None
        half = (self.interval.high - self.interval.low) / 2
        error = half / t_quantile(self.confidence, self.freedom)
        factor = factor_to_tell(
            self.value, error, limit, self.freedom, chance, self.confidence, self.sure
        )
        return max(math.ceil(fewest * factor), fewest + 1) if fewest * factor <= _MOST else None


def gaps(
    speech: Grouped,
    kinds: Sequence[str] = KINDS,
    emotions: Labels | None = None,
    confidence: float = 0.95,
) -> list[Gap]:
    """Return the gaps between each two groups, in all that is named by ``kinds``.

    Each emotion counts the same in each group (:mod:`rates`), so that it is no gap if women are
    angrier. A pair is compared over those of the ``emotions`` (all, unless named) that have clips
    in both; a pair without such is left out. Shares are of all labels. Precision is left out where
    a group was never said to be that. Speakers of one group each are independent; of those in both,
    what they share cancels.

    The more is looked at, the less is proven, so ask for what matters. What nobody can tell does
    not count: of fewer than two speakers, a gap is -1..1.

    >>> from sertify.statistics.grouped import grouped
    >>> truth, sexes = ["anger", "joy"] * 60, ["f"] * 60 + ["m"] * 60
    >>> said = ["anger", "joy"] * 30 + ["anger", "joy", "joy", "joy"] * 15
    >>> speech = grouped(truth, said, sexes, [n // 6 for n in range(120)])
    >>> (found,) = gaps(speech, ["uar"])
    >>> found.value, found.speakers, found.p_corrected < 0.01
    (0.25, (10, 10), True)
    """
    found = [*_compared(speech, kinds, emotions)]
    ps = [contrast.p() for *_, contrast in found]
    tests = [at for at, (*_, contrast) in enumerate(found) if contrast.known]
    sure = 1 - (1 - confidence) / max(1, len(tests))
    p_corrected = dict(zip(tests, holm([ps[at] for at in tests]), strict=True))
    return [
        Gap(
            metric=metric,
            one=one,
            other=other,
            value=contrast.value,
            interval=contrast.interval(confidence),
            confidence=confidence,
            simultaneous=contrast.interval(sure),
            sure=sure,
            p=p,
            p_corrected=p_corrected.get(at, 1.0),
            speakers=(contrast.one.units, contrast.other.units),
            freedom=contrast.freedom,
        )
        for at, ((metric, one, other, contrast), p) in enumerate(zip(found, ps, strict=True))
    ]


def _compared(
    speech: Grouped, kinds: Sequence[str], emotions: Labels | None
) -> Iterator[tuple[str, str, str, Contrast]]:
    """Yield metric, groups and contrast of each gap that has a value."""
    for one, other in combinations(speech.names, 2):
        rows = speech.common([one, other], emotions)
        if not rows:
            continue
        both = [speech.heard_as(name, rows) for name in (one, other)]
        for metric in _metrics(kinds, both[0]):
            contrast = Contrast(*(some.rate(metric) for some in both))
            if not math.isnan(contrast.value):
                yield metric, one, other, contrast


def _metrics(kinds: Sequence[str], told: HeardAs) -> Iterator[str]:
    for kind in kinds:
        if kind == "uar":
            yield kind
        else:
            labels = told.labels if kind == "share" else told.emotions
            yield from (f"{kind}:{label}" for label in labels)
