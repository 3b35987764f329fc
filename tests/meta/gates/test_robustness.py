"""What a condition may cost: rejected where that is proven, tolerated where it cannot be told."""

import dataclasses
import math
from typing import Any

import pytest

from sertify.candidates.requirements import Requirements
from sertify.gates.robustness import Disturbance, judge_condition
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

BABBLE = Condition("babble", 20)


def measured(name: str, value: float, low: float, high: float, n: int = 60) -> Measurement:
    return Measurement(name, value, "1", low, high, n, speakers=12)


def heard(
    drop: tuple[float, float, float] | None = (0.0, -0.04, 0.04),
    unchanged: tuple[float, float, float] = (0.9, 0.8, 0.95),
    condition: Condition = BABBLE,
    **facts: Any,
) -> Disturbance:
    found = Disturbance(
        condition,
        clips=60,
        at_hand=60,
        unchanged=measured("unchanged", *unchanged),
        share=Measurement("unchanged_share", 0.93, n=60),
    )
    if drop is not None:
        found = dataclasses.replace(
            found,
            drop=measured("drop", *drop),
            clean=Measurement("uar_clean", 0.71, n=60),
            disturbed=Measurement("uar_disturbed", 0.71 - drop[0], n=60),
            worsened=max(0.0, drop[0]) + 0.02,
            mended=0.02,
        )
    return dataclasses.replace(found, **facts)


def asked(robustness: Any = True) -> Requirements:
    return Requirements.model_validate({"robustness": robustness}, strict=False)


def outcome(judgement: Judgement) -> tuple[Outcome, bool]:
    return judgement.outcome, judgement.tolerated


LOST, KEPT, UNSURE = (0.18, 0.09, 0.27), (0.0, -0.04, 0.04), (0.06, 0.01, 0.11)


@pytest.mark.parametrize(
    ("drop", "expected"),
    [
        (LOST, (Outcome.FAIL, False)),
        (KEPT, (Outcome.PASS, False)),
        (UNSURE, (Outcome.INCONCLUSIVE, True)),
        ((-0.1, -0.2, -0.01), (Outcome.PASS, False)),
    ],
)
def test_only_what_is_proven_is_rejected(
    drop: tuple[float, float, float], expected: tuple[Outcome, bool]
) -> None:
    judgement = judge_condition(heard(drop), asked())
    assert outcome(judgement) == expected
    assert judgement.passes is (expected[0] is not Outcome.FAIL)
    assert judgement.requirement == "drop at most 0.05, beyond doubt"
    assert judgement.reason == (None if expected[0] is Outcome.PASS else "not_robust:noise")


def test_it_says_what_was_lost_where_and_what_would_do() -> None:
    assert judge_condition(heard(LOST), asked()).message == (
        "in noise (babble 20 dB) it loses 0.18 [0.09, 0.27] UAR (0.71 to 0.53), but should lose"
        " at most 0.05"
    )


def test_what_cannot_be_told_says_what_would_tell() -> None:
    message = judge_condition(heard(UNSURE), asked()).message
    assert message.startswith(
        "in noise (babble 20 dB) it loses 0.06 [0.01, 0.11] UAR (0.71 to 0.65), but"
    )
    assert "; 60 clips of 12 speakers cannot tell" in message
    assert "`clips:`" not in message
    more = judge_condition(heard(UNSURE, at_hand=1440), asked()).message
    assert more.endswith("; `clips:` under `robustness:` asks more of the 1,440 at hand")


def test_proof_that_was_asked_for_has_to_be_there() -> None:
    strict = asked({"drop": {"max": 0.05, "confidence": 0.9}})
    sure = {"drop": measured("drop", 0.03, 0.01, 0.049)}
    unsure = {"drop": measured("drop", 0.03, -0.02, 0.08)}
    found = heard((0.03, -0.03, 0.09))
    judgement = judge_condition(dataclasses.replace(found, decisive=unsure), strict)
    assert outcome(judgement) == (Outcome.INCONCLUSIVE, False)
    assert "[-0.02, 0.08]" in judgement.message
    assert "should lose at most 0.05 with 90% confidence; 60 clips" in judgement.message
    assert judgement.requirement == "drop at most 0.05 with 90% confidence"
    judgement = judge_condition(dataclasses.replace(found, decisive=sure), strict)
    assert outcome(judgement) == (Outcome.PASS, False)
    assert judgement.measurements[0].high == 0.09  # what is shown is at the usual confidence


def test_what_stays_is_held_against_its_own_limit() -> None:
    limits = asked({"unchanged": {"min": 0.6}})
    judgement = judge_condition(heard(unchanged=(0.3, 0.1, 0.5)), limits)
    assert outcome(judgement) == (Outcome.FAIL, False)
    assert judgement.message == (
        "in noise (babble 20 dB) 0.3 [0.10, 0.50] of its predictions stay, corrected for"
        " chance, which should"
        " be at least 0.6"
    )
    assert judge_condition(heard(unchanged=(0.8, 0.65, 0.9)), limits).outcome is Outcome.PASS
    assert judge_condition(heard(unchanged=(0.3, 0.1, 0.5)), asked()).outcome is Outcome.PASS


def test_the_worse_of_both_counts() -> None:
    limits = asked({"drop": {"max": 0.05}, "unchanged": {"min": 0.6, "confidence": 0.95}})
    judgement = judge_condition(heard(UNSURE, unchanged=(0.7, 0.5, 0.85)), limits)
    assert outcome(judgement) == (Outcome.INCONCLUSIVE, False)
    assert "predictions stay" in judgement.message
    assert "loses" not in judgement.message
    both = judge_condition(heard(LOST, unchanged=(0.3, 0.1, 0.5)), limits)
    assert both.outcome is Outcome.FAIL
    assert both.message.count("in noise (babble 20 dB) ") == 2
    assert both.requirement.count(";") == 1


def test_without_labels_only_what_stays_is_judged() -> None:
    judgement = judge_condition(heard(None), asked({"unchanged": {"min": 0.6}}))
    assert [one.name for one in judgement.measurements] == ["unchanged", "unchanged_share"]
    assert judgement.details["limit"] is None
    assert "worsened" not in judgement.details
    assert judge_condition(heard(None, unchanged=(0, -0.2, 0.2)), asked()).outcome is Outcome.PASS


def test_of_one_that_says_one_thing_nothing_is_told() -> None:
    judgement = judge_condition(
        heard(unchanged=(math.nan, -1, 1)), asked({"unchanged": {"min": 0.6}})
    )
    assert outcome(judgement) == (Outcome.INCONCLUSIVE, True)
    assert judgement.message == (
        "in noise (babble 20 dB) it says one thing only, so nothing tells how much stays,"
        " which should be at"
        " least 0.6"
    )


def test_where_no_limit_is_about_it_nothing_is_rejected() -> None:
    severe = heard((0.6, 0.5, 0.7), condition=Condition("babble", 0))
    assert judge_condition(severe, asked()).outcome is Outcome.PASS
    named = asked({"drop": [{"max": 0.05}, {"max": 0.3, "condition": "babble 0 dB"}]})
    judgement = judge_condition(severe, named)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.details["limit"] == 0.3
    seen = judge_condition(heard(LOST, binding=False, remark="it was trained on it"), asked())
    assert seen.outcome is Outcome.PASS
    assert seen.details["remark"] == "it was trained on it"
    assert judge_condition(heard(LOST), Requirements()).outcome is Outcome.PASS


def test_the_record_has_what_a_reader_needs() -> None:
    judgement = judge_condition(heard(LOST), asked())
    assert judgement.details == {
        "condition": {
            "kind": "babble",
            "family": "noise",
            "severity": 20,
            "unit": "dB",
            "text": "others talk at the same time",
            "name": "babble 20 dB",
        },
        "worsened": pytest.approx(0.2),
        "mended": 0.02,
        "clips": 60,
        "limit": 0.05,
        "limit_unchanged": None,
    }
    assert [one.name for one in judgement.measurements] == [
        *("drop", "uar_clean", "uar_disturbed", "unchanged", "unchanged_share"),
    ]


def test_what_changes_nothing_passes_with_a_remark() -> None:
    low = Disturbance(Condition("lowpass", 4000), 0, 60, remark="nothing is changed")
    judgement = judge_condition(low, asked({"unchanged": {"min": 0.9}}))
    assert judgement.outcome is Outcome.PASS
    assert judgement.measurements == ()
    assert judgement.details["remark"] == "nothing is changed"
