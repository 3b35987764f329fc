"""From verdicts to the one candidate to use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sertify.outcomes import Measurement
from sertify.verdicts import Standing, Verdict

__all__ = ["Selection", "pareto", "segment_time", "select"]

SEGMENT = 5.0
"""Seconds of audio whose cost is compared, or the next longer or else the longest measured."""


@dataclass(frozen=True)
class Selection:
    """The candidate to use, or None; those it is tied with; and why, in a sentence."""

    candidate: str | None
    sentence: str
    tied: tuple[str, ...] = ()
    pareto: tuple[str, ...] = ()


def select(verdicts: Sequence[Verdict]) -> Selection:
    """Choose among the qualified: highest UAR over all clips, ties broken by speed, then size.

    UAR over all clips counts an emotion that a candidate cannot express as never recognised, so
    that candidates with different labels are compared on the same clips. Tied with the best are
    those whose UAR lies within its confidence interval.
    """
    qualified = [one for one in verdicts if one.standing is Standing.QUALIFIED]
    front = pareto(qualified)
    if not qualified:
        return Selection(None, _no_selection(verdicts))
    best = max(qualified, key=_uar)
    tied = [one for one in qualified if _uar(one) >= _low(best)]
    chosen = min(tied, key=lambda one: (*_costs(one), -_uar(one)))
    names = tuple(one.candidate.name for one in tied)
    return Selection(chosen.candidate.name, _sentence(chosen, best, tied, qualified), names, front)


def pareto(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Names of those that no other beats in UAR without being slower."""
    return tuple(
        one.candidate.name
        for one in verdicts
        if not any(_dominates(other, one) for other in verdicts if other is not one)
    )


def segment_time(verdict: Verdict) -> Measurement | None:
    """Return the median time of the segment length that candidates are compared at."""
    timings = {}
    for record in verdict.gates["speed"].records:
        length, time = record.value("segment"), record.value("time_p50")
        if length is not None and time is not None:
            timings[length.value] = time
    longer = [length for length in timings if length >= SEGMENT]
    return timings[min(longer) if longer else max(timings)] if timings else None


def _dominates(one: Verdict, other: Verdict) -> bool:
    first, second = (-_uar(one), _costs(one)[0]), (-_uar(other), _costs(other)[0])
    return first != second and first[0] <= second[0] and first[1] <= second[1]


def _uar(verdict: Verdict) -> float:
    measured = verdict.number("uar_all")
    return measured.value if measured is not None else 0.0


def _low(verdict: Verdict) -> float:
    measured = verdict.number("uar_all")
    return measured.low if measured is not None and measured.low is not None else _uar(verdict)


def _costs(verdict: Verdict) -> tuple[float, float]:
    """Seconds a segment takes, and size in MB."""
    time, size = segment_time(verdict), verdict.number("size_on_disk")
    return (
        time.value if time is not None else float("inf"),
        size.value if size is not None else float("inf"),
    )


def _sentence(
    chosen: Verdict, best: Verdict, tied: Sequence[Verdict], qualified: Sequence[Verdict]
) -> str:
    uar = f"UAR over all clips {_shown(chosen)}"
    if len(qualified) == 1:
        return f"Use {chosen.candidate.name}: the only candidate that qualified ({uar})."
    of = f"of {len(qualified)} qualified candidates"
    if len(tied) == 1:
        return f"Use {chosen.candidate.name}: the highest {uar} {of}."
    others = ", ".join(one.candidate.name for one in tied if one is not chosen)
    if chosen is best and _costs(chosen) == min(_costs(one) for one in tied):
        why = "the highest and the fastest"
    else:
        why = f"within the interval of {best.candidate.name}'s {_shown(best)}, and the fastest"
    return f"Use {chosen.candidate.name}: {uar}, {why} {of}; the data cannot tell it from {others}."


def _shown(verdict: Verdict) -> str:
    measured = verdict.number("uar_all")
    if measured is None:
        return "unknown"
    if measured.low is None or measured.high is None:
        return f"{measured.value:.2f}"
    return f"{measured.value:.2f} [{measured.low:.2f}, {measured.high:.2f}]"


def _no_selection(verdicts: Sequence[Verdict]) -> str:
    """Say why none can be chosen, and which came closest: it failed the latest gate."""
    open_ = [one for one in verdicts if one.standing is Standing.UNDECIDED]
    if open_:
        first = open_[0]
        missing = first.message or "the data cannot tell"
        names = ", ".join(one.candidate.name for one in open_)
        return f"No candidate has qualified yet; undecided: {names} ({missing})."
    rejected = [one for one in verdicts if one.standing is Standing.REJECTED]
    if not rejected:
        return "There is no candidate to choose from."
    closest = max(rejected, key=lambda one: list(one.gates).index(one.gate or "loadability"))
    return (
        f"No candidate qualified; {closest.candidate.name} came closest, rejected by"
        f" {closest.gate} ({closest.reason}: {closest.message})."
    )
