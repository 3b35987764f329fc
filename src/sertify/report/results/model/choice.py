"""The choice in results.json: the selection, what it rests on, and a choice without labels."""

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from sertify.report.results.model.deployment import DeploymentResult
from sertify.report.results.model.fields import (
    EstimateResult,
    Found,
    Fraction,
    Measured,
    ReasonCode,
    ResultPart,
    Several,
)
from sertify.report.results.model.speech import CorpusResult

AimShares = dict[str, dict[str, float]]
"""By candidate: `accuracy`, `speed`, `diversity` and `language`."""


class FirmnessResult(ResultPart):
    """How sure the choice is."""

    again: Fraction | None = Field(None, description="Fresh corpora on which it is the same.")
    close: Fraction | None = Field(
        None, description="How probable it is that it is truly within 0.03 UAR of the best."
    )
    weights: Fraction = Field(description="Over other weightings around these.")
    expected: float | None = Field(
        None, description="UAR on other speech like this: the best of several looks too good."
    )


class DifferenceResult(ResultPart):
    """The best candidate against another one, in UAR."""

    better: str
    other: str
    value: float
    low: float
    high: float
    p: float = Field(description="p-value of no difference, two-sided.")
    p_corrected: float = Field(
        description="The same, corrected for the best being the best of several.",
    )
    detectable: float = Field(description="The smallest that would show in 80 % of all cases.")


class SharedResult(ResultPart):
    """The chosen candidate against another one, on the emotions that both have labels for."""

    other: str
    emotions: Several[str]
    better: str
    value: float
    low: float
    high: float


class ComparisonResult(ResultPart):
    """The qualified on the same clips."""

    emotions: dict[str, Several[str]] = Field(description="By corpus, what recall is over.")
    left_out: dict[str, str] = Field(
        description="By corpus, why it is no part of this, or not for all."
    )
    clips: NonNegativeInt
    speakers: NonNegativeInt | None = Field(description="Null where clips are resampled instead.")
    chance: float = Field(description="The UAR that guessing scores on them.")
    uar: dict[str, EstimateResult] = Field(
        description="By candidate; over several corpora the mean of those new to it."
    )
    differences: Several[DifferenceResult] = Field(description="The best against each other one.")
    shared: Several[SharedResult] = Field(
        (), description="The chosen one against those that lack labels, or have ones it lacks."
    )


class ConfirmationResult(ResultPart):
    """The selected candidate on speech that had no part in selecting it."""

    corpus: str = Field(description="Its name.")
    fingerprint: str
    requested: NonNegativeInt = Field(description="Clips that there are.")
    clips: NonNegativeInt = Field(description="Clips that were judged.")
    rejected: dict[str, int] = Field(description="The others, by reason.")
    seen: dict[str, str] = Field(description="What was seen in training, and why it counts so.")
    warnings: Several[str]
    looks: NonNegativeInt = Field(
        1, description="Choices that it has confirmed so far, this one included."
    )
    power: Fraction | None = Field(
        None, description="Chance that it confirms a model which is as good as measured before."
    )
    outcome: Found
    reason: ReasonCode | None
    message: str
    measurements: Several[Measured]


class SelectionResult(ResultPart):
    """Which model to use."""

    candidate: str | None = Field(description="Its name; null where none qualified.")
    sentence: str = Field(description="The decision and why; its wording may change.")
    tied: Several[str] = Field(description="Those that the data cannot tell from the best.")
    pareto: Several[str] = Field(
        description="Those that no other equals in all aims, beats in one."
    )
    weights: dict[str, NonNegativeFloat] = Field(description="What each aim weighs.")
    margin: NonNegativeFloat = Field(description="UAR that a point in an aim is worth.")
    aims: AimShares = Field(description="How well each meets the aims, 0 to 1, where known.")
    totals: dict[str, float] = Field(
        description="UAR, and what its other aims are worth in UAR: the highest is chosen."
    )
    firmness: FirmnessResult | None = Field(None, description="Null where nothing was compared.")
    comparison: ComparisonResult | None = None
    confirmation: ConfirmationResult | None = Field(None, description="With --confirm, --hold-out.")
    deployment: DeploymentResult | None = Field(
        None, description="What a program needs to use it, as selected/selected.json has it."
    )


class AgreementResult(ResultPart):
    """How often two candidates say the same, as Cohen's kappa."""

    first: str
    second: str
    kappa: float | None
    low: float | None
    high: float | None
    clips: NonNegativeInt = Field(description="Those that both give one of the emotions.")
    emotions: Several[str] = Field(description="Those that both can express.")

    @property
    def estimate(self) -> EstimateResult | None:
        """Kappa with its interval, where it could be measured."""
        if self.kappa is None:
            return None
        return EstimateResult(value=self.kappa, low=self.low, high=self.high)


class UnlabelledResult(ResultPart):
    """What can be said without ground truth. It is no selection."""

    corpus: CorpusResult
    degeneracy: dict[str, Found | None] = Field(description="Outcome of that gate on this audio.")
    candidate: str | None = Field(description="The one to begin with.")
    sentence: str = Field(description="That, and why; its wording may change.")
    aims: AimShares = Field(description="With the mean agreement in place of accuracy.")
    totals: dict[str, float]
    confidence: dict[str, float] = Field(description="Mean probability of the predictions.")
    agreements: Several[AgreementResult] = Field(description="Of each pair.")
