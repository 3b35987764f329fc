"""Tell whether gaps by chance are as large, and as many speakers needed, as is said.

    python -m benchmarks.chances chance --pools 100 --seed 0
    python -m benchmarks.chances speakers --pools 200 --seed 0

Corpora are those of `benchmarks.fairness`. The first table has the percent of them, without a bias,
in which the largest gap is above the 95 % quantile of what is simulated: by speakers who change
places, as it is done, and by drawing each clip from the confusions of all groups together, as
ser-tests do. The second has how often gaps of UAR that were in doubt are told by new corpora of the
size that was said.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.fairness import SETTINGS, drawn
from sertify.statistics.gaps import KINDS, gaps
from sertify.statistics.unbiased import chance_gaps

__all__ = ["above", "settled"]

LIMIT = 0.075
"""That of ser-tests for a difference in UAR."""
BIASES = 1.5
"""Biases are drawn evenly from none to this, for or against a group."""
MOST = 300
"""Speakers a group beyond which nobody is drawn."""


def above(name: str, pools: int, seed: int, draws: int = 400) -> dict[str, list[float]]:
    """Return the shares of corpora above the quantile, of each kind, by both ways."""
    setting = next(one for one in SETTINGS if one.name == name)
    rng = np.random.default_rng(seed)
    found: dict[str, list[list[bool]]] = {"placed": [], "drawn": []}
    for _ in range(pools):
        speech = drawn(rng, setting)
        for way, simulated in (
            ("placed", speech),
            ("drawn", replace(speech, codes=None)),  # clips of an emotion are alike for it
        ):
            chance = chance_gaps(simulated, draws=draws)
            found[way].append([one.value > one.most for one in chance.values()])
    return {way: np.mean(hits, axis=0).tolist() for way, hits in found.items()}


def settled(
    speakers: int, pools: int, seed: int, chance: float = 0.8
) -> tuple[int, int, list[bool]]:
    """Return how many gaps were in doubt, how many of these were tried again, and what was told.

    Where more than `MOST` speakers are said to be needed, nobody is drawn.
    """
    rng, doubtful, told = np.random.default_rng([seed, speakers]), 0, []
    for _ in range(pools):
        bias = rng.uniform(-BIASES, BIASES)
        setting = replace(SETTINGS[0], speakers=speakers, bias=bias)
        (gap,) = gaps(drawn(rng, setting), ["uar"])
        if gap.within(LIMIT) is None:
            doubtful += 1
            needed = gap.speakers_to_settle(LIMIT, chance)
            if needed is not None and needed <= MOST:
                (again,) = gaps(drawn(rng, replace(setting, speakers=needed)), ["uar"])
                told.append(again.within(LIMIT) is not None)
    return doubtful, len(told), told


def rows(pools: int, seed: int) -> Iterator[list[str]]:
    """Yield the cells of the first table."""
    for setting in SETTINGS[:-1]:
        found = above(setting.name, pools, seed)
        yield [setting.name, *(_percents(found[way]) for way in ("placed", "drawn"))]


def _percents(shares: list[float]) -> str:
    return ", ".join(f"{100 * share:.0f}" for share in shares)


def needed(pools: int, seed: int) -> Iterator[list[str]]:
    """Yield the cells of the second table."""
    for speakers in (6, 10, 24):
        found = [settled(speakers, pools, seed, chance) for chance in (0.5, 0.8)]
        shares = (f"{100 * np.mean(told):.0f} of {n}" for _, n, told in found)
        yield [f"{speakers}", f"{found[0][0]}", *shares]


def main() -> None:
    """Print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=["chance", "speakers"])
    parser.add_argument("--pools", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    heads = ["corpus", f"speakers change places: {', '.join(KINDS)}", "clips are drawn"]
    if options.table == "speakers":
        heads = ["speakers a group", "in doubt", "told in 50 %", "told in 80 %"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    table = rows if options.table == "chance" else needed
    for cells in table(options.pools, options.seed):
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
