"""What a candidate is preferred for beside accuracy, and what that is worth in UAR."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.comparison import needed
from sertify.selection.verdicts import Verdict, timing_record
from sertify.statistics import diversity
from sertify.statistics.confusion import Floats
from sertify.vocabulary.languages import language_fit

AIMS = ("accuracy", "speed", "diversity", "language")
"""In the order in which they are told."""

POINTS: Mapping[str, float] = MappingProxyType({"speed": 4.0, "diversity": 1.0, "language": 1.0})
"""How many points there are in an aim: one of language, one for each ten times the speed."""

_SLOWEST = 10.0
# Seconds for a second of speech at which speed counts nothing; 10 ** -POINTS of it count all.


@dataclass(frozen=True)
class Aims:
    """How well a candidate meets each aim, from 0 to 1; None where nothing is known.

    None depends on any other candidate.

    Attributes
    ----------
    accuracy
        UAR above chance, of what can be above it: 0 is guessing, 1 is always right. Without
        labels, the mean agreement with the other candidates.
    speed
        0 where a second of speech takes ten seconds, 1 where it takes a thousandth; each ten times
        as fast is a quarter.
    diversity
        Effective emotions of its predictions, of those of the truth; of all that it can express
        without labels.
    language
        Share of the languages wanted that it was trained on.
    """

    accuracy: float | None
    speed: float | None
    diversity: float | None
    language: float | None

    def known(self) -> dict[str, float]:
        """Return those that are known, by name."""
        return {name: value for name in AIMS if (value := getattr(self, name)) is not None}


def aims_of(
    verdicts: Sequence[Verdict],
    labellings: Mapping[str, Labelling],
    accuracies: Mapping[str, float],
    preferences: Preferences,
) -> dict[str, Aims]:
    """Return how well each candidate meets the aims, by name."""
    return {
        name: Aims(
            accuracy=accuracies.get(name),
            speed=_speed(verdict),
            diversity=_diversity(labellings[name], verdict) if name in labellings else None,
            language=_language(verdict, labellings.get(name), preferences),
        )
        for verdict in verdicts
        if (name := verdict.candidate.name)
    }


def weights_of(preferences: Preferences) -> Floats:
    """Return what each aim but accuracy counts, in the order of `AIMS`, of shape (1, 3)."""
    return np.array([[getattr(preferences.weights, name) for name in AIMS[1:]]], dtype=float)


def worth(aims: Sequence[Aims], weights: Floats, margin: Floats | float) -> Floats:
    """Return what the aims but accuracy are worth in UAR, of shape (candidates, n).

    ``weights`` have the shape (n, 3), in the order of `AIMS`, ``margin`` (n,): the UAR that a point
    in an aim of average weight is worth. What is unknown is worth nothing.

    >>> fast, slow = Aims(0.7, 0.75, 1, None), Aims(0.7, 0.5, 1, None)
    >>> values = worth([fast, slow], np.array([[3.0, 1, 2]]), 0.02)
    >>> round(float(values[0, 0] - values[1, 0]), 3)  # ten times as fast
    0.03
    """
    met = [[(getattr(each, aim) or 0.0) * POINTS[aim] for aim in AIMS[1:]] for each in aims]
    value: Floats = np.array(met) @ (weights / weights.mean(axis=1, keepdims=True)).T * margin
    return value


def most_to_make_up(leader: Aims, preferences: Preferences) -> float:
    """Return the most UAR that another candidate's other aims can make up for against a leader's.

    >>> round(most_to_make_up(Aims(0.7, 0.75, 1, 1), Preferences(margin=0.02)), 3)
    0.03
    """
    best = Aims(None, *(1.0 for _ in POINTS))
    values = worth([best, leader], weights_of(preferences), preferences.margin)[:, 0]
    return float(values[0] - values[1])


def seconds_for_a_second(verdict: Verdict) -> float | None:
    """Return the median time that a second of speech takes, in seconds; None where not measured."""
    record = timing_record(verdict)
    time, length = (record and record.value(name) for name in ("time_p50", "segment"))
    known = time and length and time.value > 0 and length.value > 0
    return time.value / length.value if time and length and known else None


def _speed(verdict: Verdict) -> float | None:
    """Return how fast it is, by the time for a second of speech."""
    seconds = seconds_for_a_second(verdict)
    if seconds is None:
        return None
    return min(1.0, max(0.0, math.log10(_SLOWEST / seconds) / POINTS["speed"]))


def _diversity(labelling: Labelling, verdict: Verdict) -> float:
    """Return how varied the predictions are, of what they could be, on clips of what is needed."""
    counting = needed([labelling], verdict.candidate.requirements.emotions)
    labelled = [place for place, truth in enumerate(labelling.truth) if truth in counting]
    if not labelled:
        found = diversity.effective_emotions(labelling.predicted)
        return min(1.0, found / max(1, len(labelling.emotions)))
    wanted = diversity.effective_emotions(labelling.at(labelled, "truth"))
    return min(1.0, diversity.effective_emotions(labelling.at(labelled, "predicted")) / wanted)


def _language(
    verdict: Verdict, labelling: Labelling | None, preferences: Preferences
) -> float | None:
    spoken = {language for language in (labelling.languages if labelling else ()) if language}
    wanted = preferences.languages or tuple(sorted(spoken))
    return language_fit(verdict.languages, wanted)
