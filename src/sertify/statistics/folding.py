"""Parts of the speakers, each to be judged by what the others tell."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from sertify.statistics.confusion import Counts
from sertify.statistics.resampling import named_groups

FOLDS = 5


def fold_codes(
    groups: Sequence[Hashable | None] | None, n_clips: int, folds: int = FOLDS
) -> Counts:
    """Return the fold of each clip, as a number from 0; a speaker is in one.

    Speakers are dealt out by how many clips they have, the most first, each to the fold that has
    the fewest. There are as many folds as speakers if these are fewer. Without two speakers named,
    clips are dealt out. ``ValueError`` for fewer than two clips or folds.

    >>> fold_codes(["ann"] * 3 + ["ben"] * 2 + ["cleo"], 6, folds=2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    if n_clips < 2 or folds < 2:
        raise ValueError(f"{n_clips} clips and {folds} folds, but should be two or more of each")
    if groups is not None and len(groups) != n_clips:
        raise ValueError(f"{n_clips} clips, but {len(groups)} groups")
    named = None if groups is None else named_groups(groups)
    if named is None or len(set(named)) < 2:
        named = [*range(n_clips)]
    sizes = Counter(named)
    taken, fold_of = [0] * min(folds, len(sizes)), {}
    for group in sorted(sizes, key=lambda group: (-sizes[group], str(group))):
        fold = taken.index(min(taken))
        fold_of[group] = fold
        taken[fold] += sizes[group]
    return np.array([fold_of[group] for group in named], np.int64)
