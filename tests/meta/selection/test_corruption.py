"""What is lost in other conditions is told as a multiple of what a baseline loses."""

from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.evidence.store import Record
from sertify.selection.corruption import corruption
from sertify.selection.verdicts import Verdict, verdict
from sertify.vocabulary.conditions import conditions_named
from sertify.vocabulary.outcomes import Measurement, Outcome

ROBUST = Requirements.model_validate({"robustness": True}, strict=False)


def heard(name: str, status: Any = "candidate", **drops: float | None) -> Verdict:
    """Return a verdict on a candidate of which drops are known, by condition."""
    candidate = Candidate(name, name, status=status, requirements=ROBUST)
    return verdict(candidate, [record(candidate, *pair) for pair in drops.items()])


def record(candidate: Candidate, name: str, drop: float | None) -> Record:
    (condition,) = conditions_named(name.replace("_", " "))
    measured = () if drop is None else (Measurement("drop", drop, low=drop - 0.1, high=drop + 0.1),)
    return Record(
        candidate.name, candidate.fingerprint, "c1", "robustness",
        f"test_it_holds_up@{condition.code}", "", "", Outcome.PASS, measurements=measured,
        details={"condition": {"family": condition.family, "name": str(condition)}},
    )  # fmt: skip


def test_losses_of_a_family_are_added_up() -> None:
    base = heard("base", "baseline", babble_20=0.1, babble_0=0.3, gsm_25=0.2)
    own = heard("own", babble_20=0.0, babble_0=0.2, gsm_25=0.4)
    assert corruption([own, base]) == {
        "own": {"noise": pytest.approx(0.5), "phone": pytest.approx(2.0)}
    }


def test_only_conditions_that_both_were_heard_in_count() -> None:
    base = heard("base", "baseline", babble_20=0.1, gsm_25=0.2)
    own = heard("own", babble_20=0.2, babble_0=0.9, mp3_32=0.4)
    assert corruption([base, own]) == {"own": {"noise": pytest.approx(2.0)}}


def test_the_first_baseline_with_losses_counts() -> None:
    mute = heard("mute", "baseline", babble_20=None)
    one, other = (heard(n, "baseline", babble_20=d) for n, d in (("one", 0.1), ("other", 0.4)))
    own = heard("own", babble_20=0.2)
    assert corruption([mute, one, other, own]) == {
        "other": {"noise": pytest.approx(4.0)},
        "own": {"noise": pytest.approx(2.0)},
    }


def test_without_a_baseline_or_its_losses_nothing_is_told() -> None:
    own = heard("own", babble_20=0.2)
    assert corruption([own]) == {}
    assert corruption([own, heard("base", "baseline", babble_20=None)]) == {}
    assert corruption([own, heard("base", "baseline", babble_20=-0.1)]) == {}
    plain = verdict(Candidate("plain", "plain", status="baseline"), ())
    assert corruption([own, plain]) == {}
