"""Gate 4: the predictions agree with the labels of --data."""

import pytest

from sertify.judgements import judge_each, judge_uar
from sertify.outcomes import judge

pytestmark = pytest.mark.accuracy


@pytest.mark.owns("low_coverage")
def test_coverage(candidate, score, check):
    check(judge(score.coverage, candidate.requirements.coverage, "low_coverage"))


@pytest.mark.owns("low_uar")
def test_uar(candidate, score, check):
    check(judge_uar(score, candidate.requirements.uar))


@pytest.mark.owns("low_accuracy")
def test_accuracy(candidate, score, check):
    check(judge(score.accuracy, candidate.requirements.accuracy, "low_accuracy"))


@pytest.mark.owns("low_macro_f1")
def test_macro_f1(candidate, score, check):
    check(judge(score.macro_f1, candidate.requirements.macro_f1, "low_macro_f1"))


@pytest.mark.owns("low_recall")
def test_recall_of_each_emotion(candidate, score, check):
    check(judge_each(score.recalls, candidate.requirements.recall, "low_recall"))
