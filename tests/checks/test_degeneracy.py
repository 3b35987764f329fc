"""Gate 3: the predictions vary, and depend on what is heard."""

import pytest

from sertify.gates import degeneracy

pytestmark = pytest.mark.degeneracy


@pytest.mark.owns("ignores_input")
def test_logits_depend_on_the_sound(responses, said_of_nothing, check):
    check(degeneracy.judge_response(responses, said_of_nothing))


@pytest.mark.owns("constant_prediction")
def test_no_label_takes_nearly_all_clips(candidate, predictions, check):
    said, bound = (predictions.predicted, predictions.truths), candidate.requirements.top_share
    check(degeneracy.judge_top_share(*said, bound, predictions.account))


@pytest.mark.owns("low_entropy")
def test_predictions_are_spread_over_the_labels(candidate, predictions, check):
    said, bound = (predictions.predicted, predictions.truths), candidate.requirements.entropy
    check(degeneracy.judge_spread(*said, len(predictions.labels), bound))


@pytest.mark.owns("few_emotions")
def test_predictions_are_of_several_emotions(candidate, predictions, check):
    bound = candidate.requirements.effective_emotions
    said = (predictions.emotions(candidate), predictions.truths)
    check(degeneracy.judge_diversity(*said, bound))


@pytest.mark.owns("inconsistent")
def test_predictions_outlast_what_must_not_matter(candidate, consistency, check):
    check(degeneracy.judge_consistency(consistency, candidate.requirements.consistency))
