"""How much better one model is than another, and from which of many the best can be told."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from sertify.statistics.confusion import Floats
from sertify.statistics.intervals import (
    Interval,
    bounded_interval,
    normal_quantile,
    t_quantile,
    t_tail,
)
from sertify.statistics.paired import Paired

POWER = 0.8


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another, in UAR.

    ``low`` and ``high`` bound the true ``value``, one pair at a time. ``p`` is the two-sided
    p-value of no difference, ``p_corrected`` the one for having looked for the largest of several.
    ``detectable`` is the smallest true difference that a corpus like this one would show with 80 %
    power, uncorrected.
    """

    better: str
    other: str
    value: float
    low: float
    high: float
    p: float
    p_corrected: float
    detectable: float


def difference(
    corpora: Sequence[Paired], better: str, other: str, confidence: float = 0.95
) -> Difference:
    """Compare two models by their mean over corpora that are judged by both; at least one.

    A paired t-test with the jackknife's standard error. A difference that is the same for all
    speakers is no certainty: its standard error is then what one more speaker without a difference
    would make it, or one more clip of as many independent ones as tell as much.

    >>> from sertify.statistics.paired import paired
    >>> truth = ["anger", "sadness"] * 50
    >>> both = paired(truth, {"constant": ["anger"] * 100, "right": truth})
    >>> found = difference([both], "right", "constant")
    >>> found.value, found.p < 0.001
    (0.5, True)
    """
    value = fmean(_contrast(one, one.values, better, other) for one in corpora)
    contrasts = [_contrast(one, one.deviations, better, other) for one in corpora]
    error, freedom = _combined(contrasts, [one.freedom for one in corpora])
    if error <= 1e-12:
        error = max(abs(value) / (freedom + 1), 1 / _trials(corpora))
    quantile = t_quantile(confidence, freedom)
    p = t_tail(value / error, freedom)
    return Difference(
        better=better,
        other=other,
        value=value,
        low=value - quantile * error,
        high=value + quantile * error,
        p=p,
        p_corrected=p,
        detectable=(quantile + t_quantile(2 * POWER - 1, freedom)) * error,
    )


def corrected(ps: Sequence[float]) -> list[float]:
    """Return p-values of the best against each other one, corrected for it being the best of them.

    ``ps`` are in the order of how good the others are, the best first. The largest of r equal
    models and the smallest differ by chance as often as any of their r (r - 1) / 2 pairs does
    (Bonferroni); one that is told from the best stays so only if all that are worse are told as
    well (the step-down of Newman & Keuls), so that useless models don't hide a difference.

    >>> corrected([0.25, 0.01])
    [0.25, 0.03]
    >>> corrected([0.01, 0.25])
    [0.75, 0.75]
    """
    found, least = [], 0.0
    for place in range(len(ps), 0, -1):
        least = max(least, min(1.0, ps[place - 1] * place * (place + 1) / 2))
        found.append(least)
    return found[::-1]


def uar_interval(corpora: Sequence[Paired], name: str, confidence: float = 0.95) -> Interval:
    """Return the interval of a model's mean UAR over corpora.

    On the logit scale, and the score interval where the model's UAR does not vary.

    >>> from sertify.statistics.paired import paired
    >>> truth = ["anger", "sadness"] * 50
    >>> found = uar_interval([paired(truth, {"right": truth})], "right")
    >>> round(found.low, 2), found.high
    (0.96, 1.0)
    """
    places = [one.names.index(name) for one in corpora]
    value = fmean(float(one.values[at]) for one, at in zip(corpora, places, strict=True))
    rows = [one.deviations[at] for one, at in zip(corpora, places, strict=True)]
    error, freedom = _combined(rows, [one.freedom for one in corpora])
    spreads = [float(one.spreads[at]) for one, at in zip(corpora, places, strict=True)]
    by_clip = not all(one.by_speaker for one in corpora)
    known = by_clip and not error  # the spread of independent clips is known
    quantile = normal_quantile(confidence) if known else t_quantile(confidence, freedom)
    spread = math.hypot(*spreads) / len(corpora)
    return bounded_interval(value, spread, error, _trials(corpora), quantile)


def _contrast(one: Paired, table: Floats, better: str, other: str) -> Floats:
    contrast: Floats = table[one.names.index(better)] - table[one.names.index(other)]
    return contrast


def _trials(corpora: Sequence[Paired]) -> float:
    """Return as many independent clips as tell as much of the mean over corpora."""
    return len(corpora) ** 2 / sum(1 / one.trials for one in corpora)


def _combined(rows: Sequence[Floats], freedoms: Sequence[float]) -> tuple[float, float]:
    """Return the standard error of a mean over corpora, and its degrees of freedom.

    These are Welch & Satterthwaite's, of independent corpora.
    """
    variances = np.array([float(row @ row) for row in rows])
    total = float(variances.sum())
    if total <= 1e-24:
        return 0.0, float(sum(freedoms))
    freedom = total**2 / float((variances**2 / np.array(freedoms)).sum())
    return float(np.sqrt(total)) / len(rows), freedom


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number after Holm (1979), in the order of ``ps``.

    A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6.

    >>> holm([0.25, 0.125])
    [0.25, 0.25]
    """
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    corrected, least = [1.0] * len(ps), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(ps) - rank) * ps[i]))
        corrected[i] = least
    return corrected
