"""How well predictions agree with the truth, or with each other."""

import math

from sertify.statistics.confusion import Counts, Labels, confusion, from_counts, label_set


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


def cohen_kappa(first: Labels, second: Labels) -> float:
    """Return how far two models, or raters, agree beyond what their shares make likely by chance.

    1 is agreement on each clip, 0 that of chance, and below 0 (at least -1) less. NaN where both
    give all clips one and the same label. Cohen (1960), A coefficient of agreement for nominal
    scales, Educ. Psychol. Meas. 20.

    >>> cohen_kappa(["anger", "anger", "joy", "joy"], ["anger", "anger", "joy", "anger"])
    0.5
    """
    return float(from_counts("kappa", confusion(first, second, sorted({*first, *second}))))


def _recalls(counts: Counts, labels: Labels) -> dict[str, float]:
    """Return the recalls that are defined."""
    rates = {label: float(from_counts(f"recall:{label}", counts, labels)) for label in labels}
    return {label: rate for label, rate in rates.items() if not math.isnan(rate)}
