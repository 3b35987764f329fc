"""How much candidates agree, whatever the clips are labelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sertify.evidence.labelling import Labelling
from sertify.statistics import agreement, jackknife
from sertify.statistics.intervals import Interval
from sertify.statistics.resampling import named_groups


@dataclass(frozen=True)
class Agreement:
    """How often two candidates say the same, as Cohen's kappa.

    It is over the ``clips`` that both give one of the emotions that both can express, and None
    where these are fewer than two.
    """

    first: str
    second: str
    kappa: float | None
    interval: Interval | None
    clips: int
    emotions: tuple[str, ...]


def agreements(labellings: Sequence[Labelling]) -> tuple[Agreement, ...]:
    """Return the agreement of each pair of candidates, whatever the clips are labelled."""
    return tuple(_agreement(labelling, other) for labelling, other in combinations(labellings, 2))


def _agreement(one: Labelling, other: Labelling) -> Agreement:
    shared = tuple(sorted({*one.emotions} & {*other.emotions}))
    index = {key: place for place, key in enumerate(other.keys)}
    pairs = [
        (place, index[key])
        for place, key in enumerate(one.keys)
        if key in index and one.predicted[place] in shared and other.predicted[index[key]] in shared
    ]
    first = [one.predicted[own] for own, _ in pairs]
    second = [other.predicted[their] for _, their in pairs]
    kappa = interval = None
    if len({*first, *second}) > 1:
        named = named_groups([one.units[own] for own, _ in pairs])
        kappa = agreement.cohen_kappa(first, second)
        interval = jackknife.kappa_interval(first, second, named)
    return Agreement(one.candidate, other.candidate, kappa, interval, len(pairs), shared)
