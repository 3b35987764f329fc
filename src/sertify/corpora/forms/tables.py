"""CSV, JSON Lines and Parquet files to tables of text."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sertify.corpora.columns import most_values, plain_text
from sertify.corpora.forms.delimited import delimited
from sertify.corpora.forms.features import classes_of, features_of, is_plain
from sertify.corpora.forms.roles import COLUMN_NAMES, DOUBTFUL, Table, aliases_of
from sertify.corpora.forms.spans import SPAN_NAMES
from sertify.corpora.forms.vote_columns import may_be_votes
from sertify.corpora.sight import stand_in
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold

_KNOWN = frozenset(name for role in COLUMN_NAMES for name in aliases_of(role)) | SPAN_NAMES
_FACTS = _KNOWN - aliases_of("file_name")
# As pandas and R write them. A name in small letters, "none", may be a label.
_MISSING = frozenset({"nan", "NaN", "None", "null", "NULL", "NA", "N/A", "n/a", "<NA>"})


def read_table(path: Path, also: Collection[str] = ()) -> Table:
    """Read a table; numbers and dates become text, an empty field None.

    ``also`` names columns that are read beside those of a role.

    Raises ``ConfigurationError`` where it is no table, with the line that it fails in.
    """
    if other := stand_in(path):
        raise ConfigurationError(f"{path}: {other}")
    try:
        return READERS[path.suffix.lower()](path, frozenset(map(fold, also)))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_csv(path: Path, also: frozenset[str]) -> Table:
    header, rows, remarks = delimited(path)
    facts = [fold(column) in _FACTS | also for column in header]
    texts = tuple((line, _fields(path, line, facts, row)) for line, row in rows)
    return Table(path, header, texts, remarks)


def _fields(
    path: Path, line: int, facts: Sequence[bool], row: Sequence[str]
) -> tuple[str | None, ...]:
    stripped = [value.strip() or None for value in row]
    joined = "".join(row)
    if not joined.isascii() or "\0" in joined:
        stripped = [_checked(f"{path}:{line}", "a field", value) for value in row]
    pairs = zip(facts, stripped, strict=True)
    return tuple(None if fact and value in _MISSING else value for fact, value in pairs)


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
            features = features_of(file.schema_arrow.metadata)
            table = _telling(file.read(_readable(file.schema_arrow, also)), also)
        classes = {name: found for name in names if (found := classes_of(features.get(name)))}
        rows = [
            (number, _with_classes(row, classes))
            for number, row in enumerate(table.to_pylist(), start=1)
        ]
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        raise ConfigurationError(f"{path}: is not a Parquet file: {error}") from error
    return _from_objects(path, rows, also, names)


def _readable(schema: Any, also: frozenset[str]) -> list[str]:
    return [
        name for name in schema.names if _is_asked(name, also) or is_plain(schema.field(name).type)
    ]


def _telling(table: Any, also: frozenset[str]) -> Any:
    """Return a table of Arrow without columns that nobody asks for and that tell no groups."""
    kept = [
        name
        for name in table.column_names
        if _is_asked(name, also) or len(table.column(name).unique()) <= most_values(name)
    ]
    return table.select(kept)


def _with_classes(row: dict[str, Any], classes: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a row with the names of classes in place of their numbers."""
    for column, names in classes.items():
        number = row.get(column)
        if type(number) is int and -1 <= number < len(names):
            row[column] = names[number] if number >= 0 else None
    return row


def _from_objects(
    path: Path,
    rows: list[tuple[int, dict[str, Any]]],
    also: frozenset[str],
    names: Iterable[str] = (),
) -> Table:
    columns = dict.fromkeys([*names, *(key for _, row in rows for key in row)])
    asked = {column: _is_asked(column, also) for column in columns}
    texts = (
        (line, tuple(_text(f"{path}:{line}", *pair, row.get(pair[0])) for pair in asked.items()))
        for line, row in rows
    )
    return Table(path, tuple(columns), tuple(texts))


def _is_asked(column: str, also: frozenset[str]) -> bool:
    return fold(column) in _KNOWN | also or may_be_votes(column)


def _text(place: str, column: str, asked: bool, value: object) -> str | None:
    """Return a value as a CSV file would have it; None of what is none, where nobody asks."""
    if not asked:
        return plain_text(value)
    kinds: dict[type, str] = {dict: "an object", list: "a list", bytes: "binary data"}
    if kind := kinds.get(type(value)):
        if fold(column) in DOUBTFUL or (may_be_votes(column) and fold(column) not in _KNOWN):
            return None
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
    ".txt": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
"""How a table is read, by the ending of its name; with the folded names of columns to add."""
