"""The run as a whole: keeps the evidence of each check, and draws the conclusions at the end."""

import functools
import json
import shlex
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # LogXML has no other way to suite-level properties

from sertify.candidates.locks import update_lock
from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Corpus
from sertify.evidence.store import EvidenceStore, Record
from sertify.gates.confirming import Basis
from sertify.pipeline.checking import is_evidence
from sertify.pipeline.confirmation import confirm
from sertify.pipeline.speech import Speech
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import OPTIONS, environment_of, open_cache
from sertify.plugin.progress import Progress
from sertify.plugin.reporting import account_for, reports_of
from sertify.plugin.screen import Display
from sertify.report import terminal
from sertify.report.cases import run_cases
from sertify.report.ending import basis_of, conclude_run, write_run
from sertify.report.page import recordings
from sertify.report.results import conclusion
from sertify.report.results.model.results import Results
from sertify.report.results.reading import read_results

_REWRITTEN = "{} changed during the run, which judged it as it was at its start"


class Run:
    """Lives in the process that pytest was started in, also where workers run the checks.

    Raises ``ConfigurationError`` where evidence cannot be kept, or an earlier run not be read.
    """

    def __init__(self, config: pytest.Config, speech: Speech) -> None:
        self._config = config
        self._options = config.stash[OPTIONS]
        self._speech = speech
        compared = self._options.compare  # which this run may write over
        self._earlier = read_results(compared) if compared else None
        self._store = EvidenceStore(self._options.reports / "evidence.sqlite")
        self._store.check()
        self._listed = self._options.candidates.read_bytes()
        self._seen = 0
        self._selects = False
        self._shared = False
        self._commits: dict[str, str] = {}
        self._aftermath: list[pytest.TestReport] = []
        self._results: Results | None = None
        self._written: dict[str, Path] = {}
        config.pluginmanager.register(Display(config), "sertify-display")

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a check found, at once."""
        text = getattr(report, "sertify", None)
        if text is not None:
            self._keep(Record.from_json(json.loads(text)))
        following, self._aftermath = self._aftermath, []
        for next_report in following:
            self._config.hook.pytest_runtest_logreport(report=next_report)

    def _keep(self, record: Record) -> None:
        self._seen += 1
        self._shared |= record.reason == "needs_serial_run"
        self._selects |= record.gate == "accuracy"
        if record.commit:
            self._commits[record.candidate] = record.commit
        if is_evidence(record):
            self._store.add(record)

    def crashed(self, report: pytest.TestReport, abandoned: Sequence[str]) -> None:
        """Complete the report of a worker's crash; what follows from it is reported behind it."""
        self._aftermath = account_for(self._config, report, abandoned)

    @pytest.hookimpl(tryfirst=True)  # before LogXML writes its file
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Draw the conclusions, and write them where the user looks for them."""
        if not self._seen:
            return
        self._store.settle()
        if self._options.candidates.read_bytes() != self._listed:
            self._store.remarks.append(_REWRITTEN.format(self._options.candidates.name))
        results = conclude_run(
            self._config.stash[CANDIDATES].suite,
            self._store,
            environment_of(self._config),
            self._speech.judged,
            self._commits,
            candidates=self._options.candidates,
            command=shlex.join(["pytest", *map(str, self._config.invocation_params.args)]),
            relock=self._options.lock,
        )
        results = self._close(session, results)
        results, self._written = write_run(
            results,
            self._options.reports,
            before=self._earlier,
            model_index=self._options.model_index,
            audio=self._recorded(results),
        )
        self._results = results
        if self._options.lock and self._commits:
            models = {each.name: each.model for each in self._config.stash[CANDIDATES].all()}
            self._written["lock"] = update_lock(self._options.candidates, models, self._commits)
        xml = self._config.stash.get(xml_key, None)
        if xml is not None:
            for name, value in conclusion.suite_properties(results).items():
                xml.add_global_property(name, value)

    def _close(self, session: pytest.Session, results: Results) -> Results:
        """Confirm the selected one where that is asked for, and let the run say what became."""
        judged = self._speech.judged
        if not self._selects or judged is None or not judged.labelled or session.shouldstop:
            return results
        chosen, confirming = results.selection.candidate, self._speech.confirming
        if chosen is not None and confirming is not None:
            candidate = self._config.stash[CANDIDATES].named(chosen)
            basis = basis_of(results)
            results = results.confirmed(self._confirm(candidate, confirming, basis))
        for report in (report for case in run_cases(results) for report in reports_of(case)):
            if report.when == "call":
                session.testscollected += 1
                self._config.hook.pytest_runtest_logstart(
                    nodeid=report.nodeid, location=report.location
                )
            self._config.hook.pytest_runtest_logreport(report=report)
            if report.failed:
                session.testsfailed += 1
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return results

    def _confirm(self, candidate: Candidate, corpus: Corpus, basis: Basis | None) -> dict[str, Any]:
        tell = functools.partial(Progress, self._config, candidate.name)
        with closing(open_cache(self._config, self._options)) as cache:
            suite = self._config.stash[CANDIDATES].suite
            run = Way(STAGES, settings=self._options, suite=suite, ahead=(), cache=cache)
            with closing(run):
                return confirm(run, candidate, corpus, tell, basis=basis, store=self._store)

    def _recorded(self, results: Results) -> dict[str, str]:
        """Return the recordings for the page, where they are asked for."""
        limit, corpus = self._options.report_audio, self._speech.judged
        return recordings.recorded(results, corpus, limit) if limit and corpus else {}

    def pytest_unconfigure(self) -> None:
        """Let go of the evidence."""
        self._store.close()

    @pytest.hookimpl(trylast=True)  # what matters most stands last
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table of candidates, and where the reports are."""
        for remark in self._store.remarks:
            terminalreporter.write_line(f"sertify: {remark}", yellow=True)
        if self._results is None:
            return
        terminalreporter.section("sertify")
        # A log is as wide as it has to be, and not what pytest takes it for.
        width = min(100, terminalreporter._tw.fullwidth) if terminalreporter.isatty else 100
        for line, markup in terminal.lines(self._results, width):
            terminalreporter.write_line(line, **markup)
        if self._shared:
            terminalreporter.write_line(
                "Speed was not measured: workers disturb each other; run `pytest -m speed -n 0`."
            )
        for name, path in self._written.items():
            terminalreporter.write_line(f"{name}: {_short(path, self._config)}")


def _short(path: Path, config: pytest.Config) -> str:
    here = config.invocation_params.dir
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
