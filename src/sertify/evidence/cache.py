"""What was computed once and need not be again: kept by content, in one SQLite file.

Unlike evidence it holds no judgements, and whatever is lost of it is computed anew.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from sertify.evidence.database import files_of, is_of_the_file

# Raise it where the same names come to mean something else.
_FORMAT = 1
# And this one where the tables change: what lies in others is dropped.
_LAYOUT = 1
_WAITING = 30
_TABLES = """
CREATE TABLE IF NOT EXISTS models (model TEXT PRIMARY KEY, used INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    model TEXT, question TEXT, answer BLOB NOT NULL, seal TEXT NOT NULL,
    PRIMARY KEY (model, question)
) STRICT, WITHOUT ROWID;
"""


def content_key(*parts: Any) -> str:
    """Return a key of values that JSON can express; the same for the same values alone.

    >>> content_key("a", 1) == content_key("a", 1) != content_key("a1")
    True
    """
    text = json.dumps([_FORMAT, *parts], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def seal_of(model: str, question: str, answer: bytes) -> str:
    """Return the checksum without which an answer is not believed."""
    named = f"{model} {question} ".encode(errors="surrogateescape")
    return hashlib.sha256(named + answer).hexdigest()[:16]


class Cache:
    """Answers to questions about models, each of which is a key that tells its content.

    Several processes may use a file at a time, and be killed at any moment: what was kept is there.
    A file that cannot be used is no error; then what is kept lasts as long as this object, as it
    does where ``path`` is None. What is not as it was written is not known. Above ``limit`` bytes,
    :meth:`close` drops what belongs to the models not used for longest.
    """

    def __init__(self, path: Path | None, limit: int = 2**30) -> None:
        self._path = path
        self._limit = limit
        self._used: set[str] = set()
        self._vouched: dict[str, Callable[[], bool]] = {}
        self._stopped = False
        self.problem = ""
        self._use(path)

    @property
    def is_new(self) -> bool:
        """Whether nothing is known of any model."""
        with self._attempt():
            return self._connection.execute("SELECT 1 FROM answers LIMIT 1").fetchone() is None
        return True

    def answers(self, model: str) -> dict[str, bytes]:
        """Return all that is known of a model, by question, and note that it is in use."""
        with self._attempt():
            self._touch(model)
            query = "SELECT question, answer, seal FROM answers WHERE model = ?"
            rows = self._connection.execute(query, (model,)).fetchall()
            return {row[0]: row[1] for row in rows if _is_sound(model, *row)}
        return {}

    def answer(self, model: str, question: str) -> bytes | None:
        """Return what is known of one question, or None."""
        with self._attempt():
            self._touch(model)
            query = "SELECT question, answer, seal FROM answers WHERE model = ? AND question = ?"
            rows = self._connection.execute(query, (model, question)).fetchall()
            return next((row[1] for row in rows if _is_sound(model, *row)), None)
        return None

    def vouch(self, model: str, sound: Callable[[], bool]) -> None:
        """Let nothing be kept of a model unless this says that it still is what its key tells."""
        self._vouched[model] = sound

    def keep(self, model: str, question: str, answer: bytes) -> None:
        """Keep an answer, at once."""
        if self._stopped or not self._vouched.get(model, lambda: True)():
            return
        with self._attempt():
            row = (model, question, answer, seal_of(model, question, answer))
            self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)

    def close(self) -> None:
        """Make room where there is too much, and let go of the file."""
        with self._attempt():
            self._make_room()
        self._connection.close()

    def _touch(self, model: str) -> None:
        if model not in self._used and not self._stopped:
            self._used.add(model)
            row = "INSERT OR REPLACE INTO models VALUES (?, unixepoch())"
            self._connection.execute(row, (model,))

    def _make_room(self) -> None:
        while self._size() > self._limit:
            # Of models that nobody has used, too: a worker may have been killed before it said so.
            oldest = self._connection.execute(
                "SELECT model FROM (SELECT DISTINCT model FROM answers)"
                " LEFT JOIN models USING (model) ORDER BY used LIMIT 1"
            ).fetchone()
            if oldest is None:
                return
            for table in ("answers", "models"):
                self._connection.execute(f"DELETE FROM {table} WHERE model = ?", oldest)
            # As a statement of its own it frees a page only.
            self._connection.executescript("PRAGMA incremental_vacuum")

    def _size(self) -> int:
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        """Go on without the file where it fails: a full disk must not end a run."""
        try:
            yield
        except sqlite3.Error as error:
            if self._path is None or not is_of_the_file(error, self._path):
                self.problem = self.problem or f"it cannot be used any more ({error})"
                self._stopped = True  # else each answer would wait for a lock
                return
            self._connection.close()
            self._use(self._path, anew=True)

    def _use(self, path: Path | None, *, anew: bool = False) -> None:
        try:
            self._connection = _open(path, anew=anew)
        except (OSError, sqlite3.Error) as error:  # also where a lock cannot be had
            self.problem = f"{path} cannot be used ({error})"
            self._connection = _open(None)


def _is_sound(model: str, question: Any, answer: Any, seal: Any) -> bool:
    # What is damaged may be of another type as well.
    return isinstance(answer, bytes) and bool(seal == seal_of(model, question, answer))


def _open(path: Path | None, *, anew: bool = False) -> sqlite3.Connection:
    if path is None:
        return _connect(":memory:")
    path.parent.mkdir(parents=True, exist_ok=True)
    # One process at a time: SQLite does not wait for another that begins the same file.
    with FileLock(f"{path}.lock", timeout=_WAITING):
        try:
            if not anew:
                return _connect(path)
        except sqlite3.Error as error:
            if not is_of_the_file(error, path):
                raise
        # It was damaged by a disk; what it held can be computed again.
        for file in files_of(path):
            file.unlink(missing_ok=True)
        return _connect(path)


def _connect(place: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=_WAITING, isolation_level=None)
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        # Readers then never wait for writers, and a process that is killed loses nothing it wrote.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
            connection.executescript(f"DROP TABLE IF EXISTS answers; {_TABLES}")
            connection.execute(f"PRAGMA user_version = {_LAYOUT}")
    except BaseException:
        connection.close()
        raise
    return connection
