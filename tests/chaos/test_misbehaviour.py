"""What goes wrong at one candidate is told of it, and costs no other; serially and with workers."""

import xml.etree.ElementTree as ET

import pytest

from tests.chaos.projects import judged, project
from tests.meta.runs import Case, Outcome

OWN = """
import os
import pytest

class Odd(BaseException):
    pass

class Mute(Exception):
    def __str__(self):
        raise RuntimeError("says nothing")

class Stubborn(Exception):
    def __str__(self):
        raise SystemExit(0)
    __repr__ = __str__

def raises(error):
    raise error

def asserts():
    assert 1 == 2, "two sizes"

ACTS = {
    "system-exit": lambda: raises(SystemExit(0)),
    "generator-exit": lambda: raises(GeneratorExit()),
    "base-exception": lambda: raises(Odd("odd")),
    "surrogate": lambda: raises(ValueError("half \\udce4 a pair \\x00 \\x1b[31m")),
    "mute": lambda: raises(Mute()),
    "stubborn": lambda: raises(Stubborn()),
    "asserts": asserts,
    "fails": lambda: pytest.fail("another plugin says \\udce4"),
    "skips": lambda: pytest.skip("not today"),
    "prints": lambda: print("\\udce4\\x00"),
}

def act(candidate, phase):
    name, _, when = candidate.name.rpartition(".")
    if when == phase:
        ACTS[name]()

@pytest.fixture(scope="session")
def stage(candidate):
    act(candidate, "setup")
    yield candidate
    act(candidate, "teardown")

@pytest.fixture
def step(stage):
    act(stage, "step")
    yield stage
    act(stage, "unstep")

@pytest.mark.loadability
def test_first(step):
    act(step, "call")

@pytest.mark.labels
def test_second(stage):
    pass
"""
ACTS = ("system-exit", "generator-exit", "base-exception", "surrogate", "mute", "stubborn")
PHASES = ("setup", "step", "call", "unstep", "teardown")
BLOCKED, FAILED = ("BLOCKED", "unexpected_error"), ("FAIL", "failed_check")
LEFT_OUT = ("NOT_REACHED", "not_selected")
EXPECTED = {
    **{f"{act}.{phase}": BLOCKED for act in ACTS for phase in PHASES[:3]},
    # What goes wrong behind a check takes nothing back.
    **{f"{act}.{phase}": ("PASS", "") for act in ACTS for phase in PHASES[3:]},
    **{f"{act}.setup": BLOCKED for act in ("asserts", "fails")},
    **{f"{act}.step": BLOCKED for act in ("asserts", "fails")},
    **{f"{act}.call": FAILED for act in ("asserts", "fails")},
    **{f"skips.{phase}": LEFT_OUT for phase in PHASES[:3]},
    **{f"prints.{phase}": ("PASS", "") for phase in PHASES},
}


def first_that_told(cases: list[Case]) -> tuple[str, str]:
    told = [(c.properties["outcome"], c.properties.get("reason", "")) for c in cases]
    return next((one for one in told if one[0] != "PASS"), ("PASS", ""))


@pytest.fixture(scope="module", params=["0", "2"], ids=["serial", "workers"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Judge one candidate of each kind, and behind each one that is sound."""
    names = [name for bad in EXPECTED for name in (bad, f"{bad}.behind")]
    folder = project(tmp_path_factory.mktemp("project"), OWN, names)
    return judged(folder, "-n", request.param)


@pytest.mark.slow(10)
class TestOneOfMany:
    def test_the_run_comes_to_its_end(self, outcome: Outcome) -> None:
        assert outcome.code == pytest.ExitCode.TESTS_FAILED, outcome.output
        assert "INTERNALERROR" not in outcome.output
        assert outcome.results["run"]["finished"]
        assert outcome.results["run"]["asked"] == 2 * len(EXPECTED)
        ET.parse(outcome.reports / "junit.xml")

    @pytest.mark.parametrize("name", EXPECTED)
    def test_what_it_did_is_told_of_it(self, outcome: Outcome, name: str) -> None:
        assert first_that_told(outcome.of(name)) == EXPECTED[name]

    @pytest.mark.parametrize("name", EXPECTED)
    def test_the_one_behind_it_is_sound(self, outcome: Outcome, name: str) -> None:
        cases = outcome.of(f"{name}.behind")
        assert first_that_told(cases) == ("PASS", "")
        assert len({case.name for case in cases}) == 2
