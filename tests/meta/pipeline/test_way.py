"""Each stage is computed once, where it belongs; what it raised is raised for whoever asks."""

from collections.abc import Callable
from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.pipeline.checks import VARIED
from sertify.pipeline.stages import STAGES
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way, parameters
from sertify.vocabulary.errors import Rejected


class Calls:
    """Stages that note how often they are called."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def stages(self) -> dict[str, Callable[..., Any]]:
        def shared(settings: str) -> str:
            self.of.append("shared")
            return f"shared by {settings}"

        def model(candidate: str, shared: str) -> str:
            self.of.append("model")
            return f"{candidate}, {shared}"

        def score(model: str, part: str) -> str:
            self.of.append("score")
            return f"{model} on {part}"

        def flaw(model: str) -> str:
            self.of.append("flaw")
            raise Rejected("no_weights", f"{model} has none")

        def after(flaw: str) -> str:
            self.of.append("after")
            return flaw

        return {each.__name__: each for each in (shared, model, score, flaw, after)}


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def run(calls: Calls) -> Way:
    return Way(calls.stages(), settings="all")


def test_a_stage_is_computed_once_for_all_that_share_it(run: Way, calls: Calls) -> None:
    first, second = run.branch(candidate="a"), run.branch(candidate="b")
    assert first.get("model") == first.get("model") == "a, shared by all"
    assert second.get("model") == "b, shared by all"
    assert calls.of == ["shared", "model", "model"]


def test_what_follows_from_the_values_of_a_branch_ends_with_it(run: Way, calls: Calls) -> None:
    way = run.branch(candidate="a")
    found = [way.branch(part=part).get("score") for part in ("x", "y")]
    assert found == ["a, shared by all on x", "a, shared by all on y"]
    assert calls.of == ["shared", "model", "score", "score"]
    assert way.known("score") is None
    assert run.known("model") is None
    assert run.known("shared") == "shared by all"


def test_what_was_given_above_stays_as_it_was_given(run: Way, calls: Calls) -> None:
    way = run.branch(candidate="a", shared="given").branch(settings="others")
    assert way.get("shared") == "given"
    assert way.get("model") == "a, given"
    assert run.branch(settings="others", candidate="a").get("model") == "a, shared by others"
    assert calls.of == ["model", "shared", "model"]


def test_a_rejection_is_handed_down_without_asking_again(run: Way, calls: Calls) -> None:
    way = run.branch(candidate="a")
    raised = []
    for name in ("after", "flaw", "after"):
        with pytest.raises(Rejected) as caught:
            way.get(name)
        raised.append(caught.value)
    assert raised[0] is raised[1] is raised[2]
    assert calls.of == ["shared", "model", "flaw"]


def test_a_function_is_called_with_what_its_parameters_name(run: Way) -> None:
    assert run.branch(candidate="a").call(lambda model, candidate: (model, candidate)) == (
        "a, shared by all",
        "a",
    )


def test_what_is_missing_is_named(run: Way) -> None:
    with pytest.raises(LookupError, match="'candidate'"):
        run.get("model")


def test_what_can_be_closed_is_closed_the_newest_first() -> None:
    closed = []

    class Door:
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)

    def outer() -> Door:
        return Door("outer")

    def inner(outer: Door, candidate: str) -> Door:
        return Door(f"{candidate}, in {outer.name}")

    run = Way({"outer": outer, "inner": inner})
    way = run.branch(candidate="a")
    way.get("inner")
    way.close()
    assert closed == ["a, in outer"]
    run.close()
    run.close()
    assert closed == ["a, in outer", "outer"]


def test_each_stage_of_a_candidate_is_made_of_stages_and_of_what_is_given() -> None:
    given = {"settings", "suite", "ahead", "cache", "store", "candidate", "tell"}
    of_a_check = {*VARIED, "repeat"}
    for stage in STAGES.values():
        assert {*parameters(stage)} <= {*STAGES} | given | of_a_check, stage.__name__
        assert stage.__doc__


def test_an_unreachable_candidate_is_given_up_at_its_first_stage() -> None:
    class Nowhere:
        def snapshot(self, candidate: Candidate) -> None:
            raise Rejected("not_found", f"{candidate.model} is not there")

    candidate = Candidate("x", "org/x")
    run = Way(STAGES, repositories=Nowhere(), settings=None, cache=None)
    way = run.branch(candidate=candidate, tell=silently)
    for name in ("blueprint", "model", "predictions"):
        with pytest.raises(Rejected, match="not_found: org/x is not there"):
            way.get(name)
