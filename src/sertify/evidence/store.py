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
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

# What marks an SQLite file as one of sertify's: "SRTF".
_APPLICATION = 0x53525446
_SCHEMA_VERSION = 2
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
)


@dataclass(frozen=True)
class Record:
    """The outcome of one check of one candidate, and all that it depends on.

    Attributes
    ----------
    entry
        Fingerprint of the candidate's entry: its model, mapping and requirements.
    commit
        What the model's repository was at, or "" where it could not be resolved.
    corpus
        Fingerprint of the audio that was judged, or "" for a check that needs none.
    environment
        Fingerprint of the versions, and for the speed gate of the machine.
    siblings
        The checks that the gate consists of, this one included.
    judged_at
        ISO 8601 time with its zone.
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
        fields = dict(data)
        fields["outcome"] = Outcome(fields["outcome"])
        fields["measurements"] = tuple(
            Measurement(**measurement) for measurement in fields["measurements"]
        )
        fields["siblings"] = tuple(fields["siblings"])
        return cls(**fields)

    @classmethod
    def of(cls, judgement: Judgement, **context: Any) -> Self:
        """Make a record of a judgement in its context."""
        return cls(
            outcome=judgement.outcome,
            reason=judgement.reason,
            message=judgement.message,
            requirement=judgement.requirement,
            # JSON has no word for NaN and infinity; the message tells of them.
            measurements=tuple(m for m in judgement.measurements if math.isfinite(m.value)),
            details=judgement.details,
            **context,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the record in JSON types."""
        data = asdict(self)
        data["outcome"] = str(self.outcome)
        data["measurements"] = [asdict(measurement) for measurement in self.measurements]
        data["siblings"] = list(self.siblings)
        return data

    def value(self, name: str) -> Measurement | None:
        """Return the measurement of that name."""
        return next(
            (measurement for measurement in self.measurements if measurement.name == name), None
        )


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
        key = (record.candidate, record.entry, record.commit, record.gate, record.check)
        rest = (record.corpus, record.environment, record.judged_at, _dump(record.to_json()))
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM evidence WHERE commit_id = ''"
                " AND candidate = ? AND entry = ? AND check_name = ?",
                (record.candidate, record.entry, record.check),
            )
            connection.execute(
                "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", key + rest
            )

    def add_corpus(self, fingerprint: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a corpus, for runs that do not see it."""
        with self._transaction() as connection:
            row = (fingerprint, _dump(dict(facts)))
            connection.execute("INSERT OR REPLACE INTO corpora VALUES (?, ?)", row)

    def add_labelling(
        self, entry: str, commit: str, environment: str, labelling: Labelling
    ) -> None:
        """Keep what a candidate said of each clip; the terms are those of a `Record`."""
        key = (labelling.candidate, entry, commit, labelling.corpus, environment)
        with self._transaction() as connection:
            row = (*key, labelling.pack())
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)

    def labelling(
        self, candidate: str, entry: str, commit: str, corpus: str, environment: str
    ) -> Labelling | None:
        """Return what a candidate said of each clip of a corpus."""
        query = (
            "SELECT answers FROM answers WHERE candidate = ? AND entry = ? AND commit_id = ?"
            " AND corpus = ? AND environment = ?"
        )
        with self._transaction() as connection:
            key = (candidate, entry, commit, corpus, environment)
            row = connection.execute(query, key).fetchone()
        return None if row is None else Labelling.unpack(row[0])

    def records(self, candidates: Iterable[str]) -> tuple[Record, ...]:
        """Return all records of these candidates, the oldest first."""
        names = set(candidates)
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT candidate, record FROM evidence ORDER BY judged_at, rowid"
            ).fetchall()
        return tuple(Record.from_json(json.loads(text)) for name, text in rows if name in names)

    def corpus(self, fingerprint: str) -> dict[str, Any] | None:
        """Return what is known of a corpus."""
        with self._transaction() as connection:
            query = "SELECT facts FROM corpora WHERE fingerprint = ?"
            row = connection.execute(query, (fingerprint,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def close(self) -> None:
        """Let go of the file; it is opened again where it is needed."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

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
        options: dict[str, Any] = {"timeout": 30, "isolation_level": None}
        connection: sqlite3.Connection = sqlite3.connect(self.path, **options)
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
