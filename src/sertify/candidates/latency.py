"""How long an answer may take: of one segment, and where requests come as they come."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sertify.candidates.bounds import Keys, Seconds, several
from sertify.candidates.complaints import complaint

Percentile = Literal[50, 90, 95, 99]
PERCENTILES: tuple[Percentile, ...] = (50, 90, 95, 99)
"""Of latencies: how many of 100 are no longer."""
_OF_WHICH: Percentile = Field(
    95, description="Of the latencies: 50, 90, 95 or 99 of 100 are no longer."
)


class LatencyLimit(Keys):
    """The longest that a segment may take, at a percentile."""

    max: float = Field(gt=0, description="The most seconds that will do.")
    percentile: Percentile = _OF_WHICH
    segment: Seconds | None = Field(
        None, description="Only for segments of so many seconds, which are then measured, too."
    )

    def __str__(self) -> str:
        return f"at most {self.max:g} s"


class Serving(Keys):
    """How many requests a second it has to answer, and how soon."""

    min: float = Field(gt=0, le=10_000, description="The fewest requests a second that will do.")
    latency: float = Field(
        gt=0,
        le=3_600,
        description="Seconds from a request to its answer, waiting included, at most.",
    )
    percentile: Percentile = _OF_WHICH
    budget: float = Field(
        120,
        gt=0,
        le=86_400,
        description="Seconds for which requests may come, for all that is tried.",
    )

    @property
    def code(self) -> str:
        """What it is called in the names of checks."""
        return f"p{self.percentile}"

    def __str__(self) -> str:
        return f"at least {self.min:g} a second, p{self.percentile} at most {self.latency:g} s"


def _distinct(limits: tuple[LatencyLimit, ...]) -> tuple[LatencyLimit, ...]:
    about = [(limit.percentile, limit.segment) for limit in limits]
    if len(set(about)) < len(about):
        raise complaint("limits the same percentile twice; name another segment in each")
    return limits


LatencyLimits = Annotated[
    tuple[LatencyLimit, ...],
    AfterValidator(_distinct),
    BeforeValidator(several, json_schema_input_type=LatencyLimit | tuple[LatencyLimit, ...] | None),
]
