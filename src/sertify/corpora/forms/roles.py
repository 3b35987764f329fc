"""The columns of a table, by what they hold rather than by what they are called."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold, listed

_WORDS = read_words(__file__)

_MOST_LABELS = 2_000
"""Different values of a column of emotions; texts and times have more, and take long."""

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    role: tuple(names) for role, names in _WORDS["columns"].items()
}
"""What else a column may be called; case, blanks, ``_`` and ``-`` do not matter."""

DOUBTFUL: frozenset[str] = frozenset(map(fold, _WORDS["doubtful"]["file_name"]))
"""Folded names of columns that are those of the files only where their values are found."""

GENDERS: Mapping[str, str] = {
    fold(word): gender for gender, words in _WORDS["genders"].items() for word in words
}
"""What the letters and words of corpora stand for."""

Column = tuple[str | None, ...]
Finder = Callable[[Column], Mapping[str, str]]
"""Tells which values of a column are files, and which ones; see `resolving`."""


@dataclass(frozen=True)
class Table:
    """A table as it was written.

    Each of the ``rows`` has its line in the file, and a value for each column or None; ``remarks``
    say how it was understood, where that is not plain.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str | None, ...]], ...]
    remarks: tuple[str, ...] = ()

    def values(self, index: int) -> Column:
        """Return one column."""
        return self._columns[index]

    @functools.cached_property
    def folded(self) -> tuple[str, ...]:
        """The names of the columns without what does not distinguish them."""
        return tuple(map(fold, self.columns))

    @functools.cached_property
    def _columns(self) -> tuple[Column, ...]:
        return tuple(zip(*(values for _, values in self.rows), strict=True)) or ((),) * len(
            self.columns
        )


def aliases_of(role: str) -> frozenset[str]:
    """Return all folded names of a role; a column that has none is called as it is."""
    return frozenset(map(fold, (role, *COLUMN_NAMES.get(role, ()))))


@functools.lru_cache(1000)
def gender_of(value: str | None) -> str | None:
    """Return a gender in full; what is no word for one stays as it was written.

    >>> gender_of("F"), gender_of("여성"), gender_of("nonbinary"), gender_of("1")
    ('female', 'female', 'nonbinary', '1')
    """
    return None if value is None else GENDERS.get(fold(value), value)


def roles_of(
    table: Table, finder: Finder | None = None, known: Collection[str] = ()
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Find the column of each role; a column under the role's own name goes before its aliases.

    But the files are in the column of which most are found, and labels where emotions are.
    ``known`` are folded labels that somebody says are emotions as well.

    Returns the index of the column by role, and warnings of columns that say something else.

    Raises ``ConfigurationError`` where two columns could be meant and differ.
    """
    columns, warnings = {}, list[str]()
    for role in COLUMN_NAMES:
        named, others = _named(table, role)
        if role == "file_name":
            named, others = _of_files(table, named, others, finder or (lambda _: {}))
        elif role == "label":
            named, others = _of_emotions(table, named, others, known)
        distinct = {_kind(table, role, index): index for index in reversed(named or others)}
        if len(distinct) > 1:
            names = listed(table.columns[index] for index in sorted(distinct.values()))
            raise ConfigurationError(
                f"{table.path}: the columns {names} could each be the {role}, but differ;"
                f" rename the right one to {role}"
            )
        if distinct:
            columns[role] = next(iter(distinct.values()))
        if named and role != "file_name":
            warnings += _differing(table, role, named[0], others)
    return columns, (*warnings, *_unused(table, columns))


def _named(table: Table, role: str) -> tuple[list[int], list[int]]:
    """Return the columns of a role that hold anything: under its own name, and under others."""
    known, own = aliases_of(role), fold(role)
    fitting = [index for index, name in enumerate(table.folded) if name in known]
    filled = [index for index in fitting if any(table.values(index))] or fitting
    named = [index for index in filled if table.folded[index] == own]
    return named, [index for index in filled if table.folded[index] != own]


def _of_files(
    table: Table, named: list[int], others: list[int], finder: Finder
) -> tuple[list[int], list[int]]:
    """Return the columns of which most are found; where none are, those of certain names."""
    columns = [*named, *others]
    certain = [index for index in columns if table.folded[index] not in DOUBTFUL]
    if len(columns) == 1 and certain:
        return named, others
    found = {index: finder(table.values(index)) for index in columns}
    most = max(map(len, found.values()), default=0)
    if most == 0 or (named and len(found[named[0]]) == most):
        return named, [index for index in others if index in certain]
    best = [index for index in columns if len(found[index]) == most]
    meant = {frozenset(found[index].values()): index for index in reversed(best)}
    return [], sorted(meant.values())


def _of_emotions(
    table: Table, named: list[int], others: list[int], known: Collection[str]
) -> tuple[list[int], list[int]]:
    """Return the one column that holds emotions as the one that is meant, if the others do not."""
    columns = [*named, *others]
    emotional = [index for index in columns if _emotional(table, index, known)]
    holding = {table.values(index): index for index in reversed(emotional)}
    index = next(iter(holding.values()), None)
    if len(holding) != 1 or index is None or index in named:
        return named, others
    return [index], [other for other in columns if other != index]


def _emotional(table: Table, index: int, known: Collection[str] = ()) -> bool:
    """Whether at least half of the different values of a column are emotions."""
    different = {value for value in table.values(index) if value}
    if len(different) > _MOST_LABELS:
        return False
    some = sum(emotion_of(value) is not None or fold(value) in known for value in different)
    return 0 < len(different) <= 2 * some


def _kind(table: Table, role: str, index: int) -> Column:
    """Return what tells the columns of a role apart: of speakers, who is the same."""
    values = table.values(index)
    if role != "speaker":
        return values
    numbers: dict[str | None, str] = {None: ""}
    return tuple(numbers.setdefault(value, str(len(numbers))) or None for value in values)


def _differing(table: Table, role: str, used: int, others: Iterable[int]) -> list[str]:
    name, values = table.columns[used], table.values(used)
    texts = []
    for index in others:
        if (other := table.values(index)) != values:
            pairs = len({*zip(values, other, strict=True)})
            numbered = pairs == len({*values}) == len({*other}) and all(map(_is_number, other))
            why = "whose numbers stand for the same" if numbered else "which differs"
            texts.append(
                f"{role} is read from the column {name!r} of {table.path.name},"
                f" not from {table.columns[index]!r}, {why}"
            )
    return texts


def _is_number(value: str | None) -> bool:
    return value is None or value.isdecimal()


def _unused(table: Table, used: Mapping[str, int]) -> list[str]:
    """Say which columns may hold labels or speakers, where no column is known to."""
    known = frozenset().union(*map(aliases_of, COLUMN_NAMES))
    rest = [
        index
        for index, name in enumerate(table.folded)
        if name not in known and any(table.values(index))
    ]
    texts = []
    for role, parts in _WORDS["alike"].items():
        alike = [index for index in rest if role not in used and _has(table.folded[index], parts)]
        if role == "label":
            alike += [index for index in rest if _tells_others(table, index, used.get(role))]
        names = listed(repr(table.columns[index]) for index in dict.fromkeys(alike))
        if alike:
            texts.append(
                f"{names} of {table.path.name} may hold {role}s, but {role}s are not read from it:"
                f" call the column {role} if they should be"
            )
    return texts


def _tells_others(table: Table, index: int, labels: int | None) -> bool:
    """Whether a column holds other emotions than the one of the labels."""
    if not _emotional(table, index):
        return False
    values = table.values(index)
    pairs = {*zip(values, values if labels is None else table.values(labels), strict=True)}
    told = {tuple(value and emotion_of(value) for value in pair) for pair in pairs}
    return labels is None or any(one != other for one, other in told)


def _has(name: str, parts: Sequence[str]) -> bool:
    return any(part in name for part in parts)
