"""Of damaged evidence what is sound is kept, and what is not is set aside and not believed."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sertify.evidence.labelling import Labelling
from sertify.evidence.store import EvidenceStore, Record
from sertify.vocabulary.outcomes import Outcome

RECORD = Record("x", "e1", "c1", "accuracy", "test_0", "f1", "v1", Outcome.PASS, message="0.52")
LABELLING = Labelling(
    candidate="x",
    corpus="f1",
    emotions=("anger", "sadness"),
    keys=("k1", "k2"),
    clips=("a.wav", "b.wav"),
    truth=("anger", None),
    predicted=("anger", "sadness"),
    confidence=(0.9, 0.5),
    speakers=("s1", None),
    corpora=("calls", "calls"),
    languages=("ko", None),
)
KEY = ("x", "e1", "c1", "f1", "v1")
RECORDS = [
    replace(RECORD, check=f"test_{n}", details={"confusion": "x" * 300 * n}) for n in range(12)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of evidence of several pages."""
    path = tmp_path / "evidence.sqlite"
    store = EvidenceStore(path)
    for record in RECORDS:
        store.add(record)
    store.add_corpus("f1", {"name": "calls"})
    store.add_labelling("e1", "c1", "v1", LABELLING)
    store.add_confirmation("f2", "x", "e1", "c1", "f1")
    store.close()
    return path


def opened(path: Path) -> EvidenceStore:
    store = EvidenceStore(path, patience=1)
    store.check()
    return store


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET record = replace(record, '0.52', '0.92') WHERE check_name = 'test_3'",
        "UPDATE evidence SET candidate = 'y' WHERE check_name = 'test_3'",
        "UPDATE evidence SET place = 99 WHERE check_name = 'test_3'",
        "UPDATE evidence SET record = CAST(X'7bff7d' AS TEXT) WHERE check_name = 'test_3'",
        "UPDATE evidence SET seal = 'f' WHERE check_name = 'test_3'",
    ],
    ids=["content", "key", "order", "no text", "seal"],
)
def test_a_record_that_is_not_as_it_was_written_is_set_aside(path: Path, statement: str) -> None:
    change(path, statement)
    rest = [record for record in RECORDS if record.check != "test_3"]
    assert [*EvidenceStore(path).records(["x", "y"])] == rest
    change(path, statement.replace("test_3", "test_5"))
    store = opened(path)
    where = "set aside in its table `damaged`, and will be judged anew"
    assert store.remarks == [f"1 record of evidence.sqlite was damaged, {where}"]
    store.add(RECORDS[5])
    assert [*opened(path).records(["x", "y"])] == [*rest[:4], *rest[5:], RECORDS[5]]
    assert opened(path).remarks == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM damaged").fetchone() == (2,)


def test_what_was_said_of_clips_is_not_believed_where_it_is_damaged(path: Path) -> None:
    change(path, "UPDATE answers SET answers = CAST(answers || X'00' AS BLOB)")
    change(path, 'UPDATE corpora SET facts = \'{"name": "cells"}\'')
    store = opened(path)
    assert (store.labelling(*KEY), store.corpus("f1")) == (None, None)
    assert store.remarks[0].startswith("2 records of evidence.sqlite were damaged")


def test_a_file_that_is_damaged_is_moved_away_and_what_is_sound_in_it_kept(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(b"sqlite_autoindex_evidence")  # of what is laid, not of what is kept
    content[place] ^= 1
    path.write_bytes(content)
    store = opened(path)
    (remark,) = store.remarks
    assert remark.startswith("evidence.sqlite was damaged (")
    assert "and is evidence.damaged-1.sqlite now" in remark
    assert path.with_name("evidence.damaged-1.sqlite").read_bytes() == content
    assert all(record in RECORDS for record in store.records(["x"]))


def test_an_index_that_does_not_fit_costs_nothing(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in places(content, b"test_4"):
        # In the index, where no record follows, and not within one.
        if not {*b'{"'} & {*content[place - 1 : place + 20]}:
            content[place : place + 6] = b"test_Z"
    path.write_bytes(content)
    store = opened(path)
    assert "15 records of it were saved" in store.remarks[0]
    assert [*store.records(["x"])] == RECORDS
    assert store.labelling(*KEY) == LABELLING
    assert store.add_confirmation("f2", "y", "e1", "c1", "f1") == ("x", "y")


def places(content: bytearray, word: bytes) -> Iterator[int]:
    place = content.find(word)
    while place >= 0:
        yield place
        place = content.find(word, place + 1)


def test_what_is_no_database_is_moved_away(path: Path) -> None:
    path.write_text("no database, but of some length" * 100)
    for number in (1, 2):
        store = opened(path)
        assert f"is evidence.damaged-{number}.sqlite now; 0 records of it were" in store.remarks[0]
        store.close()
        path.write_text("no database, but of some length" * 100)


def test_whatever_bit_is_flipped_nothing_is_believed_that_was_not_written(path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(14)
    header = [chance.randrange(100 * 8) for _ in range(60)]
    for bit in (*header, *(chance.randrange(len(whole) * 8) for _ in range(120))):
        for file in path.parent.iterdir():
            file.unlink()
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        store = opened(path)
        found = [*store.records(["x"])]
        assert found == [record for record in RECORDS if record in found], bit
        assert store.labelling(*KEY) in (None, LABELLING), bit
        assert store.remarks or len(found) == len(RECORDS), bit
        new = replace(RECORD, check="new")
        store.add(new)
        store.close()
        again = opened(path)
        assert (again.remarks, [*again.records(["x"])]) == ([], [*found, new]), bit
        again.close()
