"""From predictions and timings to judgements: degeneracy, accuracy, speed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify import metrics, statistics
from sertify.candidates import Candidate
from sertify.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.predictions import Predictions

__all__ = [
    "Score",
    "Timing",
    "judge_diversity",
    "judge_each",
    "judge_response",
    "judge_spread",
    "judge_timing",
    "judge_top_share",
    "judge_uar",
    "score",
]


def judge_top_share(predictions: Predictions, bound: Bound | None) -> Judgement:
    """Reject a model that gives nearly all clips the same label."""
    predicted = predictions.predicted
    shares = metrics.shares(predicted)
    top = max(shares, key=lambda label: shares[label])
    measured = Measurement("top_share", shares[top], n=len(predicted))
    judgement = judge(measured, bound, "constant_prediction")
    details = {"top_label": top, "shares": shares, "rejected_clips": _rejected(predictions)}
    message = f"{judgement.message} ({top})" if judgement.message else ""
    return replace(judgement, message=message, details=details)


def judge_spread(predictions: Predictions, bound: Bound | None) -> Judgement:
    """Reject predictions whose normalised entropy over the model's labels is too low."""
    predicted = predictions.predicted
    value = metrics.entropy(predicted, len(predictions.labels))
    return judge(Measurement("entropy", value, n=len(predicted)), bound, "low_entropy")


def judge_diversity(
    predictions: Predictions, candidate: Candidate, bound: Bound | None
) -> Judgement:
    """Reject predictions of too few effective emotions, exp(H)."""
    value = metrics.effective_emotions(_emotions(predictions, candidate))
    measured = Measurement("effective_emotions", value, "emotions", n=len(predictions.clips))
    return judge(measured, bound, "few_emotions")


def judge_response(logits: Mapping[str, NDArray[np.float32]]) -> Judgement:
    """Reject a model that gives unlike sounds (name: logits of shape (n,)) the same logits."""
    stacked = np.stack(list(logits.values()))
    spread = float(np.ptp(stacked, axis=0).max())
    measured = Measurement("response", spread, "logits")
    # Rounding alone moves logits by a few 1e-6 of their size.
    if spread > 1e-4 * float(np.abs(stacked).max()):
        return Judgement(Outcome.PASS, (measured,))
    names = ", ".join(logits)
    message = f"{names} get logits within {spread:.2g} of each other, but should differ"
    return Judgement(Outcome.FAIL, (measured,), "ignores_input", message)


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
    """Compare predictions with the labels of their corpus, with 95 % intervals.

    Intervals are by speaker where each clip names one, else by clip.
    """
    truth = [str(clip.emotion) for clip in predictions.clips]
    predicted = _emotions(predictions, candidate)
    speakers = [clip.speaker for clip in predictions.clips]
    expressible = {candidate.emotion_of(label) for label in predictions.labels}
    kept = [index for index, emotion in enumerate(truth) if emotion in expressible]
    coverage = statistics.wilson(len(kept), len(truth))
    subset = _measure(
        [truth[i] for i in kept], [predicted[i] for i in kept], [speakers[i] for i in kept]
    )
    everything = _measure(truth, predicted, speakers)
    return Score(
        coverage=Measurement(
            "coverage", len(kept) / len(truth), "1", coverage.low, coverage.high, len(truth)
        ),
        uar=subset["uar"],
        accuracy=subset["accuracy"],
        macro_f1=subset["macro_f1"],
        uar_all=replace(everything["uar"], name="uar_all"),
        recalls=tuple(value for name, value in subset.items() if name.startswith("recall:")),
        details=_details(predictions, truth, predicted, kept),
    )


def judge_uar(scored: Score, bound: Bound | None) -> Judgement:
    """Reject a UAR below the requirement; UAR over all clips and the confusions stand beside it."""
    judgement = judge(scored.uar, bound, "low_uar")
    measured = (scored.uar, scored.uar_all)
    return replace(judgement, measurements=measured, details=scored.details)


def judge_each(measured: Sequence[Measurement], bound: Bound | None, reason: str) -> Judgement:
    """Hold several measurements against the same requirement; the worst outcome counts."""
    judgements = [judge(one, bound, reason) for one in measured]
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        worst = [one for one in judgements if one.outcome is outcome]
        if worst:
            message = "; ".join(one.message for one in worst)
            return Judgement(outcome, tuple(measured), reason, message, str(bound))
    requirement = "" if bound is None else str(bound)
    return Judgement(Outcome.PASS, tuple(measured), requirement=requirement)


@dataclass(frozen=True)
class Timing:
    """What one length of audio costs.

    ``length`` is seconds of audio, ``rounds`` the seconds that each repetition took,
    ``load_time`` seconds, ``peak_memory`` and ``size_on_disk`` MB.
    """

    length: float
    rounds: tuple[float, ...]
    load_time: float
    peak_memory: float
    size_on_disk: float
    parameters: int
    threads: int

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Time per segment, its percentiles, the real-time factor and the costs of the model."""
        median, p95 = (float(np.percentile(self.rounds, q)) for q in (50, 95))
        return (
            Measurement("time_p50", median, "s", n=len(self.rounds)),
            Measurement("time_p95", p95, "s", n=len(self.rounds)),
            Measurement("real_time_factor", median / self.length),
            Measurement("segment", self.length, "s"),
            Measurement("load_time", self.load_time, "s"),
            Measurement("peak_memory", self.peak_memory, "MB"),
            Measurement("size_on_disk", self.size_on_disk, "MB"),
            Measurement("parameters", self.parameters, "weights"),
            Measurement("threads", self.threads, "threads"),
        )


def judge_timing(timing: Timing, bound: Bound | None) -> Judgement:
    """Reject a model that is slower than required."""
    measured = timing.measurements
    factor = next(one for one in measured if one.name == "real_time_factor")
    judgement = judge(factor, bound, "too_slow")
    suffix = f" ({timing.length:g} s of audio, {timing.threads} threads)"
    message = judgement.message + suffix if judgement.message else ""
    return replace(judgement, measurements=measured, message=message)


def _emotions(predictions: Predictions, candidate: Candidate) -> list[str]:
    """Predicted labels in the words of the taxonomy; the label itself where it has none."""
    words = {label: candidate.emotion_of(label) or label for label in predictions.labels}
    return [words[label] for label in predictions.predicted]


def _measure(
    truth: Sequence[str], predicted: Sequence[str], speakers: Sequence[str | None]
) -> dict[str, Measurement]:
    """Measurements by name; all are 0 where no clip is left to judge."""
    if not truth:
        return {name: Measurement(name, 0.0, n=0) for name in ("accuracy", "uar", "macro_f1")}
    values = {
        "accuracy": metrics.accuracy(truth, predicted),
        "uar": metrics.uar(truth, predicted),
        "macro_f1": metrics.macro_f1(truth, predicted),
    }
    recalls = metrics.recalls(truth, predicted)
    values |= {f"recall:{emotion}": value for emotion, value in recalls.items()}
    groups = None if None in speakers else speakers
    intervals = statistics.bootstrap(truth, predicted, groups, metrics=list(values))
    return {
        name: _estimate(name, value, intervals[name], _clips(name, truth))
        for name, value in values.items()
    }


def _clips(metric: str, truth: Sequence[str]) -> int:
    """Number of clips that a metric was estimated from."""
    _, recall, emotion = metric.partition("recall:")
    return truth.count(emotion) if recall else len(truth)


def _estimate(name: str, value: float, interval: statistics.Interval, n: int) -> Measurement:
    # Resampling clips that are all right (or all wrong) tells nothing of how sure that is.
    if interval.low == interval.high:
        interval = statistics.wilson(round(value * n), n)
    return Measurement(name, value, "1", interval.low, interval.high, n)


def _details(
    predictions: Predictions, truth: list[str], predicted: list[str], kept: Iterable[int]
) -> dict[str, Any]:
    kept = list(kept)
    details: dict[str, Any] = {"rejected_clips": _rejected(predictions)}
    if kept:
        classes = sorted({truth[i] for i in kept} | {predicted[i] for i in kept})
        rows = sorted({truth[i] for i in kept})
        table = metrics.confusion([truth[i] for i in kept], [predicted[i] for i in kept], classes)
        counts = [table[classes.index(row)][: len(classes)].tolist() for row in rows]
        details["confusion"] = {"labels": rows, "columns": classes, "counts": counts}
    return details


def _rejected(predictions: Predictions) -> list[dict[str, str]]:
    return [{"file": clip.name, "reason": clip.reason} for clip in predictions.rejected]
