"""What speaks for those that were not chosen: in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sertify.evidence.labelling import Labelling
from sertify.selection.comparison import compare, needed
from sertify.selection.verdicts import Standing, Verdict
from sertify.statistics.comparisons import Difference
from sertify.vocabulary.text import listed


def still_higher(
    chosen: str,
    verdicts: Sequence[Verdict],
    labellings: Mapping[str, Labelling],
    wanted: Sequence[str] | None,
) -> str:
    """Name those that have not qualified, but measure higher than the chosen one."""
    own = labellings.get(chosen)
    higher = []
    for verdict in verdicts:
        name = verdict.candidate.name
        open_or_rejected = verdict.standing in (Standing.UNDECIDED, Standing.REJECTED)
        missed = open_or_rejected and verdict.gate == "accuracy"
        if not missed or own is None or name not in labellings:
            continue
        comparison = compare([own, labellings[name]], wanted)
        if comparison is not None and comparison.leader == name:
            found = [comparison.uar(one) for one in (name, chosen)]
            theirs, ours = (each[0] for each in found if each)
            where = listed([*comparison.corpora])
            higher.append(
                f"{name} ({verdict.standing}) has {theirs:.2f} against {ours:.2f} on {where}"
            )
    return f" Not qualified, but higher in UAR: {'; '.join(higher)}." if higher else ""


@dataclass(frozen=True)
class Shared:
    """The chosen candidate against another one, on the emotions that both have labels for."""

    other: str
    emotions: tuple[str, ...]
    difference: Difference


def shared(
    chosen: str,
    others: Sequence[str],
    labellings: Mapping[str, Labelling],
    wanted: Sequence[str] | None,
) -> tuple[Shared, ...]:
    """Compare the chosen with each other one that lacks some of the emotions, or has others.

    It tells whether a mapping of its labels, or a need for fewer emotions, would help. It decides
    nothing.
    """
    own = labellings.get(chosen)
    if own is None:
        return ()
    asked = needed([own], wanted)
    found = []
    for name in others:
        other = labellings.get(name)
        emotions = tuple(sorted(asked & {*own.emotions} & {*other.emotions})) if other else ()
        if other is None or len(emotions) < 2 or asked == {*emotions}:
            continue  # then there is nothing to compare on, or nothing new
        if comparison := compare([own, other], emotions):
            found.append(Shared(name, emotions, comparison.differences[0]))
    return tuple(found)


def better_on_fewer(pairs: Sequence[Shared]) -> str:
    """Name the qualified that are better than the chosen one on the emotions that both have."""
    better = [
        f"{pair.other} is {gap.value:.2f} [{gap.low:.2f}, {gap.high:.2f}] above it on the"
        f" {len(pair.emotions)} emotions that both have labels for"
        f" ({listed(pair.emotions, most=10)})"
        for pair in pairs
        if (gap := pair.difference).better == pair.other and gap.low > 0
    ]
    if not better:
        return ""
    return f" {'; '.join(better)}; if these are all that is needed, name them under `emotions:`."
