"""How good each model is, whether the best is better, and what difference the data could show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sertify.statistics.intervals import (
    Interval,
    normal_quantile,
    rate_interval,
    t_quantile,
    t_tail,
)
from sertify.statistics.replicates import Replicates

POWER = 0.8


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another, in UAR.

    ``low`` and ``high`` bound the true ``value``, one pair at a time. ``p`` is the two-sided
    p-value of no difference, ``p_holm`` the one corrected for the number of comparisons.
    ``detectable`` is the smallest true difference that a corpus like this one would show with 80 %
    power, uncorrected.
    """

    better: str
    other: str
    value: float
    low: float
    high: float
    p: float
    p_holm: float
    detectable: float


def best_against_others(replicates: Replicates, confidence: float = 0.95) -> tuple[Difference, ...]:
    """Compare the model of the highest UAR with each other one, in the order of ``names``.

    A paired t-test on the bootstrap's standard error, corrected after Holm (1979), A simple
    sequentially rejective multiple test procedure, Scand. J. Stat. 6. Of equals, the first counts
    as the best. A difference that is the same for all speakers is no certainty: its standard error
    is then what one more speaker without a difference would make it, or one more clip of as many
    independent ones as tell as much.

    >>> from sertify.statistics.replicates import paired
    >>> truth = ["anger", "sadness"] * 50
    >>> found = best_against_others(paired(truth, {"constant": ["anger"] * 100, "right": truth}))
    >>> found[0].better, found[0].other, found[0].value, found[0].p_holm < 0.001
    ('right', 'constant', 0.5, True)
    """
    best = int(replicates.values.argmax())
    others = [i for i in range(len(replicates.names)) if i != best]
    differences = [_difference(replicates, best, i, confidence) for i in others]
    corrected = holm([difference.p for difference in differences])
    return tuple(replace(one, p_holm=p) for one, p in zip(differences, corrected, strict=True))


def tied(differences: Sequence[Difference], best: str, confidence: float = 0.95) -> tuple[str, ...]:
    """Return the names of those not significantly worse than the best, which comes first.

    >>> tied([Difference("a", "b", 0.1, -0.1, 0.3, 0.3, 0.3, 0.28)], "a")
    ('a', 'b')
    """
    level = 1 - confidence
    return (best, *(difference.other for difference in differences if difference.p_holm >= level))


def uar_intervals(replicates: Replicates, confidence: float = 0.95) -> dict[str, Interval]:
    """Return an interval of each model's UAR, by name, as :func:`jackknife.metric_intervals`.

    On the logit scale, and the score interval where a model's replicates do not vary.

    >>> from sertify.statistics.replicates import paired
    >>> truth = ["anger", "sadness"] * 50
    >>> found = uar_intervals(paired(truth, {"right": truth}))
    >>> round(found["right"].low, 2), found["right"].high
    (0.96, 1.0)
    """
    quantile = t_quantile(confidence, replicates.freedom)
    flat = quantile if replicates.by_speaker else normal_quantile(confidence)
    samples = replicates.samples
    errors = np.where(np.ptp(samples, axis=1) > 1e-12, samples.std(axis=1), 0.0).tolist()
    models = zip(replicates.names, replicates.values.tolist(), errors, strict=True)
    return {
        name: rate_interval(value, error, replicates.trials, quantile if error else flat)
        for name, value, error in models
    }


def _difference(replicates: Replicates, best: int, other: int, confidence: float) -> Difference:
    freedom = replicates.freedom
    value = float(replicates.values[best] - replicates.values[other])
    spread = float((replicates.samples[best] - replicates.samples[other]).std())
    floor = max(value / (freedom + 1), 1 / replicates.trials)
    error = spread if spread > 1e-12 else floor
    quantile = t_quantile(confidence, freedom)
    return Difference(
        better=replicates.names[best],
        other=replicates.names[other],
        value=value,
        low=value - quantile * error,
        high=value + quantile * error,
        p=t_tail(value / error, freedom),
        p_holm=1.0,
        detectable=(quantile + t_quantile(2 * POWER - 1, freedom)) * error,
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number after Holm (1979), in the order of ``ps``.

    >>> holm([0.25, 0.125])
    [0.25, 0.25]
    """
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    corrected, least = [1.0] * len(ps), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(ps) - rank) * ps[i]))
        corrected[i] = least
    return corrected
