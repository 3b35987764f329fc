"""Candidates side by side: on the same clips, over the emotions that the user needs.

What all are compared over is the same whoever takes part: an emotion that a candidate has no label
for is never recognised, and a corpus that it was trained on is left out for its own pairs alone. So
no candidate decides what others are compared on.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean

import numpy as np

from sertify.evidence.labelling import Labelling
from sertify.gates.frame import frame
from sertify.selection.order import least_leads
from sertify.statistics.comparisons import Difference, corrected, difference, uar_interval
from sertify.statistics.confusion import Floats
from sertify.statistics.intervals import Interval
from sertify.statistics.paired import Paired, paired
from sertify.statistics.resampling import named_groups
from sertify.vocabulary.text import listed

LEVEL = 0.05
"""Of a p-value from which on two candidates are not told apart."""


@dataclass(frozen=True)
class Comparison:
    """How right candidates are on the same clips.

    Attributes
    ----------
    names
        Who is compared: those to whom some corpus is new, be it to them alone.
    corpora
        By corpus, how right those are that were not trained on it.
    emotions
        By corpus, those that recall is averaged over.
    left_out
        Why somebody, or nobody, is compared on a corpus, by its name.
    """

    names: tuple[str, ...]
    corpora: Mapping[str, Paired]
    emotions: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]

    def between(self, better: str, other: str) -> Difference | None:
        """Return by how much one is better, over the corpora new to both; None where none is."""
        both = [one for one in self.corpora.values() if {better, other} <= {*one.names}]
        return difference(both, better, other) if both else None

    def uar(self, name: str) -> tuple[float, Interval] | None:
        """Return the mean UAR over the corpora that are new to a candidate, with its interval."""
        own = [one for one in self.corpora.values() if name in one.names]
        if not own:
            return None
        value = fmean(float(one.values[one.names.index(name)]) for one in own)
        return value, uar_interval(own, name)

    def chance(self, name: str) -> float:
        """Return the UAR that guessing scores on the corpora that are new to a candidate."""
        own = [corpus for corpus, one in self.corpora.items() if name in one.names]
        return fmean(1 / len(self.emotions[corpus]) for corpus in own) if own else 1.0

    @property
    def clips(self) -> int:
        """How many clips there are to compare on."""
        return sum(one.clips for one in self.corpora.values())

    @property
    def known(self) -> Floats:
        """Who is compared on what: 1 or 0, of shape (corpora, candidates)."""
        rows = [[name in one.names for name in self.names] for one in self.corpora.values()]
        return np.array(rows, dtype=float)

    @property
    def values(self) -> Floats:
        """UAR of shape (corpora, candidates), 0 where one is not compared."""
        return self._spread([one.values for one in self.corpora.values()])

    def samples(self, n: int) -> Floats:
        """Return the UAR on n corpora like each, of shape (corpora, candidates, n)."""
        drawn = [one.samples(n, seed) for seed, one in enumerate(self.corpora.values())]
        return self._spread(drawn)

    def _spread(self, tables: Sequence[Floats]) -> Floats:
        """Put a row for each candidate, zeros for who is not compared, into each table."""
        spread = np.zeros((len(tables), len(self.names), *tables[0].shape[1:]))
        for out, one, table in zip(spread, self.corpora.values(), tables, strict=True):
            out[[self.names.index(name) for name in one.names]] = table
        return spread

    @cached_property
    def leader(self) -> str:
        """The most accurate: the one that is behind any other by the least.

        Of those it is the one that can be compared with most others.
        """
        leads, shared = least_leads(self.values, self.known), self.known.T @ self.known > 0
        return self.names[int(np.lexsort((-shared.sum(axis=1), -leads.round(12)))[0])]

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """The leader against each other one that it can be compared with, the best first."""
        others = (self.between(self.leader, name) for name in self.names if name != self.leader)
        ranked = sorted(filter(None, others), key=lambda one: (one.value, one.p, one.other))
        ps = corrected([one.p for one in ranked])
        return tuple(replace(one, p_corrected=p) for one, p in zip(ranked, ps, strict=True))

    @property
    def tied(self) -> tuple[str, ...]:
        """The leader, and those that the data cannot tell from it."""
        told = {one.other for one in self.differences if one.p_corrected < LEVEL}
        return (self.leader, *(n for n in self.names if n not in told and n != self.leader))


def compare(
    labellings: Sequence[Labelling], wanted: Sequence[str] | None = None
) -> Comparison | None:
    """Compare candidates over the emotions ``wanted``; None where there is nothing to compare on.

    By default these are the emotions that have enough clips in a corpus. A clip that a candidate
    could not judge has no part in its UAR. A corpus with fewer than two of the emotions, or
    that fewer than two candidates have not seen in training, is left out; unless one would not take
    part without it: whom others may be compared with must not depend on who takes part.
    """
    clips = _clips(labellings)
    emotions = _frames(clips, wanted)
    able = _new_to(labellings, [name for name in sorted(clips) if len(emotions[name]) > 1])
    corpora = {name: _paired(some, clips[name], emotions[name]) for name, some in able.items()}
    left_out = _left_out(labellings, emotions)
    if not corpora:
        return None
    used = {corpus: emotions[corpus] for corpus in corpora}
    known = {name for one in corpora.values() for name in one.names}
    names = tuple(one.candidate for one in labellings if one.candidate in known)
    return Comparison(names, corpora, used, left_out)


def _new_to(
    labellings: Sequence[Labelling], corpora: Sequence[str]
) -> dict[str, Sequence[Labelling]]:
    """Return who has not seen a corpus, by its name; nothing where no two have one in common."""
    new = {corpus: [one for one in labellings if corpus not in one.seen] for corpus in corpora}
    several = [some for some in new.values() if len(some) >= min(2, len(labellings))]
    placed = {one.candidate for some in several for one in some}
    return {
        corpus: some
        for corpus, some in new.items()
        if several and (some in several or any(one.candidate not in placed for one in some))
    }


def obstacles(labellings: Sequence[Labelling], wanted: Sequence[str] | None) -> dict[str, str]:
    """Return why candidates are not, or not all, compared on a corpus, by its name."""
    return _left_out(labellings, _frames(_clips(labellings), wanted))


def needed(labellings: Sequence[Labelling], wanted: Sequence[str] | None = None) -> set[str]:
    """Return the emotions that any corpus is compared over."""
    return {emotion for some in _frames(_clips(labellings), wanted).values() for emotion in some}


def _frames(
    clips: Mapping[str, Mapping[str, str]], wanted: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """Return by corpus the emotions that recall is averaged over."""
    return {name: frame(truths.values(), wanted) for name, truths in clips.items()}


def _left_out(
    labellings: Sequence[Labelling], emotions: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    return {name: why for name in sorted(emotions) if (why := _why(name, labellings, emotions))}


def _why(
    corpus: str, labellings: Sequence[Labelling], emotions: Mapping[str, Sequence[str]]
) -> str:
    if len(emotions[corpus]) < 2:
        return "it has clips of fewer than two of the emotions"
    seen = [labelling.candidate for labelling in labellings if corpus in labelling.seen]
    return f"seen in training by {listed(seen)}" if seen else ""


def _clips(labellings: Sequence[Labelling]) -> dict[str, dict[str, str]]:
    """Return by corpus the emotion of each labelled clip that any was asked about, by its key."""
    clips: dict[str, dict[str, str]] = {}
    for labelling in labellings:
        rows = zip(labelling.corpora, labelling.keys, labelling.truth, strict=True)
        for corpus, key, truth in rows:
            if truth is not None:
                clips.setdefault(corpus, {})[key] = truth
    return clips


def _paired(
    labellings: Sequence[Labelling], clips: Mapping[str, str], emotions: Sequence[str]
) -> Paired:
    kept = sorted(key for key, truth in clips.items() if truth in emotions)
    said = {one.candidate: dict(zip(one.keys, one.predicted, strict=True)) for one in labellings}
    units: dict[str, Hashable | None] = {}
    for one in labellings:
        units |= dict(zip(one.keys, one.units, strict=True))
    return paired(
        [clips[key] for key in kept],
        {name: [answers.get(key) for key in kept] for name, answers in said.items()},
        named_groups([units[key] for key in kept]),
        emotions,
    )
