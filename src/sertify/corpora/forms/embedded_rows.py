"""The rows of Parquet and Arrow files: clips, and their recordings once it is known which are kept.

First what is said of the recordings is read, without these; then the recordings of the clips that
are kept, one after the other into a temporary file. So memory stays flat.
"""

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.embedded_audio import fetched
from sertify.corpora.forms.embedded_columns import Sieve
from sertify.corpora.forms.features import AudioColumn, classes_of, features_of, is_plain, texts_of
from sertify.corpora.forms.file_names import detect
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.roles import COLUMN_NAMES, Table, aliases_of, gender_of, roles_of
from sertify.corpora.forms.shards import Shard
from sertify.corpora.forms.vote_columns import may_be_votes, voted, without_votes
from sertify.corpora.listings import Listing, Wish, is_below
from sertify.corpora.trees import Tree
from sertify.vocabulary.data_cards import DataCard, absent_parts, read_data_card, split_told_by
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, fold, listed

Held = Sequence[tuple[Shard, AudioColumn]]
_FACTS = ("label", "speaker", "language", "gender", "split")


@dataclass(frozen=True)
class _Row:
    """A row: its file, its number from 0, the path of its recording, and its texts."""

    shard: int
    number: int
    path: str | None
    texts: tuple[str | None, ...]


def read_rows(
    tree: Tree, wish: Wish, held: Held, kind: str, others: Sequence[Shard] = ()
) -> Listing:
    """Return the clips of files of rows, by what is said of them.

    ``others`` are files of the folder that hold no recordings.

    Raises ``ConfigurationError`` where what is said is wrong.
    """
    card = read_data_card(tree.root)
    splits = _splits(tree, card, [shard for shard, _ in held])
    held = [(shard, found) for shard, found in held if shard.name in splits]
    columns = _columns(held)
    sieve = Sieve()
    rows = [
        row for index in range(len(held)) for row in _rows(held, index, columns, card, wish, sieve)
    ]
    if not rows:
        raise ConfigurationError(f"--data {tree.root}: its {kind} files have no row")
    lines = tuple((row.number + 1, row.texts) for row in rows)
    table = Table(held[0][0].path, columns, lines)
    roles, doubts = roles_of(table)
    names = _names(held, rows, roles)
    texts = {name: table.values(index) for index, name in enumerate(columns)}
    clusters = clusters_of(wish.cluster, texts) or [None] * len(rows)
    besides = told_beside(table, roles, sieve.dropped)
    of_files = [splits[shard.name] for shard, _ in held]
    made = [
        _clip(name, _place(tree, held, row), row, roles, of_files[row.shard])
        for name, row in zip(names, rows, strict=True)
    ]
    clips = [
        replace(clip, cluster=cluster, columns=told)
        for clip, cluster, told in zip(made, clusters, besides, strict=True)
    ]
    clips, public, told = _completed(tree, clips, roles)
    clips, votes = voted(clips, table, roles, wish.labels)
    doubts = without_votes(doubts, table, roles, wish.labels)
    beside = _beside(tree, held, rows)
    every = [] if wish.named and len(held) == 1 else held  # somebody gave just this file
    told = (*told, *_remarks(kind, every, others, beside))
    places = {
        name: (row.shard, row.number, row.path) for name, row in zip(names, rows, strict=True)
    }
    return Listing(
        tuple(clips),
        f"{kind} with recordings",
        public,
        left_out=(("beside the data set", len(beside)),) if beside else (),
        warnings=(*doubts, *told),
        columns=columns,
        votes=votes,
        unpack=lambda kept, heed: fetched(tree, held, places, kept, heed),
    )


def _beside(tree: Tree, held: Held, rows: Sequence[_Row]) -> list[str]:
    """Return the recordings of the folder that no row has the path of."""
    if not tree.audio:
        return []
    taken = {name for row in rows for name in _names_of(held[row.shard][0], row)}
    return [name for name in tree.audio if name not in taken]


def _remarks(
    kind: str, held: Held, others: Sequence[Shard], beside: Sequence[str]
) -> Iterator[str]:
    for there, total, lacking in absent_parts(shard.name for shard, _ in held):
        text = f"only {there:,} of the {total:,} {kind} files are read; {lacking} is not there"
        yield Doubt(f"{text}, so clips are missing: download the data set again", Doubt.LOST)
    if others:
        names = listed(shard.name for shard in others)
        yield f"{names} hold{'s' * (len(others) == 1)} no recordings"
    if beside:
        number = counted(len(beside), "recording")
        yield f"{number} beside the {kind} files left out: {listed(beside)}"


def _splits(tree: Tree, card: DataCard, shards: Sequence[Shard]) -> dict[str, str | None]:
    """Return the split of each file, by its name, of those that are to be read.

    Raises ``ConfigurationError`` where README.md declares several data sets, and none as usual.
    """
    names = [shard.name for shard in shards]
    declared = {one.name: found for one in card.configurations if (found := one.files(names))}
    main = card.main.name if card.main is not None else None
    if len({frozenset(found) for found in declared.values()}) > 1 and main not in declared:
        (first, files), *_ = declared.items()
        raise ConfigurationError(
            f"--data {tree.root}: README.md declares the data sets {listed(declared)} in it;"
            f" give the folder of one of them, such as that of {first}"
            f" ({listed(sorted({posixpath.dirname(name) or '.' for name in files}))})"
        )
    chosen = declared.get(main or "") or next(iter(declared.values()), {})
    kept = [name for name in names if name in chosen or not chosen]
    return {
        name: chosen.get(name) or _of_dictionary(tree, name) or split_told_by(name) for name in kept
    }


def _of_dictionary(tree: Tree, name: str) -> str | None:
    """Return the split of a file that lies in one of the folders of a DatasetDict."""
    folder = posixpath.dirname(name)
    listing = posixpath.join(posixpath.dirname(folder), "dataset_dict.json")
    return posixpath.basename(folder) if folder and listing in tree.files else None


def _columns(held: Held) -> tuple[str, ...]:
    """Return the names of all columns but those of the recordings."""
    recordings = {column for _, found in held for column in found.columns}
    every = dict.fromkeys(name for shard, _ in held for name in shard.schema.names)
    return tuple(name for name in every if name not in recordings)


def _rows(
    held: Held, index: int, columns: Sequence[str], card: DataCard, wish: Wish, sieve: Sieve
) -> Iterator[_Row]:
    shard, found = held[index]
    known = {name for role in COLUMN_NAMES for name in aliases_of(role)} | set(
        map(fold, wish.cluster)
    )
    asked = [
        name
        for name in columns
        if name in shard.schema.names
        and (
            fold(name) in known or (may_be_votes(name) and is_plain(shard.schema.field(name).type))
        )
    ]
    others = sieve.names(shard, columns, asked)
    features = features_of(shard.schema.metadata)
    classes = {
        name: classes_of(features.get(name)) or card.classes.get(name, ())
        for name in (*asked, *others)
        if _is_integer(shard.schema.field(name).type)
    }
    path = f"{found.name}.path" if _has_path(shard, found) else ""
    read = [*asked, *others, *([path] if path else [])]
    for first, batch in shard.batches(read or [found.name]):
        place = f"{shard.path}: rows from {first + 1}"
        texts = {
            name: texts_of(place, name, batch.column(name), classes.get(name, ())) for name in asked
        }
        for name in others:
            if (told := sieve.texts(name, batch.column(name), classes.get(name, ()))) is not None:
                texts[name] = told
        paths = _paths(batch, found.name) if path else [None] * batch.num_rows
        nothing = [None] * batch.num_rows
        values = zip(*(texts.get(name, nothing) for name in columns), strict=True)
        for number, row in enumerate(values if columns else [()] * batch.num_rows):
            yield _Row(index, first + number, paths[number], row)


def _is_integer(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind))


def _has_path(shard: Shard, found: AudioColumn) -> bool:
    kind = shard.schema.field(found.name).type
    return found.kind in ("struct", "array") and kind.get_field_index("path") >= 0


def _paths(batch: Any, name: str) -> list[str | None]:
    values = batch.column(name).field("path").to_pylist()
    return [value if isinstance(value, str) and value else None for value in values]


def _names(held: Held, rows: Sequence[_Row], roles: Mapping[str, int]) -> list[str]:
    """Return a name of each clip: that of its file where no other has it, else that of its row."""
    given = [
        row.path or (row.texts[roles["file_name"]] if "file_name" in roles else None)
        for row in rows
    ]
    paths = [posixpath.normpath((path or "").replace("\\", "/")) for path in given]
    bases = [posixpath.basename(path) for path in paths]
    repeated = len(set(bases)) < len(bases)
    names = paths if repeated and len(set(paths)) == len(paths) else bases
    often = Counter(names)
    return [
        name
        if often[name] == 1 and is_below(name) and name.isprintable()
        else f"{held[row.shard][0].name}#{row.number + 1}"
        for name, row in zip(names, rows, strict=True)
    ]


def _clip(
    name: str,
    path: Path,
    row: _Row,
    roles: Mapping[str, int],
    of_file: str | None,
) -> Clip:
    facts = (row.texts[roles[role]] if role in roles else None for role in _FACTS)
    label, speaker, language, gender, split = facts
    split = split or of_file
    return Clip(name, path, label, speaker, language, gender_of(gender), split)


def _place(tree: Tree, held: Held, row: _Row) -> Path:
    """Return the file of a row: that which its path leads to, else the one that it lies in."""
    shard = held[row.shard][0]
    name = next((one for one in _names_of(shard, row) if one in tree.audio_names), None)
    return shard.path if name is None else tree.root / name


def _names_of(shard: Shard, row: _Row) -> tuple[str, ...]:
    """Return what the path of a row may lead to: from its file on, or from the whole folder."""
    if not row.path:
        return ()
    path = row.path.replace("\\", "/")
    inside = posixpath.join(posixpath.dirname(shard.name), path)
    return posixpath.normpath(inside), posixpath.normpath(path)


def _completed(
    tree: Tree, clips: list[Clip], roles: Mapping[str, int]
) -> tuple[list[Clip], str | None, tuple[str, ...]]:
    """Add what the names of files tell, where these are those of a public corpus.

    What columns say goes before it.
    """
    named, _ = detect(tree.root, [clip.name for clip in clips])
    if named is None:
        return clips, None, ()
    by_name = {clip.name: clip for clip in named.clips}
    lacking = [role for role in ("label", "speaker", "gender", "language") if role not in roles]
    told = {role: any(getattr(clip, role) for clip in named.clips) for role in lacking}
    added = [role for role in lacking if told[role]]
    full = [
        replace(clip, **{role: getattr(by_name[clip.name], role) for role in added})
        if clip.name in by_name
        else clip
        for clip in clips
    ]
    warning = f"{listed(added)} told by the names of the recordings, as in {named.layout}"
    return full, named.public, (warning,) if added else ()
