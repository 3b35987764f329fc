"""Confusion counts: which classes are scored, and how often each was taken for which.

``truth`` and ``prediction`` are sequences of labels, one a clip and in the same order. ``labels``
is the frozen label set; without it, it is the sorted classes of the truth. Every function that
takes them raises ``ValueError`` for an empty sequence, sequences of unequal length, a truth outside
the label set and a label set that names a label twice.

Floats take a stack of matrices, of shape (..., classes, classes + 1): :mod:`sertify.statistics`
resamples with the very code that gives the value. A ratio 0/0 is not a number.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sertify.vocabulary.text import listed

Labels = Sequence[str]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
"""How often something occurs, or which of several it is, as whole numbers from 0."""


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
    row = {label: i for i, label in enumerate(label_set(truth, labels))}
    column = {label: row.get(label, len(row)) for label in set(prediction)}
    rows, columns = [row[label] for label in truth], [column[label] for label in prediction]
    return np.array(rows, np.int64) * (len(row) + 1) + np.array(columns, np.int64)


def label_set(truth: Labels, labels: Labels | None = None) -> tuple[str, ...]:
    """Return the classes that are scored, in the order of rows and columns.

    >>> label_set(["sadness", "anger", "anger"])
    ('anger', 'sadness')
    """
    if len(truth) == 0:
        raise ValueError("no clips: a metric needs at least one")
    scored = tuple(sorted(set(truth)) if labels is None else labels)
    if len(set(scored)) < len(scored):
        raise ValueError(f"the label set names a label twice: {listed(scored, most=20)}")
    if unknown := sorted(set(truth) - set(scored)):
        raise ValueError(f"true labels outside the label set: {listed(unknown, most=20)}")
    return scored


def from_counts(metric: str, counts: Counts, labels: Labels = ()) -> Floats:
    """Return a metric of each confusion matrix of a stack, NaN where it is not defined.

    ``counts`` has the shape (..., classes, classes + 1), the result (...). ``metric`` is
    ``accuracy``, ``uar``, ``macro_f1``, ``kappa`` or, with ``labels`` in the order of the rows,
    ``recall:<label>``; another one is a ``ValueError``.

    >>> from_counts("recall:anger", np.array([[[3, 1, 0], [0, 2, 0]]]), ["anger", "sadness"])
    array([0.75])
    """
    recalls = [f"recall:{label}" for label in labels]
    known = ["accuracy", "uar", "macro_f1", "kappa", *recalls]
    if metric not in known:
        raise ValueError(f"metric {metric!r}, but should be one of {listed(known, most=20)}")
    true, predicted = counts.sum(axis=-1), counts[..., :-1].sum(axis=-2)
    clips, hits = true.sum(axis=-1), _hits(counts)
    match metric:
        case "accuracy":
            return _ratio(hits.sum(axis=-1), clips)
        case "uar":
            return _mean_of_defined(_ratio(hits, true))
        case "macro_f1":
            return _mean_of_defined(_ratio(2 * hits, true + predicted))
        case "kappa":
            # One ratio of whole numbers, so that equal tables give equal values.
            chance = (true * predicted).sum(axis=-1)
            return _ratio(clips * hits.sum(axis=-1) - chance, clips**2 - chance)
        case _:
            return _ratio(hits, true)[..., recalls.index(metric)]


def recall_rates(counts: Counts) -> Floats:
    """Return the recall of each class, (..., classes), NaN where it has no clips.

    >>> recall_rates(np.array([[3, 1, 0], [0, 2, 0]]))
    array([0.75, 1.  ])
    """
    return _ratio(_hits(counts), counts.sum(axis=-1))


def _ratio(part: Counts, whole: Counts) -> Floats:
    ratio = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _mean_of_defined(rates: Floats) -> Floats:
    mean: Floats = np.nanmean(rates, axis=-1)
    return mean


def _hits(counts: Counts) -> Counts:
    return np.diagonal(counts, axis1=-2, axis2=-1)
