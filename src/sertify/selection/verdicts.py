"""From evidence to a verdict on each candidate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.evidence.store import EMBEDDED, Record
from sertify.gates.parts import LANGUAGE, TOGETHER
from sertify.vocabulary.outcomes import GATES, Measurement, Outcome
from sertify.vocabulary.text import listed

SEGMENT = 5.0
"""Seconds of audio whose cost is compared, or the next longer or else the longest measured."""

# The first of these decides. NOT_REACHED is kept of a candidate that a race has stopped.
_NOT_PASSED = (Outcome.FAIL, Outcome.BLOCKED, Outcome.INCONCLUSIVE, Outcome.NOT_REACHED)


class Standing(StrEnum):
    """What a candidate is, all evidence considered."""

    QUALIFIED = "qualified"
    REJECTED = "rejected"
    BASELINE = "baseline"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Context:
    """What evidence has to be about to count in this run.

    ``corpus`` is the fingerprint of the labelled audio, or None where there never was any;
    ``environments`` the fingerprint of the environment for each gate.
    """

    corpus: str | None
    environments: Mapping[str, str]


@dataclass(frozen=True)
class Stale:
    """Evidence that is shown, but does not count; ``why`` says which of its terms differs."""

    record: Record
    why: str


@dataclass(frozen=True)
class GateResult:
    """The records of one gate; ``outcome`` is None while any of its checks has not been judged.

    ``tolerated`` is whether the outcome is told and decides nothing.
    """

    gate: str
    outcome: Outcome | None
    records: tuple[Record, ...]
    tolerated: bool = False

    @property
    def first(self) -> Record | None:
        """The first record with the outcome of the gate, of those that decide it."""
        deciding = (record for record in self.records if self.tolerated or not record.tolerated)
        return next((record for record in deciding if record.outcome is self.outcome), None)


@dataclass(frozen=True)
class Verdict:
    """What a candidate is, and the gate, reason code and message that decided it."""

    candidate: Candidate
    standing: Standing
    gates: Mapping[str, GateResult]
    gate: str | None = None
    reason: str | None = None
    message: str = ""

    @property
    def commit(self) -> str | None:
        """The commit that was judged."""
        return next((record.commit for record in self.records if record.commit), None)

    @property
    def records(self) -> tuple[Record, ...]:
        """The evidence that counts, gate by gate."""
        return tuple(record for gate in self.gates.values() for record in gate.records)

    def number(self, name: str) -> Measurement | None:
        """Return the first measurement of that name."""
        values = (record.value(name) for record in self.records)
        return next((value for value in values if value is not None), None)

    def detail(self, name: str) -> Any:
        """Return the first detail of that name, or None."""
        found = (record.details[name] for record in self.records if name in record.details)
        return next(found, None)

    @property
    def languages(self) -> tuple[str, ...]:
        """Of the speech it was trained on, as its entry says, else its model card."""
        repository = self.detail("repository") or {}
        return self.candidate.languages or tuple(repository.get("languages", ()))


def current(
    candidate: Candidate, records: Iterable[Record], context: Context
) -> tuple[tuple[Record, ...], tuple[Stale, ...]]:
    """Split a candidate's records, the oldest first, into those that count and the stale ones.

    What was judged last decides the commit, so a model that has moved on is judged anew. A record
    without a commit, where the repository could not be resolved, counts beside it.
    """
    mine = [record for record in records if record.candidate == candidate.name]
    entry = [record for record in mine if record.entry == candidate.fingerprint]
    commit = next((record.commit for record in reversed(entry) if record.commit), "")
    corpora = {gate: _corpus(gate, entry, commit, context) for gate in GATES}
    kept, stale = [], []
    for record in mine:
        why = _staleness(record, candidate, commit, corpora[record.gate], context)
        if not why and not _is_still_made(record, entry, corpora[record.gate]):
            why = "of a length or a part of the speech that the last run did not have"
        if why:
            stale.append(Stale(record, why))
        else:
            kept.append(record)
    return tuple(kept), tuple(stale)


def verdict(candidate: Candidate, records: Sequence[Record]) -> Verdict:
    """Judge a candidate by the evidence that counts."""
    asked = (gate for gate in GATES if candidate.requirements.asks(gate))
    gates = {gate: _gate(gate, records) for gate in asked}
    standing, decisive, message = _decide(gates)
    if candidate.status == "baseline":
        standing = Standing.BASELINE
    elif candidate.status == "rejected" and standing is Standing.QUALIFIED:
        standing, message = Standing.UNDECIDED, "now qualifies, but its status is rejected"
    _hide_unreached(gates)
    if decisive is None:
        return Verdict(candidate, standing, gates, message=message)
    return Verdict(candidate, standing, gates, decisive.gate, decisive.reason, decisive.message)


def ahead_of(verdict: Verdict) -> str | None:
    """Return the candidate that it was behind when a race stopped it, if one did."""
    return (verdict.detail("race") or {}).get("leader") if verdict.reason == "behind" else None


def segment_time(verdict: Verdict) -> Measurement | None:
    """Return the median time of the segment length that candidates are compared at."""
    record = timing_record(verdict)
    return None if record is None else record.value("time_p50")


def timing_record(verdict: Verdict) -> Record | None:
    """Return what was measured at the segment length that candidates are compared at."""
    by_length = {
        length.value: record
        for record in verdict.gates["speed"].records
        if (length := record.value("segment")) is not None
    }
    longer = [length for length in by_length if length >= SEGMENT]
    return by_length[min(longer) if longer else max(by_length)] if by_length else None


def timed_beside_others(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the names of those whose speed was measured beside other work."""
    records = {verdict.candidate.name: verdict.gates["speed"].records for verdict in verdicts}
    return [name for name, of in records.items() if any("noise" in record.details for record in of)]


def _decide(gates: Mapping[str, GateResult]) -> tuple[Standing, Record | None, str]:
    for outcome in _NOT_PASSED:
        deciding = (gate for gate in gates.values() if not gate.tolerated)
        record = next((gate.first for gate in deciding if gate.outcome is outcome), None)
        if record is not None:
            failed = outcome is Outcome.FAIL
            return Standing.REJECTED if failed else Standing.UNDECIDED, record, ""
    missing = [_missing(result) for result in gates.values() if result.outcome is None]
    if missing:
        return Standing.UNDECIDED, None, f"not judged yet: {listed(missing)}"
    return Standing.QUALIFIED, None, ""


def _missing(result: GateResult) -> str:
    """Name a gate, and where it is judged in part, the speech or the lengths that it lacks."""
    judged = {record.check for record in result.records}
    asked = {name for record in result.records for name in record.siblings} - judged
    parts = sorted({name.partition("@")[2] for name in asked} - {""})
    named = [
        f"speech in {part.removeprefix(LANGUAGE)}" if part.startswith(LANGUAGE) else part
        for part in parts
    ]
    return f"{result.gate} ({listed(named)})" if named else result.gate


def _gate(gate: str, records: Sequence[Record]) -> GateResult:
    judged_by = tuple(sorted((record for record in records if record.gate == gate), key=_place))
    outcomes = {record.outcome for record in judged_by if not record.tolerated}
    for outcome in _NOT_PASSED:
        if outcome in outcomes:
            return GateResult(gate, outcome, judged_by)
    checks = {record.check for record in judged_by}
    judged = checks | {check.partition("@")[0] for check in checks}
    complete = judged_by and all(judged.issuperset(record.siblings) for record in judged_by)
    if not complete:
        return GateResult(gate, None, judged_by)
    told = any(record.tolerated for record in judged_by)
    return GateResult(gate, Outcome.INCONCLUSIVE if told else Outcome.PASS, judged_by, told)


def _place(record: Record) -> tuple[int, bool]:
    """Sort as the checks of the gate are written, all of the speech before one corpus of it."""
    name, _, part = record.check.partition("@")
    known = name in record.siblings
    about_a_part = record.gate == "accuracy" and part not in ("", TOGETHER)
    return record.siblings.index(name) if known else len(record.siblings), about_a_part


def _hide_unreached(gates: dict[str, GateResult]) -> None:
    """Mark gates of which nothing is known, behind the first that failed or was blocked."""
    closed = False
    for gate, result in gates.items():
        if closed and not result.records:
            gates[gate] = GateResult(gate, Outcome.NOT_REACHED, ())
        closed = closed or result.outcome in (Outcome.FAIL, Outcome.BLOCKED)


def _corpus(gate: str, entry: Sequence[Record], commit: str, context: Context) -> str:
    """Return the corpus on which evidence of a gate counts.

    That is the labelled one; a model's diversity may have been judged on the embedded speech.
    """
    here = (record for record in entry if record.gate == gate and record.commit == commit)
    seen = [record.corpus for record in here if record.corpus]
    if context.corpus is not None:
        embedded = (corpus for corpus in reversed(seen) if corpus.startswith(EMBEDDED))
        unheard = gate != "accuracy" and context.corpus not in seen
        return next(embedded, context.corpus) if unheard else context.corpus
    return seen[-1] if seen else ""


def _is_still_made(record: Record, entry: Sequence[Record], corpus: str) -> bool:
    """Whether the check had this length or part of the speech when it was made last."""
    name = record.check.partition("@")[0]
    made = (
        other.siblings
        for other in reversed(entry)
        if other.gate == record.gate and other.check.partition("@")[0] == name
        if other.siblings and other.corpus in ("", corpus)
    )
    return record.check in next(made, (record.check,))


def _staleness(
    record: Record, candidate: Candidate, commit: str, corpus: str, context: Context
) -> str:
    """Return which of a record's terms differs from what counts now, or an empty string."""
    if record.entry != candidate.fingerprint:
        return "judged under another entry or other requirements in candidates.yaml"
    if record.commit and record.commit != commit:
        return f"of another commit, {record.commit}"
    if record.corpus and record.corpus != corpus:
        return f"on other audio, {record.corpus}"
    if record.environment != context.environments[record.gate]:
        return "measured in another environment"
    return ""
