"""In results.json, from which confidence on a candidate is to be believed."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from sertify.report.results.model.fields import EstimateResult, Fraction, ResultPart, Several


class Bettered(ResultPart):
    """A number without a temperature, and of clips that the temperature was not fitted on."""

    before: NonNegativeFloat
    after: NonNegativeFloat | None = Field(None, description="Null without a temperature.")


class CurvePoint(ResultPart):
    """What stays, and how much of that is right, where it abstains below a confidence."""

    threshold: NonNegativeFloat
    coverage: Fraction
    precision: Fraction


class ThresholdResult(ResultPart):
    """Where to abstain, and what that gives with speakers whom it was not chosen on."""

    threshold: NonNegativeFloat = Field(
        description="Abstain below this confidence; 0 where none of the clips need be left out."
    )
    coverage: EstimateResult = Field(description="Share of the clips that stay.")
    precision: EstimateResult | None = Field(
        None, description="Share of these that are right; null where none stays."
    )


class OperatingPointResult(ResultPart):
    """How sure a candidate should be, and where it had better abstain."""

    sentence: str = Field(description="That, to be read by people; its wording may change.")
    wished: Fraction = Field(description="Share of answers that should be right.")
    clips: PositiveInt = Field(description="Those whose emotion it can express.")
    units: PositiveInt | None = Field(None, description="Speakers or clusters; null where unknown.")
    temperature: PositiveFloat | None = Field(
        None, description="Divides the logarithms of the emotions' probabilities."
    )
    temperatures: Several[PositiveFloat] = Field((), description="Those without each fold.")
    calibration_error: Bettered
    brier_score: Bettered
    area: Fraction = Field(description="Mean risk over all coverages (AURC).")
    excess: Fraction = Field(description="How far that is above the best order of the clips.")
    curve: Annotated[Several[CurvePoint], Field(max_length=50)] = ()
    point: ThresholdResult | None = Field(None, description="Null where no threshold does.")
