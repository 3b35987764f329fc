"""From verdicts to the one candidate to use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sertify.evidence import Record
from sertify.outcomes import Measurement, listed
from sertify.verdicts import Standing, Verdict

__all__ = ["Selection", "pareto", "segment_time", "select", "timing"]

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
    sentence = _sentence(chosen, best, tied, qualified) + _still_open(verdicts)
    return Selection(chosen.candidate.name, sentence, names, front)


def pareto(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Names of those that no other beats in UAR without being slower."""
    return tuple(
        one.candidate.name
        for one in verdicts
        if not any(_dominates(other, one) for other in verdicts if other is not one)
    )


def segment_time(verdict: Verdict) -> Measurement | None:
    """Return the median time of the segment length that candidates are compared at."""
    record = timing(verdict)
    return None if record is None else record.value("time_p50")


def timing(verdict: Verdict) -> Record | None:
    """Return what was measured at the segment length that candidates are compared at."""
    by_length = {
        length.value: record
        for record in verdict.gates["speed"].records
        if (length := record.value("segment")) is not None
    }
    longer = [length for length in by_length if length >= SEGMENT]
    return by_length[min(longer) if longer else max(by_length)] if by_length else None


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
    use, uar = f"Use {chosen.candidate.name}", f"UAR over all clips {_shown(chosen)}"
    if len(qualified) == 1:
        return f"{use}: the only candidate that qualified ({uar})."
    highest = f"the highest {uar} of {len(qualified)} qualified candidates"
    if len(tied) == 1:
        return f"{use}: {highest}."
    others = ", ".join(one.candidate.name for one in tied if one is not chosen)
    why = highest
    if chosen is not best:
        why = f"{uar}, within the interval of {best.candidate.name}'s {_shown(best)}"
    return f"{use}: {why}; the data cannot tell it from {others}{_advantage(chosen, tied)}."


def _advantage(chosen: Verdict, tied: Sequence[Verdict]) -> str:
    """Say what the chosen one has over those that it is tied with, if anything."""
    others = [_costs(one) for one in tied if one is not chosen]
    time, size = _costs(chosen)
    if time < min(other for other, _ in others):
        return ", but it is the fastest"
    return ", but it is the smallest" if size < min(other for _, other in others) else ""


def _shown(verdict: Verdict) -> str:
    measured = verdict.number("uar_all")
    if measured is None:
        return "unknown"
    if measured.low is None or measured.high is None:
        return f"{measured.value:.2f}"
    return f"{measured.value:.2f} [{measured.low:.2f}, {measured.high:.2f}]"


def _still_open(verdicts: Sequence[Verdict]) -> str:
    number = sum(one.standing is Standing.UNDECIDED for one in verdicts)
    return f" Undecided: {number} of {len(verdicts)} candidates." if number else ""


def _no_selection(verdicts: Sequence[Verdict]) -> str:
    """Say why none can be chosen, and which came closest: it failed the latest gate."""
    undecided = _undecided(verdicts)
    if undecided:
        return f"No candidate has qualified yet; undecided: {undecided}."
    rejected = [one for one in verdicts if one.standing is Standing.REJECTED]
    if not rejected:
        return "There is no candidate to choose from."
    closest = max(rejected, key=lambda one: (list(one.gates).index(str(one.gate)), _uar(one)))
    return (
        f"No candidate qualified; {closest.candidate.name} came closest, rejected by"
        f" {closest.gate} ({closest.reason}: {closest.message})."
    )


def _undecided(verdicts: Sequence[Verdict]) -> str:
    """List the undecided with what keeps them so, those of the same reason together."""
    names: dict[str, list[str]] = {}
    for one in verdicts:
        if one.standing is Standing.UNDECIDED:
            names.setdefault(one.reason or one.message, []).append(one.candidate.name)
    return "; ".join(f"{listed(those)} ({why})" for why, those in names.items())
