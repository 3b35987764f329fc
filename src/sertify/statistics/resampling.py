"""Speakers or clips as the units that are left out, and what their number and sizes tell."""

from collections.abc import Hashable, Sequence

import numpy as np

from sertify.statistics.confusion import Counts, Floats


def named_groups(groups: Sequence[Hashable | None]) -> list[Hashable] | None:
    """Return what to resample by: clips that name no group are one; None where no clip names any.

    >>> named_groups(["anna", None, "ben"]), named_groups([None, None])
    (['anna', '', 'ben'], None)
    """
    named = ["" if group is None else group for group in groups]
    return named if any(group is not None for group in groups) else None


def speaker_codes(groups: Sequence[Hashable] | None, n_clips: int) -> Counts | None:
    """Return each clip's speaker as a number, or None with fewer than two to resample."""
    if groups is None:
        return None
    if len(groups) != n_clips:
        raise ValueError(f"{n_clips} clips, but {len(groups)} groups")
    index = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return np.array([index[group] for group in groups]) if len(index) > 1 else None


def tables(cells: Counts, codes: Counts, size: int) -> Counts:
    """Count the cells, of shape (clips, models), of each speaker: (speakers, models, ``size``)."""
    n_groups, n_models = int(codes.max()) + 1, cells.shape[1]
    places = (codes[:, None] * n_models + np.arange(n_models)) * size + cells
    counts = np.bincount(places.ravel(), minlength=n_groups * n_models * size)
    return counts.reshape(n_groups, n_models, size)


def freedom(sizes: Counts | Floats) -> float:
    """Return the degrees of freedom of Student's t, for ``sizes`` of clips, (units, classes).

    The smaller of those of Kish's effective number of units (1965, Survey Sampling), and
    of those of Welch & Satterthwaite for independent classes. G equal speakers give G - 1; one
    speaker with half of the clips leaves fewer than three. One unit for each class leaves one,
    unless units are clips, whose variance follows from the recall.

    >>> equal, uneven = np.full((10, 7), 5), np.array([[50], [10], [10], [10], [20]])
    >>> round(freedom(equal), 1), round(freedom(uneven), 1)
    (9.0, 2.1)
    """
    occurring = sizes[:, sizes.sum(axis=0) > 0]
    weights = occurring / occurring.sum(axis=0)
    variances, units = (weights**2).sum(axis=0), (weights > 0).sum(axis=0)
    kish = 1 / float((weights.mean(axis=1) ** 2).sum()) - 1
    # What a single unit has of a class does not vary: the other classes have to stand for it.
    several = units > 1
    if not several.any():
        return max(1.0, kish) if occurring.max() <= 1 else 1.0
    known = variances[several] * (1 - 1 / units[several])
    welch = float(known.sum() ** 2 / (known**2 / (units[several] - 1)).sum())
    return max(1.0, min(kish, welch))


def trials(sizes: Counts | Floats) -> float:
    """Return as many independent clips as tell of a mean of class means as much as these.

    ``sizes`` counts the clips of each unit and class. As many of each class count all.

    >>> trials(np.array([[50, 50]])), round(trials(np.array([[100, 3]])), 1)
    (100.0, 11.7)
    """
    totals = sizes.sum(axis=0)
    occurring = totals[totals > 0]
    return float(len(occurring) ** 2 / (1 / occurring).sum())
