"""What a check found, against the rejection that candidates.yaml announces."""

from dataclasses import replace

import pytest

from sertify.candidates.reading import Candidate
from sertify.gates.expectations import Colour, Settlement, settle
from sertify.vocabulary.outcomes import Judgement, Outcome
from sertify.vocabulary.reasons import REASONS

CANDIDATE = Candidate("x", "org/x")
REJECTED = Candidate("x", "org/x", status="rejected", reasons=("random_head", "low_uar"))
BASELINE = Candidate("x", "org/x", status="baseline")
ANNOUNCED = "; candidates.yaml expects it to be rejected for random_head or low_uar"


def found(outcome: str, reason: str | None = None) -> Judgement:
    return Judgement(Outcome(outcome), reason=reason, message="what was found" if reason else "")


@pytest.mark.parametrize(
    ("entry", "judgement", "expected"),
    [
        (
            CANDIDATE,
            found("FAIL", "low_uar"),
            Settlement(Colour.RED, "FAIL low_uar: what was found"),
        ),
        (
            BASELINE,
            found("FAIL", "low_uar"),
            Settlement(Colour.RED, "FAIL low_uar: what was found"),
        ),
        (
            CANDIDATE,
            found("INCONCLUSIVE", "low_uar"),
            Settlement(Colour.RED, "INCONCLUSIVE low_uar: what was found"),
        ),
        (
            REJECTED,
            found("FAIL", "random_head"),
            Settlement(Colour.EXPECTED_RED, "random_head: what was found"),
        ),
        (
            REJECTED,
            found("FAIL", "low_uar"),
            Settlement(Colour.EXPECTED_RED, "low_uar: what was found"),
        ),
        (
            REJECTED,
            found("FAIL", "too_slow"),
            Settlement(Colour.RED, f"FAIL too_slow: what was found{ANNOUNCED}"),
        ),
        (
            REJECTED,
            found("INCONCLUSIVE", "low_uar"),
            Settlement(Colour.RED, f"INCONCLUSIVE low_uar: what was found{ANNOUNCED}"),
        ),
    ],
)
@pytest.mark.parametrize("last_owner", [False, True])
def test_a_check_is_as_expected_or_red(
    entry: Candidate, judgement: Judgement, expected: Settlement, last_owner: bool
) -> None:
    assert settle(entry, judgement, last_owner=last_owner) == expected


@pytest.mark.parametrize("entry", [CANDIDATE, BASELINE, REJECTED])
def test_a_check_that_passes_is_green_while_another_may_reject(entry: Candidate) -> None:
    assert settle(entry, found("PASS"), last_owner=False) == Settlement(Colour.GREEN)


def tolerated(reason: str) -> Judgement:
    return replace(found("INCONCLUSIVE", reason), tolerated=True)


@pytest.mark.parametrize("entry", [CANDIDATE, BASELINE, REJECTED])
@pytest.mark.parametrize("reason", ["unfair:gender", "low_uar"])
def test_what_is_tolerated_is_green_while_another_may_reject(entry: Candidate, reason: str) -> None:
    assert settle(entry, tolerated(reason), last_owner=False) == Settlement(Colour.GREEN)


def test_the_last_check_that_should_reject_and_cannot_tell_is_red() -> None:
    message = f"INCONCLUSIVE low_uar: what was found{ANNOUNCED}"
    expected = Settlement(Colour.RED, message)
    assert settle(REJECTED, tolerated("low_uar"), last_owner=True) == expected


def test_the_last_check_that_tolerates_something_else_is_red() -> None:
    assert settle(REJECTED, tolerated("unfair:gender"), last_owner=True).now_qualifies


def test_the_last_check_that_should_reject_and_passes_is_red() -> None:
    assert settle(REJECTED, found("PASS"), last_owner=True) == Settlement(
        Colour.RED,
        "now qualifies: it passes the check that should reject it for random_head or low_uar;"
        " change its status, or its reason, in candidates.yaml",
        now_qualifies=True,
    )


def test_the_reasons_here_are_real_ones() -> None:
    assert {*REJECTED.reasons, "too_slow"} <= {*REASONS}
