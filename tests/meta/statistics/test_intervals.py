"""The intervals are reproducible, agree with other code, and cover what they say they cover."""

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binomtest, norm
from scipy.stats import t as student

from benchmarks import planning
from sertify.statistics import agreement
from sertify.statistics.comparisons import uar_interval
from sertify.statistics.intervals import Interval, random_range, wilson
from sertify.statistics.jackknife import kappa_interval, metric_intervals
from sertify.statistics.paired import paired
from sertify.statistics.resampling import freedom
from sertify.vocabulary.planning import factor_to_settle

EMOTIONS = ("anger", "joy", "sadness")
COMPARISONS = (agreement.accuracy, agreement.uar, agreement.macro_f1)
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


def coverage(n_speakers: int, clustered: bool, n_studies: int = 300) -> float:
    """Return how many intervals of simulated studies hold the true rate of 0.7."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(n_studies):
        truth, prediction, speakers = simulated(rng, n_speakers)
        groups = speakers if clustered else None
        interval = metric_intervals(truth, prediction, groups, ["uar"])["uar"]
        covered += interval.low <= 0.7 <= interval.high
    return covered / n_studies


@pytest.mark.slow(0.5)
@pytest.mark.parametrize("n_speakers", [3, 5, 10, 40])
def test_intervals_by_speaker_cover_what_they_say_where_speakers_differ(n_speakers: int) -> None:
    assert 0.92 <= coverage(n_speakers, clustered=True) <= 0.98


@pytest.mark.slow(0.5)
def test_intervals_by_clip_do_not_where_speakers_differ() -> None:
    assert coverage(40, clustered=False) < 0.75


def test_intervals_by_speaker_are_wider_where_speakers_differ() -> None:
    truth, prediction, speakers = simulated(np.random.default_rng(0), 20)
    by_clip, by_speaker = (metric_intervals(truth, prediction, g) for g in (None, speakers))
    for name in OVERALL:
        assert width(by_speaker[name]) > 1.3 * width(by_clip[name])


def test_intervals_by_clip_equal_the_normal_theory_of_many_clips() -> None:
    truth, prediction = ["joy"] * 5000, ["joy"] * 3000 + ["anger"] * 2000
    interval = metric_intervals(truth, prediction)["accuracy"]
    half = 1.96 * math.sqrt(0.6 * 0.4 / 5000)
    assert (interval.low, interval.high) == pytest.approx((0.6 - half, 0.6 + half), abs=5e-4)


@pytest.mark.parametrize("n", [2, 3, 12, 100])
def test_intervals_of_few_speakers_are_those_of_student_on_the_logit_scale(n: int) -> None:
    # Speakers of 100 clips with normally spread rates.
    rates = np.random.default_rng(3).normal(60, 10, n).round().clip(0, 100).astype(int)
    prediction = [x for rate in rates for x in ["joy"] * rate + ["anger"] * (100 - rate)]
    speakers = np.arange(n).repeat(100).tolist()
    truth, mean = ["joy"] * 100 * n, rates.mean() / 100
    ours = metric_intervals(truth, prediction, speakers)
    error = rates.std(ddof=1) / 100 / math.sqrt(n) / (mean * (1 - mean))
    half = student.ppf(0.975, n - 1) * error
    for name in ("accuracy", "uar"):
        expected = expit(logit(mean) + np.array([-half, half]))
        assert (ours[name].low, ours[name].high) == pytest.approx(tuple(expected), abs=0.004)


def test_the_spread_is_that_of_the_metrics_without_one_speaker() -> None:
    """Spell out the jackknife clip by clip."""
    truth, prediction, speakers = simulated(np.random.default_rng(5), 12)
    pick = np.arange(len(truth)).reshape(12, 30)
    left = [np.delete(pick, speaker, axis=0).ravel() for speaker in range(12)]
    without = [([truth[i] for i in some], [prediction[i] for i in some]) for some in left]
    ours = metric_intervals(truth, prediction, speakers, confidence=0.8)
    for metric in COMPARISONS:
        value = metric(truth, prediction)
        error = math.sqrt(11) * np.std([metric(*sample) for sample in without])
        half = student.ppf(0.9, 11) * error / (value * (1 - value))
        theirs = expit(logit(value) + np.array([-half, half]))
        interval = ours[metric.__name__]
        assert (interval.low, interval.high) == pytest.approx(tuple(theirs), abs=0.01)


def test_without_one_speaker_is_near_what_resampling_finds() -> None:
    truth, prediction, speakers = simulated(np.random.default_rng(5), 24)
    drawn = paired(truth, {"model": prediction}, speakers)
    theirs, ours = uar_interval([drawn], "model"), metric_intervals(truth, prediction, speakers)
    assert (ours["uar"].low, ours["uar"].high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


@given(st.integers(2, 200), st.integers(1, 8), st.integers(1, 9))
def test_equal_speakers_have_the_freedom_of_the_textbook(n: int, n_labels: int, clips: int) -> None:
    assert freedom(np.full((n, n_labels), clips)) == pytest.approx(n - 1)


@given(st.lists(st.integers(2, 30), min_size=1, max_size=8))
def test_clips_have_the_freedom_of_welch(sizes: list[int]) -> None:
    found = freedom(np.repeat(np.eye(len(sizes), dtype=np.int64), sizes, axis=0))
    n = np.array(sizes, dtype=float)
    biased = (n - 1) / n**2  # variances of class means, up to a common factor
    welch = biased.sum() ** 2 / (biased**2 / (n - 1)).sum()
    assert found == pytest.approx(max(1, min(welch, len(n) ** 2 / (1 / n).sum() - 1)))


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=1, max_size=20))
def test_uneven_speakers_count_for_fewer(sizes: list[list[int]]) -> None:
    table = np.array(sizes)
    assume(table.sum() > 0)
    assert 1 <= freedom(table) <= max(1, len(sizes) - 1) + 1e-9


def test_a_speaker_with_most_clips_leaves_few_degrees_of_freedom() -> None:
    assert freedom(np.array([[100], [1], [1], [1]])) == 1


@pytest.mark.parametrize("by_speaker", [True, False])
@pytest.mark.parametrize(("classes", "each"), [(7, 5), (4, 3), (2, 30)])
def test_one_error_more_makes_nobody_surer(by_speaker: bool, classes: int, each: int) -> None:
    truth = [f"emotion {n % classes}" for n in range(classes * each)]
    speakers = [n // classes for n in range(len(truth))] if by_speaker else None
    lows = []
    for errors in range(each * classes // 3):
        wrong = [*range(errors)]
        said = ["none" if n in wrong else word for n, word in enumerate(truth)]
        lows.append(metric_intervals(truth, said, speakers, ["uar"])["uar"].low)
    assert lows[0] > lows[1]
    assert all(later <= low + 0.03 for low, later in pairwise(lows)), lows


def uneven_coverage(by_class: bool, n_studies: int = 300) -> float:
    """Return the coverage where speakers differ in size, or one emotion has but three speakers."""
    rng, covered = np.random.default_rng(1), 0
    for _ in range(n_studies):
        sizes = rng.permutation([60, 40, 30, 20, 10, 10, 5, 5]) if not by_class else [24] * 8
        speakers = np.arange(8).repeat(sizes)
        rates = rng.beta(3.5, 1.5, 8)[speakers]
        heard = np.where(by_class & (speakers > 2), 2, 3)
        truth = np.array(EMOTIONS)[rng.integers(0, heard)]
        wrong = np.roll(EMOTIONS, 1)[np.searchsorted(EMOTIONS, truth)]
        prediction = np.where(rng.random(len(truth)) < rates, truth, wrong)
        interval = metric_intervals(
            truth.tolist(), prediction.tolist(), speakers.tolist(), ["uar"]
        )["uar"]
        covered += interval.low <= 0.7 <= interval.high
    return covered / n_studies


@pytest.mark.slow(0.5)
@pytest.mark.parametrize("by_class", [False, True])
def test_intervals_cover_where_speakers_are_uneven(by_class: bool) -> None:
    assert 0.92 <= uneven_coverage(by_class) <= 0.99


@given(clips, confidences)
def test_intervals_are_ordered_and_lie_between_0_and_1(clips: Clips, confidence: float) -> None:
    truth, prediction, speakers = columns(clips)
    names = [*OVERALL, *(f"recall:{label}" for label in set(truth))]
    for groups in (None, speakers):
        intervals = metric_intervals(truth, prediction, groups, names, EMOTIONS, confidence)
        assert list(intervals) == names
        assert all(0 <= i.low <= i.high <= 1 for i in intervals.values())


@given(clips)
def test_intervals_hold_the_value(clips: Clips) -> None:
    truth, prediction, speakers = columns(clips)
    for groups in (None, speakers):
        intervals = metric_intervals(truth, prediction, groups)
        for metric in COMPARISONS:
            interval = intervals[metric.__name__]
            value = metric(truth, prediction)
            assert interval.low - 1e-12 <= value <= interval.high + 1e-12


@given(clips, st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(clips: Clips, random: Random) -> None:
    shuffled = random.sample(clips, len(clips))
    renamed = [(t, p, f"speaker {ord('Z') - ord(s)}") for t, p, s in shuffled]
    expected = metric_intervals(*columns(clips))
    assert metric_intervals(*columns(shuffled)) == expected
    assert metric_intervals(*columns(renamed)) == expected


@given(clips)
def test_more_confidence_never_narrows(clips: Clips) -> None:
    few, many = (metric_intervals(*columns(clips), confidence=c)["uar"] for c in (0.6, 0.9))
    assert many.low <= few.low <= few.high <= many.high


@given(clips)
def test_one_speaker_falls_back_to_clips(clips: Clips) -> None:
    truth, prediction, _ = columns(clips)
    alone = metric_intervals(truth, prediction, ["A"] * len(truth))
    assert alone == metric_intervals(truth, prediction)


@pytest.mark.parametrize("n", [2, 3, 24])
def test_speakers_who_are_all_understood_are_no_certainty(n: int) -> None:
    truth = ["anger", "joy"] * 5 * n
    speakers = np.arange(n).repeat(10).tolist()
    interval = metric_intervals(truth, truth, speakers)["uar"]
    z = student.ppf(0.975, n - 1)
    assert interval.low == pytest.approx(10 * n / (10 * n + z**2))
    assert interval.high == 1
    once_wrong = metric_intervals(truth, ["joy", *truth[1:]], speakers)["uar"]
    assert once_wrong.low < interval.low


def test_clips_that_are_all_right_have_the_interval_of_wilson() -> None:
    truth = ["anger", "joy"] * 15
    intervals = metric_intervals(truth, truth, metrics=["accuracy", "uar", "recall:joy"])
    assert intervals["accuracy"] == intervals["uar"] == wilson(30, 30)
    assert intervals["recall:joy"] == wilson(15, 15)


def test_a_class_of_one_clip_leaves_its_recall_open() -> None:
    # The mean of a recall that is known, and of one of a single clip.
    interval = metric_intervals(["anger"] * 99 + ["joy"], ["anger"] * 99 + ["joy"])["uar"]
    assert interval.low < 0.55
    interval = metric_intervals(["anger"] * 99 + ["joy"], ["anger"] * 80 + ["joy"] * 20)["uar"]
    assert width(interval) > 0.2


def rare(sizes: Sequence[int], recall: float, by_speaker: bool, n: int = 120) -> float:
    """Return how often models of a recall, the same in each class, are said to be better."""
    rng, better = np.random.default_rng(4), 0
    names = np.array([f"emotion {i}" for i in range(len(sizes))])
    truth = np.arange(len(sizes)).repeat(sizes)
    place = np.concatenate([np.arange(size) for size in sizes])
    speakers = np.where(np.array(sizes)[truth] > 3, place % 10, place % 2).tolist()
    for _ in range(n):
        wrong = (truth + rng.integers(1, len(sizes), len(truth))) % len(sizes)
        answers = names[np.where(rng.random(len(truth)) < recall, truth, wrong)].tolist()
        groups = speakers if by_speaker else None
        found = metric_intervals(names[truth].tolist(), answers, groups, ["uar"])["uar"]
        better += found.low >= recall
    return better / n


@pytest.mark.parametrize("sizes", [(100, 3), (60, 60, 60, 60, 2), (100, 100, 3, 3), (1,) * 7])
@pytest.mark.parametrize("by_speaker", [False, True])
def test_a_class_of_few_clips_does_not_qualify_a_model(
    sizes: Sequence[int], by_speaker: bool
) -> None:
    assert rare(sizes, 0.4, by_speaker) <= 0.05
    assert rare(sizes, 1 / len(sizes), by_speaker) <= 0.05


@pytest.mark.parametrize("metric", ["uar", "macro_f1"])
@pytest.mark.parametrize("groups", [None, ["A", "B", "C", "D", "E"] * 20 + ["A", "B", "A"]])
def test_three_clips_that_are_all_right_leave_their_recall_open(
    metric: str, groups: list[str] | None
) -> None:
    truth, half = ["anger"] * 100 + ["joy"] * 3, ["anger", "anger", "none", "anger", "anger"] * 20
    open_ones = (["joy"] * 3, ["none"] * 3)
    for answers in open_ones:
        interval = metric_intervals(truth, half + answers, groups, [metric])[metric]
        assert width(interval) > 0.2


def test_many_clips_that_are_all_right_add_little() -> None:
    truth = ["anger"] * 100 + ["joy"] * 100
    answers = ["anger", "joy"] * 50 + ["joy"] * 100
    interval = metric_intervals(truth, answers, metrics=["uar"])["uar"]
    assert width(interval) == pytest.approx(2 * 1.98 * 0.05 / 2, rel=0.1)


def test_a_class_that_one_speaker_has_leaves_its_recall_open() -> None:
    truth, speakers = ["anger"] * 60 + ["joy"] * 10, ["A", "B", "C"] * 20 + ["A"] * 10
    recall = metric_intervals(truth, truth, speakers, ["recall:joy"])["recall:joy"]
    assert recall.low < 0.1 < 0.9 < recall.high


def test_the_recall_of_few_clips_is_uncertain() -> None:
    truth = ["anger"] * 95 + ["joy"] * 5
    recall = metric_intervals(truth, ["anger"] * 97 + ["joy"] * 3, metrics=["recall:joy"])
    assert 0.05 < recall["recall:joy"].low < 0.3 < 0.9 < recall["recall:joy"].high < 0.99


def test_speakers_without_a_class_say_nothing_of_its_recall() -> None:
    truth, prediction, speakers = simulated(np.random.default_rng(5), 12)
    alone = metric_intervals(truth, prediction, speakers, ["recall:joy"])
    more = ["anger"] * 90
    others = metric_intervals(
        truth + more, prediction + more, speakers + [20, 21, 22] * 30, ["recall:joy"]
    )
    assert others == alone


def test_a_class_of_one_speaker_keeps_an_interval() -> None:
    truth, prediction = ["anger"] * 9 + ["joy"] * 2, ["anger"] * 9 + ["joy", "anger"]
    recall = metric_intervals(truth, prediction, list("AAAAAAAAABB"), ["recall:joy"])
    assert recall["recall:joy"].low < 0.1 < 0.9 < recall["recall:joy"].high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": ["A"]}, "2 clips, but 1 groups"),
        ({"confidence": 95}, "confidence=95, but should lie between 0 and 1"),
        (
            {"metrics": ["f1"]},
            "metric 'f1', but should be one of accuracy, uar, macro_f1, kappa, recall:",
        ),
        (
            {"metrics": ["recall:sadness"], "labels": EMOTIONS},
            "recall:sadness: there are no clips of this class",
        ),
    ],
)
def test_say_what_is_wrong_with_the_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        metric_intervals(["joy", "anger"], ["joy", "joy"], **options)  # type: ignore[arg-type]


def test_no_clips_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no clips"):
        metric_intervals([], [])


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


def agreeing(n: int, share: float, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return the answers of two raters, the second of whom copies the first in a share of clips."""
    rng = np.random.default_rng(seed)
    first, second = rng.choice(EMOTIONS, (2, n))
    return first.tolist(), np.where(rng.random(n) < share, first, second).tolist()


@pytest.mark.slow(0.5)
def test_the_interval_of_kappa_covers_what_it_says() -> None:
    # Copying in 60 % of clips and else guessing among three agrees beyond chance in 60 %.
    intervals = [kappa_interval(*agreeing(80, 0.6, seed)) for seed in range(300)]
    covered = [interval.low <= 0.6 <= interval.high for interval in intervals]
    assert 0.92 <= np.mean(covered) <= 0.98


def test_the_interval_of_kappa_equals_the_large_sample_theory() -> None:
    first, second = agreeing(5000, 0.6)
    kappa, interval = agreement.cohen_kappa(first, second), kappa_interval(first, second)
    agreed = np.mean(np.array(first) == np.array(second))
    half = 1.96 * math.sqrt(agreed * (1 - agreed) / 5000) / (2 / 3)  # Cohen 1960, equation 9
    assert (interval.low, interval.high) == pytest.approx((kappa - half, kappa + half), abs=2e-3)


def test_agreement_on_all_clips_is_no_certainty() -> None:
    first, _ = agreeing(30, 1)
    interval = kappa_interval(first, first)
    assert interval.high == 1
    assert 0.6 < interval.low < 0.9


def test_kappa_of_one_and_the_same_answer_has_no_interval() -> None:
    with pytest.raises(ValueError, match=r"^kappa: both give all clips one and the same label"):
        kappa_interval(["joy"] * 9, ["joy"] * 9)


def test_the_range_of_guessing_is_that_of_the_normal_theory() -> None:
    truth = ["anger"] * 300 + ["joy"] * 600 + ["sadness"] * 900
    interval = random_range(truth, simulations=40_000)
    error = math.sqrt(2 / 9 * (1 / 300 + 1 / 600 + 1 / 900)) / 3
    expected = norm.interval(0.95, 1 / 3, error)
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-3)


def test_guesses_lie_in_the_range_of_guessing_as_often_as_it_says() -> None:
    truth = ["anger"] * 7 + ["joy"] * 20 + ["sadness"] * 9
    interval, rng = random_range(truth, 0.9), np.random.default_rng(1)
    guesses = [agreement.uar(truth, rng.choice(EMOTIONS, 36).tolist()) for _ in range(1000)]
    assert np.mean([interval.low <= one <= interval.high for one in guesses]) > 0.87


def test_the_range_of_guessing_is_repeatable() -> None:
    truth = ["anger", "joy", "joy", "sadness"]
    assert random_range(truth) == random_range(truth[::-1])
    assert random_range(truth * 9, seed=0) != random_range(truth * 9, seed=1)
    assert random_range(["joy"] * 3) == Interval(1.0, 1.0)


@pytest.mark.parametrize("share", [0, 0.4, 0.8])
@pytest.mark.parametrize("chance", [0.5, 0.8])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_so_many_times_the_clips_settle_it_as_often_as_said(
    share: float, chance: float, confidence: float
) -> None:
    """The true value is anywhere about the measured one, and new clips measure it anew."""
    z, error, rng = norm.ppf((1 + confidence) / 2), 0.2, np.random.default_rng(0)
    value, low, high = expit((share + np.array([0, -1, 1])) * z * error).tolist()
    factor = factor_to_settle(value, low, high, 0.5, chance, confidence)
    later = error / math.sqrt(factor)
    measured = logit(value) + rng.normal(0, error, 40_000) + rng.normal(0, later, 40_000)
    assert np.mean(np.abs(measured) > z * later) == pytest.approx(chance, abs=0.01)


@pytest.mark.parametrize("chance", [0.5, 0.8])
def test_of_few_speakers_their_spread_is_uncertain_as_well(chance: float) -> None:
    value, error, rng, speakers = 0.56, 0.25, np.random.default_rng(0), 6
    low, high = expit(logit(value) + np.array([-1, 1]) * student.ppf(0.975, speakers - 1) * error)
    factor = factor_to_settle(value, low, high, 0.5, chance, speakers=speakers)
    true = error * np.sqrt((speakers - 1) / rng.chisquare(speakers - 1, 40_000))
    freedom = (speakers - 1) * factor
    later = true / math.sqrt(factor)
    measured = logit(value) + true * rng.normal(size=40_000) + later * rng.normal(size=40_000)
    half = student.ppf(0.975, freedom) * later
    assert np.mean(np.abs(measured) > half) == pytest.approx(chance, abs=0.015)


@pytest.mark.slow(2)
@pytest.mark.parametrize("speakers", [6, 24])
def test_so_many_new_speakers_tell_as_often_as_said(speakers: int) -> None:
    found = list(planning.told(400, speakers, True, np.random.default_rng(0)))
    for chance in planning.CHANCES:
        told = [tells for said, tells in found if said == chance]
        assert np.mean(told) == pytest.approx(chance, abs=0.13)


def test_clips_that_are_all_right_settle_as_wilson_says() -> None:
    now = wilson(10, 10)
    factor = factor_to_settle(1.0, now.low, now.high, 0.9)
    clips = math.ceil(10 * factor)
    assert wilson(clips - 1, clips - 1).low < 0.9 <= wilson(clips, clips).low
    assert factor_to_settle(0.0, 1 - now.high, 1 - now.low, 0.1) == pytest.approx(factor)


def test_a_value_on_the_limit_may_be_settled_as_the_true_one_is_elsewhere() -> None:
    even, likely = (factor_to_settle(0.6, 0.5, 0.7, 0.6, chance) for chance in (0.5, 0.8))
    assert 5 < even < likely < 100


def test_no_data_settle_what_is_all_right_where_it_has_to_be() -> None:
    assert factor_to_settle(1.0, 0.8, 1.0, 1.0) == math.inf


def test_an_interval_of_everything_needs_endless_data_but_at_its_very_end() -> None:
    assert factor_to_settle(0.0, 0.0, 1.0, 0.5) == math.inf
    assert factor_to_settle(0.0, 0.0, 1.0, 1.0) == 1.0
