"""Gate 8: answers come fast enough."""

import pytest

from sertify.gates import serving, speed

pytestmark = pytest.mark.speed


@pytest.mark.owns("too_slow")
def test_time_per_segment(candidate, timing, check):
    asked = candidate.requirements
    latencies = asked.latencies(timing.length, usual=timing.usual)
    check(speed.judge_timing(timing, asked.real_time_factor if timing.usual else None, latencies))


@pytest.mark.owns("too_slow")
def test_requests_per_second(served, check):
    check(serving.judge_served(served))
