"""The run as a whole: keeps the evidence of each check, and draws the conclusions at the end."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # LogXML has no other way to suite-level properties

from sertify.candidates.locks import Locked, moved, read_lock, write_lock
from sertify.corpora.clips import content_keys
from sertify.evidence.store import EvidenceStore, Record
from sertify.pipeline.confirmation import confirm
from sertify.pipeline.speech import Data
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import OPTIONS, environment_of
from sertify.plugin.reporting import account_for, verdict_reports
from sertify.plugin.screen import Display
from sertify.report import terminal
from sertify.report.changes import since
from sertify.report.page import recordings
from sertify.report.results import conclusion, speech
from sertify.report.results.model.results import Results
from sertify.report.results.reading import read_results
from sertify.report.writing import write_reports
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import Outcome


class Run:
    """Lives in the process that pytest was started in, also where workers run the checks.

    Raises ``ConfigurationError`` where evidence cannot be kept, or an earlier run not be read.
    """

    def __init__(self, config: pytest.Config, data: Data) -> None:
        self._config = config
        self._options = config.stash[OPTIONS]
        self._data = data
        compared = self._options.compare  # which this run may write over
        self._earlier = read_results(compared) if compared else None
        self._store = EvidenceStore(self._options.reports / "evidence.sqlite")
        self._store.check()
        self._seen = 0
        self._selects = False
        self._shared = False
        self._commits: dict[str, str] = {}
        self._aftermath: list[pytest.TestReport] = []
        self._results: Results | None = None
        self._written: Mapping[str, Path] = {}
        config.pluginmanager.register(Display(config), "sertify-display")

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a check found, at once."""
        text = getattr(report, "sertify", None)
        if text is not None:
            self._keep(Record.from_json(json.loads(text)))
        following, self._aftermath = self._aftermath, []
        for one in following:
            self._config.hook.pytest_runtest_logreport(report=one)

    def _keep(self, record: Record) -> None:
        self._seen += 1
        self._shared |= record.reason == "needs_serial_run"
        self._selects |= record.gate == "accuracy"
        if record.commit:
            self._commits[record.candidate] = record.commit
        if record.outcome is not Outcome.NOT_REACHED:
            self._store.add(record)

    def crashed(self, report: pytest.TestReport, abandoned: Sequence[str]) -> None:
        """Complete the report of a worker's crash; what follows from it is reported behind it."""
        self._aftermath = account_for(self._config, report, abandoned)

    @pytest.hookimpl(tryfirst=True)  # before LogXML writes its file
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Draw the conclusions, and write them where the user looks for them."""
        if not self._seen:
            return
        corpus = self._data.judged
        if corpus is not None:
            self._store.add_corpus(corpus.fingerprint, speech.facts(corpus))
        results = conclusion.conclude(
            self._config.stash[CANDIDATES].suite,
            self._store,
            environment_of(self._config),
            corpus=corpus.fingerprint if corpus is not None else None,
            command=shlex.join(["pytest", *map(str, self._config.invocation_params.args)]),
            moved=self._moved(),
            names=self._names(),
        )
        results = self._close(session, results)
        if self._earlier is not None:
            results = results.compared(since.since(self._earlier, results))
        self._results = results
        self._written = write_reports(results, self._options.reports, self._recorded(results))
        if self._options.model_index:
            self._written = {**self._written, **self._model_index(results)}
        if self._options.lock and self._commits:
            self._written = {**self._written, "lock": self._lock()}
        xml = self._config.stash.get(xml_key, None)
        if xml is not None:
            for name, value in conclusion.suite_properties(results).items():
                xml.add_global_property(name, value)

    def _close(self, session: pytest.Session, results: Results) -> Results:
        """Confirm the selected one where that is asked for, and let the run say what became."""
        judged = self._data.judged
        if not self._selects or judged is None or not judged.labelled or session.shouldstop:
            return results
        chosen, confirming = results.selection.candidate, self._data.confirming
        if chosen is not None and confirming is not None:
            candidate = self._config.stash[CANDIDATES].named(chosen)
            results = results.confirmed(confirm(self._config, candidate, confirming))
        for report in verdict_reports(results):
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

    def _names(self) -> dict[str, str]:
        """Return what the clips of this run are called, by their content keys."""
        clips = self._data.judged.clips if self._data.judged else ()
        return dict(zip(content_keys(clips), (clip.name for clip in clips), strict=True))

    def _recorded(self, results: Results) -> dict[str, str]:
        """Return the recordings for the page, where they are asked for."""
        limit, corpus = self._options.report_audio, self._data.judged
        return recordings.recorded(results, corpus, limit) if limit and corpus else {}

    def _model_index(self, results: Results) -> dict[str, Path]:
        from sertify.report import model_index  # the Hub's library, which else need not load

        path = model_index.write_model_index(results, self._options.reports)
        return {} if path is None else {"model card": path}

    def _lock(self) -> Path:
        """Write the commits of this run; of what it did not judge, the lock stays as it is."""
        path = self._options.candidates
        try:
            locked = read_lock(path)
        except ConfigurationError:
            locked = {}  # there is none, or none that could be kept
        entries = {}
        for candidate in self._config.stash[CANDIDATES].all():
            commit = self._commits.get(candidate.name)
            if commit is not None:
                entries[candidate.name] = Locked(candidate.model, commit)
            elif candidate.name in locked:
                entries[candidate.name] = locked[candidate.name]
        return write_lock(path, entries)

    def _moved(self) -> dict[str, str]:
        """Return what the candidates are locked at that this run found at another commit."""
        return {} if self._options.lock else moved(self._options.candidates, self._commits)

    def pytest_unconfigure(self) -> None:
        """Let go of the evidence."""
        self._store.close()

    @pytest.hookimpl(trylast=True)  # what matters most stands last
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table of candidates, and where the reports are."""
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
