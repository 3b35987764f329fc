"""Evidence is kept, apart from other evidence, whatever happens to the process that found it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sertify.evidence.labelling import Labelling
from sertify.evidence.store import EvidenceStore, Record
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

RECORD = Record(
    candidate="x",
    entry="e1",
    commit="c1",
    gate="accuracy",
    check="test_uar",
    corpus="f1",
    environment="v1",
    outcome=Outcome.INCONCLUSIVE,
    reason="low_uar",
    message="uar=0.52, but should be at least 0.5",
    requirement="at least 0.5 with 95% confidence",
    measurements=(
        Measurement("uar", 0.52, low=0.44, high=0.6, n=100),
        Measurement("time", 2.5, "s"),
    ),
    details={
        "confusion": {"labels": ["화남"], "counts": [[1, 2]]},
        "file": os.fsdecode(b"\xe4.wav"),
    },
    siblings=("test_uar", "test_coverage"),
    judged_at="2026-11-22T18:00:00+00:00",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "evidence.sqlite"


@pytest.fixture
def store(path: Path) -> EvidenceStore:
    return EvidenceStore(path)


def kept(path: Path, *names: str) -> list[Record]:
    """Return what another process would find."""
    return [*EvidenceStore(path).records(names or ("x",))]


# ------------------------------------------------------------------ confirmations


def test_speech_knows_how_many_choices_it_confirmed(store: EvidenceStore) -> None:
    choices = [("y", "e1", "c1", "f1"), ("x", "e1", "c1", "f1"), ("x", "e1", "c1", "f2")]
    used = [store.add_confirmation("held", *choice) for choice in choices]
    assert used == [("y",), ("y", "x"), ("y", "x", "x")]
    assert store.add_confirmation("held", *choices[0]) == used[-1]  # no look more
    assert EvidenceStore(store.path).add_confirmation("other", *choices[0]) == ("y",)


# ------------------------------------------------------------------ records


def test_a_record_comes_back_as_it_was(store: EvidenceStore) -> None:
    store.add(RECORD)
    assert kept(store.path) == [RECORD]


def test_a_record_is_made_of_a_judgement_without_what_json_has_no_word_for() -> None:
    numbers = (
        Measurement("uar", 0.5),
        Measurement("a", float("nan")),
        Measurement("b", float("inf")),
    )
    judgement = Judgement(Outcome.FAIL, numbers, "low_uar", "message", "at least 1", {"key": 1})
    same = ("candidate", "entry", "commit", "gate", "check", "corpus", "environment")
    record = Record.of(judgement, **{name: getattr(RECORD, name) for name in same})
    assert record.measurements == numbers[:1]
    assert (record.outcome, record.reason, record.message) == (Outcome.FAIL, "low_uar", "message")
    assert (record.requirement, record.details) == ("at least 1", {"key": 1})


def test_a_value_is_found_by_its_name() -> None:
    assert RECORD.value("time") == Measurement("time", 2.5, "s")
    assert RECORD.value("uar_all") is None


def test_records_are_those_of_the_candidates_asked_for_the_first_written_first(
    store: EvidenceStore,
) -> None:
    # Whatever the clock says: one that was set back must not hide what is found now.
    stamps = {"x": "2226-11-22T18:00:00+00:00", "y": "2026-11-22T17:59:59.5+00:00", "z": "2026"}
    for name, judged_at in stamps.items():
        store.add(replace(RECORD, candidate=name, judged_at=judged_at))
    assert [one.candidate for one in store.records(["x", "y"])] == ["x", "y"]
    store.add(replace(RECORD, candidate="x", judged_at="1970-01-01T00:00:00+00:00"))
    assert [one.candidate for one in store.records(["x", "y"])] == ["y", "x"]
    assert store.records([]) == ()


def test_a_check_that_is_judged_again_replaces_what_it_found_before(store: EvidenceStore) -> None:
    store.add(RECORD)
    later = replace(RECORD, outcome=Outcome.PASS, judged_at="2026-11-23")
    store.add(later)
    assert kept(store.path) == [later]


@pytest.mark.parametrize(
    "other",
    [
        {"candidate": "y"},
        {"entry": "e2"},
        {"commit": "c2"},
        {"check": "test_coverage"},
        {"corpus": "f2"},
        {"environment": "v2"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_evidence_stays(store: EvidenceStore, other: dict[str, Any]) -> None:
    records = [RECORD, replace(RECORD, **other)]
    for record in records:
        store.add(record)
    assert kept(store.path, "x", "y") == records


UNRESOLVED = replace(RECORD, commit="", corpus="", outcome=Outcome.BLOCKED, judged_at="2026-11-21")


def test_what_could_not_be_resolved_is_replaced_by_what_could(store: EvidenceStore) -> None:
    store.add(UNRESOLVED)
    store.add(RECORD)
    assert kept(store.path) == [RECORD]


@pytest.mark.parametrize("other", [{"candidate": "y"}, {"entry": "e2"}, {"check": "test_coverage"}])
def test_what_could_not_be_resolved_stays_beside_other_evidence(
    store: EvidenceStore, other: dict[str, Any]
) -> None:
    store.add(UNRESOLVED)
    store.add(replace(RECORD, **other))
    assert UNRESOLVED in kept(store.path)


def test_what_could_be_resolved_stays_beside_what_could_not(store: EvidenceStore) -> None:
    store.add(RECORD)
    store.add(UNRESOLVED)
    assert kept(store.path) == [RECORD, UNRESOLVED]


def test_nan_is_not_kept(store: EvidenceStore) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.add(replace(RECORD, details={"x": float("nan")}))
    assert kept(store.path) == []


def test_what_is_known_of_a_corpus_is_kept(store: EvidenceStore) -> None:
    store.add_corpus("f1", {"name": "calls", "clips": 3})
    store.add_corpus("f1", {"name": "calls", "clips": 4})
    assert EvidenceStore(store.path).corpus("f1") == {"name": "calls", "clips": 4}
    assert store.corpus("f2") is None


# ------------------------------------------------------------------ answers

ANSWERS = Labelling(
    candidate="x",
    corpus="f1",
    emotions=("anger", "sadness"),
    keys=("k1", "k2"),
    clips=(os.fsdecode(b"\xe4.wav"), "한.wav"),
    truth=("anger", None),
    predicted=("anger", "sadness"),
    confidence=(0.9, 0.5),
    speakers=("s1", None),
    corpora=("calls", "calls"),
    languages=("ko", None),
    seen={"calls": "its model card lists calls"},
)
KEY = {"candidate": "x", "entry": "e1", "commit": "c1", "corpus": "f1", "environment": "v1"}


def test_answers_come_back_as_they_were(store: EvidenceStore) -> None:
    store.add_labelling("e1", "c1", "v1", ANSWERS)
    assert EvidenceStore(store.path).labelling(**KEY) == ANSWERS


@pytest.mark.parametrize("term", KEY)
def test_answers_under_other_terms_are_not_used(store: EvidenceStore, term: str) -> None:
    store.add_labelling("e1", "c1", "v1", ANSWERS)
    assert store.labelling(**KEY | {term: "other"}) is None


def test_later_answers_replace_those_under_the_same_terms_only(store: EvidenceStore) -> None:
    later = replace(ANSWERS, predicted=("sadness", "sadness"))
    store.add_labelling("e1", "c1", "v1", ANSWERS)
    store.add_labelling("e1", "c2", "v1", ANSWERS)
    store.add_labelling("e1", "c1", "v1", later)
    assert store.labelling(**KEY) == later
    assert store.labelling(**KEY | {"commit": "c2"}) == ANSWERS


# ------------------------------------------------------------------ processes

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from sertify.evidence.store import EvidenceStore, Record
from sertify.vocabulary.outcomes import Outcome

store, name, number = EvidenceStore(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for n in range(number):
    text = {"message": "long " * 5000, "judged_at": f"{n:06}"}
    store.add(Record(name, "e", "c", "gate", f"check{n}", "", "v", Outcome.PASS, **text))
    print(n, flush=True)
"""


def writer(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    """Start a process that adds records and says the number of each that is kept."""
    command = [sys.executable, "-c", WRITER, str(path), name, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill(path: Path, acknowledged: int) -> None:
    with writer(path, "x", 1_000_000) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout]
    assert process.returncode == -signal.SIGKILL
    assert [one.check for one in kept(path)][: len(told)] == [f"check{n}" for n in told]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_processes_write_at_once_into_a_file_that_none_has_made(path: Path) -> None:
    names = ("x", "y", "z")
    processes = [writer(path, name, 30) for name in names]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(kept(path, *names)) == 90


# ------------------------------------------------------------------ files that are no evidence


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE evidence (other)")


def foreign_and_damaged(path: Path) -> None:
    foreign(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


USES = {
    "check": lambda store: store.check(),
    "add": lambda store: store.add(RECORD),
    "read": lambda store: store.records(["x"]),
    "answers": lambda store: store.labelling(**KEY),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_file_of_another_program_is_left_alone(
    store: EvidenceStore, use: Callable[..., Any]
) -> None:
    store.path.parent.mkdir()
    foreign(store.path)
    before = store.path.read_bytes()
    cure = "move it away, or give another folder with --reports"
    problem = "a database of another program"
    message = f"{store.path}: is not evidence of sertify ({problem}); {cure}"
    assert complaint(use, store) == message
    assert store.path.read_bytes() == before


def test_a_damaged_file_of_another_program_is_left_alone(store: EvidenceStore) -> None:
    store.path.parent.mkdir()
    foreign_and_damaged(store.path)
    before = store.path.read_bytes()
    assert "database disk image is malformed" in complaint(store.check)
    assert store.path.read_bytes() == before


def complaint(use: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        use(*arguments)
    return str(caught.value)


CURE = "fix that, or give another folder with --reports"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    path = tmp_path / "reports" / "evidence.sqlite"
    expected = f"{path}: cannot be written ([Errno 17] File exists: '{path.parent}'); {CURE}"
    assert complaint(EvidenceStore(path).check) == expected


def test_a_folder_in_place_of_the_file_is_told(store: EvidenceStore) -> None:
    store.path.mkdir(parents=True)
    expected = f"{store.path}: cannot be written (unable to open database file); {CURE}"
    assert complaint(store.check) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(store: EvidenceStore) -> None:
    store.path.parent.mkdir(mode=0o500)
    expected = f"{store.path}: cannot be written (unable to open database file); {CURE}"
    assert complaint(store.check) == expected


def test_evidence_of_another_version_is_replaced(store: EvidenceStore) -> None:
    store.add(RECORD)
    store.add_labelling("e1", "c1", "v1", ANSWERS)
    store.close()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("ALTER TABLE evidence DROP COLUMN seal")
        connection.execute("PRAGMA user_version = 99")
    assert kept(store.path) == []
    assert store.labelling(**KEY) is None
    store.add(RECORD)
    assert kept(store.path) == [RECORD]


VERSION_3 = """
CREATE TABLE evidence (
    candidate TEXT, entry TEXT, commit_id TEXT, gate TEXT, check_name TEXT, corpus TEXT,
    environment TEXT, judged_at TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (candidate, entry, commit_id, gate, check_name, corpus, environment)
) STRICT;
CREATE TABLE corpora (fingerprint TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE answers (
    candidate TEXT, entry TEXT, commit_id TEXT, corpus TEXT, environment TEXT,
    answers BLOB NOT NULL,
    PRIMARY KEY (candidate, entry, commit_id, corpus, environment)
) STRICT;
CREATE TABLE confirmations (
    corpus TEXT, candidate TEXT, entry TEXT, commit_id TEXT, chosen_on TEXT,
    PRIMARY KEY (corpus, candidate, entry, commit_id, chosen_on)
) STRICT;
PRAGMA application_id = 0x53525446;
PRAGMA user_version = 3;
"""


def test_evidence_of_the_version_before_is_kept_in_the_order_it_was_written(
    store: EvidenceStore,
) -> None:
    future = replace(RECORD, check="test_coverage", judged_at="2226-11-22T18:00:00+00:00")
    store.path.parent.mkdir()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.executescript(VERSION_3)
        for one in (future, RECORD):
            row = vars(one) | {"record": json.dumps(one.to_json())}
            connection.execute(
                "INSERT INTO evidence VALUES (:candidate, :entry, :commit, :gate, :check, :corpus,"
                " :environment, :judged_at, :record)",
                {name: value for name, value in row.items() if isinstance(value, str)},
            )
        connection.execute("INSERT INTO corpora VALUES ('f1', '{}')")
        connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", (*KEY.values(), ANSWERS.pack())
        )
        connection.execute("INSERT INTO confirmations VALUES ('f1', 'y', 'e', 'c', 'f2')")
    store.check()
    assert store.remarks == []
    assert kept(store.path) == [future, RECORD]
    assert (store.corpus("f1"), store.labelling(**KEY)) == ({}, ANSWERS)
    assert store.add_confirmation("f1", "x", "e", "c", "f2") == ("y", "x")


def test_a_check_makes_the_file_and_keeps_what_it_holds(store: EvidenceStore) -> None:
    store.check()
    assert store.path.is_file()
    store.add(RECORD)
    store.check()
    assert kept(store.path) == [RECORD]
