"""The columns of a table, by what they hold rather than by what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "file_name": ("filename", "file", "path", "filepath", "file_path", "wav", "audio"),
    "label": ("emotion", "class", "emotion_label", "emotion_class", "category"),
    "speaker": ("speaker_id", "spk", "spk_id", "spkid", "actor", "actor_id", "subject"),
    "gender": ("sex",),
    "language": ("lang", "locale"),
    "split": ("subset", "partition", "set"),
}
"""What else a column may be called; case, blanks, ``_`` and ``-`` do not matter."""

GENDERS: Mapping[str, str] = {"f": "female", "m": "male"}
"""What the letters of corpora stand for."""


@dataclass(frozen=True)
class Table:
    """A table as it was written.

    Each of the ``rows`` has its line in the file, and a value for each column or None.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str | None, ...]], ...]

    def values(self, index: int) -> tuple[str | None, ...]:
        """Return one column."""
        return tuple(values[index] for _, values in self.rows)


def aliases_of(role: str) -> frozenset[str]:
    """Return all folded names of a role; a column that has none is called as it is."""
    return frozenset(map(fold, (role, *COLUMN_NAMES.get(role, ()))))


def gender_of(value: str | None) -> str | None:
    """Return a gender in full; what is no letter stays as it was written.

    >>> gender_of("F"), gender_of("Male"), gender_of("nonbinary")
    ('female', 'male', 'nonbinary')
    """
    if value is None:
        return None
    folded = fold(value)
    return GENDERS.get(folded, folded if folded in GENDERS.values() else value)


def roles_of(table: Table) -> tuple[dict[str, int], tuple[str, ...]]:
    """Find the column of each role; a column under the role's own name goes before its aliases.

    Returns the index of the column by role, and warnings of aliases that say something else.

    Raises ``ConfigurationError`` where two columns could be meant and differ.
    """
    columns, warnings = {}, []
    for role in COLUMN_NAMES:
        named, others = _named(table, role)
        distinct = {table.values(index): index for index in reversed(named or others)}
        if len(distinct) > 1:
            names = listed(table.columns[index] for index in sorted(distinct.values()))
            raise ConfigurationError(
                f"{table.path}: the columns {names} could each be the {role}, but differ;"
                f" rename the right one to {role}"
            )
        if distinct:
            columns[role] = next(iter(distinct.values()))
        if named and role != "file_name":
            warnings += [
                f"{role} is read from the column {table.columns[named[0]]!r} of {table.path.name},"
                f" not from {table.columns[index]!r}, which differs"
                for index in others
                if table.values(index) != table.values(named[0])
            ]
    return columns, tuple(warnings)


def _named(table: Table, role: str) -> tuple[list[int], list[int]]:
    """Return the columns of a role that hold anything: under its own name, and under others."""
    known, own = aliases_of(role), fold(role)
    folded = [fold(name) for name in table.columns]
    fitting = [index for index, name in enumerate(folded) if name in known]
    filled = [index for index in fitting if any(table.values(index))] or fitting
    named = [index for index in filled if folded[index] == own]
    return named, [index for index in filled if folded[index] != own]
