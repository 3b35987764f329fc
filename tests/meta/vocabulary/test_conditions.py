"""Conditions are known by name, and what cannot be one is refused."""

import dataclasses

import pytest

from sertify.vocabulary.conditions import (
    CONDITION_FAMILIES,
    CONDITION_KINDS,
    Condition,
    ConditionKind,
    conditions_in,
    conditions_named,
    kind_of_condition,
    standard_conditions,
)
from sertify.vocabulary.errors import ConfigurationError


@pytest.fixture(params=CONDITION_KINDS)
def kind(request: pytest.FixtureRequest) -> ConditionKind:
    return CONDITION_KINDS[request.param]


def test_what_is_usual_can_be_asked(kind: ConditionKind) -> None:
    for severity in (*kind.severities, *kind.standard):
        assert Condition(kind.name, severity).family == kind.family
    assert set(kind.standard) <= set(kind.severities)
    assert kind.text
    assert bool(kind.unit) is bool(kind.severities)


def test_what_is_beyond_is_refused(kind: ConditionKind) -> None:
    for severity in (
        kind.least - 1,
        kind.most + 1,
        float("nan"),
        float("inf"),
        10**400,
        "1",
        True,
        [1],
    ):
        with pytest.raises(ConfigurationError, match=f"^{kind.name}:? "):
            Condition(kind.name, severity)  # type: ignore[arg-type]
    if kind.severities:
        for severity in (kind.least, kind.most):
            assert Condition(kind.name, severity).severity == severity
        with pytest.raises(ConfigurationError, match="its severity is None"):
            Condition(kind.name)


def test_families_are_those_of_their_kinds() -> None:
    assert (
        *("noise", "phone", "voip", "mp3", "room", "level", "cut", "tilt", "band"),
    ) == CONDITION_FAMILIES
    asked = {one.kind for family in CONDITION_FAMILIES for one in conditions_in(family)}
    assert asked == set(CONDITION_KINDS)


def test_a_family_has_its_kinds_mild_ones_first() -> None:
    assert [str(condition) for condition in conditions_in("voip")] == [
        *("opus 24 kbit/s", "opus 12 kbit/s", "loss 5 %", "loss 10 %", "loss 20 %"),
    ]


def test_what_is_standard_needs_no_folder() -> None:
    assert {condition.needs for condition in standard_conditions()} == {"", "voices"}
    assert len(standard_conditions()) == 14


def test_equal_conditions_are_one() -> None:
    assert len({Condition("babble", 20), Condition("babble", 20.0), Condition("babble", 10)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Condition("babble", 20).severity = 10  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "severity", "message"),
    [
        ("bable", 20, "no condition is called 'bable'; did you mean 'babble'?"),
        ("noise", 20, "no condition is called 'noise'; known are babble, pink, white, "),
        (
            "mp3",
            33,
            "mp3: its severity is 33, but should be a number from 8 to 64 kbit/s in steps of 8, su",
        ),
        (
            "reverb",
            500,
            "reverb: its severity is 500, but should be a number from 0.2 to 2 s, such as 0.3",
        ),
        ("response", 1, "response has no severities, but 1 is given"),
    ],
)
def test_the_message_says_what_should_be(kind: str, severity: float, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Condition(kind, severity)
    assert str(caught.value).startswith(message)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        conditions_in("nois")
    assert str(caught.value) == "no family of conditions is called 'nois'; did you mean 'noise'?"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "phone 25",
            "'phone 25' is no condition, as phone is a family of them; it should be mulaw 25",
        ),
        ("response loud", "'response loud' is no condition; it should be response"),
        ("babble loud", "'babble loud' is no condition; it should be babble 20 dB, babble 10 dB, "),
    ],
)
def test_what_should_be_written_is_told(written: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        conditions_named(written)
    assert str(caught.value).startswith(message)


def test_a_kind_says_what_it_needs() -> None:
    assert kind_of_condition("babble").needs == "voices"
    assert Condition("environment", 10).needs == "noises"


def test_sounds_that_are_given_are_usual_then() -> None:
    usual = standard_conditions()
    assert [str(one) for one in standard_conditions(["noises"]) if one not in usual] == [
        *("environment 20 dB", "environment 10 dB"),
    ]
    assert {*standard_conditions(["responses"])} - {*usual} == {Condition("response")}
