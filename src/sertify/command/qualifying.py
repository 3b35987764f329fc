"""The suite without pytest: what a notebook or a program of one's own calls."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sertify.candidates.reading import Candidate, read_suite
from sertify.evidence.cache import Cache
from sertify.evidence.store import EvidenceStore
from sertify.models.speed.stopwatch import repeated
from sertify.pipeline.checking import judgement_of, record, run_check, why_unreached
from sertify.pipeline.checks import Check, checks_of, read_checks
from sertify.pipeline.confirmation import confirm as confirm_on
from sertify.pipeline.places import CHECKS
from sertify.pipeline.settings import Settings, require_distinct, segmenting_of, source_of
from sertify.pipeline.speech import Speech
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import Tell
from sertify.pipeline.way import Way
from sertify.report.ending import conclude_run, write_run
from sertify.report.results.model.results import Results
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.machine import usable_cores
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome
from sertify.vocabulary.text import did_you_mean

if TYPE_CHECKING:
    from sertify.corpora.clips import Clip

Callback = Callable[[str, str, float, float], None]
"""Is called with a candidate, what is done for it, and how much of how much of that is done."""

_CACHE = Path(".pytest_cache", "d", "sertify", "answers.sqlite")


def qualify(
    candidates: str | Path = "candidates.yaml",
    *,
    data: str | Path | Sequence[str | Path] = (),
    confirm: str | Path | None = None,
    hold_out: float | None = None,
    split: str | None = None,
    limit: int | None = None,
    segment: float | None = None,
    hop: float | None = None,
    gates: Sequence[str] = GATES,
    reports: str | Path = "reports",
    cache: str | Path | None = _CACHE,
    device: str = "auto",
    threads: int | None = None,
    dtype: str = "float32",
    offline: bool = False,
    weights: bool = True,
    locked: bool = False,
    progress: Callback | None = None,
) -> Results:
    """Judge the candidates of a file as a run of pytest does, and return what that concludes.

    Checks, evidence, cache and reports are those of pytest: what was measured by either is known to
    the other, in the same folder. What the options mean, docs/options.md says.

    Parameters
    ----------
    candidates
        The models to run_check, and what is required of them.
    data
        Folders of speech, each as ``[NAME=]PATH``; without any, the embedded speech shows whether
        predictions vary, and accuracy is not judged.
    gates
        Those to run_check.
    reports
        The folder of evidence and reports.
    cache
        The file of what was computed before; by default that of pytest. None remembers nothing.
    progress
        Is told what goes on.

    Raises
    ------
    ConfigurationError
        Where what is asked for cannot be done as it is; nothing was judged then.
    """
    folders = [data] if isinstance(data, str | Path) else data
    here = Path.cwd()
    settings = Settings(
        candidates=here / candidates,
        data=tuple(source_of(str(folder), here) for folder in folders),
        confirm=None if confirm is None else source_of(str(confirm), here),
        hold_out=hold_out,
        split=split,
        limit=limit,
        segmenting=segmenting_of(segment, hop),
        reports=here / reports,
        device=device,
        threads=threads or usable_cores(),
        dtype=dtype,
        offline=offline,
        weights=weights,
        locked=locked,
    )
    require_distinct(settings.data)
    _require_gates(gates)
    with ExitStack() as stack:
        store = stack.enter_context(closing(EvidenceStore(settings.reports / "evidence.sqlite")))
        store.check()
        remembered = stack.enter_context(closing(Cache(here / cache if cache else None)))
        return _Qualification(settings, gates, store, remembered, progress).results()


def _require_gates(gates: Sequence[str]) -> None:
    strange = next((gate for gate in gates if gate not in GATES), None)
    if strange is not None:
        hint = did_you_mean(strange, GATES)
        raise ConfigurationError(f"gates: there is no gate {strange!r}{hint}")


class _Qualification:
    """One call of `qualify`."""

    def __init__(
        self,
        settings: Settings,
        gates: Sequence[str],
        store: EvidenceStore,
        cache: Cache,
        progress: Callback | None,
    ) -> None:
        self._settings, self._gates, self._store = settings, gates, store
        self._progress = progress
        self._suite = read_suite(settings.candidates)
        self._run = Way(
            STAGES,
            settings=settings,
            suite=self._suite,
            ahead=self._suite.candidates,
            cache=cache,
            store=store,
            repeat=repeated,
        )
        self._commits: dict[str, str] = {}

    def results(self) -> Results:
        """Judge all candidates, and draw the conclusions."""
        settings = self._settings
        with closing(self._run):
            speech: Speech = self._run.get("speech")
            self._run.get("repositories")  # complains of the lock before anything is judged
            environment = settings.environment
            self._judge_all()
            results = conclude_run(
                self._suite,
                self._store,
                environment,
                speech.judged,
                self._commits,
                candidates=settings.candidates,
                command=f"sertify.qualify({str(settings.candidates)!r})",
            )
            if speech.confirming is not None and (chosen := results.selection.candidate):
                candidate = next(each for each in self._suite.candidates if each.name == chosen)
                tell = self._tell(candidate)
                results = results.confirmed(
                    confirm_on(self._run, candidate, speech.confirming, tell)
                )
        results, _ = write_run(results, settings.reports)
        return results

    def _judge_all(self) -> None:
        modules = [*read_checks(CHECKS)]
        with ExitStack() as stack:
            judging = []
            for candidate in self._suite.candidates:
                way = self._run.branch(candidate=candidate, tell=self._tell(candidate))
                stack.callback(way.close)
                checks = checks_of(modules, candidate, self._settings)
                judging.append(
                    (_Judging(way), [each for each in checks if each.gate in self._gates])
                )
            # Speed comes last, when nothing else runs.
            for timed in (False, True):
                for judge_check, checks in judging:
                    for check in checks:
                        if (check.gate == "speed") is timed:
                            self._keep(check, judge_check(check), judge_check.way)

    def _keep(self, check: Check, judgement: Judgement, way: Way) -> None:
        kept = record(check, judgement, self._settings.environment, way)
        if kept.commit:
            self._commits[kept.candidate] = kept.commit
        if kept.outcome is not Outcome.NOT_REACHED:
            self._store.add(kept)

    def _tell(self, candidate: Candidate) -> Tell:
        @contextmanager
        def tell(
            what: str,
            unit: str = "",
            clips: "Sequence[Clip]" = (),  # noqa: ARG001 - they would tell the pace
        ) -> Iterator[Callable[[float, float], None]]:
            def told(done: float, total: float) -> None:
                if self._progress is not None:
                    self._progress(candidate.name, f"{what} {unit}".strip(), done, total)

            told(0, 0)
            yield told

        return tell


class _Judging:
    """Judges the checks of one candidate in their order."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self._first: tuple[Check, Judgement] | None = None

    def __call__(self, check: Check) -> Judgement:
        why = why_unreached(check, self._first)
        judgement = run_check(self.way, check) if why is None else judgement_of(why)
        if judgement.outcome in (Outcome.FAIL, Outcome.BLOCKED) and self._first is None:
            self._first = (check, judgement)
        return judgement
