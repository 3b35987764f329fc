"""Weights and speech that are written while they are judged: BLOCKED, and nothing is kept of it.

The others of the run are judged as if nothing had happened, and the next run judges what is there.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.meta.runs import CHECKS, FIXTURES, Outcome

pytestmark = pytest.mark.slow(4)

ORIGINAL = FIXTURES / "models" / "wav2vec2-tiny" / "model.safetensors"
OTHER = FIXTURES / "models" / "broken" / "constant" / "model.safetensors"


@dataclass
class Writer:
    """A plugin that does something once, when a stage of a candidate is about to be computed."""

    stage: str
    candidate: str
    act: Callable[[], Any]
    done: list[str] = field(default_factory=list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> None:
        item = request._pyfuncitem
        if fixturedef.argname == self.stage and f"[{self.candidate}" in item.name and not self.done:
            self.done.append(item.name)
            self.act()


@dataclass
class Project:
    """A folder with two models of its own, a cache, evidence and recordings."""

    pytester: pytest.Pytester
    candidates: Path
    speech: Path

    @property
    def folder(self) -> Path:
        return self.candidates.parent

    def run(self, *args: str, writer: Writer | None = None) -> Outcome:
        reports, cache = self.folder / "reports", self.folder / "cache"
        places = ("--candidates", self.candidates, "--data", self.speech, "--reports", reports)
        fixed = ("-o", f"cache_dir={cache}", "-p", "no:hypothesispytest", "--threads=1")
        plugins = [writer] if writer else []
        result = self.pytester.runpytest_inprocess(
            CHECKS, *map(str, places), *fixed, "-m", GATES, *args, plugins=plugins
        )
        assert writer is None or writer.done
        return Outcome(int(result.ret), str(result.stdout) + str(result.stderr), reports)

    def overwrite(self, weights: Path = OTHER) -> None:
        """Write other weights over those of the first candidate, in place."""
        own = self.folder / "models" / "wav2vec2-tiny" / "model.safetensors"
        own.write_bytes(weights.read_bytes())


@pytest.fixture
def project(
    pytester: pytest.Pytester,
    tmp_path: Path,
    write: Callable[..., Path],
    some_speech: Path,
    _imported: None,
) -> Project:
    path = write("wav2vec2-tiny", "hubert-tiny")
    for name in ("wav2vec2-tiny", "hubert-tiny"):
        shutil.copytree(FIXTURES / "models" / name, tmp_path / "models" / name)
    text = path.read_text("utf-8").replace(f"{FIXTURES}/./models", "./models")
    path.write_text(text.replace(f"{FIXTURES}/models", "./models"), "utf-8")
    return Project(pytester, path, Path(shutil.copytree(some_speech, tmp_path / "speech")))


def told(outcome: Outcome, name: str) -> tuple[str, str | None]:
    one = outcome.candidate(name)
    return one["verdict"], one["reason"]


GATES = "loadability or degeneracy or accuracy"
EXPECTED = ("rejected", "low_recall")  # on so little speech


@pytest.mark.parametrize("stage", ["checkpoint", "predictions"])
def test_weights_that_are_written_while_they_are_judged(project: Project, stage: str) -> None:
    outcome = project.run(writer=Writer(stage, "wav2vec2-tiny", project.overwrite))
    assert told(outcome, "wav2vec2-tiny") == ("undecided", "changed_while_judged")
    assert told(outcome, "hubert-tiny") == EXPECTED
    (blocked,) = (case for case in outcome.of("wav2vec2-tiny") if case.kind == "error")
    assert "model.safetensors of ./models/wav2vec2-tiny was written while it" in blocked.message
    if stage == "predictions":
        again = project.run()
        assert told(again, "wav2vec2-tiny") == ("rejected", "constant_prediction")
    project.overwrite(ORIGINAL)
    restored = project.run()  # nothing wrong is remembered of these weights
    assert told(restored, "wav2vec2-tiny") == ("undecided", None)  # its speed is not known yet
    assert restored.candidate("wav2vec2-tiny")["numbers"]["uar_own"]["value"] > 0.7


def test_a_clip_that_is_written_before_it_is_heard(project: Project) -> None:
    first, second = sorted((project.speech / "audio").iterdir())[-2:]
    writer = Writer("predictions", "hubert-tiny", lambda: shutil.copy(second, first))
    outcome = project.run(writer=writer)
    for name in ("hubert-tiny", "wav2vec2-tiny"):
        assert told(outcome, name) == ("undecided", "changed_while_judged")
    assert f"{first.name} changed after it was read for the first time" in outcome.output


@pytest.mark.parametrize("change", [lambda path: path.write_text(""), Path.unlink])
def test_the_list_of_candidates_that_is_written_is_told(
    project: Project, change: Callable[[Path], Any]
) -> None:
    writer = Writer("index", "hubert-tiny", lambda: change(project.candidates))
    outcome = project.run("-m", "loadability", writer=writer)
    assert {one["verdict"] for one in outcome.results["candidates"]} == {"undecided"}
    told = "candidates.yaml changed during the run, which judged it as it was at its start"
    assert told in outcome.output
