"""Wires sertify into pytest: options, markers, hooks. It decides nothing."""

from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression  # what -m means, pytest alone can tell

from sertify.errors import ConfigurationError
from sertify.locks import lock_path, read_lock, require_writable
from sertify.outcomes import GATES
from sertify.plugin import checks, collection, fixtures
from sertify.plugin.data import DATA, Data, read_data
from sertify.plugin.options import OPTIONS, Options, add_options, environment_of, is_worker, joined

_CHECKS = Path(__file__).parents[3] / "tests" / "checks"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of sertify."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Any:
    """Call pytest anew where it mistook the value of an option for a path of tests."""
    if is_worker(config):
        return None
    call = config.invocation_params
    args = joined(call.args, call.dir)
    return None if args is None else pytest.main(args, call.plugins)


@pytest.hookimpl(tryfirst=True)  # before junitxml and pytest-benchmark read their options
def pytest_configure(config: pytest.Config) -> None:
    """Register markers; where the run is one of checks, complain of mistakes now, and only once."""
    if is_worker(config):
        config.option.cacheclear = False  # the others may have begun to fill it again
    for gate in GATES:
        config.addinivalue_line("markers", f"{gate}: the {gate} gate of a candidate")
    config.addinivalue_line("markers", "owns(*codes): the reason codes that a check may find")
    options = config.stash[OPTIONS] = Options.of(config)
    config.stash[collection.CANDIDATES] = collection.Candidates(options.candidates)
    config.stash[checks.STANDINGS] = checks.Standings()
    if not _runs_checks(config):
        return
    # Their names are everyday words, which are left to other projects' tests.
    config.pluginmanager.register(fixtures, "sertify-fixtures")
    if is_worker(config):
        return
    try:
        _complain(config, options)
        if not config.option.collectonly:
            _register_run(config, options)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a check of each candidate."""
    if _runs_checks(metafunc.config):
        collection.parametrize(metafunc)


@pytest.hookimpl(wrapper=True)  # before -m and -k leave checks out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Any:
    """Sort checks by candidate and gate; anew, after pytest has sorted them by all parameters."""
    ours = _runs_checks(config)
    if ours:
        collection.arrange(config, items)
    result = yield
    if ours:
        collection.sort(config, items)
    return result


@pytest.hookimpl(tryfirst=True)  # before fixtures are made
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check that cannot be reached, or not be measured, before any work for it is done."""
    if checks.ITEM in item.stash:
        checks.refuse_unreached(item)
        checks.refuse_unmeasurable(item)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Conclude a check with the rejection that its fixtures met, instead of calling it."""
    return (checks.ITEM in pyfuncitem.stash and checks.hand_down(pyfuncitem)) or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Attach what a check found to its report."""
    report: pytest.TestReport = yield
    if checks.ITEM in item.stash:
        checks.describe(item, call, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole candidates to workers."""
    if config.getoption("dist") != "load" or not _runs_checks(config):
        return None
    from sertify.plugin.distribution import CandidateScheduling

    names = [candidate.name for candidate in config.stash[collection.CANDIDATES].all()]
    return CandidateScheduling(config, log, names)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Say that a candidate killed its worker, and what is not judged for that."""
    run: Any = sched.config.pluginmanager.get_plugin("sertify-run")
    if run is not None and crashitem:
        run.crashed(report, getattr(sched, "abandoned", ()))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is judged, and on what."""
    if not _runs_checks(config):
        return []
    options = config.stash[OPTIONS]
    number = len(config.stash[collection.CANDIDATES].all())
    speech = _speech(config) or "the embedded speech (give --data PATH to measure accuracy)"
    return [f"sertify: {number} candidates of {options.candidates.name}, on {speech}"]


def _speech(config: pytest.Config) -> str:
    """Say what the speech was taken for, and how much of it there is."""
    data = config.stash.get(DATA, Data())
    said = [
        f"{one.name} ({one.layout}, {len(one.clips):,} clips)"
        for corpus in (data.judged, data.confirming)
        if corpus is not None
        for one in corpus.corpora
    ]
    return ", ".join(said)


def _runs_checks(config: pytest.Config) -> bool:
    """Whether the arguments of pytest reach the checks; a run of other tests is left alone."""
    if not _CHECKS.is_dir():
        return False
    paths = [
        (config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args
    ]
    return any(_CHECKS.is_relative_to(path) or path.is_relative_to(_CHECKS) for path in paths)


def _complain(config: pytest.Config, options: Options) -> None:
    config.stash[collection.CANDIDATES].all()
    if options.lock and options.locked:
        raise ConfigurationError("--lock and --locked exclude each other; give one of them")
    if options.lock:
        require_writable(options.candidates)
    elif options.locked or lock_path(options.candidates).is_file():
        read_lock(options.candidates)
    if not options.weights and not _asks_for(config, "loadability", "labels"):
        raise ConfigurationError("--no-weights leaves nothing to judge of what was selected")
    if options.device not in ("auto", "cpu"):
        environment_of(config)
    data = config.stash[DATA] = read_data(options, config.stash[collection.CANDIDATES].suite)
    corpus = data.judged
    expression = config.option.markexpr or ""
    only_accuracy = _selected(expression, "accuracy") and not _selected(expression)
    if only_accuracy and not (corpus and corpus.labelled):
        raise pytest.UsageError(
            "-m accuracy needs labelled speech: give --data PATH, a folder with a metadata.csv"
            " (columns file_name and label) or with one subfolder per label"
        )


def _asks_for(config: pytest.Config, *gates: str) -> bool:
    """Whether the options select a check of one of these gates."""
    if config.getoption("benchmark_only", default=False):
        return False
    return any(_selected(config.option.markexpr or "", gate) for gate in gates)


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
    config.pluginmanager.register(Run(config, config.stash[DATA]), "sertify-run")
