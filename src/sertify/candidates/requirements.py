"""What can be asked of a candidate: the requirements, their limits and their defaults."""

from dataclasses import asdict
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    model_validator,
)
from pydantic_core import core_schema

from sertify.candidates.complaints import complaint
from sertify.vocabulary.emotions import EMOTIONS, emotion_of
from sertify.vocabulary.outcomes import Bound
from sertify.vocabulary.text import did_you_mean

CORPUS_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What a corpus may be called: its name stands in the names of tests."""

Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]


def _canonical(emotion: str) -> str:
    name = emotion_of(emotion)
    if name is None:
        raise complaint(
            f"is {emotion!r}, which is not a known emotion{did_you_mean(emotion, EMOTIONS)}"
        )
    return name


Emotion = Annotated[str, AfterValidator(_canonical), Field(examples=[*EMOTIONS])]


class Keys(BaseModel):
    """A mapping with known keys, taken literally: nothing is converted, nothing is ignored."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, from_attributes=True
    )


Number = TypeVar("Number", bound=float)


class Limits(Keys, Generic[Number]):
    """What is written for a `Bound`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["min"]}, {"required": ["max"]}]}
    )
    min: Number | None = Field(None, description="The least that will do.")
    max: Number | None = Field(None, description="The most that will do.")

    @model_validator(mode="after")
    def _limit_something(self) -> Self:
        if self.min is None and self.max is None:
            raise complaint("needs min or max; to switch it off, write null")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise complaint(f"has min {self.min:g}, but it should be at most max, {self.max:g}")
        return self

    def bound(self) -> Bound:
        """Return it as the rest of the suite knows it."""
        return Bound(**dict(self))


class Share(Limits[Annotated[float, Field(ge=0, le=1)]]):
    """Limits of a ratio from 0 to 1."""


class Estimate(Share):
    """Limits of a ratio that comes with an interval."""

    confidence: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Compare the confidence interval at this level instead of the estimate itself; "
        "one that straddles the limit is inconclusive.",
    )
    corpus: str | None = Field(
        None, pattern=CORPUS_NAME, description="Only for this corpus, by its name in --data."
    )
    language: Language | None = Field(None, description="Only for clips in this language.")

    @model_validator(mode="after")
    def _name_one_scope(self) -> Self:
        if self.corpus is not None and self.language is not None:
            raise complaint("has both corpus and language, but should have one of them")
        return self


class Least(Estimate):
    """Limits of an estimate of which more is better."""

    @model_validator(mode="after")
    def _name_the_least(self) -> Self:
        if self.min is None:
            raise complaint("needs min: a high value is not a reason to reject a model")
        return self


class Most(Estimate):
    """Limits of an estimate of which less is better."""

    @model_validator(mode="after")
    def _name_the_most(self) -> Self:
        if self.max is None:
            raise complaint("needs max: a low value is not a reason to reject a model")
        return self


class Count(Limits[Annotated[float, Field(ge=1)]]):
    """Limits of a number from 1."""


class Factor(Limits[Annotated[float, Field(gt=0)]]):
    """Limits of a number above 0."""


def as_written(bound: Bound) -> dict[str, Any]:
    """Return `bound` as the mapping that a user would write for it."""
    return {key: value for key, value in asdict(bound).items() if value is not None}


def _several(value: Any) -> Any:
    """Take one limit for a list of one, and null for none."""
    if value is None:
        return ()
    return value if isinstance(value, tuple | list) else (value,)


def _distinct_scopes(bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    scopes = [(bound.corpus, bound.language) for bound in bounds]
    if len(set(scopes)) < len(scopes):
        raise complaint("limits the same speech twice; name another corpus or language in each")
    return bounds


def _bound(limits: type[Limits[Any]]) -> Any:
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_after_validator_function(
            limits.bound, handler.generate_schema(limits)
        )
    )


ShareBound = Annotated[Bound, _bound(Share), PlainSerializer(as_written)]
LeastBounds = Annotated[
    tuple[Annotated[Bound, _bound(Least), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_scopes),
    BeforeValidator(_several, json_schema_input_type=Least | tuple[Least, ...] | None),
]
MostBounds = Annotated[
    tuple[Annotated[Bound, _bound(Most), PlainSerializer(as_written)], ...],
    AfterValidator(_distinct_scopes),
    BeforeValidator(_several, json_schema_input_type=Most | tuple[Most, ...] | None),
]
CountBound = Annotated[Bound, _bound(Count), PlainSerializer(as_written)]
FactorBound = Annotated[Bound, _bound(Factor), PlainSerializer(as_written)]
Seconds = Annotated[float, Field(gt=0, le=600)]


def _several_emotions(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is not None and len(set(names)) < 2:
        raise complaint("has fewer than two emotions, but telling them apart takes two")
    return names if names is None else tuple(sorted(set(names)))


class Requirements(Keys):
    """What a candidate has to meet; null switches a requirement off.

    The defaults only turn away what is of no use: zero-shot on a corpus it never saw, a good model
    reaches 0.4 to 0.67 unweighted average recall with four classes.
    """

    emotions: Annotated[tuple[Emotion, ...] | None, AfterValidator(_several_emotions)] = Field(
        None,
        description="The emotions that are needed, the same for all candidates; by default those"
        " of the data that have enough clips.",
    )
    min_labels: int = Field(5, ge=1, description="The fewest labels. A baseline needs only two.")
    top_share: ShareBound | None = Field(
        Bound(max=0.95),
        description="Share of the clips that get the most frequent prediction; of clips with"
        " labels, each emotion counts the same.",
    )
    entropy: ShareBound | None = Field(
        Bound(min=0.2),
        description="Entropy of the predictions, counted likewise; 1: all labels equally frequent.",
    )
    effective_emotions: CountBound | None = Field(
        Bound(min=1.5),
        description="How many equally frequent emotions have the same entropy, counted likewise.",
    )
    consistency: ShareBound | None = Field(
        Bound(min=0.5),
        description="Share of predictions that a change of volume and a shift of 10 ms leave.",
    )
    uar: LeastBounds = Field(
        (Bound(min=0.4, confidence=0.95),),
        description="Unweighted average recall over the emotions that are needed; 0 for one that it"
        " has no label for.",
    )
    uar_own: LeastBounds = Field(
        (), description="Unweighted average recall over the emotions that it has labels for."
    )
    accuracy: LeastBounds = Field((), description="Share of the clips that are right.")
    macro_f1: LeastBounds = Field((), description="Mean F1 of the emotions.")
    recall: LeastBounds = Field((), description="Recall of each single emotion.")
    precision: LeastBounds = Field((), description="Precision of each single emotion.")
    class_share: MostBounds = Field(
        (Bound(max=0.15),),
        description="How far an emotion's share of predictions lies off, beyond what the recall"
        " explains.",
    )
    calibration_error: MostBounds = Field(
        (), description="Expected calibration error: confidence against accuracy."
    )
    coverage: LeastBounds = Field(
        (Bound(min=0.5),),
        description="Share of the clips whose emotion it has a label for, and of the emotions that"
        " are needed.",
    )
    real_time_factor: FactorBound | None = Field(
        Bound(max=1.0), description="Seconds it takes for one second of speech."
    )
    segments: tuple[Seconds, ...] = Field(
        (1.0, 5.0, 10.0), min_length=1, description="Lengths, in seconds, to measure the speed at."
    )

    @property
    def scopes(self) -> tuple[tuple[str | None, str | None], ...]:
        """The (corpus, language) that limits are narrowed down to, each once, in their order."""
        bounds = (bound for name in ESTIMATES for bound in getattr(self, name))
        scopes = dict.fromkeys((bound.corpus, bound.language) for bound in bounds)
        return tuple(scope for scope in scopes if any(scope))

    def bound(
        self, name: str, corpus: str | None = None, language: str | None = None
    ) -> Bound | None:
        """Return the limit of an estimate for a corpus or a language, else the one for all speech.

        A language has only limits of its own: what is asked of all speech is asked by corpus.
        """
        bounds = {(bound.corpus, bound.language): bound for bound in getattr(self, name)}
        return bounds.get((corpus, language)) or (None if language else bounds.get((None, None)))


ESTIMATES = (
    "uar", "uar_own", "accuracy", "macro_f1", "recall", "precision", "class_share",
    "calibration_error", "coverage",
)  # fmt: skip
"""The requirements that may be narrowed down to a corpus or a language."""
