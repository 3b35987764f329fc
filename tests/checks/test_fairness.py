"""Gate 6, where it is asked for: groups of the speech are understood alike."""

import pytest

from sertify.gates import fairness

pytestmark = pytest.mark.fairness


@pytest.mark.owns("unfair")
def test_groups_are_treated_alike(candidate, grouped_score, check):
    check(fairness.judge_gaps(grouped_score, candidate.requirements))


@pytest.mark.owns("low_worst_group")
def test_worst_group(candidate, grouped_score, check):
    check(fairness.judge_worst_group(grouped_score, candidate.requirements))
