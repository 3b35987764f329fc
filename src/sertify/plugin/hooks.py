"""Wires checks into pytest: the hooks of a run that is one of checks. They decide nothing."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression  # what -m means, pytest alone can tell

from sertify.candidates.locks import lock_path, read_lock, require_writable
from sertify.models.processes.starting import warm_up
from sertify.pipeline.budget import planned
from sertify.pipeline.checks import ask_models
from sertify.pipeline.optional_gates import require_wanted
from sertify.pipeline.places import CHECKS, MODULE
from sertify.pipeline.speech import Speech, read_speech, require_something
from sertify.pipeline.telling import on_one_line
from sertify.plugin import early
from sertify.plugin.arguments import is_worker
from sertify.plugin.checks import (
    CHECK,
    STANDINGS,
    Standings,
    bare_report,
    describe_report,
    hand_down,
    make_plain,
    refuse_unmeasurable,
    refuse_unreached,
)
from sertify.plugin.collection import CANDIDATES, Candidates, arrange, parametrize, sort
from sertify.plugin.containment import cleared_up, contained, remembered
from sertify.plugin.letters import make_warning_sendable
from sertify.plugin.options import OPTIONS, RUN_SPEECH, Options, environment_of, open_cache
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import GATES
from sertify.vocabulary.text import counted

# Letters of a candidate's name, with which three columns take no more than 100.
_SHORT = 20


# pytest calls them by their names; nobody imports them.
__all__: list[str] = []


@pytest.hookimpl(tryfirst=True)  # before junitxml and pytest-benchmark read their options
def pytest_configure(config: pytest.Config) -> None:
    """Complain of mistakes now, and only once."""
    options = config.stash[OPTIONS] = Options.of(config)
    config.stash[CANDIDATES] = Candidates(options.candidates)
    config.stash[STANDINGS] = Standings()
    if is_worker(config):
        return
    try:
        _complain(config, options)
        _narrow_benchmarks(config)
        _let_workers_die(config)
        if not config.option.collectonly:
            _register_run(config, options)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> Any:
    """Name the checks as they are asked for, by their module, wherever that is installed."""
    if module_path.parent != CHECKS or not parent.config.option.pyargs:
        return None
    name = f"{MODULE}.{module_path.stem}"
    return pytest.Module.from_parent(parent, path=module_path, nodeid=name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a check of each candidate."""
    parametrize(metafunc)


@pytest.hookimpl(wrapper=True)  # before -m and -k leave checks out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Any:
    """Sort checks by candidate and gate; anew, after pytest has sorted them by all parameters."""
    arrange(config, items)
    result = yield
    sort(config, items)
    return result


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin what takes longest, where a check needs it and nothing is known yet."""
    config = session.config
    checks = [item.stash[CHECK] for item in session.items if CHECK in item.stash]
    if config.option.collectonly or not ask_models(checks):
        early.give_up(config)
        return
    early.go_on(config)
    with closing(open_cache(config, config.stash[OPTIONS])) as cache:
        if cache.is_new:  # else there may be no question left
            warm_up()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was begun for checks that were never come to."""
    early.leave_all(config)


@pytest.hookimpl(tryfirst=True)  # before fixtures are made
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check that cannot be reached, or not be measured, before any work for it is done."""
    if CHECK in item.stash:
        refuse_unreached(item)
        refuse_unmeasurable(item)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Any:
    """Let pytest remember that a fixture has failed, however it did."""
    with remembered(fixturedef, request):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Any:
    """Let no check end more than itself."""
    with contained():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Any:
    """End a candidate before the next one begins."""
    with cleared_up(item, nextitem):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Conclude a check with the rejection that its fixtures met, instead of calling it."""
    return (CHECK in pyfuncitem.stash and hand_down(pyfuncitem)) or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Attach what a check found to its report."""
    try:
        with contained():
            report: pytest.TestReport = yield
    except Exception as error:  # as where what was raised has no text
        report = bare_report(item, call, error)
    if CHECK in item.stash:
        describe_report(item, call, report)
    make_plain(report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: Any) -> None:
    """Let workers tell of it, whatever it quotes."""
    make_warning_sendable(warning_message)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole candidates to workers."""
    if config.getoption("dist") != "load":
        return None
    from sertify.plugin.workers import CandidateScheduling

    names = [candidate.name for candidate in config.stash[CANDIDATES].all()]
    return CandidateScheduling(config, log, names)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Say that a candidate killed its worker, and what is not judged for that."""
    run: Any = sched.config.pluginmanager.get_plugin("sertify-run")
    if run is not None and crashitem:
        run.crashed(report, getattr(sched, "abandoned", ()))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is judged, and on what."""
    options = config.stash[OPTIONS]
    number = len(config.stash[CANDIDATES].all())
    speech = _speech(config) or "the embedded speech (give --data PATH to measure accuracy)"
    told = f"sertify: {counted(number, 'candidate')} of {options.candidates.name}, on {speech}"
    judged = config.stash.get(RUN_SPEECH, Speech()).judged
    there = len(judged.clips) if judged else 0
    budget = planned(options, config.stash[CANDIDATES].suite, there) if there else {}
    return [told, *(text for gate, text in budget.items() if gate in _asked_for(config))]


def _speech(config: pytest.Config) -> str:
    """Say what the speech was taken for, and how much of it there is."""
    speech = config.stash.get(RUN_SPEECH, Speech())
    corpora = [
        corpus
        for whole in (speech.judged, speech.confirming)
        if whole is not None
        for corpus in whole.corpora
    ]
    return ", ".join(f"{each.name} ({each.layout}, {len(each.clips):,} clips)" for each in corpora)


def _complain(config: pytest.Config, options: Options) -> None:
    config.stash[CANDIDATES].all()
    if options.lock and options.locked:
        raise ConfigurationError("--lock and --locked exclude each other; give one of them")
    if options.lock:
        require_writable(options.candidates)
    elif options.locked or lock_path(options.candidates).is_file():
        read_lock(options.candidates)
    if options.device not in ("auto", "cpu"):
        environment_of(config)
    gates, suite = _asked_for(config), config.stash[CANDIDATES].suite
    require_wanted(options, suite, gates)
    with on_one_line(sys.stderr) as heed:
        speech = read_speech(options, suite, heed=heed)
    config.stash[RUN_SPEECH] = speech
    if gates:  # else pytest says so itself
        require_something(options, gates, speech)


def _narrow_benchmarks(config: pytest.Config) -> None:
    """Let the tables of pytest-benchmark be as narrow as ours, unless columns were asked for."""
    if getattr(config.option, "benchmark_columns", ()) is None:
        longest = max(len(candidate.name) for candidate in config.stash[CANDIDATES].all())
        columns = ["median", "iqr", "rounds"] if longest <= _SHORT else ["median", "rounds"]
        config.option.benchmark_columns = columns


def _let_workers_die(config: pytest.Config) -> None:
    """Let each candidate cost a worker; else pytest-xdist gives up after four for each."""
    workers = getattr(config.option, "numprocesses", None)
    if workers and config.option.maxworkerrestart is None:
        most = 4 * int(workers) + len(config.stash[CANDIDATES].all())
        config.option.maxworkerrestart = str(most)


def _asked_for(config: pytest.Config) -> list[str]:
    """Return the gates of which the options select a check."""
    if config.getoption("benchmark_only", default=False):
        return ["speed"]
    return [gate for gate in GATES if _selected(config.option.markexpr or "", gate)]


def _selected(expression: str, *markers: str) -> bool:
    """Whether ``-m`` selects a test that has these markers."""
    if not expression:
        return True
    try:
        compiled = Expression.compile(expression)
    except SyntaxError:
        return False  # pytest says so itself
    return compiled.evaluate(lambda name, /, **_: name in markers)


def _register_run(config: pytest.Config, options: Options) -> None:
    from sertify.plugin.run import Run

    if getattr(config.option, "xmlpath", "") is None:
        config.option.xmlpath = str(options.reports / "junit.xml")
    config.pluginmanager.register(Run(config, config.stash[RUN_SPEECH]), "sertify-run")
