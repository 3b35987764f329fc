"""The mean of the scores of several corpora, in which each weighs the same."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sertify.gates.accuracy import Score
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
    """Return a mean with its interval, from those of independent estimates.

    The distances of value and bounds add up as squares: the method of variance estimates recovery
    of Zou & Donner (2008), Construction of confidence limits about effect measures, Statistics in
    Medicine 27.
    """
    value = math.fsum(each.value for each in measured) / len(measured)
    below = above = None
    if all(each.low is not None and each.high is not None for each in measured):
        below = value - math.hypot(*(each.value - (each.low or 0) for each in measured)) / len(
            measured
        )
        above = value + math.hypot(*((each.high or 0) - each.value for each in measured)) / len(
            measured
        )
    n = sum(each.n or 0 for each in measured)
    speakers = None
    if all(each.speakers for each in measured):
        speakers = sum(each.speakers or 0 for each in measured)
    first = measured[0]
    return Measurement(first.name, value, first.unit, below, above, n, speakers)
