"""Tell whether a model without a bias passes for it, and whether intervals hold the gaps.

    python -m benchmarks.fairness --pools 400 --seed 0

Speakers of two groups are drawn alike. What a model says to a clip is drawn from the softmax of a
score for each label: that of the emotion, and normal effects of the speaker on whether it is
understood, on each emotion, and on each label (`EFFECTS`). With a bias, it hears the emotions of
the second group less well. The functions are those that judge real models.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sertify.statistics.gaps import KINDS, Gap, gaps
from sertify.statistics.grouped import Grouped, grouped
from sertify.statistics.intervals import wilson

__all__ = ["SETTINGS", "Setting", "drawn", "judged"]

EFFECTS = {"speaker": 0.5, "speaker, emotion": 0.5, "speaker, label": 0.4}
"""Standard deviations of the scores."""
HEARD = 2.0
"""The score of the label that is right; a UAR of about .6 with four emotions."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """Speakers of each group, and what they say.

    ``clips`` is how many each says of each emotion; with ``uneven``, as a mean, and the first
    emotion is three times as frequent in the second group. With ``within``, each speaker is in both
    groups, half of the clips in each. ``bias`` is what the second group's right labels lose.
    """

    name: str
    speakers: int
    emotions: int = 4
    clips: int = 6
    uneven: bool = False
    within: bool = False
    named: bool = True
    bias: float = 0.0


SETTINGS = (
    *(Setting(f"{n} speakers a group, 4 emotions", n) for n in (6, 10, 30)),
    *(Setting(f"{n} speakers a group, 7 emotions", n, emotions=7) for n in (6, 10, 30)),
    *(Setting(f"{n} uneven speakers a group, other mix", n, uneven=True) for n in (10, 30)),
    *(Setting(f"{n} speakers, each in both groups", n, within=True) for n in (6, 10, 30)),
    Setting("10 speakers a group, not named", 10, named=False),
)


def drawn(rng: np.random.Generator, setting: Setting) -> Grouped:
    """Return a corpus and what a model says to it."""
    k, units = setting.emotions, setting.speakers * (1 if setting.within else 2)
    second = np.arange(units) >= setting.speakers
    clips = np.full((units, k), setting.clips)
    if setting.uneven:
        mix = np.where(second[:, None] & (np.arange(k) == 0), 3, 1)
        clips = rng.poisson(setting.clips * mix * rng.lognormal(-0.32, 0.8, (units, 1)))
        clips[[0, setting.speakers]] += 1  # each emotion occurs
    who, truth = (axis.ravel().repeat(clips.ravel()) for axis in np.indices(clips.shape))
    group = np.arange(len(who)) % 2 if setting.within else second[who].astype(int)
    said = _said(rng, who, truth, HEARD - setting.bias * group, (units, k))
    speakers = who.tolist() if setting.named else None
    return grouped(_named(truth), _named(said), ["fm"[one] for one in group.tolist()], speakers)


def _said(
    rng: np.random.Generator,
    who: NDArray[np.int64],
    truth: NDArray[np.int64],
    heard: NDArray[np.floating],
    shape: tuple[int, int],
) -> NDArray[np.int64]:
    speaker, emotion, label = EFFECTS.values()
    understood = rng.normal(0, speaker, (shape[0], 1)) + rng.normal(0, emotion, shape)
    scores = rng.normal(0, label, shape)[who]
    scores[np.arange(len(who)), truth] += heard + understood[who, truth]
    # The largest with Gumbel noise is drawn as softmax draws.
    chosen: NDArray[np.int64] = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return chosen


def _named(classes: NDArray[np.int64]) -> list[str]:
    return [f"emotion {one}" for one in classes.tolist()]


def truths(setting: Setting, seed: int = 1) -> dict[str, float]:
    """Return the true gaps, of very many speakers."""
    if not setting.bias:
        return {}
    rng = np.random.default_rng(seed)
    many = drawn(rng, replace(setting, speakers=8_000, uneven=False))
    return {gap.metric: gap.value for gap in gaps(many)}


@dataclass(frozen=True)
class Verdicts:
    """What pools gave: in which a gap is declared, of all and of UAR alone, and what is covered."""

    any_of_all: list[bool]
    uar_alone: list[bool]
    covered: dict[str, list[bool]]
    widths: list[float]


def judged(setting: Setting, pools: int, seed: int, kinds: Sequence[str] = KINDS) -> Verdicts:
    """Draw pools and judge them."""
    rng = np.random.default_rng([seed, setting.speakers, setting.emotions])
    true, found = truths(setting), Verdicts([], [], {}, [])
    for _ in range(pools):
        seen = gaps(drawn(rng, setting), kinds)
        found.any_of_all.append(any(gap.p_corrected < 0.05 for gap in seen))
        found.uar_alone.append(seen[0].p < 0.05)
        found.widths.append(seen[0].interval.high - seen[0].interval.low)
        for gap in seen:
            kind = gap.metric.partition(":")[0]
            found.covered.setdefault(kind, []).append(_covers(gap, true.get(gap.metric, 0.0)))
    return found


def _covers(gap: Gap, true: float) -> bool:
    return gap.interval.low <= true <= gap.interval.high


def rows(pools: int, seed: int, bias: float) -> Iterator[list[str]]:
    """Yield the cells of a table."""
    for setting in SETTINGS:
        found = judged(replace(setting, bias=bias), pools, seed)
        covered = (f"{100 * np.mean(found.covered[kind]):.1f}" for kind in KINDS)
        rates = [_percent(some) for some in (found.any_of_all, found.uar_alone)]
        yield [setting.name, *rates, *covered, f"{np.mean(found.widths):.3f}"]


def _percent(hits: list[bool]) -> str:
    ends = wilson(sum(hits), len(hits))
    return f"{100 * np.mean(hits):.1f} [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"


def main() -> None:
    """Print the table as Markdown, in percent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bias", type=float, default=0.0)
    options = parser.parse_args()
    print(f"| corpus | any gap declared | UAR alone | {' | '.join(KINDS)} | width |")
    print("|---" * (4 + len(KINDS)) + "|")
    for cells in rows(options.pools, options.seed, options.bias):
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
