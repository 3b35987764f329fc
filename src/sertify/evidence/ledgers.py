"""The tables of evidence, each row with a checksum.

A row's ``place`` tells which was written later; no clock has a part in that.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Cells = tuple[Any, ...]


@dataclass(frozen=True)
class Ledger:
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


EVIDENCE = Ledger(
    "evidence",
    ("candidate", "entry", "commit_id", "gate", "check_name", "corpus", "environment"),
    "record TEXT",
)
FACTS = Ledger("corpora", ("fingerprint",), "facts TEXT")
ANSWERS = Ledger(
    "answers", ("candidate", "entry", "commit_id", "corpus", "environment"), "answers BLOB"
)
CONFIRMATIONS = Ledger(
    "confirmations", ("corpus", "candidate", "entry", "commit_id", "chosen_on"), first=True
)
LEDGERS = (EVIDENCE, FACTS, ANSWERS, CONFIRMATIONS)


def put(connection: sqlite3.Connection, table: Ledger, values: Sequence[Any]) -> None:
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


def rows(connection: sqlite3.Connection, table: Ledger, **terms: str) -> list[Cells]:
    """Return the sound rows for which columns have these values, the oldest first."""
    where = " AND ".join(f"{name} = ?" for name in terms) or "TRUE"
    query = f"SELECT * FROM {table.name} WHERE {where} ORDER BY place"
    found = connection.execute(query, tuple(terms.values())).fetchall()
    return [row[1:-1] for row in found if is_sound(row)]


def is_sound(row: Cells) -> bool:
    """Whether a row, with its place and its checksum, is as it was written."""
    return bool(row[-1] == _seal(row[:-1]))


def _seal(values: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
        digest.update(f"{type(value).__name__} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
