"""What the page shows of candidates on groups of the speech: tables, and the rows of its charts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sertify.report.formats import number, thousandths
from sertify.report.results.model.between_groups import ColumnResult, GapResult
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.fields import EstimateResult
from sertify.vocabulary.text import listed

MOST_GROUPINGS = 12
"""Columns, and groups of one, that the page has room for; results.json has the others."""

GAP_KINDS = {"uar": "UAR", "recall": "recall", "precision": "precision", "share": "share"}
"""What may differ, as it is said."""

_MOST_GAPS = 16
_WORDS = {True: ("✓", "within"), False: ("✕", "beyond"), None: ("?", "cannot tell")}

_Row = dict[str, Any]


@dataclass(frozen=True)
class ByColumn:
    """A column, its groups, and what each candidate makes of them."""

    column: str
    groups: Sequence[str]
    found: Sequence[tuple[CandidateResult, ColumnResult]]

    @property
    def estimated(self) -> bool:
        """Whether its groups are estimates."""
        return any(one.estimated for _, one in self.found)

    @property
    def sentences(self) -> list[str]:
        """What is to be known of its groups, once, and of whom where not of all of several."""
        names: dict[str, list[str]] = {}
        for candidate, one in self.found:
            for text in dict.fromkeys(filter(None, (one.remark, *one.confounded))):
                names.setdefault(text, []).append(candidate.name)
        several = len(self.found) > 1
        return [
            text if several and len(those) == len(self.found) else f"{listed(those)}: {text}"
            for text, those in names.items()
        ]

    @property
    def kinds(self) -> dict[str, str]:
        """What differs between its groups, as far as that was measured."""
        known = {gap.kind for _, one in self.found for gap in one.gaps if gap.value is not None}
        return {kind: title for kind, title in GAP_KINDS.items() if kind in known}


def by_column(candidates: Iterable[CandidateResult]) -> list[ByColumn]:
    """Gather what was found by the columns that speech is grouped by."""
    columns: dict[str, list[tuple[CandidateResult, ColumnResult]]] = {}
    for candidate in candidates:
        for one in candidate.fairness:
            columns.setdefault(one.column, []).append((candidate, one))
    return [
        ByColumn(
            column,
            [*dict.fromkeys(group.name for _, one in found for group in one.groups)],
            found,
        )
        for column, found in columns.items()
    ]


@dataclass(frozen=True)
class Apart:
    """A gap as seen from the group that has more: by how much, how sure, and what would tell."""

    metric: str
    more: str
    less: str
    value: EstimateResult
    sure: EstimateResult
    found: GapResult
    chance: float | None

    @property
    def told(self) -> tuple[str, str]:
        """Whether it is within its limit: a sign and a word; nothing where it has none."""
        return _WORDS[self.found.within] if self.found.limit is not None else ("", "")

    @property
    def outcome(self) -> str:
        """The outcome that this is like."""
        signs = {"✓": "PASS", "✕": "FAIL", "?": "INCONCLUSIVE"}
        return signs.get(self.told[0], "None")

    @property
    def speakers(self) -> str:
        """How many there are of the group that has more, and of the other."""
        several = self.found.speakers
        return " and ".join(map(str, several if self._forward else several[::-1]))

    @property
    def _forward(self) -> bool:
        return self.more == self.found.one


def turned_gap(gap: GapResult, column: ColumnResult) -> Apart | None:
    """Turn a gap so that it is positive; None where it is not known."""
    if gap.value is None:
        return None
    forward = gap.value >= 0
    kind, _, label = gap.metric.partition(":")
    chance = column.chance[kind].most if kind in column.chance else None
    more, less = (gap.one, gap.other) if forward else (gap.other, gap.one)
    metric = GAP_KINDS.get(kind, kind) + (f" of {label}" if label else "")
    value = _turned(gap.value, gap.low, gap.high, forward)
    sure = _turned(gap.value, gap.sure_low, gap.sure_high, forward)
    return Apart(metric, more, less, value, sure, gap, chance)


def largest_gaps(column: ColumnResult) -> list[Apart]:
    """Return the largest gap of each kind."""
    found: dict[str, GapResult] = {}
    for gap in sorted(column.gaps, key=lambda one: -one.size):
        found.setdefault(gap.kind, gap)
    ordered = (found[kind] for kind in (*GAP_KINDS, *found) if kind in found)
    return [one for gap in dict.fromkeys(ordered) if (one := turned_gap(gap, column))]


def notable_gaps(column: ColumnResult) -> list[Apart]:
    """Return the gaps that matter most: those beyond a limit, then those in doubt, and larger."""
    ordered = sorted(
        column.gaps,
        key=lambda gap: (gap.limit is None, (False, None, True).index(gap.within), -gap.size),
    )
    return [one for gap in ordered[:_MOST_GAPS] if (one := turned_gap(gap, column))]


def _turned(value: float, low: float | None, high: float | None, forward: bool) -> EstimateResult:
    if not forward:
        low, high = (None if end is None else 0.0 - end for end in (high, low))
    return EstimateResult(value=abs(value), low=low, high=high)


def column_drawings(
    columns: Sequence[ByColumn], anchors: Mapping[str, str]
) -> Iterator[tuple[str, _Row]]:
    """Yield for each column a chart of the UAR of each group, and one of the largest gaps."""
    for place, by in enumerate(columns[:MOST_GROUPINGS]):
        groups = [*_groups(by, anchors)]
        names = [group for group in by.groups if any(row["group"] == group for row in groups)]
        params = {"groups": names}
        yield f"chart-groups-{place}", {"spec": "groups", "params": params, "rows": groups}
        rows = [
            {"id": anchors[candidate.name]}
            | _gap(one, candidate.name)
            | {"row": anchors[candidate.name]}
            for candidate, column in by.found
            for one in largest_gaps(column)
        ]
        kind = next(iter(by.kinds), "")
        yield f"chart-gaps-{place}", {"spec": "gaps", "params": {"measure": kind}, "rows": rows}


def gap_drawing(column: ColumnResult) -> _Row:
    """Return the chart of the notable gaps of one candidate."""
    only = len(column.groups) == 2
    rows = [
        _gap(one, "")
        | {"row": f"{one.metric}: {one.more}{'' if only else f' > {one.less}'}", "rank": place}
        for place, one in enumerate(notable_gaps(column))
    ]
    return {"spec": "gaps", "params": {"measure": ""}, "rows": rows}


def _groups(by: ByColumn, anchors: Mapping[str, str]) -> Iterator[_Row]:
    for candidate, column in by.found:
        for group in column.groups[:MOST_GROUPINGS]:
            if group.uar is not None:
                said = f"{candidate.name}, {group.name}: UAR {number(group.uar)}"
                ends = {"low": group.uar.low, "high": group.uar.high}
                about = {"group": group.name, "value": group.uar.value, "said": said}
                yield {"id": anchors[candidate.name]} | about | ends


def _gap(one: Apart, whose: str) -> _Row:
    said = f"{one.metric} {thousandths(one.value)} higher for {one.more} than for {one.less}"
    return {
        "measure": one.found.kind,
        "value": one.value.value,
        "low": one.value.low,
        "high": one.value.high,
        "sure_low": one.sure.low,
        "sure_high": one.sure.high,
        "limit": one.found.limit,
        "chance": one.chance,
        "said": f"{whose}: {said}" if whose else said,
    }
