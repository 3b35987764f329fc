"""Data sets of Hugging Face whose recordings lie in the rows of Parquet or Arrow files."""

import json
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sertify.corpora.forms.choosing import read_given
from sertify.corpora.forms.embedded_rows import read_rows
from sertify.corpora.forms.features import AudioColumn, audio_column
from sertify.corpora.forms.shards import Shard, arrow_shard, parquet_shard
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.trees import Tree, ending, tree_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

# What says more of the files of a folder than Parquet files which lie there as well.
_TABLES = frozenset({"metadata.csv", "metadata.jsonl", "db.yaml"})
_LARGEST_STATE = 2**22


def read_parquet_recordings(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the Parquet files of a folder that have recordings in their rows."""
    names = [name for name in tree.files if ending(name) == ".parquet"]
    if not names or (_TABLES & {*tree.files} and not wish.named):
        return None
    return _read(tree, wish, names, parquet_shard, "Parquet")


def read_arrow_recordings(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read what ``save_to_disk`` of `datasets` wrote."""
    return _read(tree, wish, [*_saved(tree)], arrow_shard, "Arrow")


def read_given_parquet(path: Path, wish: Wish) -> Listing:
    """Read a Parquet file that is given instead of its folder: of recordings, or of their paths."""
    found = read_parquet_recordings(_alone(path), replace(wish, named=True))
    return found if isinstance(found, Listing) else read_given(path, wish)


def read_given_arrow(path: Path, wish: Wish) -> Listing:
    """Read an Arrow file that is given instead of its folder."""
    found = read_arrow_recordings(_alone(path), replace(wish, named=True))
    if isinstance(found, Listing):
        return found
    raise ConfigurationError(f"--data {path}: no column holds recordings")


def _alone(path: Path) -> Tree:
    """Return the folder of a file without the other files of rows in it."""
    tree = tree_of(path.parent)
    names = (name for name in tree.files if ending(name) not in (".parquet", ".arrow"))
    return Tree(tree.root, (path.name, *names))


PARQUET = Form("parquet", "Parquet file with recordings in its rows", read_parquet_recordings)
ARROW = Form("arrow", "Arrow file with recordings in its rows", read_arrow_recordings)


def _read(
    tree: Tree,
    wish: Wish,
    names: Sequence[str],
    open_shard: Callable[[Path, str], Shard],
    kind: str,
) -> Listing | Declined | None:
    if not names:
        return None
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        if tree.audio and not wish.named:
            return None
        place = tree.root / names[0]
        what = f"{kind} needs pyarrow: pip install 'sertify[parquet]'"
        raise ConfigurationError(f"{place}: {what}") from error
    try:
        pairs = [
            (shard, audio_column(shard, wish.detail)) for shard in _opened(tree, names, open_shard)
        ]
        return _of_columns(tree, wish, pairs, kind)
    except UnicodeDecodeError as error:
        what = f"a name or a text in its {kind} files is not in UTF-8"
        raise ConfigurationError(f"--data {tree.root}: {what}") from error
    except _NotOpenedError as error:
        if tree.audio and not wish.named:
            return Declined((str(error),))  # a folder of recordings may hold anything else
        raise ConfigurationError(str(error)) from error


def _opened(
    tree: Tree, names: Sequence[str], open_shard: Callable[[Path, str], Shard]
) -> list[Shard]:
    try:
        return [open_shard(tree.root / name, name) for name in names]
    except ConfigurationError as error:
        raise _NotOpenedError(str(error)) from error


class _NotOpenedError(Exception):
    """Raised for a file that is not what its name says."""


def _of_columns(
    tree: Tree, wish: Wish, pairs: Sequence[tuple[Shard, AudioColumn | str]], kind: str
) -> Listing | Declined | None:
    held = [(shard, found) for shard, found in pairs if isinstance(found, AudioColumn)]
    if held:
        rows = sum(shard.rows or 0 for shard, _ in held)
        beside = 0 if wish.named else len(tree.audio)
        if beside > rows and kind == "Parquet":
            return None  # of a folder of recordings, it tells something else
        others = [shard for shard, found in pairs if isinstance(found, str)]
        return read_rows(tree, wish, held, kind, others)
    doubts = list(dict.fromkeys(found for _, found in pairs if isinstance(found, str) and found))
    if doubts and not tree.audio:
        raise ConfigurationError(f"--data {tree.root}: {listed(doubts, most=2)}")
    return Declined(tuple(doubts)) if doubts else None


def _saved(tree: Tree) -> Iterator[str]:
    """Yield the Arrow files; of a folder with a state.json, those that it lists.

    What `datasets` computed of others, and keeps beside them, is none.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in tree.files:
        if ending(name) == ".arrow":
            found[posixpath.dirname(name)].append(name)
    for folder, names in found.items():
        kept = _listed_in(tree.root / folder / "state.json")
        own = [name for name in names if not posixpath.basename(name).startswith("cache-")]
        names = own or names
        yield from (name for name in names if not kept or posixpath.basename(name) in kept)


def _listed_in(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            files: Any = json.loads(file.read(_LARGEST_STATE)).get("_data_files")
        return {str(one.get("filename")) for one in files}
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return set()
