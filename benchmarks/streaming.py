"""Tell whether seconds that are needed are refuted and proven as rarely as is said, and of flips.

    python -m benchmarks.streaming --pools 500 --seed 0

A model of UAR .6 on whole clips hears the first 1, 2 and 3 s of clips of speakers who differ in how
well they are understood. What is lost after a second is lost after two as well, as far as that
many are. Of flips, speakers differ in how often there is one, and their clips do.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from sertify.statistics.robustness import uar_drop
from sertify.statistics.streaming import SecondsNeeded, rate_within_clips, seconds_needed

__all__ = ["LOSSES", "SIZES", "needs"]

EMOTIONS, UAR, UNDERSTOOD, MARGIN = 4, 0.6, 0.6, 0.05
SIZES = ((60, 8), (60, 24), (240, 8), (240, 24))
"""Clips, and their speakers."""
LOSSES = {
    "the margin, after 1, 2 and 3 s": ((0.08, 0.03),) * 3,
    "the margin after 1 s, less later": ((0.08, 0.03), (0.03, 0.01), (0.01, 0.0)),
    "0.3 after 1 s, 0.1 after 2": ((0.32, 0.02), (0.12, 0.02), (0.0, 0.0)),
    "nothing": ((0.02, 0.02),) * 3,
}
"""Shares of the clips that are lost and mended after each second."""
SHARES = (0.03, 0.1, 0.3)

Losses = Sequence[tuple[float, float]]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pools", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name, losses in LOSSES.items():
        for size in SIZES:
            found = [*needs(size, losses, asked.pools, asked.seed)]
            refuted = np.mean([one.low != 1.0 for one in found])
            proven = np.mean([one.high == 1.0 for one in found])
            cells = (
                f"{size[0]} clips of {size[1]} speakers | {100 * refuted:.1f} | {100 * proven:.1f}"
            )
            print(f"| {name} | {cells} |", flush=True)
    for clips, speakers in SIZES:
        shares = (_covered(clips, speakers, share, asked.pools, asked.seed) for share in SHARES)
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        print(f"| {clips} clips of {speakers} speakers | {cells} |", flush=True)


def needs(size: tuple[int, int], losses: Losses, pools: int, seed: int) -> Iterator[SecondsNeeded]:
    """Yield what is found needed of so many pools of clips."""
    rng, (clips, speakers) = np.random.default_rng(seed), size
    truth = np.arange(clips) % EMOTIONS
    who = np.arange(clips) * speakers // clips
    for _ in range(pools):
        skill = np.log(UAR / (1 - UAR)) + rng.normal(0, UNDERSTOOD, speakers)
        right = rng.random(clips) < 1 / (1 + np.exp(-skill[who]))
        other = (truth + rng.integers(1, EMOTIONS, clips)) % EMOTIONS
        whole, chance = np.where(right, truth, other), rng.random(clips)
        drops = {}
        for seconds, (lost, mended) in enumerate(losses, 1):
            kept = np.where(right, chance >= lost / UAR, chance < mended / (1 - UAR))
            said = np.where(kept, truth, other)
            names = [[*map(str, some)] for some in (truth, whole, said)]
            drops[float(seconds)] = uar_drop(names[0], names[1], names[2], who.tolist())
        yield seconds_needed(drops, MARGIN)


def _covered(clips: int, speakers: int, share: float, pools: int, seed: int) -> float:
    """Return how often the interval of a rate of steps holds it."""
    rng, who = np.random.default_rng(seed), np.arange(clips) * speakers // clips
    held = 0
    for _ in range(pools):
        steps = rng.integers(2, 12, clips)
        own = np.clip(rng.beta(20 * share, 20 * (1 - share), speakers), 1e-3, 1 - 1e-3)[who]
        flips = rng.binomial(steps, rng.beta(8 * own, 8 * (1 - own)))
        _, interval = rate_within_clips(flips.tolist(), steps.tolist(), who.tolist())
        held += interval.low <= share <= interval.high
    return held / pools


if __name__ == "__main__":
    main()
