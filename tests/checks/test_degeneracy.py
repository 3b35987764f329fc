"""Gate 3: the predictions vary, and depend on what is heard."""

import pytest

from sertify.gates import accuracy

pytestmark = pytest.mark.degeneracy


@pytest.mark.owns("ignores_input")
def test_logits_depend_on_the_sound(responses, check):
    check(accuracy.judge_response(responses))


@pytest.mark.owns("constant_prediction")
def test_no_label_takes_nearly_all_clips(candidate, predictions, check):
    check(accuracy.judge_top_share(predictions, candidate.requirements.top_share))


@pytest.mark.owns("low_entropy")
def test_predictions_are_spread_over_the_labels(candidate, predictions, check):
    check(accuracy.judge_spread(predictions, candidate.requirements.entropy))


@pytest.mark.owns("few_emotions")
def test_predictions_are_of_several_emotions(candidate, predictions, check):
    bound = candidate.requirements.effective_emotions
    check(accuracy.judge_diversity(predictions, candidate, bound))


@pytest.mark.owns("inconsistent")
def test_predictions_outlast_what_must_not_matter(candidate, consistency, check):
    check(accuracy.judge_consistency(consistency, candidate.requirements.consistency))
