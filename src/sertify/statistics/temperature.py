"""Probabilities that are as often right as they say, by one number that divides all scores."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sertify.statistics.confusion import Counts, Floats, Labels, label_set
from sertify.statistics.diversity import Weights
from sertify.statistics.folding import FOLDS, fold_codes

COLDEST, HOTTEST = 0.2, 20.0
"""Temperatures beyond which nobody asks: of clips that are all right, the best would be 0."""

_FAINTEST = 50.0
"""How far a score may lie below the largest: a probability of 0 would be infinitely bad."""


def softened(scores: Floats, temperature: float) -> Floats:
    """Return the softmax of scores that are divided by a temperature, row by row.

    >>> softened(np.array([[0.0, np.log(3.0)]]), 1.0).round(2)
    array([[0.25, 0.75]])
    """
    cooled = (scores - scores.max(axis=1, keepdims=True)) / temperature
    parts: Floats = np.exp(cooled)
    parts /= parts.sum(axis=1, keepdims=True)
    return parts


def fitted_temperature(
    scores: Floats, truth: Labels, labels: Labels, weights: Weights | None = None
) -> float:
    """Return the temperature at which the labels that are true are most likely.

    Platt's scaling with one number: Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern
    neural networks, ICML. Above 1, the model is surer than it should be. Which label is the most
    likely does not change. ``scores`` are logits or logs of probabilities, a row for each clip and
    a column for each of ``labels``; -inf is a probability of 0. ``weights`` say how much a clip
    counts. Within `COLDEST` .. `HOTTEST`.

    ``ValueError`` for another shape, a score that is NaN or +inf, and as of
    :mod:`sertify.statistics.confusion`.

    >>> scores = np.array([[4.0, 0.0]] * 4)  # says 98 %, and is right in 3 of 4
    >>> heat = fitted_temperature(scores, ["joy", "joy", "joy", "fear"], ["joy", "fear"])
    >>> round(heat, 2), softened(scores, heat)[0].round(2).tolist()
    (3.64, [0.75, 0.25])
    """
    table, columns = _checked(scores, truth, labels)
    counted = np.ones(len(table)) if weights is None else np.asarray(weights, float)
    return _fitted(table, columns, counted)


@dataclass(frozen=True)
class Calibrated:
    """A temperature, and what it would make of clips that it was not fitted on.

    ``probabilities`` has the shape (clips, labels): those of a clip are by the temperature that was
    fitted on the speakers of other folds, `temperatures` in all. ``loss_before`` and ``loss`` are
    the mean negative log-likelihood in nats, without a temperature and out of fold.
    """

    temperature: float
    temperatures: tuple[float, ...]
    loss_before: float
    loss: float
    probabilities: Floats = field(compare=False, repr=False)


def calibrated(
    scores: Floats,
    truth: Labels,
    labels: Labels,
    groups: Sequence[Hashable | None] | None = None,
    weights: Weights | None = None,
    folds: int = FOLDS,
) -> Calibrated:
    """Return the temperature of all clips, and probabilities out of fold by speaker.

    The arguments and errors are those of `fitted_temperature` and :func:`folding.fold_codes`.

    >>> scores = np.array([[4.0, 0.0]] * 40)
    >>> found = calibrated(scores, ["joy", "joy", "joy", "fear"] * 10, ["joy", "fear"])
    >>> round(found.temperature, 2), round(found.loss_before, 2), round(found.loss, 2)
    (3.64, 1.02, 0.57)
    """
    table, columns = _checked(scores, truth, labels)
    counted = np.ones(len(table)) if weights is None else np.asarray(weights, float)
    codes = fold_codes(groups, len(table), folds)
    found, heats = np.empty_like(table), []
    for fold in range(int(codes.max()) + 1):
        own = codes == fold
        heats.append(_fitted(table[~own], columns[~own], counted[~own]))
        found[own] = softened(table[own], heats[-1])
    plain, rows = softened(table, 1.0), np.arange(len(table))
    before, after = (
        float(np.average(-np.log(some[rows, columns].clip(1e-300)), weights=counted))
        for some in (plain, found)
    )
    return Calibrated(_fitted(table, columns, counted), tuple(heats), before, after, found)


def _checked(scores: Floats, truth: Labels, labels: Labels) -> tuple[Floats, Counts]:
    """Return scores that are finite, and the column of each clip's truth."""
    names = label_set(truth, labels)
    shape = (len(truth), len(names))
    if scores.shape != shape:
        raise ValueError(f"scores of shape {scores.shape}, but should be {shape}")
    largest = scores.max(axis=1, keepdims=True)
    if np.isnan(scores).any() or not np.isfinite(largest).all():
        raise ValueError("scores should be numbers below infinity, and one of each clip above -inf")
    index = {name: place for place, name in enumerate(names)}
    finite: Floats = np.maximum(scores.astype(float) - largest, -_FAINTEST)
    return finite, np.array([index[label] for label in truth], np.int64)


def _fitted(scores: Floats, columns: Counts, weights: Floats) -> float:
    """Find where the loss is flat: it is convex in 1 / temperature. The largest score is 0."""
    true, by_label = scores[np.arange(len(scores)), columns], np.ascontiguousarray(scores.T)
    cold, hot = math.log(COLDEST), math.log(HOTTEST)
    for _ in range(36):  # to 1e-10
        middle = (cold + hot) / 2
        parts = np.exp(by_label / math.exp(middle))
        expected = (parts * by_label).sum(axis=0) / parts.sum(axis=0)
        # Scores that are larger than those of the truth are to be evened out.
        excess = (weights * (expected - true)).sum()
        cold, hot = (middle, hot) if excess > 0 else (cold, middle)
    return math.exp((cold + hot) / 2)
