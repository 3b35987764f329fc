"""CSV, JSON Lines and Parquet files to tables of text."""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from sertify.corpora.forms.roles import COLUMN_NAMES, Table, aliases_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold

_KNOWN = frozenset(name for role in COLUMN_NAMES for name in aliases_of(role))
_FACTS = _KNOWN - aliases_of("file_name")
# As pandas and R write them. A name in small letters, "none", may be a label.
_MISSING = frozenset({"nan", "NaN", "None", "null", "NULL", "NA", "N/A", "n/a", "<NA>"})


def read_table(path: Path, also: Collection[str] = ()) -> Table:
    """Read a table; numbers and dates become text, an empty field None.

    ``also`` names columns that are read beside those of a role.

    Raises ``ConfigurationError`` where it is no table, with the line that it fails in.
    """
    try:
        return READERS[path.suffix](path, frozenset(map(fold, also)))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_csv(path: Path, also: frozenset[str]) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            # Others than a comma separate only where the header has none.
            delimiter = next((sign for sign in ",;\t" if sign in first), ",")
            lines = csv.reader(chain([first], file), delimiter=delimiter, strict=True)
            header = tuple(name.strip() for name in next(lines, ()))
            rows = [(lines.line_num, row) for row in lines if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: is not a CSV file in UTF-8: {error}") from error
    for line, row in rows:
        if len(row) != len(header):
            raise ConfigurationError(f"{path}:{line}: has more or fewer fields than the header")
    facts = [fold(column) in _FACTS | also for column in header]
    texts = (
        (line, tuple(_field(f"{path}:{line}", *pair) for pair in zip(facts, row, strict=True)))
        for line, row in rows
    )
    return Table(path, header, tuple(texts))


def _field(place: str, fact: bool, value: str) -> str | None:
    checked = _checked(place, "a field", value)
    return None if fact and checked in _MISSING else checked


def _read_jsonl(path: Path, also: frozenset[str]) -> Table:
    try:
        with path.open(encoding="utf-8-sig") as file:
            rows = [
                (number, _object(f"{path}:{number}", line))
                for number, line in enumerate(file, start=1)
                if line.strip()
            ]
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not a JSON Lines file in UTF-8: {error}") from error
    if not rows:
        raise ConfigurationError(f"{path}: lists no file")
    return _from_objects(path, rows, also)


def _object(place: str, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place}: is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f'{place}: should be an object such as {{"file_name": "a.wav"}}')
    return value


def _read_parquet(path: Path, also: frozenset[str]) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigurationError(
            f"{path}: Parquet needs pyarrow: pip install 'sertify[parquet]'"
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            table = file.read([name for name in names if fold(name) in _KNOWN | also])
        rows = list(enumerate(table.to_pylist(), start=1))
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{path}: is not a Parquet file: {error}") from error
    return _from_objects(path, rows, also, names)


def _from_objects(
    path: Path,
    rows: list[tuple[int, dict[str, Any]]],
    also: frozenset[str],
    names: Iterable[str] = (),
) -> Table:
    columns = dict.fromkeys([*names, *(key for _, row in rows for key in row)])
    asked = {column: fold(column) in _KNOWN | also for column in columns}
    texts = (
        (line, tuple(_text(f"{path}:{line}", *pair, row.get(pair[0])) for pair in asked.items()))
        for line, row in rows
    )
    return Table(path, tuple(columns), tuple(texts))


def _text(place: str, column: str, asked: bool, value: object) -> str | None:
    """Return a value as a CSV file would have it; None in a column that nobody asks for."""
    if not asked:
        return None
    kinds: dict[type, str] = {dict: "an object", list: "a list", bytes: "binary data"}
    if kind := kinds.get(type(value)):
        raise ConfigurationError(
            f"{place}: {column} is {kind}, but should be text or a number;"
            " write the path of an audio file, not its content"
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of numbers with a gap is one of floats
    missing = value is None or value != value  # NaN
    return None if missing else _checked(place, column, str(value))


def _checked(place: str, column: str, value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(
            f"{place}: {column} is {value!r}, which is not valid Unicode"
        ) from error
    if "\0" in value:
        raise ConfigurationError(f"{place}: {column} is {value!r}, but should hold no NUL")
    return value.strip() or None


READERS: Mapping[str, Callable[[Path, frozenset[str]], Table]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
"""How a table is read, by the ending of its name; with the folded names of columns to add."""
