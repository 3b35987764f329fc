"""How varied predictions are."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from sertify.statistics.confusion import Labels

Weights = Sequence[float]
"""How much each clip counts, at least 0; only their ratios matter."""


def shares(prediction: Labels, weights: Weights | None = None) -> dict[str, float]:
    """Return the share of clips that each predicted label got, the most frequent first.

    What has no weight has no share. ``ValueError`` without clips, or without any weight.

    >>> shares(["neutral", "anger", "neutral", "neutral"])
    {'neutral': 0.75, 'anger': 0.25}
    >>> shares(["neutral", "anger", "neutral", "neutral"], [1, 3, 1, 1])
    {'anger': 0.5, 'neutral': 0.5}
    """
    if len(prediction) == 0:
        raise ValueError("no clips: a metric needs at least one")
    by_label: defaultdict[str, list[float]] = defaultdict(list)
    for label, weight in zip(prediction, weights or [1] * len(prediction), strict=True):
        by_label[label].append(weight)
    # Exact sums, so that the order of the clips changes nothing.
    totals = {label: total for label, some in by_label.items() if (total := math.fsum(some)) > 0}
    whole = math.fsum(totals.values())
    if not whole:
        raise ValueError("no clip has a weight, but at least one should")
    by_total = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return {label: total / whole for label, total in by_total}


def evening(truth: Sequence[str | None]) -> list[float]:
    """Return the weight of each clip that lets each class of the truth count the same.

    A clip without a label has none, unless no clip has one: then all weigh the same.

    >>> evening(["neutral", "neutral", "anger", None])
    [0.5, 0.5, 1.0, 0.0]
    >>> evening([None, None])
    [1.0, 1.0]
    """
    clips = Counter(label for label in truth if label is not None)
    if not clips:
        return [1.0] * len(truth)
    return [0.0 if label is None else 1 / clips[label] for label in truth]


def top_share(prediction: Labels) -> float:
    """Return the share of the most frequent prediction; 1 is a model that says one thing only.

    >>> top_share(["neutral", "anger", "neutral", "neutral"])
    0.75
    """
    return max(shares(prediction).values())


def entropy(prediction: Labels, n_labels: int, weights: Weights | None = None) -> float:
    """Return the Shannon entropy of the predictions over the largest that a model can have.

    0 is one label only, 1 is each of ``n_labels`` as often; a model of one label has 0. Pielou
    (1966), The measurement of diversity, J. Theor. Biol. 13. More labels predicted than
    ``n_labels`` is a ``ValueError``.

    >>> entropy(["anger", "anger", "sadness", "sadness"], n_labels=4)
    0.5
    """
    if (predicted := len(set(prediction))) > n_labels:
        raise ValueError(f"{predicted} labels predicted, but the model has {n_labels}")
    return min(1.0, _nats(prediction, weights) / math.log(n_labels)) if n_labels > 1 else 0.0


def effective_emotions(prediction: Labels, weights: Weights | None = None) -> float:
    """Return how many equally frequent labels would be as diverse as the predictions.

    The exponential of the Shannon entropy, unit: labels; the Hill number of order 1. Hill (1973),
    Diversity and evenness, Ecology 54.

    >>> effective_emotions(["anger", "anger", "sadness", "sadness"])
    2.0
    """
    return math.exp(_nats(prediction, weights))


def _nats(prediction: Labels, weights: Weights | None) -> float:
    return sum(share * math.log(1 / share) for share in shares(prediction, weights).values())
