"""Does racing decide as all clips would have? Simulated pools tell, by the function that decides.

    python -m benchmarks.racing --pools 200 --seed 0 --json racing.json

A pool is a corpus of speakers and candidates of graded accuracy, in random order. Each candidate is
judged in looks, against the leader so far, by the code that races real ones; then on all clips, by
the code that judges and compares real ones. Recalls are those of ``simulation.py``; clips are hard
or easy for all models alike besides (``CLIP``).
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clips import LABELS
from benchmarks.drawn import draw
from benchmarks.simulation import EFFECTS
from sertify.pipeline.courses import positions
from sertify.pipeline.racing import Terms, decide
from sertify.selection.comparison import Comparison
from sertify.statistics import intervals, jackknife
from sertify.statistics.curtailment import LOOKS, Leader, Look, foresee, tells
from sertify.statistics.paired import paired
from sertify.vocabulary.outcomes import Bound, Measurement, Outcome, judge

__all__ = ["SETTINGS", "Raced", "Setting", "simulate"]

REQUIREMENT = Bound(min=0.4, confidence=0.95)
CLASSES = 7
CLIP = 0.7
"""Standard deviation in logits of what makes a clip hard for all models."""
SPREAD = 1.2
"""Of the true logits of candidates around those of a UAR of 0.5."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Setting:
    """A kind of pool: how many candidates, speakers, and clips of each speaker and class.

    ``uneven`` lets speakers differ by a lognormal factor. With ``close``, the candidates lie close
    to each other and to the limit, which is where a slip is likeliest. With ``graded``, a pool is
    one of ``drawn.py``, of so many clips in all, in that order.
    """

    candidates: int
    speakers: int
    clips: int
    uneven: bool = False
    close: bool = False
    worth: float = 0.05
    graded: str = ""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        if self.graded:
            return f"{self.candidates} graded, {self.clips} clips of {self.speakers}, {self.graded}"
        kind = ("uneven " if self.uneven else "") + "speakers" + (", close" if self.close else "")
        return f"{self.candidates} candidates, {self.speakers} {kind}, {self.clips} clips a cell"


SETTINGS = (
    *(Setting(m, 10, 10) for m in (2, 5, 15)),
    *(Setting(12, g, n) for g, n in ((4, 12), (8, 4), (12, 1), (24, 5), (24, 12))),
    *(Setting(12, g, n, close=True) for g, n in ((4, 12), (10, 10), (24, 12))),
    *(Setting(12, g, n, uneven=True) for g, n in ((10, 6), (24, 6))),
)

GRADED = tuple(
    Setting(12, speakers, 400, worth=0.04, graded=order)
    for speakers in (10, 24)
    for order in ("random order", "best first")
)


@dataclass(frozen=True)
class Pool:
    """Who speaks, what each clip is of, and which clips each candidate is right on."""

    classes: NDArray[np.int64]
    speakers: NDArray[np.int64]
    hits: Flags


@dataclass(frozen=True)
class Raced:
    """What racing did to one candidate, and what it should have done.

    ``share`` of the clips was heard, and it was stopped for a ``reason``, or for none. On all clips
    it ``passes`` or ``fails``, is ``tied`` with the best or is it, and is ``near`` the best: the
    other aims might make it the one to choose.
    """

    share: float
    reason: str | None
    passes: bool
    fails: bool
    tied: bool
    best: bool
    near: bool


def simulate(setting: Setting, pools: int, seed: int) -> dict[str, Any]:
    """Return what share was heard in so many pools, and how often that changed anything."""
    begin = time.perf_counter()
    rng = np.random.default_rng([seed, setting.candidates, setting.speakers, setting.clips])
    found = [race(_pool(rng, setting), setting) for _ in range(pools)]
    each = [one for pool in found for one in pool]
    stopped = [one for one in each if one.reason]
    foreseen = [one for one in each if one.reason == "low_uar"]
    return {
        "setting": setting.name,
        "pools": pools,
        "heard": float(np.mean([one.share for one in each])),
        "passed": float(np.mean([one.passes for one in each])),
        "failed": float(np.mean([one.fails for one in each])),
        "foreseen": len(foreseen),
        "behind": len(stopped) - len(foreseen),
        "false_fail": _rate([one.reason == "low_uar" and not one.fails for one in each]),
        "passing_failed": sum(one.passes for one in foreseen),
        "leader_changed": _rate([any(one.best and one.reason for one in pool) for pool in found]),
        "tied_changed": _rate([any(one.tied and one.reason for one in pool) for pool in found]),
        "choice_open": _rate([any(one.near and one.reason for one in pool) for pool in found]),
        "seconds": time.perf_counter() - begin,
    }


def race(pool: Pool, setting: Setting) -> list[Raced]:
    """Judge the candidates of a pool one after the other, and then all of them in full."""
    truth = [f"emotion {label}" for label in pool.classes]
    intervals_of = [_measured(pool, truth, hits) for hits in pool.hits]
    outcomes = [judge(one, REQUIREMENT, "low_uar").outcome for one in intervals_of]
    passing = [place for place, outcome in enumerate(outcomes) if outcome is Outcome.PASS]
    tied, best = _tied(pool, truth, passing)
    sizes = np.zeros((int(pool.speakers.max()) + 1, CLASSES))
    np.add.at(sizes, (pool.speakers, pool.classes), 1)
    order = np.array(positions([*zip(pool.classes.tolist(), pool.speakers.tolist(), strict=True)]))
    leader: int | None = None
    raced = []

    def gap(hits: Flags, best: int) -> float:
        return _uar(pool, pool.hits[best]) - _uar(pool, hits)

    for place, hits in enumerate(pool.hits):
        share, reason = _asked(pool, hits, sizes, order, leader, setting)
        won = reason is None and outcomes[place] is Outcome.PASS
        if won and (leader is None or _uar(pool, hits) > _uar(pool, pool.hits[leader])):
            leader = place
        passes, fails = outcomes[place] is Outcome.PASS, outcomes[place] is Outcome.FAIL
        near = best is not None and passes and gap(hits, best) < setting.worth
        raced.append(Raced(share, reason, passes, fails, place in tied, place == best, near))
    return raced


def _asked(
    pool: Pool,
    hits: Flags,
    sizes: Floats,
    order: Floats,
    leader: int | None,
    setting: Setting,
) -> tuple[float, str | None]:
    ahead = None if leader is None else pool.hits[leader]
    uar = None if ahead is None else _uar(pool, ahead)
    terms = Terms(REQUIREMENT, "leader", uar, setting.worth, max(1, setting.candidates - 1))
    for share in LOOKS:
        heard = order < share
        known = None if ahead is None else Leader(ahead[heard], _recalls(pool, ahead))
        look = Look(pool.classes[heard], pool.speakers[heard], hits[heard], sizes, known)
        if tells(look) and (reason := decide([foresee(look)], terms)):
            return float(heard.mean()), reason
    return 1.0, None


def _recalls(pool: Pool, hits: Flags) -> Floats:
    return np.bincount(pool.classes, hits) / np.bincount(pool.classes)


def _uar(pool: Pool, hits: Flags) -> float:
    return float(_recalls(pool, hits).mean())


def _answers(truth: Sequence[str], hits: Flags) -> list[str]:
    return [label if hit else "wrong" for label, hit in zip(truth, hits, strict=True)]


def _measured(pool: Pool, truth: Sequence[str], hits: Flags) -> Measurement:
    speakers = pool.speakers.tolist()
    found = jackknife.metric_intervals(truth, _answers(truth, hits), speakers, ["uar"])["uar"]
    return Measurement("uar", _uar(pool, hits), "1", found.low, found.high, len(truth))


def _tied(pool: Pool, truth: Sequence[str], passing: Sequence[int]) -> tuple[set[int], int | None]:
    if len(passing) < 2:
        return {*passing}, next(iter(passing), None)
    named = {str(place): _answers(truth, pool.hits[place]) for place in passing}
    drawn = paired(truth, named, pool.speakers.tolist())
    kept = Comparison(drawn.names, {"speech": drawn}, {}, {}).tied
    return {int(name) for name in kept}, int(kept[0])


def _pool(rng: np.random.Generator, setting: Setting) -> Pool:
    if setting.graded:
        return _graded(int(rng.integers(2**31)), setting)
    shape = (setting.speakers, CLASSES)
    clips = np.full(shape, setting.clips)
    if setting.uneven:
        clips = rng.poisson(setting.clips * rng.lognormal(-0.32, 0.8, (shape[0], 1)), shape)
        clips[0] = np.maximum(clips[0], 1)
    speakers, classes = (axis.ravel().repeat(clips.ravel()) for axis in np.indices(shape))
    accuracy = rng.uniform(-1.2, 0.2, setting.candidates) if setting.close else None
    accuracy = SPREAD * rng.normal(0, 1, setting.candidates) if accuracy is None else accuracy
    shared = rng.normal(0, EFFECTS["speaker"], (shape[0], 1))
    shared = shared + rng.normal(0, EFFECTS["speaker, class"], shape)
    hard = CLIP * rng.normal(0, 1, len(classes))
    hits = [_hits(rng, mean, shared, hard, speakers, classes) for mean in accuracy]
    return Pool(classes, speakers, np.array(hits))


def _graded(seed: int, setting: Setting) -> Pool:
    best_first = setting.graded == "best first"
    found = draw(setting.clips, setting.candidates, seed, setting.speakers, best_first=best_first)
    truth = np.array([LABELS.index(one) for one in found.truth])
    speakers = np.unique(found.speakers, return_inverse=True)[1]
    said = [[LABELS.index(one) for one in words] for words in found.said.values()]
    return Pool(truth, speakers, np.array(said) == truth)


def _hits(
    rng: np.random.Generator,
    mean: float,
    shared: Floats,
    hard: Floats,
    speakers: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> Flags:
    own = rng.normal(0, EFFECTS["speaker, model"], (len(shared), 1))
    own = own + rng.normal(0, EFFECTS["all three"], shared.shape) + rng.normal(0, 0.7, CLASSES)
    logits = (mean + shared + own)[speakers, classes] + hard
    hits: Flags = rng.random(len(classes)) < 1 / (1 + np.exp(-logits))
    return hits


def _rate(hits: Sequence[bool]) -> dict[str, float]:
    interval = intervals.wilson(sum(hits), len(hits))
    return {"rate": sum(hits) / len(hits), "low": interval.low, "high": interval.high}


HEADER = (
    "| pools | heard | low_uar foreseen, behind, of all | FAIL foreseen, but none"
    " | leader stopped | one of the tied stopped | one that might be chosen stopped |\n"
    + "|---" * 7
    + "|\n"
)


def _row(found: Mapping[str, Any]) -> str:
    names = ("false_fail", "leader_changed", "tied_changed", "choice_open")
    rates = (found[name] for name in names)
    shown = (f"{100 * one['rate']:.2f} [{100 * one['low']:.2f}, {100 * one['high']:.2f}]"
             for one in rates)  # fmt: skip
    stopped = f"{found['foreseen']}, {found['behind']}"
    return (
        f"| {found['setting']} | {100 * found['heard']:.1f} | {stopped} | {' | '.join(shown)} |\n"
    )


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--pools", type=int, default=200, help="of each setting")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--graded", action="store_true", help="those of the engine's benchmark")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all rates there")
    given = parser.parse_args()
    sys.stdout.write(HEADER)
    results = []
    for found in _results(GRADED if given.graded else SETTINGS, given.pools, given.seed):
        results.append(found)
        sys.stdout.write(_row(found))
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


def _results(settings: Sequence[Setting], pools: int, seed: int) -> Iterator[dict[str, Any]]:
    for setting in settings:
        yield simulate(setting, pools, seed)


if __name__ == "__main__":
    _main()
