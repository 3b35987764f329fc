"""What a check is, whether it is reached, and what it found: the same for every door."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime

from sertify.evidence.environment import fingerprint
from sertify.evidence.store import Record
from sertify.pipeline.checks import Check
from sertify.pipeline.way import Way, parameters
from sertify.vocabulary.errors import Blocked, Foreseen, NotReached, Rejected
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome
from sertify.vocabulary.reasons import gate_of
from sertify.vocabulary.text import safe, text_of_error

# In these gates each check presupposes the one before it.
_SEQUENTIAL = ("loadability",)
# Why a race ends without a fault: evidence, too, for only a run without one takes it back.
_BEHIND = "behind"
_RACED = ("accuracy", "robustness", "streaming")


def ends(check: Check, judgement: Judgement) -> bool:
    """Whether nothing is asked of a candidate in later gates, by what a check found."""
    behind = judgement.reason == _BEHIND and check.gate in _RACED
    return judgement.outcome in (Outcome.FAIL, Outcome.BLOCKED) or behind


def is_evidence(kept: Record) -> bool:
    """Whether a later run has to know of it: not of what this one merely left out."""
    behind = kept.reason == _BEHIND and kept.gate in _RACED
    return kept.outcome is not Outcome.NOT_REACHED or behind


def why_unreached(check: Check, first: tuple[Check, Judgement] | None) -> NotReached | None:
    """Return why a check is not reached; ``first`` is the candidate's first that did not pass."""
    if first is None:
        return _announced(check)
    earlier, judgement = first
    if judgement.outcome is Outcome.NOT_REACHED:
        later = check.order > earlier.order
        return NotReached(_BEHIND, f"not reached, {judgement.message}") if later else None
    blocked = judgement.outcome is Outcome.BLOCKED
    sequential = check.gate in _SEQUENTIAL or blocked
    if check.order <= earlier.order and not (
        sequential or judgement.reason in check.candidate.reasons
    ):
        return None
    assert judgement.reason is not None
    outcome = "is blocked" if blocked else "rejects it"
    message = f"not reached, {earlier.gate} {outcome}: {judgement.message}"
    return NotReached(judgement.reason, message)


def _announced(check: Check) -> NotReached | None:
    """Leave out what lies behind the gate that candidates.yaml says it is rejected by."""
    reasons = check.candidate.reasons
    gates = [gate for code in reasons if (gate := gate_of(code))]
    if not gates or check.order <= max(map(GATES.index, gates)):
        return None
    message = f"not reached, candidates.yaml says it is rejected for {' or '.join(reasons)}"
    return NotReached(reasons[0], message)


def run_check(way: Way, check: Check) -> Judgement:
    """Let a check decide, with the stages of its candidate's way."""
    assert check.function is not None
    judgements: list[Judgement] = []
    branch = way.branch(check=judgements.append, **check.given)
    begun = False
    try:
        given = {name: branch.get(name) for name in parameters(check.function)}
        begun = True
        check.function(**given)
    except Exception as error:
        judgements = [judgement_of(error, check, own=begun)]
    finally:
        branch.close()
    return as_it_stands(judgements[0] if judgements else Judgement(Outcome.PASS), way)


def run_in_order(
    way: Way, checks: Iterable[Check], first: MutableMapping[str, tuple[Check, Judgement]]
) -> Iterator[tuple[Check, Judgement]]:
    """Run the checks of one candidate, and say of those that are not reached why not.

    ``first`` has, by a candidate's name, its first check that ended it; this is noted there.
    """
    for check in checks:
        why = why_unreached(check, first.get(check.candidate.name))
        judgement = run_check(way, check) if why is None else judgement_of(why)
        if ends(check, judgement):
            first.setdefault(check.candidate.name, (check, judgement))
        yield check, judgement


def require_unchanged(way: Way) -> None:
    """Raise ``Blocked`` where the candidate's files changed since they were looked at."""
    if way.known("snapshot") is not None:
        way.get("watch").require()


def as_it_stands(judgement: Judgement, way: Way | None) -> Judgement:
    """Return a judgement, or where the files that it is of have changed meanwhile, that of this."""
    if way is None or judgement.outcome is Outcome.NOT_REACHED:
        return judgement
    try:
        require_unchanged(way)
    except Blocked as changed:
        return judgement_of(changed)
    return judgement


def judgement_of(
    error: BaseException, check: Check | None = None, *, own: bool = False
) -> Judgement:
    """Judge by an error that came in place of a judgement of a check.

    What is asserted is about the candidate only in the check's ``own`` function.
    """
    if isinstance(error, Rejected):
        code, message = error.reason.code, error.message
        if check is not None and (before := _found_elsewhere(error, check)):
            message = f"not reached, {before} rejects it: {message}"
            return Judgement(Outcome.NOT_REACHED, (), code, message)
        return Judgement(Outcome.FAIL, (), code, message, details=error.details)
    if isinstance(error, Blocked):
        code, details = error.reason.code, error.details
        return Judgement(Outcome.BLOCKED, (), code, error.message, details=details)
    if isinstance(error, NotReached):
        code, details = error.reason.code, error.details
        return Judgement(Outcome.NOT_REACHED, (), code, error.message, details=details)
    if own and isinstance(error, AssertionError):
        return Judgement(Outcome.FAIL, (), "failed_check", safe(error))
    text = without_logins(text_of_error(error))
    return Judgement(Outcome.BLOCKED, (), "unexpected_error", text)


def _found_elsewhere(error: Rejected, check: Check) -> str:
    """Return the gate whose check reports a rejection, where that is another check."""
    code = error.reason.code
    gate = gate_of(code)
    foreseen = isinstance(error, Foreseen) and code not in check.owns
    return gate if gate and (check.order > GATES.index(gate) or foreseen) else ""


def record(
    check: Check, judgement: Judgement, environment: Mapping[str, str], way: Way | None = None
) -> Record:
    """Return what is kept of a judgement, and what it depends on."""
    snapshot, corpus = None, None
    if way is not None:
        needed = way.needs(*check.asks)
        snapshot = way.known("snapshot") if "snapshot" in needed else None
        corpus = way.known("probe") if "probe" in needed and way.known("model") else None
        if "request_lengths" in needed:
            corpus = way.known("data")
    return Record.of(
        judgement,
        candidate=check.candidate.name,
        entry=check.candidate.fingerprint,
        commit=snapshot.identity if snapshot is not None else "",
        gate=check.gate,
        check=check.name,
        corpus=corpus.fingerprint if corpus is not None else "",
        environment=fingerprint(environment, check.gate),
        siblings=check.siblings,
        judged_at=datetime.now(UTC).isoformat(),
    )
