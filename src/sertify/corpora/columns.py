"""What else a corpus's own table says of clips: columns that tell groups of them apart."""

from collections.abc import Hashable, Iterable, Iterator, Mapping

from sertify.corpora.clusters import Values
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold

MOST_VALUES = 50
"""Different values of a column that tells groups apart; ids, texts and paths have more."""

MOST_COLUMNS = 30
"""That are kept of a corpus; those of known names first."""

_LONGEST = 200
_OLDEST = 120
_AGES_OF_ADULTS = 15  # a column of smaller numbers alone holds codes, or children
_BANDS = ((30, "under 30"), (50, "30 to 49"), (70, "50 to 69"), (_OLDEST + 1, "70 and over"))
_WORDS = read_words(__file__)
_NOTHING = frozenset(map(fold, _WORDS["nothing"]))
_NAMES: Mapping[str, tuple[str, ...]] = {
    name: tuple(map(fold, (name, *others))) for name, others in _WORDS["names"].items()
}
_KNOWN = frozenset(name for names in _NAMES.values() for name in names)


class OtherColumns(Mapping[str, str]):
    """The values that one clip has in columns, by their names; never changed, and small.

    >>> columns = OtherColumns({"accent": "us", "age": None})
    >>> dict(columns), "age" in columns, columns == OtherColumns({"accent": "us"})
    ({'accent': 'us'}, False, True)
    """

    __slots__ = ("_names", "_values")
    _names: tuple[str, ...]
    _values: tuple[str | None, ...]

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._names = (*values,)
        self._values = (*values.values(),)

    @classmethod
    def row(cls, names: tuple[str, ...], values: tuple[str | None, ...]) -> "OtherColumns":
        """Return those of one row of a table, which shares the names with the other rows."""
        made = cls.__new__(cls)
        made._names, made._values = names, values
        return made

    @property
    def told(self) -> Hashable:
        """What is the same for rows that say the same."""
        return self._names, self._values

    def __getitem__(self, name: str) -> str:
        if name in self._names:
            value = self._values[self._names.index(name)]
            if value is not None:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        pairs = zip(self._names, self._values, strict=True)
        return (name for name, value in pairs if value is not None)

    def __len__(self) -> int:
        return sum(value is not None for value in self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"OtherColumns({dict(self)!r})"


NONE = OtherColumns({})
"""Those of a clip of which nothing else is said."""


def columns_of_rows(columns: Mapping[str, Values]) -> list[OtherColumns]:
    """Return what each row of a table says in the columns that may tell groups apart.

    ``columns`` have a value of each row, and there is at least one. Those are left out that say
    nothing, that have more than ``MOST_VALUES`` different values, or one of more than 200
    characters.

    >>> [dict(row) for row in columns_of_rows({"age": ["23", "61"], "accent": ["us", "unknown"]})]
    [{'age': '23', 'accent': 'us'}, {'age': '61'}]
    """
    kept = {name: told for name, values in columns.items() if (told := _told(name, values))}
    names, rows = tuple(kept), dict[tuple[str | None, ...], OtherColumns]()
    if not kept:
        return [NONE] * max(map(len, columns.values()), default=0)
    return [
        rows.setdefault(row, OtherColumns.row(names, row))
        for row in zip(*kept.values(), strict=True)
    ]


def most_values(name: str) -> int:
    """Return how many different values a column may have at first: years become few bands."""
    return _OLDEST + 1 if fold(name) in _NAMES["age"] else MOST_VALUES


def plain_text(value: object) -> str | None:
    r"""Return a value of a table as text; None of what is none, or cannot tell a group.

    >>> plain_text(3.0), plain_text("  us "), plain_text([1]), plain_text(True), plain_text("a\0")
    ('3', 'us', None, 'True', None)
    """
    if not isinstance(value, str | int | float) or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        return None
    text = str(value).strip()
    return text if text and len(text) <= _LONGEST and text.isprintable() else None


def in_common(several: Iterable[OtherColumns]) -> OtherColumns:
    """Return what rows of one clip agree on; of a row alone, all that it says.

    >>> dict(in_common([OtherColumns({"age": "under 30", "who": "a"}), OtherColumns({"who": "b"})]))
    {'age': 'under 30'}
    """
    first, *others = dict.fromkeys(several)
    if not others:
        return first
    told: dict[str, set[str]] = {}
    for one in (first, *others):
        for name, value in one.items():
            told.setdefault(name, set()).add(value)
    return OtherColumns(
        {name: next(iter(values)) for name, values in told.items() if len(values) == 1}
    )


def settled(several: Iterable[OtherColumns]) -> dict[Hashable, OtherColumns]:
    """Return what is kept of the columns of all clips of a corpus, by what they tell.

    That is columns with 2 to ``MOST_VALUES`` different values in the corpus, ``MOST_COLUMNS`` at
    most. Ages in years become bands. Clips that say the same share it.
    """
    different = {one.told: one for one in several}
    values = _meant(different.values())
    telling = (name for name in values if 1 < len({*values[name].values()}) <= MOST_VALUES)
    known_first = sorted(telling, key=lambda name: fold(name) not in _KNOWN)
    kept = set(known_first[:MOST_COLUMNS])
    names = tuple(name for name in values if name in kept)
    rows = dict[Hashable, OtherColumns]()
    found = dict[Hashable, OtherColumns]()
    for told, one in different.items():
        row = tuple(values[name].get(one.get(name, "")) for name in names)
        found[told] = rows.setdefault(row, OtherColumns.row(names, row) if any(row) else NONE)
    return found


def column_for(wanted: str, names: Iterable[str]) -> str | None:
    """Return the column that somebody means by a name, by it or by what else it is called.

    Case, blanks, ``_`` and ``-`` do not matter.

    >>> column_for("Accent", ["file", "accents"]), column_for("accent", ["text"])
    ('accents', None)
    """
    by_name = {fold(name): name for name in reversed([*names])}
    called = _NAMES.get(fold(wanted), (fold(wanted),))
    return next((by_name[name] for name in called if name in by_name), None)


def _told(name: str, values: Values) -> Values | None:
    """Return the values of a column, None where they cannot tell groups apart."""
    different = {*values} - {None}
    if not different or len(different) > most_values(name):
        return None
    texts = {value: known_value(value) for value in different if value is not None}
    if any(text and len(text) > _LONGEST for text in texts.values()):
        return None
    return [texts.get(value or "") for value in values] if any(texts.values()) else None


def known_value(value: str) -> str | None:
    """Return a value without blanks too many; None where it says that nothing is known.

    >>> known_value(" New  York "), known_value("prefer not to say")
    ('New York', None)
    """
    text = " ".join(value.split())
    return None if fold(text) in _NOTHING or not text.isprintable() else text


def _meant(several: Iterable[OtherColumns]) -> dict[str, dict[str, str]]:
    """Return what each value of each column means: itself, or a band."""
    values: dict[str, dict[str, str]] = {}
    for one in several:
        for name, value in one.items():
            values.setdefault(name, {})[value] = value
    return {
        name: _banded(told) if fold(name) in _NAMES["age"] else told
        for name, told in values.items()
    }


def _banded(texts: dict[str, str]) -> dict[str, str]:
    """Return ages in years as bands; where they are anything else, as they are."""
    ages = {text: age for text in texts if (age := _age(text)) is not None}
    if len(ages) < len(texts) or max(ages.values()) < _AGES_OF_ADULTS:
        return texts
    return {text: _band(age) for text, age in ages.items()}


def _age(text: str) -> float | None:
    try:
        age = float(text)
    except ValueError:
        return None
    return age if 0 <= age <= _OLDEST else None


def _band(age: float) -> str:
    return next(band for limit, band in _BANDS if age < limit)
