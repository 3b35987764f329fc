"""The gaps that a model without a bias shows by chance, on just this speech."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sertify.statistics.confusion import Floats, Labels
from sertify.statistics.gaps import KINDS
from sertify.statistics.grouped import Grouped
from sertify.statistics.rates import HeardAs, rate_values, shares_given

CHANCE_DRAWS = 1000


@dataclass(frozen=True)
class ChanceGap:
    """How large the largest gap of a kind is by chance, and how often as large as measured.

    ``value`` is the largest measured difference between any two groups, in any emotion; ``mean``
    and ``most`` are the mean and the 95 % quantile of the same without a bias, within 0..1.
    ``as_large`` is the share of the draws in which it is no smaller than measured: the p-value of a
    permutation test, the measured one counted in. All are NaN where nothing was measured.
    """

    value: float
    mean: float
    most: float
    as_large: float


def chance_gaps(
    speech: Grouped,
    kinds: Sequence[str] = KINDS,
    emotions: Labels | None = None,
    draws: int = CHANCE_DRAWS,
    seed: int = 0,
) -> dict[str, ChanceGap]:
    """Return by kind the largest gaps that there are where groups mean nothing.

    audEERING's ser-tests (Derington et al., Testing correctness, fairness, and robustness of speech
    emotion recognition models) take the largest gap of a thousand random models for their limits.
    Here, who is of which group is drawn anew, so that each speaker's clips, what the model says to
    them and so its confusions stay as they are: speakers of one group change places, and of those
    in several the groups do; where no speakers are named, clips of an emotion do. That keeps how
    alike clips of a speaker are, without which an unbiased model seems to have a bias in one of
    four corpora.

    Groups are compared over the ``emotions`` (all, unless named) that have clips in each;
    ``ValueError`` where none has. Of few speakers there are few ways to place them.

    >>> from sertify.statistics.grouped import grouped
    >>> truth, said = ["anger", "joy"] * 60, ["anger", "joy", "anger", "anger"] * 30
    >>> found = chance_gaps(grouped(truth, said, ["f"] * 60 + ["m"] * 60), ["uar"])["uar"]
    >>> found.value, round(found.mean, 2), round(found.most, 2), found.as_large
    (0.0, 0.05, 0.13, 1.0)
    """
    names = speech.names
    rows = speech.common(names, emotions)
    if not names or not rows:
        raise ValueError("no emotion has clips in each group, but one should")
    tables = [speech.heard_as(name, rows) for name in names]
    rng = np.random.default_rng(seed)
    measured = np.array(_largest(np.stack([table.total for table in tables]), kinds))
    placed = (_dealt if tables[0].joined else _placed)(tables, rng)
    found = np.array([_largest(some, kinds) for some in islice(placed, draws)])
    as_large = ((found >= measured - 1e-12).sum(axis=0) + 1) / (draws + 1)
    as_large[np.isnan(measured)] = np.nan
    table = zip(
        measured, found.mean(axis=0), np.quantile(found, 0.95, axis=0), as_large, strict=True
    )
    return {
        kind: ChanceGap(*(float(number) for number in row))
        for kind, row in zip(kinds, table, strict=True)
    }


def _placed(tables: Sequence[HeardAs], rng: np.random.Generator) -> Iterator[Floats]:
    """Yield the counts of the groups, (groups, emotions, labels), as speakers change places."""
    places = [np.flatnonzero(table.sizes.any(axis=1)) for table in tables]
    unit, group = np.concatenate(places), np.repeat(np.arange(len(tables)), [*map(len, places)])
    counts = [table.counts[own] for table, own in zip(tables, places, strict=True)]
    cells = np.concatenate(counts).reshape(len(unit), -1)
    # All speakers of one group are a block in which places are changed; each other one is its own.
    block = np.where(np.bincount(unit)[unit] > 1, unit, -1)
    order, target = np.argsort(block, kind="stable"), np.empty_like(group)
    first = np.cumsum([0, *map(len, places)])[:-1]  # each group keeps as many speakers
    while True:
        target[order] = group[np.lexsort((rng.random(len(group)), block))]
        found = np.add.reduceat(cells[np.argsort(target, kind="stable")], first)
        yield found.reshape(len(tables), *tables[0].counts.shape[1:])


def _dealt(tables: Sequence[HeardAs], rng: np.random.Generator) -> Iterator[Floats]:
    """Yield the same, as clips of an emotion change places, where no speakers are named."""
    totals = np.stack([table.total for table in tables]).astype(np.int64)
    while True:
        found, left = np.zeros_like(totals), totals.sum(axis=0)
        for place, sizes in enumerate(totals.sum(axis=2)):
            found[place] = [
                rng.multivariate_hypergeometric(row, size)
                for row, size in zip(left, sizes, strict=True)
            ]
            left -= found[place]
        yield found.astype(float)


def _largest(counts: Floats, kinds: Sequence[str]) -> list[float]:
    """Return the largest difference of two groups by kind, of counts as of `HeardAs` by group."""
    shares = shares_given(counts, shares_given(counts.sum(axis=0)))
    emotions, labels = counts.shape[1], counts.shape[2] - 1
    found = []
    for kind in kinds:
        places = 1 if kind == "uar" else labels if kind == "share" else emotions
        rates = np.stack([rate_values(kind, shares, place) for place in range(places)])
        lowest, highest = (end.reduce(rates, axis=1) for end in (np.fmin, np.fmax))
        found.append(float(np.fmax.reduce(highest - lowest)))
    return found
