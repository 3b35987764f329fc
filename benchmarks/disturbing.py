"""Tell whether the interval of a drop of UAR holds it, where most predictions stay.

    python -m benchmarks.disturbing --pools 1000 --seed 0

A model of UAR .6 hears the clips of some speakers, clean and disturbed. Of those that it got right,
a share is lost, and of the others a share is mended. Speakers differ (logistic-normal) in how well
they are understood and in how much is lost. The usual interval of two models on the same clips
stands beside the one in use.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulation import expected_recalls
from sertify.statistics.comparisons import difference
from sertify.statistics.intervals import Interval
from sertify.statistics.paired import paired
from sertify.statistics.robustness import uar_drop, unchanged

__all__ = ["LOSSES", "SIZES", "Tally", "simulate"]

UAR = 0.6
UNDERSTOOD, LOST = 0.5, 0.7
"""Standard deviations of speakers, in logits."""
SIZES = ((8, 4, 2), (8, 7, 1), (24, 4, 1), (8, 4, 8), (24, 4, 5))
"""Speakers, emotions, clips of each speaker and emotion."""
LOSSES = ((0.0, 0.0), (0.02, 0.0), (0.03, 0.03), (0.08, 0.02), (0.15, 0.05), (0.3, 0.1))
"""Shares that are lost and mended, of an average speaker."""

Floats = NDArray[np.float64]


@dataclass
class Tally:
    """How often the true value is below and above an interval, and how wide these are."""

    below: list[bool] = field(default_factory=list)
    above: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)

    def add(self, interval: Interval, true: float) -> None:
        """Note an interval."""
        self.below.append(true < interval.low - 1e-12)
        self.above.append(true > interval.high + 1e-12)
        self.widths.append(interval.high - interval.low)

    @property
    def covered(self) -> float:
        """Return the share of the intervals that hold the true value."""
        return 1 - float(np.mean(self.below) + np.mean(self.above))

    def row(self) -> str:
        """Return it for a table, in percent."""
        below, above = (100 * float(np.mean(some)) for some in (self.below, self.above))
        return f"{100 * self.covered:.1f} ({below:.1f} + {above:.1f}), {np.mean(self.widths):.3f}"


def simulate(
    size: tuple[int, int, int], loss: tuple[float, float], pools: int, seed: int
) -> dict[str, Tally]:
    """Return how the intervals of the drop, of the usual one and of the unchanged share do."""
    rng = np.random.default_rng([seed, *size])
    found: dict[str, Tally] = {}
    drop, kept = truths(size[1], *loss)
    for _ in range(pools):
        truth, clean, disturbed, speakers = drawn(rng, size, *loss)
        both = paired(truth, {"clean": clean, "disturbed": disturbed}, speakers)
        usual = difference([both], "clean", "disturbed")
        for name, interval, true in (
            ("drop", uar_drop(truth, clean, disturbed, speakers).interval, drop),
            ("usual", Interval(usual.low, usual.high), drop),
            ("unchanged", unchanged(clean, disturbed, speakers).interval, kept),
        ):
            found.setdefault(name, Tally()).add(interval, true)
    return found


def truths(emotions: int, lost: float, mended: float) -> tuple[float, float]:
    """Return the true drop and the true share of unchanged predictions, corrected for chance."""
    right = float(expected_recalls(_logits([UAR]), UNDERSTOOD)[0])
    shares = [
        float(expected_recalls(_logits([one]), LOST)[0]) if one else 0 for one in (lost, mended)
    ]
    worse, better = right * shares[0], (1 - right) * shares[1]
    # All labels are as frequent, so that chance is even.
    return worse - better, 1 - (worse + better) / (1 - 1 / emotions)


def drawn(
    rng: np.random.Generator, size: tuple[int, int, int], lost: float, mended: float
) -> tuple[list[str], list[str], list[str], list[int]]:
    """Return truths, predictions of clean and of disturbed clips, and speakers."""
    speakers, emotions, clips = size
    who = np.arange(speakers).repeat(emotions * clips)
    truth = np.tile(np.arange(emotions).repeat(clips), speakers)
    right = _happens(rng, UAR, UNDERSTOOD, speakers)[who] > rng.random(len(who))
    worse = _happens(rng, lost, LOST, speakers)[who] > rng.random(len(who))
    better = _happens(rng, mended, LOST, speakers)[who] > rng.random(len(who))
    wrong = (truth + rng.integers(1, emotions, (2, len(who)))) % emotions
    clean = np.where(right, truth, wrong[0])
    heard = np.where(right & worse, wrong[1], np.where(~right & better, truth, clean))
    return _named(truth), _named(clean), _named(heard), who.tolist()


def _happens(rng: np.random.Generator, share: float, spread: float, speakers: int) -> Floats:
    found: Floats = np.zeros(speakers)
    if share:
        found = 1 / (1 + np.exp(-_logits([share]) - rng.normal(0, spread, speakers)))
    return found


def _logits(shares: Sequence[float]) -> Floats:
    some = np.array(shares)
    logits: Floats = np.log(some / (1 - some))
    return logits


def _named(classes: NDArray[np.int64]) -> list[str]:
    return [f"emotion {one}" for one in classes.tolist()]


def rows(pools: int, seed: int) -> Iterator[list[str]]:
    """Yield the cells of a table."""
    for size in SIZES:
        for loss in LOSSES:
            drop, _ = truths(size[1], *loss)
            found = simulate(size, loss, pools, seed)
            clips = size[0] * size[1] * size[2]
            what = f"{clips} clips of {size[0]} speakers, {size[1]} emotions"
            shown = (found[name].row() for name in ("drop", "usual", "unchanged"))
            yield [what, f"{loss[0]:.2f}, {loss[1]:.2f}", f"{drop:.3f}", *shown]


def main() -> None:
    """Print the table as Markdown: percent covered (true value below + above), and mean width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(
        "| corpus | lost, mended | drop | in use | usual | unchanged |\n|---|---|---|---|---|---|"
    )
    for cells in rows(options.pools, options.seed):
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
