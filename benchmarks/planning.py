"""Do so many speakers tell as often as it is said? Simulated corpora, judged once and again.

    python -m benchmarks.planning --pools 2000 --seed 0

A model's true UAR is anywhere, its corpus is judged by a limit of 0.6, and where that can't tell,
a new corpus of as many speakers as are said to tell is drawn from the same population.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sertify.statistics.intervals import Interval
from sertify.statistics.jackknife import uar_estimate
from sertify.vocabulary.planning import factor_to_settle

__all__ = ["advised", "told"]

LIMIT, CHANCES, MOST = 0.6, (0.5, 0.8), 300_000
"""What UAR should be, the chances that are told, and clips that are no longer drawn."""
CLASSES, CLIPS, DEVIATIONS = 4, 5, (0.6, 0.5)
"""Clips of each speaker and class; deviations, in logits, of a speaker and of a speaker's class."""
CORPORA: Mapping[str, tuple[int, bool]] = {
    "6 speakers": (6, True),
    "10 speakers": (10, True),
    "24 speakers": (24, True),
    "60 speakers": (60, True),
    "400 clips, by clip": (20, False),
}


def told(
    pools: int, speakers: int, named: bool, rng: np.random.Generator
) -> Iterator[tuple[float, bool]]:
    """Yield, of the corpora that can't tell, the chance told and whether a new one can.

    The true value varies as widely as what data can tell apart, and more.
    """
    for mean in rng.uniform(-1, 2, pools):
        value, interval = _judged(mean, speakers, named, rng)
        if not _tells(interval):
            for chance in CHANCES:
                more = advised(value, interval, chance, speakers if named else None)
                number = int(np.ceil(more * speakers))
                if number * CLASSES * CLIPS <= MOST:
                    yield chance, _tells(_judged(mean, number, named, rng)[1])


def advised(value: float, interval: Interval, chance: float, speakers: int | None) -> float:
    """Return how many times the data are said to tell."""
    return factor_to_settle(
        value, interval.low, interval.high, LIMIT, chance=chance, speakers=speakers
    )


def _judged(
    mean: float, speakers: int, named: bool, rng: np.random.Generator
) -> tuple[float, Interval]:
    """Draw a corpus; one that names no speaker has a speaker for each clip."""
    units = speakers if named else speakers * CLASSES * CLIPS
    truth = np.tile(np.arange(CLASSES).repeat(CLIPS), speakers)
    speaker = np.arange(len(truth)) // (CLASSES * CLIPS) if named else np.arange(len(truth))
    effects = rng.normal(0, DEVIATIONS[0], (units, 1)) + rng.normal(
        0, DEVIATIONS[1], (units, CLASSES)
    )
    hits: NDArray[np.bool_] = rng.random(len(truth)) < expit(mean + effects[speaker, truth])
    return uar_estimate(truth, hits, speaker if named else None)


def _tells(interval: Interval) -> bool:
    return not interval.low < LIMIT <= interval.high


def _main() -> None:
    parser = argparse.ArgumentParser(description="How often so much data tells")
    parser.add_argument("--pools", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    heads = " | ".join(f"said to tell in {100 * chance:.0f} %" for chance in CHANCES)
    sys.stdout.write(f"| corpus | could not tell | {heads} |\n{'|---' * (2 + len(CHANCES))}|\n")
    for name, (speakers, named) in CORPORA.items():
        rng = np.random.default_rng(arguments.seed)
        found = list(told(arguments.pools, speakers, named, rng))
        shares = [[hit for said, hit in found if said == chance] for chance in CHANCES]
        cells = " | ".join(f"{100 * np.mean(hits):.1f} of {len(hits)}" for hits in shares)
        sys.stdout.write(f"| {name} | {len(shares[0])} | {cells} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
