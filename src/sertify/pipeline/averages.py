"""The mean of the scores of several corpora, in which each weighs the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sertify.gates.accuracy import Score
from sertify.statistics.intervals import Interval, mean_of_intervals
from sertify.vocabulary.outcomes import Measurement

# What a corpus needs to have a part in the mean of a number: nothing, two emotions that count, or a
# clip whose emotion the candidate can express, by the name of the number that is over these clips.
_OVER = {
    "coverage": ("coverage",),
    "uar": ("uar", "coverage_emotions"),
    "uar_own": (
        "uar_own", "accuracy", "macro_f1", "class_share", "calibration_error", "brier_score",
    ),
}  # fmt: skip


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of the scores of several corpora, in which each weighs the same.

    A corpus without a clip that the candidate can express has no part but in the numbers over all,
    and one of fewer than two emotions none in UAR. Speakers are those of one corpus.
    """
    over = {kind: _having(scores, kind) for kind in _OVER}
    means: dict[str, Any] = {
        name: _mean_measurement([getattr(scored, name) for scored in over[kind]])
        for kind, names in _OVER.items()
        for name in names
    }
    details = {
        name: sorted({emotion for scored in scores for emotion in scored.details[name]})
        for name in ("frame", "expressible", "inexpressible")
    }
    return replace(
        scores[0],
        **means,
        recalls=_mean_by_name([scored.recalls for scored in scores]),
        precisions=_mean_by_name([scored.precisions for scored in scores]),
        chance=math.fsum(scored.chance for scored in over["uar"]) / len(over["uar"]),
        decisive=_decisive_mean(scores, over),
        details=details,
        by_speaker={},
    )


def _having(scores: Sequence[Score], kind: str) -> Sequence[Score]:
    """Return the scores that were measured on clips; all of them where none was."""
    return [scored for scored in scores if getattr(scored, kind).n] or scores


def _decisive_mean(
    scores: Sequence[Score], over: Mapping[str, Sequence[Score]]
) -> dict[str, Measurement]:
    kinds = {name: kind for kind, names in _OVER.items() for name in names}
    several = [
        [
            measurement
            for name, measurement in scored.decisive.items()
            if scored in over[kinds.get(name, "uar_own")]
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
