"""How much speech is enough, and how often an answer changes while somebody speaks."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.statistics.diversity import Weights
from sertify.statistics.intervals import Interval, rate_interval, t_quantile
from sertify.statistics.resampling import freedom, speaker_codes
from sertify.statistics.robustness import Drop
from sertify.statistics.weighing import effective_clips


@dataclass(frozen=True)
class SecondsNeeded:
    """From how many of the seconds that were heard on a model is as right as on whole clips.

    That is the least from which on it loses no more than a margin, then and ever after: by the
    estimates (``value``), as far as that is not refuted (``low``), and proven (``high``); None
    where even the most are not enough.
    """

    value: float | None
    low: float | None
    high: float | None


def seconds_needed(drops: Mapping[float, Drop], margin: float) -> SecondsNeeded:
    """Return how many seconds are enough, of the UAR lost after each number of them.

    What is refuted or proven is as sure as the intervals of the drops. Proof is of all that is
    heard later, so that it needs no correction for their number.

    >>> from sertify.statistics.robustness import uar_drop
    >>> truth = ["anger", "joy"] * 30
    >>> early = uar_drop(truth, truth, ["anger"] * 60)
    >>> late = uar_drop(truth, truth, truth)
    >>> seconds_needed({1.0: early, 2.0: late}, 0.1)
    SecondsNeeded(value=2.0, low=2.0, high=2.0)
    """

    def least(enough: Callable[[Drop], bool]) -> float | None:
        found = None
        for seconds in sorted(drops, reverse=True):
            if not enough(drops[seconds]):
                break
            found = seconds
        return found

    most = margin + 1e-12  # differences of shares are not exact
    return SecondsNeeded(
        value=least(lambda drop: drop.value <= most),
        low=least(lambda drop: drop.interval.low <= most),
        high=least(lambda drop: drop.interval.high <= most),
    )


def rate_within_clips(
    hits: Sequence[int],
    trials: Sequence[int],
    groups: Sequence[Hashable] | None = None,
    weights: Weights | None = None,
    confidence: float = 0.95,
) -> tuple[float, Interval]:
    """Return how many of the trials of clips are hits, and Student's t interval on the logit scale.

    Each clip has some trials, which are not independent: the standard error is the jackknife's over
    ``groups``, or else over clips, and where nothing varies, a clip is a single trial of the score
    interval. ``ValueError`` without trials.

    >>> value, interval = rate_within_clips([0] * 60, [5] * 60)
    >>> value, round(interval.high, 2)
    (0.0, 0.06)
    >>> value, interval = rate_within_clips([5, 0] * 30, [5] * 60)
    >>> value, round(interval.low, 2), round(interval.high, 2)
    (0.5, 0.37, 0.63)
    """
    counts = np.array([hits, trials], float) * np.asarray(weights or [1.0] * len(hits))
    if not counts[1].any():
        raise ValueError("no trials, but there should be some")
    codes = speaker_codes(groups, len(hits))
    units = np.arange(len(hits)) if codes is None else codes
    told = np.stack([np.bincount(units, row) for row in counts])
    told = told[:, told[1] > 0]
    whole = told.sum(axis=1)
    error = 0.0
    if told.shape[1] > 1:
        left = whole[:, None] - told
        error = math.sqrt((told.shape[1] - 1) * float((left[0] / left[1]).var()))
    value = float(whole[0] / whole[1])
    quantile = t_quantile(confidence, freedom((told[1] / told[1].max())[:, None]))
    clips = effective_clips([size for size in counts[1] if size])
    return value, rate_interval(value, error if error > 1e-12 else 0.0, clips, quantile)
