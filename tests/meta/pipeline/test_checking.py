"""A judgement is only of what is still there."""

from pathlib import Path

import pytest

from sertify.candidates.reading import Candidate
from sertify.hub.watching import Watch
from sertify.pipeline.checking import as_it_stands, require_unchanged
from sertify.pipeline.prefetch import Repositories
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.outcomes import Judgement, Outcome
from tests.meta import tiny


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
