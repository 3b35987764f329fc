"""What was found about candidates, kept over runs in one SQLite file."""

import json
import math
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from sertify.evidence.aside import Aside, may_pass, take_in
from sertify.evidence.database import ForeignError, transaction
from sertify.evidence.labelling import Labelling
from sertify.evidence.ledgers import (
    ANSWERS,
    CONFIRMATIONS,
    EVIDENCE,
    FACTS,
    Cells,
    Ledger,
    put,
    rows,
)
from sertify.evidence.mending import open_mended
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import stamp_of
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome

PATIENCE = 30.0
"""Seconds to wait for another program that has locked a file."""

_ELSEWHERE = "or give another folder with --reports"


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
    tolerated: bool = False

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
    time.

    Where the file cannot be written any more, what is added is kept in another one beside it, or
    where that fails, in memory; :meth:`settle`, or the next :meth:`check`, brings it into the file.
    ``remarks`` says so, and what was found damaged, each in one line.
    """

    def __init__(self, path: Path, patience: float | None = None) -> None:
        self.path = path
        self.remarks: list[str] = []
        self._patience = PATIENCE if patience is None else patience
        self._connection: sqlite3.Connection | None = None
        self._mine: list[tuple[Ledger, Cells]] = []
        self._aside: Aside | None = None
        self._inode: int | None = None

    def check(self) -> None:
        """Mend what is damaged, take in what earlier runs left beside; complain of mistakes now."""
        with self._attempt():
            self.remarks += take_in(self._opened(), self.path)

    def settle(self) -> None:
        """Bring what was kept beside the file into it, where that is possible now."""
        if self._inode != _inode_of(self.path):
            self._aside = self._aside or Aside(self.path, "it was replaced", self._mine)
        aside = self._aside
        if aside is not None:
            self._close_file()  # what is there now may be another one, or damaged
            settled = self._brought_in()
            self.remarks.append(aside.told(settled=settled))
            if not settled:
                return
            aside.close()
            self._aside = None
        with suppress(OSError, sqlite3.Error):  # the next run may be luckier
            take_in(self._opened(), self.path)

    def _brought_in(self) -> bool:
        try:
            with transaction(self._opened()) as connection:
                for table, values in self._mine:
                    put(connection, table, values)
        except (OSError, sqlite3.Error):
            return False
        return True

    def add(self, record: Record) -> None:
        """Keep a record."""
        key = (record.candidate, record.entry, record.commit, record.gate, record.check)
        where = (record.corpus, record.environment)
        self._write(EVIDENCE, *key, *where, _dump(record.to_json()))

    def add_corpus(self, fingerprint: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of a corpus, for runs that do not see it."""
        self._write(FACTS, fingerprint, _dump(dict(facts)))

    def add_labelling(
        self, entry: str, commit: str, environment: str, labelling: Labelling
    ) -> None:
        """Keep what a candidate said of each clip; the terms are those of a `Record`."""
        key = (labelling.candidate, entry, commit, labelling.corpus, environment)
        self._write(ANSWERS, *key, labelling.pack())

    def labelling(
        self, candidate: str, entry: str, commit: str, corpus: str, environment: str
    ) -> Labelling | None:
        """Return what a candidate said of each clip of a corpus."""
        terms = {"candidate": candidate, "entry": entry, "commit_id": commit, "corpus": corpus}
        found = self._rows(ANSWERS, **terms, environment=environment)
        return Labelling.unpack(found[0][-1]) if found else None

    def add_confirmation(
        self, corpus: str, candidate: str, entry: str, commit: str, chosen_on: str
    ) -> tuple[str, ...]:
        """Note that a corpus confirms a candidate which was chosen by other speech.

        Returns the candidates of all such choices, this one included, the first before the others.
        """
        self._write(CONFIRMATIONS, corpus, candidate, entry, commit, chosen_on)
        return tuple(row[1] for row in self._rows(CONFIRMATIONS, corpus=corpus))

    def records(self, candidates: Iterable[str]) -> tuple[Record, ...]:
        """Return all records of these candidates, the oldest first."""
        names = set(candidates)
        found = (row[-1] for row in self._rows(EVIDENCE) if row[0] in names)
        return tuple(Record.from_json(json.loads(text)) for text in found)

    def corpus(self, fingerprint: str) -> dict[str, Any] | None:
        """Return what is known of a corpus."""
        found = self._rows(FACTS, fingerprint=fingerprint)
        return dict(json.loads(found[0][-1])) if found else None

    def close(self) -> None:
        """Let go of the file; it is opened again where it is needed."""
        if self._aside is not None:
            self._aside.release()
        self._close_file()

    def _close_file(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _write(self, table: Ledger, *values: str | bytes) -> None:
        self._mine.append((table, values))
        if self._aside is not None:
            self._aside.put(table, values)
            return
        with self._attempt(), transaction(self._opened()) as connection:
            put(connection, table, values)

    def _rows(self, table: Ledger, **terms: str) -> list[Cells]:
        if self._aside is None:
            with self._attempt():
                return rows(self._opened(), table, **terms)
        assert self._aside is not None
        return rows(self._aside.everything, table, **terms)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection, remarks = open_mended(self.path, self._patience)
            self.remarks += remarks
            # Whichever thread collects what is left closes it.
            weakref.finalize(self, connection.close)
            self._connection = connection
            self._inode = _inode_of(self.path)
        return self._connection

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        """Go on beside the file where it fails; complain of one that never could be used."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            if self._inode is None and not may_pass(error):
                raise ConfigurationError(f"{self.path}: {_problem(error)}, {_ELSEWHERE}") from error
            self._aside = Aside(self.path, str(error), self._mine)


def _problem(error: Exception) -> str:
    if isinstance(error, ForeignError):
        return f"is not evidence of sertify ({error}); move it away"
    return f"cannot be written ({error}); fix that"


def _inode_of(path: Path) -> int | None:
    stamp = stamp_of(path)
    return stamp and stamp[2]


def _dump(data: Any) -> str:
    # Escaped, for SQLite takes no text with half a surrogate pair, as in file names not in UTF-8.
    return json.dumps(data, allow_nan=False, default=str)


EMBEDDED = "embedded:"
"""How the fingerprint of a corpus begins that was not given by the user."""
