"""From predictions, scores and timings to judgements: degeneracy, accuracy, speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.models.speed.machine_load import noise
from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge

if TYPE_CHECKING:
    # At run time these are imported on demand: collecting must not wait for them.
    import numpy as np
    from numpy.typing import NDArray

    from sertify.pipeline.predictions import Consistency, Predictions
    from sertify.pipeline.scores import Score

__all__ = [
    "Timing",
    "judge_above_chance",
    "judge_confirmation",
    "judge_consistency",
    "judge_diversity",
    "judge_each",
    "judge_novelty",
    "judge_response",
    "judge_score",
    "judge_spread",
    "judge_timing",
    "judge_top_share",
]


def judge_top_share(predictions: "Predictions", bound: Bound | None) -> Judgement:
    """Reject a model that gives nearly all clips the same label."""
    from sertify.statistics import diversity

    predicted = predictions.predicted
    shares = diversity.shares(predicted)
    top = max(shares, key=lambda label: shares[label])
    measured = Measurement("top_share", shares[top], n=len(predicted))
    judgement = judge(measured, bound, "constant_prediction")
    details = {"top_label": top, "shares": shares, "rejected_clips": predictions.rejected_files}
    if predictions.remarks:
        details["remark"] = "; ".join(predictions.remarks)
    message = f"{judgement.message} ({top})" if judgement.message else ""
    return replace(judgement, message=message, details=details)


def judge_spread(predictions: "Predictions", bound: Bound | None) -> Judgement:
    """Reject predictions whose normalised entropy over the model's labels is too low."""
    from sertify.statistics import diversity

    predicted = predictions.predicted
    value = diversity.entropy(predicted, len(predictions.labels))
    return judge(Measurement("entropy", value, n=len(predicted)), bound, "low_entropy")


def judge_diversity(
    predictions: "Predictions", candidate: Candidate, bound: Bound | None
) -> Judgement:
    """Reject predictions of too few effective emotions, exp(H)."""
    from sertify.statistics import diversity

    value = diversity.effective_emotions(predictions.emotions(candidate))
    measured = Measurement("effective_emotions", value, "emotions", n=len(predictions.clips))
    return judge(measured, bound, "few_emotions")


def judge_response(logits: "Mapping[str, NDArray[np.float32]]") -> Judgement:
    """Reject a model that gives unlike sounds (name: logits of shape (n,)) the same logits."""
    import numpy as np

    stacked = np.stack(list(logits.values()))
    spread = float(np.ptp(stacked, axis=0).max())
    measured = Measurement("response", spread, "logits")
    # Rounding alone moves logits by a few 1e-6 of their size.
    if spread > 1e-4 * float(np.abs(stacked).max()):
        return Judgement(Outcome.PASS, (measured,))
    names = ", ".join(logits)
    message = f"{names} get logits within {spread:.2g} of each other, but should differ"
    return Judgement(Outcome.FAIL, (measured,), "ignores_input", message)


def judge_consistency(found: "Consistency", bound: Bound | None) -> Judgement:
    """Reject predictions that change with what must not matter: volume, a shift of 10 ms."""
    measured = Measurement("consistency", found.unchanged / found.pairs, n=found.n)
    judgement = judge(measured, bound, "inconsistent")
    gain = Measurement("consistency:gain", found.gain, n=found.n)
    shift = Measurement("consistency:shift", found.shift, n=found.n)
    return replace(judgement, measurements=(measured, gain, shift))


def judge_novelty(scored: "Score", requirements: Requirements) -> Judgement:
    """Find inconclusive what a candidate scores on nothing but corpora that it was trained on.

    One corpus of several may be known to it, unless a requirement is about that one.
    """
    measured = (Measurement("seen_corpora", len(scored.details.get("seen", ())), "corpora"),)
    one_of_several = scored.part.corpus and (scored.part.corpus, None) not in requirements.scopes
    if not scored.seen or one_of_several:
        return Judgement(Outcome.PASS, measured)
    message = f"{scored.seen}, so how right it is there says nothing about new speech"
    return Judgement(Outcome.INCONCLUSIVE, measured, "seen_in_training", message)


def judge_score(scored: "Score", name: str, requirements: Requirements, reason: str) -> Judgement:
    """Hold a number of a score against the requirement of that name for that part of the speech.

    The score's details stand beside UAR, and so does UAR over all clips.
    """
    measured: Measurement = getattr(scored, name)
    bound = _bound(scored, name, requirements)
    judgement = _judge(scored, scored.decisive.get(name, measured), bound, reason)
    if name == "class_share" and bound is not None and bound.confidence is None:
        judgement = _beyond_doubt(judgement, measured, bound)
    beside = {"uar": (scored.uar_all,), "calibration_error": (scored.brier_score,)}
    judgement = replace(judgement, measurements=(measured, *beside.get(name, ())))
    return replace(judgement, details=scored.details) if name == "uar" else judgement


def _beyond_doubt(judgement: Judgement, measured: Measurement, bound: Bound) -> Judgement:
    """Let pass what a limit from above may have been missed by chance: few clips are uneven."""
    if judgement.outcome is not Outcome.FAIL or measured.low is None or bound.max is None:
        return judgement
    if measured.low > bound.max:
        return judgement
    return Judgement(Outcome.PASS, (measured,), requirement=f"{bound}, beyond doubt")


def judge_above_chance(scored: "Score", requirements: Requirements) -> Judgement:
    """Reject a UAR that guessing may have reached."""
    from sertify.pipeline.scores import CONFIDENCE

    limit = _bound(scored, "uar", requirements)
    sure = CONFIDENCE if limit is None or limit.confidence is None else limit.confidence
    bound = None if scored.seen else Bound(min=scored.chance, confidence=sure)
    uar = scored.decisive.get("uar", scored.uar)
    judgement = _judge(scored, uar, bound, "chance_level")
    message = judgement.message and f"{judgement.message} (which guessing scores)"
    measured = (Measurement("chance", scored.chance),)
    return replace(judgement, measurements=measured, message=message)


def judge_confirmation(scored: "Score", requirements: Requirements) -> Judgement:
    """Ask of speech that had no part in a selection what was asked before: novelty, UAR, coverage.

    Where limits on UAR are about some of the speech only, the strictest of them counts.
    """
    strictest = max(requirements.uar, key=lambda bound: bound.min or 0, default=None)
    if strictest is not None and requirements.bound("uar") is None:
        general = replace(strictest, corpus=None, language=None)
        requirements = requirements.model_copy(update={"uar": (general,)})
    found = (
        judge_novelty(scored, requirements),
        judge_score(scored, "uar", requirements, "low_uar"),
        judge_above_chance(scored, requirements),
        judge_score(scored, "coverage", requirements, "low_coverage"),
    )
    ranked = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    worst = min(found, key=lambda one: ranked.index(one.outcome))
    return replace(worst, measurements=(scored.uar, scored.uar_all, scored.coverage))


def _judge(scored: "Score", measured: Measurement, bound: Bound | None, reason: str) -> Judgement:
    """Hold a number against its requirement; the message names the part of the speech."""
    judgement = judge(measured, bound, reason)
    if not judgement.message or not scored.part.name:
        return judgement
    what, but, should = judgement.message.partition(", but should be ")
    return replace(judgement, message=f"{what} on {scored.part.name}{but}{should}")


def _bound(scored: "Score", name: str, requirements: Requirements) -> Bound | None:
    """Return a requirement; none is made of what was seen in training."""
    part = scored.part
    return None if scored.seen else requirements.bound(name, part.corpus, part.language)


def judge_each(
    scored: "Score", measured: Sequence[Measurement], name: str, requirements: Requirements
) -> Judgement:
    """Hold a number of each emotion against the requirement ``name``; the worst outcome counts."""
    bound, reason = _bound(scored, name, requirements), f"low_{name}"
    decisive = (scored.decisive.get(one.name, one) for one in measured)
    judgements = [_judge(scored, one, bound, reason) for one in decisive]
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
    ``load_time`` seconds, ``peak_memory`` and ``size_on_disk`` MB. ``hop`` is where segments
    overlap: the seconds of new audio in each.

    What follows is None where it was not measured. ``throughput`` is seconds of audio answered per
    second when many segments are asked at once, ``cold_start`` seconds from files to the first
    answer, ``memory_above_model`` MB of the peak that the process did not hold before it answered,
    ``load_average`` that of the last minute before, ``contention`` the share of the time in which
    its threads were ready but waited for a core, ``other_load`` how many of the ``cores`` other
    processes kept busy, ``energy`` J per segment.
    """

    length: float
    rounds: tuple[float, ...]
    load_time: float
    peak_memory: float
    size_on_disk: float
    parameters: int
    threads: int
    hop: float | None = None
    throughput: float | None = None
    cold_start: float | None = None
    memory_above_model: float | None = None
    load_average: float | None = None
    contention: float | None = None
    other_load: float | None = None
    cores: int | None = None
    energy: float | None = None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Time per segment, its percentiles, the real-time factor and the costs of the model."""
        found = [
            *self._percentiles(),
            Measurement("real_time_factor", median(self.rounds) / (self.hop or self.length)),
            Measurement("segment", self.length, "s"),
        ]
        units = {
            "throughput": "s/s", "load_time": "s", "cold_start": "s", "peak_memory": "MB",
            "memory_above_model": "MB", "size_on_disk": "MB", "parameters": "weights",
            "threads": "threads", "load_average": "threads", "contention": "1",
            "other_load": "cores", "energy": "J",
        }  # fmt: skip
        values = {name: getattr(self, name) for name in units}
        found += [
            Measurement(name, value, units[name])
            for name, value in values.items()
            if value is not None
        ]
        return tuple(found)

    @property
    def noise(self) -> str:
        """What speaks against the times, for the machine had other work; empty where nothing."""
        return noise(self.contention, self.other_load, self.threads, self.cores or self.threads)

    def _percentiles(self) -> list[Measurement]:
        import numpy as np

        return [
            Measurement(f"time_p{q}", float(np.percentile(self.rounds, q)), "s", n=len(self.rounds))
            for q in (50, 90, 95, 99)
        ]


def judge_timing(timing: Timing, bound: Bound | None) -> Judgement:
    """Reject a model that is slower than required; on a machine with other work, wait with that.

    What was noticed of other work stands in the details as ``noise``. It excuses nobody whose
    fastest answer would be too slow if it took a fifth of the time.
    """
    measured = timing.measurements
    factor = next(one for one in measured if one.name == "real_time_factor")
    judgement = judge(factor, bound, "too_slow")
    suffix = f" ({timing.length:g} s of audio, {timing.threads} threads)"
    message = judgement.message + suffix if judgement.message else ""
    judgement = replace(judgement, measurements=measured, message=message)
    return _allow_for_noise(judgement, timing, bound) if timing.noise else judgement


# How much longer answers took beside one other process, on two cores.
_DISTURBED = 5


def _allow_for_noise(judgement: Judgement, timing: Timing, bound: Bound | None) -> Judgement:
    noise = timing.noise
    judgement = replace(judgement, details={"noise": noise})
    if judgement.outcome is not Outcome.FAIL or bound is None or bound.max is None:
        return judgement
    fastest = min(timing.rounds) / (timing.hop or timing.length)
    if fastest > _DISTURBED * bound.max:
        return judgement
    message = f"{judgement.message}; but {noise}: measure again on a quiet machine"
    return replace(judgement, outcome=Outcome.INCONCLUSIVE, message=message)
