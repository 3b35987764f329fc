"""Intervals of one model's metrics by the delete-one jackknife, over speakers or clips."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertify.statistics import confusion
from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.intervals import Interval, bounded_interval, normal_quantile, t_quantile
from sertify.statistics.rare_classes import floored, slopes
from sertify.statistics.resampling import freedom, speaker_codes, tables, trials


def metric_intervals(
    truth: Sequence[str],
    prediction: Sequence[str],
    groups: Sequence[Hashable] | None = None,
    metrics: Sequence[str] = ("accuracy", "uar", "macro_f1"),
    labels: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> dict[str, Interval]:
    """Return an interval for each metric, by leaving out speakers or clips one by one.

    Whole speakers are left out where ``groups`` names the speaker of each clip, and clips without
    it or where it names fewer than two. The jackknife's variance is on average not below the true
    one (Efron & Stein 1981, The jackknife estimate of variance, Annals of Statistics 9). The
    interval is Student's t on the logit scale, with the degrees of freedom of
    :func:`resampling.freedom` and, of UAR and macro F1, corrected for classes of few clips as in
    :func:`rare_classes.floors`. Where nothing varies, it is the score interval of as many
    independent clips, with Student's quantile for speakers, and for classes of one clip each.

    The order of clips and the names of speakers do not matter.

    Raises ``ValueError`` as in `confusion`; and for ``groups`` of another length, an unknown
    metric, the recall of a class without clips, a ``confidence`` out of range.

    Parameters
    ----------
    truth, prediction, labels
        As in :mod:`sertify.statistics.confusion`.
    groups
        The speaker of each clip, or what else clips are alike by.
    metrics
        Any of ``accuracy``, ``uar``, ``macro_f1``, ``kappa`` and ``recall:<label>``. Without the
        only unit that has clips of a class, UAR takes that class's recall as observed.
    confidence
        Within (0, 1).

    Examples
    --------
    >>> truth = ["anger", "sadness"] * 50
    >>> prediction = ["anger", "sadness", "anger", "anger"] * 25
    >>> interval = metric_intervals(truth, prediction, metrics=["uar"])["uar"]
    >>> round(interval.low, 2), round(interval.high, 2)
    (0.67, 0.82)
    """
    frozen = confusion.label_set(truth, labels)
    cells = confusion.cells(truth, prediction, frozen)
    study = _study(cells, speaker_codes(groups, len(truth)), frozen)
    return {metric: _estimate(metric, study, confidence)[1] for metric in metrics}


def kappa_interval(
    first: Sequence[str], second: Sequence[str], groups: Sequence[Hashable] | None = None
) -> Interval:
    """Return the 95 % interval of Cohen's kappa of two raters, or models, of the same clips.

    As :func:`metric_intervals`, with kappa's range -1..1 taken to the logit's 0..1. ``ValueError``
    where kappa is not defined, as both give all clips one and the same label.

    >>> first, second = ["anger", "joy"] * 40, ["anger", "joy", "joy", "joy"] * 20
    >>> interval = kappa_interval(first, second)
    >>> 0.25 < interval.low < 0.5 < interval.high < 0.7
    True
    """
    labels = sorted({*first, *second})
    return metric_intervals(first, second, groups, ["kappa"], labels)["kappa"]


def uar_estimate(
    truth: Counts, hits: NDArray[np.bool_], speakers: Counts | None = None, confidence: float = 0.95
) -> tuple[float, Interval]:
    """Return the UAR of clips and its interval, as :func:`metric_intervals`, of numbers alone.

    ``truth``, ``hits`` and ``speakers`` have the shape (n,), n > 0: each clip's class, as whole
    numbers; whether it was recognised; and its speaker, likewise. Without two speakers the
    units are clips.

    >>> truth = np.arange(100) % 2
    >>> value, interval = uar_estimate(truth, (truth == 0) | (np.arange(100) < 50))
    >>> value, round(interval.low, 2), round(interval.high, 2)
    (0.75, 0.67, 0.82)
    """
    classes, row = np.unique(truth, return_inverse=True)
    cells = row * (len(classes) + 1) + np.where(hits, row, len(classes))
    codes = None
    if speakers is not None and speakers.min() < speakers.max():
        codes = np.unique(speakers, return_inverse=True)[1]
    return _estimate("uar", _study(cells, codes, tuple(map(str, classes))), confidence)


@dataclass(frozen=True)
class _Study:
    """The distinct units that are left out, as confusion matrices, and how often each occurs.

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
        """Return the standard error, given the one that the jackknife shows."""
        if not spread or metric not in ("uar", "macro_f1"):
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


def _estimate(metric: str, study: _Study, confidence: float) -> tuple[float, Interval]:
    value = float(confusion.from_counts(metric, study.counts, study.labels))
    if math.isnan(value):
        why = "there are no clips of this class"
        if metric == "kappa":
            why = "both give all clips one and the same label, but should give two at least"
        raise ValueError(f"{metric}: {why}")
    if metric != "kappa":
        return value, _bounds(value, metric, study, confidence, span=1)
    half = _bounds((1 + value) / 2, metric, study, confidence, span=2)
    return value, Interval(2 * half.low - 1, 2 * half.high - 1)


def _bounds(value: float, metric: str, study: _Study, confidence: float, span: int) -> Interval:
    """Return Student's interval of a value within 0..1, of a metric whose range is ``span``."""
    sizes = study.sizes(metric)
    spread = _spread(metric, study) / span
    error = study.error(metric, spread)
    quantile = t_quantile(confidence, freedom(sizes))
    if not error and not study.by_speaker and sizes.sum(axis=0).max() > 1:
        quantile = normal_quantile(confidence)  # the spread of independent clips is known
    return bounded_interval(value, spread, error, trials(sizes), quantile)


def _spread(metric: str, study: _Study) -> float:
    """Return the jackknife's standard error: of equal speakers, that of their mean."""
    values, repeats = _without_one(metric, study)
    if not values.size or np.ptp(values) <= 1e-12:
        return 0.0
    units = int(repeats.sum())
    mean = repeats @ values / units
    return math.sqrt((1 - 1 / units) * float(repeats @ (values - mean) ** 2))


def _without_one(metric: str, study: _Study) -> tuple[Floats, Counts]:
    """Return the metric without one unit of each kind, where it is defined, and their numbers."""
    kept = _speaking(metric, study)
    left, repeats = study.counts - study.units[kept], study.repeats[kept]
    if metric != "uar":
        values = confusion.from_counts(metric, left, study.labels)
        return values[~np.isnan(values)], repeats[~np.isnan(values)]
    rates, observed = confusion.recall_rates(left), confusion.recall_rates(study.counts)
    mean: Floats = np.nanmean(np.where(np.isnan(rates), observed, rates), axis=-1)
    return mean, repeats


def _speaking(metric: str, study: _Study) -> NDArray[np.bool_]:
    """Tell which units say anything of a metric: those with such clips, beside which are others."""
    sizes = study.units.sum(axis=2)
    if metric.startswith("recall:"):
        sizes = sizes[:, [study.labels.index(metric.removeprefix("recall:"))]]
    clips = sizes.sum(axis=1)
    speaking: NDArray[np.bool_] = (clips > 0) & (clips < study.repeats @ clips)
    return speaking


def uar_error(sizes: Floats, right: Floats) -> float:
    """Return the jackknife's standard error of UAR, of counts alone.

    ``sizes`` counts the clips of each unit and class, (units, classes), ``right`` those that were
    recognised; their difference between two models gives the error of the difference in UAR.
    """
    clips, recognised, units = sizes.sum(axis=0), right.sum(axis=0), len(sizes)
    left = clips - sizes
    recalls = np.where(left > 0, (recognised - right) / np.maximum(left, 1), recognised / clips)
    return math.sqrt(units - 1) * float(recalls.mean(axis=1).std())
