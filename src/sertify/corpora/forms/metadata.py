"""A folder with a table of its files, after the audiofolder convention of Hugging Face datasets."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.forms.file_names import public_named
from sertify.corpora.forms.roles import COLUMN_NAMES, Table, gender_of, roles_of
from sertify.corpora.forms.tables import READERS, read_table
from sertify.corpora.forms.vote_columns import voted
from sertify.corpora.listings import (
    Declined,
    Form,
    Listing,
    Wish,
    is_below,
    is_there,
    refuse_repeated,
)
from sertify.corpora.trees import Tree
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

_NAMES = tuple(f"metadata{suffix}" for suffix in READERS)
_FACTS = ("label", "speaker", "language", "gender", "split")


def metadata_in(folder: Path) -> Path | None:
    """Return the metadata file of a folder.

    Raises ``ConfigurationError`` where there are several.
    """
    tables = [folder / name for name in _NAMES if (folder / name).is_file()]
    if len(tables) > 1:
        names = " and ".join(path.name for path in tables)
        raise ConfigurationError(f"--data {folder}: has {names}, but should have one of them")
    return tables[0] if tables else None


def other_table(folder: Path, needed: Sequence[str]) -> tuple[Path | None, tuple[str, ...]]:
    """Return the one CSV or JSON Lines file of a folder, where it has the columns `needed`.

    It also has to list a file that is there: any folder may hold a table of something else.

    Returns the file, and warnings of tables that are not read.
    """
    paths = sorted(path for suffix in (".csv", ".jsonl") for path in folder.glob(f"*{suffix}"))
    tables = [path for path in paths if path.is_file() and not path.name.startswith(".")]
    if not tables:
        return None, ()
    why = "there are several" if len(tables) > 1 else _unfit(tables[0], needed)
    if not why:
        return tables[0], ()
    return None, (f"{listed(path.name for path in tables)} not read: {why}",)


def read_own(tree: Tree, wish: Wish) -> Listing | None:
    """Read the metadata file of a folder."""
    metadata = metadata_in(tree.root)
    return None if metadata is None else read_metadata(metadata, wish.cluster, wish.labels)


def read_other(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the one table of another name, which needs no labels where somebody asks for it."""
    needed = ("file_name",) if wish.named else ("file_name", "label")
    table, unread = other_table(tree.root, needed)
    if table is None:
        return Declined(unread) if unread else None
    return read_metadata(table, wish.cluster, wish.labels)


def read_given(path: Path, wish: Wish) -> Listing:
    """Read a table that is given instead of its folder; it needs no labels."""
    return read_metadata(path, wish.cluster)


METADATA = Form("metadata", "metadata.csv", read_own)
OTHER_TABLE = Form("metadata", "metadata.csv", read_other)


def read_metadata(
    path: Path, cluster: Sequence[str] = (), labels: frozenset[str] = frozenset()
) -> Listing:
    """Read the files that a table lists, also those that are missing.

    ``cluster`` names the columns by whose values clips are resampled together.

    Raises ``ConfigurationError`` where the table is wrong; the text names the line.
    """
    table = read_table(path, cluster)
    roles, warnings = roles_of(table)
    if "file_name" not in roles:
        if not table.rows and table.columns:
            raise ConfigurationError(f"{path}: lists no file")
        raise ConfigurationError(
            f"{path}: has no column of file names"
            f" (its columns: {listed(table.columns, most=20)}), but should have file_name"
            f" (or {listed(COLUMN_NAMES['file_name'], most=20)})"
        )
    clusters = clusters_of(cluster, {name: table.values(i) for i, name in enumerate(table.columns)})
    pairs = zip(_clips(table, roles), clusters or [None] * len(table.rows), strict=True)
    rows = [replace(clip, cluster=cluster) for clip, cluster in pairs]
    clips, votes = voted(rows, table, roles, labels)
    refuse_repeated(f"{path}:", clips)
    public = public_named(path.parent, clips)
    found = Listing(tuple(clips), path.name, public, warnings=warnings, columns=table.columns)
    return replace(found, votes=votes)


def refuse_nested(tree: Tree, _: Wish) -> None:
    """Complain of folders that each have a metadata file: it is unclear which is meant."""
    folder = tree.root
    below = sorted(path for path in folder.glob("*") if path.is_dir())
    nested = [path.name for path in below if metadata_in(path) is not None]
    if nested:
        raise ConfigurationError(
            f"--data {folder}: has no metadata.csv, but its folders {listed(nested)} have one;"
            f" give one of them, such as --data {folder / nested[0]}"
        )


def _unfit(path: Path, needed: Sequence[str]) -> str:
    """Return why a table is not one of the files of its folder, or an empty string."""
    try:
        table = read_table(path)
        roles, _ = roles_of(table)
    except ConfigurationError as error:
        return str(error)
    lacking = [role for role in needed if role not in roles]
    if lacking:
        return f"it has no column {' or '.join(lacking)}"
    names = filter(None, table.values(roles["file_name"]))
    found = any(is_there(path.parent, _path_of(path.parent, name)) for name in names)
    return "" if found else "it lists no file that is there"


def _path_of(folder: Path, given: str) -> str:
    """Return a path with ``/``, also one of Windows where that leads to a file."""
    name, other = posixpath.normpath(given), posixpath.normpath(given.replace("\\", "/"))
    of_windows = name != other and is_there(folder, other) and not is_there(folder, name)
    return other if of_windows else name


def _clips(table: Table, roles: Mapping[str, int]) -> Iterator[Clip]:
    folder = table.path.parent
    for line, values in table.rows:
        given = values[roles["file_name"]] or ""
        name = _path_of(folder, given)
        if not is_below(name):
            raise ConfigurationError(
                f"{table.path}:{line}: {table.columns[roles['file_name']]} is {given!r},"
                f" but should be a path relative to {folder} and below it"
            )
        facts = (values[roles[role]] if role in roles else None for role in _FACTS)
        label, speaker, language, gender, split = facts
        yield Clip(name, folder / name, label, speaker, language, gender_of(gender), split)
