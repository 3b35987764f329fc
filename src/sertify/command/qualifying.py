"""The suite without pytest: what a notebook or a program of one's own calls."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sertify.candidates.limits import allowances_of
from sertify.candidates.reading import Candidate, Suite, read_suite
from sertify.evidence.cache import Cache
from sertify.evidence.store import EvidenceStore, Record
from sertify.models.speed.stopwatch import repeated
from sertify.pipeline.checking import is_evidence, record, run_in_order
from sertify.pipeline.checks import Check, checks_of, read_checks
from sertify.pipeline.confirmation import confirm as confirm_on
from sertify.pipeline.optional_gates import require_wanted
from sertify.pipeline.places import CHECKS
from sertify.pipeline.settings import Settings, require_distinct, segmenting_of, source_of
from sertify.pipeline.speech import Speech, require_something
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import Announce
from sertify.pipeline.way import Way
from sertify.report.ending import basis_of, begin_run, conclude_run, write_run
from sertify.report.results.model.results import Results, RunResult
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.machine import usable_cores
from sertify.vocabulary.outcomes import GATES, Judgement
from sertify.vocabulary.text import did_you_mean

if TYPE_CHECKING:
    from sertify.corpora.clips import Clip

Callback = Callable[[str, str, float, float], None]
"""Is called with a candidate, what is done for it, and how much of how much of that is done."""

_CACHE = Path(".pytest_cache", "d", "sertify", "answers.sqlite")


def qualify(
    candidates: str | Path = "candidates.yaml",
    *,
    data: str | Path | Sequence[str | Path] | None = None,
    layout: str = "auto",
    confirm: str | Path | None = None,
    hold_out: float | None = None,
    split: str | None = None,
    limit: int | None = None,
    segment: float | None = None,
    hop: float | None = None,
    noise: str | Path | None = None,
    rooms: str | Path | None = None,
    gates: Sequence[str] = GATES,
    reports: str | Path = "reports",
    cache: str | Path | None = _CACHE,
    device: str = "auto",
    threads: int | None = None,
    dtype: str = "float32",
    offline: bool = False,
    weights: bool = True,
    locked: bool = False,
    race: bool = False,
    limits: Mapping[str, Any] | None = None,
    progress: Callback | None = None,
) -> Results:
    """Judge the candidates of a file as a run of pytest does, and return what that concludes.

    Checks, evidence, cache and reports are those of pytest: what was measured by either is known to
    the other, in the same folder. What the options mean, docs/options.md says.

    Parameters
    ----------
    candidates
        The models to judge, and what is required of them.
    data
        Folders of speech, each as ``[NAME=]PATH``; without any, the embedded speech shows whether
        predictions vary, and accuracy is not judged.
    gates
        Those to judge.
    reports
        The folder of evidence and reports.
    cache
        The file of what was computed before; by default that of pytest. None remembers nothing.
    limits
        What a candidate may take, in place of what the file says: ``{"forward": 30}``.
    progress
        Is told what goes on; the total is 0 where nothing is counted. What it raises ends the call.

    Raises
    ------
    ConfigurationError
        Where what is asked for cannot be done as it is; nothing was judged then.
    """
    here, layouts = Path.cwd(), {"": layout}
    folders = [data] if isinstance(data, str | Path) else data or ()
    gates = [gates] if isinstance(gates, str) else gates
    if not (limits is None or isinstance(limits, Mapping)):
        wanted = 'a mapping such as {"forward": 30}'
        raise ConfigurationError(f"limits is {limits!r}, but should be {wanted}")
    if not (progress is None or callable(progress)):
        raise ConfigurationError(f"progress is {progress!r}, but should be a function")
    settings = Settings(
        candidates=here / Path(candidates).expanduser(),
        data=tuple(source_of(str(folder), here, layouts) for folder in folders),
        confirm=None if confirm is None else source_of(str(confirm), here, layouts),
        hold_out=hold_out,
        split=split,
        limit=limit,
        segmenting=segmenting_of(segment, hop),
        noise=None if noise is None else here / Path(noise).expanduser(),
        rooms=None if rooms is None else here / Path(rooms).expanduser(),
        reports=here / Path(reports).expanduser(),
        device=device,
        threads=usable_cores() if threads is None else threads,
        dtype=dtype,
        offline=offline,
        weights=weights,
        locked=locked,
        race=race,
        limits=allowances_of([f"{key}={_lifted(value)}" for key, value in (limits or {}).items()]),
    )
    require_distinct(settings.data)
    _require_gates(gates)
    try:
        return _qualified(settings, gates, cache, progress)
    except _StoppedError as stopped:
        raise stopped.error from None


def _lifted(value: Any) -> Any:
    return "none" if value is None else value


class _StoppedError(BaseException):
    """The function that is told of progress has raised, which is no fault of a candidate."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _qualified(
    settings: Settings,
    gates: Sequence[str],
    cache: str | Path | None,
    progress: Callback | None,
) -> Results:
    suite = read_suite(settings.candidates)
    with ExitStack() as stack:
        store = stack.enter_context(closing(EvidenceStore(settings.reports / "evidence.sqlite")))
        store.check()
        given = {
            "settings": settings,
            "suite": suite,
            "ahead": suite.candidates,
            "cache": stack.enter_context(_opened(cache)),
            "store": store,
            "repeat": repeated,
        }
        run = stack.enter_context(closing(Way(STAGES, **given)))
        require_wanted(settings, suite, gates)
        speech: Speech = run.get("speech")
        require_something(settings, gates, speech)
        run.get("repositories")  # complains of the lock before anything is judged
        asked, command = len(suite.candidates), f"sertify.qualify({str(settings.candidates)!r})"
        began = datetime.now(UTC).isoformat(timespec="seconds")
        course = RunResult(started=began, finished=False, asked=asked, judged=0)
        begin_run(suite, settings.environment, course, settings.reports, command=command)
        commits: dict[str, str] = {}
        for kept in _judged(run, suite, settings, gates, progress):
            if kept.commit:
                commits[kept.candidate] = kept.commit
            if is_evidence(kept):
                store.add(kept)
        store.settle()
        results = conclude_run(
            suite,
            store,
            settings.environment,
            speech.judged,
            commits,
            candidates=settings.candidates,
            command=command,
        ).of_run(course.model_copy(update={"finished": True, "judged": asked}))
        confirming = speech.confirming if "accuracy" in gates else None
        if confirming is not None and (chosen := results.selection.candidate):
            candidate = next(each for each in suite.candidates if each.name == chosen)
            announce = _announcing(candidate, progress)
            found = confirm_on(
                run, candidate, confirming, announce, basis=basis_of(results), store=store
            )
            results = results.confirmed(found)
    results, written = write_run(results, settings.reports)
    for complaint in (*store.remarks, *written.complaints()):
        warnings.warn(complaint, stacklevel=4)
    return results


def _require_gates(gates: Sequence[str]) -> None:
    strange = next((gate for gate in gates if gate not in GATES), None)
    if strange is not None:
        hint = did_you_mean(strange, GATES)
        raise ConfigurationError(f"gates: there is no gate {strange!r}{hint}")


@contextmanager
def _opened(path: str | Path | None) -> Iterator[Cache]:
    """Open the file of what was computed before, and warn where nothing can be remembered."""
    if path == _CACHE and not _CACHE.parents[2].exists():
        _CACHE.parents[2].mkdir()  # as pytest begins its own
        (_CACHE.parents[2] / ".gitignore").write_text("*\n", "utf-8")
    with closing(Cache(Path.cwd() / Path(path).expanduser() if path else None)) as cache:
        yield cache
    if cache.problem:
        warnings.warn(f"nothing is remembered: {cache.problem}", stacklevel=4)


def _judged(
    run: Way, suite: Suite, settings: Settings, gates: Sequence[str], progress: Callback | None
) -> Iterator[Record]:
    """Judge all candidates; yield what each check found, those of speed when nothing else runs.

    A way ends with its candidate: one model is in memory at a time.
    """
    modules = [*read_checks(CHECKS)]
    first: dict[str, tuple[Check, Judgement]] = {}
    for timed in (False, True):
        for candidate in suite.candidates:
            way = run.branch(candidate=candidate, tell=_announcing(candidate, progress))
            with closing(way):
                checks = (
                    check
                    for check in checks_of(modules, candidate, settings)
                    if check.gate in gates and (check.gate == "speed") is timed
                )
                for check, judgement in run_in_order(way, checks, first):
                    yield record(check, judgement, settings.environment, way)


def _announcing(candidate: Candidate, progress: Callback | None) -> Announce:
    @contextmanager
    def announce(
        what: str,
        unit: str = "",
        clips: "Sequence[Clip]" = (),  # noqa: ARG001 - they would tell the pace
    ) -> Iterator[Callable[[float, float], None]]:
        def told(done: float, total: float) -> None:
            if progress is not None:
                try:
                    progress(candidate.name, f"{what} {unit}".strip(), done, total)
                except BaseException as error:
                    raise _StoppedError(error) from error

        told(0, 0)
        yield told

    return announce
