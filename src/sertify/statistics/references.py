"""What a model scores that listens to nothing: the most frequent class, or a guess."""

import math
from collections import Counter

import numpy as np

from sertify.statistics.agreement import accuracy, macro_f1, uar
from sertify.statistics.confusion import Floats, Labels, label_set
from sertify.statistics.diversity import shares


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


def _binomial(n: int, chance: float) -> Floats:
    """Return the probabilities of 0..n successes; by logarithms, as the coefficients overflow."""
    steps = np.log(np.arange(n, 0, -1) / np.arange(1, n + 1)) + math.log(chance / (1 - chance))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights: Floats = np.exp(logs - logs.max())
    weights /= weights.sum()
    return weights
