"""How small a difference between two models a corpus can show, before any model is asked."""

import math
from collections.abc import Collection, Mapping

from sertify.statistics.comparisons import POWER
from sertify.statistics.intervals import t_quantile

DISAGREEMENT = 0.3
"""Share of the clips on which one of two models is right and the other is wrong.

Two models of like UAR between .4 and .8 that were trained apart differ on .2 to .4 of the clips.
"""


def finest_difference(
    corpora: Collection[Mapping[str, int]], units: int, confidence: float = 0.95
) -> float:
    """Return the smallest true difference in UAR that would be told in 8 of 10 cases.

    ``corpora`` have the clips of each emotion that counts, ``units`` is the number of speakers or
    clusters, else of clips. As of two models that disagree on ``DISAGREEMENT`` of the clips of each
    emotion, whoever speaks: where speakers differ in which model they favour, it is more. Infinite
    where there are too few to tell anything.

    >>> round(finest_difference([{"anger": 127, "neutral": 79, "sadness": 62}], 10), 2)
    0.11
    """
    counts = [[n for n in clips.values() if n] for clips in corpora if any(clips.values())]
    freedom = units - 1
    if not counts or freedom < 1:
        return math.inf
    variances = [
        DISAGREEMENT * math.fsum(1 / n for n in clips) / len(clips) ** 2 for clips in counts
    ]
    error = math.sqrt(math.fsum(variances)) / len(variances)
    return error * (t_quantile(confidence, freedom) + t_quantile(2 * POWER - 1, freedom))
