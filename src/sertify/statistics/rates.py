"""Rates of what a model says, as if each emotion were as frequent, with their jackknife.

What a model says depends on what is said to it. To compare it on two groups of speech that differ
in how often which emotion occurs, each emotion counts the same in both (direct standardisation):
all rates follow from the share c_kl of label l among the clips of emotion k, of K emotions:

- ``uar`` is the mean of c_kk, ``recall:k`` is c_kk;
- ``share:l`` is the mean of c_kl over k, beside a truth of 1/K;
- ``precision:l`` is c_ll / the sum of c_kl over k.

UAR and recall are those of :mod:`sertify.statistics.agreement`, whatever the numbers of clips.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.confusion import Counts, Floats, Labels
from sertify.statistics.contrasts import Rate
from sertify.statistics.rare_classes import floored
from sertify.statistics.resampling import freedom, trials
from sertify.vocabulary.text import listed


@dataclass(frozen=True)
class HeardAs:
    """How often a model answered what to the clips of each unit, a speaker or a clip.

    ``counts`` has the shape (units, emotions, labels + 1); the last column is what was said beside
    the ``labels``, which begin with the ``emotions``. A unit may have no clips, but each emotion
    has some. ``repeats`` is how often each unit occurs: once, but for clips that are alike, which
    are ``joined`` and are in no other table.
    """

    counts: Floats
    emotions: tuple[str, ...]
    labels: tuple[str, ...]
    repeats: Counts
    joined: bool = False

    @property
    def total(self) -> Floats:
        """Return the counts of all units, (emotions, labels + 1)."""
        total: Floats = np.tensordot(self.repeats, self.counts, axes=1)
        return total

    @property
    def sizes(self) -> Floats:
        """Return the clips of each distinct unit and emotion, (units, emotions)."""
        sizes: Floats = self.counts.sum(axis=2)
        return sizes

    def rate(self, metric: str) -> Rate:
        """Return a rate, and how it varies over the units that say anything of it.

        ``metric`` is ``uar``, ``recall:<emotion>``, ``share:<label>`` or ``precision:<label>``;
        ``ValueError`` for another one. The error is the jackknife's with what classes of few clips
        may hide, as in :func:`jackknife.metric_intervals`. Precision of what is never said is NaN.

        >>> found = heard_as(["anger", "joy"] * 10, ["anger"] * 20, ["anger", "joy"])
        >>> found.rate("uar").value, found.rate("precision:anger").value
        (0.5, 0.5)
        >>> found.rate("share:anger").value, found.rate("recall:joy").value
        (1.0, 0.0)
        """
        kind, place = self._parsed(metric)
        sizes = self.sizes[:, [place]] if kind == "recall" else self.sizes
        speaking = sizes.sum(axis=1) > 0
        deviations = self._deviations(kind, place, speaking)
        spread = math.sqrt(float(deviations @ deviations))
        every = np.repeat(sizes[speaking], self.repeats[speaking], axis=0)
        return Rate(
            value=float(rate_values(kind, shares_given(self.total), place)),
            spread=spread,
            error=self._error(kind, place, spread, speaking),
            trials=self._trials(place) if kind == "precision" else trials(every),
            freedom=freedom(self._told(place) if kind == "precision" else every),
            units=int(self.repeats[speaking].sum()),
            deviations=deviations[:0] if self.joined else deviations,
        )

    def _parsed(self, metric: str) -> tuple[str, int]:
        kind, _, label = metric.partition(":")
        known = {"uar": ("",), "recall": self.emotions, "share": self.labels}
        known["precision"] = self.labels
        if label not in known.get(kind, ()):
            labels = listed(self.labels, most=20)
            what = f"uar, or recall, share or precision with one of {labels}"
            raise ValueError(f"metric {metric!r}, but should be {what}")
        return kind, self.labels.index(label) if label else 0

    def _deviations(self, kind: str, place: int, speaking: NDArray[np.bool_]) -> Floats:
        """Return the jackknife's deviations, (units,), of which those count that say something."""
        repeats, found = self.repeats[speaking], np.zeros(len(self.counts))
        left = shares_given(self.total - self.counts[speaking], shares_given(self.total))
        values, units = rate_values(kind, left, place), int(repeats.sum())
        known = ~np.isnan(values)
        if units > 1 and known.any() and np.ptp(values[known]) > 1e-12:
            mean = np.average(values[known], weights=repeats[known])
            away = np.where(known, values - mean, 0.0)
            found[speaking] = away * np.sqrt(repeats * (1 - 1 / units))
        return found

    def _error(self, kind: str, place: int, spread: float, speaking: NDArray[np.bool_]) -> float:
        if not spread or kind == "recall":
            return spread
        total = self.total
        clips, hits = total.sum(axis=1), np.diagonal(total) if kind == "uar" else total[:, place]
        lacking = (self.sizes[speaking] == 0).any(axis=0)
        return floored(spread, clips, hits, _slopes(kind, shares_given(total), place), lacking)

    def _told(self, place: int) -> Floats:
        """Return how much of what is said to be a label is of each unit that has some, (n, 1)."""
        told: Floats = self.counts[:, :, place] @ (1 / self.total.sum(axis=1))
        every = np.repeat(told, self.repeats)
        return every[every > 0][:, None] if told.any() else np.ones((1, 1))

    def _trials(self, place: int) -> float:
        """Return as many clips of equal weight as those that are said to be a label (Kish 1965)."""
        clips, said = self.total.sum(axis=1), self.total[:, place]
        squares = float((said / clips**2).sum())
        return float((said / clips).sum() ** 2 / squares) if squares else 0.0


def heard_as(
    truth: Labels,
    prediction: Labels,
    emotions: Labels,
    others: Labels = (),
    codes: Counts | None = None,
    units: int | None = None,
) -> HeardAs:
    """Count what was said to the clips of some emotions; what was said to others is left out.

    ``others`` are further labels that are told apart. ``codes`` has the unit of each clip, as a
    number below ``units``; without it, each clip is one, and clips that are alike are put together.
    ``ValueError`` for sequences of unequal length, and for an emotion without clips.

    >>> heard_as(["joy", "joy"], ["joy", "joy"], ["joy"]).repeats
    array([2])
    """
    if lacking := sorted(set(emotions) - set(truth)):
        raise ValueError(f"no clips of {listed(lacking, most=20)}, but there should be some")
    rows = {emotion: row for row, emotion in enumerate(emotions)}
    labels = tuple(dict.fromkeys((*emotions, *others)))
    columns = {label: column for column, label in enumerate(labels)}
    told = [
        (rows[true], columns.get(said, len(labels)), at)
        for at, (true, said) in enumerate(zip(truth, prediction, strict=True))
        if true in rows
    ]
    row, column, kept = np.array(told, np.int64).reshape(-1, 3).T
    shape = (len(rows), len(labels) + 1)
    if codes is None:
        cells, repeats = np.unique(row * shape[1] + column, return_counts=True)
        counts = np.eye(shape[0] * shape[1])[cells].reshape(-1, *shape)
        return HeardAs(counts, tuple(emotions), labels, repeats, joined=True)
    counts = np.zeros((units or int(codes.max()) + 1, *shape))
    np.add.at(counts, (codes[kept], row, column), 1)
    return HeardAs(counts, tuple(emotions), labels, np.ones(len(counts), np.int64))


def shares_given(counts: Floats, instead: Floats | None = None) -> Floats:
    """Return the share of each label in each emotion, or what is to stand for it without clips."""
    clips = counts.sum(axis=-1, keepdims=True)
    found = np.zeros(counts.shape) if instead is None else np.broadcast_to(instead, counts.shape)
    shares: Floats = np.divide(counts, clips, out=found.copy(), where=clips > 0)
    return shares


def rate_values(kind: str, shares: Floats, place: int) -> Floats:
    """Return a rate of each of a stack of shares, (..., emotions, labels)."""
    if kind == "uar":
        mean: Floats = np.diagonal(shares, axis1=-2, axis2=-1).mean(axis=-1)
        return mean
    column = shares[..., place]
    if kind == "share":
        return np.asarray(column.mean(axis=-1))
    # A label that is no emotion of the clips is never right.
    right = column[..., place] if place < column.shape[-1] else np.zeros(column.shape[:-1])
    if kind == "recall":
        return np.asarray(right)
    said = column.sum(axis=-1)
    precision: Floats = np.divide(right, said, out=np.full(said.shape, np.nan), where=said > 0)
    return precision


def _slopes(kind: str, shares: Floats, place: int) -> Floats:
    """Return how a rate changes with the share of a label in each emotion, (emotions,)."""
    emotions = len(shares)
    if kind != "precision":
        return np.full(emotions, 1 / emotions)
    said, right = shares[:, place].sum(), shares[place, place] if place < emotions else 0.0
    own = np.arange(emotions) == place
    slopes: Floats = (own * said - right) / said**2
    return slopes
