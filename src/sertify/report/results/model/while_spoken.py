"""What a candidate says while clips are still being spoken, in results.json."""

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveFloat

from sertify.report.results.model.fields import (
    EstimateResult,
    FiniteOrNone,
    Found,
    Measured,
    ResultPart,
    Several,
)


class HeardSoFarResult(ResultPart):
    """What it says of clips of which only the first seconds were heard."""

    seconds: PositiveFloat
    longer: NonNegativeInt = Field(description="Clips that go on after that; others count whole.")
    told: bool = Field(description="Whether these are enough to tell.")
    drop: EstimateResult | None = Field(
        description="UAR that is lost against whole clips; null without labels."
    )
    unchanged: EstimateResult | None = Field(
        description="Share of the predictions that are those of whole clips, corrected for chance."
    )


class SecondsNeededResult(ResultPart):
    """From how many seconds on it is as right as on whole clips."""

    value: FiniteOrNone = Field(description="Null where the most that was heard is not enough.")
    low: FiniteOrNone = Field(description="The least that is not refuted; null where all are.")
    high: FiniteOrNone = Field(description="The least that is proven; null where none is.")


class StreamingResult(ResultPart):
    """How much speech it needs, and how often its answer changes."""

    points: Several[HeardSoFarResult]
    uar_whole: FiniteOrNone = Field(description="UAR on whole clips; null without labels.")
    needed: SecondsNeededResult
    margin: FiniteFloat = Field(description="UAR that may be lost where so much is enough.")
    limit: FiniteOrNone = Field(description="The most seconds that it may need, where asked.")
    window: PositiveFloat = Field(description="Seconds of the window that moves by half a second.")
    clips: NonNegativeInt = Field(description="How many it was asked about.")
    moved_over: NonNegativeInt = Field(description="Of these, that have room for two windows.")
    answers: NonNegativeInt = Field(description="How many answers that took.")
    flips: Measured | None = Field(description="How often a minute its answer changes.")
    agreeing: Measured | None = Field(
        description="Share of windows with the answer of the whole clip."
    )
    outcome: Found
    tolerated: bool = Field(description="Whether that decides nothing, as no proof was required.")
    flips_outcome: Found | None
    flips_tolerated: bool
