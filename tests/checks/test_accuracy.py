"""Gate 4: the predictions agree with the labels of --data."""

import pytest

from sertify.gates import accuracy

pytestmark = pytest.mark.accuracy


@pytest.mark.owns("seen_in_training")
def test_speech_is_new_to_it(candidate, score, check):
    check(accuracy.judge_novelty(score, candidate.requirements))


@pytest.mark.owns("low_coverage")
def test_coverage(candidate, score, check):
    check(accuracy.judge_coverage(score, candidate.requirements))


@pytest.mark.owns("low_uar")
def test_uar(candidate, score, check):
    check(accuracy.judge_score(score, "uar", candidate.requirements, "low_uar"))


@pytest.mark.owns("low_uar_own")
def test_uar_of_its_own_emotions(candidate, score, check):
    check(accuracy.judge_score(score, "uar_own", candidate.requirements, "low_uar_own"))


@pytest.mark.owns("chance_level")
def test_uar_is_above_chance(candidate, score, check):
    check(accuracy.judge_above_chance(score, candidate.requirements))


@pytest.mark.owns("low_accuracy")
def test_accuracy(candidate, score, check):
    check(accuracy.judge_score(score, "accuracy", candidate.requirements, "low_accuracy"))


@pytest.mark.owns("low_macro_f1")
def test_macro_f1(candidate, score, check):
    check(accuracy.judge_score(score, "macro_f1", candidate.requirements, "low_macro_f1"))


@pytest.mark.owns("low_recall")
def test_recall_of_each_emotion(candidate, score, check):
    check(accuracy.judge_each(score, score.recalls, "recall", candidate.requirements))


@pytest.mark.owns("low_precision")
def test_precision_of_each_emotion(candidate, score, check):
    check(accuracy.judge_each(score, score.precisions, "precision", candidate.requirements))


@pytest.mark.owns("skewed_predictions")
def test_class_shares(candidate, score, check):
    requirements = candidate.requirements
    check(accuracy.judge_score(score, "class_share", requirements, "skewed_predictions"))


@pytest.mark.owns("miscalibrated")
def test_calibration(candidate, score, operating, check):
    check(accuracy.judge_calibration(score, operating, candidate.requirements))
