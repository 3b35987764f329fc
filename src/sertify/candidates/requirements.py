"""What can be asked of a candidate: the requirements, their limits and their defaults."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sertify.candidates.bounds import (
    CountBound,
    FactorBound,
    Keys,
    LeastBounds,
    LeastProvenBound,
    MostBounds,
    Seconds,
    ShareBound,
)
from sertify.candidates.complaints import complaint
from sertify.candidates.fairness import USUAL_GROUPS, FairnessAsked
from sertify.candidates.latency import LatencyLimit, LatencyLimits, Serving
from sertify.candidates.robustness import RobustnessAsked
from sertify.candidates.streaming import (
    MostFlipsBound,
    MostSecondsBound,
    Streaming,
    StreamingAsked,
)
from sertify.vocabulary.conditions import GIVEN
from sertify.vocabulary.emotions import EMOTIONS, emotion_of
from sertify.vocabulary.outcomes import Bound
from sertify.vocabulary.text import did_you_mean


def _canonical(emotion: str) -> str:
    name = emotion_of(emotion)
    if name is None:
        raise complaint(
            f"is {emotion!r}, which is not a known emotion{did_you_mean(emotion, EMOTIONS)}"
        )
    return name


Emotion = Annotated[str, AfterValidator(_canonical), Field(examples=[*EMOTIONS])]


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
    robustness: RobustnessAsked = Field(
        None,
        description="Other conditions in which it is heard, and what it may lose there: true for"
        " the usual ones, or a list.",
    )
    fairness: FairnessAsked = Field(
        None,
        description="Groups of the speech, and how far they may be apart: true for gender, or a"
        " list of columns.",
    )
    worst_group: LeastProvenBound | None = Field(
        None, description="UAR of each of these groups; those of fairness, or gender."
    )
    streaming: StreamingAsked = Field(
        None,
        description="What it says while somebody speaks: true for the usual seconds of speech, or"
        " a list of them.",
    )
    seconds_needed: MostSecondsBound | None = Field(
        None, description="Seconds of speech until it is as right as on the whole clip."
    )
    flips_per_minute: MostFlipsBound | None = Field(
        None, description="How often its answer changes while somebody speaks."
    )
    real_time_factor: FactorBound | None = Field(
        Bound(max=1.0), description="Seconds it takes for one second of speech."
    )
    latency: LatencyLimits = Field(
        (), description="Seconds that a segment takes, at a percentile; one limit or several."
    )
    requests_per_second: Serving | None = Field(
        None, description="Requests a second that it answers in time, where they come at random."
    )
    segments: tuple[Seconds, ...] = Field(
        (1.0, 5.0, 10.0), min_length=1, description="Lengths, in seconds, to measure the speed at."
    )

    def as_judged(self) -> dict[str, Any]:
        """Return them in JSON types; without what is off by default, an entry stays what it was."""
        written = self.model_dump(mode="json")
        usual = self.robustness is not None and "drop" not in self.robustness.model_fields_set
        if usual:
            written["robustness"]["drop"] = "usual"
        if self.fairness is not None and not self.fairness.named:
            # Unlike the same ones by name, they need not be there.
            written["fairness"]["groups"] = "usual"
        return {name: value for name, value in written.items() if value or name not in _LATER}

    @property
    def lengths(self) -> tuple[float, ...]:
        """The seconds of audio to measure the speed at, those of limits included."""
        named = (limit.segment for limit in self.latency if limit.segment is not None)
        return tuple(dict.fromkeys((*self.segments, *named)))

    def latencies(self, seconds: float, *, usual: bool = True) -> tuple[LatencyLimit, ...]:
        """Return what limits the latency of a segment of so many seconds.

        Only those that name it, where it is not one of the usual segments.
        """
        of = (None, seconds) if usual else (seconds,)
        return tuple(limit for limit in self.latency if limit.segment in of)

    @property
    def scopes(self) -> tuple[tuple[str | None, str | None], ...]:
        """The (corpus, language) that limits are narrowed down to, each once, in their order."""
        bounds = (bound for name in ESTIMATES for bound in getattr(self, name))
        scopes = dict.fromkeys((bound.corpus, bound.language) for bound in bounds)
        return tuple(scope for scope in scopes if any(scope))

    def asks(self, gate: str) -> bool:
        """Whether a gate is asked of a candidate; some are only where they are written.

        >>> Requirements().asks("accuracy"), Requirements().asks("robustness")
        (True, False)
        """
        wanted = {
            "robustness": self.robustness,
            "fairness": self.fairness or self.worst_group,
            "streaming": self.streaming or self.seconds_needed or self.flips_per_minute,
        }
        return gate not in wanted or wanted[gate] is not None

    def about(self, code: str) -> tuple[str, ...]:
        """Return the reasons, of the kind of one of a gate on wish, that checks may find.

        >>> Requirements.model_validate({"fairness": "accent"}).about("unfair:age")
        ('unfair:accent',)
        """
        kind = code.partition(":")[0]
        of: Iterable[str] = self.groups
        if kind == "not_robust":
            asked = self.robustness.asked(GIVEN) if self.robustness is not None else ()
            of = dict.fromkeys(condition.family for condition in asked)
        elif kind == "low_worst_group" and self.worst_group is None:
            of = ()
        elif kind in _LIMITED:
            return () if getattr(self, _LIMITED[kind]) is None else (kind,)
        return tuple(f"{kind}:{what}" for what in of)

    @property
    def groups(self) -> tuple[str, ...]:
        """What speech is grouped by in the fairness gate; nothing where that is not asked."""
        if not self.asks("fairness"):
            return ()
        return USUAL_GROUPS if self.fairness is None else self.fairness.groups

    @property
    def streamed(self) -> Streaming:
        """How much speech is heard in the streaming gate: what a limit is about, too."""
        asked, limit = self.streaming or Streaming(), self.seconds_needed
        if limit is None or limit.max is None:
            return asked
        return asked.model_copy(update={"seconds": tuple(sorted({*asked.seconds, limit.max}))})

    def bound(
        self, name: str, corpus: str | None = None, language: str | None = None
    ) -> Bound | None:
        """Return the limit of an estimate for a corpus or a language, else the one for all speech.

        A language has only limits of its own: what is asked of all speech is asked by corpus.
        """
        bounds = {(bound.corpus, bound.language): bound for bound in getattr(self, name)}
        return bounds.get((corpus, language)) or (None if language else bounds.get((None, None)))


_LIMITED = {"needs_long_speech": "seconds_needed", "unsteady": "flips_per_minute"}
_LATER = (
    "robustness", "fairness", "worst_group", "streaming", "seconds_needed", "flips_per_minute",
    "latency", "requests_per_second",
)  # fmt: skip

ESTIMATES = (
    "uar", "uar_own", "accuracy", "macro_f1", "recall", "precision", "class_share",
    "calibration_error", "coverage",
)  # fmt: skip
"""The requirements that may be narrowed down to a corpus or a language."""
