"""From the evidence to the content of results.json, which every report is drawn from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sertify.candidates.reading import Suite
from sertify.evidence.environment import fingerprint
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.report.results import choices, clips, speech
from sertify.report.results.candidates import candidate_result
from sertify.report.results.deploying import deployed
from sertify.report.results.model.choice import UnlabelledResult
from sertify.report.results.model.results import SCHEMA, Results, StaleEvidence
from sertify.report.results.model.speech import CorpusResult
from sertify.selection.choosing import select
from sertify.selection.consensus import consensus
from sertify.selection.corruption import corruption
from sertify.selection.verdicts import Context, Stale, Standing, Verdict, current, verdict
from sertify.vocabulary.about import VERSION
from sertify.vocabulary.outcomes import GATES


class Known(Protocol):
    """What a conclusion is drawn from: that of an `EvidenceStore` which is needed for it."""

    def records(self, candidates: Iterable[str]) -> tuple[Record, ...]:
        """Return all records of these candidates, the oldest first."""

    def corpus(self, fingerprint: str) -> dict[str, Any] | None:
        """Return what is known of a corpus."""

    def labelling(
        self, candidate: str, entry: str, commit: str, corpus: str, environment: str
    ) -> Labelling | None:
        """Return what a candidate said of each clip of a corpus."""


class _Nothing:
    def records(self, candidates: Iterable[str]) -> tuple[Record, ...]:  # noqa: ARG002
        return ()

    def corpus(self, fingerprint: str) -> None:  # noqa: ARG002
        return None

    def labelling(self, *terms: str) -> None:  # noqa: ARG002
        return None


NOTHING: Known = _Nothing()
"""What is known before anything was judged."""


def conclude(
    suite: Suite,
    store: Known,
    environment: Mapping[str, str],
    *,
    corpus: str | None = None,
    command: str = "",
    moved: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Results:
    """Judge all candidates by the evidence of this run and of earlier ones.

    ``corpus`` is the fingerprint of the audio of this run; without it, the labelled audio that was
    judged last counts. ``moved`` is the locked commit of the candidates that are at another one;
    ``names`` is what clips are called in this run, by their content keys.
    """
    records = store.records(candidate.name for candidate in suite.candidates)
    facts = store.corpus(corpus) if corpus else None
    bare = facts if facts and not facts["labelled"] else None
    if bare:
        records = _without_replaced(records, store, bare["path"])
    counting = corpus if facts and not bare else _judged_last(records)
    fingerprints = {gate: fingerprint(environment, gate) for gate in GATES}
    judged = _judge(suite, store, records, Context(counting, fingerprints))
    # On labelled speech a candidate may have been found varied; here it is asked about this one.
    given = _judge(suite, store, records, Context(corpus, fingerprints)) if bare else None
    disagreeing = given or judged
    wished = suite.preferences.precision
    relative = corruption(judged.verdicts)
    candidates = tuple(
        candidate_result(
            each, judged.corpus, judged.labellings.get(each.candidate.name), names or {}, wished
        ).relative(relative)
        for each in judged.verdicts
    )
    selection = choices.selection_result(
        select(judged.verdicts, judged.labellings, suite.preferences), suite.preferences
    )
    return Results(
        sertify=VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        selection=deployed(selection, candidates, judged.verdicts, judged.corpus, environment),
        unlabelled=_unlabelled(suite, judged.verdicts, given) if given else None,
        candidates=candidates,
        disagreements=clips.disagreements(
            disagreeing.verdicts, disagreeing.labellings, names or {}
        ),
        references=speech.references(
            judged.corpus,
            next((each.requirements.emotions for each in suite.candidates), None),
        ),
        corpus=judged.corpus,
        environment=dict(environment),
        stale=_stale(judged.stale),
        moved=dict(moved or {}),
    )


@dataclass(frozen=True)
class _Judged:
    """The candidates on a corpus: what is known of each, and said by it of each clip."""

    corpus: CorpusResult | None
    verdicts: Sequence[Verdict]
    stale: Sequence[Stale]
    labellings: Mapping[str, Labelling]


def _judge(suite: Suite, store: Known, records: Sequence[Record], context: Context) -> _Judged:
    evidence = [(each, *current(each, records, context)) for each in suite.candidates]
    verdicts = [verdict(candidate, kept) for candidate, kept, _ in evidence]
    stale = [old for _, _, dropped in evidence for old in dropped]
    facts = store.corpus(context.corpus) if context.corpus else None
    corpus = speech.corpus_result(facts, records) if facts else None
    return _Judged(corpus, verdicts, stale, _labellings(verdicts, store, context))


def _labellings(
    verdicts: Sequence[Verdict], store: Known, context: Context
) -> dict[str, Labelling]:
    """Return what each candidate said of each clip of a corpus, where it is known."""
    if context.corpus is None:
        return {}
    where = (context.corpus, context.environments["accuracy"])
    found = {
        each.candidate.name: store.labelling(
            each.candidate.name, each.candidate.fingerprint, each.commit or "", *where
        )
        for each in verdicts
    }
    return {name: labelling for name, labelling in found.items() if labelling}


def _unlabelled(suite: Suite, labelled: Sequence[Verdict], heard: _Judged) -> UnlabelledResult:
    """Return what audio without labels says of the candidates."""
    # What a candidate got wrong elsewhere still counts.
    wrong = {
        each.candidate.name
        for each in labelled
        if each.standing is Standing.REJECTED and each.gate == "accuracy"
    }
    right = {name: each for name, each in heard.labellings.items() if name not in wrong}
    choice = choices.choice_without_labels(consensus(heard.verdicts, right, suite.preferences))
    varied = {each.candidate.name: each.gates["degeneracy"].outcome for each in heard.verdicts}
    facts = {"corpus": heard.corpus, "degeneracy": varied}
    return UnlabelledResult.model_validate(choice | facts)


def suite_properties(results: Results) -> dict[str, str]:
    """Return the suite-level properties for JUnit: the selection and its provenance."""
    corpus, selection = results.corpus, results.selection
    properties = {
        "schema": SCHEMA,
        "version": results.sertify,
        "selection": selection.candidate or "",
        "sentence": selection.sentence,
        "clips": _clips(corpus) if corpus else "",
        "tied": " ".join(selection.tied),
        "corpus": corpus.fingerprint if corpus else "",
        "corpus.name": corpus.name if corpus else "",
        "command": results.command,
        "finished": str(results.run is None or results.run.finished).lower(),
    } | {f"environment.{key}": value for key, value in results.environment.items()}
    return {f"sertify:{key}": value for key, value in properties.items()}


def _clips(corpus: CorpusResult) -> str:
    """Account for the clips: how many were asked for, judged, and why the others were not."""
    rest = ", ".join(f"{clips} {reason}" for reason, clips in corpus.reasons.items())
    judged = f"{corpus.requested} requested, {corpus.clips} read, {corpus.judged} judged"
    return f"{judged}; not: {rest}" if rest else judged


def _judged_last(records: Sequence[Record]) -> str | None:
    """Return the labelled corpus that was judged last."""
    judged = (each.corpus for each in reversed(records) if each.gate == "accuracy" and each.corpus)
    return next(judged, None)


def _without_replaced(records: Sequence[Record], store: Known, path: str) -> tuple[Record, ...]:
    """Leave out what is about labelled speech in whose very place there is unlabelled now."""
    others = {one.corpus: store.corpus(one.corpus) for one in records if one.corpus}
    gone = {
        fingerprint
        for fingerprint, other in others.items()
        if other and other["labelled"] and other["path"] == path
    }
    return tuple(one for one in records if one.corpus not in gone)


def _stale(stale: Sequence[Stale]) -> tuple[StaleEvidence, ...]:
    rows = (StaleEvidence.model_validate(vars(old.record) | {"why": old.why}) for old in stale)
    return tuple(dict.fromkeys(rows))
