"""A candidate on groups of the speech, in results.json: how far they are apart, and each speaker.

All of it is in the details of its checks too; here it has types.
"""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, NonNegativeInt

from sertify.report.results.model.fields import (
    EstimateResult,
    FiniteOrNone,
    Found,
    ResultPart,
    Several,
)


def _if_told(estimate: Any) -> Any:
    """Return an estimate; None where its value is not a finite number."""
    value = estimate.get("value") if isinstance(estimate, dict) else 0.0
    told = isinstance(value, int | float) and math.isfinite(value)
    return estimate if told else None


class ComparedGroup(ResultPart):
    """A group that is compared; ``uar`` is over the emotions that have clips in each group."""

    name: str
    clips: NonNegativeInt
    speakers: NonNegativeInt | None = Field(None, description="Null where none are named.")
    uar: Annotated[EstimateResult | None, BeforeValidator(_if_told)]


class GapResult(ResultPart):
    """How far two groups are apart: ``value`` is what the first has more than the other."""

    metric: str = Field(description="`uar`, or `recall`, `precision` or `share` and `:EMOTION`.")
    one: str
    other: str
    value: FiniteOrNone
    low: FiniteOrNone = Field(description="Bounds of its own interval.")
    high: FiniteOrNone
    sure_low: FiniteOrNone = Field(None, description="Bounds that hold for all gaps at once.")
    sure_high: FiniteOrNone = None
    p: FiniteOrNone = Field(None, description="Of no gap, two-sided.")
    p_corrected: FiniteOrNone = Field(
        None, description="The same, corrected for the number of gaps."
    )
    speakers: Several[NonNegativeInt] = Field((), description="Of the one, and of the other.")
    limit: FiniteOrNone = Field(
        None, description="The most that may be; null where nothing is asked."
    )
    within: bool | None = Field(None, description="Null where that cannot be told.")
    needed: NonNegativeInt | None = Field(
        None, description="Speakers of each group that would tell in 8 of 10 cases; or null."
    )

    @property
    def kind(self) -> str:
        """What differs: uar, recall, precision or share."""
        return self.metric.partition(":")[0]

    @property
    def size(self) -> float:
        """How far they are apart, whichever has more; 0 where that is not known."""
        return abs(self.value or 0.0)


class UnbiasedGap(ResultPart):
    """The largest gap of a kind that this candidate would show without a bias."""

    mean: FiniteOrNone
    most: FiniteOrNone = Field(description="95 % of draws are below it.")
    as_large: FiniteOrNone = Field(
        None, description="Share of draws in which it is as large as measured."
    )


class ColumnResult(ResultPart):
    """How a candidate treats the groups of a column."""

    column: str = Field(description="The column of the corpus, or what the signal tells.")
    estimated: bool = Field(description="Whether the groups are estimated from the signal.")
    remark: str = Field(description="How the groups were come by, or why there are none.")
    groups: Several[ComparedGroup]
    gaps: Several[GapResult]
    chance: dict[str, UnbiasedGap] = Field(description="By the kind of gap.")
    confounded: Several[str] = Field(description="What else a gap may be of: sentences.")
    outcome: Found | None = Field(description="Of the gaps; null where these were not judged.")
    tolerated: bool = Field(description="Whether that decides nothing, as no proof was required.")
    worst: EstimateResult | None = Field(None, description="UAR of the group with the lowest.")
    worst_outcome: Found | None = Field(None, description="Of that; null where it was not judged.")
    worst_tolerated: bool = Field(False, description="Whether that decides nothing.")


class SpeakerShareResult(ResultPart):
    """How well the share of an emotion is told for each speaker."""

    error: FiniteOrNone = Field(description="Mean absolute error of the share.")
    error_low: FiniteOrNone
    error_high: FiniteOrNone
    rank: FiniteOrNone = Field(
        description="Rank correlation of predicted and true shares, if they vary."
    )
    rank_low: FiniteOrNone = None
    rank_high: FiniteOrNone = None

    @property
    def of_error(self) -> EstimateResult | None:
        """The error with its interval."""
        if self.error is None:
            return None
        return EstimateResult(value=self.error, low=self.error_low, high=self.error_high)

    @property
    def of_rank(self) -> EstimateResult | None:
        """The rank correlation with its interval; None where the true shares do not vary."""
        if self.rank is None:
            return None
        return EstimateResult(value=self.rank, low=self.rank_low, high=self.rank_high)


class SpeakerLevelResult(ResultPart):
    """What a candidate says of speakers rather than of clips."""

    speakers: NonNegativeInt = Field(description="Those with enough clips of each emotion.")
    least: NonNegativeInt = Field(description="Clips of each emotion that a speaker needs.")
    shares: dict[str, SpeakerShareResult] = Field(description="By emotion.")
