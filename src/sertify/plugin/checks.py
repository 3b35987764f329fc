"""The life of one check: whether it is reached, what it found, and what pytest shows of it."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from _pytest.outcomes import Skipped  # pytest.skip.Exception, but known to type checkers

from sertify.candidates.reading import Candidate
from sertify.evidence.environment import fingerprint
from sertify.gates.expectations import Colour, settle
from sertify.plugin.arguments import is_worker
from sertify.plugin.options import environment_of
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome
from sertify.vocabulary.reasons import GATE_OF

if TYPE_CHECKING:
    from sertify.evidence.store import Record  # collecting must not wait for what reads audio


# A token of the hub, by its form: it may have been given in any way.
_SECRET = re.compile(r"(?i)\bhf_[a-z0-9_-]{6,}|\bbearer\s+[\w.+/=-]{6,}")

# In these gates each check presupposes the one before it.
_SEQUENTIAL = ("loadability",)


class NotReached(Skipped):
    """Skips a check, with the reason code that kept it from running.

    ``rejected`` names the candidate where an earlier check is the reason: all checks of a file are
    then skipped as at its start, which ``pytest -rs`` tells in one line.
    """

    def __init__(self, code: str, message: str, rejected: str = "") -> None:
        whom = f" [{rejected}]" if rejected else ""
        super().__init__(_clean(f"{code}: {message}{whom}"), _use_item_location=True)
        self.code = code
        self.message = message
        self.at_start = bool(rejected)


@dataclass(frozen=True)
class CheckItem:
    """What the plugin knows of a test item that is a check.

    ``owns`` are the reason codes that this check may find; ``last_owner`` is whether it is the
    last that may find one which candidates.yaml announces; ``siblings`` the checks of its gate.
    """

    candidate: Candidate
    gate: str
    check: str
    owns: frozenset[str]
    siblings: tuple[str, ...]
    last_owner: bool = False

    @property
    def order(self) -> int:
        """The position of its gate."""
        return GATES.index(self.gate)


@dataclass
class Standings:
    """The first check that a candidate did not pass in this process, by the candidate's name."""

    first: dict[str, tuple[CheckItem, Judgement]] = field(default_factory=dict)


ITEM = pytest.StashKey[CheckItem]()
STANDINGS = pytest.StashKey[Standings]()
_JUDGEMENT = pytest.StashKey[Judgement]()
_SHOWN = pytest.StashKey[Judgement]()


def refuse_unreached(item: pytest.Item) -> None:
    """Skip a check that an earlier one keeps from being reached."""
    own = item.stash[ITEM]
    found = item.config.stash[STANDINGS].first.get(own.candidate.name)
    if found is None:
        _refuse_announced(own)
        return
    earlier, judgement = found
    blocked = judgement.outcome is Outcome.BLOCKED
    sequential = own.gate in _SEQUENTIAL or blocked or judgement.reason in own.candidate.reasons
    if own.order > earlier.order or sequential:
        assert judgement.reason is not None
        outcome = "is blocked" if blocked else "rejects it"
        message = f"not reached, {earlier.gate} {outcome}: {judgement.message}"
        raise NotReached(judgement.reason, message, own.candidate.name)


def _refuse_announced(own: CheckItem) -> None:
    """Skip what lies behind the gate that candidates.yaml says the candidate is rejected by."""
    gates = [GATE_OF[code] for code in own.candidate.reasons]
    if gates and own.order > max(map(GATES.index, gates)):
        announced = " or ".join(own.candidate.reasons)
        message = f"not reached, candidates.yaml says it is rejected for {announced}"
        raise NotReached(own.candidate.reasons[0], message, own.candidate.name)


def refuse_unmeasurable(item: pytest.Item) -> None:
    """Skip a check of speed where pytest-benchmark measures nothing."""
    if "benchmark" not in getattr(item, "fixturenames", ()):
        return
    if is_worker(item.config):
        message = (
            "pytest-benchmark switches itself off under pytest-xdist;"
            " measure speed on its own with `pytest -m speed -n 0`"
        )
        raise NotReached("needs_serial_run", message)
    if item.config.getoption("benchmark_disable", default=True):
        raise NotReached("not_selected", "pytest-benchmark is switched off")


def hand_down(item: pytest.Function) -> bool:
    """Conclude a check with the rejection that the pipeline met on the way to it, if it did."""
    rejections = (one for one in item.funcargs.values() if isinstance(one, Rejected))
    rejection = next(rejections, None)
    if rejection is None:
        return False
    own = item.stash[ITEM]
    gate = GATE_OF[rejection.reason.code]
    if own.order > GATES.index(gate):
        message = f"not reached, {gate} rejects it: {rejection.message}"
        raise NotReached(rejection.reason.code, message, own.candidate.name)
    conclude(item, Judgement(Outcome.FAIL, (), rejection.reason.code, rejection.message))
    return True


def conclude(item: pytest.Item, judgement: Judgement) -> None:
    """Record what a check found, and pass, fail or fail as expected."""
    own = item.stash[ITEM]
    settlement = settle(own.candidate, judgement, last_owner=own.last_owner)
    item.stash[_JUDGEMENT] = item.stash[_SHOWN] = judgement
    # It may quote the model's repository, and terminals and CI act on some of what they are told.
    message = _clean(f"{settlement.message} [{_subject(item)}]")
    if settlement.now_qualifies:
        item.stash[_SHOWN] = replace(
            judgement, outcome=Outcome.FAIL, reason="now_qualifies", message=settlement.message
        )
    if settlement.colour is Colour.EXPECTED_RED:
        pytest.xfail(message)
    if settlement.colour is not Colour.GREEN:
        pytest.fail(message, pytrace=False)


def describe(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Attach to a report what the check found, for JUnit and for the evidence."""
    if call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
        return
    judgement = item.stash.get(_JUDGEMENT, None) or _judgement_of(call.excinfo)
    shown = item.stash.get(_SHOWN, judgement)
    if call.excinfo is not None:
        _simplify(item, judgement, call.excinfo.value, report)
        _redact(report)
    if judgement.outcome is Outcome.BLOCKED:
        item.stash[_JUDGEMENT] = judgement
    if judgement.outcome in (Outcome.FAIL, Outcome.BLOCKED):
        own = item.stash[ITEM]
        item.config.stash[STANDINGS].first.setdefault(own.candidate.name, (own, judgement))
    record = _record(item, judgement)
    item.user_properties += properties(record, shown)
    # A report's extra attributes reach the controller of pytest-xdist if they are plain.
    report.__dict__["sertify"] = json.dumps(record.to_json(), default=str)


def _simplify(
    item: pytest.Item, judgement: Judgement, error: BaseException, report: pytest.TestReport
) -> None:
    """Let a report show plain text, which then comes first in JUnit and in pytest's summary."""
    if isinstance(error, NotReached):
        path, line, _ = item.location
        report.longrepr = (path, 1 if error.at_start else (line or 0) + 1, str(error))
    elif isinstance(error, Blocked):
        text = f"BLOCKED {judgement.reason}: {judgement.message} [{_subject(item)}]"
        report.longrepr = _clean(text)
    elif _JUDGEMENT in item.stash and report.failed:
        report.longrepr = str(error)


def _redact(report: pytest.TestReport) -> None:
    """Keep a login out of reports; a traceback shows what was sent, with its headers."""
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        text = str(report.longrepr)
        if _SECRET.search(text):
            report.longrepr = _SECRET.sub("***", text)
    report.sections = [(name, _SECRET.sub("***", text)) for name, text in report.sections]


def _judgement_of(excinfo: pytest.ExceptionInfo[BaseException] | None) -> Judgement:
    """Judge a check that ended without a judgement of its own."""
    if excinfo is None:
        return Judgement(Outcome.PASS)
    error = excinfo.value
    if isinstance(error, NotReached):
        return Judgement(Outcome.NOT_REACHED, (), error.code, error.message)
    if isinstance(error, Skipped):
        return Judgement(Outcome.NOT_REACHED, (), "not_selected", str(error))
    if isinstance(error, Rejected):
        return Judgement(Outcome.FAIL, (), error.reason.code, error.message)
    if isinstance(error, Blocked):
        return Judgement(Outcome.BLOCKED, (), error.reason.code, error.message)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return Judgement(Outcome.FAIL, (), "failed_check", str(error))
    text = _SECRET.sub("***", f"{type(error).__name__}: {error}".partition("\n")[0])
    return Judgement(Outcome.BLOCKED, (), "unexpected_error", text)


def _record(item: pytest.Item, judgement: Judgement) -> "Record":
    from sertify.evidence.store import Record

    own = item.stash[ITEM]
    return Record.of(
        judgement,
        candidate=own.candidate.name,
        entry=own.candidate.fingerprint,
        commit=_told(item, "snapshot", "identity"),
        gate=own.gate,
        check=own.check,
        corpus=_told(item, "probe", "fingerprint"),
        environment=fingerprint(environment_of(item.config), own.gate),
        siblings=own.siblings,
        judged_at=datetime.now(UTC).isoformat(),
    )


def properties(record: "Record", shown: Judgement) -> list[tuple[str, str]]:
    """Return a test case's properties: a contract with readers of JUnit, see docs/results.md."""
    pairs: list[tuple[str, str]] = [
        ("candidate", record.candidate),
        ("gate", record.gate),
        ("outcome", str(shown.outcome)),
    ]
    if shown.reason is not None:
        pairs.append(("reason", shown.reason))
    if record.commit:
        pairs.append(("commit", record.commit))
    for one in record.measurements:
        pairs.append((f"measured:{one.name}", f"{one.value:.6g} {one.unit}"))
        for end, value in (("low", one.low), ("high", one.high)):
            if value is not None:
                pairs.append((f"measured:{one.name}.{end}", f"{value:.6g} {one.unit}"))
    return pairs


def _subject(item: pytest.Item) -> str:
    name, commit = item.stash[ITEM].candidate.name, _told(item, "snapshot", "identity")
    return f"{name}@{commit.removeprefix('sha256:')[:7]}" if commit else name


def _told(item: pytest.Item, fixture: str, attribute: str) -> str:
    """Return what tells the content of a fixture; an empty string where it came to none."""
    return getattr(getattr(item, "funcargs", {}).get(fixture), attribute, "")


def _clean(text: str) -> str:
    from sertify.vocabulary.text import clean  # collecting must not wait for all that reports need

    return str(clean(text))
