"""The mean of the scores of several corpora, in which each weighs the same."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sertify.gates.accuracy import Score
from sertify.statistics.intervals import Interval, mean_of_intervals
from sertify.vocabulary.outcomes import Measurement

_OVER_ALL = ("coverage", "uar_all")
_NUMBERS = ("uar", "accuracy", "macro_f1", "class_share", "calibration_error", "brier_score")


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of the scores of several corpora, in which each weighs the same.

    A corpus without a clip that the candidate can express has no part but in the numbers over all.
    """
    expressible = [scored for scored in scores if scored.uar.n] or scores
    means: dict[str, Any] = {
        name: _mean_measurement([getattr(scored, name) for scored in expressible])
        for name in _NUMBERS
    }
    means |= {
        name: _mean_measurement([getattr(scored, name) for scored in scores]) for name in _OVER_ALL
    }
    details = {
        name: sorted({emotion for scored in scores for emotion in scored.details[name]})
        for name in ("expressible", "inexpressible")
    }
    return replace(
        scores[0],
        **means,
        recalls=_mean_by_name([scored.recalls for scored in scores]),
        precisions=_mean_by_name([scored.precisions for scored in scores]),
        chance=math.fsum(scored.chance for scored in expressible) / len(expressible),
        decisive=_decisive_mean(scores, expressible),
        details=details,
    )


def _decisive_mean(scores: Sequence[Score], expressible: Sequence[Score]) -> dict[str, Measurement]:
    several = [
        [
            measurement
            for measurement in scored.decisive.values()
            if scored in expressible or measurement.name in _OVER_ALL
        ]
        for scored in scores
    ]
    return {measurement.name: measurement for measurement in _mean_by_name(several)}


def _mean_by_name(several: Sequence[Sequence[Measurement]]) -> tuple[Measurement, ...]:
    by_name: dict[str, list[Measurement]] = {}
    for measured in several:
        for measurement in measured:
            by_name.setdefault(measurement.name, []).append(measurement)
    return tuple(_mean_measurement(by_name[name]) for name in sorted(by_name))


def _mean_measurement(measured: Sequence[Measurement]) -> Measurement:
    """Return a mean with its interval, from those of independent estimates."""
    values = [each.value for each in measured]
    value, below, above = math.fsum(values) / len(values), None, None
    bounds = [(each.low, each.high) for each in measured if each.low is not None]
    if len(bounds) == len(values):
        known = [Interval(low, high) for low, high in bounds if high is not None]
        interval = mean_of_intervals(values, known)
        below, above = interval.low, interval.high
    n = sum(each.n or 0 for each in measured)
    speakers = None
    if all(each.speakers for each in measured):
        speakers = sum(each.speakers or 0 for each in measured)
    first = measured[0]
    return Measurement(first.name, value, first.unit, below, above, n, speakers)
