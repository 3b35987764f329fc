"""Scores on some clips of a corpus, weighed back to the labels of all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sertify.gates.accuracy import Score
from sertify.pipeline.judged import Judged
from sertify.statistics import calibration, diversity
from sertify.statistics.intervals import Interval
from sertify.statistics.leaning import leaning
from sertify.statistics.weighing import weighed_estimate, weighed_rate
from sertify.vocabulary.outcomes import CONFIDENCE, Measurement


def weighed_back(scored: Score, judged: Judged, levels: Mapping[str, float]) -> Score:
    """Return a score as if each clip occurred as often as it stands for.

    UAR and recall stay: they do not depend on how often an emotion occurs. Numbers of clips stay
    those that were judged. ``levels`` is the confidence that requirements ask for, by name.
    """
    if len({clip.weight for clip in judged.clips}) < 2:
        return scored
    kept = judged.where(lambda clip: clip.emotion in judged.emotions)
    able = _Weighed(kept, [clip.weight for clip in kept.clips])
    coverage = _coverage(judged, CONFIDENCE)
    other = {
        name: able.number(one, levels.get(name.partition(":")[0], CONFIDENCE))
        for name, one in scored.decisive.items()
    }
    if "coverage" in other:
        other["coverage"] = _coverage(judged, levels["coverage"])
    if not kept.clips:
        return replace(scored, coverage=coverage, decisive=other)
    numbers: dict[str, Any] = {name: able.number(getattr(scored, name)) for name in _NUMBERS}
    return replace(
        scored,
        **numbers,
        coverage=coverage,
        precisions=tuple(able.number(one) for one in scored.precisions),
        decisive=other,
        details={**scored.details, "class_shares": able.shares},
    )


_NUMBERS = ("accuracy", "macro_f1", "class_share", "calibration_error", "brier_score")


def _coverage(judged: Judged, confidence: float) -> Measurement:
    weights = [clip.weight for clip in judged.clips]
    hits = [clip.emotion in judged.emotions for clip in judged.clips]
    share, interval = weighed_rate(hits, weights, confidence)
    return Measurement("coverage", share, "1", interval.low, interval.high, len(hits))


@dataclass(frozen=True)
class _Weighed:
    """The clips that the candidate can express, and how many each stands for."""

    kept: Judged
    weights: list[float]

    @property
    def shares(self) -> dict[str, Any]:
        """The share of each emotion, true and predicted."""
        kept, weights = self.kept, self.weights
        true = diversity.shares(kept.truth, weights)
        return {
            "truth": dict(sorted(true.items())),
            "predicted": diversity.shares(kept.predicted, weights),
        }

    def number(self, one: Measurement, confidence: float = CONFIDENCE) -> Measurement:
        """Return a measurement with the clips weighed; UAR and recall as they are."""
        kept, (name, _, emotion) = self.kept, one.name.partition(":")
        if not kept.clips:
            return one
        match name:
            case "accuracy" | "macro_f1":
                said = (kept.truth, kept.predicted)
                value, ends = weighed_estimate(name, *said, self.weights, kept.units, confidence)
            case "precision":
                value, ends = self._precision(emotion, confidence)
            case "class_share":
                said = (kept.truth, kept.predicted)
                found = leaning(*said, kept.emotions, kept.units, self.weights, confidence)
                value, ends = found.excess, found.interval
            case "calibration_error" | "brier_score":
                return replace(one, value=self._calibration(name))
            case _:
                return one
        return replace(one, value=value, low=ends.low, high=ends.high)

    def _precision(self, emotion: str, confidence: float) -> tuple[float, Interval]:
        """Return how often it is right where it says an emotion."""
        clips = zip(self.kept.truth, self.kept.predicted, self.weights, strict=True)
        named = [(true == emotion, weight) for true, said, weight in clips if said == emotion]
        hits, weights = zip(*named, strict=True)
        return weighed_rate(hits, weights, confidence)

    def _calibration(self, name: str) -> float:
        """Return the ECE or the Brier score."""
        kept, weights = self.kept, self.weights
        if name == "brier_score":
            return calibration.brier_score(kept.truth, kept.probabilities, kept.emotions, weights)
        sure, right = kept.sureness(), kept.correct()
        return calibration.expected_calibration_error(sure, right, weights=weights)
