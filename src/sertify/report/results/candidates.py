"""What results.json says of a candidate: its verdict, its gates and its key numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.report.results import clips, speech
from sertify.report.results.groups import groups
from sertify.report.results.model.candidate import CandidateResult, GateChecks
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.speech import CorpusResult
from sertify.report.results.more_gates import more_gates
from sertify.report.results.operating import MOVED_DETAILS, operating_result
from sertify.selection.verdicts import Verdict, timing_record
from sertify.vocabulary.outcomes import Outcome
from sertify.vocabulary.reasons import reason_of

_OF_MODEL = (
    "uar", "uar_own", "accuracy", "macro_f1", "coverage", "coverage_emotions", "class_share",
    "calibration_error", "brier_score", "top_share", "entropy", "effective_emotions", "consistency",
    "seconds_needed", "flips_per_minute", "load_time", "cold_start", "parameters", "size_on_disk",
    "requests_per_second",
)  # fmt: skip
# Those of the length of audio that candidates are compared at.
_OF_SEGMENT = (
    "real_time_factor", "throughput", "peak_memory", "memory_above_model", "energy",
)  # fmt: skip
NUMBERS = (*_OF_MODEL, "segment_time", *_OF_SEGMENT)
"""The key measurements of a candidate."""


def candidate_result(
    verdict: Verdict,
    corpus: CorpusResult | None,
    labelling: Labelling | None,
    names: Mapping[str, str],
    wished: float,
) -> CandidateResult:
    """Describe what is known of a candidate; ``labelling`` is what it says of each clip.

    ``names`` is what clips are called in this run, by their content keys; ``wished`` the share of
    answers that should be right.
    """
    candidate, records = verdict.candidate, verdict.records
    repository = verdict.detail("repository") or {}
    outline = next((record.details for record in records if "loader" in record.details), {})
    outputs = verdict.detail("labels") or outline.get("outputs") or candidate.labels or ()
    labels = tuple(name for name in outputs if name is not None)
    emotions = {candidate.emotion_of(label) for label in labels} - {None}
    gates = {
        gate: GateChecks.model_validate(
            {
                "outcome": found.outcome,
                "checks": tuple(map(_told, found.records)),
                "tolerated": found.tolerated,
            }
        )
        for gate, found in verdict.gates.items()
    }
    return CandidateResult(
        name=candidate.name,
        model=candidate.model,
        revision=candidate.revision,
        commit=verdict.commit,
        status=candidate.status,
        expected=candidate.reasons,
        verdict=verdict.standing.value,
        gate=verdict.gate,
        reason=verdict.reason,
        message=verdict.message,
        cure=_cure(verdict),
        languages=verdict.languages,
        licence=candidate.licence or repository.get("licence") or None,
        note=candidate.note,
        loader=outline.get("loader"),
        architecture=outline.get("architecture") or verdict.detail("architecture"),
        remarks=_remarks(records),
        repository=repository,
        labels=labels,
        emotions=tuple(sorted(map(str, emotions))),
        gates=gates,
        numbers=_numbers(verdict),
        parts=tuple(speech.part_results(verdict, corpus)),
        errors=clips.errors(labelling, names) if labelling else (),
        groups=groups(labelling) if labelling else (),
        **more_gates(gates),
        operating_point=operating_result(verdict, wished),
    )


def _told(record: Record) -> Record:
    """Return a record without the details that have a place of their own."""
    if not any(name in record.details for name in MOVED_DETAILS):
        return record
    details = {name: each for name, each in record.details.items() if name not in MOVED_DETAILS}
    return replace(record, details=details)


def _remarks(records: Iterable[Record]) -> tuple[str, ...]:
    """Return each remark once: each condition may have that of the whole gate."""
    remarks = (record.details.get("remark") for record in records)
    return tuple(dict.fromkeys(filter(None, remarks)))


def _cure(verdict: Verdict) -> str | None:
    if verdict.gate is None or verdict.reason is None:
        return None
    undecided = verdict.gates[verdict.gate].outcome is Outcome.INCONCLUSIVE
    if undecided and verdict.gate == "speed":
        first = verdict.gates["speed"].first
        few = first is not None and "takes_at_least" in first.details
        return f"measure it again {'as often as it says' if few else 'on a quiet machine'}"
    if undecided and reason_of(verdict.reason).fault:
        return "judge it on more clips"
    return reason_of(verdict.reason).cure


def _numbers(verdict: Verdict) -> dict[str, Measured]:
    numbers = {name: verdict.number(name) for name in _OF_MODEL}
    record = timing_record(verdict)
    if record is not None:
        numbers["segment_time"] = record.value("time_p50")
        numbers |= {name: record.value(name) for name in _OF_SEGMENT}
    return {name: Measured.model_validate(number) for name, number in numbers.items() if number}
