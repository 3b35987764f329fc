"""How much speech may be needed, and how often an answer may change: what is proven is rejected."""

import math
from typing import Any

import pytest

from sertify.candidates.requirements import Requirements
from sertify.gates.streaming import HeardSoFar, Streamed, judge_flips, judge_seconds_needed
from sertify.statistics.intervals import Interval
from sertify.statistics.robustness import Drop
from sertify.vocabulary.outcomes import Measurement, Outcome

LOST, UNSURE, KEPT = (0.3, 0.2, 0.4), (0.06, 0.0, 0.12), (0.0, -0.03, 0.03)
Ends = tuple[float, float, float]


def heard(seconds: float, drop: Ends | None, longer: int = 40) -> HeardSoFar:
    lost = None
    if drop is not None:
        lost = Drop(drop[0], Interval(*drop[1:]), 0.5, 0.71, 0.71 - drop[0], max(0, drop[0]), 0.0)
    stays = Measurement("unchanged", 0.8, "1", 0.7, 0.9, 60, 12)
    return HeardSoFar(seconds, longer, stays, lost, lost)


def streamed(*points: HeardSoFar, flips: Ends | None = (12.0, 8.0, 17.0), **facts: Any) -> Streamed:
    found = flips and Measurement("flips_per_minute", *flips[:1], "1/min", *flips[1:], 60, 12)
    given = {
        "margin": 0.05, "flips": found, "surely_flips": found, "window": 2.0, "clips": 60,
        "agreeing": Measurement("windows_agreeing", 0.8, "1", 0.7, 0.9, 60, 12) if found else None,
        "at_hand": 60, "speakers": 12, "moved_over": 50 if found else 0, "answers": 300,
    }  # fmt: skip
    return Streamed(points=points, **given | facts)


def asked(**limits: Any) -> Requirements:
    return Requirements.model_validate(limits, strict=False)


USUAL = (heard(1, LOST), heard(2, UNSURE), heard(3, KEPT))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"max": 1}, (Outcome.FAIL, False)),
        ({"max": 2}, (Outcome.INCONCLUSIVE, True)),
        ({"max": 2, "confidence": 0.95}, (Outcome.INCONCLUSIVE, False)),
        ({"max": 3}, (Outcome.PASS, False)),
        (None, (Outcome.PASS, False)),
    ],
)
def test_what_is_proven_to_need_longer_is_rejected(
    limit: Any, expected: tuple[Outcome, bool]
) -> None:
    judgement = judge_seconds_needed(streamed(*USUAL), asked(streaming=True, seconds_needed=limit))
    assert (judgement.outcome, judgement.tolerated) == expected
    (needed,) = judgement.measurements
    assert (needed.name, needed.value, needed.unit) == ("seconds_needed", 3, "s")
    found = judgement.details["streaming"]["needed"]
    assert found == {"value": 3, "low": 2, "high": 3}


def test_it_says_what_is_lost_and_from_when_on_that_should_not_be() -> None:
    judgement = judge_seconds_needed(streamed(*USUAL), asked(seconds_needed={"max": 1}))
    assert judgement.reason == "needs_long_speech"
    assert judgement.message == (
        "after 1 s of speech it loses 0.3 [0.20, 0.40] UAR (0.71 to 0.41), but should lose at most"
        " 0.05 from 1 s on"
    )
    assert judgement.requirement == "seconds_needed at most 1, beyond doubt"
    unsure = judge_seconds_needed(streamed(*USUAL, at_hand=400), asked(seconds_needed={"max": 2}))
    assert unsure.message.endswith(
        "from 2 s on; 60 clips of 12 speakers cannot tell; `clips:` under `streaming:` asks more of"
        " the 400 at hand"
    )


def test_what_is_good_early_and_lost_later_is_not_enough() -> None:
    found = streamed(heard(1, KEPT), heard(2, LOST), heard(3, KEPT))
    judgement = judge_seconds_needed(found, asked(seconds_needed={"max": 1}))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.message.startswith("after 2 s of speech it loses 0.3")


def test_where_nothing_is_enough_there_is_no_number() -> None:
    found = streamed(heard(1, LOST), heard(2, LOST))
    judgement = judge_seconds_needed(found, asked(seconds_needed={"max": 2}))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.measurements == ()
    assert judgement.details["streaming"]["needed"] == {"value": None, "low": None, "high": None}


class TestTooShortClips:
    """After seconds that hardly any clip is longer than, nothing can be lost."""

    FEW = (heard(1, UNSURE), heard(2, KEPT, longer=9))

    def test_nothing_is_told_and_the_report_says_so(self) -> None:
        judgement = judge_seconds_needed(streamed(*self.FEW), asked(seconds_needed={"max": 2}))
        assert (judgement.outcome, judgement.tolerated) == (Outcome.INCONCLUSIVE, True)
        assert judgement.message == (
            "only 9 of 60 clips are longer than 2 s, from which on it should be as right as on"
            " whole clips: judge it on longer speech"
        )
        assert judgement.measurements == ()
        assert "fewer than 10 of 60 clips are longer than 2 s" in judgement.details["remark"]

    def test_ten_tell(self) -> None:
        found = streamed(heard(1, UNSURE), heard(2, KEPT, longer=10))
        judgement = judge_seconds_needed(found, asked(seconds_needed={"max": 2}))
        assert judgement.outcome is Outcome.PASS
        assert "remark" not in judgement.details

    def test_what_was_proven_earlier_passes(self) -> None:
        found = streamed(heard(1, KEPT), heard(2, KEPT, longer=9))
        judgement = judge_seconds_needed(found, asked(seconds_needed={"max": 2}))
        assert judgement.outcome is Outcome.PASS


def test_without_labels_or_on_seen_speech_nothing_decides() -> None:
    limits = asked(seconds_needed={"max": 1}, flips_per_minute={"max": 1})
    unlabelled = judge_seconds_needed(streamed(heard(1, None)), limits)
    assert (unlabelled.outcome, unlabelled.measurements) == (Outcome.PASS, ())
    seen = streamed(*USUAL, binding=False)
    for judge in (judge_seconds_needed, judge_flips):
        assert judge(seen, limits).outcome is Outcome.PASS
    assert "decides nothing" in judge_seconds_needed(seen, limits).details["remark"]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"max": 7}, (Outcome.FAIL, False)),
        ({"max": 10}, (Outcome.INCONCLUSIVE, True)),
        ({"max": 10, "confidence": 0.9}, (Outcome.INCONCLUSIVE, False)),
        ({"max": 17}, (Outcome.PASS, False)),
        (None, (Outcome.PASS, False)),
    ],
)
def test_who_is_proven_to_change_more_often_is_rejected(
    limit: Any, expected: tuple[Outcome, bool]
) -> None:
    judgement = judge_flips(streamed(*USUAL), asked(streaming=True, flips_per_minute=limit))
    assert (judgement.outcome, judgement.tolerated) == expected
    assert [one.name for one in judgement.measurements] == ["flips_per_minute", "windows_agreeing"]
    if judgement.message:
        assert judgement.reason == "unsteady"
        assert judgement.message.startswith(
            "its answer changes 12 [8, 17] times a minute as a window of 2 s moves, but should"
            f" change at most {limit['max']}"
        )


def test_clips_without_room_for_two_windows_tell_of_no_flips() -> None:
    found = streamed(*USUAL, flips=None)
    plain = judge_flips(found, asked(streaming=True))
    assert plain.outcome is Outcome.PASS
    assert "no clip has room for two windows of 2 s" in plain.details["remark"]
    limited = judge_flips(found, asked(flips_per_minute={"max": 7}))
    assert (limited.outcome, limited.tolerated) == (Outcome.INCONCLUSIVE, True)
    proof = judge_flips(found, asked(flips_per_minute={"max": 7, "confidence": 0.95}))
    assert (proof.outcome, proof.tolerated) == (Outcome.INCONCLUSIVE, False)


def test_details_are_in_json_types() -> None:
    stays = Measurement("unchanged", math.nan, "1", -1.0, 1.0, 60)
    found = streamed(HeardSoFar(1.0, 40, stays))
    details = judge_seconds_needed(found, asked(streaming=True)).details["streaming"]
    assert details["points"] == [
        {"seconds": 1.0, "longer": 40, "told": True, "drop": None, "unchanged": None}
    ]
