"""Speech that had no part in a choice: what confirms it, what refutes it, what it leaves open."""

from dataclasses import fields, replace
from typing import Any

import pytest

from sertify.candidates.requirements import Requirements
from sertify.gates.accuracy import Score
from sertify.gates.confirming import Basis, has_fallen, judge_confirmation, power, weakness
from sertify.gates.parts import Part
from sertify.vocabulary.outcomes import Bound, Measurement, Outcome

DEFAULTS = Requirements()
PLAIN = Requirements(uar=(Bound(min=0.4),))
BASIS = Basis(Measurement("uar", 0.6, "1", 0.5, 0.69, 480, 8))


def uar(low: float, value: float, high: float, speakers: int | None = 3) -> Score:
    """Return what held-out speech gave."""
    measured = Measurement("uar", value, "1", low, high, 60, speakers)
    given: dict[str, Any] = {one.name: measured for one in fields(Score) if one.type is Measurement}
    given |= {name: Measurement(name, 1.0) for name in ("coverage", "coverage_emotions")}
    return Score(Part(), **given, recalls=(), precisions=(), chance=1 / 7)


@pytest.mark.parametrize(
    ("scored", "requirements", "outcome"),
    [
        (uar(0.45, 0.6, 0.72), DEFAULTS, Outcome.PASS),
        (uar(0.45, 0.47, 0.49), DEFAULTS, Outcome.PASS),  # less than before, but it meets the limit
        (uar(0.3, 0.55, 0.78), DEFAULTS, Outcome.INCONCLUSIVE),
        (uar(0.2, 0.35, 0.6), DEFAULTS, Outcome.INCONCLUSIVE),
        (uar(0.2, 0.3, 0.42), DEFAULTS, Outcome.FAIL),  # far below before, beyond chance
        (uar(0.2, 0.3, 0.39), DEFAULTS, Outcome.FAIL),  # below the limit, beyond doubt
        (uar(0.3, 0.55, 0.78), PLAIN, Outcome.PASS),
        (uar(0.2, 0.35, 0.6), PLAIN, Outcome.INCONCLUSIVE),  # which the value alone would fail
        (uar(0.2, 0.3, 0.42), PLAIN, Outcome.FAIL),
        (uar(0.2, 0.3, 0.39), PLAIN, Outcome.FAIL),
    ],
)
def test_only_what_is_beyond_doubt_is_refuted(
    scored: Score, requirements: Requirements, outcome: Outcome
) -> None:
    assert judge_confirmation(scored, requirements, BASIS).outcome is outcome


def test_messages_say_what_it_was_chosen_by() -> None:
    judgement = judge_confirmation(uar(0.3, 0.55, 0.78), DEFAULTS, BASIS)
    assert judgement.message.startswith("uar=0.55 [0.3, 0.78], but should be at least 0.4 with 95%")
    assert judgement.message.endswith(
        "; it agrees with the UAR of 0.60 that it was chosen by, as far as 3 speakers can tell"
    )
    plain = judge_confirmation(uar(0.2, 0.35, 0.6), PLAIN, BASIS)
    assert "but should be at least 0.4; 3 speakers cannot tell; it agrees" in plain.message
    fallen = judge_confirmation(uar(0.2, 0.3, 0.42), DEFAULTS, BASIS)
    assert (fallen.reason, fallen.outcome) == ("low_uar", Outcome.FAIL)
    assert fallen.message.endswith(
        "; and it is below the UAR of 0.60 that it was chosen by, by more than chance explains"
    )


def test_without_what_it_was_chosen_by_nothing_is_held_against_it() -> None:
    assert judge_confirmation(uar(0.2, 0.3, 0.42), DEFAULTS).outcome is Outcome.INCONCLUSIVE
    vague = Basis(Measurement("uar", 0.9))
    assert judge_confirmation(uar(0.2, 0.3, 0.42), DEFAULTS, vague).outcome is Outcome.INCONCLUSIVE


def test_what_luck_added_is_no_part_of_what_is_expected() -> None:
    lucky = replace(BASIS, uar=replace(BASIS.uar, value=0.7, low=0.65, high=0.75))
    scored = uar(0.3, 0.5, 0.65)
    assert has_fallen(scored.uar, lucky)
    corrected = replace(lucky, corrected=0.58)
    assert not has_fallen(scored.uar, corrected)
    assert "the UAR of 0.58" in judge_confirmation(scored, DEFAULTS, corrected).message


def test_who_holds_out_too_few_is_told_how_many_would_do() -> None:
    said = (
        "2 speakers would confirm a UAR of 0.60 in only 14 % of cases; for 80 % it takes 6 speakers"
    )
    assert weakness(DEFAULTS, BASIS, 2, 120, apart=True) == f"{said}: --hold-out 0.6"
    assert weakness(DEFAULTS, BASIS, 2, 120, apart=False) == said
    assert weakness(DEFAULTS, BASIS, 20, 120, apart=False) == ""


def test_clips_are_counted_where_speakers_are_not_named() -> None:
    text = weakness(DEFAULTS, BASIS, 0, 3, apart=False)
    assert text.startswith("3 clips would confirm a UAR of 0.60 in only ")
    assert text.endswith(" clips")


def test_what_cannot_be_spared_is_said_and_so_is_what_no_number_confirms() -> None:
    unsure = Basis(Measurement("uar", 0.6, "1", 0.41, 0.77, 240, 4))
    assert weakness(DEFAULTS, unsure, 2, 0, apart=True).endswith("speakers, which 6 cannot spare")
    near = Basis(Measurement("uar", 0.42, "1", 0.35, 0.49, 240, 4))
    text = weakness(DEFAULTS, near, 2, 0, apart=True)
    assert text.endswith("; it is too close to the limit for any number to do")


def test_without_a_limit_there_is_no_power() -> None:
    assert power(Requirements(uar=()), BASIS, 2, 60) is None
    assert power(DEFAULTS, Basis(Measurement("uar", 0.6)), 2, 60) is None
    assert weakness(Requirements(uar=()), BASIS, 2, 60, apart=True) == ""
    assert (power(PLAIN, BASIS, 2, 60) or 0) > (power(DEFAULTS, BASIS, 2, 60) or 1)
