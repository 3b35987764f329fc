"""Models are compared on the same clips, and what is called better is so."""

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import nct, t, ttest_rel

from sertify.statistics import agreement
from sertify.statistics.comparisons import Difference, corrected, difference, holm, uar_interval
from sertify.statistics.jackknife import metric_intervals, uar_estimate
from sertify.statistics.paired import Paired, paired

EMOTIONS = ("anger", "joy", "sadness")

emotions = st.sampled_from(EMOTIONS)
clips = st.lists(
    st.tuples(emotions, emotions, emotions, st.sampled_from("ABCDE")), min_size=1, max_size=40
)
Clips = list[tuple[str, str, str, str]]
Floats = NDArray[np.float64]


def drawn(clips: Clips, by_speaker: bool = True) -> Paired:
    truth, first, second, speakers = (list(column) for column in zip(*clips, strict=True))
    models = {"first": first, "second": second}
    return paired(truth, models, speakers if by_speaker else None)


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


def of_speakers(rates: Floats) -> Paired:
    """Return models by the rate of each on each speaker, (models, speakers): a paired t-test."""
    n = rates.shape[1]
    means = rates.mean(axis=1)
    deviations = (rates - means[:, None]) / math.sqrt(n * (n - 1))
    return Paired(
        names=tuple(f"model {i}" for i in range(len(rates))),
        values=means,
        deviations=deviations,
        spreads=np.sqrt((deviations**2).sum(axis=1)),
        freedom=n - 1,
        clips=1000,
        trials=1000.0,
        groups=n,
        by_speaker=True,
    )


def with_errors(errors: Sequence[float], freedom: float) -> Paired:
    """Return models a and b of .6 and .5 whose UARs vary by so much, each on its own."""
    deviations = np.diag(np.array(errors))
    values = np.array([0.6, 0.5])
    spreads = np.array(errors)
    return Paired(("a", "b"), values, deviations, spreads, freedom, 100, 100.0, 10, by_speaker=True)


def covariance(found: Paired) -> Floats:
    product: Floats = found.deviations @ found.deviations.T
    return product


def errors(found: Paired) -> Floats:
    spread: Floats = np.sqrt(np.diag(covariance(found)))
    return spread


def first_two(found: Paired, confidence: float = 0.95) -> Difference:
    """Return by how much the better of two models is better."""
    better, other = sorted(found.names, key=lambda name: -found.values[found.names.index(name)])
    return difference([found], better, other, confidence)


def best_against_others(found: Paired) -> list[Difference]:
    """Return the best against each other one, these from the best on, with corrected p-values."""
    best, *others = (found.names[place] for place in np.argsort(-found.values, kind="stable"))
    several = [difference([found], best, other) for other in others]
    ps = corrected([one.p for one in several])
    return [replace(one, p_corrected=p) for one, p in zip(several, ps, strict=True)]


# ------------------------------------------------------------------ models on the same clips


@given(clips)
def test_values_are_the_metric(clips: Clips) -> None:
    truth, first, second, _ = (list(column) for column in zip(*clips, strict=True))
    expected = [agreement.uar(truth, answers) for answers in (first, second)]
    for by_speaker in (False, True):
        assert drawn(clips, by_speaker).values.tolist() == pytest.approx(expected)


def test_an_emotion_that_a_model_never_names_is_never_recognised() -> None:
    truth = ["anger", "joy", "sadness", "fear"] * 5
    found = paired(truth, {"few": ["anger", "joy", "", "boredom"] * 5}, labels=sorted({*truth}))
    assert found.values.tolist() == [0.5]


def test_deviations_are_those_of_leaving_out_one_speaker_after_the_other() -> None:
    truth, answers, speakers = study([0.7, 0.5], 7)
    uneven = [n for n, speaker in enumerate(speakers) if n % 30 <= 9 + 3 * speaker]
    clips = [truth[n] for n in uneven]
    models = {name: [said[n] for n in uneven] for name, said in answers.items()}
    who = np.array(speakers)[uneven]
    found = paired(clips, models, who.tolist())
    values = np.array(
        [[_without(who == s, clips, one) for s in range(7)] for one in models.values()]
    )
    centred = values - values.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(covariance(found), 6 / 7 * centred @ centred.T)


def _without(left_out: NDArray[np.bool_], truth: list[str], said: list[str]) -> float:
    return agreement.uar(np.array(truth)[~left_out].tolist(), np.array(said)[~left_out].tolist())


@pytest.mark.parametrize("by_speaker", [True, False])
def test_one_model_has_the_spread_of_its_interval(by_speaker: bool) -> None:
    truth, answers, speakers = study([0.6], 12)
    groups = speakers if by_speaker else None
    found = paired(truth, answers, groups)
    interval = metric_intervals(truth, answers["model 0"], groups, ["uar"])["uar"]
    (value,), (error,) = found.values, errors(found)
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
    turned = paired(truth, {"second": second, "first": first}, groups)
    found = drawn(clips, by_speaker)
    assert turned.names == found.names[::-1]
    np.testing.assert_allclose(turned.values, found.values[::-1])
    np.testing.assert_allclose(covariance(turned), covariance(found)[::-1, ::-1], atol=1e-15)
    assert (turned.freedom, turned.groups) == pytest.approx((found.freedom, found.groups))


@given(clips)
def test_models_that_answer_alike_vary_alike(clips: Clips) -> None:
    found = drawn([(truth, first, first, speaker) for truth, first, _, speaker in clips])
    np.testing.assert_array_equal(found.deviations[0], found.deviations[1])
    alike = first_two(found)
    assert (alike.value, alike.p, alike.p_corrected) == (0, 1, 1)
    assert alike.low < 0 < alike.high


@given(clips)
def test_one_speaker_falls_back_to_clips(clips: Clips) -> None:
    alone = drawn([(t, a, b, "A") for t, a, b, _ in clips])
    by_clip = drawn(clips, by_speaker=False)
    np.testing.assert_array_equal(alone.deviations, by_clip.deviations)
    assert (alone.groups, alone.by_speaker) == (len(clips), False)


@pytest.mark.parametrize("freedom", [5, 40])
def test_corpora_that_are_drawn_vary_as_this_one_does(freedom: float) -> None:
    found = replace(paired(*study([0.6, 0.5, 0.5], 8)), freedom=freedom)
    samples = found.samples(100_000)
    np.testing.assert_allclose(samples.mean(axis=1), found.values, atol=0.001)
    np.testing.assert_allclose(np.cov(samples), covariance(found), rtol=0.05, atol=2e-5)
    standard = (samples[0] - found.values[0]) / errors(found)[0]
    excess = (standard**4).mean() - 3
    assert excess > 3 if freedom == 5 else abs(excess) < 0.5  # Student's is 6 / (freedom - 4)


def test_a_seed_draws_the_same_and_another_one_does_not() -> None:
    found = paired(*study([0.6, 0.5], 8))
    np.testing.assert_array_equal(found.samples(50), found.samples(50))
    assert not np.array_equal(found.samples(50), found.samples(50, seed=1))


def test_what_models_share_cancels() -> None:
    found = paired(*study([0.6, 0.5], 10, spread=0.02))
    between = np.linalg.norm(found.deviations[0] - found.deviations[1])
    assert between < 0.8 * np.hypot(*errors(found))


# ------------------------------------------------------------------ two of them


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
    ours = difference([found], "a", "b")
    assert found.freedom == pytest.approx(11)
    assert ours.p == pytest.approx(expected.pvalue)
    theirs = expected.confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_the_worse_one_is_better_by_less_than_nothing() -> None:
    found = paired(*study([0.6, 0.5], 10))
    one, other = (
        difference([found], *names) for names in (("model 0", "model 1"), ("model 1", "model 0"))
    )
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    assert (one.p, one.detectable) == pytest.approx((other.p, other.detectable))


@pytest.mark.parametrize("by_speaker", [True, False])
def test_a_class_of_three_clips_is_no_proof_of_a_difference(by_speaker: bool) -> None:
    rng, wrongly = np.random.default_rng(5), 0
    truth = np.array(["anger"] * 60 + ["joy"] * 60 + ["sadness"] * 3)
    groups = [*range(10)] * 12 + [0, 1, 0] if by_speaker else None
    for _ in range(300):
        right = rng.random((2, len(truth))) < 0.7
        a, b = np.where(right, truth, "none").tolist()
        wrongly += first_two(paired(truth.tolist(), {"a": a, "b": b}, groups)).p < 0.05
    assert wrongly <= 15


def test_models_that_are_right_on_the_same_few_clips_may_differ_on_others() -> None:
    truth, rng = ["anger"] * 100 + ["joy"] * 2, np.random.default_rng(6)
    a, b = (np.where(rng.random(100) < 0.9, "anger", "joy").tolist() + ["joy"] * 2 for _ in "ab")
    found, alone = (
        first_two(paired(t, m))
        for t, m in ((truth, {"a": a, "b": b}), (truth[:100], {"a": a[:100], "b": b[:100]}))
    )
    assert found.high - found.low > 5 * (alone.high - alone.low) / 2


@pytest.mark.slow(0.5)
@pytest.mark.parametrize("n_speakers", [3, 10])
def test_equal_models_differ_no_more_often_than_five_percent(n_speakers: int) -> None:
    studies = [study([0.6, 0.6], n_speakers, seed) for seed in range(400)]
    found = [first_two(paired(*one)).p < 0.05 for one in studies]
    assert np.mean(found) < 0.08


@pytest.mark.slow(0.5)
def test_a_detectable_difference_is_found_as_often_as_it_says() -> None:
    # Rates far from 0 and 1, so that clipping leaves the difference what it is.
    studies = [paired(*study([0.6, 0.5], 12, seed)) for seed in range(400)]
    found = [difference([one], "model 0", "model 1") for one in studies]
    significant = np.mean([one.p < 0.05 and one.value > 0 for one in found])
    error = np.median([one.detectable for one in found]) / (2.201 + 0.876)
    expected = nct.sf(2.201, 11, 0.1 / error)
    assert significant == pytest.approx(expected, abs=0.06)
    assert nct.sf(2.201, 11, 2.201 + 0.876) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("n", "certain"), [(2, False), (3, False), (6, True), (24, True)])
def test_few_speakers_that_all_agree_are_no_certainty(n: int, certain: bool) -> None:
    truth = ["anger", "joy"] * 5 * n
    models = {"right": truth, "half": ["anger"] * 10 * n}
    found = first_two(paired(truth, models, np.arange(n).repeat(10).tolist()))
    assert (found.better, found.value) == ("right", 0.5)
    assert (found.p < 0.05) == certain
    assert (found.low > 0) == certain


def test_an_identical_model_cannot_be_told_apart_by_less_than_a_clip() -> None:
    truth = ["anger", "joy"] * 50
    found = first_two(paired(truth, {"a": truth, "b": truth}))
    assert (found.better, found.other, found.p_corrected) == ("a", "b", 1)
    assert 0.01 < found.high < found.detectable < 0.04


def test_more_confidence_never_narrows() -> None:
    found = paired(*study([0.6, 0.5], 8))
    few, many = (first_two(found, confidence) for confidence in (0.8, 0.99))
    assert many.low < few.low < few.high < many.high
    assert many.p == few.p


# ------------------------------------------------------------------ the best of several


def test_the_best_is_corrected_for_all_pairs_of_those_that_may_be_equal() -> None:
    assert corrected([0.02, 0.01, 0.004]) == pytest.approx([0.03, 0.03, 0.024])
    assert corrected([0.3, 0.2, 0.5]) == pytest.approx([1, 1, 1])
    assert corrected([0.01]) == [0.01]
    assert corrected([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_corrected_p_values_are_no_smaller_and_keep_the_order_of_the_models(
    ps: list[float],
) -> None:
    found = corrected(ps)
    assert all(p <= one <= 1 for p, one in zip(ps, found, strict=True))
    assert found == sorted(found, reverse=True)


def test_useless_models_do_not_hide_a_difference() -> None:
    assert corrected([0.02])[0] == corrected([0.02, *[1e-9] * 20])[0] == 0.02


@pytest.mark.slow(1)
@pytest.mark.parametrize(("equal", "useless"), [(2, 0), (5, 0), (15, 0), (50, 0), (2, 10), (5, 10)])
def test_the_best_of_equal_models_is_told_from_others_no_more_often_than_five_percent(
    equal: int, useless: int
) -> None:
    rng, wrong = np.random.default_rng([equal, useless]), 0
    means = np.array([[0.6]] * equal + [[0.2]] * useless)
    for _ in range(400):
        found = best_against_others(of_speakers(means + rng.normal(0, 0.1, (len(means), 24))))
        names = {f"model {place}" for place in range(equal)}
        wrong += any(one.p_corrected < 0.05 and one.other in names for one in found)
    assert wrong <= 400 * 0.05 + 2 * math.sqrt(400 * 0.05 * 0.95)


@pytest.mark.parametrize("useless", [0, 10])
def test_a_difference_that_is_there_is_found_beside_however_many_useless_models(
    useless: int,
) -> None:
    rng = np.random.default_rng(1)
    means = np.array([[0.6], [0.5]] + [[0.2]] * useless)
    found = [
        best_against_others(of_speakers(means + rng.normal(0, 0.1, (len(means), 24))))[0]
        for _ in range(100)
    ]
    told = np.mean([one.p_corrected < 0.05 for one in found])
    power = nct.sf(2.069, 23, 0.1 / (0.1 * math.sqrt(2 / 24)))
    assert told == pytest.approx(power, abs=0.1)


def test_holm_multiplies_the_smallest_by_their_number_and_never_reverses() -> None:
    assert holm([0.01, 0.03, 0.02]) == pytest.approx([0.03, 0.04, 0.04])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


# ------------------------------------------------------------------ each for itself


@pytest.mark.parametrize("by_speaker", [True, False])
def test_intervals_of_compared_models_are_those_of_one(by_speaker: bool) -> None:
    truth, answers, speakers = study([0.97, 0.6], 12)
    answers["right"] = truth
    groups = speakers if by_speaker else None
    found = paired(truth, answers, groups)
    classes = np.searchsorted(EMOTIONS, truth)
    for place, (name, prediction) in enumerate(answers.items()):
        interval = uar_interval([found], name, 0.9)
        bounds = interval.low, interval.high
        hits = np.array(truth) == prediction
        value, same = uar_estimate(classes, hits, np.array(speakers) if by_speaker else None, 0.9)
        alone = metric_intervals(truth, prediction, groups, ["uar"], confidence=0.9)["uar"]
        assert found.values[place] == pytest.approx(value)
        assert bounds == pytest.approx((same.low, same.high))
        assert bounds == pytest.approx((alone.low, alone.high), abs=0.01)


def test_intervals_of_several_corpora_count_the_clips_of_all() -> None:
    truth = ["anger", "joy"] * 10
    part = paired(truth, {"right": truth})
    one, two = uar_interval([part], "right"), uar_interval([part, part], "right")
    twice = uar_interval([paired(truth * 2, {"right": truth * 2})], "right")
    assert one.low < two.low < 1
    assert two.low == pytest.approx(twice.low)


# ------------------------------------------------------------------ several corpora


def test_corpora_weigh_the_same_whatever_their_size() -> None:
    small, large = (paired(*study([0.6, 0.5], n, seed=n)) for n in (6, 30))
    found = difference([small, large], "model 0", "model 1")
    alone = [difference([one], "model 0", "model 1") for one in (small, large)]
    assert found.value == pytest.approx((alone[0].value + alone[1].value) / 2)
    own = uar_interval([small, large], "model 0")
    assert own.low < (small.values[0] + large.values[0]) / 2 < own.high


def test_the_same_difference_on_two_corpora_is_surer() -> None:
    part = paired(*study([0.6, 0.5], 10))
    one, two = (difference([part] * n, "model 0", "model 1") for n in (1, 2))
    assert two.value == pytest.approx(one.value)
    error = (one.high - one.low) / 2.262  # Student's for 9 degrees of freedom, and for 18
    assert (two.high - two.low) / 2.101 == pytest.approx(error / math.sqrt(2), rel=1e-3)


def test_the_degrees_of_freedom_are_those_of_welch() -> None:
    parts = with_errors([0.02, 0], 4), with_errors([0.06, 0], 20)
    freedom = (0.0004 + 0.0036) ** 2 / (0.0004**2 / 4 + 0.0036**2 / 20)
    found = difference(parts, "a", "b")
    statistic = 0.1 / (math.sqrt(0.0004 + 0.0036) / 2)
    assert found.p == pytest.approx(2 * t.sf(statistic, freedom))
    alone = difference(parts[:1], "a", "b")
    assert alone.p == pytest.approx(2 * t.sf(0.1 / 0.02, 4))


def test_corpora_without_spread_add_their_degrees_of_freedom() -> None:
    rigid = with_errors([0, 0], 3)
    found = difference([rigid, rigid], "a", "b")
    assert found.p == pytest.approx(2 * t.sf(6 + 1, 6))  # one more without: .1 / 7 is its error


# ------------------------------------------------------------------ mistakes


def test_say_what_is_wrong_with_the_arguments() -> None:
    with pytest.raises(ValueError, match=r"^no predictions"):
        paired(["joy"], {})
    with pytest.raises(ValueError, match=r"^2 true labels, but 1 predictions"):
        paired(["joy", "joy"], {"a": ["joy"]})
    with pytest.raises(ValueError, match=r"^confidence=95, but should lie between 0 and 1"):
        first_two(paired(["joy", "joy"], {"a": ["joy", "joy"], "b": ["joy", "anger"]}), 95)


@pytest.mark.parametrize("by_speaker", [True, False])
def test_a_clip_that_a_model_could_not_judge_is_no_part_of_its_uar_alone(by_speaker: bool) -> None:
    truth, answers, speakers = study([0.7, 0.5], 8)
    groups = speakers if by_speaker else None
    some = [n for n in range(len(truth)) if n % 3]
    partly = [said if n % 3 else None for n, said in enumerate(answers["model 1"])]
    found = paired(truth, {"model 0": answers["model 0"], "model 1": partly}, groups)
    whole = paired(truth, answers, groups)
    alone = paired(
        [truth[n] for n in some],
        {"model 1": [answers["model 1"][n] for n in some]},
        [speakers[n] for n in some] if by_speaker else None,
    )
    assert found.values.tolist() == pytest.approx([whole.values[0], alone.values[0]])
    assert found.spreads[0] == pytest.approx(whole.spreads[0])
    assert found.spreads[1] == pytest.approx(alone.spreads[0], rel=0.02)


def test_a_class_of_which_a_model_judged_nothing_is_left_out_of_its_uar() -> None:
    truth = ["anger", "joy"] * 10
    found = paired(truth, {"a": truth, "b": [None, "joy"] * 10, "c": [None] * 20})
    assert found.values.tolist() == [1, 1, 0]
