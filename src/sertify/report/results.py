"""From the evidence to the content of results.json, which every report is drawn from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sertify import __version__, metrics
from sertify.candidates import Candidate
from sertify.corpora import Corpus
from sertify.environment import fingerprint
from sertify.errors import REASONS
from sertify.evidence import EvidenceStore, Record
from sertify.outcomes import GATES, Measurement, Outcome
from sertify.selection import Selection, select, timing
from sertify.verdicts import Context, GateResult, Stale, Verdict, current, verdict

__all__ = ["SCHEMA", "conclude", "corpus_facts", "suite_properties"]

SCHEMA = "sertify.results/1"
"""Name and version of the structure; docs/results.md describes it."""

_NUMBERS = (
    "uar", "uar_all", "accuracy", "macro_f1", "coverage", "top_share", "entropy",
    "effective_emotions", "real_time_factor", "load_time", "peak_memory", "parameters",
    "size_on_disk",
)  # fmt: skip


def conclude(
    candidates: Sequence[Candidate],
    store: EvidenceStore,
    environment: Mapping[str, str],
    *,
    corpus: str | None = None,
    command: str = "",
    moved: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Judge all candidates by the evidence of this run and of earlier ones.

    ``corpus`` is the fingerprint of the audio of this run; without it, the labelled audio that was
    judged last counts. ``moved`` is the locked commit of the candidates that are at another one.
    """
    records = store.records(candidate.name for candidate in candidates)
    fingerprints = {gate: fingerprint(environment, gate) for gate in GATES}
    context = Context(_counting_corpus(records, store, corpus), fingerprints)
    verdicts: list[Verdict] = []
    stale: list[Stale] = []
    for candidate in candidates:
        kept, dropped = current(candidate, records, context)
        verdicts.append(verdict(candidate, kept))
        stale += dropped
    facts = store.corpus(context.corpus) if context.corpus else None
    return {
        "schema": SCHEMA,
        "sertify": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "selection": _selection(select(verdicts)),
        "candidates": [_candidate(one) for one in verdicts],
        "references": _references(facts),
        "corpus": _corpus(facts, verdicts),
        "environment": dict(environment),
        "stale": _stale(stale),
        "moved": dict(moved or {}),
    }


def corpus_facts(corpus: Corpus) -> dict[str, Any]:
    """Describe a corpus in JSON types."""
    emotions = Counter(clip.emotion for clip in corpus.clips if clip.emotion is not None)
    warnings = [
        f"label {label!r} is no known emotion, so no candidate can be right about it"
        for label in corpus.unknown_labels
    ]
    return {
        "name": corpus.name,
        "path": str(corpus.path),
        "fingerprint": corpus.fingerprint,
        "clips": len(corpus.clips),
        "labelled": corpus.labelled,
        "emotions": dict(sorted(emotions.items())),
        "speakers": len({clip.speaker for clip in corpus.clips} - {None}),
        "languages": sorted({clip.language for clip in corpus.clips if clip.language}),
        "warnings": warnings,
    }


def suite_properties(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the suite-level properties for JUnit: the selection and its provenance."""
    corpus = results["corpus"] or {}
    properties = {
        "sertify:schema": results["schema"],
        "sertify:version": results["sertify"],
        "sertify:selection": results["selection"]["candidate"] or "",
        "sertify:sentence": results["selection"]["sentence"],
        "sertify:tied": " ".join(results["selection"]["tied"]),
        "sertify:corpus": corpus.get("fingerprint", ""),
        "sertify:corpus.name": corpus.get("name", ""),
        "sertify:command": results["command"],
    }
    environment = results["environment"].items()
    return properties | {f"sertify:environment.{key}": value for key, value in environment}


def _counting_corpus(
    records: Sequence[Record], store: EvidenceStore, given: str | None
) -> str | None:
    """Return the corpus of this run if it is labelled, else the labelled one judged last."""
    facts = store.corpus(given) if given is not None else None
    if facts and facts["labelled"]:
        return given
    judged = (one.corpus for one in reversed(records) if one.gate == "accuracy" and one.corpus)
    return next(judged, None)


def _selection(selection: Selection) -> dict[str, Any]:
    data = asdict(selection)
    return data | {"tied": list(selection.tied), "pareto": list(selection.pareto)}


def _candidate(one: Verdict) -> dict[str, Any]:
    candidate = one.candidate
    repository = _detail(one, "repository") or {}
    outline = next((record.details for record in one.records if "loader" in record.details), {})
    outputs = _detail(one, "labels") or outline.get("outputs") or candidate.labels or ()
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
        "languages": list(candidate.languages or repository.get("languages", ())),
        "licence": candidate.licence or repository.get("licence") or None,
        "note": candidate.note,
        "loader": outline.get("loader"),
        "architecture": outline.get("architecture") or _detail(one, "architecture"),
        "remarks": [
            record.details["remark"] for record in one.records if record.details.get("remark")
        ],
        "repository": repository,
        "labels": labels,
        "emotions": sorted(str(emotion) for emotion in emotions),
        "gates": {gate: _gate(result) for gate, result in one.gates.items()},
        "numbers": _numbers(one),
    }


def _cure(one: Verdict) -> str | None:
    if one.gate is None or one.reason is None:
        return None
    if one.gates[one.gate].outcome is Outcome.INCONCLUSIVE:
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
    record = timing(one)
    if record is not None:
        found["segment_time"] = record.value("time_p50")
        found |= {name: record.value(name) for name in ("real_time_factor", "peak_memory")}
    return {name: asdict(value) for name, value in found.items() if value is not None}


def _detail(one: Verdict, name: str) -> Any:
    return next((record.details[name] for record in one.records if name in record.details), None)


def _references(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """What two models that hear nothing would reach on the corpus."""
    if facts is None or not facts["emotions"]:
        return {}
    truth = [emotion for emotion, number in facts["emotions"].items() for _ in range(number)]
    return {
        "random": metrics.random_reference(truth),
        "majority": metrics.majority_reference(truth),
    }


def _corpus(facts: Mapping[str, Any] | None, verdicts: Sequence[Verdict]) -> dict[str, Any] | None:
    """Add to what is known of the corpus the clips that could not be judged."""
    if facts is None:
        return None
    rejected = {
        (clip["file"], clip["reason"])
        for one in verdicts
        for record in one.gates["accuracy"].records
        for clip in record.details.get("rejected_clips", ())
    }
    listed = [{"file": file, "reason": reason} for file, reason in sorted(rejected)]
    judged = facts["clips"] - len({file for file, _ in rejected})
    return {**facts, "judged": judged, "rejected": listed}


def _stale(stale: Sequence[Stale]) -> list[dict[str, Any]]:
    rows = {
        (one.record.candidate, one.record.gate, one.record.commit, one.record.corpus, one.why): None
        for one in stale
    }
    keys = ("candidate", "gate", "commit", "corpus", "why")
    return [dict(zip(keys, row, strict=True)) for row in rows]
