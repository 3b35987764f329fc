"""The SQLite file of evidence: opened, laid out, and brought from one version to the next."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from sertify.evidence.ledgers import LEDGERS, Cells, Ledger, put

APPLICATION = 0x53525446
"""What marks an SQLite file as one of sertify's: "SRTF"."""

_VERSION = 4
_MARKS = {"application_id": APPLICATION, "user_version": _VERSION}


class ForeignError(sqlite3.DatabaseError):
    """The file is a database, but of another program."""


class DamagedError(sqlite3.DatabaseError):
    """The file is evidence, but not as it was written."""


_ASIDE = "CREATE TABLE damaged (origin TEXT NOT NULL, content BLOB NOT NULL) STRICT"
_LAYOUT = {*(table.layout for table in LEDGERS), _ASIDE}


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


def is_of_the_file(error: sqlite3.Error, path: Path) -> bool:
    """Whether an error comes of what is in a file, and not of a lock, or of the disk."""
    kind = kind_of(error)
    if kind == sqlite3.SQLITE_READONLY:  # the file may say so of itself
        return os.access(path, os.W_OK)
    return kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def kind_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def files_of(path: Path) -> list[Path]:
    """Return the files that SQLite keeps of a database."""
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _prepare(connection: sqlite3.Connection) -> None:
    """Lay the tables; what other versions of sertify wrote is migrated, or dropped to be redone."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = dict(connection.execute(query).fetchall())
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS]
    laid = {*tables.values()} == _LAYOUT
    if laid and marks == [*_MARKS.values()]:
        return
    if tables and not laid and marks[0] != APPLICATION:
        raise ForeignError("a database of another program")
    if tables and not laid and marks[1] == _VERSION:
        raise DamagedError("its tables are not those that were laid")
    if not laid:
        _lay(connection, tables, _of_version_3(connection) if marks[1] == 3 else [])
    for name, value in _MARKS.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _lay(
    connection: sqlite3.Connection, old: Iterable[str], kept: Sequence[tuple[Ledger, Cells]]
) -> None:
    for name in old:
        connection.execute(f"DROP TABLE {name}")
    for statement in sorted(_LAYOUT):
        connection.execute(statement)
    for table, row in kept:
        put(connection, table, row)


def _of_version_3(connection: sqlite3.Connection) -> list[tuple[Ledger, Cells]]:
    """Return what a file of the version before holds, in the order in which it was written."""
    return [
        (table, row)
        for table in LEDGERS
        for row in connection.execute(
            f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY rowid"
        ).fetchall()
    ]
