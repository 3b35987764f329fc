"""A run that is killed at any moment leaves no process, and the next finds what it would have.

In the long form each of 20 moments has a folder of its own; else 4 come in turn, in one folder.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.meta.conftest import copy_speech
from tests.meta.runs import CHECKS, ROOT, SPEECH, Outcome

pytestmark = pytest.mark.slow(30)

LONG = os.environ.get("SERTIFY_CHAOS") == "long"
MARK = "SERTIFY_TEST_OF_KILLS"


@dataclass(frozen=True)
class Project:
    """What a run is about, and the folder that it writes into."""

    candidates: Path
    speech: Path
    folder: Path

    def started(self) -> tuple[subprocess.Popen[bytes], str]:
        """Begin a run; return also what marks all processes of it."""
        mark = uuid.uuid4().hex
        places = ("--candidates", self.candidates, "--data", self.speech)
        kept = ("--reports", self.folder / "reports", "-o", f"cache_dir={self.folder / 'cache'}")
        fixed = ("-p", "no:hypothesispytest", "--threads=1", "-m", "not speed", "-n", "0")
        command = [sys.executable, "-m", "pytest", CHECKS, *places, *kept, *fixed]
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [*map(str, command)],
                cwd=ROOT,
                env=os.environ | {MARK: mark},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return process, mark

    def run(self) -> Outcome:
        """Let a run end."""
        process, mark = self.started()
        code = process.wait(300)
        assert not left_of(mark)
        output = (self.folder / "output.txt").read_text("utf-8")
        return Outcome(code, output, self.folder / "reports")

    def kill(self, progress: int) -> None:
        """Begin a run, and kill it once so many more records were written than were there."""
        wanted = self.written() + progress
        process, mark = self.started()
        while self.written() < wanted and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        assert not left_of(mark)

    def written(self) -> int:
        """Return how many records were ever written."""
        path = self.folder / "reports" / "evidence.sqlite"
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as c,
        ):
            return int(c.execute("SELECT coalesce(max(place), 0) FROM evidence").fetchone()[0])
        return 0


def left_of(mark: str, patience: float = 20) -> list[str]:
    """Return the processes of a run that are still there after a while."""
    end = time.monotonic() + patience
    while (left := [*processes_of(mark)]) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def processes_of(mark: str) -> Iterator[str]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield f"{process.pid} {' '.join(process.cmdline())[:200]}"


def found(outcome: Outcome) -> dict[str, Any]:
    """Return what a run concludes, without what a clock told."""
    assert outcome.code == 1, outcome.output
    told = {}
    for one in outcome.results["candidates"]:
        numbers = {name: number for name, number in one["numbers"].items() if name != "load_time"}
        told[one["name"]] = (one["verdict"], one["reason"], numbers)
    return told


@pytest.fixture
def project(tmp_path: Path, write: Callable[..., Path]) -> Project:
    header, *rows = (SPEECH / "metadata.csv").read_text("utf-8").splitlines()
    names = ("hubert-tiny", "speech-recogniser", *(["wav2vec2-tiny"] if LONG else []))
    candidates = write(*names, status=None, reason=None)
    return Project(candidates, copy_speech(tmp_path / "speech", header, rows[::20]), tmp_path / "a")


@contextmanager
def copied(project: Project, name: str) -> Iterator[Project]:
    """Give a folder of its own."""
    folder = project.folder.with_name(name)
    yield Project(project.candidates, project.speech, folder)
    shutil.rmtree(folder)


def test_whenever_it_is_killed_the_next_run_finds_the_same(project: Project) -> None:
    undisturbed = found(project.run())
    records = project.written()
    assert {one[:2] for one in undisturbed.values()} >= {("rejected", "wrong_task")}
    moments = [round(records * number / 19) for number in range(20)]
    if LONG:
        for moment in moments:
            with copied(project, f"killed-{moment}") as other:
                other.kill(moment)
                assert found(other.run()) == undisturbed, moment
        return
    with copied(project, "killed") as other:
        for moment in (0, moments[3], moments[10], moments[19]):
            other.kill(moment)
        assert found(other.run()) == undisturbed
