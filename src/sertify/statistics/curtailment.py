"""What a part of the clips foretells of all of them, so that a model need not hear the rest.

Clips are heard in looks: each holds the ones before it, and of each class and speaker the same
share of the clips, drawn at random. Given what all clips would say, a look is a sample of a finite
population, whatever the true recalls are; its mean lies around that of all clips with the variance
of the clips alone, w (1/m - 1/n). This is the parameter-free way of stochastic curtailment
(Jennison & Turnbull 2000, Group Sequential Methods with Applications to Clinical Trials, chapter
10, after Lan, Simon & Halperin 1982, Stochastically curtailed tests in long-term clinical trials,
Sequential Analysis 1): the error is that of saying what all clips would not have said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.intervals import logit_interval, t_quantile
from sertify.statistics.jackknife import uar_error
from sertify.statistics.rare_classes import floors
from sertify.statistics.resampling import freedom

LOOKS = (0.08, 0.17, 0.33, 0.58)
"""Shares of the clips after which a model may be stopped."""

ERROR = 0.01
"""Chance, over all looks, that something is foreseen of a model that all clips would not say."""

FEWEST = 3
"""Clips of each class that a look needs, to tell anything."""


@dataclass(frozen=True)
class Leader:
    """A model that has heard all clips of a corpus: its hits on those that another one heard.

    ``hits`` has the shape (heard,), ``recalls``, of all clips, (classes,).
    """

    hits: NDArray[np.bool_]
    recalls: Floats


@dataclass(frozen=True)
class Look:
    """What a model was right on, of the clips of a corpus that it heard so far.

    ``classes``, ``units`` and ``hits`` have the shape (heard,): the class of each clip, its
    speaker, or itself where these are unknown, as whole numbers from 0, and whether it was
    recognised. ``sizes`` counts all clips there are, (units, classes).
    """

    classes: Counts
    units: Counts
    hits: NDArray[np.bool_]
    sizes: Floats
    leader: Leader | None = None


@dataclass(frozen=True)
class Foresight:
    """What a look foretells of all clips of a corpus.

    ``value`` is the UAR, ``spread`` the standard deviation of the true one around it. ``error`` is
    the most that its standard error will be, ``gap_error`` what that of its difference to the
    leader's will be, with ``freedom`` degrees. ``heard`` is how many degrees of freedom ``spread``
    is known with.
    """

    value: float
    spread: float
    error: float
    gap_error: float
    freedom: float
    heard: int


def tells(look: Look) -> bool:
    """Whether there are enough clips of each class to foretell anything."""
    return bool(_counts(look, np.ones(len(look.classes))).sum(axis=0).min() >= FEWEST)


def heard_uar(look: Look) -> float:
    """Return the UAR of the clips that were heard."""
    return float((np.bincount(look.classes, look.hits) / np.bincount(look.classes)).mean())


def foresee(look: Look) -> Foresight:
    """Foretell the UAR on all clips, and how sure that will be.

    What the leader found hard is known of all clips; as far as both err on the same ones, that
    tells of the rest (the regression estimator: Cochran 1977, Sampling Techniques, chapter 7).

    >>> classes, units = np.arange(40) % 2, np.arange(40) // 2 % 5
    >>> some = Look(classes, units, np.arange(40) < 20, np.full((5, 2), 40.0))
    >>> found = foresee(some)
    >>> found.value, round(found.spread, 3), round(found.error, 3)
    (0.5, 0.075, 0.025)
    """
    heard, right = _counts(look, np.ones(len(look.hits))), _counts(look, look.hits)
    clips, all_clips, n = heard.sum(axis=0), look.sizes.sum(axis=0), heard.shape[1]
    left = 1 - clips / all_clips
    variances = floors(clips, right.sum(axis=0))[0]
    slope, unexplained, shift = _explained(look)
    ahead = np.zeros_like(look.hits) if look.leader is None else look.leader.hits
    gaps = ahead.astype(float) - look.hits
    fewest, present = freedom(look.sizes), heard.sum(axis=1) > 0
    now = uar_error(heard[present], right[present])
    return Foresight(
        value=float((right.sum(axis=0) / clips).mean()) + slope * shift,
        spread=math.sqrt(unexplained * float(variances @ left)) / n,
        error=_at_most(now, _final(heard, right, variances, all_clips), fewest),
        gap_error=_final(heard, _counts(look, gaps), _variances(look, gaps), all_clips),
        freedom=fewest,
        heard=max(1, len(look.hits) - n),
    )


def reach(foresights: Sequence[Foresight], chances: int) -> float:
    """Return the UAR, over corpora their mean, that all clips will hardly be above.

    ``chances`` is how often that is asked: it is wrong once in ``ERROR`` of all cases.
    """
    level = 1 - 2 * ERROR / chances
    spread = math.hypot(*(one.spread for one in foresights)) / len(foresights)
    quantile = t_quantile(level, sum(one.heard for one in foresights))
    return _mean(foresights) + quantile * spread


def upper_end(foresights: Sequence[Foresight], confidence: float | None, chances: int) -> float:
    """Return the highest upper end that the interval of UAR on all clips can be expected to have.

    Without a ``confidence`` it is the UAR itself. Over several corpora, as in
    :func:`intervals.mean_of_intervals`.
    """
    value, mean = reach(foresights, chances), _mean(foresights)
    if confidence is None or value >= 1:
        return value
    ends = []
    for one in foresights:
        rate = min(max(one.value + value - mean, 1e-6), 1 - 1e-6)
        quantile = t_quantile(confidence, one.freedom)
        ends.append(logit_interval(rate, one.error, quantile).high - rate)
    return value + math.hypot(*ends) / len(ends)


def is_behind(
    foresights: Sequence[Foresight], leader: float, worth: float, rivals: int, chances: int
) -> bool:
    """Whether all clips will show a model to be worse than the leader, by more than ``worth``.

    ``leader`` is the UAR of the leader on all clips, ``rivals`` how many models are compared with
    the best; both differences, that in UAR and that in its standard errors, are the least that can
    be expected.
    """
    gap = leader - reach(foresights, chances * rivals)
    error = math.hypot(*(one.gap_error for one in foresights)) / len(foresights)
    pairs = rivals * (rivals + 1) / 2  # as in :func:`comparisons.corrected`
    quantile = t_quantile(1 - 0.05 / pairs, min(one.freedom for one in foresights))
    return gap > max(worth, quantile * error)


def _mean(foresights: Sequence[Foresight]) -> float:
    return math.fsum(one.value for one in foresights) / len(foresights)


def _counts(look: Look, values: NDArray[np.generic]) -> Floats:
    """Sum values of the clips that were heard, by unit and class."""
    total = np.zeros_like(look.sizes)
    np.add.at(total, (look.units, look.classes), values)
    return total


def _explained(look: Look) -> tuple[float, float, float]:
    """Return what the leader's hits tell: a slope, the share of variance left, and a difference.

    The difference is that of the leader's UAR on all clips to that on the clips heard.
    """
    if look.leader is None:
        return 0.0, 1.0, 0.0
    own, its = _within(look, look.hits), _within(look, look.leader.hits)
    clips = _counts(look, np.ones(len(its))).sum(axis=0)
    shift = (look.leader.recalls - _counts(look, look.leader.hits).sum(axis=0) / clips).mean()
    freedom, varying = len(own) - len(clips), its @ its
    if varying == 0 or own @ own == 0 or freedom < 2:
        return 0.0, 1.0, 0.0
    slope, alike = own @ its / varying, (own @ its) ** 2 / (varying * (own @ own))
    return float(slope), min(1.0, float(1 - alike) * freedom / (freedom - 1)), float(shift)


def _within(look: Look, hits: NDArray[np.bool_]) -> Floats:
    """Return the deviations from the mean of each class."""
    values = hits.astype(float)
    sums = np.bincount(look.classes, values)
    deviations: Floats = values - (sums / np.bincount(look.classes))[look.classes]
    return deviations


def _variances(look: Look, gaps: Floats) -> Floats:
    """Return the variance of the mean difference in each class, that of one clip at the least."""
    clips = np.bincount(look.classes).astype(float)
    means = np.bincount(look.classes, gaps) / clips
    spread = np.bincount(look.classes, gaps**2) / clips - means**2
    variances: Floats = np.maximum(spread, 1 / (clips + 2)) / clips
    return variances


def _final(heard: Floats, right: Floats, variances: Floats, all_clips: Floats) -> float:
    """Return the standard error on all clips: that of a look, less what more clips will take.

    Speakers stay as many, so that only the variance of the clips within them becomes smaller.
    """
    clips, n, present = heard.sum(axis=0), heard.shape[1], heard.sum(axis=1) > 0
    now = uar_error(heard[present], right[present]) ** 2
    least = float(variances @ (clips / all_clips)) / n**2
    return math.sqrt(max(now - (float(variances.sum()) / n**2 - least), least))


def _at_most(now: float, final: float, freedom: float) -> float:
    """Return a standard error that will hardly be exceeded, given what is foreseen of it.

    A variance by few speakers is hardly known: its own, relative to itself, is 2 / freedom. What it
    has in common with that of all clips cancels; two standard deviations of the rest are added.
    """
    deviation = math.sqrt(2 / freedom * max(0.0, now**4 - final**4))
    return math.sqrt(final**2 + 2 * deviation)
