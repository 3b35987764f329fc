"""What a program needs to use the selected candidate, and to check that it does so rightly."""

from typing import Any

from pydantic import Field, FiniteFloat, NonNegativeFloat, NonNegativeInt, PositiveInt

from sertify.report.results.model.fields import (
    Measured,
    ResultPart,
    Several,
)
from sertify.report.results.model.operating import ThresholdResult


class WeightsFile(ResultPart):
    """A file that the model is loaded from."""

    file: str
    size: NonNegativeInt | None = Field(None, description="Bytes.")
    sha256: str | None = Field(None, description="Of its content, in hex; null where not known.")


class LabelResult(ResultPart):
    """An output of the model."""

    index: NonNegativeInt
    label: str = Field(description="As the model calls it.")
    emotion: str | None = Field(description="What that means; null where it is no emotion.")


class SegmentsResult(ResultPart):
    """How clips were cut: the answer is the mean of the probabilities of the segments."""

    seconds: float
    hop: float = Field(description="Seconds from the beginning of one to that of the next.")


class PreprocessingResult(ResultPart):
    """What becomes of a recording before the network hears it: mono, in -1 to 1."""

    sampling_rate: PositiveInt | None = Field(description="Hz that it is resampled to.")
    least_samples: NonNegativeInt = Field(description="Below that, it cannot answer.")
    hears: NonNegativeFloat | None = Field(description="Seconds that it hears; null for all.")
    batching: str = Field(
        description="Which clips may share a forward: `single` for none, those of `equal` length,"
        " others padded and `masked`, or `any`."
    )
    extractor: dict[str, Any] = Field(
        description="Settings of the feature extractor, as its file tells them."
    )
    segments: SegmentsResult | None = Field(description="Null where clips are heard whole.")


class JudgedWith(ResultPart):
    """What answers depend on in their last digits."""

    sertify: str
    torch: str
    transformers: str
    device: str
    dtype: str


class JudgedOn(ResultPart):
    """Speech that it was judged on."""

    name: str
    public: str | None
    fingerprint: str
    clips: NonNegativeInt
    speakers: NonNegativeInt
    languages: Several[str]
    emotions: dict[str, NonNegativeInt]
    seen: str | None = Field(description="Why it counts as seen in training, if so.")


class GoldenAnswer(ResultPart):
    """What the model said of a clip."""

    file: str = Field(description="In its corpus.")
    corpus: str
    sha256: str = Field(description="Of the recording, in hex.")
    start: NonNegativeFloat = Field(0.0, description="Seconds of the file.")
    end: NonNegativeFloat | None = Field(None, description="Null for the end of the file.")
    truth: str | None
    segments: NonNegativeInt = Field(1, description="That it was heard in.")
    logits: Several[FiniteFloat] = Field(
        description="In the order of `labels`; of segments, those of the mean probabilities."
    )
    label: str = Field(description="Of the largest logit.")
    emotion: str | None
    probabilities: dict[str, NonNegativeFloat] = Field(description="By emotion.")
    calibrated: dict[str, NonNegativeFloat] | None = Field(
        None, description="The same at the temperature; null without one."
    )


class GoldenAnswers(ResultPart):
    """Answers to check a deployment against."""

    tolerance: NonNegativeFloat = Field(
        description="How far a logit may differ; a probability half as far."
    )
    why: str = Field(description="What that is, to be read by people.")
    clips: Several[GoldenAnswer]


class DeploymentResult(ResultPart):
    """The selected candidate, as a program needs it."""

    candidate: str = Field(description="Its name.")
    model: str = Field(description="Hub id, or a folder, as candidates.yaml has it.")
    revision: str | None = Field(description="As written in candidates.yaml.")
    commit: str | None = Field(description="What was judged; `sha256:` and a hash for a folder.")
    companions: dict[str, str] = Field(
        description="Commits of other repositories that it needs, by name."
    )
    subfolder: str | None
    adapter: str | None
    feature_extractor: str | None = Field(description="Where that is taken from, if elsewhere.")
    trust_remote_code: bool
    loader: str | None
    architecture: str | None
    variant: str = Field(description="What it was converted to; fp32 is as it is.")
    licence: str | None
    weights: Several[WeightsFile]
    labels: Several[LabelResult]
    multi_label: bool = Field(description="Whether several labels may be true of a clip.")
    preprocessing: PreprocessingResult | None
    judged_with: JudgedWith
    temperature: float | None
    wished: float | None = Field(None, description="Share of answers that should be right.")
    point: ThresholdResult | None
    uar: Measured | None
    uar_own: Measured | None
    corpora: Several[JudgedOn]
    limits: Several[str] = Field(description="Where it does not hold, to be read by people.")
    golden: GoldenAnswers | None
