"""From predictions, scores and timings to judgements: degeneracy, accuracy, speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sertify import metrics
from sertify.candidates import Candidate
from sertify.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.predictions import Predictions
from sertify.scores import Score

__all__ = [
    "Timing",
    "judge_diversity",
    "judge_each",
    "judge_response",
    "judge_spread",
    "judge_timing",
    "judge_top_share",
    "judge_uar",
]


def judge_top_share(predictions: Predictions, bound: Bound | None) -> Judgement:
    """Reject a model that gives nearly all clips the same label."""
    predicted = predictions.predicted
    shares = metrics.shares(predicted)
    top = max(shares, key=lambda label: shares[label])
    measured = Measurement("top_share", shares[top], n=len(predicted))
    judgement = judge(measured, bound, "constant_prediction")
    details = {"top_label": top, "shares": shares, "rejected_clips": predictions.rejected_files}
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
    value = metrics.effective_emotions(predictions.emotions(candidate))
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
