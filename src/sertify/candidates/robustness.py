"""What is asked of a candidate in other conditions than its speech was recorded in."""

from collections.abc import Collection
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from sertify.candidates.bounds import (
    Keys,
    LeastProven,
    MostProven,
    as_written,
    bound_of,
    several,
    shorthand,
)
from sertify.candidates.complaints import complaint
from sertify.vocabulary.conditions import (
    GIVEN,
    Condition,
    conditions_named,
    kind_of_condition,
    standard_conditions,
)
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import Bound

DROPS: tuple[tuple[str, float, float | None], ...] = (
    ("noise", 0.05, 20), ("noise", 0.10, 10), ("phone", 0.05, None), ("voip", 0.05, None),
    ("room", 0.10, 0.5),
)  # fmt: skip
"""The most UAR that may be lost where no limit is written: family, drop, and at which severity.

Milder ones than that have the same limit; of noise, more decibels are milder.
"""


def _condition(written: str) -> str:
    """Return the name of a family, of a kind or of a condition as it is known elsewhere."""
    try:
        named = conditions_named(written)
    except ConfigurationError as error:
        raise complaint(f"has an unknown condition: {error}") from None
    return str(named[0]) if len(written.split()) > 1 else written.strip()


ConditionName = Annotated[
    str, AfterValidator(_condition), Field(min_length=1, examples=["noise", "babble 20 dB"])
]


_NARROW = Field(None, description="Only for this family, kind or condition.")


class MostInConditions(MostProven):
    """Limits of a loss."""

    condition: ConditionName | None = _NARROW


class LeastInConditions(LeastProven):
    """Limits of what stays the same."""

    condition: ConditionName | None = _NARROW


def _distinct_conditions(bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    names = [bound.condition for bound in bounds]
    if len(set(names)) < len(names):
        raise complaint("limits the same condition twice; name another one in each")
    return bounds


Drops = Annotated[
    tuple[Annotated[Bound, bound_of(MostInConditions), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_conditions),
    BeforeValidator(
        several, json_schema_input_type=MostInConditions | tuple[MostInConditions, ...] | None
    ),
]
UnchangedShares = Annotated[
    tuple[Annotated[Bound, bound_of(LeastInConditions), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_conditions),
    BeforeValidator(
        several, json_schema_input_type=LeastInConditions | tuple[LeastInConditions, ...] | None
    ),
]


class Robustness(Keys):
    """Conditions in which a candidate is heard again, and what it may lose there."""

    conditions: Annotated[tuple[ConditionName, ...], Field(min_length=1)] = Field(
        (),
        description="Families, kinds such as babble, or conditions such as babble 20 dB; by default"
        " the usual ones.",
    )
    clips: int = Field(60, ge=10, le=10_000, description="Clips in each condition, at most.")
    drop: Drops = Field(
        (),
        description="UAR that is lost on the same clips; by default 0.05 on a phone, in a call and"
        " at 20 dB of noise, 0.1 at 10 dB and in a room of 0.5 s.",
    )
    unchanged: UnchangedShares = Field(
        (), description="Share of the predictions that stay the same, corrected for chance."
    )

    @model_validator(mode="after")
    def _limit_what_is_heard(self) -> Self:
        heard = {about for one in self.asked(GIVEN) for about in (str(one), one.kind, one.family)}
        for key in ("drop", "unchanged"):
            for bound in getattr(self, key):
                if bound.condition is not None and bound.condition not in heard:
                    raise complaint(
                        f"limits {key} in {bound.condition}, in which it is not heard; name that"
                        " under conditions, too"
                    )
        return self

    def asked(self, given: Collection[str] = ()) -> tuple[Condition, ...]:
        """Return the conditions, each once; ``given`` are the sounds that the user gives.

        What needs others is left out where a family is named, and not where it is named itself.
        """
        if not self.conditions:
            return standard_conditions(given)
        named = (
            one
            for name in self.conditions
            for one in conditions_named(name)
            if one.needs not in GIVEN or one.needs in given or name.split()[0] == one.kind
        )
        return tuple(dict.fromkeys(named))

    def limit(self, name: str, condition: Condition) -> Bound | None:
        """Return the limit of ``drop`` or ``unchanged`` that is the most about a condition."""
        if name == "drop" and "drop" not in self.model_fields_set:
            return usual_limit(condition)
        bounds = {bound.condition: bound for bound in getattr(self, name)}
        narrow_first = (str(condition), condition.kind, condition.family, None)
        return next((bounds[one] for one in narrow_first if one in bounds), None)


def usual_limit(condition: Condition) -> Bound | None:
    """Return the most UAR that may be lost in a condition, where nothing is written.

    >>> print(usual_limit(Condition("babble", 20)), usual_limit(Condition("babble", 0)))
    at most 0.05 None
    """
    for family, most, severity in DROPS:
        if condition.family == family and _is_no_worse(condition, severity):
            return Bound(max=most)
    return None


def _is_no_worse(condition: Condition, severity: float | None) -> bool:
    if severity is None:
        return True
    if condition.severity is None:
        return False
    mildness = kind_of_condition(condition.kind).mildness
    return mildness(condition.severity) >= mildness(severity)


RobustnessAsked = Annotated[
    Robustness | None,
    BeforeValidator(
        shorthand("conditions"),
        json_schema_input_type=bool | ConditionName | tuple[ConditionName, ...] | Robustness | None,
    ),
]
