"""The test cases of a run as a whole: whether there is a selection, and whether it is confirmed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import pytest

from sertify.pipeline.checking import Check, record
from sertify.plugin.checks import properties
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import environment_of
from sertify.plugin.workers import split
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.choice import ConfirmationResult
from sertify.report.results.model.results import Results
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome

_FILE = "selection"
_RESULTS: Mapping[Outcome, Literal["passed", "skipped"]] = {
    Outcome.PASS: "passed",
    Outcome.NOT_REACHED: "skipped",
}


def verdict_reports(results: Results) -> Iterator[pytest.TestReport]:
    """Return the reports of these cases; none where candidates.yaml announces all rejections."""
    if not any(candidate.status == "candidate" for candidate in results.candidates):
        return
    selection = results.selection
    yield from _case("test_a_candidate_is_selected", *_selected(results))
    if selection.candidate is not None and selection.confirmation is not None:
        found = _confirmed(selection.candidate, selection.confirmation)
        yield from _case("test_the_selected_one_is_confirmed", *found)


def _selected(results: Results) -> tuple[Outcome, str, dict[str, str]]:
    selection = results.selection
    facts = {"selection": selection.candidate or "", "tied": " ".join(selection.tied)}
    if selection.candidate is not None:
        return Outcome.PASS, selection.sentence, facts
    waiting = [
        f"{candidate.name} ({candidate.reason or candidate.message})"
        for candidate in results.candidates
        if candidate.status == "candidate" and _is_open(candidate)
    ]
    if waiting:
        return Outcome.NOT_REACHED, f"no selection yet: {', '.join(waiting)}", facts
    return Outcome.FAIL, selection.sentence, facts


def _is_open(candidate: CandidateResult) -> bool:
    """Whether a gate of an undecided candidate was not or could not be judged."""
    gate = candidate.gates.get(candidate.gate or "")
    blocked = gate is not None and gate.outcome is Outcome.BLOCKED
    return candidate.verdict == "undecided" and (candidate.reason is None or blocked)


def _confirmed(candidate: str, found: ConfirmationResult) -> tuple[Outcome, str, dict[str, str]]:
    facts = {"candidate": candidate} | {
        f"measured:{measured.name}": f"{measured.value:.6g} {measured.unit}"
        for measured in found.measurements
    }
    if found.reason:
        facts["reason"] = found.reason
    subject = f"[{candidate} on {found.corpus}]"
    message = f"{found.outcome} {found.reason}: {found.message} {subject}"
    return found.outcome, message, facts


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


def account_for(
    config: pytest.Config, report: pytest.TestReport, abandoned: Sequence[str]
) -> list[pytest.TestReport]:
    """Complete the report of a crash, and return those of the checks that now nobody will run.

    A report of the end of each is among them, for only that carries properties into JUnit.
    """
    message = f"the process that judged it died: {report.longrepr}"
    judgement = Judgement(Outcome.BLOCKED, (), "worker_crashed", message)
    _attach(config, report, judgement)
    report.longrepr = f"BLOCKED worker_crashed: {message}"
    reports = [_end(report)]
    for nodeid in abandoned:
        reason = f"worker_crashed: not reached, the process died at {report.nodeid}"
        skipped = _report(nodeid, "skipped", (nodeid.partition("::")[0], 0, reason), "setup")
        skipped.__dict__["node"] = report.__dict__["node"]
        _attach(config, skipped, Judgement(Outcome.NOT_REACHED, (), "worker_crashed", reason))
        reports += [skipped, _end(skipped)]
    return reports


def _attach(config: pytest.Config, report: pytest.TestReport, judgement: Judgement) -> None:
    path, _, rest = report.nodeid.partition("::")
    gate = PurePosixPath(path).stem.removeprefix("test_")
    function, _, _ = rest.partition("[")
    name, variant = split(report.nodeid)
    if gate not in GATES:
        return
    candidate = config.stash[CANDIDATES].named(name)
    check = Check(candidate, gate, function + variant, frozenset(), (), ())
    kept = record(check, judgement, environment_of(config))
    report.user_properties = list(properties(kept, judgement))
    report.__dict__["sertify"] = json.dumps(kept.to_json())


def _end(report: pytest.TestReport) -> pytest.TestReport:
    end = _report(report.nodeid, "passed", None, "teardown")
    end.user_properties = report.user_properties
    end.__dict__["node"] = report.__dict__["node"]
    return end


def _report(
    nodeid: str,
    outcome: Literal["passed", "skipped"],
    longrepr: Any,
    when: Literal["setup", "teardown"],
) -> pytest.TestReport:
    location = (nodeid.partition("::")[0], None, nodeid.partition("::")[2])
    return pytest.TestReport(nodeid, location, {}, outcome, longrepr, when)
