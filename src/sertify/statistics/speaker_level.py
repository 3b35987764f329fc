"""What a model tells of each speaker: how often which emotion, and who has more of it."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics.confusion import Floats, Labels, cells, label_set
from sertify.statistics.intervals import Interval, normal_quantile, rate_interval, t_quantile

FEWEST_CLIPS = 8
"""Of each emotion, below which a speaker's shares say little (after ser-tests)."""


@dataclass(frozen=True)
class SpeakerShare:
    """How well the share of an emotion is told, speaker by speaker.

    ``error`` is the mean of |share of the predictions - share of the truth| over speakers, within
    0..1. ``rank`` is Spearman's correlation of the two over speakers, within -1..1; NaN where all
    speakers have the same share, as where actors say each sentence in each emotion.
    """

    error: float
    error_interval: Interval
    rank: float
    rank_interval: Interval


@dataclass(frozen=True)
class SpeakerLevel:
    """What is told of the ``speakers`` who have enough clips, by emotion."""

    speakers: int
    shares: dict[str, SpeakerShare]


def speaker_level(
    truth: Labels,
    prediction: Labels,
    groups: Sequence[Hashable],
    labels: Labels | None = None,
    least: int = FEWEST_CLIPS,
    confidence: float = 0.95,
) -> SpeakerLevel:
    """Return how well the shares of emotions are told of speakers, as audEERING's ser-tests do.

    Those speakers count who have ``least`` clips of each of the ``labels`` (of all emotions of the
    truth, unless named); there may be none. Derington et al., Testing correctness, fairness, and
    robustness of speech emotion recognition models. Speakers are the units: the interval of the
    error is Student's t on the logit scale, that of the rank correlation after Bonett & Wright
    (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
    Psychometrika 65. ``ValueError`` as of :mod:`sertify.statistics.confusion`.

    >>> truth, who = (["anger"] * 8 + ["joy"] * 8) * 4, [n // 16 for n in range(64)]
    >>> found = speaker_level(truth, ["anger"] * 64, who)
    >>> found.speakers, found.shares["joy"].error, found.shares["joy"].rank
    (4, 0.5, nan)
    """
    names = label_set(truth, labels)
    places = cells(truth, prediction, names)
    if len(groups) != len(truth):
        raise ValueError(f"{len(truth)} clips, but {len(groups)} groups")
    tables: defaultdict[Hashable, Floats] = defaultdict(
        lambda: np.zeros((len(names), len(names) + 1))
    )
    for group, place in zip(groups, places, strict=True):
        tables[group].flat[place] += 1
    kept = [table for table in tables.values() if table.sum(axis=1).min() >= least]
    if not kept:
        return SpeakerLevel(0, {})
    shares = np.array(kept) / np.array(kept).sum(axis=(1, 2), keepdims=True)
    true, said = shares.sum(axis=2), shares[:, :, :-1].sum(axis=1)
    return SpeakerLevel(
        len(kept),
        {
            name: _share(true[:, column], said[:, column], confidence)
            for column, name in enumerate(names)
        },
    )


def _share(true: Floats, said: Floats, confidence: float) -> SpeakerShare:
    away, rank = np.abs(said - true), spearman(true, said)
    return SpeakerShare(
        error=float(away.mean()),
        error_interval=_mean_interval(away, confidence),
        rank=rank,
        rank_interval=_rank_interval(rank, len(true), confidence),
    )


def spearman(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation, with mean ranks for ties; NaN where one does not vary.

    >>> spearman(np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.3, 0.9]))
    1.0
    """
    ranks = []
    for some in (first, second):
        # Shares that are equal but for rounding are ties.
        values, which, times = np.unique(some.round(12), return_inverse=True, return_counts=True)
        del values
        ranks.append((np.cumsum(times) - (times - 1) / 2)[which] - (len(some) + 1) / 2)
    whole = math.sqrt(float((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(ranks[0] @ ranks[1]) / whole if whole else math.nan


def _mean_interval(values: Floats, confidence: float) -> Interval:
    n, mean = len(values), float(values.mean())
    if n < 2:
        return Interval(0.0, 1.0)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    return rate_interval(mean, error if error > 1e-12 else 0.0, n, t_quantile(confidence, n - 1))


def _rank_interval(rank: float, n: int, confidence: float) -> Interval:
    if math.isnan(rank) or n < 4:
        return Interval(-1.0, 1.0)
    # Neither is certain: half of what the exchange of two neighbours would make of it.
    most = 1 - 6 / (n**3 - n)
    within = min(max(rank, -most), most)
    half = normal_quantile(confidence) * math.sqrt((1 + within**2 / 2) / (n - 3))
    low, high = (math.tanh(math.atanh(within) + side * half) for side in (-1, 1))
    return Interval(min(low, rank), max(high, rank))
