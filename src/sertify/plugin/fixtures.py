"""The stages of a candidate's way as fixtures of pytest, by the same names.

Each lives as long as its candidate, so that one model is in memory at a time. Where a stage finds a
reason to reject the candidate, that reason is the value of the fixture, until a check receives it.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sertify.candidates.latency import Serving
from sertify.candidates.reading import Candidate
from sertify.evidence.cache import Cache
from sertify.evidence.store import EvidenceStore
from sertify.gates.parts import Part
from sertify.pipeline.checking import require_unchanged
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way
from sertify.plugin.arguments import is_worker
from sertify.plugin.checks import CHECK, STANDINGS, Unreached, report_judgement
from sertify.plugin.collection import CANDIDATES
from sertify.plugin.options import OPTIONS, RUN_SPEECH, Options, open_cache
from sertify.plugin.progress import Progress, say_aloud
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.errors import NotReached, Rejected
from sertify.vocabulary.outcomes import Judgement


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest) -> Candidate:
    """The candidate under test."""
    chosen: Candidate = request.config.stash[CANDIDATES].named(request.param)
    return chosen


@pytest.fixture(scope="session")
def options(pytestconfig: pytest.Config) -> Options:
    """The options of the run."""
    return pytestconfig.stash[OPTIONS]


@pytest.fixture(scope="session")
def cache(options: Options, pytestconfig: pytest.Config) -> Iterator[Cache]:
    """What earlier runs have computed."""
    opened = open_cache(pytestconfig, options)
    yield opened
    opened.close()
    terminal: Any = pytestconfig.pluginmanager.getplugin("terminalreporter")
    if opened.problem and terminal is not None:
        terminal.write_line(f"\nsertify: nothing is remembered: {opened.problem}", yellow=True)


@pytest.fixture(scope="session")
def run(
    request: pytest.FixtureRequest, options: Options, cache: Cache, pytestconfig: pytest.Config
) -> Iterator[Way]:
    """What all candidates share."""
    checks = [item.stash[CHECK] for item in request.session.items if CHECK in item.stash]
    given: dict[str, Any] = {
        "settings": options,
        "suite": pytestconfig.stash[CANDIDATES].suite,
        # A worker does not know yet which of the candidates are its own.
        "ahead": [] if is_worker(pytestconfig) else [check.candidate for check in checks],
        "cache": cache,
        "say": functools.partial(say_aloud, pytestconfig),
        "store": EvidenceStore(options.reports / "evidence.sqlite"),
    }
    if RUN_SPEECH in pytestconfig.stash:  # a worker reads it for itself
        given["speech"] = pytestconfig.stash[RUN_SPEECH]
    way = Way(STAGES, **given)
    yield way
    way.close()
    given["store"].close()


@pytest.fixture(scope="session")
def way(run: Way, candidate: Candidate, pytestconfig: pytest.Config) -> Iterator[Way]:
    """The candidate's way, from its entry to its scores and timing."""
    tell = functools.partial(Progress, pytestconfig, candidate.name)
    branch = run.branch(candidate=candidate, tell=tell)
    pytestconfig.stash[STANDINGS].way = branch
    yield branch
    pytestconfig.stash[STANDINGS].way = None
    branch.close()


def _value(way: Way, name: str) -> Any:
    """Return the value of a stage, or the reason for rejection that was met on the way to it."""
    try:
        return way.get(name)
    except Rejected as rejection:
        return rejection
    except NotReached as why:
        # What has details is about the candidate, and not about the run.
        raise Unreached(why, way.get("candidate").name if why.details else "") from None


def _fixture(name: str, stage: Callable[..., Any]) -> Any:
    def of_run(run: Way) -> Any:
        return _value(run, name)

    def of_candidate(way: Way) -> Any:
        return _value(way, name)

    fixture = of_candidate if "candidate" in Way(STAGES).needs(name) else of_run
    fixture.__doc__ = stage.__doc__
    return pytest.fixture(scope="session", name=name)(fixture)


_OF_A_CHECK = ("score", "disturbed", "streamed", "grouped_score", "timing", "served")
globals().update({n: _fixture(n, stage) for n, stage in STAGES.items() if n not in _OF_A_CHECK})


@pytest.fixture
def score(way: Way, part: Part) -> Any:
    """How well the predictions agree with the labels of a part of the speech."""
    return _value(way.branch(part=part), "score")


@pytest.fixture
def disturbed(way: Way, condition: Condition) -> Any:
    """What a condition costs the candidate."""
    return _value(way.branch(condition=condition), "disturbed")


@pytest.fixture
def streamed(way: Way, streaming: str) -> Any:
    """What the model says while clips are still being spoken, where that is asked for."""
    return _value(way.branch(streaming=streaming), "streamed")


@pytest.fixture
def grouped_score(way: Way, column: str) -> Any:
    """How far the groups of a column are apart in what the model understands."""
    return _value(way.branch(column=column), "grouped_score")


@pytest.fixture
def clock(way: Way, request: pytest.FixtureRequest) -> Any:
    """The timer for pytest-benchmark, which has to learn of it before its fixture is made."""
    stopwatch = _value(way, "stopwatch")
    if isinstance(stopwatch, Rejected):
        return stopwatch
    request.node.add_marker(pytest.mark.benchmark(timer=stopwatch.clock.now))
    return stopwatch.clock


@pytest.fixture
def timing(
    way: Way, clock: Any, benchmark: Any, seconds: float, pytestconfig: pytest.Config
) -> Any:
    """What a segment of this length costs, measured by pytest-benchmark after a warm-up."""
    if isinstance(clock, Rejected):
        return clock

    def repeat(call: Callable[[], float], least: int) -> Sequence[float]:
        if least:
            rounds = max(least, pytestconfig.getoption("benchmark_min_rounds"))
            benchmark.pedantic(clock.call, args=(call,), rounds=rounds)
        else:
            benchmark(clock.call, call)
        took: Sequence[float] = benchmark.stats.stats.data
        return took

    benchmark.group = f"{seconds:g} s of audio"
    measured = _value(way.branch(seconds=seconds, repeat=repeat), "timing")
    if not isinstance(measured, Rejected):
        benchmark.extra_info |= {each.name: each.value for each in measured.measurements}
    return measured


@pytest.fixture
def served(way: Way, clock: Any, benchmark: Any, serving: Serving) -> Any:
    """How many requests a second are answered in time; pytest-benchmark is told of each."""
    if isinstance(clock, Rejected):
        return clock
    measured = _value(way.branch(serving=serving), "served")
    if not isinstance(measured, Rejected):
        took = itertools.cycle(measured.decisive.latencies)  # a profiler asks once more
        rounds = len(measured.decisive.latencies)
        benchmark.group = f"{serving.min:g} requests a second"
        benchmark.pedantic(clock.call, args=(lambda: next(took),), rounds=rounds)
        benchmark.extra_info |= {each.name: each.value for each in measured.measurements}
    return measured


@pytest.fixture
def check(request: pytest.FixtureRequest, way: Way) -> Callable[[Judgement], None]:
    """Record a judgement, then pass or fail by it."""
    require_unchanged(way)
    return functools.partial(report_judgement, request.node)
