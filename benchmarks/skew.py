"""Tell which models pass for varied and for even-handed, on speech of which most is neutral.

    python -m benchmarks.skew --pools 400 --seed 0

Corpora of 24 speakers and 720 clips, of which a share is neutral. Each model is what it says of the
clips of each emotion: ``confusions``. Speakers differ: the share of errors of each is
logistic-normal around that of the model (standard deviation 0.5). The functions that judge are
those that judge real models, by the default requirements.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.requirements import Requirements
from sertify.gates import degeneracy
from sertify.statistics.intervals import mean_interval
from sertify.statistics.leaning import leaning
from sertify.vocabulary.outcomes import Outcome

__all__ = ["confusions", "limits", "shares_table", "variety_table"]

EMOTIONS = (
    "neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "boredom",
    "contempt", "calm",
)  # fmt: skip
SHARES = (0.14, 0.5, 0.6, 0.9, 0.95, 0.97, 0.99)
SPEAKERS, CLIPS, SPREAD = 24, 720, 0.5
ASKED = Requirements()

Floats = NDArray[np.float64]
Rates = Mapping[str, float]


def confusions(emotions: int, share: float) -> dict[str, Floats]:
    """Return what models say, a row for each emotion; the first one is neutral."""
    n, even = emotions, np.ones((emotions, emotions))
    neutral, two = np.eye(n)[[0] * n], np.eye(n)[[0, *[1] * (n - 1)]]
    prior = np.array([share, *[(1 - share) / (n - 1)] * (n - 1)])
    half = (np.eye(n) + neutral) / 2
    return {
        "always right": np.eye(n),
        "recall .8": _evenly(n, 0.8),
        "recall .55": _evenly(n, 0.55),
        "neutral .9, others .5": np.vstack([_evenly(n, 0.9)[:1], _evenly(n, 0.5)[1:]]),
        "half of the rest as neutral": half,
        "neutral .3, others .8": np.vstack([_evenly(n, 0.3)[:1], _evenly(n, 0.8)[1:]]),
        "neutral or anger": two,
        "guesses evenly": even / n,
        "guesses by the shares": even * prior,
        "neutral but for 2 %": 0.98 * neutral + 0.02 / n,
        "always neutral": neutral,
    }


def _evenly(n: int, recall: float) -> Floats:
    """Return what is said with errors that are spread evenly."""
    matrix: Floats = np.full((n, n), (1 - recall) / (n - 1))
    np.fill_diagonal(matrix, recall)
    return matrix


def drawn(
    rows: Floats, share: float, rng: np.random.Generator, clips: int = CLIPS
) -> tuple[list[str], list[str], list[int]]:
    """Return truths, predictions and speakers of a corpus; at least one clip is not neutral."""
    n, others = len(rows), max(1, round(clips * (1 - share)))
    truth = np.array([0] * (clips - others) + [1 + i % (n - 1) for i in range(others)])
    speakers = rng.permutation(np.arange(clips) % SPEAKERS)
    wrong = 1 - rows[truth, truth]
    with np.errstate(divide="ignore"):
        logits = np.log(wrong) - np.log1p(-wrong) + rng.normal(0, SPREAD, SPEAKERS)[speakers]
    # What a logistic-normal share of errors is on average, taken back.
    err = rng.random(clips) < 1 / (1 + np.exp(-logits * np.sqrt(1 + 0.346 * SPREAD**2)))
    errors = rows[truth] * (np.arange(n) != truth[:, None])
    sums = errors.sum(axis=1, keepdims=True)
    cumulated = np.cumsum(
        np.divide(errors, sums, out=np.zeros_like(errors), where=sums > 0), axis=1
    )
    other = (cumulated < rng.random((clips, 1)) * cumulated[:, -1:]).sum(axis=1)
    said = np.where(err & (sums[:, 0] > 0), other, truth)
    return [EMOTIONS[i] for i in truth], [EMOTIONS[i] for i in said], speakers.tolist()


def varied(truth: Sequence[str], said: Sequence[str], labels: int, blind: bool) -> str:
    """Return by which check a model is rejected, if it is; ``blind`` looks at no label."""
    truths = [None] * len(truth) if blind else [*truth]
    judged = (
        degeneracy.judge_top_share(said, truths, ASKED.top_share, {}),
        degeneracy.judge_spread(said, truths, labels, ASKED.entropy),
        degeneracy.judge_diversity(said, truths, ASKED.effective_emotions),
    )
    failed = (one.reason for one in judged if one.outcome is Outcome.FAIL)
    return next((str(reason) for reason in failed), "")


def skewed(truth: Sequence[str], said: Sequence[str], speakers: Sequence[int], labels: int) -> bool:
    """Whether a model is rejected for skewed predictions, beyond doubt, as the gate does."""
    low = leaning(truth, said, EMOTIONS[:labels], speakers).interval.low
    (bound,) = ASKED.class_share
    return low > (bound.max or 0)


def variety_table(pools: int, seed: int, emotions: int = 7) -> Iterator[tuple[str, list[str]]]:
    """Yield of each model the percent rejected for constancy, without labels and with them."""
    for name in confusions(emotions, 0.5):
        cells = []
        for share in SHARES:
            rng, rows = np.random.default_rng(seed), confusions(emotions, share)[name]
            found = [drawn(rows, share, rng)[:2] for _ in range(pools)]
            blind, now = (
                100 * float(np.mean([bool(varied(*one, emotions, without)) for one in found]))
                for without in (True, False)
            )
            cells.append(f"{blind:.0f} → {now:.0f}")
        yield name, cells


def shares_table(pools: int, seed: int, emotions: int = 7) -> Iterator[tuple[str, list[str]]]:
    """Yield of each model the percent rejected for skewed predictions: in 0.1.0, and now."""
    for name in confusions(emotions, 0.5):
        cells = []
        for share in SHARES:
            rng, rows = np.random.default_rng(seed), confusions(emotions, share)[name]
            found = [drawn(rows, share, rng) for _ in range(pools)]
            now = 100 * np.mean([skewed(*one, emotions) for one in found])
            before = 100 * np.mean([differs(*one) for one in found])
            cells.append(f"{before:.0f} → {now:.0f}")
        yield name, cells


def differs(truth: Sequence[str], said: Sequence[str], speakers: Sequence[int]) -> bool:
    """Whether the share of the worst emotion is off beyond doubt, as 0.1.0 had it."""
    true, predicted = Counter(truth), Counter(said)
    worst = max(EMOTIONS, key=lambda name: abs(predicted[name] - true[name]))
    sign = 1 if predicted[worst] >= true[worst] else -1
    pairs = zip(truth, said, strict=True)
    values = [sign * ((heard == worst) - (label == worst)) for label, heard in pairs]
    return mean_interval(values, speakers).low > 0.15


def limits(pools: int, seed: int) -> Iterator[tuple[int, list[str]]]:
    """Yield by the number of emotions the percent of models at the limit that are rejected.

    One says neutral too often by just the limit, one as much too rarely, where it is that frequent;
    of balanced speech, and of speech that is 60 % neutral.
    """
    for n in (2, 3, 4, 5, 7, 10):
        rates = []
        for share in (1 / n, 0.6):
            some = []
            for rows in at_limit(n, share):
                rng = np.random.default_rng(seed)
                found = [skewed(*drawn(rows, share, rng), n) for _ in range(pools)]
                some.append(f"{100 * float(np.mean(found)):.1f}")
            rates += [*some, "-"][:2]
        yield n, rates


def at_limit(n: int, share: float, limit: float = 0.15) -> Iterator[Floats]:
    """Yield what is said by models that are right but for ``limit``, for and against neutral."""
    towards, away = np.eye(n), np.eye(n)
    towards[1:] *= 1 - limit / (1 - share)
    towards[1:, 0] = limit / (1 - share)
    # Against the smaller of the two shares that are expected, which falls with the recall.
    wrong = limit / share
    for _ in range(100):
        recall = 1 - wrong / n
        least = min(share, share * recall + (1 - share) * (1 - recall) / (n - 1))
        wrong = (share - least + limit) / share
    away[0] = wrong / (n - 1)
    away[0, 0] = 1 - wrong
    yield from (rows for rows in (towards, away) if (rows >= 0).all())


def main() -> None:
    """Print the three tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for table in (variety_table, shares_table):
        print(f"\n| model | {' | '.join(f'{share:.2f}' for share in SHARES)} |")
        print("|---" * (len(SHARES) + 1) + "|")
        for name, cells in table(options.pools, options.seed):
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print()
    for n, rates in limits(options.pools, options.seed):
        print(f"| {n} | {' | '.join(rates)} |", flush=True)


if __name__ == "__main__":
    main()
