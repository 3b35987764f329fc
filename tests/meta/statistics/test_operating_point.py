"""Temperature and abstaining: by other libraries, by hand, by properties and in simulations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from sertify.statistics.abstaining import operating_point, risk_coverage
from sertify.statistics.folding import fold_codes
from sertify.statistics.temperature import (
    COLDEST,
    HOTTEST,
    calibrated,
    fitted_temperature,
    softened,
)

LABELS = ("anger", "fear", "joy")
Floats = NDArray[np.float64]
clips = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)
speakers = st.lists(st.sampled_from([None, *"abcdefgh"]), min_size=2, max_size=40)


def heard(n: int, heat: float, seed: int = 0) -> tuple[Floats, list[str]]:
    """Return scores, and truths that are as likely as the scores say at a temperature."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (n, len(LABELS)))
    chances = softened(scores, heat)
    return scores, [LABELS[rng.choice(len(LABELS), p=row)] for row in chances]


# ------------------------------------------------------------------ folds


@given(speakers, st.integers(2, 6))
def test_each_speaker_is_in_one_fold_and_folds_are_alike(groups: list[str | None], n: int) -> None:
    codes = fold_codes(groups, len(groups), n)
    named = ["" if group is None else group for group in groups]
    several = len(set(named)) > 1
    if several:
        assert len({*zip(named, codes.tolist(), strict=True)}) == len(set(named))
    sizes = np.bincount(codes)
    assert len(sizes) == min(n, len(set(named)) if several else len(groups))
    assert sizes.min() > 0
    largest = max(named.count(one) for one in set(named)) if several else 1
    assert sizes.max() - sizes.min() <= largest


@pytest.mark.parametrize(("clips", "folds"), [(1, 5), (10, 1)])
def test_a_single_part_is_refused(clips: int, folds: int) -> None:
    with pytest.raises(ValueError, match="but should be two or more of each"):
        fold_codes(None, clips, folds)
    assert fold_codes(None, 2, 2).tolist() == [0, 1]


# ------------------------------------------------------------------ temperature


class AsScored(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn calibrates: a classifier whose input is its scores."""

    def fit(self, _scores: Floats, truth: list[str]) -> "AsScored":
        self.classes_ = np.unique(truth)
        return self

    def decision_function(self, scores: Floats) -> Floats:
        return scores

    def predict(self, scores: Floats) -> NDArray[np.str_]:
        chosen: NDArray[np.str_] = self.classes_[scores.argmax(axis=1)]
        return chosen


@pytest.mark.parametrize("heat", [0.6, 1.0, 2.5])
def test_a_temperature_is_that_of_scikit_learn(heat: float) -> None:
    scores, truth = heard(400, heat)
    frozen = FrozenEstimator(AsScored().fit(scores, truth))
    theirs = CalibratedClassifierCV(frozen, method="temperature", cv=2, ensemble=False)
    expected = theirs.fit(scores, truth).predict_proba(scores)
    found = fitted_temperature(scores, truth, LABELS)
    np.testing.assert_allclose(softened(scores, found), expected, atol=1e-4)
    assert found == pytest.approx(heat, rel=0.25)


@given(
    arrays(float, (12, 3), elements=st.floats(-8, 8)),
    st.lists(st.sampled_from(LABELS), min_size=12, max_size=12),
)
def test_no_other_temperature_makes_the_truth_likelier(scores: Floats, truth: list[str]) -> None:
    found = fitted_temperature(scores, truth, LABELS)
    assert COLDEST * 0.99 <= found <= HOTTEST * 1.01
    columns = [LABELS.index(label) for label in truth]

    def loss(log: float) -> float:
        rows = softened(scores, math.exp(log))[np.arange(12), columns]
        return float(-np.log(np.maximum(rows, 1e-300)).mean())

    best = minimize_scalar(loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded")
    assert loss(math.log(found)) <= best.fun + 1e-6


@given(st.integers(0, 5))
def test_which_label_is_likeliest_does_not_change(seed: int) -> None:
    scores, truth = heard(60, 2.0, seed)
    found = calibrated(scores, truth, LABELS)
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), scores.argmax(axis=1))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_a_clip_is_judged_by_what_others_tell() -> None:
    scores, truth = heard(300, 2.5)
    groups = [f"speaker {n % 3}" for n in range(300)]
    found = calibrated(scores, truth, LABELS, groups)
    for speaker in range(3):
        others = [n for n in range(300) if n % 3 != speaker]
        heat = fitted_temperature(scores[others], [truth[n] for n in others], LABELS)
        own = found.probabilities[speaker::3]
        np.testing.assert_allclose(own, softened(scores[speaker::3], heat))
    assert len(found.temperatures) == 3
    assert found.loss < found.loss_before


def test_a_clip_counts_as_often_as_it_stands_for() -> None:
    scores, truth = heard(50, 2.0)
    times = np.arange(50) % 3 + 1
    whole = fitted_temperature(
        scores.repeat(times, axis=0), np.repeat(truth, times).tolist(), LABELS
    )
    assert fitted_temperature(scores, truth, LABELS, times.tolist()) == pytest.approx(whole)


def test_probabilities_are_taken_by_their_logs_and_may_be_0() -> None:
    scores, truth = heard(200, 2.0)
    logs = np.log(softened(scores, 1.0))
    expected = fitted_temperature(scores, truth, LABELS)
    assert fitted_temperature(logs, truth, LABELS) == pytest.approx(expected, rel=1e-6)
    certain = np.array([[0.0, -math.inf, -math.inf]] * 10)
    assert fitted_temperature(certain, ["anger"] * 10, LABELS) < 1
    assert calibrated(certain, ["anger"] * 9 + ["joy"], LABELS).loss < 50


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"^scores should be numbers below infinity"):
        fitted_temperature(np.array([[0.0, bad, 1.0]]), ["joy"], LABELS)
    with pytest.raises(ValueError, match=r"^scores should be numbers below infinity"):
        fitted_temperature(np.full((1, 3), -math.inf), ["joy"], LABELS)
    with pytest.raises(ValueError, match=r"^scores of shape \(1, 2\), but should be \(1, 3\)$"):
        fitted_temperature(np.zeros((1, 2)), ["joy"], LABELS)


# ------------------------------------------------------------------ abstaining


@given(clips)
def test_area_is_the_mean_risk_of_the_surest_clips(drawn: list[tuple[int, bool]]) -> None:
    distinct = [(sure + n / 100, right) for n, (sure, right) in enumerate(drawn)]
    errors = np.cumsum([not right for _, right in sorted(distinct, reverse=True)])
    found = risk_coverage(*zip(*distinct, strict=True))
    assert found.area == pytest.approx(np.mean(errors / np.arange(1, len(errors) + 1)))


def test_of_clips_that_are_as_sure_no_order_is_favoured() -> None:
    right = [True, False, False, True, True]
    expected = np.mean([0.4] * 5)  # any i of them are wrong as often
    for turn in range(5):
        found = risk_coverage([0.5] * 5, right[turn:] + right[:turn])
        assert found.area == pytest.approx(expected)
        assert found.risk.tolist() == [0.4]


@given(clips)
def test_the_curve_ends_at_all_clips_and_no_order_is_better_than_the_best(
    drawn: list[tuple[int, bool]],
) -> None:
    sure, right = zip(*drawn, strict=True)
    found = risk_coverage(sure, right)
    assert found.coverage[-1] == 1
    assert found.risk[-1] == pytest.approx(1 - np.mean(right))
    assert (np.diff(found.coverage) > 0).all()
    assert (np.diff(found.thresholds) < 0).all()
    assert 0 <= found.excess <= found.area <= 1
    best = risk_coverage([float(one) for one in right], right)
    assert best.excess == pytest.approx(0)
    assert found.area - found.excess == pytest.approx(best.area)


@given(clips, st.integers(1, 4))
def test_only_the_ratio_of_weights_and_the_order_of_confidences_matter(
    drawn: list[tuple[int, bool]], times: int
) -> None:
    sure, right = zip(*drawn, strict=True)
    found = risk_coverage(sure, right)
    weighed = risk_coverage([one**3 - 5 for one in sure], right, [float(times)] * len(sure))
    assert (found.area, found.excess) == pytest.approx((weighed.area, weighed.excess))
    np.testing.assert_allclose(found.risk, weighed.risk)


def test_a_weight_counts_like_as_many_clips_of_equal_confidence() -> None:
    found = risk_coverage([0.9, 0.5, 0.5], [True, False, True], [2, 3, 1])
    whole = risk_coverage([0.9] * 2 + [0.5] * 4, [True] * 2 + [False] * 3 + [True])
    np.testing.assert_allclose(found.coverage, whole.coverage)
    np.testing.assert_allclose(found.risk, whole.risk)


@given(clips, st.floats(0, 1))
def test_a_threshold_gives_what_is_wished_and_keeps_the_most(
    drawn: list[tuple[int, bool]], wished: float
) -> None:
    sure, right = (np.array(some) for some in zip(*(drawn * 2), strict=True))
    found = operating_point(sure.tolist(), right.tolist(), wished)
    precisions = {one: right[sure >= one].mean() for one in set(sure.tolist())}
    enough = [one for one, precision in precisions.items() if precision >= wished - 1e-9]
    assert (found is None) == (not enough)
    if found is not None:
        assert found.threshold == min(enough)
        ends = found.coverage_interval
        assert 0 <= ends.low <= found.coverage + 1e-9 <= ends.high + 2e-9


def test_what_it_gives_is_told_by_others() -> None:
    """One speaker is overconfident, which a threshold of all clips would hide."""
    sure = ([0.9] * 10 + [0.6] * 10) * 3
    right = ([True] * 10 + [False] * 10) * 2 + [False] * 20
    found = operating_point(sure, right, 0.5, ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20)
    assert found is not None
    assert found.threshold == 0.9
    assert (found.coverage, found.precision) == pytest.approx((2 / 3, 0.5))
    # Where 2 of 3 are wished, neither Ann nor Ben would stay by what the other and Cleo tell.
    strict = operating_point(sure, right, 0.6, ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20)
    assert strict is not None
    assert (strict.coverage, strict.precision) == pytest.approx((1 / 6, 0))


def test_of_one_speaker_who_stays_nothing_is_known_of_others() -> None:
    sure = [0.9] * 20 + [0.1] * 40
    right = [True] * 20 + [True, False] * 20
    groups = ["ann"] * 20 + ["ben"] * 20 + ["cleo"] * 20
    found = operating_point(sure, right, 0.5, groups)
    assert found is not None
    strict = operating_point(sure, [True] * 20 + [False] * 40, 0.9, groups)
    assert strict is not None
    ends = strict.precision_interval
    assert (ends.low, ends.high) == (0, 1)


def test_intervals_hold_the_precision_of_new_speakers() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(100):
        who = np.arange(400) // 40
        sure = rng.uniform(0.3, 1, 400)
        right = rng.random(400) < np.clip(sure + rng.normal(0, 0.06, 10)[who], 0, 1)
        found = operating_point(sure.tolist(), right.tolist(), 0.8, who.tolist())
        assert found is not None
        # Above a threshold of s, the mean confidence is (s + 1) / 2.
        true = (found.threshold + 1) / 2
        held += found.precision_interval.low <= true <= found.precision_interval.high
    assert held >= 90


@pytest.mark.parametrize(
    ("sure", "right", "weights", "message"),
    [
        ([], [], None, "no clips: a metric needs at least one"),
        ([0.5], [], None, "1 confidences, but 0 predictions and 1 weights"),
        ([0.5], [True], [1.0, 2.0], "1 confidences, but 1 predictions and 2 weights"),
        ([math.nan], [True], None, "a confidence is NaN, but should be a number"),
        ([0.5], [True], [0.0], "a weight is not above 0, but should be"),
    ],
)
def test_what_is_no_confidence_is_refused(
    sure: list[float], right: list[bool], weights: list[float] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        risk_coverage(sure, right, weights)


def test_what_is_no_precision_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a precision of 80, but should lie within 0..1$"):
        operating_point([0.5] * 2, [True] * 2, 80)
    assert operating_point([0.5] * 2, [True] * 2, 1) is not None
