"""Intervals of one model's metrics by the bootstrap, of speakers or of clips."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics import confusion
from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.intervals import Interval, normal_quantile, rate_interval, t_quantile
from sertify.statistics.rare_classes import floored, slopes
from sertify.statistics.resampling import design, draws, speaker_codes, tables, trials

_ROWS = 50
"""Replicates that are counted by one product."""


def bootstrap(
    truth: Sequence[str],
    prediction: Sequence[str],
    groups: Sequence[Hashable] | None = None,
    metrics: Sequence[str] = ("accuracy", "uar", "macro_f1"),
    labels: Sequence[str] | None = None,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return an interval for each metric, by resampling speakers or clips with replacement.

    Whole speakers are drawn where ``groups`` names the speaker of each clip (Davison & Hinkley
    1997, Bootstrap Methods and their Application, section 3.8), and clips without it or where it
    names fewer than two. The interval is Student's t on the logit scale with the bootstrap's
    standard error, corrected for few speakers as in :func:`resampling.design` and, of UAR and macro
    F1, for classes of few clips as in :func:`floors.floors`. Where nothing varies, it is the score
    interval of as many independent clips, with Student's quantile for speakers, and for classes of
    one clip each.

    Raises ``ValueError`` as in `confusion`; and for ``groups`` of another length, an unknown
    metric, the recall of a class without clips, ``replicates`` below 1, a ``confidence`` out of
    range.

    Parameters
    ----------
    truth, prediction, labels
        As in :mod:`sertify.statistics.confusion`.
    groups
        The speaker of each clip.
    metrics
        Any of ``accuracy``, ``uar``, ``macro_f1``, ``kappa`` and ``recall:<label>``. In a replicate
        without clips of a class, UAR takes that class's recall as observed, and the class's own
        recall leaves the replicate out.
    confidence
        Within (0, 1).
    replicates, seed
        How many resamples are drawn, and what makes them the same on every run. The order of clips
        and the names of speakers do not matter.

    Examples
    --------
    >>> truth = ["anger", "sadness"] * 50
    >>> prediction = ["anger", "sadness", "anger", "anger"] * 25
    >>> interval = bootstrap(truth, prediction, metrics=["uar"])["uar"]
    >>> 0.6 < interval.low < 0.75 < interval.high < 0.9
    True
    """
    frozen = confusion.label_set(truth, labels)
    cells = confusion.cells(truth, prediction, frozen)
    study = _study(cells, speaker_codes(groups, len(truth)), frozen)
    resampled = _resampled(study, replicates, seed)
    return {metric: _interval(metric, study, resampled, confidence) for metric in metrics}


def kappa_interval(
    first: Sequence[str],
    second: Sequence[str],
    groups: Sequence[Hashable] | None = None,
    replicates: int = 2000,
) -> Interval:
    """Return the 95 % interval of Cohen's kappa of two raters, or models, of the same clips.

    As :func:`bootstrap`, with kappa's range -1..1 taken to the logit's 0..1. ``ValueError`` where
    kappa is not defined, as both give all clips one and the same label.

    >>> first, second = ["anger", "joy"] * 40, ["anger", "joy", "joy", "joy"] * 20
    >>> interval = kappa_interval(first, second)
    >>> 0.25 < interval.low < 0.5 < interval.high < 0.7
    True
    """
    labels = sorted({*first, *second})
    return bootstrap(first, second, groups, ["kappa"], labels, replicates=replicates)["kappa"]


@dataclass(frozen=True)
class _Study:
    """The distinct units that are resampled, as confusion matrices, and how often each occurs.

    Equal units are interchangeable. Joined, ten thousand clips are a handful of cells, and the
    result depends neither on the order of clips nor on the names of speakers.
    """

    units: Counts
    repeats: Counts
    by_speaker: bool
    labels: tuple[str, ...]

    @property
    def counts(self) -> Counts:
        return np.tensordot(self.repeats, self.units, axes=1)

    def sizes(self, metric: str) -> Counts:
        """Return the clips of each unit in each of the classes whose rates the metric averages."""
        sizes = np.repeat(self.units.sum(axis=2), self.repeats, axis=0)
        if metric.startswith("recall:"):
            return sizes[:, [self.labels.index(metric.removeprefix("recall:"))]]
        return sizes.sum(axis=1, keepdims=True) if metric in ("accuracy", "kappa") else sizes

    def error(self, metric: str, spread: float) -> float:
        """Return the standard error, given the one that resampling shows."""
        if metric not in ("uar", "macro_f1"):
            return spread
        clips, hits = self.counts.sum(axis=1).astype(float), np.diagonal(self.counts).astype(float)
        lacking = (self.units.sum(axis=2) == 0).any(axis=0)
        return floored(spread, clips, hits, slopes(metric, self.counts), lacking)


def _study(cells: Counts, codes: Counts | None, labels: tuple[str, ...]) -> _Study:
    shape = (-1, len(labels), len(labels) + 1)
    size = shape[1] * shape[2]
    if codes is None:
        occurring, repeats = np.unique(cells, return_counts=True)
        units = np.eye(size, dtype=np.int64)[occurring]
    else:
        table = tables(cells[:, None], codes, size)[:, 0]
        units, repeats = np.unique(table, axis=0, return_counts=True)
    return _Study(units.reshape(shape), repeats, codes is not None, labels)


def _resampled(study: _Study, replicates: int, seed: int) -> Counts:
    """Return the confusion matrix of each replicate."""
    units = study.units.reshape(len(study.units), -1).astype(float)
    drawn = draws(study.repeats, replicates, seed)
    # BLAS would share a larger product of a few speakers out to threads, which takes ten times
    # as long where these have to be woken.
    parts = (part for some in drawn for part in np.array_split(some, len(some) // _ROWS + 1))
    matrices = np.concatenate([part @ units for part in parts]).astype(np.int64)
    return matrices.reshape(-1, *study.units.shape[1:])


def _interval(metric: str, study: _Study, resampled: Counts, confidence: float) -> Interval:
    value = float(confusion.from_counts(metric, study.counts, study.labels))
    if math.isnan(value):
        why = "there are no clips of this class"
        if metric == "kappa":
            why = "both give all clips one and the same label, but should give two at least"
        raise ValueError(f"{metric}: {why}")
    values = _values(metric, resampled, study)
    if metric != "kappa":
        return _bounds(value, values, metric, study, confidence)
    half = _bounds((1 + value) / 2, values / 2, metric, study, confidence)
    return Interval(2 * half.low - 1, 2 * half.high - 1)


def _values(metric: str, resampled: Counts, study: _Study) -> Floats:
    """Return the metric of the replicates for which it is defined."""
    if metric != "uar":
        values = confusion.from_counts(metric, resampled, study.labels)
        return values[~np.isnan(values)]
    rates, observed = confusion.recall_rates(resampled), confusion.recall_rates(study.counts)
    mean: Floats = np.nanmean(np.where(np.isnan(rates), observed, rates), axis=-1)
    return mean


def _bounds(
    value: float, values: Floats, metric: str, study: _Study, confidence: float
) -> Interval:
    """Return Student's interval of a value within 0..1 from its replicates."""
    sizes = study.sizes(metric)
    plan = design(sizes)
    varying = values.size > 0 and np.ptp(values) > 1e-12
    error = study.error(metric, plan.scale * float(values.std())) if varying else 0.0
    quantile = t_quantile(confidence, plan.freedom)
    if not error and not study.by_speaker and sizes.sum(axis=0).max() > 1:
        quantile = normal_quantile(confidence)  # the spread of independent clips is known
    return rate_interval(value, error, trials(sizes), quantile)
