"""Do the intervals cover, and does a model qualify that should not? Simulated corpora tell.

    python -m benchmarks.simulation --pools 1000 --seed 0 --json simulation.json

Each pool is a corpus of speakers, drawn from a population in which the true UAR of each of five
models is known, and is judged by the functions that judge real corpora. Speakers are harder or
easier to understand, for all models and for each, and so are their emotions: recalls are logistic
in the sum of a class's mean and of normal effects (``EFFECTS``).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.selection.comparison import Comparison
from sertify.statistics import agreement, comparisons, intervals, jackknife
from sertify.statistics.paired import Paired, paired
from sertify.vocabulary.outcomes import Bound, Measurement, Outcome, judge

__all__ = ["SETTINGS", "Found", "Setting", "simulate"]

THRESHOLD = 0.4
REQUIREMENT = Bound(min=THRESHOLD, confidence=0.95)
MODELS = ("best", "near", "middle", "threshold")
"""The models of a pool; a fifth one, ``random``, guesses."""
EFFECTS = {"speaker": 0.5, "speaker, model": 0.4, "speaker, class": 0.4, "all three": 0.3}
"""Standard deviations in logits: the first and third are what all models share."""
DEVIATION = float(np.hypot.reduce([*EFFECTS.values()]))
SESSION = {"session": 0.5, "session, model": 0.4}
"""The same of a session, where speakers come in such."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """What a corpus is like.

    ``clips`` is the number of each speaker and class. With ``uneven``, it is a mean: speakers
    differ by a lognormal factor, and a speaker may lack a class. With ``one_clip``, each speaker
    has one, and the classes take turns. With ``rare``, the last class has so many clips in all, of
    two speakers, or with ``one_clip`` of the first ones. With ``neutral``, the first class has that
    share of the clips, which are as many as before; with ``mixed``, speakers differ in these shares
    too, and more in how many they have. With ``sessions``, speakers come in so many, and are alike
    in each; ``by_session`` has intervals go by these. Without ``named``, they are by
    clip. ``uars`` are the true values of the first four models.
    """

    name: str
    speakers: int
    classes: int = 7
    clips: int = 5
    uneven: bool = False
    one_clip: bool = False
    rare: int = 0
    named: bool = True
    uars: tuple[float, ...] = (0.60, 0.595, 0.50, THRESHOLD)
    neutral: float | None = None
    mixed: bool = False
    sessions: int = 0
    by_session: bool = False


SETTINGS = (
    *(Setting(f"{n} speakers, 7 classes", n) for n in (3, 5, 8, 10, 24)),
    *(Setting(f"{n} speakers, 4 classes", n, classes=4, clips=10) for n in (10, 24)),
    *(Setting(f"{n} uneven speakers, 7 classes", n, uneven=True) for n in (10, 24)),
    *(Setting(f"{n} speakers, 7 classes, equal models", n, uars=(0.6,) * 4) for n in (10, 24)),
    *(
        Setting(f"{n} speakers, 7 classes, good models", n, uars=(0.95, 0.945, 0.90, 0.85))
        for n in (10, 24)
    ),
    *(
        Setting(f"{n} uneven speakers, 4 classes, {s} % neutral", n, 4, 20, True, neutral=s / 100)
        for n in (10, 24)
        for s in (60, 90)
    ),
    *(
        Setting(
            f"{n} very uneven speakers, 4 classes, 70 % neutral",
            n,
            4,
            20,
            True,
            mixed=True,
            neutral=0.7,
        )
        for n in (24, 50)
    ),
    *(
        Setting(f"24 speakers in 6 sessions, by {unit}", 24, sessions=6, by_session=by)
        for unit, by in (("speaker", False), ("session", True))
    ),
    Setting("350 clips of 350 speakers, by clip", 350, one_clip=True, named=False),
    Setting("24 speakers who are not named, by clip", 24, named=False),
    Setting("10 speakers, 4 classes, one of 3 clips", 10, classes=4, clips=6, rare=3),
    Setting("10 speakers, 5 classes, one of 2 clips", 10, classes=5, clips=6, rare=2),
    Setting("10 speakers, 7 classes, one of 2 clips", 10, clips=4, rare=2),
    Setting("123 clips, 3 classes, one of 3, by clip", 123, 3, one_clip=True, rare=3, named=False),
)


@dataclass(frozen=True)
class Corpus:
    """A pool: true labels, each model's answers, who speaks, and what intervals go by."""

    truth: list[str]
    predictions: dict[str, list[str]]
    speakers: list[int]
    groups: list[int] | None


@dataclass(frozen=True)
class Found:
    """What one pool gave: who was covered, who qualified, who stayed in the tied set."""

    covered: dict[str, bool]
    qualified: dict[str, bool]
    pairs: tuple[bool, ...]
    best_kept: bool
    random_kept: bool
    tied: int
    width: float


def simulate(setting: Setting, pools: int, seed: int) -> dict[str, Any]:
    """Return the rates of a setting, each with its 95 % Wilson interval over the pools."""
    start = time.perf_counter()
    true = true_uars(setting)
    drawn = corpora(setting, true, pools, seed)
    found = [judged(corpus, true) for corpus in drawn]
    return {
        "setting": asdict(setting),
        "coverage": {name: _rate([one.covered[name] for one in found]) for name in true},
        "difference_coverage": float(np.mean([one.pairs for one in found])),
        "threshold_qualified": _rate([one.qualified["threshold"] for one in found]),
        "random_qualified": _rate([one.qualified["random"] for one in found]),
        "random_tied": _rate([one.random_kept for one in found]),
        "best_tied": _rate([one.best_kept for one in found]),
        "tied_models": float(np.mean([one.tied for one in found])),
        "width": float(np.mean([one.width for one in found])),
        "seconds": time.perf_counter() - start,
    }


def judged(corpus: Corpus, true: Mapping[str, float]) -> Found:
    """Judge the models of a pool as a run of the suite does."""
    measured = {
        name: _measure(corpus.truth, prediction, corpus.groups)
        for name, prediction in corpus.predictions.items()
    }
    drawn = paired(corpus.truth, corpus.predictions, corpus.groups)
    kept = Comparison(drawn.names, {"speech": drawn}, {}, {}).tied
    return Found(
        covered={name: _covers(one.low, one.high, true[name]) for name, one in measured.items()},
        qualified={name: _qualifies(one) for name, one in measured.items()},
        pairs=tuple(_pair_covered(drawn, pair, true) for pair in combinations(drawn.names, 2)),
        best_kept="best" in kept,
        random_kept="random" in kept,
        tied=len(kept),
        width=float(measured["best"].high or 0) - float(measured["best"].low or 0),
    )


def true_uars(setting: Setting) -> dict[str, float]:
    """Return what each model scores on the whole population of speakers."""
    return dict(zip(MODELS, setting.uars, strict=True)) | {"random": 1 / setting.classes}


def corpora(setting: Setting, true: Mapping[str, float], pools: int, seed: int) -> Iterator[Corpus]:
    """Yield pools; each draws its speakers anew."""
    rng = np.random.default_rng([seed, setting.speakers, setting.classes, setting.uneven])
    means = {
        name: class_means(true[name], i, setting.classes, _deviation(setting))
        for i, name in enumerate(MODELS)
    }
    for _ in range(pools):
        yield _corpus(rng, setting, means)


def _corpus(rng: np.random.Generator, setting: Setting, means: Mapping[str, Floats]) -> Corpus:
    shape = (setting.speakers, setting.classes)
    clips = _clips(rng, setting).ravel()
    speaker, truth = (axis.ravel().repeat(clips) for axis in np.indices(shape))
    answers = {"random": rng.integers(setting.classes, size=len(truth))}
    for name, found in recalls(rng, means, shape, setting.sessions).items():
        right = rng.random(len(truth)) < found[speaker, truth]
        wrong = (truth + rng.integers(1, setting.classes, len(truth))) % setting.classes
        answers[name] = np.where(right, truth, wrong)
    names = {name: _named(answers[name]) for name in (*means, "random")}
    groups = speaker % setting.sessions if setting.by_session else speaker
    named = groups.tolist() if setting.named else None
    return Corpus(_named(truth), names, speaker.tolist(), named)


def _clips(rng: np.random.Generator, setting: Setting) -> Counts:
    """Return how many clips each speaker has of each class."""
    shape = (setting.speakers, setting.classes)
    if setting.one_clip:
        turns = np.arange(setting.speakers) % (shape[1] - bool(setting.rare))
        turns[: setting.rare] = -1
        return np.eye(setting.classes, dtype=np.int64)[turns]
    if not setting.uneven:
        clips = np.full(shape, setting.clips)
        if setting.rare:
            clips[:, -1] = np.bincount(np.arange(setting.rare) % 2, minlength=setting.speakers)
        return clips
    clips = rng.poisson(setting.clips * _uneven(rng, setting), shape)
    clips[0] = np.maximum(clips[0], 1)  # each class occurs
    return clips


def _uneven(rng: np.random.Generator, setting: Setting) -> Floats:
    """Return how many clips each speaker has of each class, as a multiple of an even share."""
    column, shares = (setting.speakers, 1), _shares(setting)
    if not setting.mixed:
        return rng.lognormal(-0.32, 0.8, column) * shares
    own = rng.dirichlet(shares, setting.speakers) * setting.classes
    return rng.lognormal(-0.845, 1.3, column) * own


def _shares(setting: Setting) -> Floats:
    """Return how many clips each class has, as a multiple of an even share."""
    if setting.neutral is None:
        return np.ones(setting.classes)
    others = (1 - setting.neutral) / (setting.classes - 1)
    return setting.classes * np.array([setting.neutral, *[others] * (setting.classes - 1)])


def recalls(
    rng: np.random.Generator,
    means: Mapping[str, Floats],
    shape: tuple[int, int],
    sessions: int = 0,
) -> dict[str, Floats]:
    """Return each model's recall for each speaker and class, of the given shape."""
    column = (shape[0], 1)
    effects = tuple(EFFECTS.values())
    shared = rng.normal(0, effects[0], column) + rng.normal(0, effects[2], shape)
    own = {
        name: rng.normal(0, effects[1], column) + rng.normal(0, effects[3], shape) for name in means
    }
    if sessions:
        which = np.arange(shape[0]) % sessions
        among, with_model = (
            rng.normal(0, effect, (len(means), sessions, 1)) for effect in SESSION.values()
        )
        shared = shared + among[0][which]
        own = {name: own[name] + with_model[i][which] for i, name in enumerate(means)}
    return {name: _logistic(mean + shared + own[name]) for name, mean in means.items()}


def class_means(uar: float, model: int, classes: int, deviation: float = DEVIATION) -> Floats:
    """Return a model's class means, in logits, whose expected UAR is the given one."""
    profile = np.roll(np.linspace(-1, 1, classes), 2 * model)
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        less = expected_recalls(profile + middle, deviation).mean() < uar
        low, high = (middle, high) if less else (low, middle)
    return profile + low


def expected_recalls(means: Floats, deviation: float = DEVIATION) -> Floats:
    """Return the mean of logistic(mean + effects) of each, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    found: Floats = (_logistic(means[:, None] + deviation * nodes) @ weights) / weights.sum()
    return found


def _deviation(setting: Setting) -> float:
    """Return the standard deviation of all effects, in logits."""
    effects = (*EFFECTS.values(), *(SESSION.values() if setting.sessions else ()))
    return float(np.hypot.reduce(effects))


def _logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def _named(classes: Counts) -> list[str]:
    return [f"emotion {label}" for label in classes.tolist()]


def _measure(
    truth: Sequence[str], prediction: Sequence[str], groups: Sequence[int] | None
) -> Measurement:
    interval = jackknife.metric_intervals(truth, prediction, groups, ["uar"])["uar"]
    value = agreement.uar(truth, prediction)
    return Measurement("uar", value, "1", interval.low, interval.high, len(truth))


def _covers(low: float | None, high: float | None, true: float) -> bool:
    return low is not None and high is not None and low <= true <= high


def _qualifies(measured: Measurement) -> bool:
    return judge(measured, REQUIREMENT, "low_uar").outcome is Outcome.PASS


def _pair_covered(drawn: Paired, pair: tuple[str, str], true: Mapping[str, float]) -> bool:
    found = comparisons.difference([drawn], *pair)
    return _covers(found.low, found.high, true[found.better] - true[found.other])


def _rate(hits: Sequence[bool]) -> dict[str, float]:
    interval = intervals.wilson(sum(hits), len(hits))
    return {"rate": sum(hits) / len(hits), "low": interval.low, "high": interval.high}


def _row(found: Mapping[str, Any]) -> str:
    """Return a line of the Markdown table, in percent."""
    rates = [one["rate"] for name, one in found["coverage"].items() if name != "random"]
    cells = [
        found["setting"]["name"],
        f"{100 * np.mean(rates):.1f} ({100 * min(rates):.1f}..{100 * max(rates):.1f})",
        _percent(found["coverage"]["threshold"]),
        f"{100 * found['difference_coverage']:.1f}",
        _percent(found["threshold_qualified"]) if THRESHOLD in found["setting"]["uars"] else "-",
        _percent(found["best_tied"]),
        f"{found['tied_models']:.1f}",
        _percent(found["random_qualified"]),
        _percent(found["random_tied"]),
        f"{found['width']:.2f}",
    ]
    return "| " + " | ".join(cells) + " |\n"


def _percent(rate: Mapping[str, float]) -> str:
    return f"{100 * rate['rate']:.1f} [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"


HEADER = (
    "| corpus | coverage, mean of 4 models (range) | coverage of the fourth model"
    " | coverage of differences | model at 0.4 qualified | truly best in tied set | models in it"
    " | guesser qualified | guesser in tied set | mean width |\n" + "|---" * 10 + "|\n"
)


def print_rows(
    rows: Callable[[int, int], Iterator[str]], description: str | None, pools: int
) -> None:
    """Write the lines of a table as they come, given the numbers of pools and the seed."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--pools", type=int, default=pools)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for row in rows(arguments.pools, arguments.seed):
        sys.stdout.write(row)
        sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--pools", type=int, default=1000, help="corpora of each setting")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speakers", type=int, nargs="*", help="only settings of so many")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all rates there")
    return parser.parse_args()


def _main() -> None:
    arguments = _arguments()
    chosen = [s for s in SETTINGS if not arguments.speakers or s.speakers in arguments.speakers]
    sys.stdout.write(HEADER)
    results = []
    for setting in chosen:
        results.append(simulate(setting, arguments.pools, arguments.seed))
        sys.stdout.write(_row(results[-1]))
        sys.stdout.flush()
    if arguments.json:
        written = {"pools": arguments.pools, "seed": arguments.seed, "settings": results}
        arguments.json.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    _main()
