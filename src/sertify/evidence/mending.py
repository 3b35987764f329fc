"""Opens evidence, be it damaged: what is sound is kept, and what is not is set aside."""

import sqlite3
from itertools import count
from pathlib import Path

from filelock import FileLock

from sertify.evidence.database import connect, files_of, is_damage, salvage, set_aside, transaction
from sertify.vocabulary.text import counted


def open_mended(path: Path, patience: float) -> tuple[sqlite3.Connection, list[str]]:
    """Open a file of evidence; return also what has to be said of it.

    Raises ``sqlite3.Error`` or ``OSError`` where that cannot be done for other reasons than damage.
    """
    try:
        return _sound(path, patience)
    except sqlite3.Error as error:
        if not is_damage(error, path):
            raise
    with FileLock(f"{path}.lock", timeout=patience):
        try:
            return _sound(path, patience)  # another process may have mended it meanwhile
        except sqlite3.Error as error:
            if not is_damage(error, path):
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
            bad = set_aside(connection)
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
