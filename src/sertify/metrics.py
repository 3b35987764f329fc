"""How well predictions meet the truth, and how varied they are.

``truth`` and ``prediction`` are sequences of labels, one a clip and in the same order. ``labels``
is the frozen label set; without it, it is the sorted classes of the truth. A prediction outside
the label set counts as wrong. A ratio 0/0 is not a number, so its class is left out of dictionaries
and means. Metrics lie in 0..1 and have no unit. Every function raises ``ValueError`` for an empty
sequence, sequences of unequal length, and a truth outside the label set.

Whatever compares with the truth is computed from confusion counts, by code that takes a stack of
matrices too: :mod:`sertify.statistics` resamples with the very code that gives the value.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "accuracy",
    "cells",
    "confusion",
    "effective_emotions",
    "entropy",
    "from_counts",
    "label_set",
    "macro_f1",
    "majority_reference",
    "precisions",
    "random_reference",
    "recalls",
    "shares",
    "top_share",
    "uar",
]

Labels = Sequence[str]
Counts = NDArray[np.int64]
Rates = NDArray[np.float64]


def accuracy(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the share of clips whose prediction is right.

    >>> accuracy(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.6666666666666666
    """
    return float(_accuracy(confusion(truth, prediction, labels)))


def uar(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the unweighted average recall: the mean recall of the classes that occur in the truth.

    The measure of the field since Schuller, Steidl & Batliner (2009), The INTERSPEECH 2009 Emotion
    Challenge; also called balanced accuracy.

    >>> uar(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.5
    """
    return float(_uar(confusion(truth, prediction, labels)))


def macro_f1(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the mean of the F1 scores of the label set.

    A class that is predicted but never true scores 0; one that is neither is left out. This is
    scikit-learn's ``f1_score(average="macro", labels=labels, zero_division=nan)``, and the first
    of the two definitions in Opitz & Burst (2019), Macro F1 and Macro F1, arXiv:1911.03347.

    >>> macro_f1(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.4
    """
    return float(_macro_f1(confusion(truth, prediction, labels)))


def recalls(truth: Labels, prediction: Labels, labels: Labels | None = None) -> dict[str, float]:
    """Return, for each class of the truth, the share of its clips that was recognised.

    >>> recalls(["anger", "anger", "sadness"], ["anger", "sadness", "sadness"])
    {'anger': 0.5, 'sadness': 1.0}
    """
    counts = confusion(truth, prediction, labels)
    return _defined(label_set(truth, labels), _ratio(_hits(counts), counts.sum(axis=1)))


def precisions(truth: Labels, prediction: Labels, labels: Labels | None = None) -> dict[str, float]:
    """Return, for each class of the label set that was predicted, how often that was right.

    >>> precisions(["anger", "anger", "sadness"], ["anger", "sadness", "sadness"])
    {'anger': 1.0, 'sadness': 0.5}
    """
    counts = confusion(truth, prediction, labels)
    return _defined(label_set(truth, labels), _ratio(_hits(counts), counts[:, :-1].sum(axis=0)))


def confusion(truth: Labels, prediction: Labels, labels: Labels | None = None) -> Counts:
    """Count the clips of each truth (row) and prediction (column).

    The shape is (classes, classes + 1), in the order of the label set; the last column counts the
    predictions outside it.

    >>> confusion(["anger", "anger", "sadness"], ["anger", "calm", "anger"])
    array([[1, 0, 1],
           [1, 0, 0]])
    """
    n = len(label_set(truth, labels))
    return np.bincount(cells(truth, prediction, labels), minlength=n * (n + 1)).reshape(n, n + 1)


def cells(truth: Labels, prediction: Labels, labels: Labels | None = None) -> Counts:
    """Return the cell of the flattened confusion matrix that each clip falls into.

    >>> cells(["anger", "anger", "sadness"], ["anger", "calm", "anger"])
    array([0, 2, 3])
    """
    if len(truth) != len(prediction):
        raise ValueError(f"{len(truth)} true labels, but {len(prediction)} predictions")
    index = {label: i for i, label in enumerate(label_set(truth, labels))}
    n = len(index)
    pairs = zip(truth, prediction, strict=True)
    return np.array([index[t] * (n + 1) + index.get(p, n) for t, p in pairs], dtype=np.int64)


def label_set(truth: Labels, labels: Labels | None = None) -> tuple[str, ...]:
    """Return the classes that are scored, in the order of rows and columns.

    >>> label_set(["sadness", "anger", "anger"])
    ('anger', 'sadness')
    """
    _require_clips(truth)
    scored = tuple(sorted(set(truth)) if labels is None else labels)
    if len(set(scored)) < len(scored):
        raise ValueError(f"the label set names a label twice: {', '.join(scored)}")
    if unknown := sorted(set(truth) - set(scored)):
        raise ValueError(f"true labels outside the label set: {', '.join(unknown)}")
    return scored


def from_counts(metric: str, counts: Counts, labels: Labels) -> Rates:
    """Return a metric of each confusion matrix of a stack, NaN where it is not defined.

    ``counts`` has the shape (..., classes, classes + 1), the result (...). ``metric`` is
    ``accuracy``, ``uar``, ``macro_f1`` or ``recall:<label>``; another one is a ``ValueError``.

    >>> from_counts("recall:anger", np.array([[[3, 1, 0], [0, 2, 0]]]), ["anger", "sadness"])
    array([0.75])
    """
    known = [*_OVERALL, *(f"recall:{label}" for label in labels)]
    if metric not in known:
        raise ValueError(f"metric {metric!r}, but should be one of {', '.join(known)}")
    if metric in _OVERALL:
        return _OVERALL[metric](counts)
    return _recalls(counts)[..., known.index(metric) - len(_OVERALL)]


def shares(prediction: Labels) -> dict[str, float]:
    """Return the share of clips that each predicted label got, the most frequent first.

    >>> shares(["neutral", "anger", "neutral", "neutral"])
    {'neutral': 0.75, 'anger': 0.25}
    """
    _require_clips(prediction)
    by_count = sorted(Counter(prediction).items(), key=lambda item: (-item[1], item[0]))
    return {label: count / len(prediction) for label, count in by_count}


def top_share(prediction: Labels) -> float:
    """Return the share of the most frequent prediction; 1 is a model that says one thing only.

    >>> top_share(["neutral", "anger", "neutral", "neutral"])
    0.75
    """
    return max(shares(prediction).values())


def entropy(prediction: Labels, n_labels: int) -> float:
    """Return the Shannon entropy of the predictions over the largest that a model can have.

    0 is one label only, 1 is each of ``n_labels`` as often; a model of one label has 0. Pielou
    (1966), The measurement of diversity, J. Theor. Biol. 13. More labels predicted than
    ``n_labels`` is a ``ValueError``.

    >>> entropy(["anger", "anger", "sadness", "sadness"], n_labels=4)
    0.5
    """
    if (predicted := len(shares(prediction))) > n_labels:
        raise ValueError(f"{predicted} labels predicted, but the model has {n_labels}")
    return min(1.0, _nats(prediction) / math.log(n_labels)) if n_labels > 1 else 0.0


def effective_emotions(prediction: Labels) -> float:
    """Return how many equally frequent labels would be as diverse as the predictions.

    The exponential of the Shannon entropy, unit: labels; the Hill number of order 1. Hill (1973),
    Diversity and evenness, Ecology 54.

    >>> effective_emotions(["anger", "anger", "sadness", "sadness"])
    2.0
    """
    return math.exp(_nats(prediction))


def majority_reference(truth: Labels) -> dict[str, float]:
    """Return what always answering the most frequent class scores.

    >>> majority_reference(["anger", "anger", "sadness"])
    {'accuracy': 0.6666666666666666, 'uar': 0.5, 'macro_f1': 0.4}
    """
    counts = confusion(truth, [next(iter(shares(truth)))] * len(truth))
    return {name: float(metric(counts)) for name, metric in _OVERALL.items()}


def random_reference(truth: Labels) -> dict[str, float]:
    """Return the expected scores of guessing uniformly among the classes of the truth.

    They are exact. How many clips get a given answer is binomial, how many of those are right is
    then hypergeometric, and the F1 score is linear in the latter.

    >>> random_reference(["anger", "anger", "sadness"])["uar"]
    0.5
    """
    chance = 1 / len(label_set(truth))
    if chance == 1:
        return dict.fromkeys(_OVERALL, 1.0)
    answered, probability = np.arange(len(truth) + 1), _binomial(len(truth), chance)
    f1s = [2 * n * probability @ (answered / (n + answered)) for n in Counter(truth).values()]
    return {"accuracy": chance, "uar": chance, "macro_f1": float(np.mean(f1s)) / len(truth)}


def _binomial(n: int, chance: float) -> Rates:
    """Return the probabilities of 0..n successes; by logarithms, as the coefficients overflow."""
    steps = np.log(np.arange(n, 0, -1) / np.arange(1, n + 1)) + math.log(chance / (1 - chance))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights: Rates = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights


def _nats(prediction: Labels) -> float:
    return sum(share * math.log(1 / share) for share in shares(prediction).values())


def _require_clips(labels: Labels) -> None:
    if len(labels) == 0:
        raise ValueError("no clips: a metric needs at least one")


def _defined(labels: Labels, rates: Rates) -> dict[str, float]:
    return {label: float(rate) for label, rate in zip(labels, rates, strict=True) if rate == rate}


def _ratio(part: Counts, whole: Counts) -> Rates:
    ratio = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _mean_of_defined(rates: Rates) -> Rates:
    mean: Rates = np.nanmean(rates, axis=-1)
    return mean


def _hits(counts: Counts) -> Counts:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _accuracy(counts: Counts) -> Rates:
    return _ratio(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def _recalls(counts: Counts) -> Rates:
    return _ratio(_hits(counts), counts.sum(axis=-1))


def _uar(counts: Counts) -> Rates:
    return _mean_of_defined(_recalls(counts))


def _macro_f1(counts: Counts) -> Rates:
    true, predicted = counts.sum(axis=-1), counts[..., :-1].sum(axis=-2)
    return _mean_of_defined(_ratio(2 * _hits(counts), true + predicted))


_OVERALL: Mapping[str, Callable[[Counts], Rates]] = {
    "accuracy": _accuracy,
    "uar": _uar,
    "macro_f1": _macro_f1,
}
