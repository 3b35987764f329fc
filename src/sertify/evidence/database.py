"""The SQLite file of evidence: its tables, each row with a checksum, and what is done to a bad one.

A row's ``place`` tells which was written later; no clock has a part in that.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What marks an SQLite file as one of sertify's: "SRTF".
_APPLICATION = 0x53525446
_VERSION = 4
_MARKS = {"application_id": _APPLICATION, "user_version": _VERSION}
_MAGIC = b"SQLite format 3\0"

Row = tuple[Any, ...]


class ForeignError(sqlite3.DatabaseError):
    """The file is a database, but of another program."""


class DamagedError(sqlite3.DatabaseError):
    """The file is evidence, but not as it was written."""


@dataclass(frozen=True)
class Table:
    """A table of rows: the columns that tell one from all others, and what it says.

    Of the same row the later one stays, or where ``first`` is true, the earlier.
    """

    name: str
    key: tuple[str, ...]
    content: str = ""
    first: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a writer fills."""
        return (*self.key, *(name for name in [self.content.partition(" ")[0]] if name))

    @property
    def layout(self) -> str:
        """The statement that makes it."""
        content = f"{self.content} NOT NULL, " if self.content else ""
        key = ", ".join(self.key)
        columns = " TEXT, ".join(self.key)
        return (
            f"CREATE TABLE {self.name} (place INTEGER PRIMARY KEY, {columns} TEXT, {content}"
            f"seal TEXT NOT NULL, UNIQUE ({key})) STRICT"
        )


EVIDENCE = Table(
    "evidence",
    ("candidate", "entry", "commit_id", "gate", "check_name", "corpus", "environment"),
    "record TEXT",
)
CORPORA = Table("corpora", ("fingerprint",), "facts TEXT")
ANSWERS = Table(
    "answers", ("candidate", "entry", "commit_id", "corpus", "environment"), "answers BLOB"
)
CONFIRMATIONS = Table(
    "confirmations", ("corpus", "candidate", "entry", "commit_id", "chosen_on"), first=True
)
TABLES = (EVIDENCE, CORPORA, ANSWERS, CONFIRMATIONS)
_ASIDE = "CREATE TABLE damaged (origin TEXT NOT NULL, content BLOB NOT NULL) STRICT"
_LAYOUT = {*(table.layout for table in TABLES), _ASIDE}


def connect(place: Path | str, patience: float, *, alone: bool = False) -> sqlite3.Connection:
    """Open a file of evidence, or make it.

    Parameters
    ----------
    patience
        Seconds to wait for a lock of another process.
    alone
        Whether no other process may open it as long as this one has it.
    """
    connection = sqlite3.connect(
        place, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        # What is damaged need not be UTF-8.
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        if alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        with transaction(connection):
            _prepare(connection)
        # From here on a commit waits for no disk, and outlives the process all the same.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


class transaction:  # noqa: N801 - it is used as a statement
    """Does all or nothing of what is done within; begins as a writer, so processes take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        """Begin."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End it, or where that fails, take it back."""
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            # Of a full disk, SQLite has taken it back itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def put(connection: sqlite3.Connection, table: Table, values: Sequence[Any]) -> None:
    """Write a row, the latest of its table."""
    if table is EVIDENCE:  # what could not be resolved gives way to what is known now
        same = (values[0], values[1], values[4])
        connection.execute(
            "DELETE FROM evidence WHERE commit_id = ''"
            " AND candidate = ? AND entry = ? AND check_name = ?",
            same,
        )
    query = f"SELECT coalesce(max(place), 0) + 1 FROM {table.name}"
    row = (connection.execute(query).fetchone()[0], *values)
    slots = ", ".join("?" * (len(row) + 1))
    manner = "IGNORE" if table.first else "REPLACE"
    connection.execute(f"INSERT OR {manner} INTO {table.name} VALUES ({slots})", (*row, _seal(row)))


def rows(connection: sqlite3.Connection, table: Table, **terms: str) -> list[Row]:
    """Return the sound rows for which columns have these values, the oldest first."""
    where = " AND ".join(f"{name} = ?" for name in terms) or "TRUE"
    query = f"SELECT * FROM {table.name} WHERE {where} ORDER BY place"
    found = connection.execute(query, tuple(terms.values())).fetchall()
    return [row[1:-1] for row in found if _is_sound(row)]


def set_aside(connection: sqlite3.Connection) -> int:
    """Move rows that are not as they were written into a table of their own; return how many.

    Raises ``DamagedError`` where it is the file as a whole.
    """
    ((verdict, *_), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise DamagedError(str(verdict))
    bad = [
        (table.name, row)
        for table in TABLES
        for row in connection.execute(f"SELECT * FROM {table.name}").fetchall()
        if not _is_sound(row)
    ]
    for name, row in bad:
        connection.execute("INSERT INTO damaged VALUES (?, ?)", (name, repr(row).encode()))
        connection.execute(f"DELETE FROM {name} WHERE place = ?", row[:1])
    return len(bad)


def absorb(connection: sqlite3.Connection, other: sqlite3.Connection) -> int:
    """Write what is sound in another file, be it damaged, as the latest; return how many rows."""
    number = 0
    for table in TABLES:
        for row in sorted(_readable(other, table)):
            put(connection, table, row[1:-1])
            number += 1
    return number


def is_damage(error: sqlite3.Error, path: Path) -> bool:
    """Whether it is the content of the file that keeps it from being used as evidence."""
    if isinstance(error, DamagedError):
        return True
    if isinstance(error, ForeignError) or not path.is_file() or _is_of_another_program(path):
        return False
    return is_of_the_file(error, path)


def is_of_the_file(error: sqlite3.Error, path: Path) -> bool:
    """Whether an error comes of what is in a file, and not of a lock, or of the disk."""
    kind = kind_of(error)
    if kind == sqlite3.SQLITE_READONLY:  # the file may say so of itself
        return os.access(path, os.W_OK)
    return kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def kind_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def salvage(connection: sqlite3.Connection, path: Path) -> int:
    """Take over what is sound in a damaged file; return how many rows."""
    place = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(place, timeout=0, uri=True)) as other:
        other.text_factory = connection.text_factory
        return absorb(connection, other)


def files_of(path: Path) -> list[Path]:
    """Return the files that SQLite keeps of a database."""
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _readable(connection: sqlite3.Connection, table: Table) -> Iterator[Row]:
    with suppress(sqlite3.Error, UnicodeError):  # the names of columns may be damaged, too
        for row in connection.execute(f"SELECT * FROM {table.name} NOT INDEXED"):
            if _is_sound(row):
                yield row


def _is_sound(row: Row) -> bool:
    return bool(row[-1] == _seal(row[:-1]))


def _seal(values: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
        digest.update(f"{type(value).__name__} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def _prepare(connection: sqlite3.Connection) -> None:
    """Lay the tables; what other versions of sertify wrote is migrated, or dropped to be redone."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = dict(connection.execute(query).fetchall())
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS]
    laid = {*tables.values()} == _LAYOUT
    if laid and marks == [*_MARKS.values()]:
        return
    if tables and not laid and marks[0] != _APPLICATION:
        raise ForeignError("a database of another program")
    if tables and not laid and marks[1] == _VERSION:
        raise DamagedError("its tables are not those that were laid")
    if not laid:
        _lay(connection, tables, _of_version_3(connection) if marks[1] == 3 else [])
    for name, value in _MARKS.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _lay(
    connection: sqlite3.Connection, old: Iterable[str], kept: Sequence[tuple[Table, Row]]
) -> None:
    for name in old:
        connection.execute(f"DROP TABLE {name}")
    for statement in sorted(_LAYOUT):
        connection.execute(statement)
    for table, row in kept:
        put(connection, table, row)


def _of_version_3(connection: sqlite3.Connection) -> list[tuple[Table, Row]]:
    """Return what a file of the version before holds, in the order in which it was written."""
    return [
        (table, row)
        for table in TABLES
        for row in connection.execute(
            f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY rowid"
        ).fetchall()
    ]


def _is_of_another_program(path: Path) -> bool:
    """Whether the beginning of a file, which may be damaged elsewhere, says so."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(_MAGIC) and head[68:] != _APPLICATION.to_bytes(4, "big")
