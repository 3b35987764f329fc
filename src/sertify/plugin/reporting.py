"""The test cases of a run as a whole: whether there is a selection, and whether it is confirmed."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pytest

from sertify.vocabulary.outcomes import Outcome

__all__ = ["verdict_reports"]

_FILE = "selection"
_RESULTS: Mapping[Outcome, Literal["passed", "skipped"]] = {
    Outcome.PASS: "passed",
    Outcome.NOT_REACHED: "skipped",
}


def verdict_reports(results: Mapping[str, Any]) -> Iterator[pytest.TestReport]:
    """Return the reports of these cases; none where candidates.yaml announces all rejections."""
    if not any(one["status"] == "candidate" for one in results["candidates"]):
        return
    selection = results["selection"]
    yield from _case("test_a_candidate_is_selected", *_selected(results))
    if selection["confirmation"] is not None:
        found = _confirmed(selection["candidate"], selection["confirmation"])
        yield from _case("test_the_selected_one_is_confirmed", *found)


def _selected(results: Mapping[str, Any]) -> tuple[Outcome, str, dict[str, str]]:
    selection = results["selection"]
    facts = {"selection": selection["candidate"] or "", "tied": " ".join(selection["tied"])}
    if selection["candidate"] is not None:
        return Outcome.PASS, selection["sentence"], facts
    waiting = [
        f"{one['name']} ({one['reason'] or one['message']})"
        for one in results["candidates"]
        if one["status"] == "candidate" and one["verdict"] == "undecided" and _is_open(one)
    ]
    if waiting:
        return Outcome.NOT_REACHED, f"no selection yet: {', '.join(waiting)}", facts
    return Outcome.FAIL, selection["sentence"], facts


def _is_open(candidate: Mapping[str, Any]) -> bool:
    """Whether a gate of an undecided candidate was not or could not be judged."""
    gate = candidate["gates"].get(candidate["gate"], {})
    return candidate["reason"] is None or gate.get("outcome") == Outcome.BLOCKED


def _confirmed(candidate: str, found: Mapping[str, Any]) -> tuple[Outcome, str, dict[str, str]]:
    facts = {"candidate": candidate} | {
        f"measured:{one['name']}": f"{one['value']:.6g} {one['unit']}"
        for one in found["measurements"]
    }
    if found["reason"]:
        facts["reason"] = found["reason"]
    subject = f"[{candidate} on {found['corpus']}]"
    message = f"{found['outcome']} {found['reason']}: {found['message']} {subject}"
    return Outcome(found["outcome"]), message, facts


def _case(
    name: str, outcome: Outcome, message: str, facts: Mapping[str, str]
) -> Iterator[pytest.TestReport]:
    """Yield the report of a case, then that of its end, which alone carries facts into JUnit."""
    result: Literal["passed", "failed", "skipped"] = _RESULTS.get(outcome, "failed")
    text: Any = {"failed": message, "skipped": (_FILE, 0, message)}.get(result)
    properties = [("gate", _FILE), ("outcome", str(outcome)), *facts.items()]
    nodeid, location = f"{_FILE}::{name}", (_FILE, None, name)
    for report in (
        pytest.TestReport(nodeid, location, {}, result, text, "call"),
        pytest.TestReport(nodeid, location, {}, "passed", None, "teardown"),
    ):
        report.user_properties = list(properties)
        yield report
