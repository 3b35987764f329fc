"""Databases in audformat: a header in YAML, and tables of labels."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of, column_named
from sertify.corpora.forms.database_columns import told_of_files
from sertify.corpora.forms.database_tables import (
    column_of,
    columns_of,
    load_table,
    speakers_of,
    stretches_of,
    texts,
    values_of,
)
from sertify.corpora.forms.file_names import public_named
from sertify.corpora.forms.roles import gender_of
from sertify.corpora.forms.spans import stretch_named
from sertify.corpora.listings import Form, Listing, Wish, is_below, refuse_repeated
from sertify.corpora.trees import Tree
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import read_start
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import listed
from sertify.vocabulary.yaml_lines import read_yaml

_FACTS = ("speaker", "gender", "language", "split")


def header_in(folder: Path) -> Path | None:
    """Return the header of the database that a folder is: db.yaml, else the only one there is.

    Raises ``ConfigurationError`` where db.yaml is no YAML.
    """
    named = folder / "db.yaml"
    if named.is_file() and _is_header(named):
        return named
    others = []
    for path in sorted(folder.glob("*.yaml")):
        with contextlib.suppress(ConfigurationError):
            if path != named and path.is_file() and _is_header(path):
                others.append(path)
    return others[0] if len(others) == 1 else None


def read_own_database(tree: Tree, wish: Wish) -> Listing | None:
    """Read the database that a folder is."""
    header = header_in(tree.root)
    return None if header is None else read_database(header, wish.detail, wish.cluster)


AUDFORMAT = Form("audformat", "db.yaml", read_own_database)


def read_database(header: Path, wanted: str = "", cluster: Sequence[str] = ()) -> Listing:
    """Read the table of a database that has the labels.

    Speaker, gender, language and split are those of the table, else of another table of files,
    else of the labels of the speaker's scheme. A header is read as data: none can run code.
    ``wanted`` is ``TABLE`` or ``TABLE:COLUMN``, needed where there are several columns of labels;
    ``cluster`` as for `read_metadata`.

    Raises ``ConfigurationError`` where audformat is not installed or cannot read it, or no or
    several columns have labels.
    """
    try:
        import audformat
    except ImportError as error:
        raise ConfigurationError(
            f"{header}: needs audformat: pip install 'sertify[audformat]'"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # audformat calls what its pandas deprecates
            database = audformat.Database.load_header_from_yaml(_parsed(header))
            return _listing(header, database, wanted, cluster)
    except ConfigurationError:
        raise
    except Exception as error:  # what audformat raises for a header that is wrong is not documented
        what = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"{header}: audformat cannot read it: {what}") from error


def _listing(header: Path, database: Any, wanted: str, cluster: Sequence[str]) -> Listing:
    table, column = _labels(header, database, wanted)
    for name in (*database.misc_tables, table):
        load_table(header, database, name)
    columns = columns_of(database, table)
    asked = [name for one in cluster if (name := column_named(one, columns)) is not None]
    values = {name: values_of(header, database, table, name) for name in asked}
    clips = list(_clips(header, database, table, column))
    for place, unit in enumerate(clusters_of(cluster, values)):
        clips[place] = replace(clips[place], cluster=unit)
    others = told_of_files(header, database, table, column)
    clips = [replace(clip, columns=told) for clip, told in zip(clips, others, strict=True)]
    refuse_repeated(f"{header}: table {table}", clips)
    spoken = [str(language) for language in database.languages or ()]
    named = known_corpus(database.name) if isinstance(database.name, str) else None
    public = named or public_named(header.parent, clips)
    language = spoken[0] if len(spoken) == 1 else None
    return Listing(tuple(clips), "audformat", public, language, columns=columns)


def _is_header(path: Path) -> bool:
    content = _parsed(path)
    return isinstance(content, dict) and isinstance(content.get("tables"), dict)


def _parsed(path: Path) -> Any:
    try:
        document = read_yaml(read_start(path), any_keys=True)
        document.require_sound()
        return _as_lists(document.value)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read as YAML: {error}") from error


def _as_lists(value: Any) -> Any:
    """Return a value as audformat wants it, which knows no tuples."""
    if isinstance(value, dict):
        return {key: _as_lists(inner) for key, inner in value.items()}
    return [_as_lists(inner) for inner in value] if isinstance(value, tuple) else value


def _labels(header: Path, database: Any, wanted: str) -> tuple[str, str]:
    """Return the table and the column that have the labels."""
    table, _, column = wanted.partition(":")
    every = [(home, str(name)) for home in database.tables for name in database[home].columns]
    fitting = [(home, name) for home, name in every if name == column_of(database, home, "label")]
    if wanted:
        among = every if column else fitting
        fitting = [(home, name) for home, name in among if (home, name) == (table, column or name)]
    if len(fitting) == 1:
        return fitting[0]
    columns = listed((f"{home}:{name}" for home, name in fitting or every), most=20)
    which = "several columns of labels" if fitting else f"no column of labels {wanted}".rstrip()
    raise ConfigurationError(
        f"{header}: has {which} ({columns}); choose one with layout audformat:TABLE:COLUMN"
    )


def _clips(header: Path, database: Any, table: str, labels: str) -> Iterator[Clip]:
    stretches = stretches_of(database[table].df.index)
    columns = [texts(database[table].df[labels])]
    columns += [values_of(header, database, table, role) for role in _FACTS]
    described = speakers_of(database, table)
    split = str(database[table].split.type) if database[table].split else None
    for (file, start, end), *facts in zip(stretches, *columns, strict=True):
        label, speaker, gender, language, own_split = facts
        more = described.get(speaker or "", {})
        if not is_below(file):
            raise ConfigurationError(
                f"{header}: table {table} lists {file!r},"
                f" but should list paths relative to {header.parent} and below it"
            )
        yield Clip(
            stretch_named(file, start, end),
            header.parent / file,
            label,
            speaker,
            language or more.get("language"),
            gender_of(gender or more.get("gender")),
            own_split or split,
            start,
            end,
        )
