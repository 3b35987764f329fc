"""The cases of a run as a whole: whether there is a selection, and whether it is confirmed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.choice import ConfirmationResult
from sertify.report.results.model.results import Results
from sertify.vocabulary.outcomes import Outcome

_NOTHING_NEW = "seen_in_training"


@dataclass(frozen=True)
class RunCase:
    """What a run as a whole is asked, and how it went; ``facts`` are the properties in JUnit.

    What is left ``open`` is no failure, whatever its outcome.
    """

    name: str
    outcome: Outcome
    message: str
    facts: Mapping[str, str]
    open: bool = False


def run_cases(results: Results) -> Iterator[RunCase]:
    """Yield these cases; none where candidates.yaml announces all rejections."""
    if not any(candidate.status == "candidate" for candidate in results.candidates):
        return
    selection = results.selection
    yield _selected(results)
    if selection.candidate is not None and selection.confirmation is not None:
        yield _confirmed(selection.candidate, selection.confirmation)


def _selected(results: Results) -> RunCase:
    name, selection = "test_a_candidate_is_selected", results.selection
    facts = {"selection": selection.candidate or "", "tied": " ".join(selection.tied)}
    if selection.candidate is not None:
        return RunCase(name, Outcome.PASS, selection.sentence, facts)
    waiting = [
        f"{candidate.name} ({candidate.reason or candidate.message})"
        for candidate in results.candidates
        if candidate.status == "candidate" and _is_open(candidate)
    ]
    if waiting:
        message = f"no selection yet: {', '.join(waiting)}"
        return RunCase(name, Outcome.NOT_REACHED, message, facts)
    return RunCase(name, Outcome.FAIL, selection.sentence, facts)


def _is_open(candidate: CandidateResult) -> bool:
    """Whether a gate of an undecided candidate was not or could not be judged."""
    gate = candidate.gates.get(candidate.gate or "")
    left_open = gate is not None and gate.outcome in (Outcome.BLOCKED, Outcome.NOT_REACHED)
    return candidate.verdict == "undecided" and (candidate.reason is None or left_open)


def _confirmed(candidate: str, confirmation: ConfirmationResult) -> RunCase:
    facts = {"candidate": candidate} | {
        f"measured:{measured.name}": f"{measured.value:.6g} {measured.unit}"
        for measured in confirmation.measurements
    }
    if confirmation.reason:
        facts["reason"] = confirmation.reason
    message = f"{confirmation.outcome} {confirmation.reason}: {confirmation.message}"
    message += f" [{candidate} on {confirmation.corpus}]"
    # What few speakers leave open does not take back what the others have shown.
    unsure = confirmation.outcome is Outcome.INCONCLUSIVE and confirmation.reason != _NOTHING_NEW
    name = "test_the_selected_one_is_confirmed"
    return RunCase(name, confirmation.outcome, message, facts, open=unsure)
