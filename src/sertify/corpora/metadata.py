"""A folder with a table of its files, after the audiofolder convention of Hugging Face datasets."""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.corpora.file_names import public_named
from sertify.corpora.listings import Listing, is_below, is_there
from sertify.corpora.roles import COLUMN_NAMES, Table, gender_of, roles_of
from sertify.corpora.tables import READERS, read_table
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

_NAMES = tuple(f"metadata{suffix}" for suffix in READERS)
_FACTS = ("label", "speaker", "language", "gender", "split")


def metadata_in(folder: Path) -> Path | None:
    """Return the metadata file of a folder.

    Raises ``ConfigurationError`` where there are several.
    """
    tables = [folder / name for name in _NAMES if (folder / name).is_file()]
    if len(tables) > 1:
        names = " and ".join(path.name for path in tables)
        raise ConfigurationError(f"--data {folder}: has {names}, but should have one of them")
    return tables[0] if tables else None


def other_table(folder: Path, needed: Sequence[str]) -> tuple[Path | None, tuple[str, ...]]:
    """Return the one CSV or JSON Lines file of a folder, where it has the columns `needed`.

    It also has to list a file that is there: any folder may hold a table of something else.

    Returns the file, and warnings of tables that are not read.
    """
    tables = sorted(path for suffix in (".csv", ".jsonl") for path in folder.glob(f"*{suffix}"))
    tables = [path for path in tables if path.is_file() and not path.name.startswith(".")]
    if len(tables) != 1:
        return None, _not_read(tables, "there are several")
    try:
        table = read_table(tables[0])
        roles, _ = roles_of(table)
    except ConfigurationError as error:
        return None, _not_read(tables, str(error))
    lacking = [role for role in needed if role not in roles]
    if lacking:
        return None, _not_read(tables, f"it has no column {' or '.join(lacking)}")
    if not _lists_a_file(table, roles["file_name"]):
        return None, _not_read(tables, "it lists no file that is there")
    return tables[0], ()


def read_metadata(path: Path) -> Listing:
    """Read the files that a table lists, also those that are missing.

    Raises ``ConfigurationError`` where the table is wrong; the text names the line.
    """
    table = read_table(path)
    roles, warnings = roles_of(table)
    if "file_name" not in roles:
        _refuse_nameless(table)
    clips = tuple(_clips(table, roles))
    _refuse_duplicates(table, clips)
    return Listing(clips, path.name, public_named(path.parent, clips), warnings=warnings)


def _not_read(tables: Sequence[Path], why: str) -> tuple[str, ...]:
    if not tables:
        return ()
    return (f"{listed(path.name for path in tables)} not read: {why}",)


def _lists_a_file(table: Table, column: int) -> bool:
    folder = table.path.parent
    return any(is_there(folder, _path_of(folder, name)) for name in table.values(column) if name)


def _path_of(folder: Path, given: str) -> str:
    """Return a path with ``/``, also one of Windows where that leads to a file."""
    name, other = posixpath.normpath(given), posixpath.normpath(given.replace("\\", "/"))
    return (
        other if name != other and is_there(folder, other) and not is_there(folder, name) else name
    )


def _refuse_nameless(table: Table) -> None:
    if not table.rows and table.columns:
        raise ConfigurationError(f"{table.path}: lists no file")
    raise ConfigurationError(
        f"{table.path}: has no column of file names"
        f" (its columns: {listed(table.columns, most=20)}), but should have file_name"
        f" (or {listed(COLUMN_NAMES['file_name'], most=20)})"
    )


def _clips(table: Table, roles: Mapping[str, int]) -> Iterator[Clip]:
    folder = table.path.parent
    for line, values in table.rows:
        given = values[roles["file_name"]] or ""
        name = _path_of(folder, given)
        if not is_below(folder, name):
            raise ConfigurationError(
                f"{table.path}:{line}: {table.columns[roles['file_name']]} is {given!r},"
                f" but should be a path relative to {folder} and below it"
            )
        facts = (values[roles[role]] if role in roles else None for role in _FACTS)
        label, speaker, language, gender, split = facts
        yield Clip(name, folder / name, label, speaker, language, gender_of(gender), split)


def _refuse_duplicates(table: Table, clips: Sequence[Clip]) -> None:
    if not clips:
        raise ConfigurationError(f"{table.path}: lists no file")
    names = Counter(clip.name for clip in clips)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigurationError(f"{table.path}: lists {listed(twice)} more than once")
