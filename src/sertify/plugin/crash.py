"""What is said of a candidate that killed the worker which judged it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal

import pytest

from sertify.candidates.reading import Candidate
from sertify.evidence.environment import fingerprint
from sertify.evidence.store import Record
from sertify.plugin.checks import properties
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.distribution import split
from sertify.plugin.options import environment_of
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome

__all__ = ["account_for"]


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
    name, seconds = split(report.nodeid)
    if gate not in GATES:
        return
    candidate: Candidate = config.stash[CANDIDATES].named(name)
    record = Record.of(
        judgement,
        candidate=candidate.name,
        entry=candidate.fingerprint,
        commit="",
        gate=gate,
        check=function + seconds,
        corpus="",
        environment=fingerprint(environment_of(config), gate),
        judged_at=datetime.now(UTC).isoformat(),
    )
    report.user_properties = list(properties(record, judgement))
    report.__dict__["sertify"] = json.dumps(record.to_json())


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
