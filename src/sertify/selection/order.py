"""The order of candidates: one against one, by accuracy and what the other aims are worth in it."""

import numpy as np

from sertify.statistics.confusion import Floats


def least_leads(uar: Floats, known: Floats, worth: Floats | None = None) -> Floats:
    """Return by how much each candidate leads the one that comes closest, or is ahead of it.

    The one with the largest is the one to choose: no other is better, one against one. Two are
    compared by the mean of the differences in UAR over the corpora where both are known, 0 without
    any, and by the difference of what their other aims are ``worth``. Where all are known on the
    same corpora that is the order of their mean UAR plus their worth, so that adding or removing a
    candidate never changes which of the others is ahead. A single candidate leads by nothing.

    ``uar`` has the shape (corpora, candidates, ...), ``known`` (corpora, candidates), of 1 and 0,
    ``worth`` (candidates, ...), by default 0; the result has that of ``worth``. The largest leads
    over all others are the rule of Simpson & Kramer; with an order, that of Condorcet.

    >>> uar, known = np.array([[0.8, 0.7], [0.5, 0.7]]), np.ones((2, 2))
    >>> least_leads(uar, known).round(2).tolist()
    [-0.05, 0.05]
    >>> least_leads(uar, known, np.array([0.06, 0.0])).round(2).tolist()
    [0.01, -0.01]
    """
    added = np.zeros(uar.shape[1:]) if worth is None else worth
    if known.all() and uar.shape[1] > 1:
        return _leads(uar.mean(axis=0) + added)
    least = np.empty(np.broadcast_shapes(added.shape, uar.shape[1:]))
    for one in range(uar.shape[1]):
        both = known[:, [one]] * known
        shape = (*both.shape, *(1,) * (uar.ndim - 2))
        gaps = ((uar[:, [one]] - uar) * both.reshape(shape)).sum(axis=0)
        gaps = gaps / np.maximum(both.sum(axis=0), 1).reshape(shape[1:])
        leads = np.delete(gaps + added[one] - added, one, axis=0)
        least[one] = leads.min(axis=0) if len(leads) else 0.0
    return least


def _leads(values: Floats) -> Floats:
    """Return by how much each value is above the largest of the others."""
    second, first = np.partition(values, -2, axis=0)[-2:]
    leads: Floats = values - np.where(values == first, second, first)
    return leads
