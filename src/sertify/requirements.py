"""What can be asked of a candidate: the requirements, their limits and their defaults."""

from dataclasses import asdict
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    model_validator,
)
from pydantic_core import core_schema

from sertify.complaints import complaint
from sertify.outcomes import Bound

__all__ = ["Keys", "Limits", "Requirements", "as_written"]


class Keys(BaseModel):
    """A mapping with known keys, taken literally: nothing is converted, nothing is ignored."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, from_attributes=True
    )


Number = TypeVar("Number", bound=float)


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
        return Bound(self.min, self.max)


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

    def bound(self) -> Bound:
        """Return it as the rest of the suite knows it."""
        return Bound(self.min, self.max, self.confidence)


class Count(Limits[Annotated[float, Field(ge=1)]]):
    """Limits of a number from 1."""


class Factor(Limits[Annotated[float, Field(gt=0)]]):
    """Limits of a number above 0."""


def as_written(bound: Bound) -> dict[str, float]:
    """Return `bound` as the mapping that a user would write for it."""
    return {key: limit for key, limit in asdict(bound).items() if limit is not None}


def _bound(limits: type[Limits[Any]]) -> Any:
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_after_validator_function(
            limits.bound, handler.generate_schema(limits)
        )
    )


ShareBound = Annotated[Bound, _bound(Share), PlainSerializer(as_written)]
EstimateBound = Annotated[Bound, _bound(Estimate), PlainSerializer(as_written)]
CountBound = Annotated[Bound, _bound(Count), PlainSerializer(as_written)]
FactorBound = Annotated[Bound, _bound(Factor), PlainSerializer(as_written)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Requirements(Keys):
    """What a candidate has to meet; null switches a requirement off.

    The defaults only turn away what is of no use: zero-shot on a corpus it never saw, a good model
    reaches 0.4 to 0.67 unweighted average recall with four classes.
    """

    min_labels: int = Field(5, ge=1, description="The fewest labels. A baseline needs only two.")
    top_share: ShareBound | None = Field(
        Bound(max=0.95), description="Share of the clips that get the most frequent prediction."
    )
    entropy: ShareBound | None = Field(
        Bound(min=0.2),
        description="Entropy of the predictions; 1: all labels equally frequent.",
    )
    effective_emotions: CountBound | None = Field(
        Bound(min=1.5), description="How many equally frequent emotions have the same entropy."
    )
    uar: EstimateBound | None = Field(Bound(min=0.4), description="Unweighted average recall.")
    accuracy: EstimateBound | None = Field(None, description="Share of the clips that are right.")
    macro_f1: EstimateBound | None = Field(None, description="Mean F1 of the emotions.")
    recall: EstimateBound | None = Field(None, description="Recall of each single emotion.")
    coverage: EstimateBound | None = Field(
        Bound(min=0.5), description="Share of the clips whose emotion it has a label for."
    )
    real_time_factor: FactorBound | None = Field(
        Bound(max=1.0), description="Seconds it takes for one second of speech."
    )
    segments: tuple[Seconds, ...] = Field(
        (1.0, 5.0, 10.0), min_length=1, description="Lengths, in seconds, to measure the speed at."
    )
