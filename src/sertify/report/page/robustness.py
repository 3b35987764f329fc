"""What the page shows of candidates in other conditions: a table, and the rows of its charts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.in_conditions import ConditionResult, SaidOfNothing
from sertify.vocabulary.conditions import CONDITION_KINDS

MOST_CONDITIONS = 200
"""Conditions that a table has room for; of more, results.json has the others."""

_ROWS = "chart-conditions"
_MOST_DRAWN = 24
_MOST_CURVES = 12
_WORDS = {"PASS": "within", "INCONCLUSIVE": "cannot tell", "FAIL": "beyond", "BLOCKED": "blocked"}

_Candidates = Sequence[CandidateResult]
_Row = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """The candidates that were heard in other conditions, and these, mild ones first."""

    candidates: _Candidates
    conditions: Sequence[ConditionResult]
    found: Mapping[str, Mapping[str, ConditionResult]]
    families: Sequence[str]
    sounds: Sequence[str]

    @property
    def asked(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.conditions or self.sounds)

    @property
    def erring(self) -> _Candidates:
        """Those of which it is known what they lose, relative to a baseline."""
        return [one for one in self.candidates if one.corruption]


def heard_in_conditions(candidates: _Candidates) -> Heard:
    """Gather what was found in each condition, and of sounds in which nobody speaks."""
    every = [one for candidate in candidates for one in candidate.robustness]
    conditions = {one.condition: one for one in reversed(every)}
    families = [*dict.fromkeys(one.family for one in every)]
    kinds = [*dict.fromkeys(one.kind for one in every)]
    errors = [family for one in candidates for family in one.corruption or ()]
    return Heard(
        [one for one in candidates if one.robustness],
        sorted(
            conditions.values(),
            key=lambda one: (families.index(one.family), kinds.index(one.kind), _severity(one)),
        ),
        {one.name: {each.condition: each for each in one.robustness} for one in candidates},
        [*dict.fromkeys(errors)],
        [*dict.fromkeys(each.sound for one in candidates for each in one.said_of_nothing)],
    )


def _severity(condition: ConditionResult) -> float:
    """Return what is larger the more severe a condition is."""
    severity, kind = condition.severity or 0.0, CONDITION_KINDS.get(condition.kind)
    return -kind.mildness(severity) if kind else severity


def word_of(found: ConditionResult) -> str:
    """Say how a condition is judged; nothing where no limit is set."""
    limited = found.limit is not None or found.limit_unchanged is not None
    return _WORDS.get(found.outcome, "") if limited or found.outcome != "PASS" else ""


def said_of(candidate: CandidateResult, sound: str) -> SaidOfNothing | None:
    """Return what a candidate says of a sound in which nobody speaks."""
    return next((one for one in candidate.said_of_nothing if one.sound == sound), None)


def condition_drawings(heard: Heard, anchors: Mapping[str, str]) -> Iterable[tuple[str, _Row]]:
    """Yield the charts of UAR lost: of all conditions, and of each kind over its severities."""
    drawn = [one for one in heard.conditions if _is_drawn(one, heard)]
    order = {one.condition: place for place, one in enumerate(drawn)}
    rows = [
        {"id": anchors[candidate.name], "place": place, **_numbers(found)}
        for candidate in heard.candidates
        for name, place in order.items()
        if (found := heard.found[candidate.name].get(name)) and found.drop
    ]
    params = {"most": _MOST_DRAWN, "conditions": [*order]}
    yield _ROWS, {"spec": "conditions", "params": params, "rows": rows}
    values = [value for row in rows for value in (row["low"], row["high"]) if value is not None]
    span = {"floor": min([0.0, *values]), "ceiling": max([0.1, *values])}
    for place, several in enumerate([*_curves(drawn).values()][:_MOST_CURVES]):
        params = span | {
            "conditions": {order[one.condition]: one.condition for one in several},
            "places": {order[one.condition]: at for at, one in enumerate(several)},
            "labels": [f"{one.severity:g}" for one in several],
            "unit": several[0].unit,
        }
        # The rows of all conditions are many: they stand in the page once.
        yield f"chart-kind-{place}", {"spec": "severity", "params": params, "rows": [_ROWS]}


def curve_titles(heard: Heard) -> list[tuple[str, str]]:
    """Return the kinds that have a chart of their own, each with what it is."""
    curves = _curves([one for one in heard.conditions if _is_drawn(one, heard)])
    return [(kind, several[0].text) for kind, several in [*curves.items()][:_MOST_CURVES]]


def _is_drawn(condition: ConditionResult, heard: Heard) -> bool:
    found = (one.get(condition.condition) for one in heard.found.values())
    return any(one.drop for one in found if one)


def _curves(conditions: Iterable[ConditionResult]) -> dict[str, list[ConditionResult]]:
    """Return the kinds that were heard at several severities, mild ones first."""
    kinds: dict[str, list[ConditionResult]] = {}
    for one in conditions:
        if one.severity is not None:
            kinds.setdefault(one.kind, []).append(one)
    return {kind: several for kind, several in kinds.items() if len(several) > 1}


def _numbers(found: ConditionResult) -> dict[str, float | None]:
    assert found.drop is not None
    ends = {"value": found.drop.value, "low": found.drop.low, "high": found.drop.high}
    return {name: _rounded(value) for name, value in ends.items()} | {"limit": found.limit}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0
