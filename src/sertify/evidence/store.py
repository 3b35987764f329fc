"""What was found about candidates, kept over runs in one SQLite file."""

import json
import math
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from sertify.evidence.labelling import Labelling
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

# What marks an SQLite file as one of sertify's: "SRTF".
_APPLICATION = 0x53525446
_SCHEMA_VERSION = 3
_MARKS = {"application_id": _APPLICATION, "user_version": _SCHEMA_VERSION}
_ELSEWHERE = "or give another folder with --reports"
_TABLES = (
    """
    CREATE TABLE evidence (
        candidate TEXT, entry TEXT, commit_id TEXT, gate TEXT, check_name TEXT, corpus TEXT,
        environment TEXT, judged_at TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (candidate, entry, commit_id, gate, check_name, corpus, environment)
    ) STRICT
    """,
    "CREATE TABLE corpora (fingerprint TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT",
    """
    CREATE TABLE answers (
        candidate TEXT, entry TEXT, commit_id TEXT, corpus TEXT, environment TEXT,
        answers BLOB NOT NULL,
        PRIMARY KEY (candidate, entry, commit_id, corpus, environment)
    ) STRICT
    """,
    """
    CREATE TABLE confirmations (
        corpus TEXT, candidate TEXT, entry TEXT, commit_id TEXT, chosen_on TEXT,
        PRIMARY KEY (corpus, candidate, entry, commit_id, chosen_on)
    ) STRICT
    """,
)


@dataclass(frozen=True)
class Record:
    """The outcome of one check of one candidate, and all that it depends on.

    ``entry`` is the fingerprint of the candidate's entry: its model, mapping and requirements;
    ``commit`` what the model's repository was at, or "" where it could not be resolved; ``corpus``
    the fingerprint of the audio that was judged, or "" for a check that needs none;
    ``environment`` that of the versions, and for the speed gate of the machine. ``siblings`` are
    the checks that the gate consists of, this one included; ``judged_at`` is an ISO 8601 time with
    its zone.
    """

    candidate: str
    entry: str
    commit: str
    gate: str
    check: str
    corpus: str
    environment: str
    outcome: Outcome
    reason: str | None = None
    message: str = ""
    requirement: str = ""
    measurements: tuple[Measurement, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    siblings: tuple[str, ...] = ()
    judged_at: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild a record from what :meth:`to_json` gave."""
        rebuilt = {
            "outcome": Outcome(data["outcome"]),
            "measurements": tuple(Measurement(**each) for each in data["measurements"]),
            "siblings": tuple(data["siblings"]),
        }
        return cls(**{**data, **rebuilt})

    @classmethod
    def of(cls, judgement: Judgement, **context: Any) -> Self:
        """Make a record of a judgement in its context."""
        # JSON has no word for NaN and infinity; the message tells of them.
        measured = tuple(m for m in judgement.measurements if math.isfinite(m.value))
        said = without_logins({"message": judgement.message, "details": judgement.details})
        return cls(**vars(judgement) | {"measurements": measured} | said | context)

    def to_json(self) -> dict[str, Any]:
        """Return the record in JSON types."""
        return asdict(self)

    def value(self, name: str) -> Measurement | None:
        """Return the measurement of that name."""
        return next((each for each in self.measurements if each.name == name), None)


class EvidenceStore:
    """Evidence of all runs; each record is on disk when :meth:`add` returns, whatever comes next.

    A record replaces an earlier one of the same check of the same candidate entry, commit, corpus
    and environment, one of that check from when the commit could not be resolved, and nothing else.
    What was added is there whenever the process may be killed, and several processes may add at a
    time. Every method raises ``ConfigurationError`` where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def check(self) -> None:
        """Complain now where records could not be kept later."""
        with self._transaction():
            pass

    def add(self, record: Record) -> None:
        """Keep a record."""
        row = vars(record) | {"record": _dump(record.to_json())}
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM evidence WHERE commit_id = ''"
                " AND candidate = :candidate AND entry = :entry AND check_name = :check",
                row,
            )
            connection.execute(
                "INSERT OR REPLACE INTO evidence VALUES (:candidate, :entry, :commit, :gate,"
                " :check, :corpus, :environment, :judged_at, :record)",
                row,
            )

    def add_corpus(self, fingerprint: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a corpus, for runs that do not see it."""
        self._execute(
            "INSERT OR REPLACE INTO corpora VALUES (?, ?)", fingerprint, _dump(dict(facts))
        )

    def add_labelling(
        self, entry: str, commit: str, environment: str, labelling: Labelling
    ) -> None:
        """Keep what a candidate said of each clip; the terms are those of a `Record`."""
        key = (labelling.candidate, entry, commit, labelling.corpus, environment)
        statement = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)"
        self._execute(statement, *key, labelling.pack())

    def labelling(
        self, candidate: str, entry: str, commit: str, corpus: str, environment: str
    ) -> Labelling | None:
        """Return what a candidate said of each clip of a corpus."""
        query = (
            "SELECT answers FROM answers WHERE candidate = ? AND entry = ? AND commit_id = ?"
            " AND corpus = ? AND environment = ?"
        )
        rows = self._execute(query, candidate, entry, commit, corpus, environment)
        return Labelling.unpack(rows[0][0]) if rows else None

    def add_confirmation(
        self, corpus: str, candidate: str, entry: str, commit: str, chosen_on: str
    ) -> tuple[str, ...]:
        """Note that a corpus confirms a candidate which was chosen by other speech.

        Returns the candidates of all such choices, this one included, the first before the others.
        """
        statement = "INSERT OR IGNORE INTO confirmations VALUES (?, ?, ?, ?, ?)"
        self._execute(statement, corpus, candidate, entry, commit, chosen_on)
        query = "SELECT candidate FROM confirmations WHERE corpus = ? ORDER BY rowid"
        return tuple(name for (name,) in self._execute(query, corpus))

    def records(self, candidates: Iterable[str]) -> tuple[Record, ...]:
        """Return all records of these candidates, the oldest first."""
        names = set(candidates)
        rows = self._execute("SELECT candidate, record FROM evidence ORDER BY judged_at, rowid")
        return tuple(Record.from_json(json.loads(text)) for name, text in rows if name in names)

    def corpus(self, fingerprint: str) -> dict[str, Any] | None:
        """Return what is known of a corpus."""
        rows = self._execute("SELECT facts FROM corpora WHERE fingerprint = ?", fingerprint)
        return dict(json.loads(rows[0][0])) if rows else None

    def close(self) -> None:
        """Let go of the file; it is opened again where it is needed."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _execute(self, statement: str, *values: str | bytes) -> list[Any]:
        with self._transaction() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._complaints():
            connection = self._connection = self._connection or self._open()
            # Each begins as a writer, so that processes take turns.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Whichever thread collects what is left closes it.
        connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, connection.close)
        connection.execute("BEGIN IMMEDIATE")
        _prepare(connection)
        connection.execute("COMMIT")
        # From here on a commit waits for no disk, and outlives the process all the same.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _complaints(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            problem = f"cannot be written ({error}); fix that"
            raise ConfigurationError(f"{self.path}: {problem}, {_ELSEWHERE}") from error
        except sqlite3.DatabaseError as error:
            problem = f"is not evidence of sertify ({error}); move it away"
            raise ConfigurationError(f"{self.path}: {problem}, {_ELSEWHERE}") from error


def _prepare(connection: sqlite3.Connection) -> None:
    """Lay the tables; what another version of sertify wrote is dropped, it can be judged again."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = connection.execute(names).fetchall()
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS]
    if marks == [*_MARKS.values()]:
        return
    if tables and marks[0] != _APPLICATION:
        raise sqlite3.DatabaseError("a database of another program")
    for (name,) in tables:
        connection.execute(f"DROP TABLE {name}")
    for statement in (*_TABLES, *(f"PRAGMA {name} = {value}" for name, value in _MARKS.items())):
        connection.execute(statement)


def _dump(data: Any) -> str:
    # Escaped, for SQLite takes no text with half a surrogate pair, as in file names not in UTF-8.
    return json.dumps(data, allow_nan=False, default=str)


EMBEDDED = "embedded:"
"""How the fingerprint of a corpus begins that was not given by the user."""
