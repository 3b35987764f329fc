"""Gate 2: the outputs are named emotions, and enough of them."""

import pytest

from sertify.gates import labels

pytestmark = pytest.mark.labels


@pytest.mark.owns("no_labels")
def test_labels_have_names(blueprint, check):
    check(labels.judge_named_labels(blueprint.labels))


@pytest.mark.owns("duplicate_labels")
def test_labels_are_distinct(blueprint, check):
    check(labels.judge_distinct_labels(blueprint.labels))


@pytest.mark.owns("dimensional")
def test_labels_are_categories(blueprint, check):
    check(labels.judge_dimensions(blueprint.labels, blueprint.problem_type))


@pytest.mark.owns("unknown_labels")
def test_labels_are_emotions(candidate, blueprint, check):
    check(labels.judge_emotions(blueprint.labels, candidate))


@pytest.mark.owns("too_few_labels")
def test_labels_are_enough(candidate, blueprint, check):
    check(labels.judge_label_count(blueprint.labels, candidate.requirements.min_labels))
