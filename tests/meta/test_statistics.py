"""The intervals are reproducible, agree with other code, and cover what they say they cover."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import t as student

from sertify import metrics
from sertify.statistics import Interval, bootstrap, wilson

# A deadline would fail a test for the machine's sake, and a random start for no one's.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

EMOTIONS = ("anger", "joy", "sadness")
COMPARISONS = (metrics.accuracy, metrics.uar, metrics.macro_f1)
OVERALL = tuple(metric.__name__ for metric in COMPARISONS)

emotions = st.sampled_from(EMOTIONS)
clips = st.lists(st.tuples(emotions, emotions, st.sampled_from("ABCDE")), min_size=1, max_size=40)
confidences = st.floats(0.5, 0.99)
Clips = list[tuple[str, str, str]]


def columns(clips: Clips) -> tuple[list[str], list[str], list[str]]:
    """Return truth, prediction and speakers."""
    truth, prediction, speakers = (list(column) for column in zip(*clips, strict=True))
    return truth, prediction, speakers


def simulated(rng: np.random.Generator, n_speakers: int) -> tuple[list[str], list[str], list[int]]:
    """Return 30 clips a speaker; speakers are understood at rates of 0.7 on average."""
    rates = rng.beta(3.5, 1.5, size=n_speakers).repeat(30)
    truth = rng.choice(EMOTIONS, len(rates))
    wrong = np.roll(EMOTIONS, 1)[np.searchsorted(EMOTIONS, truth)]
    prediction = np.where(rng.random(len(rates)) < rates, truth, wrong)
    return truth.tolist(), prediction.tolist(), np.arange(n_speakers).repeat(30).tolist()


def width(interval: Interval) -> float:
    return interval.high - interval.low


def coverage(n_speakers: int, clustered: bool, n_studies: int = 400) -> float:
    """Return how many intervals of simulated studies hold the true rate of 0.7."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(n_studies):
        truth, prediction, speakers = simulated(rng, n_speakers)
        groups = speakers if clustered else None
        interval = bootstrap(truth, prediction, groups, ["uar"], replicates=500)["uar"]
        covered += interval.low <= 0.7 <= interval.high
    return covered / n_studies


@pytest.mark.parametrize("n_speakers", [10, 40])
def test_intervals_by_speaker_cover_what_they_say_where_speakers_differ(n_speakers: int) -> None:
    assert 0.92 <= coverage(n_speakers, clustered=True) <= 0.98


def test_intervals_by_clip_do_not_where_speakers_differ() -> None:
    assert coverage(40, clustered=False) < 0.75


def test_intervals_by_speaker_are_wider_where_speakers_differ() -> None:
    truth, prediction, speakers = simulated(np.random.default_rng(0), 20)
    by_clip, by_speaker = (bootstrap(truth, prediction, g) for g in (None, speakers))
    for name in OVERALL:
        assert width(by_speaker[name]) > 1.3 * width(by_clip[name])


def test_intervals_by_clip_equal_the_normal_theory_of_many_clips() -> None:
    truth, prediction = ["joy"] * 5000, ["joy"] * 3000 + ["anger"] * 2000
    interval = bootstrap(truth, prediction, replicates=20_000)["accuracy"]
    half = 1.96 * math.sqrt(0.6 * 0.4 / 5000)
    assert (interval.low, interval.high) == pytest.approx((0.6 - half, 0.6 + half), abs=5e-4)


@pytest.mark.parametrize("n", [12, 20, 100])
def test_intervals_of_few_speakers_equal_those_of_student(n: int) -> None:
    # Speakers of 100 clips with normally spread rates: the mean's exact interval is Student's.
    rates = np.random.default_rng(3).normal(60, 10, n).round().clip(0, 100).astype(int)
    prediction = [x for rate in rates for x in ["joy"] * rate + ["anger"] * (100 - rate)]
    speakers = np.arange(n).repeat(100).tolist()
    ours = bootstrap(["joy"] * 100 * n, prediction, speakers, ["accuracy"], replicates=20_000)
    exact = 2 * student.ppf(0.975, n - 1) * rates.std(ddof=1) / 100 / math.sqrt(n)
    assert width(ours["accuracy"]) == pytest.approx(exact, rel=0.02)


def test_replicates_equal_the_metrics_of_resampled_clips() -> None:
    """Spell out the bootstrap clip by clip; the quantiles are those of another random stream."""
    truth, prediction, speakers = simulated(np.random.default_rng(5), 12)
    rng, pick = np.random.default_rng(6), np.arange(len(truth)).reshape(12, 30)
    samples = [pick[rng.integers(12, size=12)].ravel() for _ in range(2000)]
    resampled = [([truth[i] for i in s], [prediction[i] for i in s]) for s in samples]
    ours = bootstrap(truth, prediction, speakers, confidence=0.8, replicates=20_000)
    tails = [0.079, 1 - 0.079]  # 10 % at either end, expanded for twelve speakers
    for metric in COMPARISONS:
        theirs = np.quantile([metric(*sample) for sample in resampled], tails)
        interval = ours[metric.__name__]
        assert (interval.low, interval.high) == pytest.approx(tuple(theirs), abs=0.01)


@given(clips, confidences)
def test_intervals_are_ordered_and_lie_between_0_and_1(clips: Clips, confidence: float) -> None:
    truth, prediction, speakers = columns(clips)
    names = [*OVERALL, *(f"recall:{label}" for label in set(truth))]
    for groups in (None, speakers):
        intervals = bootstrap(
            truth, prediction, groups, names, EMOTIONS, confidence, replicates=200
        )
        assert list(intervals) == names
        assert all(0 <= i.low <= i.high <= 1 for i in intervals.values())


@given(clips)
def test_the_interval_by_clip_holds_the_accuracy(clips: Clips) -> None:
    truth, prediction, _ = columns(clips)
    interval = bootstrap(truth, prediction, replicates=500)["accuracy"]
    assert interval.low <= metrics.accuracy(truth, prediction) <= interval.high


@given(clips, st.randoms(use_true_random=False))
def test_a_seed_gives_one_interval_whatever_the_order_and_the_names(
    clips: Clips, random: Random
) -> None:
    shuffled = random.sample(clips, len(clips))
    renamed = [(t, p, f"speaker {ord('Z') - ord(s)}") for t, p, s in shuffled]
    expected = bootstrap(*columns(clips), replicates=50)
    assert bootstrap(*columns(shuffled), replicates=50) == expected
    assert bootstrap(*columns(renamed), replicates=50) == expected


@given(clips)
def test_more_confidence_never_narrows(clips: Clips) -> None:
    few, many = (
        bootstrap(*columns(clips), confidence=c, replicates=100)["uar"] for c in (0.6, 0.9)
    )
    assert many.low <= few.low <= few.high <= many.high


def test_seeds_differ() -> None:
    truth, prediction, speakers = simulated(np.random.default_rng(0), 20)
    first, second = (bootstrap(truth, prediction, speakers, seed=seed) for seed in (0, 1))
    assert first != second


@given(clips)
def test_one_speaker_falls_back_to_clips(clips: Clips) -> None:
    truth, prediction, _ = columns(clips)
    alone = bootstrap(truth, prediction, ["A"] * len(truth), replicates=50)
    assert alone == bootstrap(truth, prediction, replicates=50)


@given(clips)
def test_speakers_who_answer_alike_leave_the_very_value_of_the_metric(clips: Clips) -> None:
    truth, prediction, _ = columns(clips)
    twins = ["A"] * len(truth) + ["B"] * len(truth)
    names = [*OVERALL, *(f"recall:{label}" for label in set(truth))]
    intervals = bootstrap(truth * 2, prediction * 2, twins, names, replicates=10)
    values = {metric.__name__: metric(truth, prediction) for metric in COMPARISONS}
    values |= {f"recall:{k}": v for k, v in metrics.recalls(truth, prediction).items()}
    assert intervals == {name: Interval(values[name], values[name]) for name in names}


def test_a_replicate_without_a_class_averages_over_the_others() -> None:
    # Joy has one clip and a third of the replicates none; anger is always right, joy never.
    interval = bootstrap(["anger"] * 9 + ["joy"], ["anger"] * 10, replicates=500)["uar"]
    assert interval == Interval(0.5, 1.0)


def test_recall_leaves_out_replicates_without_the_class() -> None:
    recall = bootstrap(["anger"] * 9 + ["joy"], ["anger"] * 10, metrics=["recall:joy"])
    assert recall == {"recall:joy": Interval(0.0, 0.0)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": ["A"]}, "2 clips, but 1 groups"),
        ({"replicates": 0}, "replicates=0, but should be at least 1"),
        ({"confidence": 95}, "confidence=95, but should lie between 0 and 1"),
        ({"metrics": ["f1"]}, "metric 'f1', but should be one of accuracy, uar, macro_f1, recall:"),
        (
            {"metrics": ["recall:sadness"], "labels": EMOTIONS},
            "recall:sadness: there are no clips of this class",
        ),
    ],
)
def test_say_what_is_wrong_with_the_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        bootstrap(["joy", "anger"], ["joy", "joy"], **options)  # type: ignore[arg-type]


def test_no_clips_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no clips"):
        bootstrap([], [])


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.01, 0.999))
def test_wilson_equals_scipy(n: int, share: float, confidence: float) -> None:
    successes = round(share * n)
    ours = wilson(successes, n, confidence)
    theirs = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= ours.high <= 1


@given(st.integers(1, 10_000))
def test_wilson_is_exact_at_the_ends(n: int) -> None:
    assert wilson(0, n).low == 0
    assert wilson(n, n).high == 1


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 3), (4, 3)])
def test_wilson_rejects_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"^{successes} successes of {n} trials$"):
        wilson(successes, n)
