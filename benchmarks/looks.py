"""Who looks again whenever speakers were added: what passes, what does not.

    python -m benchmarks.looks --pools 2000 --seed 0

Each pool is a growing corpus of `simulation.py`. A model is judged by its UAR at each size, until
it passes: always at the confidence asked for, and at the confidence that is left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.simulation import (
    SETTINGS,
    THRESHOLD,
    Corpus,
    Setting,
    corpora,
    print_rows,
    true_uars,
)
from sertify.statistics.intervals import wilson
from sertify.statistics.jackknife import uar_estimate
from sertify.statistics.spending import confidence_left

__all__ = ["passing"]

CONFIDENCE = 0.95
LOOKS = (
    ("6, 9, .. 24 speakers", tuple(range(6, 25, 3))),
    ("6, 12, 24 speakers", (6, 12, 24)),
    ("5, 6, .. 24 speakers", tuple(range(5, 25))),
    ("3, 24 speakers", (3, 24)),
    ("24 speakers at once", (24,)),
)
UARS = (0.60, 0.50, 0.45, THRESHOLD)


def passing(looks: Sequence[int], pools: int, seed: int, *, spending: bool) -> list[float]:
    """Return in which share of pools each of the four models passes at any look."""
    levels = [
        confidence_left(CONFIDENCE, looks[: n + 1]) if spending else CONFIDENCE
        for n in range(len(looks))
    ]
    setting = replace(_setting(), speakers=max(looks))
    passed = [
        [_passes(corpus, name, looks, levels) for name in list(corpus.predictions)[: len(UARS)]]
        for corpus in corpora(setting, true_uars(setting), pools, seed)
    ]
    shares: list[float] = np.mean(passed, axis=0).tolist()
    return shares


def _setting() -> Setting:
    return replace(SETTINGS[0], name="growing", uars=UARS)


def _passes(corpus: Corpus, name: str, looks: Sequence[int], levels: Sequence[float]) -> bool:
    truth = np.unique(corpus.truth, return_inverse=True)[1]
    right = np.array(corpus.truth) == np.array(corpus.predictions[name])
    speakers = np.array(corpus.speakers)
    for look, level in zip(looks, levels, strict=True):
        here = speakers < look
        _, interval = uar_estimate(truth[here], right[here], speakers[here], level)
        if interval.low >= THRESHOLD:
            return True
    return False


def _rows(pools: int, seed: int) -> Iterator[str]:
    yield "| looks | confidence | " + " | ".join(f"true UAR {uar:.2f}" for uar in UARS) + " |\n"
    yield "|---" * (2 + len(UARS)) + "|\n"
    for name, looks in LOOKS:
        for spending in (False, True) if len(looks) > 1 else (False,):
            shares = passing(looks, pools, seed, spending=spending)
            cells = [f"{100 * share:.1f}" for share in shares]
            ends = wilson(round(shares[-1] * pools), pools)
            cells[-1] += f" [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"
            how = "what is left" if spending else "95 % each time"
            yield f"| {name} | {how} | " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    print_rows(_rows, __doc__, 2000)
