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
    has some.
    """

    counts: Floats
    emotions: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def clips(self) -> Floats:
        """Return the clips of each unit and emotion, (units, emotions)."""
        clips: Floats = self.counts.sum(axis=2)
        return clips

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
        sizes = self.clips[:, [place]] if kind == "recall" else self.clips
        speaking = sizes.sum(axis=1) > 0
        deviations = self._deviations(kind, place, speaking)
        spread = math.sqrt(float(deviations @ deviations))
        return Rate(
            value=float(rate_values(kind, shares_given(self.counts.sum(axis=0)), place)),
            spread=spread,
            error=self._error(kind, place, spread, speaking),
            trials=self._trials(place) if kind == "precision" else trials(sizes),
            freedom=freedom(self._told(place) if kind == "precision" else sizes[speaking]),
            units=int(speaking.sum()),
            deviations=deviations,
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
        units, found = int(speaking.sum()), np.zeros(len(self.counts))
        total = self.counts.sum(axis=0)
        values = rate_values(
            kind, shares_given(total - self.counts[speaking], shares_given(total)), place
        )
        known = ~np.isnan(values)
        if units > 1 and known.any() and np.ptp(values[known]) > 1e-12:
            away = np.where(known, values - values[known].mean(), 0.0)
            found[speaking] = away * math.sqrt(1 - 1 / units)
        return found

    def _error(self, kind: str, place: int, spread: float, speaking: NDArray[np.bool_]) -> float:
        if not spread or kind == "recall":
            return spread
        total = self.counts.sum(axis=0)
        hits = np.diagonal(total) if kind == "uar" else total[:, place]
        lacking = (self.clips[speaking] == 0).any(axis=0)
        return floored(
            spread, total.sum(axis=1), hits, _slopes(kind, shares_given(total), place), lacking
        )

    def _told(self, place: int) -> Floats:
        """Return how much of what is said to be a label is of each unit that has some, (n, 1)."""
        weights = 1 / self.clips.sum(axis=0)
        told: Floats = self.counts[:, :, place] @ weights
        return told[told > 0][:, None] if told.any() else np.ones((1, 1))

    def _trials(self, place: int) -> float:
        """Return as many clips of equal weight as those that are said to be a label (Kish 1965)."""
        clips, said = self.clips.sum(axis=0), self.counts.sum(axis=0)[:, place]
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
    number below ``units``; without it, each clip is one. ``ValueError`` for sequences of unequal
    length, and for an emotion without clips.

    >>> heard_as(["anger", "joy"], ["joy", "joy"], ["joy"]).counts
    array([[[0., 0.]],
    <BLANKLINE>
           [[1., 0.]]])
    """
    if lacking := sorted(set(emotions) - set(truth)):
        raise ValueError(f"no clips of {listed(lacking, most=20)}, but there should be some")
    rows = {emotion: row for row, emotion in enumerate(emotions)}
    labels = tuple(dict.fromkeys((*emotions, *others)))
    columns = {label: column for column, label in enumerate(labels)}
    who = range(len(truth)) if codes is None else codes.tolist()
    counts = np.zeros((units or max(who) + 1, len(rows), len(labels) + 1))
    for unit, true, said in zip(who, truth, prediction, strict=True):
        if true in rows:
            counts[unit, rows[true], columns.get(said, -1)] += 1
    return HeardAs(counts, tuple(emotions), labels)


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
