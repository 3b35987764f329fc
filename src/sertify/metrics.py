"""How well predictions meet the truth, and how varied they are.

``truth``, ``prediction`` and ``labels`` are as in :mod:`sertify.confusion`, from whose counts all
is computed that compares with the truth; so are the errors. A prediction outside the label set
counts as wrong. A ratio 0/0 is not a number, so its class is left out of dictionaries and means.
Metrics lie in 0..1 and have no unit. No clips are a ``ValueError``.
"""

import math
from collections import Counter

import numpy as np

from sertify.confusion import Counts, Labels, Rates, confusion, from_counts, label_set

__all__ = [
    "accuracy",
    "effective_emotions",
    "entropy",
    "macro_f1",
    "majority_reference",
    "precisions",
    "random_reference",
    "recalls",
    "shares",
    "top_share",
    "uar",
]


def accuracy(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the share of clips whose prediction is right.

    >>> accuracy(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.6666666666666666
    """
    return float(from_counts("accuracy", confusion(truth, prediction, labels)))


def uar(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the unweighted average recall: the mean recall of the classes that occur in the truth.

    The measure of the field since Schuller, Steidl & Batliner (2009), The INTERSPEECH 2009 Emotion
    Challenge; also called balanced accuracy.

    >>> uar(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.5
    """
    return float(from_counts("uar", confusion(truth, prediction, labels)))


def macro_f1(truth: Labels, prediction: Labels, labels: Labels | None = None) -> float:
    """Return the mean of the F1 scores of the label set.

    A class that is predicted but never true scores 0; one that is neither is left out. This is
    scikit-learn's ``f1_score(average="macro", labels=labels, zero_division=nan)``, and the first
    of the two definitions in Opitz & Burst (2019), Macro F1 and Macro F1, arXiv:1911.03347.

    >>> macro_f1(["anger", "anger", "sadness"], ["anger", "anger", "anger"])
    0.4
    """
    return float(from_counts("macro_f1", confusion(truth, prediction, labels)))


def recalls(truth: Labels, prediction: Labels, labels: Labels | None = None) -> dict[str, float]:
    """Return, for each class of the truth, the share of its clips that was recognised.

    >>> recalls(["anger", "anger", "sadness"], ["anger", "sadness", "sadness"])
    {'anger': 0.5, 'sadness': 1.0}
    """
    return _recalls(confusion(truth, prediction, labels), label_set(truth, labels))


def precisions(truth: Labels, prediction: Labels, labels: Labels | None = None) -> dict[str, float]:
    """Return, for each class of the label set that was predicted, how often that was right.

    >>> precisions(["anger", "anger", "sadness"], ["anger", "sadness", "sadness"])
    {'anger': 1.0, 'sadness': 0.5}
    """
    # With rows for predictions and columns for the truth, a recall is a precision.
    transposed = confusion(truth, prediction, labels)[:, :-1].T
    return _recalls(transposed, label_set(truth, labels))


def shares(prediction: Labels) -> dict[str, float]:
    """Return the share of clips that each predicted label got, the most frequent first.

    >>> shares(["neutral", "anger", "neutral", "neutral"])
    {'neutral': 0.75, 'anger': 0.25}
    """
    if len(prediction) == 0:
        raise ValueError("no clips: a metric needs at least one")
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
    constant = [next(iter(shares(truth)))] * len(truth)
    return {metric.__name__: metric(truth, constant) for metric in (accuracy, uar, macro_f1)}


def random_reference(truth: Labels) -> dict[str, float]:
    """Return the expected scores of guessing uniformly among the classes of the truth.

    They are exact. How many clips get a given answer is binomial, how many of those are right is
    then hypergeometric, and the F1 score is linear in the latter.

    >>> random_reference(["anger", "anger", "sadness"])["uar"]
    0.5
    """
    chance = 1 / len(label_set(truth))
    if chance == 1:
        return {"accuracy": 1.0, "uar": 1.0, "macro_f1": 1.0}
    answered, probability = np.arange(len(truth) + 1), _binomial(len(truth), chance)
    f1s = [2 * n * probability @ (answered / (n + answered)) for n in Counter(truth).values()]
    return {"accuracy": chance, "uar": chance, "macro_f1": float(np.mean(f1s)) / len(truth)}


def _recalls(counts: Counts, labels: Labels) -> dict[str, float]:
    """Return the recalls that are defined."""
    rates = {label: float(from_counts(f"recall:{label}", counts, labels)) for label in labels}
    return {label: rate for label, rate in rates.items() if not math.isnan(rate)}


def _binomial(n: int, chance: float) -> Rates:
    """Return the probabilities of 0..n successes; by logarithms, as the coefficients overflow."""
    steps = np.log(np.arange(n, 0, -1) / np.arange(1, n + 1)) + math.log(chance / (1 - chance))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights: Rates = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights


def _nats(prediction: Labels) -> float:
    return sum(share * math.log(1 / share) for share in shares(prediction).values())
