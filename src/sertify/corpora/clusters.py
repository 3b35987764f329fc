"""What clips are resampled by, where that is not their speaker: the values of columns."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed, quoted

Values = Sequence[str | None]


def clusters_of(wanted: Sequence[str], columns: Mapping[str, Values]) -> list[str | None]:
    """Return each clip's cluster: the values of all columns that are wanted, None without any.

    ``columns`` have a value of each clip. One that is not there counts for nothing:
    `refuse_unknown` complains of it.

    >>> clusters_of(["session"], {"session": ["1", None]})
    ['1', None]
    >>> clusters_of(["session", "Text"], {"session": ["1", None], "text": ["a", "b"]})
    ['1 + a', ' + b']
    """
    found = [columns[name] for one in wanted if (name := column_named(one, columns)) is not None]
    return [
        " + ".join(value or "" for value in values) if any(values) else None
        for values in zip(*found, strict=True)
    ]


def column_named(wanted: str, columns: Sequence[str] | Mapping[str, Values]) -> str | None:
    """Return the column of a name; case, blanks, ``_`` and ``-`` do not matter.

    >>> column_named("Session-ID", ["file", "session_id"])
    'session_id'
    """
    alike = [name for name in columns if fold(name) == fold(wanted)]
    return wanted if wanted in alike else next(iter(alike), None)


def refuse_unknown(
    path: Path, name: str, wanted: Sequence[str], columns: Sequence[str], layout: str
) -> None:
    """Complain of a column to resample by that a corpus does not have.

    Raises ``ConfigurationError`` with the columns that there are.
    """
    place = f"candidates.yaml, corpora.{name}.cluster"
    for one in wanted:
        if not columns:
            raise ConfigurationError(
                f"{place} is {one!r}, but --data {path} is read as {layout}, which has no columns:"
                f" add a metadata.csv with the columns file_name and {one}"
            )
        if column_named(one, columns) is None:
            near = get_close_matches(one, columns, 1)
            raise ConfigurationError(
                f"{place} is {one!r}, but --data {path} has the columns {listed(columns, most=20)}"
                + (f"; did you mean {quoted(near[0])}?" if near else "")
            )
