"""What the checks of gates on wish found, out of their details, with types."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sertify.report.results.model.between_groups import ColumnResult, SpeakerLevelResult
from sertify.report.results.model.candidate import CheckResult, GateChecks
from sertify.report.results.model.fields import EstimateResult
from sertify.report.results.model.in_conditions import ConditionResult, SaidOfNothing
from sertify.report.results.model.while_spoken import StreamingResult
from sertify.vocabulary.conditions import Condition, kind_of_condition
from sertify.vocabulary.errors import ConfigurationError

_CODE = re.compile(r"(?P<kind>.+?)(?:_(?P<severity>-?\d[\d.e+-]*)[A-Za-z]*)?")
_ALONE = ("uar_clean", "uar_disturbed")
_FROM_DETAILS = ("worsened", "mended", "clips", "limit", "limit_unchanged")


def more_gates(gates: Mapping[str, GateChecks]) -> dict[str, Any]:
    """Return the fields of a candidate that are about the gates that are asked for on wish."""
    checks = {gate: found.checks for gate, found in gates.items()}
    return {
        "robustness": tuple(_conditions(checks.get("robustness", ()))),
        "said_of_nothing": tuple(_said_of_nothing(checks.get("degeneracy", ()))),
        "fairness": tuple(_columns(checks.get("fairness", ()))),
        "streaming": _streaming(checks.get("streaming", ())),
        "speaker_level": next(_speaker_levels(checks.get("accuracy", ())), None),
    }


def _conditions(checks: Iterable[CheckResult]) -> Iterator[ConditionResult]:
    for check in checks:
        condition = check.details.get("condition") or _named(check.check.partition("@")[2])
        if condition is None:
            continue
        numbers = {name: check.value(name) for name in _ALONE}
        details = {name: check.details.get(name) for name in _FROM_DETAILS}
        yield ConditionResult(
            condition=condition["name"],
            **{key: value for key, value in condition.items() if key != "name"},
            **numbers | details,
            drop=_estimate(check, "drop"),
            unchanged=_estimate(check, "unchanged"),
            outcome=check.outcome,
            tolerated=check.tolerated,
        )


def _named(code: str) -> dict[str, Any] | None:
    """Describe the condition that a check without details is about, by its code; None if unknown.

    >>> _named("babble_20dB")["name"]
    'babble 20 dB'
    """
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    try:
        severity = float(found["severity"]) if found["severity"] else None
        condition = Condition(found["kind"], severity)
    except (ConfigurationError, ValueError):
        return None
    kind = kind_of_condition(condition.kind)
    about = {"severity": severity, "unit": kind.unit, "text": kind.text}
    return {"name": str(condition), "kind": kind.name, "family": kind.family} | about


def _estimate(check: CheckResult, name: str) -> EstimateResult | None:
    found = next((one for one in check.measurements if one.name == name), None)
    if found is None or found.value is None:
        return None
    return EstimateResult(value=found.value, low=found.low, high=found.high)


def _said_of_nothing(checks: Iterable[CheckResult]) -> Iterator[SaidOfNothing]:
    for check in checks:
        yield from map(SaidOfNothing.model_validate, check.details.get("said_of_nothing", ()))


def _columns(checks: Sequence[CheckResult]) -> Iterator[ColumnResult]:
    worst = {
        check.check.partition("@")[2]: check
        for check in checks
        if any(one.name == "worst_group_uar" for one in check.measurements)
    }
    for check in checks:
        if groups := check.details.get("groups"):
            lowest = worst.get(groups["column"])
            yield ColumnResult.model_validate(
                groups
                | {"outcome": check.outcome, "tolerated": check.tolerated}
                | {"worst": lowest and _estimate(lowest, "worst_group_uar")}
                | {"worst_outcome": lowest and lowest.outcome}
                | {"worst_tolerated": lowest is not None and lowest.tolerated}
            )


def _streaming(checks: Sequence[CheckResult]) -> StreamingResult | None:
    found = {one.check: one for one in checks}
    needs, steady = found.get("test_short_speech_is_enough"), found.get("test_its_answer_is_steady")
    if needs is None or "streaming" not in needs.details:
        return None
    told = {one.name: one for one in steady.measurements} if steady else {}
    return StreamingResult.model_validate(
        needs.details["streaming"]
        | {"outcome": needs.outcome, "tolerated": needs.tolerated}
        | {"flips": told.get("flips_per_minute"), "agreeing": told.get("windows_agreeing")}
        | {"flips_outcome": steady and steady.outcome}
        | {"flips_tolerated": steady is not None and steady.tolerated}
    )


def _speaker_levels(checks: Iterable[CheckResult]) -> Iterator[SpeakerLevelResult]:
    for check in checks:
        if (found := check.details.get("speaker_level")) and found.get("shares"):
            yield SpeakerLevelResult.model_validate(found)
