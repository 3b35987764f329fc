"""Evidence becomes a verdict: which of it counts, which gate decides, and what is still missing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sertify.candidates.fairness import Fairness
from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.candidates.robustness import Robustness
from sertify.candidates.streaming import Streaming
from sertify.evidence.store import Record
from sertify.gates.parts import TOGETHER
from sertify.selection.verdicts import (
    Context,
    GateResult,
    Standing,
    Verdict,
    current,
    segment_time,
    timing_record,
    verdict,
)
from sertify.vocabulary.outcomes import ALWAYS, GATES, Measurement, Outcome

CANDIDATE = Candidate("x", "org/x")
CONTEXT = Context("data", {gate: f"{gate}-env" for gate in GATES})
CHECKS = ("test_a", "test_b")


def record(gate: str, check: str = "test_a", outcome: str = "PASS", **more: Any) -> Record:
    """Return evidence that counts, and says where it is from."""
    heard = gate in ("degeneracy", "accuracy")
    fields = {
        "candidate": "x",
        "entry": CANDIDATE.fingerprint,
        "commit": "c1",
        "corpus": "data" if heard else "",
        "environment": f"{gate}-env",
        "reason": None if outcome == "PASS" else f"{gate}_reason",
        "message": "" if outcome == "PASS" else f"{gate} {check}",
        "siblings": CHECKS,
    }
    return Record(gate=gate, check=check, outcome=Outcome(outcome), **fields | more)


def passed(*gates: str, **more: Any) -> list[Record]:
    """Return evidence that every check of these gates passed."""
    return [record(gate, check, **more) for gate in gates for check in CHECKS]


def judged(records: Sequence[Record], **candidate: Any) -> Verdict:
    return verdict(replace(CANDIDATE, **candidate), records)


OPTIONAL: dict[str, Any] = {
    "robustness": Robustness(),
    "fairness": Fairness(),
    "streaming": Streaming(),
}
ALL_GATES = {"requirements": Requirements(**OPTIONAL)}


def decision(found: Verdict) -> tuple[str, str | None, str | None, str]:
    return str(found.standing), found.gate, found.reason, found.message


def outcomes(found: Verdict) -> list[str | None]:
    return [str(gate.outcome) if gate.outcome else None for gate in found.gates.values()]


# ------------------------------------------------------------------ which gate decides


def test_a_candidate_that_passes_every_gate_qualifies() -> None:
    found = judged(passed(*GATES), **ALL_GATES)
    assert decision(found) == ("qualified", None, None, "")
    assert outcomes(found) == ["PASS"] * len(GATES)
    assert found.commit == "c1"
    assert [one.gate for one in found.records] == [gate for gate in GATES for _ in CHECKS]


@pytest.mark.parametrize("gate", GATES)
def test_the_first_gate_that_fails_decides(gate: str) -> None:
    number = GATES.index(gate)
    failed = [record(later, "test_b", "FAIL") for later in GATES[number:]]
    found = judged(passed(*GATES[:number]) + failed, **ALL_GATES)
    assert decision(found) == ("rejected", gate, f"{gate}_reason", f"{gate} test_b")


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("outcome", ["FAIL", "BLOCKED"])
def test_what_lies_behind_a_closed_gate_is_not_reached(gate: str, outcome: str) -> None:
    number = GATES.index(gate)
    found = judged([*passed(*GATES[:number]), record(gate, "test_a", outcome)], **ALL_GATES)
    behind = ["NOT_REACHED"] * (len(GATES) - 1 - number)
    assert outcomes(found) == ["PASS"] * number + [outcome] + behind


def test_the_first_check_that_fails_gives_the_reason() -> None:
    checks = [record("labels", "test_a", "BLOCKED"), record("labels", "test_b", "FAIL")]
    found = judged(passed("loadability") + checks)
    assert decision(found) == ("rejected", "labels", "labels_reason", "labels test_b")
    assert found.gates["labels"].first == checks[1]


@pytest.mark.parametrize("outcome", ["BLOCKED", "INCONCLUSIVE"])
def test_what_cannot_be_judged_is_undecided(outcome: str) -> None:
    others = [gate for gate in GATES if gate != "accuracy"]
    found = judged([*passed(*others), record("accuracy", "test_b", outcome)])
    assert decision(found) == ("undecided", "accuracy", "accuracy_reason", "accuracy test_b")


def test_a_failure_decides_where_another_gate_cannot_tell() -> None:
    others = passed("loadability", "labels", "degeneracy")
    undecided = record("accuracy", "test_a", "INCONCLUSIVE")
    found = judged([*others, undecided, record("speed", "test_a", "FAIL")])
    assert decision(found) == ("rejected", "speed", "speed_reason", "speed test_a")


def test_what_is_blocked_comes_before_what_is_inconclusive() -> None:
    inconclusive = record("degeneracy", "test_a", "INCONCLUSIVE")
    found = judged([*passed("loadability"), inconclusive, record("speed", "test_a", "BLOCKED")])
    assert decision(found)[:2] == ("undecided", "speed")


# ------------------------------------------------------------------ what is not asked, or tolerated


@pytest.mark.parametrize("gate", OPTIONAL)
def test_a_gate_that_is_not_asked_decides_nothing(gate: str) -> None:
    found = judged([*passed(*ALWAYS), record(gate, "test_a", "FAIL")])
    assert decision(found) == ("qualified", None, None, "")
    assert [*found.gates] == [*ALWAYS]
    assert {one.gate for one in found.records} == {*ALWAYS}


@pytest.mark.parametrize("gate", OPTIONAL)
def test_a_gate_that_is_asked_has_to_be_judged(gate: str) -> None:
    found = judged(passed(*(one for one in GATES if one != gate)), **ALL_GATES)
    assert decision(found) == ("undecided", None, None, f"not judged yet: {gate}")


def test_what_cannot_be_told_and_is_tolerated_leaves_a_candidate_qualified() -> None:
    others = passed(*(one for one in GATES if one != "robustness"))
    open_ = record("robustness", "test_a", "INCONCLUSIVE", tolerated=True)
    found = judged([*others, open_, record("robustness", "test_b")], **ALL_GATES)
    assert decision(found) == ("qualified", None, None, "")
    gate = found.gates["robustness"]
    assert (gate.outcome, gate.tolerated) == (Outcome.INCONCLUSIVE, True)


@pytest.mark.parametrize("outcome", ["FAIL", "BLOCKED", "INCONCLUSIVE"])
def test_what_is_tolerated_hides_nothing_else(outcome: str) -> None:
    others = passed(*(one for one in GATES if one != "robustness"))
    open_ = record("robustness", "test_a", "INCONCLUSIVE", tolerated=True)
    found = judged([*others, open_, record("robustness", "test_b", outcome)], **ALL_GATES)
    standing = "rejected" if outcome == "FAIL" else "undecided"
    assert decision(found) == (standing, "robustness", "robustness_reason", "robustness test_b")
    assert not found.gates["robustness"].tolerated


def test_a_gate_of_which_some_is_tolerated_and_some_missing_is_incomplete() -> None:
    others = passed(*(one for one in GATES if one != "fairness"))
    open_ = record("fairness", "test_a", "INCONCLUSIVE", tolerated=True)
    found = judged([*others, open_], **ALL_GATES)
    assert decision(found) == ("undecided", None, None, "not judged yet: fairness")


# ------------------------------------------------------------------ what is missing


def test_without_evidence_all_gates_are_missing() -> None:
    found = judged([])
    missing = "not judged yet: loadability, labels, degeneracy, accuracy, speed"
    assert decision(found) == ("undecided", None, None, missing)
    assert outcomes(found) == [None] * 5
    assert found.commit is None


def test_missing_gates_are_named() -> None:
    found = judged(passed("loadability", "labels", "degeneracy"))
    assert decision(found) == ("undecided", None, None, "not judged yet: accuracy, speed")


def test_a_gate_of_which_a_check_is_missing_is_incomplete() -> None:
    others = [gate for gate in GATES if gate != "labels"]
    found = judged([*passed(*others), record("labels", "test_b")])
    assert decision(found) == ("undecided", None, None, "not judged yet: labels")
    assert found.gates["labels"] == GateResult("labels", None, (record("labels", "test_b"),))
    assert found.gates["labels"].first is None


def test_a_check_that_is_new_in_a_gate_is_missing() -> None:
    newer = replace(record("labels"), siblings=("test_a", "test_b", "test_c"))
    found = judged([*passed(*GATES), newer])
    assert decision(found) == ("undecided", None, None, "not judged yet: labels")


def test_a_check_of_one_length_of_audio_stands_for_its_function() -> None:
    others = [gate for gate in GATES if gate != "speed"]
    speed = [record("speed", f"test_a@{n}s", siblings=("test_a",)) for n in (1, 5)]
    assert judged(passed(*others) + speed).standing is Standing.QUALIFIED


# ------------------------------------------------------------------ what candidates.yaml says


@pytest.mark.parametrize("outcome", ["PASS", "FAIL", "INCONCLUSIVE"])
def test_a_baseline_stays_one_whatever_is_found(outcome: str) -> None:
    others = passed(*GATES[:4])
    found = judged([*others, *(record("speed", c, outcome) for c in CHECKS)], status="baseline")
    assert found.standing is Standing.BASELINE
    assert found.gate == (None if outcome == "PASS" else "speed")


REJECTED = {"status": "rejected", "reasons": ("random_head",)}


def test_a_rejected_candidate_that_qualifies_is_not_used_before_its_status_changes() -> None:
    found = judged(passed(*GATES), **REJECTED)
    message = "now qualifies, but its status is rejected"
    assert decision(found) == ("undecided", None, None, message)


def test_a_rejected_candidate_is_rejected_by_what_is_found() -> None:
    found = judged([record("loadability", "test_a", "FAIL")], **REJECTED)
    assert decision(found)[:2] == ("rejected", "loadability")
    assert judged([], **REJECTED).standing is Standing.UNDECIDED


def test_a_number_is_the_first_of_its_name() -> None:
    first, second = (Measurement("size_on_disk", value, "MB") for value in (1.0, 2.0))
    records = [
        record("speed", measurements=(second,)),
        record("loadability", measurements=(Measurement("files", 3), first)),
    ]
    found = judged(records)
    assert found.number("size_on_disk") == first
    assert found.number("uar") is None


def test_a_detail_is_the_first_of_its_name() -> None:
    records = [
        record("labels", details={"labels": ["ang"]}),
        record("loadability", details={"labels": ["sad"], "loader": "onnx"}),
    ]
    found = judged(records)
    assert (found.detail("labels"), found.detail("loader")) == (["sad"], "onnx")
    assert found.detail("repository") is None


@pytest.mark.parametrize(
    ("written", "card", "languages"),
    [
        (("de",), {"languages": ["en"]}, ("de",)),
        ((), {"languages": ["en", "ko"]}, ("en", "ko")),
        ((), {}, ()),
        ((), None, ()),
    ],
)
def test_languages_are_those_of_the_entry_else_of_the_model_card(
    written: tuple[str, ...], card: dict[str, list[str]] | None, languages: tuple[str, ...]
) -> None:
    details = {} if card is None else {"repository": card}
    found = judged([record("loadability", details=details)], languages=written)
    assert found.languages == languages


# ------------------------------------------------------------------ parts of the speech


def about(part: str, uar: float, outcome: str = "PASS") -> Record:
    """Return evidence of a check of the accuracy on a part of the speech."""
    check = f"test_a@{part}" if part else "test_a"
    measured = (Measurement("uar", uar),)
    return record("accuracy", check, outcome, measurements=measured, siblings=("test_a",))


@pytest.mark.parametrize("whole", ["", TOGETHER])
def test_the_numbers_are_those_of_the_whole_whatever_was_judged_first(whole: str) -> None:
    found = judged([about("calls", 0.9), about("language-ko", 0.2), about(whole, 0.5)])
    assert found.number("uar") == Measurement("uar", 0.5)
    parts = [one.check.partition("@")[2] for one in found.gates["accuracy"].records]
    assert parts == [whole, "calls", "language-ko"]


def test_a_part_that_fails_rejects_but_the_whole_gives_the_reason_where_both_do() -> None:
    others = passed("loadability", "labels", "degeneracy", "speed")
    part = judged([*others, about("calls", 0.1, "FAIL"), about(TOGETHER, 0.5)])
    assert decision(part) == ("rejected", "accuracy", "accuracy_reason", "accuracy test_a@calls")
    both = judged([*others, about("calls", 0.1, "FAIL"), about(TOGETHER, 0.2, "FAIL")])
    assert both.message == f"accuracy test_a@{TOGETHER}"


def test_a_part_that_is_still_to_be_judged_leaves_the_gate_open() -> None:
    siblings = (f"test_a@{TOGETHER}", "test_a@calls")
    whole, calls = (replace(about(part, 0.5), siblings=siblings) for part in (TOGETHER, "calls"))
    assert judged([whole]).gates["accuracy"].outcome is None
    assert judged([whole, calls]).gates["accuracy"].outcome is Outcome.PASS


# ------------------------------------------------------------------ the speed compared


def timed(length: float, seconds: float) -> Record:
    measured = Measurement("time_p50", seconds, "s"), Measurement("segment", length, "s")
    return record("speed", f"test_time@{length:g}s", measurements=measured)


@pytest.mark.parametrize(
    ("lengths", "compared"),
    [((1, 5, 10), 5), ((1, 7, 30), 7), ((1, 2), 2), ((30, 10), 10), ((5.5, 6), 5.5)],
)
def test_speed_is_compared_at_5_seconds_or_the_length_nearest_to_it(
    lengths: tuple[float, ...], compared: float
) -> None:
    records = [timed(length, length / 10) for length in lengths]
    found = judged(records)
    assert segment_time(found) == Measurement("time_p50", compared / 10, "s")
    assert timing_record(found) == timed(compared, compared / 10)


def test_without_a_timing_there_is_none() -> None:
    found = judged([record("speed"), record("loadability")])
    assert (segment_time(found), timing_record(found)) == (None, None)


# ------------------------------------------------------------------ which evidence counts


def split(records: Sequence[Record], context: Context = CONTEXT) -> tuple[list[Record], list[str]]:
    """Return what counts, and why the rest does not."""
    kept, stale = current(CANDIDATE, records, context)
    counted = [*kept, *(one.record for one in stale)]
    assert all((one in counted) is (one.candidate == "x") for one in records)
    return [*kept], [one.why for one in stale]


def test_evidence_of_what_is_judged_now_counts() -> None:
    assert split(passed(*GATES)) == (passed(*GATES), [])


def test_evidence_of_other_candidates_is_not_even_stale() -> None:
    assert split([record("labels", candidate="y")]) == ([], [])


@pytest.mark.parametrize(
    ("gate", "other", "why"),
    [
        (
            "labels",
            {"entry": "e0"},
            "judged under another entry or other requirements in candidates.yaml",
        ),
        ("labels", {"commit": "c0"}, "of another commit, c0"),
        ("accuracy", {"corpus": "older"}, "on other audio, older"),
        ("degeneracy", {"corpus": "older"}, "on other audio, older"),
        ("speed", {"environment": "other"}, "measured in another environment"),
    ],
)
def test_other_evidence_is_stale_for_a_reason(gate: str, other: dict[str, Any], why: str) -> None:
    older = replace(record(gate), **other)
    assert split([older, *passed(*GATES)]) == (passed(*GATES), [why])


def test_the_commit_that_was_judged_last_counts() -> None:
    older, newer = passed("loadability", "labels"), passed("loadability", commit="c2")
    assert split(older + newer) == (newer, ["of another commit, c1"] * 4)
    assert split(newer + older) == (older, ["of another commit, c2"] * 2)


def test_the_commit_of_another_entry_does_not_matter() -> None:
    own = passed("loadability")
    other = record("loadability", commit="c2", entry="e0")
    kept, _ = split([*own, other])
    assert kept == own


def test_what_could_not_be_resolved_counts_beside_a_known_commit() -> None:
    known = passed("loadability", "labels")
    unresolved = record("loadability", "test_a", "BLOCKED", commit="", siblings=CHECKS)
    kept, why = split([*known, unresolved])
    assert (kept, why) == ([*known, unresolved], [])
    found = judged(kept)
    assert decision(found)[:2] == ("undecided", "loadability")
    assert found.commit == "c1"


def test_a_repository_that_is_not_there_is_rejected_without_a_commit() -> None:
    missing = record("loadability", "test_a", "FAIL", commit="")
    kept, why = split([missing])
    assert (kept, why) == ([missing], [])
    assert judged(kept).standing is Standing.REJECTED
    assert judged(kept).commit is None


def test_without_labelled_audio_the_audio_that_was_heard_last_counts() -> None:
    heard = [record("degeneracy", corpus=corpus) for corpus in ("first", "second")]
    kept, why = split(heard, replace(CONTEXT, corpus=None))
    assert (kept, why) == ([heard[1]], ["on other audio, first"])


def test_diversity_may_have_been_judged_on_the_embedded_speech() -> None:
    embedded = passed("degeneracy", corpus="embedded:1")
    assert split(embedded) == (embedded, [])
    assert split(passed("accuracy", corpus="embedded:1")) == (
        [],
        ["on other audio, embedded:1"] * 2,
    )


def test_diversity_on_other_speech_than_accuracy_does_not_count() -> None:
    assert split(passed("degeneracy", corpus="other")) == ([], ["on other audio, other"] * 2)


def test_each_length_of_audio_has_to_be_measured() -> None:
    siblings = ("test_time", "test_time@1s", "test_time@5s")
    one = record("speed", "test_time@1s", siblings=siblings)
    other = record("speed", "test_time@5s", siblings=siblings)
    assert verdict(CANDIDATE, [one]).gates["speed"].outcome is None
    assert verdict(CANDIDATE, [one, other]).gates["speed"].outcome is Outcome.PASS


def test_the_labelled_audio_counts_for_diversity_once_it_was_heard() -> None:
    own, embedded = passed("degeneracy"), passed("degeneracy", corpus="embedded:1")
    assert split(own + embedded) == (own, ["on other audio, embedded:1"] * 2)
