"""What the parts of results.json have in common: how strict they are, and what a number is."""

import math
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    FiniteFloat,
    NonNegativeInt,
    Strict,
    model_validator,
)

from sertify.vocabulary.outcomes import Outcome

Item = TypeVar("Item")
Several = Annotated[tuple[Item, ...], Strict(False), FailFast()]
"""A list in JSON; of many mistakes in one, the first is told."""

Found = Annotated[Outcome, Strict(False)]
Fraction = Annotated[float, Field(ge=0, le=1)]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z0-9_]+(:.+)?$")]


_ROUNDING = 1e-9


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


FiniteOrNone = Annotated[FiniteFloat | None, BeforeValidator(_finite)]
"""A number, or null where it is not a finite one."""


def _moment(stamp: str) -> str:
    datetime.fromisoformat(stamp)
    return stamp


Stamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with a zone, as evidence has it."""

Moment = Annotated[Stamp, AfterValidator(_moment)]
"""The same, made sure of."""


class ResultPart(BaseModel):
    """A part of results.json: it never changes, and what it does not know of a file it ignores.

    A field with a default is in every file that is written; in one of an earlier version it may be
    missing.
    """

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        from_attributes=True,
        json_schema_serialization_defaults_required=True,
    )


class _Bounded(ResultPart):
    """Has fields ``low`` and ``high``."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = getattr(self, "low", None), getattr(self, "high", None)
        if low is not None and high is not None and low > high + _ROUNDING:
            raise ValueError(f"low={low:g} should not be above high={high:g}")
        return self


class EstimateResult(_Bounded):
    """A value with the bounds of its 95 % confidence interval, where these are known."""

    value: FiniteFloat
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None


class Measured(_Bounded):
    """What was measured."""

    name: str = Field(description="What; `recall:EMOTION` for the recall of one emotion.")
    value: FiniteFloat | None = Field(description="Null where it is not a finite number.")
    unit: str = Field("1", description="`s`, `MB`, `J`, a noun for counts, or `1` for a ratio.")
    low: FiniteFloat | None = Field(None, description="Lower bound of the 95 % interval.")
    high: FiniteFloat | None = Field(None, description="Upper bound of the 95 % interval.")
    n: NonNegativeInt | None = Field(None, description="Clips it was estimated from.")
    speakers: NonNegativeInt | None = Field(None, description="Of these, where all are known.")
