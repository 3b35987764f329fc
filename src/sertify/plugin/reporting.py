"""Test reports that no test makes: of the run as a whole, and of a worker that died."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import pytest

from sertify.pipeline.checking import record
from sertify.pipeline.checks import Check
from sertify.plugin.checks import properties
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import environment_of
from sertify.plugin.workers import split
from sertify.report.cases import RunCase
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome

_FILE = "selection"
_LOST = "not_judged: no process was left to judge it in; run the same again"
_RESULTS: Mapping[Outcome, Literal["passed", "skipped"]] = {
    Outcome.PASS: "passed",
    Outcome.NOT_REACHED: "skipped",
}


def reports_of(case: RunCase) -> Iterator[pytest.TestReport]:
    """Yield the report of a case, then that of its end, which alone carries facts into JUnit."""
    found = Outcome.NOT_REACHED if case.open else case.outcome
    result: Literal["passed", "failed", "skipped"] = _RESULTS.get(found, "failed")
    text: Any = {"failed": case.message, "skipped": (_FILE, 0, case.message)}.get(result)
    nodeid, location = f"{_FILE}::{case.name}", (_FILE, None, case.name)
    for report in (
        pytest.TestReport(nodeid, location, {}, result, text, "call"),
        pytest.TestReport(nodeid, location, {}, "passed", None, "teardown"),
    ):
        outcome = ("outcome", str(case.outcome))
        report.user_properties = [("gate", _FILE), outcome, *case.facts.items()]
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


def not_judged(
    config: pytest.Config, left: Mapping[str, Sequence[str]]
) -> Iterator[pytest.TestReport]:
    """Yield reports of the checks that were left open, by candidate: the first is an error.

    They are no evidence: what an earlier run found about these candidates still holds.
    """
    for first, *others in left.values():
        yield from _open(config, _report(first, "failed", f"BLOCKED {_LOST}", "setup"), "BLOCKED")
        for nodeid in others:
            skipped = (nodeid.partition("::")[0], 0, _LOST)
            yield from _open(config, _report(nodeid, "skipped", skipped, "setup"), "NOT_REACHED")


def _open(
    config: pytest.Config, report: pytest.TestReport, outcome: str
) -> Iterator[pytest.TestReport]:
    code, _, message = _LOST.partition(": ")
    _attach(config, report, Judgement(Outcome(outcome), (), code, message))
    report.__dict__.pop("sertify", None)
    yield report
    yield _end(report)


def _attach(config: pytest.Config, report: pytest.TestReport, judgement: Judgement) -> None:
    path, _, rest = report.nodeid.partition("::")
    gate = PurePosixPath(path).stem.removeprefix("test_")
    function, _, _ = rest.partition("[")
    name, variant = split(report.nodeid)
    if name not in (each.name for each in config.stash[CANDIDATES].all()):
        return
    if gate not in GATES:  # a check of the project's own, of which only workers know the gate
        found = ("outcome", str(judgement.outcome)), ("reason", judgement.reason or "")
        report.user_properties = [("candidate", name), *found]
        return
    candidate = config.stash[CANDIDATES].named(name)
    check = Check(candidate, gate, function + variant, frozenset(), (), ())
    kept = record(check, judgement, environment_of(config))
    report.user_properties = list(properties(kept, judgement))
    report.__dict__["sertify"] = json.dumps(kept.to_json())


def _end(report: pytest.TestReport) -> pytest.TestReport:
    end = _report(report.nodeid, "passed", None, "teardown")
    end.user_properties = report.user_properties
    end.__dict__["node"] = report.__dict__.get("node")
    return end


def _report(
    nodeid: str,
    outcome: Literal["passed", "skipped", "failed"],
    longrepr: Any,
    when: Literal["setup", "teardown"],
) -> pytest.TestReport:
    location = (nodeid.partition("::")[0], None, nodeid.partition("::")[2])
    return pytest.TestReport(nodeid, location, {}, outcome, longrepr, when)
