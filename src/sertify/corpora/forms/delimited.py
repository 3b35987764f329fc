"""Tables of text, with a sign between their fields, to rows."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from sertify.corpora.forms.decoding import decoded
from sertify.corpora.forms.roles import COLUMN_NAMES, aliases_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold

_SIGNS = ",;\t|"
_START = 2**20  # bytes, in which the names of all columns are
_NAMES = frozenset().union(*map(aliases_of, COLUMN_NAMES))
_TOLD = re.compile(r"sep=(.)", re.IGNORECASE)  # Excel's word to itself

Rows = list[tuple[int, Sequence[str]]]


def delimited(path: Path) -> tuple[tuple[str, ...], Rows, tuple[str, ...]]:
    """Return the header of a table, its rows with their lines, and how it was understood.

    Empty rows and comments behind ``#`` are none. Each row has a field for each column.

    Raises ``ConfigurationError`` with the line where that is not so, ``OSError`` as reading does.
    """
    try:
        text, encoding = decoded(path.read_bytes())
    except ValueError as error:
        raise ConfigurationError(f"{path}: is not a table in UTF-8: {error}") from error
    skipped, sign, header = _header(text)
    try:
        rows = _rows(text, sign, csv.QUOTE_MINIMAL)
    except csv.Error as error:
        if sign not in "\t|" or "field limit" in str(error):
            raise ConfigurationError(f"{path}: is not a CSV file: {error}") from error
        rows = _rows(text, sign, csv.QUOTE_NONE)  # where tabs separate, quotes are often just text
    rows = [(line, row) for line, row in rows if line > skipped]
    names, rows = _named(header, rows)
    said = f"{path.name} is not in UTF-8, and was read as {encoding}: save it as UTF-8"
    return names, list(_even(path, names, rows)), (said,) if encoding else ()


def header_columns(path: Path) -> tuple[str, ...]:
    """Return the folded names of the columns of a table of any size, as far as its start tells."""
    try:
        with path.open("rb") as file:
            text = file.read(_START).decode("utf-8-sig", "replace").replace("\0", "")
    except OSError:
        return ()
    skipped, sign, comment = _header(text)
    header = comment or io.StringIO(text, newline=None).read().split("\n")[skipped]
    return tuple(fold(name.strip(' "')) for name in header.split(sign))


def _header(text: str) -> tuple[int, str, str]:
    """Return how many lines go before the header, the sign between fields, and a commented header.

    Others than a comma separate only where the header has none, or names known columns only so.
    """
    lines = io.StringIO(text, newline="")
    told, comment = "", ""
    for number, line in enumerate(iter(lines.readline, "")):
        bare = line.strip()
        if number == 0 and (match := _TOLD.fullmatch(bare.strip('"'))):
            told = match[1]
        elif bare.startswith("#") and not comment and _known(bare[1:], _sign(bare[1:])):
            comment = bare[1:]
            return number + 1, told or _sign(comment), comment
        elif bare and not bare.startswith("#"):
            return number, told or _sign(line), ""
    return 0, told or ",", ""


def _sign(header: str) -> str:
    found = [sign for sign in _SIGNS if sign in header]
    return max(found, key=lambda sign: _known(header, sign), default=",")


def _known(header: str, sign: str) -> int:
    return sum(fold(name.strip('"')) in _NAMES for name in header.split(sign))


def _rows(text: str, sign: str, quoting: Literal[0, 3]) -> Rows:
    # Many write a blank behind the comma, also before a quoted field.
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=sign,
        quoting=quoting,
        skipinitialspace=True,
        strict=True,
    )
    return [(lines.line_num, row) for row in lines]


def _named(header: str, rows: Rows) -> tuple[tuple[str, ...], Rows]:
    """Return the names of the columns, and the rows below them."""
    rows = [(line, row) for line, row in rows if any(row) and any(map(str.strip, row))]
    if header:
        names: Sequence[str] = next(csv.reader([header], delimiter=_sign(header)))
    else:
        names = rows.pop(0)[1] if rows else ()
    while names and not names[-1].strip():
        names = names[:-1]
    return tuple(name.strip() for name in names), rows


def _even(
    path: Path, names: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Sequence[str]]]:
    width = len(names)
    for line, row in rows:
        if len(row) > width and not any(map(str.strip, row[width:])):
            row = row[:width]
        if row[0].startswith("#") and (len(row) != width or row[0][1:2] in " #"):
            continue
        if len(row) != width:
            what = "more" if len(row) > width else "fewer"
            numbers = f"{len(row)}, but should have {width}"
            raise ConfigurationError(f"{path}:{line}: has {what} fields than the header: {numbers}")
        yield line, row
