"""How varied predictions are, and which labels they prefer."""

import math
from collections import Counter

from sertify.statistics.confusion import Labels, confusion, label_set


def shares(prediction: Labels) -> dict[str, float]:
    """Return the share of clips that each predicted label got, the most frequent first.

    >>> shares(["neutral", "anger", "neutral", "neutral"])
    {'neutral': 0.75, 'anger': 0.25}
    """
    if len(prediction) == 0:
        raise ValueError("no clips: a metric needs at least one")
    by_count = sorted(Counter(prediction).items(), key=lambda item: (-item[1], item[0]))
    return {label: count / len(prediction) for label, count in by_count}


def share_differences(
    truth: Labels, prediction: Labels, labels: Labels | None = None
) -> dict[str, float]:
    """Return, for each class of the label set, its share of the predictions minus that of clips.

    Within -1..1: above 0 the model says a class too often. They sum to 0, less the share of the
    predictions outside the label set.

    >>> share_differences(["anger", "anger", "sadness", "sadness"], ["anger"] * 4)
    {'anger': 0.5, 'sadness': -0.5}
    """
    counts = confusion(truth, prediction, labels)
    differences = (counts[:, :-1].sum(axis=0) - counts.sum(axis=1)) / counts.sum()
    return dict(zip(label_set(truth, labels), differences.tolist(), strict=True))


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


def _nats(prediction: Labels) -> float:
    return sum(share * math.log(1 / share) for share in shares(prediction).values())
