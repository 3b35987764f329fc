"""A candidate in other conditions, in results.json: what each costs it, and what it hears in none.

All of it is in the details of its checks too; here it has types.
"""

from pydantic import Field, FiniteFloat, NonNegativeInt

from sertify.report.results.model.fields import EstimateResult, FiniteOrNone, Found, ResultPart


class ConditionResult(ResultPart):
    """What a condition costs a candidate, on the same clips."""

    condition: str = Field(description="As candidates.yaml has it, `babble 20 dB`.")
    family: str
    kind: str
    severity: FiniteFloat | None = Field(description="Null where the kind has no degrees.")
    unit: str = Field(description="Of the severity.")
    text: str = Field(description="The kind in words.")
    drop: EstimateResult | None = Field(description="UAR that is lost; null without labels.")
    uar_clean: FiniteOrNone = Field(description="UAR on these clips as they are.")
    uar_disturbed: FiniteOrNone = Field(description="UAR on them in the condition.")
    worsened: FiniteOrNone = Field(description="Rate of the clips that were right without it only.")
    mended: FiniteOrNone = Field(description="Rate of those that are right in it only.")
    unchanged: EstimateResult | None = Field(
        description="Share of the predictions that stay, corrected for chance."
    )
    clips: NonNegativeInt | None = Field(description="How many it was asked about.")
    limit: FiniteOrNone = Field(
        description="The most UAR that may be lost; null where nothing is asked."
    )
    limit_unchanged: FiniteOrNone = Field(description="The least that may stay unchanged; or null.")
    outcome: Found
    tolerated: bool = Field(description="Whether that decides nothing, as no proof was required.")


class SaidOfNothing(ResultPart):
    """What a candidate says of a sound in which nobody speaks."""

    sound: str
    label: str = Field(description="Its own label.")
    emotion: str | None = Field(None, description="What that stands for.")
    probability: FiniteOrNone = Field(None, description="How sure it is of that.")
