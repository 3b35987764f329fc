"""Is the right one chosen, and is it as sure as it says? Simulated pools, chosen from by `select`.

    python -m benchmarks.choices --pools 300 --seed 0 --json choices.json

Each pool is a corpus of speakers and candidates whose true UAR is known, with times, label sets and
answers; the choice is made by the very function that makes it for users, on one corpus and once
more on a fresh one. Speakers, emotions and candidates vary as in ``simulation.py``.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulation import Counts, Floats, class_means, expected_recalls, recalls
from sertify.candidates.entries import Preferences
from sertify.candidates.reading import Candidate
from sertify.evidence.labelling import Labelling
from sertify.evidence.store import Record
from sertify.selection.choosing import Selection, select
from sertify.selection.verdicts import GateResult, Standing, Verdict
from sertify.vocabulary.outcomes import GATES, Measurement, Outcome

__all__ = ["SETTINGS", "Pool", "Setting", "simulate"]

CLASSES = 7
BEHIND = 0.03
FEW = "few"


@dataclass(frozen=True)
class Setting:
    """A kind of pool.

    ``spread`` is the standard deviation of true UARs around .6, 0 for equal candidates; ``tens``
    that of times, in powers of ten. ``clips`` is the number of each speaker and emotion; with
    ``neutral`` so large a share of the clips is neutral. With ``labels``, each candidate lacks the
    labels of up to three emotions.
    """

    name: str
    candidates: int
    speakers: int
    clips: int = 5
    spread: float = 0.06
    tens: float = 0.4
    neutral: float = 1 / CLASSES
    labels: bool = False
    margin: float = 0.02


SETTINGS = (
    *(Setting(f"{m} graded, 24 speakers", m, 24) for m in (2, 5, 15, 50)),
    *(Setting(f"15 graded, {n} speakers", 15, n) for n in (4, 10, 91)),
    *(Setting(f"{m} equal, 24 speakers", m, 24, spread=0) for m in (2, 5, 15, 50)),
    Setting("15 graded, 24 speakers, margin 0", 15, 24, margin=0),
    Setting("15 graded, 24 speakers, margin .04", 15, 24, margin=0.04),
    Setting("15 with other labels, 24 speakers", 15, 24, labels=True),
    Setting("15 graded, 24 speakers, 80 % neutral", 15, 24, neutral=0.8),
)


@dataclass(frozen=True)
class Pool:
    """Candidates with true recalls, times and labels."""

    names: tuple[str, ...]
    means: Mapping[str, Floats]
    able: Mapping[str, Floats]
    seconds: Mapping[str, float]

    @property
    def true(self) -> dict[str, float]:
        """The UAR of each on the whole population of speakers."""
        return {
            name: float((expected_recalls(self.means[name]) * self.able[name]).mean())
            for name in self.names
        }

    def without(self, name: str) -> "Pool":
        """Return the same pool without a candidate."""
        return replace(self, names=tuple(other for other in self.names if other != name))


def pool(rng: np.random.Generator, setting: Setting) -> Pool:
    """Draw a pool, and beside it a slow candidate of two labels that takes part on request."""
    names = tuple(f"m{n}" for n in range(setting.candidates))
    uars = np.clip(rng.normal(0.6, setting.spread, len(names)), 0.3, 0.92)
    able = {name: np.ones(CLASSES) for name in names}
    if setting.labels:
        for name in names:
            able[name][rng.choice(CLASSES, rng.integers(0, 4), replace=False)] = 0
    means = {
        name: class_means(uar, n, CLASSES)
        for n, (name, uar) in enumerate(zip(names, uars.tolist(), strict=True))
    }
    seconds = 10 ** rng.normal(-0.3, setting.tens, len(names))
    return Pool(
        names,
        means | {FEW: class_means(0.65, 0, CLASSES)},
        able | {FEW: np.eye(CLASSES)[:2].sum(axis=0)},
        dict(zip(names, seconds.tolist(), strict=True)) | {FEW: 10.0},
    )


def answered(rng: np.random.Generator, setting: Setting, drawn: Pool) -> dict[str, Labelling]:
    """Draw a corpus, and what each candidate and the one of two labels say."""
    shape = (setting.speakers, CLASSES)
    shares = np.full(CLASSES, (1 - setting.neutral) / (CLASSES - 1))
    shares[0] = setting.neutral
    each = np.maximum(1, np.round(setting.clips * CLASSES * shares)).astype(int)
    clips = np.broadcast_to(each, shape).ravel()
    speaker, truth = (axis.ravel().repeat(clips) for axis in np.indices(shape))
    said = {
        name: _said(rng, truth, found[speaker, truth], drawn.able[name])
        for name, found in recalls(rng, drawn.means, shape).items()
    }
    return {
        name: _labelling(name, truth, words, speaker, drawn.able[name])
        for name, words in said.items()
    }


def _said(rng: np.random.Generator, truth: Counts, rates: Floats, able: Floats) -> Counts:
    has = np.flatnonzero(able)
    right = (rng.random(len(truth)) < rates) & (able[truth] > 0)
    wrong = has[rng.integers(len(has), size=len(truth))]
    wrong = np.where(wrong == truth, has[(np.searchsorted(has, wrong) + 1) % len(has)], wrong)
    said: Counts = np.where(right, truth, wrong)
    return said


def _labelling(name: str, truth: Counts, said: Counts, speaker: Counts, able: Floats) -> Labelling:
    n = len(truth)
    keys = tuple(map(str, range(n)))
    return Labelling(
        candidate=name,
        corpus="f00d",
        emotions=tuple(f"emotion {label}" for label in np.flatnonzero(able)),
        keys=keys,
        clips=keys,
        truth=tuple(f"emotion {label}" for label in truth),
        predicted=tuple(f"emotion {label}" for label in said),
        confidence=(0.5,) * n,
        speakers=tuple(f"s{one}" for one in speaker),
        corpora=("calls",) * n,
        languages=(None,) * n,
    )


def _verdict(name: str, seconds: float) -> Verdict:
    measured = Measurement("time_p50", seconds, "s"), Measurement("segment", 5, "s")
    timed = Record("x", "", "c", "speed", "test", "", "", Outcome.PASS, measurements=measured)
    gates = {
        gate: GateResult(gate, Outcome.PASS, (timed,) if gate == "speed" else ()) for gate in GATES
    }
    return Verdict(Candidate(name, f"org/{name}"), Standing.QUALIFIED, gates)


def chosen(setting: Setting, drawn: Pool, answers: Mapping[str, Labelling]) -> Selection:
    """Let the function choose that chooses for users."""
    verdicts = [_verdict(name, drawn.seconds[name]) for name in drawn.names]
    preferences = Preferences(margin=setting.margin)
    return select(verdicts, {name: answers[name] for name in drawn.names}, preferences)


def simulated(setting: Setting, seed: int) -> dict[str, float]:
    """Return what one pool gave."""
    rng = np.random.default_rng([seed, setting.candidates, setting.speakers])
    drawn = pool(rng, setting)
    answers, fresh = (answered(rng, setting, drawn) for _ in range(2))
    found, again = (chosen(setting, drawn, heard) for heard in (answers, fresh))
    name, true = str(found.candidate), drawn.true
    assert found.comparison is not None
    assert found.firmness is not None
    best, leader = max(true, key=lambda one: true[one]), found.comparison.leader
    shown = found.comparison.uar(name)
    assert shown is not None
    return {
        "loss": true[best] - true[name],
        "behind": true[best] - true[name] > BEHIND,
        "leader's loss": true[best] - true[leader],
        "leader behind": true[best] - true[leader] > BEHIND,
        "time": np.log10(drawn.seconds[name] / drawn.seconds[leader]),
        **_other_rules(drawn, found, true),
        "same again": again.candidate == name,
        "said again": found.firmness.again,
        "close": true[best] - true[name] <= BEHIND,
        "said close": found.firmness.close,
        "too high": shown[0] - true[name],
        "expected too high": found.firmness.expected - true[name],
        "best tied": best in found.tied,
        "told": len(found.tied) < len(drawn.names),
        "overturned": _overturned(rng, setting, drawn, answers, name),
    }


def _other_rules(drawn: Pool, found: Selection, true: Mapping[str, float]) -> dict[str, float]:
    """Return what the fastest of the tied loses, and of those of them measured within .02."""
    assert found.comparison is not None
    best, leader = max(true.values()), found.comparison.leader
    gaps = {one.other: one.value for one in found.comparison.differences} | {leader: 0.0}
    near = [name for name in found.tied if gaps[name] <= 0.02]
    fastest = {
        rule: min(names, key=lambda name: drawn.seconds[name])
        for rule, names in (("tied", found.tied), ("near", near))
    }
    losses = {f"loss of {rule}": best - true[name] for rule, name in fastest.items()}
    times = {
        f"time of {rule}": float(np.log10(drawn.seconds[name] / drawn.seconds[leader]))
        for rule, name in fastest.items()
    }
    return losses | times


def _overturned(
    rng: np.random.Generator,
    setting: Setting,
    drawn: Pool,
    answers: Mapping[str, Labelling],
    name: str,
) -> bool:
    """Whether another is chosen without one that was not, or beside one of two labels."""
    others = [other for other in drawn.names if other != name]
    fewer = drawn.without(str(rng.choice(others)))
    more = replace(drawn, names=(*drawn.names, FEW))
    return any(chosen(setting, one, answers).candidate != name for one in (fewer, more))


def simulate(setting: Setting, pools: int, seed: int, workers: int = 1) -> dict[str, Any]:
    """Return the mean of what pools gave, each with its standard error."""
    start = time.perf_counter()
    seeds = range(seed * pools, (seed + 1) * pools)
    if workers == 1:
        rows = [simulated(setting, one) for one in seeds]
    else:
        with ProcessPoolExecutor(workers) as executor:
            rows = [*executor.map(partial(simulated, setting), seeds, chunksize=4)]
    columns = {name: np.array([row[name] for row in rows], float) for name in rows[0]}
    return {
        "setting": asdict(setting),
        "seconds": time.perf_counter() - start,
        **{
            name: {"mean": float(values.mean()), "error": float(values.std() / np.sqrt(pools))}
            for name, values in columns.items()
        },
    }


COLUMNS: Sequence[tuple[str, str, float, int]] = (
    ("overturned", "overturned by a bystander, %", 100, 1),
    ("loss", "UAR lost", 1, 4),
    ("behind", "more than .03 lost, %", 100, 0),
    ("leader's loss", "lost by the leader", 1, 4),
    ("loss of near", "by the fastest tied within .02", 1, 4),
    ("loss of tied", "by the fastest tied", 1, 4),
    ("time", "time, of the leader's", 0, 2),
    ("same again", "same on a fresh corpus, %", 100, 0),
    ("said again", "said, %", 100, 0),
    ("close", "within .03 of the best, %", 100, 0),
    ("said close", "said, %", 100, 0),
    ("too high", "UAR shown too high by", 1, 4),
    ("expected too high", "expected too high by", 1, 4),
    ("best tied", "truly best in the tied set, %", 100, 1),
    ("told", "some told from the leader, %", 100, 1),
)
"""What stands in the table: its title, factor (0 for a power of ten) and digits."""


def _row(found: Mapping[str, Any]) -> str:
    return "| " + " | ".join([found["setting"]["name"], *_cells(found)]) + " |\n"


def _cells(found: Mapping[str, Any]) -> Iterator[str]:
    for name, _, factor, digits in COLUMNS:
        mean, error = found[name]["mean"], found[name]["error"]
        if not factor:
            yield f"{10**mean:.{digits}f}"
        else:
            yield f"{factor * mean:.{digits}f} ± {factor * error:.{digits}f}"


def _header() -> str:
    titles = ["pool", *(title for _, title, _, _ in COLUMNS)]
    return "| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--pools", type=int, default=300, help="pools of each setting")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--only", metavar="TEXT", default="", help="settings whose name has it")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all results there")
    return parser.parse_args()


def _main() -> None:
    arguments = _arguments()
    sys.stdout.write(_header())
    results = []
    for setting in SETTINGS:
        if arguments.only in setting.name:
            results.append(simulate(setting, arguments.pools, arguments.seed, arguments.workers))
            sys.stdout.write(_row(results[-1]))
            sys.stdout.flush()
    if arguments.json:
        written = {"pools": arguments.pools, "seed": arguments.seed, "settings": results}
        arguments.json.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    _main()
