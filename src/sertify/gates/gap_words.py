"""How a gap between groups is told, in a message and in JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sertify.vocabulary.outcomes import Bound, roughly
from sertify.vocabulary.text import shortened, shown

if TYPE_CHECKING:
    from sertify.statistics.gaps import Gap

_WORDS = {"uar": "UAR"}
# Of twelve groups and seven emotions there are 1,452: the smallest tell nobody anything.
_MOST_GAPS = 240
# Speakers below which an interval is so wide that how it will shrink says nothing.
_FEWEST = 5


def shown_group(name: str) -> str:
    """Return the name of a group, which may hold anything, for a message."""
    return shown(shortened(name, 60))


def metric_words(metric: str) -> str:
    """Return what a gap is of, in words.

    >>> metric_words("uar"), metric_words("recall:joy")
    ('UAR', 'recall of joy')
    """
    kind, _, label = metric.partition(":")
    return _WORDS.get(kind, kind) + (f" of {shown_group(label)}" if label else "")


def larger_first(gap: "Gap") -> "Gap":
    """Return a gap as seen from the group that has more of it."""
    if gap.value >= 0:
        return gap
    ends = gap.interval, gap.simultaneous
    own, all_at_once = (replace(one, low=-one.high, high=-one.low) for one in ends)
    return replace(
        gap,
        one=gap.other,
        other=gap.one,
        value=-gap.value,
        interval=own,
        simultaneous=all_at_once,
        speakers=gap.speakers[::-1],
    )


def apart(gap: "Gap", column: str) -> str:
    """Say how large a gap of a column is, and for whom."""
    gap = larger_first(gap)
    sizes = (gap.value, gap.interval.low, gap.interval.high)
    value, low, high = (f"{round(size, 3):g}" for size in sizes)
    groups = f"{shown_group(gap.one)} than for {shown_group(gap.other)}"
    return f"{metric_words(gap.metric)} is {value} [{low}, {high}] higher for {groups} ({column})"


def in_doubt(gap: "Gap", bound: Bound, column: str, tests: int, *, by_speaker: bool) -> str:
    """Say of a gap that no speech decides what would."""
    gap, limit = larger_first(gap), bound.max or 0.0
    said = f"{apart(gap, column)}, but should differ by {bound}; "
    if gap.interval.low > limit:
        said += f"by itself it is more, but one of {tests} gaps may be by chance; "
    fewest, group = min(zip(gap.speakers, (gap.one, gap.other), strict=True))
    noun = "speaker" if by_speaker else "clip"
    has = f"{fewest} {noun}{'' if fewest == 1 else 's'} of {shown_group(group)}"
    if fewest < _FEWEST:
        return f"{said}{has} cannot tell: judge it on 10 {noun}s of each group or more"
    needed = gap.speakers_to_settle(limit)
    if needed is None:
        return f"{said}{has} cannot tell: it is too close to the limit"
    return f"{said}{has} are too few to tell, about {roughly(needed):,} would in 8 of 10 cases"


def details_of_gaps(
    limited: "Iterable[Gap]", others: "Iterable[Gap]", limits: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """Return gaps in JSON types.

    Where there are very many, that is the largest of each kind, and those that matter most.
    """
    each = [(gap, limits.get(gap.metric.partition(":")[0])) for gap in limited]
    each += [(gap, None) for gap in others]
    if len(each) > _MOST_GAPS:
        rising = sorted(each, key=lambda judged: abs(judged[0].value))
        largest = {judged[0].metric.partition(":")[0]: judged for judged in rising}
        each = [*dict.fromkeys([*largest.values(), *sorted(each, key=_notable)])][:_MOST_GAPS]
    return [_in_json(gap, limit) for gap, limit in each]


def _notable(judged: "tuple[Gap, float | None]") -> tuple[bool, bool, float]:
    gap, limit = judged
    return (limit is None, limit is not None and gap.within(limit) is True, -abs(gap.value))


def _in_json(gap: "Gap", limit: float | None) -> dict[str, Any]:
    return {
        "metric": gap.metric,
        "one": gap.one,
        "other": gap.other,
        "value": gap.value,
        "low": gap.interval.low,
        "high": gap.interval.high,
        "sure_low": gap.simultaneous.low,
        "sure_high": gap.simultaneous.high,
        "confidence": gap.confidence,
        "p": gap.p,
        "p_corrected": gap.p_corrected,
        "speakers": [*gap.speakers],
        "limit": limit,
        "within": None if limit is None else gap.within(limit),
        "needed": None if limit is None else gap.speakers_to_settle(limit),
    }
