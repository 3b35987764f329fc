"""The run as a whole: keeps the evidence of each check, and draws the conclusions at the end."""

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.locks import lock_path, update_lock
from sertify.evidence.store import EvidenceStore, Record
from sertify.pipeline.checking import is_evidence
from sertify.pipeline.speech import Speech
from sertify.plugin.asked import Asked
from sertify.plugin.checks import CHECK
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.elsewhere import end_junit, guard_benchmarks, tell_junit
from sertify.plugin.ending import account_for_lost, begin_reports, close, why_unconcluded
from sertify.plugin.interruption import Interruption
from sertify.plugin.options import OPTIONS, environment_of
from sertify.plugin.reporting import account_for
from sertify.plugin.screen import Display
from sertify.plugin.workers import split
from sertify.report import terminal
from sertify.report.ending import conclude_run, write_run
from sertify.report.page import recordings
from sertify.report.results import conclusion
from sertify.report.results.model.results import Results
from sertify.report.results.reading import read_results
from sertify.report.writing import Written
from sertify.vocabulary.outcomes import Outcome
from sertify.vocabulary.reasons import gate_of

_REWRITTEN = "{} changed during the run, which judged it as it was at its start"


class Run:
    """Lives in the process that pytest was started in, also where workers run the checks.

    Raises ``ConfigurationError`` where evidence cannot be kept, or an earlier run not be read.
    """

    def __init__(self, config: pytest.Config, speech: Speech) -> None:
        self._config = config
        self._options = config.stash[OPTIONS]
        self._speech = speech
        self._command = shlex.join(["pytest", *map(str, config.invocation_params.args)])
        compared = self._options.compare  # which this run may write over
        self._earlier = read_results(compared) if compared else None
        self._store = EvidenceStore(self._options.reports / "evidence.sqlite")
        self._store.check()
        self._listed = _content(self._options.candidates)
        self._asked = Asked()
        self._judged = 0
        self._selects = self._told = False
        self._shared = False
        self._commits: dict[str, str] = {}
        self._aftermath: list[pytest.TestReport] = []
        self._results: Results | None = None
        self._written = Written()
        self._interruption = Interruption()
        config.pluginmanager.register(self._interruption, "sertify-interruption")
        config.pluginmanager.register(Display(config), "sertify-display")

    def pytest_sessionstart(self) -> None:
        """Watch over what others write."""
        guard_benchmarks(self._config, self._written)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is to be judged."""
        checks = (item for item in session.items if CHECK in item.stash)
        self._ask((item.nodeid, item.stash[CHECK].candidate.name) for item in checks)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note it where workers have found it out."""
        names = {candidate.name for candidate in self._config.stash[CANDIDATES].all()}
        self._ask((nodeid, name) for nodeid in ids if (name := split(nodeid)[0]) in names)

    def _ask(self, checks: Iterable[tuple[str, str]]) -> None:
        before = bool(self._asked)
        self._asked.ask(checks)
        if self._asked and not before:
            begin_reports(self._config, self._asked.course(finished=False), self._command)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a check found, at once."""
        text = getattr(report, "sertify", None)
        if text is not None:
            self._keep(Record.from_json(json.loads(text)))
        if text is not None or report.when == "teardown":
            self._asked.hear(report.nodeid)
        following, self._aftermath = self._aftermath, []
        for next_report in following:
            self._config.hook.pytest_runtest_logreport(report=next_report)

    def _keep(self, record: Record) -> None:
        self._judged += (
            record.outcome is not Outcome.NOT_REACHED or gate_of(record.reason or "") is not None
        )
        self._shared |= record.reason == "needs_serial_run"
        self._selects |= record.gate == "accuracy"
        if record.commit:
            self._commits[record.candidate] = record.commit
        if is_evidence(record):
            self._store.add(record)

    def crashed(self, report: pytest.TestReport, abandoned: Sequence[str]) -> None:
        """Complete the report of a worker's crash; what follows from it is reported behind it."""
        self._aftermath = account_for(self._config, report, abandoned)

    @pytest.hookimpl(wrapper=True, trylast=True)  # within whoever tells what was written
    def pytest_sessionfinish(self, session: pytest.Session) -> Any:
        """Draw the conclusions, and write them where the user looks for them."""
        if self._asked:
            self._end(session)
        result = yield
        tell_junit(self._config, self._written)
        session.exitstatus = self._status(session.exitstatus)
        return result

    def _end(self, session: pytest.Session) -> None:
        try:
            self._asked.end()
            self._settle()
            account_for_lost(session, self._asked.left)
            self._results = self._concluded(session)
            self._write(self._results)
        except Exception as error:
            self._written.missing["report"] = why_unconcluded(error)
        properties = conclusion.suite_properties(self._results) if self._results else {}
        end_junit(self._config, self._written, properties)

    def _settle(self) -> None:
        self._store.settle()
        if _content(self._options.candidates) != self._listed:
            self._store.remarks.append(_REWRITTEN.format(self._options.candidates.name))

    def _concluded(self, session: pytest.Session) -> Results:
        results = conclude_run(
            self._config.stash[CANDIDATES].suite,
            self._store,
            environment_of(self._config),
            self._speech.judged,
            self._commits,
            candidates=self._options.candidates,
            command=self._command,
            relock=self._options.lock,
        ).of_run(self._asked.course())
        judged = self._speech.judged
        if self._asked.left or not self._selects or judged is None or not judged.labelled:
            return results
        return close(session, results, self._speech.confirming, self._store, self._interruption)

    def _write(self, results: Results) -> None:
        self._results, written = write_run(
            results,
            self._options.reports,
            before=self._earlier,
            model_index=self._options.model_index,
            audio=self._recorded(results),
        )
        self._written.add(written)
        if self._options.lock and self._commits:
            models = {each.name: each.model for each in self._config.stash[CANDIDATES].all()}
            path, commits, data = self._options.candidates, self._commits, self._speech.locks
            self._written.attempt(
                "lock", lock_path(path), lambda: update_lock(path, models, commits, data)
            )

    def _status(self, status: int) -> int:
        """Return how the run ends: never as if all were judged where that is not so."""
        if status == pytest.ExitCode.OK and self._asked.left:
            return pytest.ExitCode.INTERRUPTED
        if status == pytest.ExitCode.OK and self._written.missing:
            return pytest.ExitCode.TESTS_FAILED
        if status == pytest.ExitCode.OK and self._asked and not self._judged:
            return pytest.ExitCode.NO_TESTS_COLLECTED
        return status

    def _recorded(self, results: Results) -> dict[str, str]:
        """Return the recordings for the page, where they are asked for."""
        limit, corpus = self._options.report_audio, self._speech.judged
        return recordings.recorded(results, corpus, limit) if limit and corpus else {}

    @pytest.hookimpl(tryfirst=True)  # while there is somebody to write to
    def pytest_unconfigure(self) -> None:
        """Let go of the evidence; tell what pytest tells no more after an error of its own."""
        terminalreporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if not self._told and terminalreporter is not None:
            self.pytest_terminal_summary(terminalreporter)
        self._store.close()

    @pytest.hookimpl(trylast=True)  # what matters most stands last
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table of candidates, where the reports are, and why others are not."""
        self._told = True
        for remark in self._store.remarks:
            terminalreporter.write_line(f"sertify: {remark}", yellow=True)
        if not self._asked:
            return
        terminalreporter.section("sertify")
        # A log is as wide as it has to be, and not what pytest takes it for.
        width = min(100, terminalreporter._tw.fullwidth) if terminalreporter.isatty else 100
        for line, markup in terminal.lines(self._results, width) if self._results else ():
            terminalreporter.write_line(line, **markup)
        if not (self._judged or self._asked.left):
            terminalreporter.write_line("Nothing was judged: every check was skipped.", red=True)
        if self._shared:
            terminalreporter.write_line(
                "Speed was not measured: workers disturb each other; run `pytest -m speed -n 0`."
            )
        for name, path in self._written.told():
            terminalreporter.write_line(f"{name}: {_short(path, self._config)}")
        for complaint in self._written.complaints():
            terminalreporter.write_line(complaint, red=True)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _short(path: Path, config: pytest.Config) -> str:
    here = config.invocation_params.dir
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
