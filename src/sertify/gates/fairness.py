"""Whether a candidate treats groups of the speech alike, and whether it understands each of them.

A gap is rejected that is proven to be beyond its limit, among all gaps that have one; those within
are told by their own intervals (:meth:`statistics.gaps.Gap.within`). Intervals are at the
confidence of the limit, else at 0.95.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sertify.candidates.requirements import Requirements
from sertify.gates.gap_words import (
    apart,
    details_of_gaps,
    in_doubt,
    larger_first,
    metric_words,
    shown_group,
)
from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge_unless_proven

if TYPE_CHECKING:
    from sertify.statistics.gaps import Gap
    from sertify.statistics.unbiased import ChanceGap

_TOLD = 3

UNNAMED = "no clip names a speaker, so that a few voices may explain a gap: name them"
"""What is to be known of groups of nobody knows whom."""


@dataclass(frozen=True)
class GroupScore:
    """A group of the speech; ``uar`` is over the emotions that have clips in each group.

    ``speakers`` is None where none are named.
    """

    name: str
    clips: int
    speakers: int | None
    uar: Measurement


@dataclass(frozen=True)
class GroupedScore:
    """How far groups are apart, by a column of the corpus or by an estimate from the signal.

    Attributes
    ----------
    groups
        Those that are compared; none where there are no two, and ``remark`` says why.
    limited, others
        The gaps that have a limit, all at once, and those that are merely shown.
    worst, worst_name
        The UAR of the group with the lowest, and which that is; None where no emotion has clips in
        each group.
    chance
        By kind, the largest gaps that there would be without a bias.
    confounded
        What else a gap may be of, in sentences.
    by_speaker
        Whether speakers are named; else each clip stands for itself.
    seen
        Why the result decides nothing, if it does not.
    """

    column: str
    groups: tuple[GroupScore, ...] = ()
    limited: "tuple[Gap, ...]" = ()
    others: "tuple[Gap, ...]" = ()
    worst: Measurement | None = None
    worst_name: str = ""
    chance: "Mapping[str, ChanceGap]" = field(default_factory=dict)
    confounded: tuple[str, ...] = ()
    by_speaker: bool = True
    estimated: bool = False
    remark: str = ""
    seen: str = ""


def judge_gaps(scored: GroupedScore, requirements: Requirements) -> Judgement:
    """Reject a gap that is proven to be larger than its limit, either way.

    What cannot be told is tolerated unless its limit has a confidence.
    """
    limits = _limits(scored, requirements)
    judged = [
        (gap, limits[kind_of_gap(gap)]) for gap in scored.limited if kind_of_gap(gap) in limits
    ]
    told = Judgement(
        Outcome.PASS,
        tuple(_largest(scored)),
        requirement=_requirement(limits) if judged else "",
        details=_details(scored, limits),
    )
    beyond, doubtful = (
        [(gap, bound) for gap, bound in judged if gap.within(bound.max or 0.0) is within]
        for within in (False, None)
    )
    if beyond:
        failed = _failed(told, scored, beyond)
        return failed if scored.by_speaker else _unproven(failed, beyond)
    return _undecided(told, scored, doubtful, len(judged)) if doubtful else told


def judge_worst_group(scored: GroupedScore, requirements: Requirements) -> Judgement:
    """Reject a UAR of the group that is understood worst which is proven to be below its limit."""
    bound = None if scored.seen else requirements.worst_group
    reason = f"low_worst_group:{scored.column}"
    if scored.worst is None and scored.groups and bound is not None:
        message = f"{scored.column}: no emotion has clips in each of the groups, but one should"
        told = Judgement(Outcome.INCONCLUSIVE, (), reason, message, str(bound))
        return replace(told, tolerated=bound.confidence is None)
    if scored.worst is None:
        return Judgement(Outcome.PASS)  # the other check says why
    judgement = judge_unless_proven(scored.worst, bound, reason)
    what, but, should = judgement.message.partition(", but should be ")
    whose = f"{what} of {shown_group(scored.worst_name)} ({scored.column}){but}{should}"
    return replace(judgement, message=whose if but else "")


def kind_of_gap(gap: "Gap") -> str:
    """Return what differs: uar, recall, precision or share."""
    return gap.metric.partition(":")[0]


def _limits(scored: GroupedScore, requirements: Requirements) -> Mapping[str, Bound]:
    """Return the limits by kind; none is set to what was seen in training."""
    return {} if scored.seen or requirements.fairness is None else requirements.fairness.limits


def _requirement(limits: Mapping[str, Bound]) -> str:
    return ", ".join(
        f"difference of {metric_words(kind)} {bound}" for kind, bound in limits.items()
    )


def _failed(
    told: Judgement, scored: GroupedScore, beyond: "Sequence[tuple[Gap, Bound]]"
) -> Judgement:
    ordered = sorted(beyond, key=_excess, reverse=True)
    first, *rest = (
        f"{apart(gap, scored.column)}, but should differ by {bound}" for gap, bound in ordered
    )
    more = [f"{len(ordered) - _TOLD} more gaps are"] if len(ordered) > _TOLD else []
    unnamed = [] if scored.by_speaker else [UNNAMED]
    # What is read first is all that some show.
    said = [first, *unnamed, *scored.confounded, *rest[: _TOLD - 1], *more]
    return replace(
        told,
        outcome=Outcome.FAIL,
        reason=f"unfair:{scored.column}",
        message="; ".join(said),
    )


def _unproven(failed: Judgement, beyond: "Sequence[tuple[Gap, Bound]]") -> Judgement:
    """Take for open what a few voices may explain: of unknown speakers nothing is proven."""
    required = any(bound.confidence is not None for _, bound in beyond)
    return replace(failed, outcome=Outcome.INCONCLUSIVE, tolerated=not required)


def _undecided(
    told: Judgement,
    scored: GroupedScore,
    doubtful: "Sequence[tuple[Gap, Bound]]",
    tests: int,
) -> Judgement:
    """Tell of the gaps that the speech cannot decide that in UAR, else the furthest beyond."""
    required = [one for one in doubtful if one[1].confidence is not None]
    gap, bound = max(required or doubtful, key=_importance)
    said = in_doubt(gap, bound, scored.column, tests, by_speaker=scored.by_speaker)
    rest = len(doubtful) - 1
    more = f"; nor can {rest} more gaps be told" if rest > 1 else ""
    return replace(
        told,
        outcome=Outcome.INCONCLUSIVE,
        reason=f"unfair:{scored.column}",
        message=f"{said}{more or ('; nor can one more gap' if rest else '')}",
        tolerated=not required,
    )


def _importance(judged: "tuple[Gap, Bound]") -> tuple[bool, float]:
    return judged[0].metric == "uar", _excess(judged)


def _excess(judged: "tuple[Gap, Bound]") -> float:
    gap, bound = judged
    return abs(gap.value) - (bound.max or 0.0)


def _largest(scored: GroupedScore) -> Iterator[Measurement]:
    """Yield the largest gap of each kind, as a difference from 0 on."""
    by_kind: dict[str, list[Gap]] = {}
    for gap in (*scored.limited, *scored.others):
        by_kind.setdefault(kind_of_gap(gap), []).append(gap)
    clips = {group.name: group.clips for group in scored.groups}
    for kind, several in by_kind.items():
        gap = larger_first(max(several, key=lambda one: abs(one.value)))
        n, ends = clips[gap.one] + clips[gap.other], gap.interval
        speakers = sum(gap.speakers) if scored.by_speaker else None
        yield Measurement(f"gap:{kind}", gap.value, "1", ends.low, ends.high, n, speakers)


def _details(scored: GroupedScore, limits: Mapping[str, Bound]) -> dict[str, object]:
    groups = [
        {
            "name": group.name,
            "clips": group.clips,
            "speakers": group.speakers,
            "uar": {"value": group.uar.value, "low": group.uar.low, "high": group.uar.high},
        }
        for group in scored.groups
    ]
    chance = {
        kind: {"mean": one.mean, "most": one.most, "as_large": one.as_large}
        for kind, one in scored.chance.items()
    }
    most = {kind: bound.max for kind, bound in limits.items()}
    return _remark(scored) | {
        "groups": {
            "column": scored.column,
            "estimated": scored.estimated,
            "remark": scored.remark,
            "groups": groups,
            "gaps": details_of_gaps(scored.limited, scored.others, most),
            "chance": chance,
            "confounded": [*scored.confounded],
        }
    }


def _remark(scored: GroupedScore) -> dict[str, object]:
    """Say what nobody would see else: that nothing was compared."""
    nothing = not scored.groups and scored.remark
    return {"remark": f"{scored.column}: {scored.remark}"} if nothing else {}
