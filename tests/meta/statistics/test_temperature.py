"""Temperature and folds: by other libraries, by hand and by properties."""

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
