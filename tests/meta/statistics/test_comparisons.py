"""Models are compared on the same resamples, and what is called better is so."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nct, norm, ttest_rel

from sertify.statistics import agreement
from sertify.statistics.comparisons import Difference, best_against_others, tied, uar_intervals
from sertify.statistics.jackknife import metric_intervals
from sertify.statistics.replicates import Replicates, combine, paired

EMOTIONS = ("anger", "joy", "sadness")

emotions = st.sampled_from(EMOTIONS)
clips = st.lists(
    st.tuples(emotions, emotions, emotions, st.sampled_from("ABCDE")), min_size=1, max_size=40
)
Clips = list[tuple[str, str, str, str]]


def replicated(clips: Clips, by_speaker: bool = True, n: int = 50) -> Replicates:
    truth, first, second, speakers = (list(column) for column in zip(*clips, strict=True))
    models = {"first": first, "second": second}
    return paired(truth, models, speakers if by_speaker else None, replicates=n)


def study(
    rates: Sequence[float], n_speakers: int, seed: int = 0, spread: float = 0.1
) -> tuple[list[str], dict[str, list[str]], list[int]]:
    """Return 30 clips of each speaker and a model of each rate; speakers spread its differences."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(EMOTIONS, 30 * n_speakers)
    wrong = np.roll(EMOTIONS, 1)[np.searchsorted(EMOTIONS, truth)]
    shared = rng.normal(0, 0.15, n_speakers)
    answers = {}
    for i, rate in enumerate(rates):
        own = np.clip(rate + shared + rng.normal(0, spread, n_speakers), 0, 1).repeat(30)
        answers[f"model {i}"] = np.where(rng.random(len(truth)) < own, truth, wrong).tolist()
    return truth.tolist(), answers, np.arange(n_speakers).repeat(30).tolist()


def fixed(values: Sequence[float], errors: Sequence[float], freedom: float = 9) -> Replicates:
    """Return replicates of models whose UARs move together, with the given standard errors."""
    z = norm.ppf((np.arange(2000) + 0.5) / 2000)
    samples = np.array(values)[:, None] + np.outer(errors, z / z.std())
    names = tuple("abcdefgh"[: len(values)])
    return Replicates(names, np.array(values), samples, freedom, 1000, 1000.0, 10, by_speaker=True)


def normal(mean: Sequence[float], error: float, seed: int, freedom: float) -> Replicates:
    rng = np.random.default_rng(seed)
    samples = np.array(mean)[:, None] + rng.normal(0, error, (len(mean), 4000))
    return Replicates(("a", "b"), np.array(mean), samples, freedom, 100, 100.0, 10, by_speaker=True)


@given(clips)
def test_values_are_the_metric(clips: Clips) -> None:
    truth, first, second, _ = (list(column) for column in zip(*clips, strict=True))
    expected = [agreement.uar(truth, answers) for answers in (first, second)]
    for by_speaker in (False, True):
        assert replicated(clips, by_speaker).values.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("by_speaker", [True, False])
def test_one_model_has_the_spread_of_its_interval(by_speaker: bool) -> None:
    truth, answers, speakers = study([0.6], 12)
    groups = speakers if by_speaker else None
    found = paired(truth, answers, groups)
    interval = metric_intervals(truth, answers["model 0"], groups, ["uar"])["uar"]
    (value,), error = found.values, found.samples.std()
    half = (_logit(interval.high) - _logit(interval.low)) / 2
    quantile = half * value * (1 - value) / error
    assert quantile == pytest.approx(2.201 if by_speaker else 1.967, rel=0.05)
    assert found.groups == (12 if by_speaker else 360)


def _logit(x: float) -> float:
    return math.log(x / (1 - x))


@given(clips, st.randoms(use_true_random=False), st.booleans())
def test_neither_order_nor_names_matter(clips: Clips, random: Random, by_speaker: bool) -> None:
    shuffled = [(*rest, f"speaker {s}") for *rest, s in random.sample(clips, len(clips))]
    truth, first, second, speakers = (list(column) for column in zip(*shuffled, strict=True))
    groups = speakers if by_speaker else None
    turned = paired(truth, {"second": second, "first": first}, groups, replicates=50)
    found = replicated(clips, by_speaker)
    assert turned.names == found.names[::-1]
    np.testing.assert_array_equal(turned.samples, found.samples[::-1])
    assert (turned.freedom, turned.groups) == pytest.approx((found.freedom, found.groups))


@given(clips)
def test_models_that_answer_alike_have_the_same_replicates(clips: Clips) -> None:
    alike = [(truth, first, first, speaker) for truth, first, _, speaker in clips]
    found = replicated(alike)
    np.testing.assert_array_equal(found.samples[0], found.samples[1])
    (difference,) = best_against_others(found)
    assert (difference.value, difference.p, difference.p_holm) == (0, 1, 1)
    assert difference.low < 0 < difference.high


@given(clips)
def test_one_speaker_falls_back_to_clips(clips: Clips) -> None:
    alone = replicated([(t, a, b, "A") for t, a, b, _ in clips])
    np.testing.assert_array_equal(alone.samples, replicated(clips, by_speaker=False).samples)
    assert (alone.groups, alone.by_speaker) == (len(clips), False)


def test_seeds_differ() -> None:
    arguments = study([0.6, 0.5], 8)
    first, second = (paired(*arguments, seed=seed).samples for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_balanced_speakers_have_the_paired_t_test_of_their_means() -> None:
    """Where each speaker has as many clips of each class, UAR is the mean over speakers."""
    rng, truth = np.random.default_rng(2), list(EMOTIONS) * 10 * 12
    rates = rng.normal([[0.6], [0.5]], 0.1, (2, 12)).repeat(30, axis=1)
    wrong = np.roll(EMOTIONS, 1).tolist() * 120
    answers = np.where(rng.random((2, 360)) < rates, truth, wrong)
    models = {"a": answers[0].tolist(), "b": answers[1].tolist()}
    found = paired(truth, models, np.arange(12).repeat(30).tolist())
    right = (answers == np.array(truth)).reshape(2, 12, 30).mean(axis=2)
    expected = ttest_rel(*right)
    (ours,) = best_against_others(found)
    assert found.freedom == pytest.approx(11)
    assert ours.p == pytest.approx(expected.pvalue, rel=0.1)
    theirs = expected.confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.005)


@pytest.mark.parametrize("by_speaker", [True, False])
def test_intervals_of_compared_models_are_those_of_one(by_speaker: bool) -> None:
    truth, answers, speakers = study([0.97, 0.6], 12)
    answers["right"] = truth
    groups = speakers if by_speaker else None
    found = uar_intervals(paired(truth, answers, groups), 0.9)
    assert list(found) == ["model 0", "model 1", "right"]
    for name, prediction in answers.items():
        alone = metric_intervals(truth, prediction, groups, ["uar"], confidence=0.9)["uar"]
        assert (found[name].low, found[name].high) == pytest.approx(
            (alone.low, alone.high), abs=0.005
        )


def test_intervals_of_several_corpora_count_the_clips_of_all() -> None:
    part = paired(["anger", "joy"] * 10, {"right": ["anger", "joy"] * 10})
    found = combine([part, part])
    assert found.trials == pytest.approx(40)
    assert uar_intervals(part)["right"].low < uar_intervals(found)["right"].low < 1


@pytest.mark.parametrize("by_speaker", [True, False])
def test_a_class_of_three_clips_is_no_proof_of_a_difference(by_speaker: bool) -> None:
    rng, wrongly = np.random.default_rng(5), 0
    truth = np.array(["anger"] * 60 + ["joy"] * 60 + ["sadness"] * 3)
    groups = [*range(10)] * 12 + [0, 1, 0] if by_speaker else None
    for _ in range(300):
        right = rng.random((2, len(truth))) < 0.7
        a, b = np.where(right, truth, "none").tolist()
        wrongly += (
            best_against_others(paired(truth.tolist(), {"a": a, "b": b}, groups, replicates=300))[
                0
            ].p
            < 0.05
        )
    assert wrongly <= 15


def test_models_that_are_right_on_the_same_few_clips_may_differ_on_others() -> None:
    truth, rng = ["anger"] * 100 + ["joy"] * 2, np.random.default_rng(6)
    a, b = (np.where(rng.random(100) < 0.9, "anger", "joy").tolist() + ["joy"] * 2 for _ in "ab")
    found, alone = (
        best_against_others(paired(t, m))[0]
        for t, m in ((truth, {"a": a, "b": b}), (truth[:100], {"a": a[:100], "b": b[:100]}))
    )
    assert found.high - found.low > 5 * (alone.high - alone.low) / 2


def test_what_models_share_cancels() -> None:
    drawn = paired(*study([0.6, 0.5], 10, spread=0.02))
    difference = (drawn.samples[0] - drawn.samples[1]).std()
    assert difference < 0.8 * np.hypot(*drawn.samples.std(axis=1))


@pytest.mark.slow(0.5)
@pytest.mark.parametrize("n_speakers", [3, 10])
def test_equal_models_differ_no_more_often_than_five_percent(n_speakers: int) -> None:
    studies = [study([0.6, 0.6], n_speakers, seed) for seed in range(400)]
    found = [best_against_others(paired(*one, replicates=500))[0].p < 0.05 for one in studies]
    assert np.mean(found) < 0.08


@pytest.mark.slow(0.5)
def test_a_detectable_difference_is_found_as_often_as_it_says() -> None:
    # Rates far from 0 and 1, so that clipping leaves the difference what it is.
    truths = [study([0.6, 0.5], 12, seed) for seed in range(400)]
    found = [best_against_others(paired(*one, replicates=500))[0] for one in truths]
    significant = np.mean([one.p < 0.05 and one.better == "model 0" for one in found])
    error = np.median([one.detectable for one in found]) / (2.201 + 0.876)
    expected = nct.sf(2.201, 11, 0.1 / error)
    assert significant == pytest.approx(expected, abs=0.06)
    assert nct.sf(2.201, 11, 2.201 + 0.876) == pytest.approx(0.8, abs=0.02)


def test_holm_multiplies_the_smallest_by_their_number_and_never_reverses() -> None:
    found = best_against_others(fixed([0.9, 0.5, 0.8, 0.55], [0, 0.1, 0.1, 0.1]))
    ps = {one.other: one.p for one in found}
    assert list(ps) == ["b", "c", "d"]
    corrected = {one.other: one.p_holm for one in found}
    assert corrected["b"] == pytest.approx(3 * ps["b"])
    assert corrected["d"] == pytest.approx(2 * ps["d"])
    assert corrected["c"] == pytest.approx(ps["c"])
    close = best_against_others(fixed([0.9, 0.7, 0.699], [0, 0.1, 0.1]))
    assert close[0].p_holm == close[1].p_holm == pytest.approx(2 * close[1].p)


def test_the_tied_are_those_that_are_not_significantly_worse() -> None:
    found = best_against_others(fixed([0.5, 0.9, 0.8], [0.1, 0, 0.1]))
    assert [one.better for one in found] == ["b", "b"]
    assert tied(found, "b") == ("b", "c")
    assert tied(found, "b", confidence=0.999) == ("b", "a", "c")
    assert tied((), "b") == ("b",)


@pytest.mark.parametrize(("n", "certain"), [(2, False), (3, False), (6, True), (24, True)])
def test_few_speakers_that_all_agree_are_no_certainty(n: int, certain: bool) -> None:
    truth = ["anger", "joy"] * 5 * n
    models = {"right": truth, "half": ["anger"] * 10 * n}
    (found,) = best_against_others(paired(truth, models, np.arange(n).repeat(10).tolist()))
    assert (found.better, found.value) == ("right", 0.5)
    assert (found.p < 0.05) == certain
    assert (found.low > 0) == certain


def test_an_identical_model_cannot_be_told_apart_by_less_than_a_clip() -> None:
    truth = ["anger", "joy"] * 50
    (found,) = best_against_others(paired(truth, {"a": truth, "b": truth}))
    assert (found.better, found.other, found.p_holm) == ("a", "b", 1)
    assert 0.01 < found.high < found.detectable < 0.04


def test_more_confidence_never_narrows() -> None:
    drawn = paired(*study([0.6, 0.5], 8))
    (few,), (many,) = (best_against_others(drawn, confidence) for confidence in (0.8, 0.99))
    assert many.low < few.low < few.high < many.high
    assert many.p == few.p


def test_corpora_weigh_the_same_whatever_their_size() -> None:
    small, large = (paired(*study([0.6, 0.5], n, seed=n)) for n in (6, 30))
    found = combine([small, large])
    np.testing.assert_allclose(found.values, (small.values + large.values) / 2)
    assert (found.groups, found.clips, found.names) == (36, 36 * 30, small.names)
    errors = [part.samples.std(axis=1) for part in (small, large)]
    expected = np.hypot(*errors) / 2
    np.testing.assert_allclose(found.samples.std(axis=1), expected, rtol=0.05)


def test_corpora_are_independent_whatever_the_seed() -> None:
    part = paired(*study([0.6, 0.5], 10))
    found = combine([part, part])
    error, expected = found.samples.std(axis=1), part.samples.std(axis=1) / math.sqrt(2)
    np.testing.assert_allclose(error, expected, rtol=0.05)


def test_the_degrees_of_freedom_are_those_of_welch() -> None:
    parts = [normal([0.5, 0.6], 0.02, 0, 4), normal([0.5, 0.6], 0.06, 1, 20)]
    expected = (0.0004 + 0.0036) ** 2 / (0.0004**2 / 4 + 0.0036**2 / 20)
    assert combine(parts).freedom == pytest.approx(expected, rel=0.05)
    assert combine(parts[:1]).freedom == pytest.approx(4)


def test_corpora_without_spread_add_their_degrees_of_freedom() -> None:
    truth = ["anger", "joy"] * 5
    part = paired(truth, {"a": truth, "b": ["joy"] * 10}, list("AB") * 5)
    rigid = Replicates(
        part.names, part.values, np.tile(part.values[:, None], 9), 3, 10, 10.0, 2, by_speaker=True
    )
    assert combine([rigid, rigid]).freedom == 6


def test_corpora_of_other_models_are_refused() -> None:
    first = paired(["joy"], {"a": ["joy"]}, replicates=10)
    second = paired(["joy"], {"b": ["joy"]}, replicates=10)
    with pytest.raises(ValueError, match=r"should be as many of the same models: 10 of a; 10 of b"):
        combine([first, second])
    with pytest.raises(ValueError, match=r"^no replicates: combine needs at least one corpus"):
        combine([])


def test_say_what_is_wrong_with_the_arguments() -> None:
    with pytest.raises(ValueError, match=r"^no predictions"):
        paired(["joy"], {})
    with pytest.raises(ValueError, match=r"^2 true labels, but 1 predictions"):
        paired(["joy", "joy"], {"a": ["joy"]})
    with pytest.raises(ValueError, match=r"^confidence=95, but should lie between 0 and 1"):
        best_against_others(
            paired(["joy", "joy"], {"a": ["joy", "joy"], "b": ["joy", "anger"]}), 95
        )


def test_one_model_has_none_to_compare_with() -> None:
    found: tuple[Difference, ...] = best_against_others(paired(["joy"], {"a": ["joy"]}))
    assert found == ()
