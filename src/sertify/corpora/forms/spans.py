"""Stretches of files: the columns of a table that say where each begins and ends."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sertify.corpora.audio import duration_of
from sertify.corpora.contents import Content
from sertify.corpora.forms import roles
from sertify.corpora.forms.roles import Table
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold, quoted

STRETCH_NAMES: Mapping[str, Sequence[str]] = read_words(roles.__file__)["spans"]
"""What columns are called that say where stretches begin and end, or how long they last."""

_UNIT = re.compile(r"(.*?)[ (\[]*\b(ms|msec|millis|milliseconds|s|sec|secs|seconds)?[)\]]*")
_UNITS = ("", " s", " sec", " secs", " seconds", " ms", " msec", " millis", " milliseconds")
SPAN_NAMES: frozenset[str] = frozenset(
    fold(name) + unit for names in STRETCH_NAMES.values() for name in names for unit in _UNITS
)
"""Folded names of columns that say where stretches begin and end."""

_LOOKED_UP = 100  # files whose length tells the unit
_SLACK = 0.5  # seconds by which a stretch may go beyond its file, as annotators are not exact
_MOST = 0.95
_SPOKEN = 0.1  # seconds, of which half of the stretches have more: nobody judges a single sound
_LONGEST_NAME = 60  # of a column

Stretch = tuple[float, float | None]
"""Seconds of a file, between which a stretch lies; None is its end."""


@dataclass(frozen=True)
class _Column:
    name: str
    values: tuple[str | None, ...]
    millis: bool


def stretch_named(file: str, start: float, end: float | None) -> str:
    """Return the name of a stretch of a file; that of the file where it is all of it.

    >>> stretch_named("a.wav", 1.5, 2.25), stretch_named("a.wav", 0, None)
    ('a.wav#t=1.5,2.25', 'a.wav')
    """
    whole = not start and end is None
    return file if whole else f"{file}#t={_short(start)},{_short(end)}"


def spans_of(table: Table, files: Sequence[Path]) -> tuple[list[Stretch] | None, tuple[str, ...]]:
    """Return the stretch of the file of each row, and what is to be said of them.

    None where the table has no columns of them, or where these tell of other files. Numbers are
    seconds; milliseconds where the name says so, or where only these are within the files.

    Raises ``ConfigurationError`` with the line that has none.
    """
    columns = _columns(table)
    if "start" not in columns or not columns.keys() & {"end", "duration"}:
        return None, ()
    named = " and ".join(column.name for column in columns.values())
    if not any(_number(value) is not None for one in columns.values() for value in one.values):
        return None, (f"{named} of {table.path.name} hold no numbers, so no stretches are read",)
    spans = [
        _span(table, line, {role: (one, one.values[row]) for role, one in columns.items()})
        for row, (line, _) in enumerate(table.rows)
    ]
    if any(one.millis for one in columns.values()):
        return spans, ()
    row, of_millis = _beyond(spans, files, 1.0), _beyond(spans, files, 1e-3)
    if row is None:
        return spans, ()
    if of_millis is None and _are_spoken(spans, 1e-3):
        remark = (
            f"{named} of {table.path.name} are read as milliseconds: seconds are beyond the files"
        )
        return [(start / 1e3, end and end / 1e3) for start, end in spans], (remark,)
    if max(Counter(files).values()) == 1:
        what = "are beyond the ends of the files, so each is taken for what it tells of"
        return None, (f"{named} of {table.path.name} {what}",)
    last = f"{_last(spans[row]):g}"
    message = f"the stretch ends at {last} s, but should end within {files[row].name}"
    raise ConfigurationError(f"{table.path}:{table.rows[row][0]}: {message}")


def _columns(table: Table) -> Mapping[str, _Column]:
    """Return the columns by what they say; of several, the first in the order of names."""
    parted = [_parted(fold(name)) for name in table.columns]
    names = [base for base, _ in parted]
    found = {}
    for role, known in STRETCH_NAMES.items():
        for name in map(fold, known):
            ends = name != "offset" or ("onset" in names) == (role == "end")
            if name in names and ends and role not in found:
                index = names.index(name)
                millis = (parted[index][1] or "").startswith("m")
                found[role] = _Column(table.columns[index], table.values(index), millis)
    if "end" in found:
        found.pop("duration", None)
    return found


def _parted(name: str) -> tuple[str, str | None]:
    """Return the folded name of a column without its unit, and the unit."""
    match = _UNIT.fullmatch(name) if len(name) <= _LONGEST_NAME else None
    return (match[1], match[2]) if match else (name, None)


def _span(table: Table, line: int, cells: Mapping[str, tuple[_Column, str | None]]) -> Stretch:
    if not any(value for _, value in cells.values()):
        return 0.0, None
    place = f"{table.path}:{line}"
    numbers = {role: _seconds(place, *cell) for role, cell in cells.items()}
    start = numbers["start"] or 0.0
    end = numbers.get("end")
    if end is None and (lasting := numbers.get("duration")) is not None:
        end = start + lasting
    if end is not None and end <= start:
        last = cells.get("end") or cells["duration"]
        raise ConfigurationError(
            f"{place}: {last[0].name} is {last[1]}, but should be after {cells['start'][0].name},"
            f" which is {cells['start'][1]}"
            if "end" in cells
            else f"{place}: {last[0].name} is {last[1]}, but should be more than 0"
        )
    return start, end


def _seconds(place: str, column: _Column, value: str | None) -> float | None:
    if value is None:
        return None
    number = _number(value)
    if number is None or number < 0:
        raise ConfigurationError(
            f"{place}: {column.name} is {quoted(value)}, but should be seconds, 0 or more"
        )
    return number / 1e3 if column.millis else number


def _number(value: str | None) -> float | None:
    """Return seconds, also of ``1:02:03,5``; None of what is no number."""
    parts = (value or "").replace(",", ".").split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    total = sum(number * 60**power for power, number in enumerate(reversed(numbers[-3:])))
    return total if len(parts) <= 3 and math.isfinite(total) else None


def _beyond(stretches: Sequence[Stretch], files: Sequence[Path], unit: float) -> int | None:
    """Return a row that is beyond its file in that unit; None where nearly all are within."""
    several = list(dict.fromkeys(files))
    looked = several[:: max(1, len(several) // _LOOKED_UP)]
    lengths = {file: length for file in looked if (length := duration_of(Content(file)))}
    rows = [row for row, file in enumerate(files) if file in lengths]
    beyond = [row for row in rows if _last(stretches[row]) * unit > lengths[files[row]] + _SLACK]
    return beyond[0] if len(beyond) > (1 - _MOST) * len(rows) else None


def _are_spoken(stretches: Sequence[Stretch], unit: float) -> bool:
    """Whether stretches last long enough in that unit, and are not those of a longer recording."""
    lengths = [end - start for start, end in stretches if end is not None]
    return not lengths or median(lengths) * unit >= _SPOKEN


def _last(span: Stretch) -> float:
    return span[0] if span[1] is None else span[1]


def _short(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.6f}".rstrip("0").rstrip(".")
