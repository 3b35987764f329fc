"""A judgement is only of what is still there."""

from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.hub.watching import Watch
from sertify.pipeline.checking import as_it_stands, require_unchanged
from sertify.pipeline.checks import Check, checks_of, read_checks
from sertify.pipeline.hearing import Segmenting
from sertify.pipeline.prefetch import Repositories
from sertify.pipeline.settings import Settings
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Judgement, Outcome
from tests.meta import tiny
from tests.meta.runs import ROOT


@pytest.fixture
def way(tmp_path: Path) -> Way:
    candidate = Candidate("tiny", "./model", tiny.build(tmp_path / "model"))
    repositories = Repositories([candidate], offline=True)
    repositories.index(candidate)
    return Way(STAGES, candidate=candidate, repositories=repositories, tell=silently)


def write(way: Way) -> None:
    (way.get("candidate").folder / "config.json").write_text("{}", "utf-8")


JUDGED = pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL, Outcome.BLOCKED])


@JUDGED
def test_where_nothing_was_written_a_judgement_stands(way: Way, outcome: Outcome) -> None:
    assert way.get("snapshot")
    judgement = Judgement(outcome, (), "no_config")
    assert as_it_stands(judgement, way) is judgement
    require_unchanged(way)


@JUDGED
def test_where_something_was_written_nobody_can_tell(way: Way, outcome: Outcome) -> None:
    assert way.get("snapshot")
    write(way)
    found = as_it_stands(Judgement(outcome, (), "no_config"), way)
    assert (found.outcome, found.reason) == (Outcome.BLOCKED, "changed_while_judged")
    assert found.message.startswith("config.json of ./model was written while it was judged")
    with pytest.raises(Blocked):
        require_unchanged(way)


def test_what_was_not_reached_stays_so(way: Way) -> None:
    assert way.get("snapshot")
    write(way)
    judgement = Judgement(Outcome.NOT_REACHED, (), "no_data")
    assert as_it_stands(judgement, way) is judgement


def test_of_whom_nothing_is_known_nothing_can_have_changed(way: Way) -> None:
    judgement = Judgement(Outcome.BLOCKED, (), "unreachable")
    assert as_it_stands(judgement, way) is judgement
    assert as_it_stands(judgement, None) is judgement


def test_what_was_written_between_the_look_ahead_and_its_turn_is_looked_at_anew(way: Way) -> None:
    candidate = way.get("candidate")
    ahead = way.get("repositories").snapshot(candidate)
    write(way)
    snapshot = way.get("snapshot")
    assert snapshot.commit != ahead.commit
    assert snapshot.read_json("config.json") == {}
    assert not Watch(snapshot).changed()


# ------------------------------------------------------------------ which checks there are


def speed_checks(asked: dict[str, Any], **settings: Any) -> list[Check]:
    requirements = Requirements.model_validate(asked)
    candidate = Candidate("tiny", "./model", requirements=requirements)
    (module,) = [
        one for one in read_checks(ROOT / "tests" / "checks") if one.pytestmark.name == "speed"
    ]
    return checks_of([module], candidate, Settings(candidates=Path("candidates.yaml"), **settings))


def test_what_nobody_asks_for_is_no_check_and_not_waited_for() -> None:
    (only,) = speed_checks({"segments": (1.0,)})
    assert only.siblings == ("test_time_per_segment", "test_time_per_segment@1s")
    asked = {"segments": (1.0,), "requests_per_second": {"min": 4.0, "latency": 0.5}}
    first, second = speed_checks(asked)
    assert "test_requests_per_second" in first.siblings
    assert second.name == "test_requests_per_second@p95"
    assert second.name in second.siblings


def test_a_segment_that_a_limit_is_about_is_measured_however_clips_are_cut() -> None:
    asked = {"segments": (1.0,), "latency": {"max": 0.8, "segment": 5.0}}
    for settings, length in (({}, 1), ({"segmenting": Segmenting(3.0, 1.5)}, 3)):
        names = [one.name for one in speed_checks(asked, **settings)]
        assert names == [f"test_time_per_segment@{length}s", "test_time_per_segment@5s"]
