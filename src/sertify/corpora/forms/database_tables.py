"""The tables of an audformat database, as text."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sertify.corpora.forms.roles import COLUMN_NAMES, aliases_of
from sertify.corpora.listings import is_there
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold


def column_of(database: Any, table: str, role: str) -> str | None:
    """Return the column of a role, by its own name or by that of its scheme."""
    columns = database[table].columns
    names = aliases_of(role)
    own = [str(name) for name in columns if fold(str(name)) in names]
    schemes = [str(name) for name in columns if fold(str(columns[name].scheme_id)) in names]
    return next(iter([*own, *schemes]), None)


def columns_of(database: Any, table: str) -> tuple[str, ...]:
    """Return the columns of a table, and those of the tables of whole files."""
    whole = [name for name in database.tables if database[name].is_filewise]
    names = (str(name) for home in (table, *whole) for name in database[home].columns)
    return tuple(dict.fromkeys(names))


def load_table(header: Path, database: Any, table: str) -> None:
    """Load the content of one table.

    Audformat prefers a pickle, which can run code; so it is shown the other files only.

    Raises ``ConfigurationError`` where there is none.
    """
    names = [f"{header.stem}.{table}{suffix}" for suffix in (".csv", ".parquet")]
    paths = [header.parent / name for name in names if is_there(header.parent, name)]
    if not paths:
        raise ConfigurationError(
            f"{header}: there is neither {' nor '.join(names)}"
            " (a .pkl is not read, because it could run code)"
        )
    with tempfile.TemporaryDirectory() as copies:
        target = Path(copies) / "table"
        for source in paths:
            shutil.copyfile(source, target.with_suffix(source.suffix))
        database[table].load(str(target))


def stretches_of(index: Iterable[Any]) -> list[tuple[str, float, float | None]]:
    """Return file, start and end, in seconds, of the rows of a filewise or segmented table."""
    keys = (key if isinstance(key, tuple) else (key, None, None) for key in index)
    return [(str(file), _seconds(start) or 0.0, _seconds(end)) for file, start, end in keys]


def values_of(header: Path, database: Any, table: str, role: str) -> list[str | None]:
    """Return what each row of a table has in a role, from it or from another table of files."""
    frame = database[table].df
    column = column_of(database, table, role)
    if column is not None:
        return texts(frame[column])
    by_file: dict[str, str | None] = {}
    for other in database.tables:
        column = column_of(database, other, role)
        if column is not None and database[other].is_filewise:
            load_table(header, database, other)
            values = database[other].df[column]
            by_file = dict(zip(map(str, values.index), texts(values), strict=True))
            break
    return [by_file.get(file) for file, _, _ in stretches_of(frame.index)]


def speakers_of(database: Any, table: str) -> Mapping[str, Mapping[str, str]]:
    """Return what the labels of the speakers' scheme tell of each speaker, by role."""
    described = described_speakers(database, table)
    return {name: _by_role(facts) for name, facts in described.items()}


def described_speakers(database: Any, table: str) -> Mapping[str, Any]:
    """Return the labels of the speakers' scheme, by speaker, with what describes each of them."""
    homes = [table, *database.tables]
    columns = ((home, column_of(database, home, "speaker")) for home in homes)
    schemes = (database[home].columns[column].scheme_id for home, column in columns if column)
    labels = [database.schemes[scheme].labels for scheme in schemes if scheme]
    described = labels[0] if labels else None
    if isinstance(described, str):
        described = database[described].df.to_dict("index")
    if not isinstance(described, dict):
        return {}
    return {str(name): facts for name, facts in described.items()}


def texts(values: Iterable[Any]) -> list[str | None]:
    """Return values as text, None where there is none."""
    from pandas import isna

    return [None if isna(value) else str(value).strip() or None for value in values]


def _by_role(facts: object) -> Mapping[str, str]:
    if not isinstance(facts, dict):
        return {}
    named = {fold(str(key)): value for key, value in facts.items()}
    roles = {role: aliases_of(role) & named.keys() for role in COLUMN_NAMES}
    values = {role: texts([named[next(iter(keys))]])[0] for role, keys in roles.items() if keys}
    return {role: value for role, value in values.items() if value is not None}


def _seconds(time: Any) -> float | None:
    from pandas import isna

    return None if time is None or isna(time) else float(time.total_seconds())
