"""Which conditions are asked for, and which limit is about each."""

from typing import Any

import pytest
from pydantic import ValidationError

from sertify.candidates.requirements import Requirements
from sertify.candidates.robustness import Robustness
from sertify.vocabulary.conditions import Condition, standard_conditions


def asked(written: Any) -> Robustness:
    found = Requirements.model_validate({"robustness": written}, strict=False).robustness
    assert found is not None
    return found


def names(written: Any, *given: str) -> list[str]:
    return [str(condition) for condition in asked(written).asked(given)]


def test_the_usual_ones_are_asked_where_none_is_named() -> None:
    assert asked(True).asked() == standard_conditions()
    assert asked({"clips": 20}).asked() == standard_conditions()
    assert len(names(True, "noises", "responses")) == 17


def test_what_is_named_is_asked_once() -> None:
    assert names(["mp3", "mp3 16 kbit/s", "babble 5"]) == [
        *("mp3 32 kbit/s", "mp3 16 kbit/s", "babble 5 dB"),
    ]
    assert names("reverb") == ["reverb 0.3 s", "reverb 0.5 s", "reverb 1 s"]


def test_what_needs_a_folder_is_left_out_of_its_family_without_one() -> None:
    assert "environment 20 dB" not in names("noise")
    assert "environment 20 dB" in names("noise", "noises")
    assert names("room") == names("reverb")
    assert names("room", "responses") == [*names("reverb"), "response"]
    # Who names it, is told that there is none.
    assert names("environment 10 dB") == ["environment 10 dB"]
    assert names(["room", "response"])[-1] == "response"


def test_a_condition_may_be_written_in_several_ways() -> None:
    assert asked(["babble 20", " phone ", "loss  10%"]).conditions == (
        *("babble 20 dB", "phone", "loss 10 %"),
    )
    assert asked("babble 20").asked() == asked("babble 20.0 dB").asked()


@pytest.mark.parametrize(
    "written", ["nois", "babble 70 dB", "response 5", "babble loud", "", "own", "noise 20 dB"]
)
def test_what_is_no_condition_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        asked([written])


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        (Condition("babble", 20), 0.05),
        (Condition("pink", 30), 0.05),
        (Condition("bursts", 10), 0.1),
        (Condition("babble", 15), 0.1),
        (Condition("babble", 0), None),
        (Condition("gsm", 25), 0.05),
        (Condition("loss", 20), 0.05),
        (Condition("reverb", 0.5), 0.1),
        (Condition("reverb", 1), None),
        (Condition("response"), None),
        (Condition("gain", -12), None),
    ],
    ids=str,
)
def test_usual_limits(condition: Condition, most: float | None) -> None:
    limit = asked(True).limit("drop", condition)
    assert (limit and limit.max) == most
    assert asked(True).limit("unchanged", condition) is None


def test_no_conditions_are_not_all_the_usual_ones() -> None:
    for conditions in (asked, lambda none: asked({"conditions": none})):
        with pytest.raises(ValidationError, match="at least 1 item"):
            conditions([])


def test_a_limit_of_a_family_or_a_kind_holds_at_any_severity() -> None:
    limits = asked(
        {
            "conditions": ["babble 5", "pink 5", "reverb 0.7"],
            "drop": [
                {"max": 0.1, "condition": "noise"},
                {"max": 0.2, "condition": "babble"},
                {"max": 0.3, "condition": "reverb 0.70"},
            ],
            "unchanged": {"min": 0.5, "condition": "room"},
        }
    )
    drops = [limits.limit("drop", condition) for condition in limits.asked()]
    assert [bound and bound.max for bound in drops] == [0.2, 0.1, 0.3]
    unchanged = [limits.limit("unchanged", condition) for condition in limits.asked()]
    assert [bound and bound.min for bound in unchanged] == [None, None, 0.5]


def test_the_same_condition_is_limited_once_however_it_is_written() -> None:
    twice = [{"max": 0.1, "condition": "babble 20"}, {"max": 0.2, "condition": "babble 20 dB"}]
    with pytest.raises(ValidationError, match="the same condition twice"):
        asked({"drop": twice})


def test_the_limit_that_is_the_most_about_a_condition_counts() -> None:
    limits = asked(
        {
            "drop": [
                {"max": 0.1},
                {"max": 0.2, "condition": "noise"},
                {"max": 0.3, "condition": "babble"},
                {"max": 0.4, "condition": "babble 0 dB"},
            ]
        }
    )
    found = {
        str(condition): bound.max
        for condition in (
            *(Condition("gsm", 25), Condition("pink", 20)),
            *(Condition("babble", 10), Condition("babble", 0)),
        )
        if (bound := limits.limit("drop", condition))
    }
    assert [*found.values()] == [0.1, 0.2, 0.3, 0.4]
    assert asked({"drop": []}).limit("drop", Condition("gsm", 25)) is None
