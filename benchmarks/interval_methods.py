"""Which interval covers? The one in use against those that were given up for it.

    python -m benchmarks.interval_methods --pools 2000 --seed 0

One model on corpora of three classes, drawn as in ``simulation.py`` but counted in arrays; all
methods see the same draws.
"""

import argparse
import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, stdtrit

from sertify.statistics.intervals import logit_interval, score_interval
from sertify.statistics.resampling import freedom

__all__ = ["covered"]

CLASSES, REPLICATES, DEVIATIONS = 3, 1000, (0.8, 0.5)
"""Deviations, in logits, of a speaker and of a speaker's class."""
CORPORA: Mapping[str, tuple[int, ...]] = {
    "3 speakers of 10 clips a class": (10,) * 3,
    "5 speakers of 10": (10,) * 5,
    "10 speakers of 10": (10,) * 10,
    "24 speakers of 10": (10,) * 24,
    "3 speakers of 2, 3 of 14": (2,) * 3 + (14,) * 3,
    "10 speakers of 1, 2, 4 .. 512": tuple(2**n for n in range(10)),
    "24 speakers of 1..40": tuple(np.geomspace(1, 40, 24).round().astype(int).tolist()),
}
METHODS = ("jackknife", "bootstrap", "t", "percentiles", "expanded", "Bell-McCaffrey")
"""The first two, and the last, are Student's t on logits; all but the first resample."""

Floats = NDArray[np.float64]


def covered(sizes: tuple[int, ...], mean: float, rng: np.random.Generator) -> tuple[bool, ...]:
    """Return for each of the methods whether its interval holds the true UAR, for one corpus."""
    clips = np.repeat(np.array(sizes)[:, None], CLASSES, axis=1)
    effects = rng.normal(0, DEVIATIONS[0], (len(sizes), 1))
    effects = effects + rng.normal(0, DEVIATIONS[1], clips.shape)
    right = rng.binomial(clips, expit(mean + effects))
    value = float((right.sum(axis=0) / clips.sum(axis=0)).mean())
    drawn = rng.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), REPLICATES)
    samples = ((drawn @ right) / (drawn @ clips)).mean(axis=1)
    without = (right.sum(axis=0) - right) / (clips.sum(axis=0) - clips)
    left = float(np.sqrt(len(sizes) - 1) * without.mean(axis=1).std())
    one = _on_logits(_true(mean), value, left, stdtrit(freedom(clips), 0.975), clips.sum())
    return one, *_hold(_true(mean), value, samples, clips)


def _hold(true: float, value: float, samples: Floats, clips: NDArray[np.int64]) -> tuple[bool, ...]:
    """Percentiles are expanded after Hesterberg 2015."""
    scale, few = _bell_mccaffrey(clips)
    bessel, n = np.sqrt(len(clips) / (len(clips) - 1)), len(clips) - 1
    tail = ndtr(-bessel * stdtrit(n, 0.975))
    percentiles = np.quantile(samples, [0.025, 0.975, tail, 1 - tail])
    apart, error, total = abs(value - true), float(samples.std()), int(clips.sum())
    return (
        _on_logits(true, value, _bessel(clips) * error, stdtrit(freedom(clips), 0.975), total),
        bool(apart <= stdtrit(n, 0.975) * bessel * error),
        bool(percentiles[0] <= true <= percentiles[1]),
        bool(percentiles[2] <= true <= percentiles[3]),
        _on_logits(true, value, scale * error, stdtrit(few, 0.975), total),
    )


def _on_logits(true: float, value: float, error: float, quantile: float, clips: int) -> bool:
    """Without spread, but for rounding, it is the score interval that the library falls back on."""
    if error > 1e-12:
        interval = logit_interval(value, error, quantile)
    else:
        interval = score_interval(value * clips, clips, quantile)
    return bool(interval.low <= true <= interval.high)


def _bessel(clips: NDArray[np.int64]) -> float:
    """Return Bessel's correction of the bootstrap, for the speakers that have clips of a class."""
    variances = ((clips / clips.sum(axis=0)) ** 2).sum(axis=0)
    units = (clips > 0).sum(axis=0)
    return float(np.sqrt(variances.sum() / (variances * (1 - 1 / units)).sum()))


def _bell_mccaffrey(clips: NDArray[np.int64]) -> tuple[float, float]:
    """Return scale and degrees of freedom if what a speaker's clips share varies alike in all."""
    weights = clips / clips.sum(axis=0)
    unit = weights.mean(axis=1)
    residuals = np.diag(unit) - weights @ weights.T / CLASSES
    square = residuals @ residuals
    freedom = np.trace(square) ** 2 / np.trace(square @ square)
    return float(np.sqrt(unit @ unit / np.trace(square))), float(max(1.0, freedom))


def _true(mean: float) -> float:
    """Return the mean over all speakers, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    return float(expit(mean + np.hypot(*DEVIATIONS) * nodes) @ weights / weights.sum())


def _main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of 95 % intervals, by method")
    parser.add_argument("--pools", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.stdout.write(f"| corpus | UAR | {' | '.join(METHODS)} |\n{'|---' * (2 + len(METHODS))}|\n")
    for name, sizes in CORPORA.items():
        for mean in (0.5, 4.0):
            rng = np.random.default_rng(arguments.seed)
            found = np.mean([covered(sizes, mean, rng) for _ in range(arguments.pools)], axis=0)
            cells = " | ".join(f"{100 * rate:.1f}" for rate in found)
            sys.stdout.write(f"| {name} | {_true(mean):.2f} | {cells} |\n")


if __name__ == "__main__":
    _main()
