"""What disturbed sound costs a model: its UAR, and the predictions that it changes."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.agreement import uar
from sertify.statistics.confusion import Labels, label_set
from sertify.statistics.contrasts import Contrast
from sertify.statistics.diversity import Weights, shares
from sertify.statistics.intervals import Interval
from sertify.statistics.rates import heard_as
from sertify.statistics.resampling import speaker_codes
from sertify.statistics.weighing import weighed_estimate, weighed_rate


@dataclass(frozen=True)
class Drop:
    """How much UAR is lost on the same clips, within -1..1.

    ``value`` is ``clean`` less ``disturbed``, bounded by ``interval``. ``worsened`` and
    ``mended`` are the rates of clips that were right before only, or after only, each emotion
    counting the same: their difference is the value. ``p`` is the two-sided p-value of no change.
    """

    value: float
    interval: Interval
    p: float
    clean: float
    disturbed: float
    worsened: float
    mended: float


def uar_drop(
    truth: Labels,
    clean: Labels,
    disturbed: Labels,
    groups: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Drop:
    """Return how much of its UAR a model loses where the same clips are disturbed.

    ``clean`` and ``disturbed`` are its predictions, a label a clip. Most stay what they were, so
    that the difference is of a few clips, of which a paired t-test by speaker makes too much. So
    it is taken as what it is, the rate of the clips that got worse less that of those that were
    mended, each with its interval by speaker (:class:`Contrast`); a rate of 0 is no certainty.
    UAR does not depend on how many clips of an emotion were drawn, so nothing is weighed.

    ``ValueError`` as of :mod:`sertify.statistics.confusion`.

    >>> truth = ["anger", "joy"] * 30
    >>> found = uar_drop(truth, truth, ["anger"] * 2 + truth[2:])
    >>> round(found.value, 3), round(found.interval.low, 3), round(found.interval.high, 2)
    (0.017, -0.048, 0.12)
    """
    emotions, codes = label_set(truth), speaker_codes(groups, len(truth))
    units = np.arange(len(truth)) if codes is None else codes
    before, after = (_right(truth, said) for said in (clean, disturbed))
    worsened, mended = (
        heard_as(truth, _where(truth, moved), emotions, codes=units).rate("uar")
        for moved in (before & ~after, after & ~before)
    )
    lost, kept = Contrast(worsened, mended), uar(truth, clean)
    return Drop(
        value=lost.value,
        interval=lost.interval(confidence),
        p=lost.p(),
        clean=kept,
        disturbed=kept - lost.value,
        worsened=worsened.value,
        mended=mended.value,
    )


@dataclass(frozen=True)
class Unchanged:
    """How many predictions stay what they were.

    ``share`` is that of the clips, ``corrected`` is (share - chance) / (1 - chance), bounded by
    ``interval``: 1 where all stay, 0 as many as of two models that answer as often what this one
    does, and independently. Chance is what such two would agree on. Where both always say the same
    thing, nothing can be told: ``corrected`` is NaN, and its interval -1..1.
    """

    share: float
    chance: float
    corrected: float
    interval: Interval


def unchanged(
    clean: Labels,
    disturbed: Labels,
    groups: Sequence[Hashable] | None = None,
    weights: Weights | None = None,
    confidence: float = 0.95,
) -> Unchanged:
    """Return the share of predictions that disturbing the same clips does not change.

    Corrected for chance as Cohen's (1960) kappa, of clips that count by ``weights``: what each
    stands for, where as many of each emotion were drawn. No truth is needed. The interval is
    Student's t on the logit scale by ``groups``, or else by clip; where nothing varies, the score
    interval.

    ``ValueError`` without clips, and for sequences of unequal length.

    >>> found = unchanged(["anger", "joy"] * 30, ["joy"] * 6 + ["anger", "joy"] * 27)
    >>> round(found.share, 2), round(found.chance, 2), round(found.corrected, 2)
    (0.95, 0.5, 0.9)
    """
    labels = sorted({*clean, *disturbed})
    counted = weights or [1.0] * len(clean)
    value, interval = weighed_estimate(
        "kappa", clean, disturbed, counted, groups, confidence, labels
    )
    share, _ = weighed_rate(_right(clean, disturbed).tolist(), counted)
    one, other = (shares(some, counted) for some in (clean, disturbed))
    chance = math.fsum(part * other.get(label, 0.0) for label, part in one.items())
    return Unchanged(share, chance, value, interval)


def corruption_errors(
    losses: Mapping[str, Sequence[float]], baseline: Mapping[str, Sequence[float]]
) -> dict[str, float]:
    """Return what a model loses in each family of conditions, as a multiple of a baseline's loss.

    Each family has a loss for each severity, whose sums are divided. With drops of UAR this is the
    relative corruption error, with 1 - UAR the corruption error of Hendrycks & Dietterich (2019),
    Benchmarking neural network robustness to common corruptions and perturbations, ICLR; the mean
    over families is their mCE (as a share, not in percent). 1 is as much as the baseline.

    It is a ratio: left out is a family in which the baseline loses nothing, or that either lacks.
    ``ValueError`` where one of the two has other severities of a family.

    >>> corruption_errors({"noise": [0.0, 0.1]}, {"noise": [0.1, 0.3], "phone": [0.0]})
    {'noise': 0.25}
    """
    found = {}
    for family in losses.keys() & baseline.keys():
        own, others = losses[family], baseline[family]
        if len(own) != len(others):
            raise ValueError(f"{family}: {len(own)} severities, but {len(others)} of the baseline")
        if (whole := math.fsum(others)) > 0:
            found[family] = math.fsum(own) / whole
    return dict(sorted(found.items()))


def _right(truth: Labels, said: Labels) -> NDArray[np.bool_]:
    if len(truth) != len(said):
        raise ValueError(f"{len(truth)} clips, but {len(said)} predictions")
    return np.array([one == other for one, other in zip(truth, said, strict=True)], bool)


def _where(truth: Labels, told: NDArray[np.bool_]) -> list[str]:
    """Return the truth of the clips that are told, so that these are the hits."""
    return [true if hit else "" for true, hit in zip(truth, told, strict=True)]
