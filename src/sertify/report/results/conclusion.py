"""From the evidence to the content of results.json, which every report is drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sertify import __version__
from sertify.candidates.reading import Suite
from sertify.evidence.environment import fingerprint
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import EvidenceStore, Record
from sertify.report.results import choices, clips, speech
from sertify.report.results.groups import groups
from sertify.selection.choosing import select
from sertify.selection.consensus import consensus
from sertify.selection.verdicts import (
    Context,
    GateResult,
    Stale,
    Standing,
    Verdict,
    current,
    timing_record,
    verdict,
)
from sertify.vocabulary.outcomes import GATES, Measurement, Outcome
from sertify.vocabulary.reasons import REASONS

SCHEMA = "sertify.results/1"
"""Name and version of the structure; docs/results.md describes it."""

_NUMBERS = (
    "uar", "uar_all", "accuracy", "macro_f1", "coverage", "class_share", "calibration_error",
    "brier_score", "top_share", "entropy", "effective_emotions", "consistency",
    "load_time", "cold_start", "parameters", "size_on_disk",
)  # fmt: skip
# Those of the length of audio that candidates are compared at.
_OF_SEGMENT = (
    "real_time_factor", "throughput", "peak_memory", "memory_above_model", "energy",
)  # fmt: skip


def conclude(
    suite: Suite,
    store: EvidenceStore,
    environment: Mapping[str, str],
    *,
    corpus: str | None = None,
    command: str = "",
    moved: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Judge all candidates by the evidence of this run and of earlier ones.

    ``corpus`` is the fingerprint of the audio of this run; without it, the labelled audio that was
    judged last counts. ``moved`` is the locked commit of the candidates that are at another one;
    ``names`` is what clips are called in this run, by their content keys.
    """
    found = store.records(candidate.name for candidate in suite.candidates)
    records = _kept(found, store, corpus)
    fingerprints = {gate: fingerprint(environment, gate) for gate in GATES}
    context = Context(_counting_corpus(records, store, corpus), fingerprints)
    verdicts, stale = _verdicts(suite, records, context)
    facts = store.corpus(context.corpus) if context.corpus else None
    labellings = _answers(verdicts, store, context.corpus, fingerprints["accuracy"])
    heard = _heard(suite, store, records, Context(corpus, fingerprints))
    return {
        "schema": SCHEMA,
        "sertify": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "selection": choices.selection(
            select(verdicts, labellings, suite.preferences), suite.preferences
        ),
        "unlabelled": _unlabelled(suite, verdicts, heard, records) if heard else None,
        "candidates": [
            _candidate(one, facts) | _telling(labellings.get(one.candidate.name), names or {})
            for one in verdicts
        ],
        "disagreements": clips.disagreements(
            *(heard[:2] if heard else (verdicts, labellings)), names or {}
        ),
        "references": speech.references(speech.corpus(facts, records)),
        "corpus": speech.corpus(facts, records),
        "environment": dict(environment),
        "stale": _stale(stale),
        "moved": dict(moved or {}),
        "changes": None,
    }


def _answers(
    verdicts: Sequence[Verdict], store: EvidenceStore, corpus: str | None, environment: str
) -> dict[str, Labelling]:
    """Return what each candidate said of each clip of a corpus, where it is known."""
    if corpus is None:
        return {}
    found = {
        one.candidate.name: store.labelling(
            one.candidate.name, one.candidate.fingerprint, one.commit or "", corpus, environment
        )
        for one in verdicts
    }
    return {name: one for name, one in found.items() if one is not None}


def _verdicts(
    suite: Suite, records: Sequence[Record], context: Context
) -> tuple[list[Verdict], list[Stale]]:
    verdicts: list[Verdict] = []
    stale: list[Stale] = []
    for candidate in suite.candidates:
        kept, dropped = current(candidate, records, context)
        verdicts.append(verdict(candidate, kept))
        stale += dropped
    return verdicts, stale


def _telling(labelling: Labelling | None, names: Mapping[str, str]) -> dict[str, Any]:
    """Return on which clips and groups of the speech a candidate is right or wrong."""
    if labelling is None:
        return {"errors": [], "groups": []}
    return {"errors": clips.errors(labelling, names), "groups": groups(labelling)}


def _heard(
    suite: Suite, store: EvidenceStore, records: Sequence[Record], context: Context
) -> tuple[list[Verdict], dict[str, Labelling], dict[str, Any]] | None:
    """Return what is known of the candidates on the audio of this run, where it has no labels."""
    facts = store.corpus(context.corpus) if context.corpus else None
    if facts is None or facts["labelled"]:
        return None
    # On labelled speech a candidate may have been found varied; here it is asked about this one.
    verdicts, _ = _verdicts(suite, records, context)
    labellings = _answers(verdicts, store, context.corpus, context.environments["accuracy"])
    return verdicts, labellings, facts


def _unlabelled(
    suite: Suite,
    labelled: Sequence[Verdict],
    heard: tuple[list[Verdict], dict[str, Labelling], dict[str, Any]],
    records: Sequence[Record],
) -> dict[str, Any]:
    """Return what audio without labels says of the candidates."""
    verdicts, every, facts = heard
    # What a candidate got wrong elsewhere still counts.
    wrong = {
        one.candidate.name
        for one in labelled
        if one.standing is Standing.REJECTED and one.gate == "accuracy"
    }
    labellings = {name: one for name, one in every.items() if name not in wrong}
    found = consensus(verdicts, labellings, suite.preferences)
    gates = {one.candidate.name: one.gates["degeneracy"].outcome for one in verdicts}
    return {
        "corpus": speech.corpus(facts, records),
        "degeneracy": {name: str(one) if one else None for name, one in gates.items()},
        **choices.consensus(found),
    }


def suite_properties(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the suite-level properties for JUnit: the selection and its provenance."""
    corpus = results["corpus"] or {}
    properties = {
        "sertify:schema": results["schema"],
        "sertify:version": results["sertify"],
        "sertify:selection": results["selection"]["candidate"] or "",
        "sertify:sentence": results["selection"]["sentence"],
        "sertify:clips": _clips(corpus),
        "sertify:tied": " ".join(results["selection"]["tied"]),
        "sertify:corpus": corpus.get("fingerprint", ""),
        "sertify:corpus.name": corpus.get("name", ""),
        "sertify:command": results["command"],
    }
    environment = results["environment"].items()
    return properties | {f"sertify:environment.{key}": value for key, value in environment}


def _clips(corpus: Mapping[str, Any]) -> str:
    """Account for the clips: how many were asked for, judged, and why the others were not."""
    if not corpus:
        return ""
    why = speech.reasons(corpus)
    rest = ", ".join(f"{number} {reason}" for reason, number in why.items())
    numbers = (corpus["requested"], corpus["clips"], corpus["judged"])
    judged = "{} requested, {} read, {} judged".format(*numbers)
    return f"{judged}; not: {rest}" if rest else judged


def _counting_corpus(
    records: Sequence[Record], store: EvidenceStore, given: str | None
) -> str | None:
    """Return the corpus of this run if it is labelled, else the labelled one judged last."""
    facts = store.corpus(given) if given is not None else None
    if facts and facts["labelled"]:
        return given
    judged = (one.corpus for one in reversed(records) if one.gate == "accuracy" and one.corpus)
    return next(judged, None)


def _kept(records: Sequence[Record], store: EvidenceStore, given: str | None) -> Sequence[Record]:
    """Leave out what is about labelled speech in whose very place there is unlabelled now."""
    facts = store.corpus(given) if given is not None else None
    if facts is None or facts["labelled"]:
        return records
    others = {one.corpus: store.corpus(one.corpus) for one in records if one.corpus}
    gone = {
        fingerprint
        for fingerprint, other in others.items()
        if other and other["labelled"] and other["path"] == facts["path"]
    }
    return [one for one in records if one.corpus not in gone]


def _candidate(one: Verdict, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    candidate = one.candidate
    repository = one.detail("repository") or {}
    outline = next((record.details for record in one.records if "loader" in record.details), {})
    outputs = one.detail("labels") or outline.get("outputs") or candidate.labels or ()
    labels = [name for name in outputs if name is not None]
    emotions = {candidate.emotion_of(label) for label in labels} - {None}
    return {
        "name": candidate.name,
        "model": candidate.model,
        "revision": candidate.revision,
        "commit": one.commit,
        "status": candidate.status,
        "expected": list(candidate.reasons),
        "verdict": str(one.standing),
        "gate": one.gate,
        "reason": one.reason,
        "message": one.message,
        "cure": _cure(one),
        "languages": list(one.languages),
        "licence": candidate.licence or repository.get("licence") or None,
        "note": candidate.note,
        "loader": outline.get("loader"),
        "architecture": outline.get("architecture") or one.detail("architecture"),
        "remarks": [
            record.details["remark"] for record in one.records if record.details.get("remark")
        ],
        "repository": repository,
        "labels": labels,
        "emotions": sorted(str(emotion) for emotion in emotions),
        "gates": {gate: _gate(result) for gate, result in one.gates.items()},
        "numbers": _numbers(one),
        "parts": speech.parts(one, facts),
    }


def _cure(one: Verdict) -> str | None:
    if one.gate is None or one.reason is None:
        return None
    undecided = one.gates[one.gate].outcome is Outcome.INCONCLUSIVE
    if undecided and one.gate == "speed":
        return "measure it again on a quiet machine"
    if undecided and REASONS[one.reason].fault:
        return "judge it on more clips"
    return REASONS[one.reason].cure


def _gate(result: GateResult) -> dict[str, Any]:
    keys = ("check", "corpus", "reason", "message", "requirement", "judged_at")
    checks = [
        {key: getattr(record, key) for key in keys}
        | {
            "outcome": str(record.outcome),
            "measurements": [asdict(one) for one in record.measurements],
            "details": dict(record.details),
        }
        for record in result.records
    ]
    return {"outcome": str(result.outcome) if result.outcome else None, "checks": checks}


def _numbers(one: Verdict) -> dict[str, Any]:
    found: dict[str, Measurement | None] = {name: one.number(name) for name in _NUMBERS}
    record = timing_record(one)
    if record is not None:
        found["segment_time"] = record.value("time_p50")
        found |= {name: record.value(name) for name in _OF_SEGMENT}
    return {name: asdict(value) for name, value in found.items() if value is not None}


def _stale(stale: Sequence[Stale]) -> list[dict[str, Any]]:
    rows = {
        (one.record.candidate, one.record.gate, one.record.commit, one.record.corpus, one.why): None
        for one in stale
    }
    keys = ("candidate", "gate", "commit", "corpus", "why")
    return [dict(zip(keys, row, strict=True)) for row in rows]
