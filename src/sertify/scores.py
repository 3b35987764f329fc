"""From predictions to the numbers that say how well they agree with the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sertify import metrics, statistics
from sertify.candidates import Candidate, Requirements
from sertify.confusion import confusion
from sertify.errors import Blocked
from sertify.outcomes import Bound, Measurement
from sertify.predictions import Predictions
from sertify.statistics import Interval

__all__ = ["CONFIDENCE", "Score", "score"]

CONFIDENCE = 0.95
"""Confidence of an interval for which no requirement names one."""


@dataclass(frozen=True)
class Score:
    """How well predictions agree with a labelled corpus.

    ``uar``, ``accuracy``, ``macro_f1`` and ``recalls`` are over the clips whose emotion the
    candidate can express; ``coverage`` is their share. ``uar_all`` is over all clips, where an
    emotion that the candidate cannot express has a recall of 0, so that candidates with different
    labels can be compared on it.
    """

    coverage: Measurement
    uar: Measurement
    accuracy: Measurement
    macro_f1: Measurement
    uar_all: Measurement
    recalls: tuple[Measurement, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


def score(predictions: Predictions, candidate: Candidate) -> Score:
    """Compare predictions with the labels of their corpus.

    Intervals are by speaker where each clip names one, else by clip; and at the confidence that
    the candidate's requirement on them names, else, like that of ``uar_all``, at 95 %.
    """
    levels = _confidences(candidate.requirements)
    answers = [
        _Answer(str(clip.emotion), emotion, clip.speaker)
        for clip, emotion in zip(predictions.clips, predictions.emotions(candidate), strict=True)
        if clip.label is not None
    ]
    if not answers:
        raise Blocked("no_data", f"no labelled clip of {predictions.corpus.name} can be judged")
    unlabelled = [
        {"file": clip.name, "reason": "no_label"}
        for clip in predictions.clips
        if clip.label is None
    ]
    expressible = {candidate.emotion_of(label) for label in predictions.labels}
    kept = [answer for answer in answers if answer.truth in expressible]
    measured = _measure(kept, levels)
    return Score(
        coverage=_coverage(len(kept), len(answers), levels["coverage"]),
        uar=measured["uar"],
        accuracy=measured["accuracy"],
        macro_f1=measured["macro_f1"],
        uar_all=replace(_measure(answers, {})["uar"], name="uar_all"),
        recalls=tuple(value for name, value in measured.items() if name.startswith("recall:")),
        details={"rejected_clips": predictions.rejected_files + unlabelled} | _confusions(kept),
    )


class _Answer(NamedTuple):
    truth: str
    prediction: str
    speaker: str | None


def _confidences(requirements: Requirements) -> dict[str, float]:
    """Return the confidence of the interval that each requirement is compared with."""
    names = ("coverage", "uar", "accuracy", "macro_f1", "recall")
    bounds: dict[str, Bound | None] = {name: getattr(requirements, name) for name in names}
    return {
        name: CONFIDENCE if bound is None or bound.confidence is None else bound.confidence
        for name, bound in bounds.items()
    }


def _coverage(kept: int, clips: int, confidence: float) -> Measurement:
    interval = statistics.wilson(kept, clips, confidence)
    return Measurement("coverage", kept / clips, "1", interval.low, interval.high, clips)


def _measure(
    answers: Sequence[_Answer], confidences: Mapping[str, float]
) -> dict[str, Measurement]:
    """Measurements by name; all are 0 where there is no answer."""
    if not answers:
        return {name: Measurement(name, 0.0, n=0) for name in ("accuracy", "uar", "macro_f1")}
    truth, prediction, speakers = zip(*answers, strict=True)
    recalls = metrics.recalls(truth, prediction)
    values = {
        "accuracy": metrics.accuracy(truth, prediction),
        "uar": metrics.uar(truth, prediction),
        "macro_f1": metrics.macro_f1(truth, prediction),
    } | {f"recall:{emotion}": value for emotion, value in recalls.items()}
    levels = {name: confidences.get(name.partition(":")[0], CONFIDENCE) for name in values}
    intervals: dict[str, Interval] = {}
    for level in set(levels.values()):
        names = [name for name in values if levels[name] == level]
        groups = None if None in speakers else speakers
        intervals |= statistics.bootstrap(truth, prediction, groups, names, confidence=level)
    return {
        name: _estimate(name, value, intervals[name], _clips(name, truth), levels[name])
        for name, value in values.items()
    }


def _clips(metric: str, truth: Sequence[str]) -> int:
    """Number of clips that a metric was estimated from."""
    _, recall, emotion = metric.partition("recall:")
    return truth.count(emotion) if recall else len(truth)


def _estimate(
    name: str, value: float, interval: Interval, n: int, confidence: float
) -> Measurement:
    # Resampling clips that are all right (or all wrong) tells nothing of how sure that is.
    if interval.low == interval.high:
        interval = statistics.wilson(round(value * n), n, confidence)
    return Measurement(name, value, "1", interval.low, interval.high, n)


def _confusions(answers: Sequence[_Answer]) -> dict[str, Any]:
    """Return which emotions were taken for which, in JSON types; nothing without answers."""
    if not answers:
        return {}
    truth, prediction, _ = zip(*answers, strict=True)
    rows, columns = sorted(set(truth)), sorted({*truth, *prediction})
    table = confusion(truth, prediction, columns)[:, :-1]
    counts = [table[columns.index(row)].tolist() for row in rows]
    return {"confusion": {"labels": rows, "columns": columns, "counts": counts}}
