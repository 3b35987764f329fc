"""What goes along with being of a group, so that a gap need not be the group's."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sertify.statistics.confusion import Counts
from sertify.vocabulary.text import listed

STRENGTHS = ((0.95, "is as good as"), (0.5, "largely goes along with"), (0.3, "goes along with"))
"""What is said from which V on (Cohen 1988, Statistical power analysis); less is not said."""


@dataclass(frozen=True)
class Confounding:
    """How far the group of a clip tells another thing of it.

    ``v`` is Cramér's V, from 0 (nothing) to 1 (all), NaN where one of them does not vary. ``only``
    has the groups that have but one value of the other thing. ``by_speaker`` says that speakers
    were counted instead of clips.
    """

    other: str
    v: float
    by_speaker: bool
    only: Mapping[str, str] = field(default_factory=dict)

    def words(self, name: str) -> str:
        """Say what a gap between the groups of a column may be of; nothing where V is below .3.

        >>> print(Confounding("corpus", 0.8, True, {"m": "emodb"}).words("sex"))
        sex largely goes along with corpus (V = 0.80; m is only in emodb): a gap may be of that
        """
        how = next((words for least, words in STRENGTHS if self.v >= least), None)
        if how is None:
            return ""
        strength = f"V = {self.v:.2f}"
        if self.only:
            alone = listed([f"{group} is only in {value}" for group, value in self.only.items()])
            strength += f"; {alone}"
        return f"{name} {how} {self.other} ({strength}): a gap may be of that"


def confoundings(
    values: Sequence[str | None],
    others: Mapping[str, Sequence[str | None]],
    groups: Sequence[Hashable] | None = None,
) -> list[Confounding]:
    """Return how far the groups go along with other things that are known of clips, most first.

    Where ``groups`` names speakers and each has one value of both, speakers are counted, as with
    gender and corpus; else clips, as with the emotion. Clips of which either is None are left out.

    >>> found = confoundings(["f", "f", "m", "m"] * 9, {"emotion": ["joy", "fear"] * 18})
    >>> found[0].v, found[0].words("gender")
    (0.0, '')
    """
    found = [_confounding(name, values, other, groups) for name, other in others.items()]
    return sorted(found, key=lambda one: math.inf if math.isnan(one.v) else -one.v)


def cramers_v(counts: Counts) -> float:
    """Return Cramér's V of a table, with the correction for bias of Bergsma (2013).

    Without it, independent values seem to go along the more, the fewer they are: A bias-correction
    for Cramér's V and Tschuprow's T, J. Korean Stat. Soc. 42. Within 0..1; NaN for a table of fewer
    than two rows or columns with counts, and where the correction leaves none.

    >>> cramers_v(np.array([[10, 0], [0, 10]])), cramers_v(np.array([[5, 5], [5, 5]]))
    (1.0, 0.0)
    """
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(float)
    n, (rows, columns) = table.sum(), table.shape
    if min(rows, columns) < 2:
        return math.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(size - (size - 1) ** 2 / (n - 1) for size in (rows, columns)) - 1
    return min(1.0, math.sqrt(phi / least)) if least > 1e-12 else math.nan


def _confounding(
    name: str,
    values: Sequence[str | None],
    other: Sequence[str | None],
    groups: Sequence[Hashable] | None,
) -> Confounding:
    speakers = range(len(values)) if groups is None else groups
    told = [
        (speaker, value, what)
        for speaker, value, what in zip(speakers, values, other, strict=True)
        if value is not None and what is not None
    ]
    of_speakers = {*told}
    by_speaker = groups is not None and len(of_speakers) == len({one for one, *_ in told})
    pairs = Counter((value, what) for _, value, what in (of_speakers if by_speaker else told))
    rows, columns = (sorted({pair[place] for pair in pairs}) for place in (0, 1))
    table = np.array([[pairs[row, column] for column in columns] for row in rows], np.int64)
    only = {
        row: columns[int(line.argmax())]
        for row, line in zip(rows, table, strict=True)
        if len(columns) > 1 and (line > 0).sum() == 1
    }
    return Confounding(name, cramers_v(table) if pairs else math.nan, by_speaker, only)
