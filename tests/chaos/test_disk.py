"""What is done to the evidence under a run: it goes on, says so in one line, and finds the same."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sertify.evidence import store
from tests.chaos.steering import judge
from tests.meta.locks import locked
from tests.meta.runs import Outcome

pytestmark = pytest.mark.slow(2)

LONG = os.environ.get("SERTIFY_CHAOS") == "long"
GATES = ("-m", "loadability or labels")
Disturb = Callable[[Path], AbstractContextManager[None]]


@dataclass
class Disturbed:
    """A plugin that does something to the evidence from a check on, until judging has ended.

    Or where it is ``lasting``, until the run has.
    """

    path: Path
    disturb: Disturb
    lasting: bool = False
    disturbing: AbstractContextManager[None] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "test_network_can_be_built[" in report.nodeid and self.disturbing is None:
            self.disturbing = self.disturb(self.path)
            self.disturbing.__enter__()

    @pytest.hookimpl(wrapper=True)  # before reports are written
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        if not self.lasting:
            self._end()
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if self.lasting:
            self._end()

    def _end(self) -> None:
        assert self.disturbing is not None
        self.disturbing.__exit__(None, None, None)


@contextmanager
def full(path: Path) -> Iterator[None]:
    """Leave no space on the disk."""
    filler = path.with_name("filler")
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(512)):
            pass
    yield
    filler.unlink()


@contextmanager
def removed(path: Path) -> Iterator[None]:
    """Take the file away, with all that SQLite has beside it."""
    for file in path.parent.glob("evidence.sqlite*"):
        file.unlink()
    yield


@contextmanager
def overwritten(path: Path) -> Iterator[None]:
    """Write something else over it."""
    for file in path.parent.glob("evidence.sqlite*"):
        file.write_bytes(b"something else " * 2000)
    yield


@contextmanager
def swept(path: Path) -> Iterator[None]:
    """Remove the whole folder."""
    shutil.rmtree(path.parent)
    yield


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, _imported: None) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.1)


@pytest.fixture
def candidates(write: Callable[..., Path]) -> Path:
    return write("hubert-tiny", "speech-recogniser", "generic-labels", reason=None, status=None)


EXPECTED = {
    "hubert-tiny": ("undecided", None),
    "speech-recogniser": ("rejected", "wrong_task"),
    "generic-labels": ("rejected", "no_labels"),
}


def verdicts(outcome: Outcome) -> dict[str, tuple[str, str | None]]:
    assert "INTERNALERROR" not in outcome.output
    assert "Traceback" not in outcome.output
    assert outcome.code == pytest.ExitCode.TESTS_FAILED, outcome.output
    return {one["name"]: (one["verdict"], one["reason"]) for one in outcome.results["candidates"]}


def lines(outcome: Outcome) -> list[str]:
    """Return what is said of the evidence."""
    every = outcome.output.splitlines()
    return [line for line in every if line.startswith("sertify: ") and "evidence" in line]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


SAID: dict[Disturb, str] = {
    locked: "could not be written for a while (database is locked); now all is there",
    removed: "could not be written for a while (it was replaced); now all is there",
    swept: "could not be written for a while (it was replaced); now all is there",
    overwritten: "); now all is there",
}


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.slow(8))])
@pytest.mark.parametrize("disturb", SAID, ids=lambda disturb: disturb.__name__)
def test_what_is_done_while_candidates_are_judged(
    pytester: pytest.Pytester, tmp_path: Path, candidates: Path, disturb: Disturb, workers: str
) -> None:
    if workers != "0" and disturb is not locked and not LONG:
        pytest.skip("SERTIFY_CHAOS=long tries it with workers, too")
    plugin = Disturbed(tmp_path / "reports" / "evidence.sqlite", disturb)
    outcome = judge(pytester, tmp_path, candidates, *GATES, "-n", workers, plugin=plugin)
    assert verdicts(outcome) == EXPECTED
    assert lines(outcome)[-1].endswith(SAID[disturb])
    kept = store.EvidenceStore(tmp_path / "reports" / "evidence.sqlite")
    assert {record.candidate for record in kept.records(EXPECTED)} == {*EXPECTED}


def test_a_full_disk(pytester: pytest.Pytester, small_disk: Path, candidates: Path) -> None:
    (small_disk / "reports").mkdir()
    plugin = Disturbed(small_disk / "reports" / "evidence.sqlite", full)
    outcome = judge(pytester, small_disk, candidates, *GATES, plugin=plugin)
    assert verdicts(outcome) == EXPECTED
    (line,) = lines(outcome)
    assert "could not be written for a while (database or disk is full); now all is there" in line


def test_a_lock_that_outlasts_the_run(
    pytester: pytest.Pytester, tmp_path: Path, candidates: Path
) -> None:
    plugin = Disturbed(tmp_path / "reports" / "evidence.sqlite", locked, lasting=True)
    outcome = judge(pytester, tmp_path, candidates, *GATES, plugin=plugin)
    assert verdicts(outcome) == EXPECTED
    (line,) = lines(outcome)
    assert "cannot be written (database is locked); what this run found is in evidence-" in line
    again = judge(pytester, tmp_path, candidates, "-m", "labels", "-k", "hubert")
    assert "evidence.sqlite has taken in evidence-" in lines(again)[0]
    assert {one["name"]: one["reason"] for one in again.results["candidates"]} == {
        name: reason for name, (_, reason) in EXPECTED.items()
    }


def test_evidence_of_which_bits_have_flipped(
    pytester: pytest.Pytester, tmp_path: Path, candidates: Path
) -> None:
    judge(pytester, tmp_path, candidates, *GATES)
    path, chance = tmp_path / "reports" / "evidence.sqlite", random.Random(14)
    for _ in range(8 if LONG else 2):
        content = bytearray(path.read_bytes())
        for _ in range(20):
            bit = chance.randrange(len(content) * 8)
            content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        outcome = judge(pytester, tmp_path, candidates, *GATES)
        assert verdicts(outcome) == EXPECTED
        assert "evidence.sqlite was damaged" in "".join(lines(outcome))
