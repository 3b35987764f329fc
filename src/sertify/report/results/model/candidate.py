"""A candidate in results.json: its verdict, gates, numbers, and where it is right or wrong."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, NonNegativeFloat, NonNegativeInt, PositiveInt

from sertify.report.results.model.between_groups import ColumnResult, SpeakerLevelResult
from sertify.report.results.model.fields import (
    EstimateResult,
    Found,
    Fraction,
    Measured,
    ReasonCode,
    ResultPart,
    Several,
    Stamp,
)
from sertify.report.results.model.in_conditions import ConditionResult, SaidOfNothing
from sertify.report.results.model.operating import OperatingPointResult
from sertify.report.results.model.while_spoken import StreamingResult
from sertify.vocabulary.outcomes import ALWAYS


class CheckResult(ResultPart):
    """What one check found."""

    check: str = Field(description="Name of the test function, and behind @ what it is about.")
    corpus: str = Field("", description="Fingerprint of the audio that it heard, if it did.")
    outcome: Found
    reason: ReasonCode | None = Field(description="Reason code; null on PASS.")
    message: str = Field(description="What was found; empty on PASS.")
    requirement: str = Field(description="What was asked for; empty where nothing was.")
    measurements: Several[Measured]
    details: dict[str, Any] = Field(
        description="More evidence, different for each check. Beside `uar`: `confusion` with"
        " `labels`, `columns` and `counts`; `class_shares` in `truth` and `predicted`; the `frame`,"
        " which is the emotions that count, and `too_few_clips`, those that do not;"
        " `expressible` and `inexpressible` emotions; and `seen`, why a corpus counts as seen in"
        " training. Of speed: `noise`, what other work on the machine was noticed. Of a candidate"
        " that a race stopped: `race`, with the `share` of the clips and the `clips` that it heard,"
        " its `uar` on them, and whom it is behind, the `leader`.",
    )
    tolerated: bool = Field(
        False, description="Whether INCONCLUSIVE decides nothing, as no proof was required."
    )
    judged_at: Stamp = Field(description="Earlier than `created` where evidence was reused.")

    def value(self, name: str) -> float | None:
        """Return what was measured under a name."""
        return next((one.value for one in self.measurements if one.name == name), None)


class GateChecks(ResultPart):
    """A gate, and the checks that it consists of."""

    outcome: Found | None = Field(description="Null where it was not judged, or not in full.")
    checks: Several[CheckResult]
    tolerated: bool = Field(False, description="Whether its outcome decides nothing.")


class Chance(ResultPart):
    """What guessing scores."""

    uar: float | None = Field(description="Among the emotions that count.")
    uar_own: float | None = Field(
        description="Among those that the candidate can express; null over several corpora."
    )


class PartResult(ResultPart):
    """How right a candidate is on a part of the speech."""

    part: str = Field(description="The corpus, `together` for all, or `language-` and a tag.")
    seen: dict[str, str] = Field(description="Corpora that it was trained on; why they count so.")
    frame: Several[str] = Field((), description="Emotions of the speech that UAR is over.")
    too_few_clips: dict[str, NonNegativeInt] = Field(
        {}, description="Emotions that it is not over for want of clips, and how many they have."
    )
    expressible: Several[str] = Field(description="Emotions of the speech that it can express.")
    inexpressible: Several[str] = Field(description="Those that it cannot.")
    chance: Chance
    languages: Several[str] = Field(description="Languages of the speech.")
    language_fit: float | None = Field(description="Fraction of these that it is for.")
    numbers: dict[str, Measured] = Field(description="Measurements by name.")

    def value(self, name: str) -> float | None:
        """Return one of the numbers; None where that was not measured."""
        return self.numbers[name].value if name in self.numbers else None


class GroupResult(ResultPart):
    """How right a candidate is on the clips that have something in common."""

    kind: Literal["language", "corpus", "gender", "speaker"]
    name: str
    clips: PositiveInt
    speakers: NonNegativeInt
    coverage: Fraction = Field(description="Fraction of the clips whose emotion it can express.")
    uar: EstimateResult | None = Field(
        description="UAR over those; null where it can express none."
    )


class ClipResult(ResultPart):
    """A clip that says much."""

    key: str = Field(description="Tells a clip from all others by its content and labels.")
    clip: str = Field(description="Its name in this run, or that which it was judged under.")
    corpus: str
    language: str | None
    speaker: str | None
    truth: str | None = Field(description="The emotion it is labelled with.")


class ErrorClip(ClipResult):
    """A confident wrong answer."""

    predicted: str
    confidence: NonNegativeFloat = Field(description="The probability that it gives that.")


class Prediction(ResultPart):
    """What a candidate says of a clip."""

    emotion: str
    confidence: NonNegativeFloat


class DisagreementClip(ClipResult):
    """A clip of which candidates say different things."""

    predicted: dict[str, Prediction] = Field(description="By the name of the candidate.")


class CandidateResult(ResultPart):
    """What was found about a candidate."""

    name: str
    model: str
    revision: str | None = Field(description="As written in candidates.yaml.")
    commit: str | None = Field(description="What was judged; `sha256:` and a hash for a folder.")
    status: Literal["candidate", "baseline", "rejected"]
    expected: Several[str] = Field(description="Reason codes that candidates.yaml names.")
    verdict: Literal["qualified", "rejected", "baseline", "undecided"]
    gate: str | None = Field(description="The first gate it did not pass.")
    reason: ReasonCode | None = Field(description="Reason code.")
    message: str = Field(description="What was found; empty where there is nothing to say.")
    cure: str | None = Field(description="What helps.")
    languages: Several[str] = Field(description="Of the speech it was trained on, as declared.")
    licence: str | None
    note: str | None
    loader: str | None = Field(description="What loads it; null where it did not come so far.")
    architecture: str | None = Field(description="The class of its network.")
    remarks: Several[str] = Field(description="What is to be known of how it was come by.")
    repository: dict[str, Any] = Field(
        description="What it declares and holds: `licence`, `languages`, `datasets`, `library`,"
        " `weight_files`, `mentions` (corpora that its card speaks of training on), `gated`,"
        " `companions` (commits of other repositories that it needs); empty where it was not found."
    )
    labels: Several[str] = Field(description="Its own labels, in the order of its outputs.")
    emotions: Several[str] = Field(description="The emotions those labels stand for.")
    gates: dict[str, GateChecks] = Field(
        description="Those that are asked of it.", json_schema_extra={"required": [*ALWAYS]}
    )
    numbers: dict[str, Measured] = Field(description="Key measurements by name, where made.")
    parts: Several[PartResult] = Field(description="How right it is: on all speech, a corpus …")
    errors: Annotated[Several[ErrorClip], Field(max_length=10)] = Field(
        (), description="Its most confident wrong answers, the most confident first."
    )
    groups: Several[GroupResult] = Field((), description="How right it is on groups of the speech.")
    robustness: Several[ConditionResult] = Field((), description="What other conditions cost it.")
    corruption: dict[str, FiniteFloat] | None = Field(
        None,
        description="UAR that it loses by family of conditions, of what the baseline loses; null"
        " without a baseline.",
    )
    said_of_nothing: Several[SaidOfNothing] = Field(
        (), description="What it says of sounds in which nobody speaks."
    )
    fairness: Several[ColumnResult] = Field((), description="How it treats groups of the speech.")
    speaker_level: SpeakerLevelResult | None = Field(
        None, description="What it says of speakers; null where they have too few clips."
    )
    streaming: StreamingResult | None = Field(
        None, description="What it says while clips are still being spoken; null where not asked."
    )
    operating_point: OperatingPointResult | None = Field(
        None, description="From which confidence on it is to be believed, where that is known."
    )

    def checks(self, gate: str) -> Sequence[CheckResult]:
        """Return what the checks of a gate found."""
        return self.gates[gate].checks if gate in self.gates else ()

    def value(self, name: str) -> float | None:
        """Return one of its numbers; None where that was not measured."""
        return self.numbers[name].value if name in self.numbers else None

    def relative(self, errors: Mapping[str, Mapping[str, float]]) -> Self:
        """Return it with its relative corruption errors, of those by the name of a candidate."""
        return self.model_copy(update={"corruption": errors.get(self.name)})
