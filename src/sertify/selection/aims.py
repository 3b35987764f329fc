"""What a candidate is preferred for: accuracy, speed, diversity, language; each from 0 to 1."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.verdicts import Verdict, disturbed, segment_time
from sertify.statistics import diversity
from sertify.statistics.confusion import Floats
from sertify.vocabulary.languages import language_fit

AIMS = ("accuracy", "speed", "diversity", "language")
"""In the order in which they are told."""


@dataclass(frozen=True)
class Aims:
    """How well a candidate meets each aim, from 0 to 1; None where nothing is known.

    Attributes
    ----------
    accuracy
        UAR above chance, of what can be above it: 0 is guessing, 1 is always right. Without
        labels, the mean agreement with the other candidates.
    speed
        None for all where other work disturbed the measurement of an equally accurate one. Else 1
        for the fastest of the equally accurate, and for whatever is faster; each ten times as
        long for a segment costs a half.
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
    equal: Sequence[str] | None = None,
) -> dict[str, Aims]:
    """Return how well each candidate meets the aims, by name.

    ``equal`` are the names of the equally accurate, by default all.
    """
    measured = {verdict.candidate.name: segment_time(verdict) for verdict in verdicts}
    times = {name: time.value if time else None for name, time in measured.items()}
    # One that cannot be chosen must not make the others look equally slow.
    rivals = [*times] if equal is None else equal
    if {*disturbed(verdicts)} & {*rivals}:
        times = dict.fromkeys(times)  # nobody knows who is the fastest of them
    fastest = min((time for name in rivals if (time := times[name])), default=None)
    return {
        name: Aims(
            accuracy=accuracies.get(name),
            speed=_speed(times[name], fastest),
            diversity=_diversity(labellings[name]) if name in labellings else None,
            language=_language(verdict, labellings.get(name), preferences),
        )
        for verdict in verdicts
        if (name := verdict.candidate.name)
    }


def most_that_other_aims_are_worth(preferences: Preferences) -> float:
    """Return the UAR that a candidate may be behind, and be chosen for all other aims together.

    >>> round(most_that_other_aims_are_worth(Preferences(margin=0.02)), 3)
    0.051
    """
    weights = dict(preferences.weights)
    mean = sum(weights.values()) / len(weights)
    return float(preferences.margin * (sum(weights.values()) - weights["accuracy"]) / mean)


def weighted(aims: Sequence[Aims], weights: Floats, accuracy: Floats | None = None) -> Floats:
    """Return the weighted mean of the aims, of shape (candidates, n).

    ``weights`` have the shape (n, 4), in the order of `AIMS`. An aim of which nothing is known of
    any candidate has no part in the mean; one that is unknown of some is 0 for them. ``accuracy``,
    of shape (candidates, n), is in place of the aims' own.
    """
    table = np.array([[getattr(met, name) for name in AIMS] for met in aims], dtype=float)
    known = ~np.isnan(table).all(axis=0)
    table = np.nan_to_num(table)[:, :, None].repeat(len(weights), axis=2)
    if accuracy is not None:
        table[:, 0] = accuracy
    parts = (weights * known).T
    total = np.maximum(parts.sum(axis=0), np.finfo(float).tiny)
    mean: Floats = (table * parts).sum(axis=1) / total
    return mean


def _speed(time: float | None, fastest: float | None) -> float | None:
    if not time or not fastest:
        return None
    return min(1.0, max(0.0, 1 - math.log10(time / fastest) / 2))


def _diversity(labelling: Labelling) -> float:
    """Return how varied the predictions are, of what they could be."""
    labelled = [place for place, truth in enumerate(labelling.truth) if truth is not None]
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
