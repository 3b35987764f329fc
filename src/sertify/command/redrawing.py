"""Draws the reports again from the evidence: no model is asked, and torch is not imported."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sertify.candidates.locks import moved_on
from sertify.candidates.reading import read_suite
from sertify.evidence.environment import describe_environment, fingerprint
from sertify.evidence.store import EvidenceStore, Record
from sertify.report import terminal
from sertify.report.ending import write_run
from sertify.report.results import conclusion
from sertify.report.results.model.results import Results, RunResult
from sertify.report.results.reading import read_results
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.machine import DTYPES, usable_cores

_RUN = "run `pytest --pyargs sertify.checks`"


def redraw(
    candidates: Path, reports: Path, *, compare: Path | None = None, model_index: bool = False
) -> Iterator[str]:
    """Write index.html, results.json and summary.md again; yield what the terminal shows of them.

    What no evidence holds (the command, how the selected one was confirmed) is taken from the
    results.json that is there. ``compare`` and ``model_index`` are as pytest's options.

    Raises
    ------
    ConfigurationError
        If there is nothing to draw, or what there is cannot be read.
    OSError
        If a report cannot be written.
    """
    before = read_results(compare) if compare else None  # which may be what is written over
    last = _last(reports)
    concluded, remarks = _concluded(candidates, reports, last)
    results = _confirmed(concluded, last)
    results, written = write_run(results, reports, before=before, model_index=model_index)
    yield from remarks
    yield from (line for line, _ in terminal.lines(results))
    yield from (f"{name}: {place}" for name, place in written.told())
    if complaints := "; ".join(written.complaints()):
        raise ConfigurationError(complaints)


def _concluded(
    candidates: Path, reports: Path, last: Results | None
) -> tuple[Results, Sequence[str]]:
    """Conclude from the evidence; return also what has to be said of that itself."""
    suite = read_suite(candidates)
    path = reports / "evidence.sqlite"
    if not path.is_file():  # else the store would make one
        raise ConfigurationError(f"{path}: no such file; {_RUN} first, or give --reports DIR")
    with closing(EvidenceStore(path)) as store:
        store.check()
        records = store.records(candidate.name for candidate in suite.candidates)
        if not records:
            what = "; ".join([f"tells of no candidate of {candidates}", *store.remarks])
            raise ConfigurationError(f"{path}: {what}; {_RUN} first")
        results = conclusion.conclude(
            suite,
            store,
            _environment(last, records, reports),
            corpus=_corpus(store, records),
            command=(last and last.command) or "sertify report",
            moved=moved_on(
                candidates, {each.candidate: each.commit for each in records if each.commit}
            ),
        )
        return results.of_run(_run(last, records)), store.remarks


def _last(reports: Path) -> Results | None:
    """Return what an earlier run concluded, or nothing where that is not to be had."""
    try:
        return read_results(reports)
    except ConfigurationError:
        return None


def _environment(last: Results | None, records: Sequence[Record], reports: Path) -> dict[str, str]:
    """Describe what the evidence was measured with, which need not be this machine.

    The evidence itself only knows a hash of it.
    """
    if last is not None and _fits(last.environment, records):
        return last.environment
    here = max(_here(), key=lambda description: _fits(description, records))
    if _fits(here, records):
        return here
    raise ConfigurationError(
        f"{reports / 'results.json'}: does not say what the evidence was measured with, and it was"
        " not with the versions that are here, on this machine's processor; bring that file from"
        f" where it was, or {_RUN}"
    )


def _here() -> Iterator[dict[str, str]]:
    """Yield what this machine may have measured with: options are in no evidence."""
    for dtype in DTYPES:
        for threads in range(usable_cores(), 0, -1):
            yield describe_environment("cpu", threads, dtype)


def _fits(description: Mapping[str, str], records: Sequence[Record]) -> int:
    """Return how many records were measured with what a description says."""
    try:
        return sum(one.environment == fingerprint(description, one.gate) for one in records)
    except KeyError:
        return 0


def _run(last: Results | None, records: Sequence[Record]) -> RunResult | None:
    """Return the run that wrote last; what it could not tell itself, its evidence tells."""
    run = last.run if last else None
    if run is None or run.finished or run.judged:
        return run
    began = datetime.fromisoformat(run.started)
    heard = {one.candidate for one in records if datetime.fromisoformat(one.judged_at) >= began}
    return run.model_copy(update={"judged": min(len(heard), run.asked)})


def _corpus(store: EvidenceStore, records: Sequence[Record]) -> str | None:
    """Return the fingerprint of the user's speech that was judged last."""
    told = (one.corpus for one in reversed(records) if one.corpus)
    return next((corpus for corpus in told if store.corpus(corpus)), None)


def _confirmed(results: Results, last: Results | None) -> Results:
    """Keep what confirmed the selected one, where it is still the same at the same commit."""
    found = last.selection.confirmation if last else None
    same = last is not None and _chosen(results) == _chosen(last)
    return results.confirmed(found) if found and same else results


def _chosen(results: Results) -> tuple[str | None, str | None]:
    candidate = results.named(results.selection.candidate)
    return (candidate.name, candidate.commit) if candidate else (None, None)
