"""Where evidence cannot be written, what is found is kept beside it, and added later."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sertify.evidence.store import EvidenceStore, Record
from sertify.vocabulary.outcomes import Outcome
from tests.meta.locks import locked

RECORD = Record("x", "e1", "c1", "accuracy", "test_uar", "f1", "v1", Outcome.PASS)
RECORDS = [replace(RECORD, check=f"test_{n}") for n in range(4)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "evidence.sqlite"


@contextmanager
def shut(path: Path) -> Iterator[None]:
    """Let nobody read or write, as a copying program may."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def full(path: Path) -> Iterator[None]:
    """Let no file grow, nor any be made that is not empty: a disk without space."""
    assert path
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def gone(path: Path) -> Iterator[None]:
    """Put a file in place of the folder."""
    shutil.rmtree(path.parent)
    path.parent.touch()
    yield
    path.parent.unlink()


Trouble = Callable[[Path], AbstractContextManager[None]]


def store_of(path: Path, *records: Record) -> EvidenceStore:
    store = EvidenceStore(path, patience=0.05)
    store.check()
    for record in records:
        store.add(record)
    return store


def beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.glob("*") if "evidence-" in one.name)


@pytest.mark.parametrize("trouble", [locked, full])
def test_what_is_found_meanwhile_is_known_at_once_and_in_the_file_afterwards(
    path: Path, trouble: Trouble
) -> None:
    store = store_of(path, *RECORDS[:2])
    with trouble(path):
        for record in RECORDS[2:]:
            store.add(record)
        assert [*store.records(["x"])] == RECORDS
    store.settle()
    (remark,) = store.remarks
    assert remark.startswith(f"{path} could not be written for a while (")
    assert remark.endswith("now all is there")
    assert [*EvidenceStore(path).records(["x"])] == [*store.records(["x"])] == RECORDS
    assert beside(path) == []


def test_what_stays_beside_is_taken_in_by_the_next_run(path: Path) -> None:
    store = store_of(path, *RECORDS[:2])
    with locked(path):
        store.add(RECORDS[2])
        store.settle()
        (name,) = (one for one in beside(path) if one.endswith(".sqlite"))
        problem = f"{path} cannot be written (database is locked)"
        assert store.remarks == [
            f"{problem}; what this run found is in {name}, and the next one will add it"
        ]
        assert [*store.records(["x"])] == RECORDS[:3]
        store.close()
    following = store_of(path)
    assert following.remarks == [
        f"evidence.sqlite has taken in {name}, which an earlier run had kept beside it"
    ]
    assert [*following.records(["x"])] == RECORDS[:3]
    assert beside(path) == []


def test_on_a_full_disk_that_stays_full_the_run_still_knows_what_it_found(path: Path) -> None:
    store = store_of(path, *RECORDS[:2])
    with full(path):
        store.add(RECORDS[2])
        store.settle()
        assert [*store.records(["x"])] == RECORDS[:3]
        (remark,) = store.remarks
        assert remark.endswith("is in its reports alone, and the next one has to judge anew")
        store.close()
    assert [*store_of(path).records(["x"])] == RECORDS[:2]


@pytest.mark.parametrize("trouble", [locked, shut, full])
def test_a_run_that_begins_meanwhile_goes_on(path: Path, trouble: Trouble) -> None:
    store_of(path, *RECORDS[:2]).close()
    with trouble(path):
        store = store_of(path, RECORDS[2])
        assert RECORDS[2] in store.records(["x"])
    store.settle()
    assert [*store_of(path).records(["x"])] == RECORDS[:3]


def test_a_folder_that_goes_away_is_begun_again_or_at_least_missed(path: Path) -> None:
    store = store_of(path, *RECORDS[:2])
    with gone(path):
        store.add(RECORDS[2])
        assert [*store.records(["x"])] == RECORDS[:3]


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.meta.evidence.test_aside import RECORDS, store_of
from tests.meta.locks import locked
path = Path(sys.argv[1])
store = store_of(path, *RECORDS[:2])
with locked(path):
    store.add(RECORDS[2])
    print("kept", flush=True)
    {then}
"""


def killed(path: Path, then: str) -> subprocess.Popen[str]:
    """Begin a process that keeps evidence beside the file, and says so."""
    code = KILLED.format(root=str(Path(__file__).parents[3]), then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "kept\n"
    return process


def test_a_process_that_is_killed_leaves_what_it_kept_beside(path: Path) -> None:
    with killed(path, "os.kill(os.getpid(), signal.SIGKILL)"):
        pass
    assert [*store_of(path).records(["x"])] == RECORDS[:3]
    assert beside(path) == []


def test_what_a_living_process_keeps_beside_is_left_to_it(path: Path) -> None:
    with killed(path, "pass\nsys.stdin.read()\nstore.settle()") as process:
        first = store_of(path)
        assert [*first.records(["x"])] == RECORDS[:2]
        assert beside(path) != []
        first.close()
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert [*store_of(path).records(["x"])] == RECORDS[:3]
    assert beside(path) == []


def test_what_lies_beside_and_is_damaged_is_moved_away(path: Path) -> None:
    store_of(path, RECORDS[0]).close()
    path.with_name("evidence-1.sqlite").write_text("no database, but of some length" * 100)
    store = store_of(path)
    assert [*store.records(["x"])] == RECORDS[:1]
    assert path.with_name("evidence-1.damaged-1.sqlite").is_file()
    assert beside(path) == ["evidence-1.damaged-1.sqlite"]
