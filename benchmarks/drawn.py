"""What candidates of graded accuracy say of clips, drawn at random.

Speakers and emotions are harder or easier for all candidates and for each, as in ``choices.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.choices import Pool, Setting, answered
from benchmarks.clips import LABELS
from benchmarks.simulation import class_means

__all__ = ["Drawn", "draw"]

SPEAKERS, SPARE = 24, 1.26
"""Clips are drawn from so many times as many, so that no speaker has as many of each emotion."""
TOP, LOW, HIGH = (0.80, 0.79, 0.78), 0.35, 0.76
"""True UARs of the best ones, which nobody could tell apart; and the range of the others."""


@dataclass(frozen=True)
class Drawn:
    """The emotion and the speaker of each clip, and what each candidate says of it, by its name."""

    truth: Sequence[str]
    speakers: Sequence[str]
    said: Mapping[str, Sequence[str]]


def draw(
    clips: int, candidates: int, seed: int, speakers: int = SPEAKERS, *, best_first: bool = False
) -> Drawn:
    """Draw a pool: three near the top, the others anywhere below them; in random order or not."""
    rng = np.random.default_rng([seed, clips, candidates])
    uars = [*TOP, *rng.uniform(LOW, HIGH, max(0, candidates - len(TOP)))][:candidates]
    ordered = sorted(uars, reverse=True) if best_first else rng.permutation(uars)
    names = tuple(f"model-{place:02d}" for place in range(candidates))
    means = {
        name: class_means(float(uar), place, len(LABELS))
        for place, (name, uar) in enumerate(zip(names, ordered, strict=True))
    }
    each = max(1, round(SPARE * clips / (speakers * len(LABELS))))
    speakers = max(speakers, -(-clips // (each * len(LABELS))))
    pool = Pool(names, means, dict.fromkeys(names, np.ones(len(LABELS))), {})
    found = answered(rng, Setting("graded", candidates, speakers, each), pool)
    one = found[names[0]]
    kept = sorted(rng.permutation(len(one.truth))[:clips].tolist())
    said = {name: _words(labelling.predicted, kept) for name, labelling in found.items()}
    return Drawn(_words(one.truth, kept), [str(one.speakers[place]) for place in kept], said)


def _words(emotions: Sequence[str | None], places: Sequence[int]) -> list[str]:
    return [LABELS[int(str(emotions[place]).removeprefix("emotion "))] for place in places]
