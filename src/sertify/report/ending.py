"""The end of a run: what it concludes, and what is written of that, whoever began it."""

from collections.abc import Mapping
from pathlib import Path

from sertify.candidates.locks import moved_on
from sertify.candidates.reading import Suite
from sertify.corpora.clips import Corpus, content_keys
from sertify.evidence.store import EvidenceStore
from sertify.gates.confirming import Basis
from sertify.report.changes import since
from sertify.report.results import conclusion, speech
from sertify.report.results.conclusion import NOTHING
from sertify.report.results.model.choice import SelectionResult
from sertify.report.results.model.results import Results, RunResult
from sertify.report.writing import Written, write_reports
from sertify.vocabulary.outcomes import Measurement

_UNDER_WAY = (
    "No selection yet: the run is under way, or was ended from outside. `sertify report` tells"
    " what it has found so far."
)


def conclude_run(
    suite: Suite,
    store: EvidenceStore,
    environment: Mapping[str, str],
    judged: Corpus | None,
    commits: Mapping[str, str],
    *,
    candidates: Path,
    command: str,
    relock: bool = False,
) -> Results:
    """Conclude from what this run found on its speech, and from what earlier ones found.

    ``commits`` are what this run found the candidates at, by their names, ``candidates`` their
    file, beside which the lock lies; ``relock`` is whether that will be written anew.
    """
    if judged is not None:
        store.add_corpus(judged.fingerprint, speech.facts(judged))
    clips = judged.clips if judged is not None else ()
    return conclusion.conclude(
        suite,
        store,
        environment,
        corpus=judged.fingerprint if judged is not None else None,
        command=command,
        moved={} if relock else moved_on(candidates, commits),
        names=dict(zip(content_keys(clips), (clip.name for clip in clips), strict=True)),
    )


def begin_run(
    suite: Suite, environment: Mapping[str, str], run: RunResult, reports: Path, *, command: str
) -> Written:
    """Write that a run is under way, over the reports of an earlier one.

    What ends it from outside leaves that behind; ``environment`` is what `sertify report` needs.
    """
    nothing = conclusion.conclude(suite, NOTHING, environment, command=command).of_run(run)
    selection = nothing.selection.model_copy(update={"sentence": _UNDER_WAY})
    return write_reports(nothing.selected(selection), reports, beginning=True)


def basis_of(results: Results) -> Basis | None:
    """Return what the choice of a run rests on; None without one."""
    chosen = next((c for c in results.candidates if c.name == results.selection.candidate), None)
    uar = chosen.numbers.get("uar") if chosen else None
    if chosen is None or results.corpus is None or uar is None or uar.value is None:
        return None
    corrected = None if (luck := _luck(results.selection)) is None else uar.value - luck
    measured = Measurement(**uar.model_dump())
    return Basis(measured, results.corpus.fingerprint, chosen.commit or "", corrected)


def _luck(selection: SelectionResult) -> float | None:
    """Return what of the chosen one's UAR is luck; None where that is not known.

    It is of the comparison, which may be on fewer of the corpora than the UAR itself.
    """
    firmness, comparison = selection.firmness, selection.comparison
    compared = comparison.uar.get(selection.candidate or "") if comparison else None
    if firmness is None or firmness.expected is None or compared is None:
        return None
    return compared.value - firmness.expected


def write_run(
    results: Results,
    reports: Path,
    *,
    before: Results | None = None,
    model_index: bool = False,
    audio: Mapping[str, str] | None = None,
) -> tuple[Results, Written]:
    """Write all reports; return the results, with what has changed, and what was written.

    ``before`` are the results of a run to compare with, ``audio`` the recordings for the page.
    """
    if before is not None:
        results = results.compared(since.since(before, results))
    written = write_reports(results, reports, audio)
    if model_index:
        # The Hub's library, which else need not load.
        from sertify.report.model_index import write_model_index

        path = reports / "model-index.yaml"
        written.attempt("model card", path, lambda: write_model_index(results, reports))
        if not path.exists():  # nothing was selected
            written.paths.pop("model card", None)
    return results, written
