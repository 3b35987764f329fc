"""The gates that are only asked for, as users call them, on models that fail them."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.meta.runs import FIXTURES, SPEECH, Outcome, Run

FILE = FIXTURES / "robustness.yaml"
ENTRIES: list[dict[str, Any]] = YAML(typ="safe").load(FILE)["candidates"]
EXPECTED = {one["name"]: one.get("reason") for one in ENTRIES}
GATES = "not speed"


@pytest.fixture(scope="module")
def unexpected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file without what it expects, so that each verdict is the suite's own."""
    content = YAML(typ="safe").load(FILE)
    for one in content["candidates"]:
        one["model"] = str(FIXTURES / one["model"])
        one.pop("status", None)
        one.pop("reason", None)
    path = tmp_path_factory.mktemp("fragile") / "candidates.yaml"
    YAML().dump(content, path)
    return path


@pytest.mark.slow(150)
def test_each_is_rejected_for_what_disturbs_it_and_the_sound_ones_are_not(
    run: Run, unexpected: Path, known: Path
) -> None:
    outcome = run("-m", GATES, "--data", SPEECH, candidates=unexpected, cache=known)
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    assert {name: outcome.candidate(name).get("reason") for name in EXPECTED} == EXPECTED
    assert failed(outcome, "fragile-to-noise").startswith("FAIL not_robust:noise: ")
    assert "level: when it is softer or louder (gain -6 dB) it loses" in failed(
        outcome, "hears-loudness"
    )
    assert "without its low or high tones (lowpass 4000 Hz) it loses" in failed(
        outcome, "flips-at-lowpass"
    )
    assert "higher for male than for female (gender)" in failed(outcome, "unfair-to-women")
    assert "after 0.5 s of speech it loses 0.3" in failed(outcome, "needs-a-second")
    assert "its answer changes 5" in failed(outcome, "hears-each-word")
    needed = {name: outcome.candidate(name)["streaming"] for name in EXPECTED}
    assert needed["needs-a-second"]["needed"]["value"] == 1.0
    assert needed["needs-a-second"]["flips"]["value"] == 0.0
    assert needed["needs-a-second-and-has-it"]["tolerated"]
    assert needed["steady"] is None


@pytest.mark.slow(30)  # what models answer is known from before
def test_a_run_in_which_all_are_as_expected_is_green(run: Run, known: Path) -> None:
    outcome = run("-m", GATES, "--data", SPEECH, candidates=FILE, cache=known)
    assert outcome.code == pytest.ExitCode.OK, outcome.output


@pytest.mark.slow(2)
def test_none_is_rejected_where_nobody_asks(
    run: Run, some_speech: Path, known: Path, tmp_path: Path
) -> None:
    entry = {"name": "flips", "model": str(FIXTURES / "models" / "fragile" / "flips-at-lowpass")}
    path = tmp_path / "candidates.yaml"
    YAML().dump({"candidates": [entry]}, path)
    outcome = run("-m", GATES, "--data", some_speech, candidates=path, cache=known)
    assert outcome.code == pytest.ExitCode.OK, outcome.output


def failed(outcome: Outcome, name: str) -> str:
    return next(one.message for one in outcome.of(name) if one.kind == "failure")
