"""What is gained by leaving out the clips of which a model is not sure."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.confusion import Floats
from sertify.statistics.diversity import Weights
from sertify.statistics.folding import FOLDS, fold_codes
from sertify.statistics.intervals import Interval
from sertify.statistics.weighing import weighed_estimate


@dataclass(frozen=True)
class RiskCoverage:
    """The share of errors among the clips that a model is surest of, by how many these are.

    Arrays of one shape, in falling order of ``thresholds``: the clips whose confidence is at least
    that are a share ``coverage`` of all, and a share ``risk`` of them is wrong. ``area`` is the
    mean risk over all coverages (AURC), ``excess`` how far it is above that of a model that is
    surer of each clip that it gets right than of any other (E-AURC). All are within 0..1.
    """

    thresholds: Floats = field(compare=False)
    coverage: Floats = field(compare=False)
    risk: Floats = field(compare=False)
    area: float
    excess: float


def risk_coverage(
    confidence: Sequence[float], correct: Sequence[bool], weights: Weights | None = None
) -> RiskCoverage:
    """Return the curve of risk and coverage, after Geifman, Uziel & El-Yaniv (2019).

    Bias-reduced uncertainty estimation for deep neural classifiers, ICLR: the area is
    (1/n) Σ_i (errors among the i surest clips) / i. Clips of equal confidence are in no order, so
    that the errors among them are spread evenly. ``weights`` say how much a clip counts.

    ``ValueError`` without clips, for unequal lengths, for a confidence that is NaN, and for a
    weight that is not above 0.

    >>> found = risk_coverage([0.9, 0.8, 0.6, 0.6], [True, True, False, True])
    >>> found.coverage.tolist(), found.risk.tolist(), round(found.area, 3), round(found.excess, 3)
    ([0.25, 0.5, 1.0], [0.0, 0.0, 0.25], 0.104, 0.042)
    """
    sure, right, counted = _checked(confidence, correct, weights)
    thresholds, kept, wrong, area = _curve(sure, right, counted)
    best = _curve(right.astype(float), right, counted)[-1]
    return RiskCoverage(thresholds, kept / kept[-1], wrong / kept, area, max(0.0, area - best))


@dataclass(frozen=True)
class OperatingPoint:
    """From which confidence on a model is to be believed.

    Where it abstains below the ``threshold``, a share ``coverage`` of the clips stays, and a share
    ``precision`` of these is right. Both are out of fold: of speakers whom the threshold was not
    chosen on. Where no such clip stays, precision is NaN.
    """

    wished: float
    threshold: float
    coverage: float
    coverage_interval: Interval
    precision: float
    precision_interval: Interval


def operating_point(
    confidence: Sequence[float],
    correct: Sequence[bool],
    wished: float,
    groups: Sequence[Hashable | None] | None = None,
    weights: Weights | None = None,
    folds: int = FOLDS,
    level: float = 0.95,
) -> OperatingPoint | None:
    """Return where to abstain so that a wished share of what stays is right.

    The threshold is the one at which most clips stay, of those at which so many are right, and 0
    where all may. It is chosen on all clips; what it gives is told by thresholds chosen on the
    other folds in the same way, so it may fall short of the wish. Intervals are by speaker. None
    where no threshold does.

    ``ValueError`` as of `risk_coverage` and :func:`folding.fold_codes`, and for a wish outside
    0..1.

    >>> sure, right = [0.9] * 50 + [0.5] * 50, [True] * 45 + [False] * 5 + [True, False] * 25
    >>> found = operating_point(sure, right, 0.8)
    >>> found.threshold, found.coverage, found.precision, operating_point(sure, right, 0.95)
    (0.9, 0.5, 0.9, None)
    """
    if not 0 <= wished <= 1:
        raise ValueError(f"a precision of {wished}, but should lie within 0..1")
    certain, right, counted = _checked(confidence, correct, weights)
    codes = fold_codes(groups, len(certain), folds)
    threshold = _threshold(certain, right, counted, wished)
    if math.isinf(threshold):
        return None
    kept = np.zeros(len(certain), bool)
    for fold in range(int(codes.max()) + 1):
        own = codes == fold
        kept[own] = certain[own] >= _threshold(certain[~own], right[~own], counted[~own], wished)
    coverage = _share(kept, counted, groups, level)
    stay = np.flatnonzero(kept)
    speakers = None if groups is None else [groups[at] for at in stay.tolist()]
    precision = _share(right[stay], counted[stay], speakers, level)
    if groups is not None and len({*groups}) > 1 and len({*(speakers or ())}) < 2:
        precision = precision[0], Interval(0.0, 1.0)  # of one speaker, who tells of no other
    return OperatingPoint(wished, threshold, *coverage, *precision)


def _checked(
    confidence: Sequence[float], correct: Sequence[bool], weights: Weights | None
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    sure, right = np.asarray(confidence, float), np.asarray(correct, bool)
    counted = np.ones(len(sure)) if weights is None else np.asarray(weights, float)
    if not len(sure):
        raise ValueError("no clips: a metric needs at least one")
    if not len(sure) == len(right) == len(counted):
        lengths = f"{len(right)} predictions and {len(counted)} weights"
        raise ValueError(f"{len(sure)} confidences, but {lengths}")
    if np.isnan(sure).any():
        raise ValueError("a confidence is NaN, but should be a number")
    if not (counted > 0).all():
        raise ValueError("a weight is not above 0, but should be")
    return sure, right, counted


def _curve(
    sure: Floats, right: NDArray[np.bool_], weights: Floats
) -> tuple[Floats, Floats, Floats, float]:
    """Return thresholds, the weight kept and wrong at each, and the area below the risk."""
    rising, which, times = np.unique(-sure, return_inverse=True, return_counts=True)
    blocks, errors = (np.bincount(which, some, len(rising)) for some in (weights, weights * ~right))
    kept, wrong = (np.cumsum(some).astype(float) for some in (blocks, errors))
    # The clips of a block, one after the other, each with its share of the errors.
    of = np.repeat(np.arange(len(rising)), times)
    step = (np.arange(len(sure)) - np.repeat(np.cumsum(times) - times, times) + 1) / times[of]
    left = (1 - step) * blocks[of]
    risks = (wrong[of] - (1 - step) * errors[of]) / (kept[of] - left)
    area = float((risks * blocks[of] / times[of]).sum() / kept[-1])
    return -rising, kept, wrong, area


def _threshold(sure: Floats, right: NDArray[np.bool_], weights: Floats, wished: float) -> float:
    """Return the lowest confidence from which on so many are right; infinite where none does.

    That is 0 where so many of all are right: of what is less sure than any of these nothing is
    known, and nothing asks to leave it out.
    """
    thresholds, kept, wrong, _ = _curve(sure, right, weights)
    enough = np.flatnonzero(kept - wrong >= wished * kept - 1e-9)
    if not enough.size:
        return math.inf
    lowest = float(thresholds[enough[-1]])
    return min(0.0, lowest) if enough[-1] == len(thresholds) - 1 else lowest


def _share(
    hits: NDArray[np.bool_], weights: Floats, groups: Sequence[Hashable | None] | None, level: float
) -> tuple[float, Interval]:
    """Return a weighed share and its interval by speaker, or else by clip."""
    if not len(hits):
        return math.nan, Interval(0.0, 1.0)
    said = ["hit" if hit else "" for hit in hits]
    return weighed_estimate("accuracy", ["hit"] * len(hits), said, weights.tolist(), groups, level)
