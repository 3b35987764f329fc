"""What is asked of a candidate while a clip is still being spoken."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from sertify.candidates.bounds import Keys, MostAmount, as_written, bound_of, shorthand
from sertify.candidates.complaints import complaint
from sertify.vocabulary.outcomes import Bound

HeardSeconds = Annotated[float, Field(ge=0.1, le=30)]
"""Seconds of speech; below, no phone is heard, and beyond, nobody waits for an answer."""

_Window = Annotated[float, Field(ge=0.1, le=10)]  # so that there is room in the 15 s moved over


def _ascending(seconds: tuple[float, ...]) -> tuple[float, ...]:
    if len({*seconds}) < len(seconds):
        raise complaint("has a number twice, but should be distinct")
    return tuple(sorted(seconds))


class Streaming(Keys):
    """How much of each clip a candidate is asked about, and what counts as enough."""

    seconds: Annotated[
        tuple[HeardSeconds, ...], Field(min_length=1), AfterValidator(_ascending)
    ] = Field(
        (0.5, 1.0, 2.0, 3.0, 5.0), description="Seconds from the start that are heard, each alone."
    )
    clips: int = Field(60, ge=10, le=10_000, description="Clips that are heard, at most.")
    margin: float = Field(
        0.05, gt=0, le=1, description="UAR that may be lost where so much speech is enough."
    )
    window: _Window = Field(
        2.0, description="Seconds of the window that moves over a clip by half a second."
    )


class MostSeconds(MostAmount[HeardSeconds]):
    """The most seconds of speech that may be needed."""


class MostFlips(MostAmount[Annotated[float, Field(ge=0)]]):
    """How often a minute the answer may change."""


MostSecondsBound = Annotated[Bound, bound_of(MostSeconds), PlainSerializer(as_written)]
MostFlipsBound = Annotated[Bound, bound_of(MostFlips), PlainSerializer(as_written)]
StreamingAsked = Annotated[
    Streaming | None,
    BeforeValidator(
        shorthand("seconds"),
        json_schema_input_type=bool | tuple[HeardSeconds, ...] | Streaming | None,
    ),
]
