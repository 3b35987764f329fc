"""The life of one check in pytest: whether it is reached, and what is shown of what it found."""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Skipped  # pytest.skip.Exception, but known to type checkers

from sertify.gates.expectations import Colour, settle
from sertify.pipeline.checking import as_it_stands, ends, judgement_of, record, why_unreached
from sertify.pipeline.checks import Check
from sertify.pipeline.way import Way
from sertify.plugin.arguments import is_worker
from sertify.plugin.containment import Escaped
from sertify.plugin.options import environment_of
from sertify.vocabulary.errors import Blocked, NotReached, Rejected
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.outcomes import Judgement, Outcome
from sertify.vocabulary.text import clean, safe

if TYPE_CHECKING:
    from sertify.evidence.store import Record  # collecting must not wait for what reads audio


class Unreached(Skipped):
    """Skips a check, with the reason code that kept it from running.

    ``rejected`` names the candidate where an earlier check is the reason: all checks of a file are
    then skipped as at its start, which ``pytest -rs`` tells in one line.
    """

    def __init__(self, why: NotReached, rejected: str = "") -> None:
        whom = f" [{rejected}]" if rejected else ""
        super().__init__(clean(f"{why}{whom}"), _use_item_location=True)
        self.why = why
        self.at_start = bool(rejected)


@dataclass
class Standings:
    """What this process knows: the first check that a candidate did not pass, by its name.

    ``way`` is that of the candidate at hand.
    """

    first: dict[str, tuple[Check, Judgement]] = field(default_factory=dict)
    way: Way | None = None


CHECK = pytest.StashKey[Check]()
STANDINGS = pytest.StashKey[Standings]()
_JUDGEMENT = pytest.StashKey[Judgement]()
_SHOWN = pytest.StashKey[Judgement]()


def refuse_unreached(item: pytest.Item) -> None:
    """Skip a check that an earlier one keeps from being reached."""
    check = item.stash[CHECK]
    name = check.candidate.name
    why = why_unreached(check, item.config.stash[STANDINGS].first.get(name))
    if why is not None:
        raise Unreached(why, name)


def refuse_unmeasurable(item: pytest.Item) -> None:
    """Skip a check of speed where pytest-benchmark measures nothing."""
    if "benchmark" not in getattr(item, "fixturenames", ()):
        return
    if is_worker(item.config):
        message = (
            "pytest-benchmark switches itself off under pytest-xdist;"
            " measure speed on its own with `pytest -m speed -n 0`"
        )
        raise Unreached(NotReached("needs_serial_run", message))
    if item.config.getoption("benchmark_disable", default=True):
        raise Unreached(NotReached("not_selected", "pytest-benchmark is switched off"))


def hand_down(item: pytest.Function) -> bool:
    """Conclude a check with the rejection that was met on the way to it, if one was."""
    rejections = (value for value in item.funcargs.values() if isinstance(value, Rejected))
    rejection = next(rejections, None)
    if rejection is None:
        return False
    check = item.stash[CHECK]
    judgement = judgement_of(rejection, check)
    if judgement.outcome is Outcome.NOT_REACHED:
        why = NotReached(rejection.reason.code, judgement.message)
        raise Unreached(why, check.candidate.name)
    report_judgement(item, judgement)
    return True


def report_judgement(item: pytest.Item, judgement: Judgement) -> None:
    """Record what a check found, and pass, fail or fail as expected."""
    check = item.stash[CHECK]
    settlement = settle(check.candidate, judgement, last_owner=check.last_owner)
    item.stash[_JUDGEMENT] = item.stash[_SHOWN] = judgement
    # It may quote the model's repository, and terminals and CI act on some of what they are told.
    message = clean(f"{settlement.message} [{_subject(item)}]")
    if settlement.now_qualifies:
        item.stash[_SHOWN] = replace(
            judgement, outcome=Outcome.FAIL, reason="now_qualifies", message=settlement.message
        )
    if settlement.colour is Colour.EXPECTED_RED:
        pytest.xfail(message)
    if settlement.colour is not Colour.GREEN:
        pytest.fail(message, pytrace=False)


def describe_report(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    """Attach to a report what the check found, for JUnit and for the evidence."""
    if call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
        return
    judgement = item.stash.get(_JUDGEMENT, None) or as_it_stands(_judgement_of(call), _way(item))
    shown = item.stash.get(_SHOWN, judgement)
    if call.excinfo is not None:
        _simplify(item, judgement, call.excinfo.value, report)
    if judgement.outcome is Outcome.BLOCKED:
        item.stash[_JUDGEMENT] = judgement
    check = item.stash[CHECK]
    if ends(check, judgement):
        item.config.stash[STANDINGS].first.setdefault(check.candidate.name, (check, judgement))
    kept = record(check, judgement, environment_of(item.config), _way(item))
    item.user_properties += properties(kept, shown)
    # A report's extra attributes reach the controller of pytest-xdist if they are plain.
    report.__dict__["sertify"] = json.dumps(kept.to_json(), default=str)


def _simplify(
    item: pytest.Item, judgement: Judgement, error: BaseException, report: pytest.TestReport
) -> None:
    """Let a report show plain text, which then comes first in JUnit and in pytest's summary."""
    if isinstance(error, Unreached):
        path, line, _ = item.location
        report.longrepr = (path, 1 if error.at_start else (line or 0) + 1, str(error))
    elif isinstance(error, Blocked):
        text = f"BLOCKED {judgement.reason}: {judgement.message} [{_subject(item)}]"
        report.longrepr = clean(text)
    elif _JUDGEMENT in item.stash and report.failed:
        report.longrepr = str(error)


def make_plain(report: pytest.TestReport) -> None:
    """Keep out of a report what no worker can send, and a login: a traceback shows headers."""
    found = report.longrepr
    if isinstance(found, tuple):
        path, line, text = found
        report.longrepr = (safe(path), line, _plain(text))
    elif found is not None and _plain(text := str(found)) != text:
        report.longrepr = _plain(text)
    report.sections = [(name, _plain(text)) for name, text in report.sections]


def _plain(text: str) -> str:
    plain: str = without_logins(safe(text))
    return plain


def bare_report(
    item: pytest.Item, call: pytest.CallInfo[None], error: BaseException
) -> pytest.TestReport:
    """Return the report of a check where pytest cannot make one of what it raised."""
    text = f"{call.excinfo.typename if call.excinfo else ''} cannot be shown: {safe(error)}"
    when: Any = call.when
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", text, when)


def _judgement_of(call: pytest.CallInfo[None]) -> Judgement:
    """Judge a check that ended without a judgement of its own."""
    if call.excinfo is None:
        return Judgement(Outcome.PASS)
    error, own = call.excinfo.value, call.when == "call"
    if isinstance(error, Escaped):
        error = error.__cause__ or error
    if isinstance(error, Unreached):
        return judgement_of(error.why)
    if isinstance(error, Skipped):
        return Judgement(Outcome.NOT_REACHED, (), "not_selected", safe(error))
    if isinstance(error, pytest.fail.Exception):
        return _failed(safe(error), own)
    return judgement_of(error, own=own)


def _failed(text: str, own: bool) -> Judgement:
    """Judge by ``pytest.fail``, which plugins call, too."""
    if "pytest-timeout" in text:
        return Judgement(Outcome.BLOCKED, (), "timed_out", text.partition("\n")[0])
    if own:
        return Judgement(Outcome.FAIL, (), "failed_check", text)
    return Judgement(Outcome.BLOCKED, (), "unexpected_error", text)


def properties(kept: "Record", shown: Judgement) -> list[tuple[str, str]]:
    """Return a test case's properties: a contract with readers of JUnit, see docs/results.md."""
    pairs: list[tuple[str, str]] = [
        ("candidate", kept.candidate),
        ("gate", kept.gate),
        ("outcome", str(shown.outcome)),
    ]
    if shown.reason is not None:
        pairs.append(("reason", shown.reason))
    if kept.commit:
        pairs.append(("commit", kept.commit))
    for measured in kept.measurements:
        pairs.append((f"measured:{measured.name}", f"{measured.value:.6g} {measured.unit}"))
        for end, value in (("low", measured.low), ("high", measured.high)):
            if value is not None:
                pairs.append((f"measured:{measured.name}.{end}", f"{value:.6g} {measured.unit}"))
    return pairs


def _subject(item: pytest.Item) -> str:
    name, way = item.stash[CHECK].candidate.name, _way(item)
    snapshot = way.known("snapshot") if way is not None else None
    commit: str = snapshot.identity if snapshot is not None else ""
    return f"{name}@{commit.removeprefix('sha256:')[:7]}" if commit else name


def _way(item: pytest.Item) -> Way | None:
    """Return the way of the candidate; None where the check was refused before it began."""
    way = item.config.stash[STANDINGS].way if getattr(item, "funcargs", None) else None
    ours = way is not None and way.get("candidate") is item.stash[CHECK].candidate
    return way if ours else None
