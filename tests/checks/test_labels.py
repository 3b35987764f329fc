"""Gate 2: the outputs are named emotions, and enough of them."""

import pytest

from sertify import labels

pytestmark = pytest.mark.labels


@pytest.mark.owns("no_labels")
def test_labels_have_names(model, check):
    check(labels.judge_named_labels(model.labels))


@pytest.mark.owns("duplicate_labels")
def test_labels_are_distinct(model, check):
    check(labels.judge_distinct_labels(model.labels))


@pytest.mark.owns("dimensional")
def test_labels_are_categories(model, check):
    check(labels.judge_dimensions(model.labels, model.problem_type))


@pytest.mark.owns("unknown_labels")
def test_labels_are_emotions(candidate, model, check):
    check(labels.judge_emotions(model.labels, candidate))


@pytest.mark.owns("too_few_labels")
def test_labels_are_enough(candidate, model, check):
    check(labels.judge_label_count(model.labels, candidate.requirements.min_labels))
