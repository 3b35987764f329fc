"""What a run has computed, no later one computes again."""

import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.evidence.cache import Cache, seal_of
from sertify.hub.snapshots import take_snapshot
from sertify.hub.watching import Watch
from sertify.pipeline import stages
from sertify.pipeline.settings import Settings
from tests.meta import tiny
from tests.meta.runs import CHECKS, ROOT, Run

Write = Callable[..., Path]

WITHOUT_TORCH = (
    "import sys, pytest; sys.modules['torch'] = None; sys.exit(pytest.main(sys.argv[1:]))"
)


class Project:
    """A folder with its own cache, evidence and recordings."""

    def __init__(self, folder: Path, candidates: Path, speech: Path, call: Run) -> None:
        self.reports, self.cache = folder / "reports", folder / "cache"
        self.candidates, self.call = candidates, call
        self.speech = Path(shutil.copytree(speech, folder / "speech"))

    def run(self, *args: str) -> str:
        """Call pytest here; return what it says."""
        places = {"candidates": self.candidates, "reports": self.reports, "cache": self.cache}
        outcome = self.call("--data", self.speech, *args, **places)
        assert outcome.code in (0, 1), outcome.output
        return outcome.output

    def command(self, *args: str, code: str = "") -> list[str]:
        """Return what calls pytest in a process of its own."""
        start = ["-c", code] if code else ["-m", "pytest"]
        own = ["--candidates", self.candidates, "--data", self.speech, "--reports", self.reports]
        fixed = ["-p", "no:hypothesispytest", "-o", f"cache_dir={self.cache}", "--threads=1"]
        return [sys.executable, *start, str(CHECKS), *map(str, own), *fixed, *args]

    def run_without_torch(self, *args: str) -> str:
        """Call pytest where nothing can be asked: what it finds then, it knew before."""
        command = self.command(*args, code=WITHOUT_TORCH)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout

    @property
    def store(self) -> Path:
        return self.cache / "d" / "sertify" / "answers.sqlite"

    def answers(self) -> dict[str, bytes]:
        """Return what the models were asked about sounds, by question."""
        with closing(sqlite3.connect(self.store)) as connection:
            rows = connection.execute("SELECT model || question, answer FROM answers").fetchall()
        return {key: answer for key, answer in rows if answer[:1] in (b"=", b"!")}

    def measured(self) -> dict[str, Any]:
        results = json.loads((self.reports / "results.json").read_text("utf-8"))
        numbers = {one["name"]: dict(one["numbers"]) for one in results["candidates"]}
        for one in numbers.values():
            one.pop("load_time", None)
        return {one["name"]: (numbers[one["name"]], one["parts"]) for one in results["candidates"]}


@pytest.fixture
def project(tmp_path: Path, write: Write, some_speech: Path, run: Run) -> Project:
    return Project(tmp_path, write("wavlm-tiny", "hubert-tiny"), some_speech, run)


ACCURACY = ("-m", "accuracy")


@pytest.mark.slow(6)
def test_a_second_run_asks_nothing_whatever_gates_it_is_about(project: Project) -> None:
    first = project.run("-m", "not speed")
    known, measured = project.answers(), project.measured()
    second = project.run_without_torch("-m", "not speed")
    assert summary(second) == summary(first)
    assert (project.answers(), project.measured()) == (known, measured)


@pytest.mark.slow(5)
def test_what_is_new_is_asked_and_nothing_else(
    project: Project, tmp_path: Path, write: Write
) -> None:
    project.run(*ACCURACY)
    known = project.answers()
    # Other requirements are judged by what is known,
    write("wavlm-tiny", "hubert-tiny", requirements={"uar": {"min": 0.99}})
    assert "low_uar" in project.run_without_torch(*ACCURACY)
    assert project.answers() == known
    # and of a clip that changed, each candidate is asked about that one.
    first, second = sorted((project.speech / "audio").iterdir())[:2]
    shutil.copy(second, tmp_path / "kept.wav")
    with first.open("ab") as file:
        file.write(b"\0\0")
    project.run(*ACCURACY)
    assert len(project.answers().keys() - known.keys()) == 2
    assert known.items() <= project.answers().items()


@pytest.mark.slow(8)
def test_a_run_that_was_killed_goes_on_where_it_was(project: Project, write: Write) -> None:
    write("wavlm-tiny")
    running = subprocess.Popen(
        project.command(*ACCURACY), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while len(known(project)) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    kept = project.answers()
    assert len(kept) >= 3
    marked = mark(project)
    project.run(*ACCURACY)
    assert marked.items() <= project.answers().items()


def known(project: Project) -> dict[str, bytes]:
    try:
        return project.answers()
    except sqlite3.Error:
        return {}


def mark(project: Project) -> dict[str, bytes]:
    """Put other answers in the place of those that are kept: nobody would compute these."""
    with closing(sqlite3.connect(project.store)) as connection, connection:
        for model, question, answer in connection.execute(
            "SELECT model, question, answer FROM answers WHERE substr(answer, 1, 1) = X'3d'"
        ).fetchall():
            odd = struct.pack(
                f"<cI{(len(answer) - 5) // 4}f", b"=", 1, *range(len(answer) // 4 - 1)
            )
            update = "UPDATE answers SET answer = ?, seal = ? WHERE model = ? AND question = ?"
            seal = seal_of(model, question, odd)
            connection.execute(update, (odd, seal, model, question))
    return project.answers()


@pytest.mark.slow(12)
def test_workers_and_threads_find_the_same(project: Project, tmp_path: Path) -> None:
    project.run("-m", "not speed")
    alone, measured = project.answers(), project.measured()
    other = Project(tmp_path / "other", project.candidates, project.speech, project.call)
    other.run("-m", "not speed", "-n", "2", "--threads", "2")
    assert (other.answers(), other.measured()) == (alone, measured)


@pytest.mark.slow(10)
def test_mixed_precision_has_answers_of_its_own_and_the_labels_of_float32(
    project: Project,
) -> None:
    project.run(*ACCURACY)
    exact, measured = project.answers(), project.measured()
    assert "(--dtype mixed)" in project.run(*ACCURACY, "--dtype", "mixed")
    mixed = project.answers().items() - exact.items()
    assert len(mixed) == len(exact)
    uar = {name: numbers["uar"] for name, (numbers, _) in measured.items()}
    assert {name: numbers["uar"] for name, (numbers, _) in project.measured().items()} == uar


@pytest.mark.slow(10)
def test_the_cache_can_be_cleared_and_done_without(project: Project, write: Write) -> None:
    write("hubert-tiny")
    project.run(*ACCURACY, "--no-cache")
    assert not project.store.exists()
    project.run(*ACCURACY)
    marked = mark(project)
    project.run(*ACCURACY, "--cache-clear", "-n", "1")
    cleared = project.answers()
    assert cleared.keys() == marked.keys()
    assert not cleared.items() & marked.items()


class TestKeys:
    SETTINGS = Settings(candidates=Path("candidates.yaml"), device="cpu", threads=1)

    def candidate(self, folder: Path, **terms: Any) -> Candidate:
        return Candidate("tiny", str(folder), folder, **terms)

    def key(self, folder: Path, **terms: Any) -> str:
        candidate = self.candidate(folder, **terms)
        snapshot = take_snapshot(candidate)
        return stages.key(snapshot, candidate, self.SETTINGS, Watch(snapshot), Cache(None))

    @pytest.mark.parametrize(
        "terms",
        [
            {"labels": ("a", "b", "c")},
            {"loader": "pooled-head"},
            {"variant": "int8-dynamic"},
            {"trust_remote_code": True},
            {"trusted_code": {"someone/base": "0" * 40}},
            {"feature_extractor": SamplingRate(sampling_rate=8_000)},
        ],
        ids=str,
    )
    def test_it_changes_with_how_the_model_is_loaded(
        self, tmp_path: Path, terms: dict[str, Any]
    ) -> None:
        folder = tiny.build(tmp_path)
        assert self.key(folder, **terms) != self.key(folder)

    def test_it_changes_with_the_content_of_the_folder_alone(self, tmp_path: Path) -> None:
        folder = tiny.build(tmp_path)
        first = self.key(folder)
        assert self.key(folder, emotions={"a": "anger"}, note="of no matter") == first
        tiny.edit_json(
            folder / "preprocessor_config.json", lambda one: one.update(do_normalize=False)
        )
        assert self.key(folder) != first

    def test_what_code_may_get_from_elsewhere_has_none(self, tmp_path: Path) -> None:
        folder = tiny.build(tmp_path)
        assert self.key(folder, trust_remote_code=True) != ""
        assert self.key(folder, trust_remote_code=True, network=True) == ""


def summary(output: str) -> str:
    return re.sub(r" in [\d.]+s.*", "", output.splitlines()[-1]).strip("= ")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
