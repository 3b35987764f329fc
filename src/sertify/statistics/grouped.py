"""Speech whose clips are of groups, and the group that a model understands worst.

A group is what has one value of a column: a gender, an accent, a band of noise. Speakers may be of
one group each, or in several.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sertify.statistics.confusion import Counts, Labels, label_set
from sertify.statistics.intervals import Interval, t_quantile
from sertify.statistics.rates import HeardAs, heard_as
from sertify.statistics.resampling import named_groups


@dataclass(frozen=True)
class Grouped:
    """What was said and heard in each group.

    ``codes`` has the speaker of each clip, as a number below ``units``; None where no speaker is
    named, and each clip is a unit of its own. Clips of no group are left out.
    """

    truth: tuple[str, ...]
    prediction: tuple[str, ...]
    values: tuple[str, ...]
    codes: Counts | None
    units: int

    @property
    def names(self) -> list[str]:
        """Return the groups in alphabetical order."""
        return sorted(set(self.values))

    def common(self, names: Sequence[str], emotions: Labels | None = None) -> list[str]:
        """Return the emotions (of all, or of some) that have clips in each of these groups."""
        counted = label_set(self.truth) if emotions is None else emotions
        spoken = self._spoken
        return [true for true in counted if all((true, name) in spoken for name in names)]

    @cached_property
    def _spoken(self) -> set[tuple[str, str]]:
        """Which emotion has clips of which group."""
        return {*zip(self.truth, self.values, strict=True)}

    def heard_as(self, name: str, emotions: Labels) -> HeardAs:
        """Count what was said to the clips of a group, of these emotions."""
        places = [at for at, value in enumerate(self.values) if value == name]
        truth, said = ([some[at] for at in places] for some in (self.truth, self.prediction))
        others = sorted({*self.truth, *self.prediction} - {*emotions, ""})
        if self.codes is None:
            return heard_as(truth, said, emotions, others)
        return heard_as(truth, said, emotions, others, self.codes[places], self.units)


def grouped(
    truth: Labels,
    prediction: Labels,
    values: Sequence[str | None],
    groups: Sequence[Hashable | None] | None = None,
) -> Grouped:
    """Return speech by the group of each clip, and ``groups``, its speaker.

    ``ValueError`` as of :mod:`sertify.statistics.confusion`, and for values or groups of another
    length. Clips that name no speaker are one, unless none does.

    >>> found = grouped(["joy", "fear", "joy"], ["joy"] * 3, ["f", "m", "m"], ["ann", "ben", "ben"])
    >>> found.names, found.common(["f", "m"]), found.units
    (['f', 'm'], ['joy'], 2)
    """
    label_set(truth)
    for what, some in (("predictions", prediction), ("values", values), ("groups", groups)):
        if some is not None and len(some) != len(truth):
            raise ValueError(f"{len(truth)} clips, but {len(some)} {what}")
    kept = [at for at, value in enumerate(values) if value is not None]
    named, codes, units = None if groups is None else named_groups(groups), None, len(kept)
    if named is not None:
        index = {who: n for n, who in enumerate(dict.fromkeys(named[at] for at in kept))}
        codes, units = np.array([index[named[at]] for at in kept], np.int64), len(index)
    return Grouped(
        truth=tuple(truth[at] for at in kept),
        prediction=tuple(prediction[at] for at in kept),
        values=tuple(str(values[at]) for at in kept),
        codes=codes,
        units=units,
    )


@dataclass(frozen=True)
class WorstGroup:
    """The group with the lowest UAR, and what bounds the lowest true one of any group."""

    name: str
    value: float
    interval: Interval


def worst_group(
    speech: Grouped, emotions: Labels | None = None, confidence: float = 0.95
) -> WorstGroup:
    """Return the group with the lowest UAR, over the emotions that have clips in each.

    The lower end is the lowest of all groups, which errs on the safe side. The lowest of several is
    so by luck as well, which the upper end has to allow for: it is the lowest upper end at a
    confidence that is corrected for their number (Bonferroni). ``ValueError`` where no emotion has
    clips in each group. A group of one speaker may have any UAR.

    >>> truth, said = ["anger", "joy"] * 60, ["anger", "joy"] * 30 + ["anger", "joy", "joy"] * 20
    >>> found = worst_group(grouped(truth, said, ["f"] * 60 + ["m"] * 60))
    >>> found.name, found.value, round(found.interval.low, 2), round(found.interval.high, 2)
    ('m', 0.5, 0.38, 0.64)
    """
    names = speech.names
    emotions = speech.common(names, emotions)
    if not names or not emotions:
        raise ValueError("no emotion has clips in each group, but one should")
    rates = {name: speech.heard_as(name, emotions).rate("uar") for name in names}
    ends = [
        [rate.interval(t_quantile(sure, rate.freedom)) for rate in rates.values()]
        for sure in (confidence, 1 - (1 - confidence) / len(names))
    ]
    value, name = min((rate.value, name) for name, rate in rates.items())
    low, high = min(one.low for one in ends[0]), min(one.high for one in ends[1])
    return WorstGroup(name, value, Interval(low, high))
