"""The beginning and the end of a run, as it stands in its reports and in pytest's."""

import functools
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Corpus
from sertify.evidence.store import EvidenceStore
from sertify.gates.confirming import Basis
from sertify.pipeline.confirmation import confirm
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.elsewhere import begin_junit
from sertify.plugin.interruption import Interruption
from sertify.plugin.options import OPTIONS, environment_of, open_cache
from sertify.plugin.progress import Progress
from sertify.plugin.reporting import not_judged, reports_of
from sertify.report.cases import run_cases
from sertify.report.ending import basis_of, begin_run
from sertify.report.results.model.results import Results, RunResult
from sertify.report.writing import Written
from sertify.vocabulary.errors import SertifyError


def begin_reports(config: pytest.Config, run: RunResult, command: str) -> None:
    """Write that a run is under way over the reports of an earlier one."""
    suite, reports = config.stash[CANDIDATES].suite, config.stash[OPTIONS].reports
    begin_run(suite, environment_of(config), run, reports, command=command)
    begin_junit(config, Written())  # what cannot be written is told at the end


def close(
    session: pytest.Session,
    results: Results,
    confirming: Corpus | None,
    store: EvidenceStore,
    interruption: Interruption,
) -> Results:
    """Confirm the selected one where that is asked for, and let the run say what became."""
    chosen = results.selection.candidate
    if chosen is not None and confirming is not None:
        candidate = session.config.stash[CANDIDATES].named(chosen)
        try:
            with interruption.allowed():
                found = _confirmed(session.config, candidate, confirming, results, store)
        except KeyboardInterrupt:
            session.exitstatus = pytest.ExitCode.INTERRUPTED
            run = results.run and results.run.model_copy(update={"finished": False})
            return results.of_run(run)
        results = results.confirmed(found)
    for report in (report for case in run_cases(results) for report in reports_of(case)):
        _report(session, report)
    return results


def _confirmed(
    config: pytest.Config,
    candidate: Candidate,
    corpus: Corpus,
    results: Results,
    store: EvidenceStore,
) -> dict[str, Any]:
    tell = functools.partial(Progress, config, candidate.name)
    suite, settings = config.stash[CANDIDATES].suite, config.stash[OPTIONS]
    basis: Basis | None = basis_of(results)
    with closing(open_cache(config, settings)) as cache:
        run = Way(STAGES, settings=settings, suite=suite, ahead=(), cache=cache)
        with closing(run):
            return confirm(run, candidate, corpus, tell, basis=basis, store=store)


def _report(session: pytest.Session, report: pytest.TestReport) -> None:
    hook = session.config.hook
    if report.when == "call":
        session.testscollected += 1
        hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
    hook.pytest_runtest_logreport(report=report)
    if report.failed:
        session.testsfailed += 1
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def account_for_lost(session: pytest.Session, left: Mapping[str, Sequence[str]]) -> None:
    """Report what no worker is left to judge, where nobody asked for an end."""
    workers: Any = session.config.pluginmanager.get_plugin("dsession")
    interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
    if workers is None or workers.shouldstop or interrupted:
        return
    for report in not_judged(session.config, left):
        session.config.hook.pytest_runtest_logreport(report=report)
        session.testsfailed += report.failed
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def why_unconcluded(error: Exception) -> str:
    """Say why a run has no conclusion; what nobody expected is shown as it happened."""
    if isinstance(error, SertifyError):
        return str(error)
    traceback.print_exception(error)
    return f"{type(error).__name__}: {error}"
