"""Gate 5: in the conditions that are asked for, the predictions hold up."""

import pytest

from sertify.gates import robustness

pytestmark = pytest.mark.robustness


@pytest.mark.owns("not_robust")
def test_it_holds_up(candidate, disturbed, check):
    check(robustness.judge_condition(disturbed, candidate.requirements))
