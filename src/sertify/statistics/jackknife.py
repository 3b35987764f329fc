"""UAR and its interval in one pass, for parts of the speech that are too many to resample each."""

import math

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.confusion import Counts, Floats
from sertify.statistics.intervals import Interval, normal_quantile, rate_interval, t_quantile
from sertify.statistics.rare_classes import floored
from sertify.statistics.resampling import design, trials


def uar_estimate(
    truth: Counts, hits: NDArray[np.bool_], speakers: Counts | None = None, confidence: float = 0.95
) -> tuple[float, Interval]:
    """Return the UAR of clips and an interval like that of :func:`bootstrapping.bootstrap`.

    Units, speakers or clips, are left out one by one instead of drawn at random. The jackknife's
    variance is on average not below the true one (Efron & Stein 1981, The jackknife estimate of
    variance, Annals of Statistics 9), and comes to the bootstrap's with enough units. It is
    corrected for few speakers and for classes of few clips in the same way. Without the only unit
    that has clips of a class, the recall of that class is as observed.

    ``truth``, ``hits`` and ``speakers`` have the shape (n,), n > 0: each clip's class, as whole
    numbers from 0; whether it was recognised; and its speaker, likewise. Without two speakers the
    units are clips.

    >>> truth = np.arange(100) % 2
    >>> value, interval = uar_estimate(truth, (truth == 0) | (np.arange(100) < 50))
    >>> value, round(interval.low, 2), round(interval.high, 2)
    (0.75, 0.67, 0.82)
    """
    by_speaker = speakers is not None and bool(speakers.min() < speakers.max())
    units = speakers if speakers is not None and by_speaker else np.arange(len(truth))
    rows, row = np.unique(units, return_inverse=True)
    classes, column = np.unique(truth, return_inverse=True)
    sizes = np.zeros((len(rows), len(classes)))
    right = np.zeros_like(sizes)
    np.add.at(sizes, (row, column), 1)
    np.add.at(right, (row, column), hits)
    clips, recognised = sizes.sum(axis=0), right.sum(axis=0)
    plan = design(sizes)
    error = plan.scale * jackknife_error(sizes, right)
    if error <= 1e-12:
        error = 0.0
    else:
        rates = np.full(len(classes), 1 / len(classes))
        error = floored(error, clips, recognised, rates, lacking=(sizes == 0).any(axis=0))
    quantile = t_quantile(confidence, plan.freedom)
    if not error and not by_speaker and clips.max() > 1:
        quantile = normal_quantile(confidence)  # the spread of independent clips is known
    value = float((recognised / clips).mean())
    return value, rate_interval(value, error, trials(sizes), quantile)


def jackknife_error(sizes: Floats, right: Floats) -> float:
    """Return the standard error of UAR, of which Bessel's correction is left to the design.

    ``sizes`` counts the clips of each unit and class, (units, classes), ``right`` those that were
    recognised; their difference between two models gives the error of the difference in UAR.
    """
    clips, recognised, units = sizes.sum(axis=0), right.sum(axis=0), len(sizes)
    left = clips - sizes
    recalls = np.where(left > 0, (recognised - right) / np.maximum(left, 1), recognised / clips)
    values = recalls.mean(axis=1)
    return (units - 1) * float(values.std()) / math.sqrt(units)
