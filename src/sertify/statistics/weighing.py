"""Estimates of clips that count differently, as they stand for more or fewer of the whole."""

import math
from collections.abc import Hashable, Sequence

import numpy as np

from sertify.statistics.confusion import Floats, Labels, cells, label_set
from sertify.statistics.diversity import Weights
from sertify.statistics.intervals import (
    Interval,
    normal_quantile,
    rate_interval,
    score_interval,
    t_quantile,
)
from sertify.statistics.resampling import freedom, speaker_codes


def effective_clips(weights: Weights) -> float:
    """Return as many clips of equal weight as tell of a share as much as these (Kish 1965).

    >>> effective_clips([1, 1, 1, 1]), effective_clips([3, 1])
    (4.0, 1.6)
    """
    return math.fsum(weights) ** 2 / math.fsum(weight**2 for weight in weights)


def weighed_rate(
    hits: Sequence[bool], weights: Weights, confidence: float = 0.95
) -> tuple[float, Interval]:
    """Return the weighed share of the hits, and Wilson's interval for the effective clips.

    >>> share, interval = weighed_rate([True, False], [9, 1])
    >>> share, round(interval.low, 2), round(interval.high, 2)
    (0.9, 0.2, 1.0)
    """
    total = math.fsum(weights)
    share = math.fsum(w for w, hit in zip(weights, hits, strict=True) if hit) / total
    n = effective_clips(weights)
    return share, score_interval(share * n, n, normal_quantile(confidence))


def weighed_estimate(
    metric: str,
    truth: Labels,
    prediction: Labels,
    weights: Weights,
    groups: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    labels: Labels | None = None,
) -> tuple[float, Interval]:
    """Return ``accuracy``, ``macro_f1`` or ``kappa`` of weighed clips, and its interval.

    Each clip counts in the confusions by its weight. The interval is Student's t on the logit
    scale, to which kappa's -1..1 is taken as 0..1, with the standard error of the jackknife over
    groups, or over clips without two of them. Where kappa is not defined, it is NaN within -1..1.

    >>> truth, said = ["anger"] * 50 + ["joy"] * 50, ["anger"] * 75 + ["joy"] * 25
    >>> value, interval = weighed_estimate("accuracy", truth, said, [9] * 50 + [1] * 50)
    >>> value, round(interval.low, 2), round(interval.high, 2)
    (0.95, 0.92, 0.97)
    """
    units = _units(truth, prediction, weights, groups, labels)
    total = units.sum(axis=0)
    value, sizes = float(_METRICS[metric](total)), units.sum(axis=(1, 2))
    left = _METRICS[metric](total - units) if len(units) > 1 else np.zeros(1)
    left = left[~np.isnan(left)]
    error = math.sqrt((len(units) - 1) * float(left.var())) if left.size else 0.0
    error = error if error > 1e-12 else 0.0
    quantile = t_quantile(confidence, freedom(sizes[:, None] / sizes.max()))
    trials = effective_clips(weights)
    if metric != "kappa":
        return value, rate_interval(value, error, trials, quantile)
    if math.isnan(value):
        return value, Interval(-1.0, 1.0)
    half = rate_interval((1 + value) / 2, error / 2, trials, quantile)
    return value, Interval(2 * half.low - 1, 2 * half.high - 1)


def _units(
    truth: Labels,
    prediction: Labels,
    weights: Weights,
    groups: Sequence[Hashable] | None,
    labels: Labels | None,
) -> Floats:
    """Return the weighed confusions of each group or clip, (units, classes, classes + 1)."""
    codes, classes = speaker_codes(groups, len(truth)), len(label_set(truth, labels))
    rows = np.arange(len(truth)) if codes is None else codes
    table = np.zeros((int(rows.max()) + 1, classes * (classes + 1)))
    np.add.at(table, (rows, cells(truth, prediction, labels)), np.asarray(weights, float))
    return table.reshape(-1, classes, classes + 1)


def _accuracy(counts: Floats) -> Floats:
    share: Floats = np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1))
    return share


def _macro_f1(counts: Floats) -> Floats:
    both = counts.sum(axis=-1) + counts[..., :-1].sum(axis=-2)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    f1s = np.divide(2 * hits, both, out=np.full(both.shape, np.nan), where=both > 1e-12)
    mean: Floats = np.nanmean(f1s, axis=-1)
    return mean


def _kappa(counts: Floats) -> Floats:
    parts = counts / counts.sum(axis=(-2, -1), keepdims=True)
    chance = (parts.sum(axis=-1) * parts[..., :-1].sum(axis=-2)).sum(axis=-1)
    agreed = np.trace(parts, axis1=-2, axis2=-1) - chance
    room = 1 - chance
    kappa: Floats = np.divide(agreed, room, out=np.full(chance.shape, np.nan), where=room > 1e-12)
    return kappa


_METRICS = {"accuracy": _accuracy, "macro_f1": _macro_f1, "kappa": _kappa}
