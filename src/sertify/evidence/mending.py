"""Opens evidence, be it damaged: what is sound is kept, and what is not is set aside."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from filelock import FileLock

from sertify.evidence.database import (
    APPLICATION,
    DamagedError,
    ForeignError,
    connect,
    files_of,
    is_of_the_file,
    transaction,
)
from sertify.evidence.ledgers import LEDGERS, Cells, Ledger, is_sound, put
from sertify.vocabulary.text import counted

_MAGIC = b"SQLite format 3\0"


def open_mended(path: Path, patience: float) -> tuple[sqlite3.Connection, list[str]]:
    """Open a file of evidence; return also what has to be said of it.

    Raises ``sqlite3.Error`` or ``OSError`` where that cannot be done for other reasons than damage.
    """
    try:
        return _sound(path, patience)
    except sqlite3.Error as error:
        if not _is_damage(error, path):
            raise
    with FileLock(f"{path}.lock", timeout=patience):
        try:
            return _sound(path, patience)  # another process may have mended it meanwhile
        except sqlite3.Error as error:
            if not _is_damage(error, path):
                raise
            return _begun_anew(path, patience, error)


def move_aside(path: Path) -> Path:
    """Rename a damaged file, with those that SQLite keeps of it; return its new path."""
    names = (path.with_name(f"{path.stem}.damaged-{number}{path.suffix}") for number in count(1))
    place = next(name for name in names if not name.exists())
    for old, new in zip(files_of(path), files_of(place), strict=True):
        if old.exists():
            old.replace(new)
    return place


def _sound(path: Path, patience: float) -> tuple[sqlite3.Connection, list[str]]:
    connection = connect(path, patience)
    try:
        with transaction(connection):
            bad = _set_aside(connection)
    except BaseException:
        connection.close()
        raise
    if not bad:
        return connection, []
    what = f"{counted(bad, 'record')} of {path.name} {'was' if bad == 1 else 'were'} damaged"
    return connection, [f"{what}, set aside in its table `damaged`, and will be judged anew"]


def _begun_anew(
    path: Path, patience: float, why: sqlite3.Error
) -> tuple[sqlite3.Connection, list[str]]:
    place = move_aside(path)
    connection = connect(path, patience)
    with transaction(connection):
        saved = salvage(connection, place)
    kept = f"{counted(saved, 'record')} of it {'was' if saved == 1 else 'were'} saved"
    what = f"{path.name} was damaged ({why}) and is {place.name} now"
    return connection, [f"{what}; {kept}, and the rest will be judged anew"]


def _set_aside(connection: sqlite3.Connection) -> int:
    """Move rows that are not as they were written into a table of their own; return how many.

    Raises ``DamagedError`` where it is the file as a whole.
    """
    ((verdict, *_), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise DamagedError(str(verdict))
    bad = [
        (table.name, row)
        for table in LEDGERS
        for row in connection.execute(f"SELECT * FROM {table.name}").fetchall()
        if not is_sound(row)
    ]
    for name, row in bad:
        connection.execute("INSERT INTO damaged VALUES (?, ?)", (name, repr(row).encode()))
        connection.execute(f"DELETE FROM {name} WHERE place = ?", row[:1])
    return len(bad)


def absorb(connection: sqlite3.Connection, other: sqlite3.Connection) -> int:
    """Write what is sound in another file, be it damaged, as the latest; return how many rows."""
    number = 0
    for table in LEDGERS:
        for row in sorted(_readable(other, table)):
            put(connection, table, row[1:-1])
            number += 1
    return number


def salvage(connection: sqlite3.Connection, path: Path) -> int:
    """Take over what is sound in a damaged file; return how many rows."""
    place = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(place, timeout=0, uri=True)) as other:
        other.text_factory = connection.text_factory
        return absorb(connection, other)


def _is_damage(error: sqlite3.Error, path: Path) -> bool:
    """Whether it is the content of the file that keeps it from being used as evidence."""
    if isinstance(error, DamagedError):
        return True
    if isinstance(error, ForeignError) or not path.is_file() or _is_of_another_program(path):
        return False
    return is_of_the_file(error, path)


def _readable(connection: sqlite3.Connection, table: Ledger) -> Iterator[Cells]:
    with suppress(sqlite3.Error, UnicodeError):  # the names of columns may be damaged, too
        for row in connection.execute(f"SELECT * FROM {table.name} NOT INDEXED"):
            if is_sound(row):
                yield row


def _is_of_another_program(path: Path) -> bool:
    """Whether the beginning of a file, which may be damaged elsewhere, says so."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(_MAGIC) and head[68:] != APPLICATION.to_bytes(4, "big")
