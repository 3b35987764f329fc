"""A measurement meets its requirement, misses it, or the data cannot tell."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge

NAN = math.nan
SURE = Bound(min=0.5, confidence=0.95)
shares = st.floats(0, 1)


def outcome(measured: Measurement, bound: Bound) -> str:
    return str(judge(measured, bound, "low_uar").outcome)


def estimate(value: float, low: float, high: float, n: int | None = 100) -> Measurement:
    return Measurement("uar", value, low=low, high=high, n=n)


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        (0.5, Bound(min=0.5), "PASS"),
        (0.4999, Bound(min=0.5), "FAIL"),
        (0.5, Bound(max=0.5), "PASS"),
        (0.5001, Bound(max=0.5), "FAIL"),
        (0.3, Bound(min=0.3, max=0.3), "PASS"),
        (0.2, Bound(min=0.3, max=0.6), "FAIL"),
        (0.7, Bound(min=0.3, max=0.6), "FAIL"),
        (0.0, Bound(min=0.0), "PASS"),
        (math.inf, Bound(min=0.5), "PASS"),
        (math.inf, Bound(max=0.5), "FAIL"),
        (NAN, Bound(min=0.5), "FAIL"),
        (NAN, Bound(max=0.5), "FAIL"),
        (NAN, Bound(), "FAIL"),
    ],
)
def test_bounds_are_inclusive_and_nan_never_passes(
    value: float, bound: Bound, expected: str
) -> None:
    assert outcome(Measurement("uar", value), bound) == expected


@pytest.mark.parametrize(
    ("measured", "bound", "expected"),
    [
        (estimate(0.6, 0.5, 0.7), SURE, "PASS"),
        (estimate(0.6, 0.49, 0.7), SURE, "INCONCLUSIVE"),
        (estimate(0.4, 0.3, 0.5), SURE, "INCONCLUSIVE"),
        (estimate(0.4, 0.3, 0.49), SURE, "FAIL"),
        (estimate(0.4, 0.3, 0.5), Bound(max=0.5, confidence=0.9), "PASS"),
        (estimate(0.4, 0.3, 0.51), Bound(max=0.5, confidence=0.9), "INCONCLUSIVE"),
        (estimate(0.6, 0.51, 0.7), Bound(max=0.5, confidence=0.9), "FAIL"),
        (estimate(0.5, 0.4, 0.6), Bound(0.4, 0.6, 0.9), "PASS"),
        (estimate(0.5, 0.3, 0.6), Bound(0.4, 0.6, 0.9), "INCONCLUSIVE"),
        (estimate(0.5, 0.4, 0.7), Bound(0.4, 0.6, 0.9), "INCONCLUSIVE"),
        (estimate(0.2, 0.1, 0.3), Bound(0.4, 0.6, 0.9), "FAIL"),
        (estimate(0.4, 0.4, 0.4), SURE, "FAIL"),
        (estimate(NAN, NAN, NAN), SURE, "FAIL"),
        (estimate(0.6, NAN, 0.7), SURE, "FAIL"),
        (Measurement("uar", 0.4), SURE, "FAIL"),
        (Measurement("uar", 0.6), SURE, "PASS"),
    ],
)
def test_with_confidence_the_interval_has_to_lie_within(
    measured: Measurement, bound: Bound, expected: str
) -> None:
    assert outcome(measured, bound) == expected


def test_whom_it_is_about_and_how_many_speakers_there_were_decides_nothing() -> None:
    of_calls = Bound(min=0.5, corpus="calls")
    few = Measurement("uar", 0.6, n=10, speakers=2)
    assert (outcome(few, of_calls), outcome(few, Bound(min=0.7, language="ko"))) == ("PASS", "FAIL")


def test_without_confidence_the_interval_does_not_matter() -> None:
    assert outcome(estimate(0.5, 0.1, 0.9), Bound(min=0.5)) == "PASS"
    assert outcome(estimate(0.4, 0.1, 0.9), Bound(min=0.5)) == "FAIL"


@given(shares, shares, shares, shares)
def test_the_outcome_is_that_of_the_whole_interval(
    first: float, second: float, third: float, least: float
) -> None:
    low, value, high = sorted((first, second, third))
    assume(low < high)
    expected = "PASS" if low >= least else "FAIL" if high < least else "INCONCLUSIVE"
    assert outcome(estimate(value, low, high), Bound(min=least, confidence=0.9)) == expected


@pytest.mark.parametrize(
    ("measured", "bound", "message"),
    [
        (Measurement("labels", 4, "labels"), Bound(min=5), "labels=4, but should be at least 5"),
        (
            Measurement("time_p50", 2.34567, "s"),
            Bound(max=1),
            "time_p50=2.346 s, but should be at most 1",
        ),
        (
            estimate(0.6, 0.55, 0.65),
            Bound(min=0.2, max=0.5),
            "uar=0.6 [0.55, 0.65], but should be at least 0.2 and at most 0.5",
        ),
        (
            estimate(0.3, 0.25, 0.35),
            SURE,
            "uar=0.3 [0.25, 0.35], but should be at least 0.5 with 95% confidence",
        ),
        (
            Measurement("uar", 0.499996),
            Bound(min=0.5),
            "uar=0.499996, but should be at least 0.5",
        ),
        (Measurement("uar", NAN), Bound(min=0.5), "uar=nan, but should be at least 0.5"),
        (
            estimate(0.52, 0.44, 0.6),
            SURE,
            (
                "uar=0.52 [0.44, 0.6], but should be at least 0.5 with 95% confidence;"
                " 100 clips cannot tell; 600 would in 5 of 10 cases, 4,700 in 8 of 10"
            ),
        ),
        (
            estimate(0.5, 0.48, 0.52, n=5_000),
            SURE,
            (
                "uar=0.5 [0.48, 0.52], but should be at least 0.5 with 95% confidence;"
                " 5,000 clips cannot tell; 38,000 would in 5 of 10 cases,"
                " but 8 of 10 take more than 100,000 clips"
            ),
        ),
        (
            estimate(0.5, 0.499, 0.501, n=50_000),
            SURE,
            (
                "uar=0.5 [0.499, 0.501], but should be at least 0.5 with 95% confidence;"
                " 50,000 clips cannot tell: the value is too close to the limit"
            ),
        ),
        (
            estimate(1.0, 0.45, 1.0, n=10),
            SURE,
            (
                "uar=1 [0.45, 1], but should be at least 0.5 with 95% confidence;"
                " 10 clips cannot tell; 13 or more could"
            ),
        ),
        (
            estimate(0.6, 0.45, 0.65, n=None),
            SURE,
            (
                "uar=0.6 [0.45, 0.65], but should be at least 0.5 with 95% confidence;"
                " the data cannot tell"
            ),
        ),
    ],
)
def test_the_message_says_what_was_and_what_should_be(
    measured: Measurement, bound: Bound, message: str
) -> None:
    judgement = judge(measured, bound, "low_uar")
    assert judgement.message == message
    assert judgement.reason == "low_uar"
    assert judgement.requirement == str(bound)
    assert judgement.measurements == (measured,)


def test_what_passes_has_neither_reason_nor_message() -> None:
    measured = Measurement("uar", 0.6)
    passed = Judgement(Outcome.PASS, (measured,), requirement="at least 0.5")
    assert judge(measured, Bound(min=0.5), "low_uar") == passed


def test_without_a_requirement_anything_passes() -> None:
    measured = Measurement("uar", NAN)
    assert judge(measured, None, "low_uar") == Judgement(Outcome.PASS, (measured,))


@pytest.mark.parametrize(
    ("value", "bound", "nearer"),
    [
        (0.55, SURE, 0.52),
        (0.45, SURE, 0.48),
        (0.55, Bound(max=0.5, confidence=0.95), 0.51),
        (0.55, Bound(0.1, 0.5, 0.95), 0.52),
        (0.05, Bound(max=0.0, confidence=0.95), 0.02),
    ],
)
def test_the_nearer_the_limit_the_more_clips_are_needed(
    value: float, bound: Bound, nearer: float
) -> None:
    """An interval of 0.1 to either side, from 100 clips."""
    (even, likely), more = (
        clips(judge(estimate(one, one - 0.1, one + 0.1), bound, "low_uar").message)
        for one in (value, nearer)
    )
    assert 100 < even < likely
    assert even < more[0]
    assert likely < more[1]


def test_of_speakers_more_are_needed_not_only_more_clips() -> None:
    measured = Measurement("uar", 0.55, low=0.4, high=0.7, n=60, speakers=6)
    message = judge(measured, SURE, "low_uar").message
    assert message.endswith(
        "; 60 clips of 6 speakers cannot tell;"
        " 28 such speakers would in 5 of 10 cases, 190 in 8 of 10"
    )


def test_a_single_speaker_is_one() -> None:
    measured = Measurement("uar", 0.55, low=0.2, high=0.9, n=35, speakers=1)
    assert "; 35 clips of 1 speaker cannot tell" in judge(measured, SURE, "low_uar").message


def test_of_very_few_speakers_it_is_not_foretold_how_many_are_needed() -> None:
    measured = Measurement("uar", 0.55, low=1e-7, high=1.0, n=30, speakers=3)
    message = judge(measured, SURE, "low_uar").message
    assert message.startswith("uar=0.55 [0, 1], but")
    assert message.endswith(
        "; 30 clips of 3 speakers cannot tell, and so few rarely can:"
        " judge it on 10 speakers or more"
    )


def test_more_clips_are_needed_than_there_are() -> None:
    told = judge(estimate(0.6, 0.4999, 0.61), SURE, "low_uar").message
    assert clips(told)[0] == 110


def clips(message: str) -> tuple[int, int]:
    """Return how many clips would tell in five and in eight of ten cases."""
    found = re.search(
        r"100 clips cannot tell; ([\d,]+) would in 5 of 10 cases, ([\d,]+) in 8 of 10$", message
    )
    assert found is not None, message
    even, likely = (int(number.replace(",", "")) for number in found.groups())
    return even, likely


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(min=5), "at least 5"),
        (Bound(max=0.95), "at most 0.95"),
        (Bound(0.2, 0.8), "at least 0.2 and at most 0.8"),
        (Bound(min=0.5, confidence=0.9), "at least 0.5 with 90% confidence"),
        (Bound(min=0.5, corpus="calls"), "at least 0.5"),
        (Bound(max=0.2, language="ko"), "at most 0.2"),
    ],
)
def test_a_bound_reads_as_a_requirement(bound: Bound, text: str) -> None:
    assert str(bound) == text


def test_of_a_remark_no_sentence_is_lost() -> None:
    remark = " ".join(f"This is sentence {number}." for number in range(100))
    details = {"remark": remark, "label": "x" * 1000}
    kept = Judgement(Outcome.PASS, details=details).details
    assert kept["remark"] == remark
    assert len(kept["label"]) < 400
    endless = Judgement(Outcome.PASS, details={"remark": "x" * 10**6}).details
    assert len(endless["remark"]) < 5000
