"""From which confidence on a candidate is to be believed, in JSON types."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sertify.candidates.reading import Candidate
from sertify.pipeline.judged import Judged, judged_clips
from sertify.pipeline.predictions import Predictions
from sertify.statistics.abstaining import OperatingPoint, operating_point, risk_coverage
from sertify.statistics.calibration import brier_score, expected_calibration_error
from sertify.statistics.confusion import Floats
from sertify.statistics.intervals import Interval
from sertify.statistics.temperature import Calibrated, calibrated, softened

CURVE_POINTS = 50
"""What a curve of risk and coverage is told by, at most."""


def operating_facts(
    predictions: Predictions, candidate: Candidate, seen: Mapping[str, str], wished: float
) -> dict[str, Any]:
    """Say how sure a candidate should be, and where it had better abstain.

    It is over the clips whose emotion the candidate can express, without the corpora that it has
    ``seen`` as long as others remain; each corpus weighs the same, and folds and intervals are by
    cluster or speaker. The temperature is of the logarithms of the emotions' probabilities, which
    of one label an emotion is that of the logits; a model of which several labels may be true has
    none. ``wished`` is the share of answers that should be right. Empty of fewer than two clips.
    """
    table = _counting(judged_clips(predictions, candidate), seen)
    if len(table.clips) < 2:
        return {}
    weights = _weights(table)
    found = None if predictions.multi_label else _calibrated(table, weights)
    sure = table.sureness() if found is None else _sureness(table, found.temperature)
    right, units = table.correct(), table.units
    curve = risk_coverage(sure, right, weights)
    point = operating_point(sure, right, wished, units, weights)
    return {
        "wished": wished,
        "clips": len(table.clips),
        "units": None if units is None else len({*units}),
        "temperature": found and found.temperature,
        "temperatures": [] if found is None else [*found.temperatures],
        **_changes(table, found, weights),
        "area": min(1.0, curve.area),  # rounded, it may be beyond
        "excess": min(1.0, curve.excess),
        "curve": _thinned(curve.thresholds, curve.coverage, 1 - curve.risk),
        "point": point and _point(point),
    }


def cooled(probabilities: Floats, temperature: float) -> Floats:
    """Return the probabilities of emotions, of shape (clips, emotions), at a temperature.

    >>> cooled(np.array([[0.9, 0.1]]), 2.0).round(2)
    array([[0.75, 0.25]])
    """
    with np.errstate(divide="ignore"):
        return softened(np.log(probabilities), temperature)


def _counting(table: Judged, seen: Mapping[str, str]) -> Judged:
    """Return the clips that count: of other speech than it has seen, and of its own emotions."""
    others = {clip.corpus for clip in table.clips} - {*seen}
    return table.where(
        lambda clip: clip.emotion in table.emotions and (not others or clip.corpus in others)
    )


def _weights(table: Judged) -> list[float]:
    """Return what each clip counts, so that corpora weigh the same and the mean is 1."""
    whole: Counter[str] = Counter()
    for clip in table.clips:
        whole[clip.corpus] += clip.weight  # type: ignore[assignment]
    share = len(table.clips) / len(whole)
    return [share * clip.weight / whole[clip.corpus] for clip in table.clips]


def _calibrated(table: Judged, weights: Sequence[float]) -> Calibrated:
    with np.errstate(divide="ignore"):
        scores = np.log(table.probabilities)
    return calibrated(scores, table.truth, table.emotions, table.units, weights)


def _sureness(table: Judged, temperature: float) -> list[float]:
    return _with(table, cooled(table.probabilities, temperature)).sureness()


def _with(table: Judged, probabilities: Floats) -> Judged:
    return Judged(table.clips, table.predicted, table.emotions, probabilities)


def _changes(
    table: Judged, found: Calibrated | None, weights: Sequence[float]
) -> dict[str, dict[str, float | None]]:
    """Return what the temperature makes better, out of fold; None where there is none."""
    before = _errors(table, weights)
    after = None if found is None else _errors(_with(table, found.probabilities), weights)
    return {
        name: {"before": value, "after": None if after is None else after[name]}
        for name, value in before.items()
    }


def _errors(table: Judged, weights: Sequence[float]) -> dict[str, float]:
    sure, right = table.sureness(), table.correct()
    return {
        "calibration_error": expected_calibration_error(sure, right, weights=weights),
        "brier_score": brier_score(table.truth, table.probabilities, table.emotions, weights),
    }


def _thinned(thresholds: Floats, coverage: Floats, precision: Floats) -> list[dict[str, float]]:
    """Return points of a curve in even steps of its coverage, the last one among them."""
    steps = np.linspace(1 / CURVE_POINTS, 1, CURVE_POINTS) - 1e-9
    places = np.unique(np.searchsorted(coverage, steps).clip(max=len(coverage) - 1))
    rows = zip(thresholds[places], coverage[places], precision[places], strict=True)
    names = ("threshold", "coverage", "precision")
    return [{n: round(float(v), 6) for n, v in zip(names, row, strict=True)} for row in rows]


def _point(point: OperatingPoint) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "coverage": _estimate(point.coverage, point.coverage_interval),
        "precision": _estimate(point.precision, point.precision_interval),
    }


def _estimate(value: float, interval: Interval) -> dict[str, float] | None:
    """Return an estimate in JSON types, which have no word for NaN."""
    if math.isnan(value):
        return None
    return {"value": value, "low": interval.low, "high": interval.high}
