"""The least that the recall of a class can vary, which resampling a few clips doesn't show."""

import math

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.confusion import Counts, Floats


def floors(clips: Floats, hits: Floats) -> tuple[Floats, Floats]:
    """Return the binomial variance of each recall, and it where resampling shows none, else 0.

    ``clips`` counts the clips of each class, (..., classes), ``hits`` the right ones; so are the
    results. Resampling clips that are all right, or all wrong, finds no spread, and would have the
    recall known for certain. Laplace's share of one more right and one more wrong clip bounds the
    recall, so that n clips without an error vary like n + 1 with one. Classes without clips get 0.

    >>> variances, hidden = floors(np.array([8.0, 2.0]), np.array([4.0, 2.0]))
    >>> variances.round(5).tolist(), hidden.round(5).tolist()
    ([0.03125, 0.09375], [0.0, 0.09375])
    """
    recalls = _bounded(clips, hits)
    variances = np.where(clips > 0, recalls * (1 - recalls) / np.maximum(clips, 1), 0.0)
    return variances, np.where((hits > 0) & (hits < clips), 0.0, variances)


def floored(
    spread: float, clips: Floats, hits: Floats, rates: Floats, lacking: NDArray[np.bool_]
) -> float:
    """Return the standard error of a mean of class rates, given the one that resampling shows.

    ``rates`` tell how it changes with each recall. It is at least that of the clips of the classes
    that are ``lacking`` in some unit: of two speakers, the errors in two classes may cancel by
    chance.
    """
    least, hidden = (variances * rates**2 for variances in floors(clips, hits))
    return math.sqrt(max(spread**2 + hidden.sum(), least[lacking].sum()))


def slopes(metric: str, counts: Counts) -> Floats:
    """Return how ``uar`` or ``macro_f1`` changes with the recall of each class, (classes,).

    A class's F1 is 2 nr / (nr + n + false alarms), with n clips and the recall r bounded as above.

    >>> slopes("macro_f1", np.array([[4, 0, 0], [0, 0, 4]])).round(2).tolist()
    [0.3, 0.73]
    """
    true, predicted, hits = counts.sum(axis=1), counts[:, :-1].sum(axis=0), np.diagonal(counts)
    if metric == "uar":
        return np.full(len(counts), 1 / (true > 0).sum())
    others = true + predicted - hits
    whole = np.maximum(others + true * _bounded(true, hits), 1)
    changes: Floats = 2 * true * others / whole**2 / (true + predicted > 0).sum()
    return changes


def _bounded(clips: Floats | Counts, hits: Floats | Counts) -> Floats:
    bounded: Floats = np.clip(hits / np.maximum(clips, 1), 1 / (clips + 2), 1 - 1 / (clips + 2))
    return bounded
