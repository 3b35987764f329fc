"""Whether a model leans towards an emotion, or away from it, beyond what its errors explain."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics.confusion import Counts, Floats, Labels, label_set
from sertify.statistics.diversity import Weights
from sertify.statistics.intervals import Interval, mean_interval, t_quantile
from sertify.statistics.rare_classes import floors


@dataclass(frozen=True)
class Leaning:
    """The emotion that a model says too often or too rarely, and by how much.

    ``excess`` is the distance of its share of the predictions from what is expected, within 0..1;
    ``interval`` bounds the largest such distance of any emotion.
    """

    label: str
    excess: float
    interval: Interval


def leaning(
    truth: Labels,
    prediction: Labels,
    labels: Labels,
    groups: Sequence[Hashable] | None = None,
    weights: Weights | None = None,
    confidence: float = 0.95,
) -> Leaning:
    """Return the largest excess of an emotion's share of the predictions.

    Two shares are expected of an emotion: that of the clips, as of a model that is always right,
    and that of a model that recognises each emotion as often as this one does on average, and
    spreads its errors evenly over the others. The excess is how far the share lies outside of what
    is between the two. So a weak recall alone is no leaning.

    The interval of each emotion is at a confidence that is corrected for their number (Bonferroni),
    and the largest ends count. It is Student's t with linearised standard errors, as that of
    :func:`sertify.statistics.intervals.mean_interval`, by ``groups`` or else by clip.

    ``labels`` are the emotions that the model can say; ``weights`` say how much a clip counts.
    ``ValueError`` as of :mod:`sertify.statistics.confusion`, and for a prediction that is none of
    the labels.

    >>> truth = ["neutral"] * 60 + ["anger"] * 20 + ["joy"] * 20
    >>> calm = ["neutral"] * 80 + ["anger"] * 10 + ["joy"] * 10
    >>> found = leaning(truth, calm, ["anger", "joy", "neutral"])
    >>> found.label, round(found.excess, 3), round(found.interval.low, 2)
    ('neutral', 0.2, 0.1)
    >>> evenly = ["neutral", "anger", "neutral", "joy"] * 15
    >>> evenly += ["anger", "joy", "anger", "neutral"] * 5 + ["joy", "anger", "joy", "neutral"] * 5
    >>> leaning(truth, evenly, ["anger", "joy", "neutral"]).excess
    0.0
    """
    names = label_set(truth, labels)
    if unknown := sorted(set(prediction) - set(names)):
        raise ValueError(f"predictions outside the label set: {', '.join(unknown)}")
    table = _table(truth, prediction, names, weights)
    sure = 1 - (1 - confidence) / len(names)
    found = [_excess(table, place, groups, sure) for place in range(len(names))]
    excess, place = max((value, -place) for place, (value, _, _) in enumerate(found))
    low, high = (max(end) for end in zip(*(ends for _, *ends in found), strict=True))
    return Leaning(names[-place], excess, Interval(low, high))


@dataclass(frozen=True)
class _Table:
    """The class of each clip, true and predicted, and its weight, 1 on average.

    ``recall`` is the mean recall, ``pull`` by how much each clip moves it, times their number, and
    ``unseen`` its standard error by classes that are all right or all wrong.
    """

    truth: Counts
    predicted: Counts
    weights: Floats
    classes: int
    recall: float
    pull: Floats
    unseen: float

    def slope(self, place: int) -> float:
        """Return by how much the share that is expected of a class grows with the mean recall."""
        share = float((self.weights * (self.truth == place)).mean())
        return share - (1 - share) / max(1, self.classes - 1)

    def expected(self, place: int) -> Floats:
        """Return values whose mean is the share of a class by the mean recall alone."""
        true, astray = self.truth == place, (1 - self.recall) / max(1, self.classes - 1)
        values: Floats = self.weights * np.where(true, self.recall, astray)
        return values + self.slope(place) * self.pull


def _table(truth: Labels, prediction: Labels, names: Labels, weights: Weights | None) -> _Table:
    index = {name: place for place, name in enumerate(names)}
    true, said = (np.array([index[label] for label in some]) for some in (truth, prediction))
    weighed = np.ones(len(truth)) if weights is None else np.asarray(weights, float)
    hits = (true == said).astype(float)
    clips, right = (
        np.bincount(true, some, len(names)).astype(float) for some in (np.ones(len(true)), hits)
    )
    recalls, occurring = right / clips.clip(1), int((clips > 0).sum())
    pull = (hits - recalls[true]) * len(truth) / (occurring * clips[true])
    unseen = math.sqrt(floors(clips, right)[1].sum()) / occurring
    mean = float(recalls.sum()) / occurring
    return _Table(true, said, weighed / weighed.mean(), len(names), mean, pull, unseen)


def _excess(
    table: _Table, place: int, groups: Sequence[Hashable] | None, confidence: float
) -> tuple[float, float, float]:
    """Return how far the share of a class lies outside of what is expected, and the ends of it."""
    said = table.weights * (table.predicted == place)
    true = table.weights * (table.truth == place)
    doubt = abs(table.slope(place)) * table.unseen
    above = [
        _mean(said - true, groups, confidence),
        _mean(said - table.expected(place), groups, confidence, doubt),
    ]
    below = [(-mean, -high, -low) for mean, low, high in above]
    # Above both that are expected, or below both.
    sides = [[min(ends) for ends in zip(*side, strict=True)] for side in (above, below)]
    value, low, high = (min(1.0, max(0.0, *ends)) for ends in zip(*sides, strict=True))
    return value, low, high


def _mean(
    values: Floats, groups: Sequence[Hashable] | None, confidence: float, doubt: float = 0.0
) -> tuple[float, float, float]:
    """Return a mean and its interval, with a standard error beside that of the values."""
    interval = mean_interval(values.tolist(), groups, confidence)
    mean, units = float(values.mean()), len(set(groups)) if groups else len(values)
    beside = t_quantile(confidence, units - 1) * doubt if units > 1 else 0.0
    below, above = mean - interval.low, interval.high - mean
    return mean, mean - math.hypot(below, beside), mean + math.hypot(above, beside)
