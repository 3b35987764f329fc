"""Limits as they are written in candidates.yaml: of shares, of estimates, of counts."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    model_validator,
)
from pydantic_core import core_schema

from sertify.candidates.complaints import complaint
from sertify.vocabulary.outcomes import Bound

CORPUS_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What a corpus may be called: its name stands in the names of tests."""

Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]


class Keys(BaseModel):
    """A mapping with known keys, taken literally: nothing is converted, nothing is ignored."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, from_attributes=True
    )


Number = TypeVar("Number", bound=float)
Limited = TypeVar("Limited", bound="Limits[Any]")


class Limits(Keys, Generic[Number]):
    """What is written for a `Bound`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["min"]}, {"required": ["max"]}]}
    )
    min: Number | None = Field(None, description="The least that will do.")
    max: Number | None = Field(None, description="The most that will do.")

    @model_validator(mode="after")
    def _limit_something(self) -> Self:
        if self.min is None and self.max is None:
            raise complaint("needs min or max; to switch it off, write null")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise complaint(f"has min {self.min:g}, but it should be at most max, {self.max:g}")
        return self

    def bound(self) -> Bound:
        """Return it as the rest of the suite knows it."""
        return Bound(**dict(self))


class Share(Limits[Annotated[float, Field(ge=0, le=1)]]):
    """Limits of a ratio from 0 to 1."""


class Estimate(Share):
    """Limits of a ratio that comes with an interval."""

    confidence: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Compare the confidence interval at this level instead of the estimate itself; "
        "one that straddles the limit is inconclusive.",
    )
    corpus: str | None = Field(
        None, pattern=CORPUS_NAME, description="Only for this corpus, by its name in --data."
    )
    language: Language | None = Field(None, description="Only for clips in this language.")

    @model_validator(mode="after")
    def _name_one_scope(self) -> Self:
        if self.corpus is not None and self.language is not None:
            raise complaint("has both corpus and language, but should have one of them")
        return self


class Least(Estimate):
    """Limits of an estimate of which more is better."""

    @model_validator(mode="after")
    def _name_the_least(self) -> Self:
        if self.min is None:
            raise complaint("needs min: a high value is not a reason to reject a model")
        return self


class Most(Estimate):
    """Limits of an estimate of which less is better."""

    @model_validator(mode="after")
    def _name_the_most(self) -> Self:
        if self.max is None:
            raise complaint("needs max: a low value is not a reason to reject a model")
        return self


_PROOF = Field(
    None,
    gt=0,
    lt=1,
    description="Ask for proof, at this level, that the limit is met; without it, only what is"
    " proven to miss it, at 0.95, is rejected.",
)


def _require_the_most(limits: Limited) -> Limited:
    if limits.max is None or limits.min is not None:
        raise complaint("needs max, and no min: a low value is not a reason to reject a model")
    return limits


class Proven(Share):
    """Limits of an estimate of which only what is proven to miss them is rejected."""

    confidence: float | None = _PROOF


class MostProven(Proven):
    """Such limits where less is better."""

    _name_the_most = model_validator(mode="after")(_require_the_most)


class LeastProven(Proven):
    """Such limits where more is better."""

    @model_validator(mode="after")
    def _name_the_least(self) -> Self:
        if self.min is None or self.max is not None:
            raise complaint("needs min, and no max: a high value is not a reason to reject a model")
        return self


class MostAmount(Limits[Number], Generic[Number]):
    """Such limits of what is no ratio, where less is better."""

    confidence: float | None = _PROOF
    _name_the_most = model_validator(mode="after")(_require_the_most)


class Count(Limits[Annotated[float, Field(ge=1)]]):
    """Limits of a number from 1."""


class Factor(Limits[Annotated[float, Field(gt=0)]]):
    """Limits of a number above 0."""


def as_written(bound: Bound) -> dict[str, Any]:
    """Return `bound` as the mapping that a user would write for it."""
    return {key: value for key, value in asdict(bound).items() if value is not None}


def several(value: Any) -> Any:
    """Take one limit for a list of one, and null for none."""
    if value is None:
        return ()
    return value if isinstance(value, tuple | list) else (value,)


def shorthand(key: str) -> Callable[[Any], Any]:
    """Return what takes true for an empty mapping, and a name or a list for what is at a key."""

    def as_mapping(written: Any) -> Any:
        if isinstance(written, bool):
            return {} if written else None
        listed = (written,) if isinstance(written, str) else written
        return {key: listed} if isinstance(listed, tuple | list) else written

    return as_mapping


def _distinct_scopes(bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    scopes = [(bound.corpus, bound.language) for bound in bounds]
    if len(set(scopes)) < len(scopes):
        raise complaint("limits the same speech twice; name another corpus or language in each")
    return bounds


def bound_of(limits: type[Limits[Any]]) -> Any:
    """Return what reads such limits as a `Bound`."""
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_after_validator_function(
            limits.bound, handler.generate_schema(limits)
        )
    )


ShareBound = Annotated[Bound, bound_of(Share), PlainSerializer(as_written)]
LeastBounds = Annotated[
    tuple[Annotated[Bound, bound_of(Least), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_scopes),
    BeforeValidator(several, json_schema_input_type=Least | tuple[Least, ...] | None),
]
MostBounds = Annotated[
    tuple[Annotated[Bound, bound_of(Most), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_scopes),
    BeforeValidator(several, json_schema_input_type=Most | tuple[Most, ...] | None),
]
CountBound = Annotated[Bound, bound_of(Count), PlainSerializer(as_written)]
FactorBound = Annotated[Bound, bound_of(Factor), PlainSerializer(as_written)]
MostProvenBound = Annotated[Bound, bound_of(MostProven), PlainSerializer(as_written)]
LeastProvenBound = Annotated[Bound, bound_of(LeastProven), PlainSerializer(as_written)]
Seconds = Annotated[float, Field(gt=0, le=600)]
