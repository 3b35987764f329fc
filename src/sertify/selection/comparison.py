"""Candidates side by side: on the same clips, of emotions that each can express and none has seen.

With labels they are compared by how right they are, without by how much they agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sertify.evidence.labelling import Labelling
from sertify.statistics import agreement, comparisons, jackknife
from sertify.statistics.comparisons import Difference
from sertify.statistics.intervals import Interval
from sertify.statistics.replicates import Replicates, combine, paired
from sertify.statistics.resampling import named_groups
from sertify.vocabulary.text import listed


@dataclass(frozen=True)
class Comparison:
    """How right candidates are on the same clips.

    Attributes
    ----------
    replicates
        UAR of each, and resamples of it; over several corpora it is their mean.
    differences
        The best against each other one; ``tied`` names those not significantly worse, and the best.
    emotions
        What the clips are of, by corpus: emotions that all candidates can express.
    left_out
        Why a corpus, by its name, is no part of it.
    """

    replicates: Replicates
    differences: tuple[Difference, ...]
    tied: tuple[str, ...]
    emotions: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]

    @property
    def chance(self) -> float:
        """The UAR that guessing scores."""
        return sum(1 / len(names) for names in self.emotions.values()) / len(self.emotions)


def compare(labellings: Sequence[Labelling]) -> Comparison | None:
    """Compare candidates on the clips that each of them was asked about; None without any.

    A corpus that has an obstacle is left out.
    """
    left_out = obstacles(labellings)
    shared = {name: at for name, at in _places(labellings).items() if name not in left_out}
    if not shared:
        return None
    emotions = {name: _common(labellings, places) for name, places in shared.items()}
    parts = (
        _replicates(labellings, places, emotions[name], seed)
        for seed, (name, places) in enumerate(shared.items())
    )
    replicates = combine([*parts])
    differences = comparisons.best_against_others(replicates)
    best = replicates.names[int(replicates.values.argmax())]
    tied = comparisons.tied(differences, best)
    return Comparison(replicates, differences, tied, emotions, left_out)


def obstacles(labellings: Sequence[Labelling]) -> dict[str, str]:
    """Return why candidates cannot be compared on a corpus, by its name, where they cannot.

    One of them was trained on it, or fewer than two of its emotions can be expressed by all.
    """
    reasons = {}
    for corpus, places in _places(labellings).items():
        seen = [labelling.candidate for labelling in labellings if corpus in labelling.seen]
        if seen:
            reasons[corpus] = f"seen in training by {listed(seen)}"
        elif len(_common(labellings, places)) < 2:
            reasons[corpus] = "it has fewer than two emotions that all can express"
    return reasons


def _places(labellings: Sequence[Labelling]) -> dict[str, list[list[int]]]:
    """Return by corpus where, in each candidate's answers, the clips are that all have."""
    index = [{key: place for place, key in enumerate(labelling.keys)} for labelling in labellings]
    shared = {*index[0]}.intersection(*index[1:])
    by_corpus: dict[str, list[str]] = {}
    for key, corpus in zip(labellings[0].keys, labellings[0].corpora, strict=True):
        if key in shared:
            by_corpus.setdefault(corpus, []).append(key)
    return {
        corpus: [[own[key] for key in keys] for own in index] for corpus, keys in by_corpus.items()
    }


def _common(labellings: Sequence[Labelling], places: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Return the emotions of these clips that all can express."""
    truths = {truth for place in places[0] if (truth := labellings[0].truth[place]) is not None}
    return tuple(sorted(truths.intersection(*(labelling.emotions for labelling in labellings))))


def _replicates(
    labellings: Sequence[Labelling],
    places: Sequence[Sequence[int]],
    emotions: Sequence[str],
    seed: int,
) -> Replicates:
    first = labellings[0]
    kept = [n for n, place in enumerate(places[0]) if first.truth[place] in emotions]
    predictions = {
        labelling.candidate: labelling.at([own[n] for n in kept], "predicted")
        for labelling, own in zip(labellings, places, strict=True)
    }
    own = [places[0][n] for n in kept]
    groups = named_groups(first.at(own, "units"))
    return paired(first.at(own, "truth"), predictions, groups, emotions, seed=seed)


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
