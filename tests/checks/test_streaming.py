"""Gate 7, where it is asked for: a short stretch of speech is enough, and the answer is steady."""

import pytest

from sertify.gates import streaming

pytestmark = pytest.mark.streaming


@pytest.mark.owns("needs_long_speech")
def test_short_speech_is_enough(candidate, streamed, check):
    check(streaming.judge_seconds_needed(streamed, candidate.requirements))


@pytest.mark.owns("unsteady")
def test_its_answer_is_steady(candidate, streamed, check):
    check(streaming.judge_flips(streamed, candidate.requirements))
