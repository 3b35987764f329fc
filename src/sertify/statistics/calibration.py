"""Whether the probabilities that a model gives are how often it is right."""

from collections.abc import Sequence

import numpy as np

from sertify.statistics.confusion import Floats, Labels, label_set
from sertify.statistics.diversity import Weights


def expected_calibration_error(
    confidence: Sequence[float],
    correct: Sequence[bool],
    bins: int = 15,
    weights: Weights | None = None,
) -> float:
    """Return how far the confidence of predictions lies from their accuracy, on average.

    The mean of |accuracy - confidence| over ``bins`` of equal width, each (low, high], weighted by
    their clips, or by the ``weights`` of these. ``confidence`` is the probability of each predicted
    label. Guo, Pleiss, Sun &
    Weinberger (2017), On calibration of modern neural networks, ICML. It is biased upwards with
    few clips a bin. ``ValueError`` for unequal lengths, a confidence outside 0..1, or no bin.

    >>> expected_calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False])
    0.0
    >>> expected_calibration_error([1.0, 1.0], [True, False])
    0.5
    """
    sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if len(sure) == 0:
        raise ValueError("no clips: a metric needs at least one")
    if len(sure) != len(right):
        raise ValueError(f"{len(sure)} confidences, but {len(right)} predictions")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError("confidences should lie within 0..1; give probabilities, not logits")
    if bins < 1:
        raise ValueError(f"bins={bins}, but should be at least 1")
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    counts = np.ones(len(sure)) if weights is None else np.asarray(weights, dtype=float)
    gaps = np.bincount(place, counts * (right - sure), minlength=bins)
    return float(np.abs(gaps).sum() / counts.sum())


def brier_score(
    truth: Labels, probabilities: Floats, labels: Labels, weights: Weights | None = None
) -> float:
    """Return the mean squared error of probabilities, summed over the classes.

    Where those of a clip sum to 1, it is within 0..2: 0 is certain and right, 2 certain and wrong,
    1 - 1/k the same probability for each of k classes; up to k where each is a question by itself.
    Brier (1950), Verification of forecasts expressed in terms of probability, Mon. Weather Rev. 78.
    ``probabilities`` has a row a clip and a column for each of ``labels``; ``ValueError`` for
    another shape, and for what is no probability.

    >>> brier_score(["anger", "joy"], np.array([[1.0, 0.0], [0.5, 0.5]]), ["anger", "joy"])
    0.25
    """
    frozen = label_set(truth, labels)
    shape = (len(truth), len(frozen))
    if probabilities.shape != shape:
        raise ValueError(f"probabilities of shape {probabilities.shape}, but should be {shape}")
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-9)).all():
        raise ValueError("probabilities should lie within 0..1; apply softmax or sigmoid")
    certain = np.eye(len(frozen))[[frozen.index(label) for label in truth]]
    return float(np.average(((probabilities - certain) ** 2).sum(axis=1), weights=weights))
