"""Where evidence is kept while its file cannot be written, and how it comes into it later."""

import errno
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from sertify.evidence.database import connect, files_of, kind_of, transaction
from sertify.evidence.ledgers import Cells, Ledger, put
from sertify.evidence.mending import absorb, move_aside, salvage

# A full disk, or a lock of another program; whoever began the run need not have made a mistake.
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_PASSING_IN_SQLITE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
)


def may_pass(error: OSError | sqlite3.Error) -> bool:
    """Whether what keeps a file from being written is of the moment."""
    if isinstance(error, OSError):
        return isinstance(error, TimeoutError) or error.errno in _PASSING
    return kind_of(error) in _PASSING_IN_SQLITE


class Aside:
    """What this process has found, and what could be read of the file that cannot be written.

    It is in memory, and what was found in another file beside, if that can be written.
    """

    def __init__(self, path: Path, why: str, found: Iterable[tuple[Ledger, Cells]]) -> None:
        self._path, self._why = path, why
        self.everything = connect(":memory:", 0)
        with suppress(OSError, sqlite3.Error):
            salvage(self.everything, path)
        self._beside = path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}")
        self._file: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.Error):
            self._file = connect(self._beside, 0, alone=True)
        for table, values in found:
            self.put(table, values)

    def put(self, table: Ledger, values: Cells) -> None:
        """Keep a row."""
        put(self.everything, table, values)
        if self._file is not None:
            try:
                with transaction(self._file):
                    put(self._file, table, values)
            except sqlite3.Error:
                self.release()

    def told(self, *, settled: bool) -> str:
        """Say what was the matter, and where the evidence is."""
        if settled:
            return f"{self._path} could not be written for a while ({self._why}); now all is there"
        problem = f"{self._path} cannot be written ({self._why}); what this run found is"
        if self._file is None:
            return f"{problem} in its reports alone, and the next one has to judge anew"
        return f"{problem} in {self._beside.name}, and the next one will add it"

    def close(self) -> None:
        """Forget all."""
        self.everything.close()
        self.release()

    def release(self) -> None:
        """Let go of the file beside."""
        if self._file is not None:
            self._file.close()
        self._file = None


def take_in(connection: sqlite3.Connection, path: Path) -> list[str]:
    """Write into a file what was kept beside it, by processes that have ended; say so."""
    return [
        f"{path.name} has taken in {beside.name}, which an earlier run had kept beside it"
        for beside in sorted(path.parent.glob(f"{path.stem}-[0-9]*{path.suffix}"))
        if _taken(connection, beside)
    ]


def _taken(connection: sqlite3.Connection, beside: Path) -> bool:
    try:
        with closing(connect(beside, 0, alone=True)) as other, transaction(connection):
            absorb(connection, other)
    except sqlite3.OperationalError:
        return False  # its process still has it
    except sqlite3.DatabaseError:
        move_aside(beside)
        return False
    for file in files_of(beside):
        file.unlink(missing_ok=True)
    return True
