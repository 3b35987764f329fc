"""How much speech a candidate has to hear, and whether it keeps to what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sertify.candidates.requirements import Requirements
from sertify.vocabulary.outcomes import (
    Bound,
    Judgement,
    Measurement,
    Outcome,
    judge_unless_proven,
)

FEWEST_LONGER = 10
"""Clips that go on after so many seconds, below which nobody can tell what that costs."""

if TYPE_CHECKING:
    # Only names here: checks are collected without numpy.
    from sertify.statistics.robustness import Drop
    from sertify.statistics.streaming import SecondsNeeded


@dataclass(frozen=True)
class HeardSoFar:
    """What is said of clips of which only the first ``seconds`` were heard.

    Attributes
    ----------
    longer
        How many of the clips go on after that; the others are heard to their end.
    unchanged
        The share of the predictions that are those of the whole clip, corrected for chance.
    drop, surely
        The UAR that is lost, with its interval at the usual confidence and at that of the limit;
        None without labels.
    """

    seconds: float
    longer: int
    unchanged: Measurement
    drop: "Drop | None" = None
    surely: "Drop | None" = None

    @property
    def told(self) -> bool:
        """Whether enough clips go on."""
        return self.longer >= FEWEST_LONGER


@dataclass(frozen=True)
class Streamed:
    """What is said while clips are still being spoken.

    Attributes
    ----------
    points
        By the seconds heard, few first.
    margin
        The UAR that may be lost where so much speech is enough.
    flips, surely_flips
        How often a minute its answer changes as a window moves, likewise; None where no clip has
        room for two.
    agreeing
        The share of windows with the answer of the whole clip.
    window
        Seconds of the window.
    clips, at_hand, speakers, moved_over, answers
        How many clips were heard, there were, how many speak them, how many have two windows, and
        how many answers that took.
    binding
        Whether a limit is held against it: not of speech that was seen in training.
    remark
        What the reader should know of how it was come by.
    """

    points: tuple[HeardSoFar, ...]
    margin: float
    flips: Measurement | None
    surely_flips: Measurement | None
    agreeing: Measurement | None
    window: float
    clips: int
    at_hand: int
    speakers: int | None
    moved_over: int
    answers: int
    binding: bool = True
    remark: str = ""

    @property
    def labelled(self) -> bool:
        """Whether there is UAR to lose."""
        return any(point.drop for point in self.points)

    @property
    def needed(self) -> "SecondsNeeded":
        """From how many seconds on it is as right as on whole clips."""
        from sertify.statistics.streaming import seconds_needed

        drops = {one.seconds: one.drop for one in self.points if one.told and one.drop}
        return seconds_needed(drops, self.margin)

    def later(self, seconds: float) -> list[tuple[float, "Drop"]]:
        """Return what is lost from so many seconds on, as sure as the limit asks."""
        points = (one for one in self.points if one.seconds >= seconds and one.told)
        return [(one.seconds, one.surely) for one in points if one.surely]


def judge_seconds_needed(found: Streamed, requirements: Requirements) -> Judgement:
    """Hold the seconds of speech that a candidate needs against the most that it may.

    Without a ``confidence`` in the limit only what is proven to miss it is rejected.
    """
    bound = requirements.seconds_needed if found.binding and found.labelled else None
    judgement = Judgement(Outcome.PASS) if bound is None else _judged(found, bound)
    details = {"streaming": _details(found, bound)} | _remark(found)
    return replace(judgement, measurements=(*_seconds(found),), details=details)


def judge_flips(found: Streamed, requirements: Requirements) -> Judgement:
    """Hold how often its answer changes against the most that it may, likewise."""
    bound = requirements.flips_per_minute if found.binding else None
    measured = tuple(one for one in (found.flips, found.agreeing) if one is not None)
    sure = found.surely_flips
    if sure is None:
        return _unheard(found, bound)
    judgement = replace(judge_unless_proven(sure, bound, "unsteady"), measurements=measured)
    if bound is None or not judgement.message:
        return replace(judgement, requirement=_wanted("flips_per_minute", bound))
    _, _, needed = judgement.message.partition("; ")
    message = (
        f"its answer changes {sure.value:.3g} [{sure.low or 0:.3g}, {sure.high or 0:.3g}] times a"
        f" minute as a window of {found.window:g} s moves, but should change {bound} times"
    )
    message += f"; {needed}{_more(found)}" if needed else ""
    return replace(judgement, message=message, requirement=_wanted("flips_per_minute", bound))


def _judged(found: Streamed, bound: Bound) -> Judgement:
    from sertify.statistics.streaming import seconds_needed

    assert bound.max is not None
    requirement, later = _wanted("seconds_needed", bound), found.later(bound.max)
    missed = [one for one in later if one[1].interval.low > found.margin]
    unsure = [one for one in later if one[1].interval.high > found.margin]
    enough = seconds_needed(dict(found.later(0)), found.margin).high
    if enough is not None and enough <= bound.max:
        return Judgement(Outcome.PASS, requirement=requirement)
    message = _lost(found, bound, *(missed or unsure)[0]) if later else _few(found, bound)
    if missed:
        return Judgement(Outcome.FAIL, (), "needs_long_speech", message, requirement)
    message += f"; {_cannot(found)}" if later else ""
    judgement = Judgement(Outcome.INCONCLUSIVE, (), "needs_long_speech", message, requirement)
    return replace(judgement, tolerated=bound.confidence is None)


def _lost(found: Streamed, bound: Bound, seconds: float, drop: "Drop") -> str:
    low, high = drop.interval.low, drop.interval.high
    return (
        f"after {seconds:g} s of speech it loses {drop.value:.3g} [{low:.2f}, {high:.2f}] UAR"
        f" ({drop.clean:.2f} to {drop.disturbed:.2f}), but should lose at most {found.margin:g}"
        f" from {bound.max:g} s on"
    )


def _few(found: Streamed, bound: Bound) -> str:
    longer = next(one.longer for one in found.points if one.seconds == bound.max)
    return (
        f"only {longer} of {found.clips} clips are longer than {bound.max:g} s, from which on it"
        " should be as right as on whole clips: judge it on longer speech"
    )


def _cannot(found: Streamed) -> str:
    of = f" of {found.speakers} speakers" if found.speakers else ""
    return f"{found.clips:,} clips{of} cannot tell{_more(found)}"


def _more(found: Streamed) -> str:
    """Say that there are more clips, which need only be asked for."""
    if found.at_hand <= found.clips:
        return ""
    return f"; `clips:` under `streaming:` asks more of the {found.at_hand:,} at hand"


def _wanted(name: str, bound: Bound | None) -> str:
    if bound is None:
        return ""
    return f"{name} {bound}" + ("" if bound.confidence else ", beyond doubt")


def _seconds(found: Streamed) -> Iterator[Measurement]:
    """Yield the seconds that are needed, where these are known."""
    needed = found.needed.value
    if needed is not None:
        told = {"n": found.clips, "speakers": found.speakers}
        # Its range is of few values, and may be open: no interval of the usual kind.
        yield Measurement("seconds_needed", needed, "s", **told)


def _unheard(found: Streamed, bound: Bound | None) -> Judgement:
    """Say that no window could be moved."""
    message = (
        f"no clip has room for two windows of {found.window:g} s, so nobody can tell how often its"
        " answer changes: judge it on longer speech, or set `window:` under `streaming:`"
    )
    if bound is None:
        return Judgement(Outcome.PASS, details={"remark": message})
    requirement = _wanted("flips_per_minute", bound)
    judgement = Judgement(Outcome.INCONCLUSIVE, (), "unsteady", message, requirement)
    return replace(judgement, tolerated=bound.confidence is None)


def _remark(found: Streamed) -> dict[str, str]:
    seen = "it was trained on this speech, so what it needs there decides nothing"
    few = next((one for one in found.points if not one.told), None)
    untold = (
        f"fewer than {FEWEST_LONGER} of {found.clips} clips are longer than {few.seconds:g} s, so"
        " nobody can tell whether more speech helps"
        if few and found.labelled
        else ""
    )
    remark = "; ".join(filter(None, ["" if found.binding else seen, found.remark, untold]))
    return {"remark": remark} if remark else {}


def _details(found: Streamed, bound: Bound | None) -> dict[str, Any]:
    """Return what the report shows, in JSON types."""
    needed = found.needed
    return {
        "points": [
            {"seconds": one.seconds, "longer": one.longer, "told": one.told}
            | {"drop": one.drop and _estimate(one.drop.value, *_ends(one.drop))}
            | {"unchanged": _estimate(one.unchanged.value, one.unchanged.low, one.unchanged.high)}
            for one in found.points
        ],
        "uar_whole": next((one.drop.clean for one in found.points if one.drop), None),
        "needed": {"value": needed.value, "low": needed.low, "high": needed.high},
        "margin": found.margin,
        "limit": bound and bound.max,
        "window": found.window,
        "clips": found.clips,
        "moved_over": found.moved_over,
        "answers": found.answers,
    }


def _ends(drop: "Drop") -> tuple[float, float]:
    return drop.interval.low, drop.interval.high


def _estimate(
    value: float, low: float | None, high: float | None
) -> dict[str, float | None] | None:
    known = value == value
    return {"value": value, "low": low, "high": high} if known else None
