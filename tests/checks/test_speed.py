"""Gate 8: answers come fast enough."""

import pytest

from sertify.gates import speed

pytestmark = pytest.mark.speed


@pytest.mark.owns("too_slow")
def test_time_per_segment(candidate, timing, check):
    check(speed.judge_timing(timing, candidate.requirements.real_time_factor))
