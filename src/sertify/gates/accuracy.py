"""How well a candidate scores on a part of the speech, and whether that is enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sertify.candidates.requirements import Requirements
from sertify.gates.parts import Part
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import CONFIDENCE, Bound, Judgement, Measurement, Outcome, judge
from sertify.vocabulary.text import listed


def judge_novelty(scored: "Score", requirements: Requirements) -> Judgement:
    """Find inconclusive what a candidate scores on nothing but corpora that it was trained on.

    One corpus of several may be known to it, unless a requirement is about that one.
    """
    measured = (Measurement("seen_corpora", len(scored.details.get("seen", ())), "corpora"),)
    one_of_several = scored.part.corpus and (scored.part.corpus, None) not in requirements.scopes
    if not scored.seen or one_of_several:
        return Judgement(Outcome.PASS, measured)
    message = f"{scored.seen}, so its score there says nothing about new speech"
    return Judgement(Outcome.INCONCLUSIVE, measured, "seen_in_training", message)


def judge_score(scored: "Score", name: str, requirements: Requirements, reason: str) -> Judgement:
    """Hold a number of a score against the requirement of that name for that part of the speech.

    The score's details stand beside UAR, what is told of each speaker beside the shares. Raises
    ``Blocked`` where UAR has no two emotions to be of.
    """
    if name == "uar":
        _require_emotions(scored)
    measured: Measurement = getattr(scored, name)
    bound = _bound(scored, name, requirements)
    judgement = _judge(scored, scored.decisive.get(name, measured), bound, reason)
    if name == "class_share" and bound is not None and bound.confidence is None:
        judgement = _beyond_doubt(judgement, measured, bound)
    beside = (scored.brier_score,) if name == "calibration_error" else ()
    judgement = replace(judgement, measurements=(measured, *beside))
    details = {"uar": scored.details, "class_share": scored.by_speaker}
    return replace(judgement, details=details[name]) if name in details else judgement


def judge_calibration(
    scored: "Score", operating: Mapping[str, Any], requirements: Requirements
) -> Judgement:
    """Hold the calibration error against its requirement.

    Of all of the speech, what a program needs to use the candidate stands beside it, in JSON types.
    """
    judgement = judge_score(scored, "calibration_error", requirements, "miscalibrated")
    whole = scored.part.corpus is None and scored.part.language is None
    return replace(judgement, details=dict(operating)) if whole else judgement


def _beyond_doubt(judgement: Judgement, measured: Measurement, bound: Bound) -> Judgement:
    """Let pass what a limit from above may have been missed by chance: few clips are uneven."""
    low, most = measured.low, bound.max
    if judgement.outcome is not Outcome.FAIL or low is None or most is None or low > most:
        return judgement
    return Judgement(Outcome.PASS, (measured,), requirement=f"{bound}, beyond doubt")


def _require_emotions(scored: "Score") -> None:
    """Raise ``Blocked`` where there are no two emotions to tell apart: no model is at fault."""
    if scored.uar.n == 0 and not scored.seen:
        where, emotions = scored.part.name or "the speech", listed(scored.details["frame"])
        message = f"of the emotions that count, {where} has clips of {emotions}"
        raise Blocked("one_emotion", f"{message}, but UAR takes two at least")


def judge_coverage(scored: "Score", requirements: Requirements) -> Judgement:
    """Ask for labels for enough of the clips, and for as many of the emotions that count.

    A model of two emotions out of seven may have labels for most of the clips.
    """
    measured = [scored.coverage, *([scored.coverage_emotions] if scored.uar.n else ())]
    judgement = judge_each(scored, measured, "coverage", requirements)
    if scored.coverage_emotions.name + "=" not in judgement.message:
        return judgement
    emotions, able = scored.details["frame"], scored.details["expressible"]
    lacking = [emotion for emotion in emotions if emotion not in able]
    has = f"{len(emotions) - len(lacking)} of the {len(emotions)} emotions that count"
    message = f"{judgement.message}: it has a label for {has}, none for {listed(lacking)}"
    return replace(judgement, message=message)


def judge_above_chance(scored: "Score", requirements: Requirements) -> Judgement:
    """Reject a UAR that guessing may have reached; ``Blocked`` as in `judge_score`."""
    _require_emotions(scored)
    limit = _bound(scored, "uar", requirements)
    if limit is None or limit.confidence is None:
        limit = _at_this_look(scored, "chance", Bound(confidence=CONFIDENCE))
    sure = Bound(min=scored.chance, confidence=limit.confidence, look=limit.look)
    bound = None if scored.seen else sure
    uar = scored.decisive.get("uar", scored.uar)
    judgement = _judge(scored, uar, bound, "chance_level")
    least = str(Bound(min=scored.chance))
    message = judgement.message.replace(least, f"{least}, the score of guessing,", 1)
    measured = (Measurement("chance", scored.chance),)
    return replace(judgement, measurements=measured, message=message)


def _judge(scored: "Score", measured: Measurement, bound: Bound | None, reason: str) -> Judgement:
    """Hold a number against its requirement; the message names the part of the speech."""
    judgement = judge(measured, bound, reason)
    if not judgement.message or not scored.part.name:
        return judgement
    what, but, should = judgement.message.partition(", but should be ")
    return replace(judgement, message=f"{what} on {scored.part.name}{but}{should}")


def _bound(scored: "Score", name: str, requirements: Requirements) -> Bound | None:
    """Return a requirement; none is made of what was seen in training."""
    bound = requirements.bound(name, scored.part.corpus, scored.part.language)
    return None if scored.seen or bound is None else _at_this_look(scored, name, bound)


def _at_this_look(scored: "Score", name: str, bound: Bound) -> Bound:
    """Ask for as much confidence as is left where it is not the first look at the speech."""
    look = scored.looks.get(name)
    return bound if look is None else look.asked(bound)


def judge_each(
    scored: "Score", measured: Sequence[Measurement], name: str, requirements: Requirements
) -> Judgement:
    """Hold each of several numbers against the requirement ``name``; the worst outcome counts."""
    bound, reason = _bound(scored, name, requirements), f"low_{name}"
    decisive = (scored.decisive.get(measurement.name, measurement) for measurement in measured)
    judgements = [_judge(scored, measurement, bound, reason) for measurement in decisive]
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        worst = [judgement for judgement in judgements if judgement.outcome is outcome]
        if worst:
            message = "; ".join(judgement.message for judgement in worst)
            return Judgement(outcome, tuple(measured), reason, message, str(bound))
    return Judgement(Outcome.PASS, tuple(measured), requirement=str(bound or ""))


@dataclass(frozen=True)
class LaterLook:
    """Which look at growing speech it is, from the second on, and the confidence it is made at."""

    number: int
    confidence: float

    def asked(self, bound: Bound) -> Bound:
        """Return a requirement with the confidence that is left, if it is about any."""
        if bound.confidence is None:
            return bound
        return replace(bound, confidence=self.confidence, look=self.number)


@dataclass(frozen=True)
class Score:
    """How well predictions agree with the labels of a part of the speech.

    ``uar`` is over the emotions that count, the same for each candidate (:mod:`gates.frame`): one
    that it cannot express has a recall of 0, and ``coverage_emotions`` is the share of those that
    it can. Both are of no clips where there are no two such emotions. All else is over the clips
    whose emotion the candidate can express; ``coverage`` is their share, ``uar_own`` the UAR of
    its own emotions. ``class_share`` is how far an emotion's share of the predictions lies off,
    beyond what the recall explains. ``chance`` is the ``uar`` of guessing. Over several
    corpora each is the mean of the corpora. ``by_speaker`` is how well shares of emotions are told
    of each speaker of one corpus, in JSON types. ``seen`` says why the result decides nothing, if
    it does not.

    Intervals are at 95 %; ``decisive`` has, by name, the measurements that a requirement asks for
    at another confidence. ``looks`` has, by name, what is judged at speech that has grown.
    """

    part: Part
    coverage: Measurement
    coverage_emotions: Measurement
    uar: Measurement
    uar_own: Measurement
    accuracy: Measurement
    macro_f1: Measurement
    class_share: Measurement
    calibration_error: Measurement
    brier_score: Measurement
    recalls: tuple[Measurement, ...]
    precisions: tuple[Measurement, ...]
    chance: float
    seen: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    decisive: Mapping[str, Measurement] = field(default_factory=dict)
    looks: Mapping[str, LaterLook] = field(default_factory=dict)
    by_speaker: Mapping[str, Any] = field(default_factory=dict)
