"""WebDataset: tar files of recordings, each with files of the same name that tell of it."""

import json
import posixpath
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.contents import Content
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.file_names import detect
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.roles import Table, gender_of, roles_of
from sertify.corpora.listings import Declined, Form, Listing, Wish, is_below
from sertify.corpora.suffixes import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.tars import TarMember, files_in_tar, plain_tar
from sertify.corpora.trees import Tree, ending
from sertify.corpora.unpacking import Scratch
from sertify.vocabulary.archives import TAR, archive_kind
from sertify.vocabulary.data_cards import read_data_card, split_told_by
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed, quoted

_FACTS = ("label", "speaker", "language", "gender", "split")
_TEXT = "txt"
_MEANT = {"cls": "label"}
"""What the endings of files stand for, where that is no name of a column."""

_TABLES = frozenset({".csv", ".tsv", ".jsonl", ".parquet"})
_LARGEST = 2**20  # bytes of a file that tells of a recording


@dataclass(frozen=True)
class _Sample:
    """A recording, where it lies, and what the files beside it say."""

    shard: str
    place: Path
    audio: TarMember
    told: Mapping[str, str | None]


@dataclass
class _Found:
    """What tar files hold: recordings, the names of all files, and what is not read."""

    samples: list[_Sample] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def read_webdataset(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the tar files of a folder, if recordings in them have files of their names beside them.

    Recordings are read in place, but for those in tar files that are compressed.
    """
    shards = [name for name in tree.files if archive_kind(name)[0] == TAR]
    if not shards or (tree.audio and not wish.named):
        return None
    scratch, found = Scratch(), _Found()
    for name in shards:
        _look_into(found, name, plain_tar(tree.root / name, scratch))
        if not wish.named and not any(sample.told for sample in found.samples):
            return None  # the archive of a folder
    if not found.samples:
        return None
    listing = _listing(tree, wish, found, scratch)
    mute = not any(clip.label for clip in listing.clips)
    return None if mute and not wish.named and _is_of_folder(tree, found) else listing


WEBDATASET = Form("webdataset", "tar file of recordings", read_webdataset)


def _look_into(found: _Found, shard: str, path: Path) -> None:
    """Add what a tar file holds; what belongs to a recording has its name up to the first dot."""
    groups: defaultdict[str, list[TarMember]] = defaultdict(list)
    for member in files_in_tar(path):
        folder, base = posixpath.split(posixpath.normpath(member.name))
        found.names.append(member.name)
        if not base.startswith("."):
            groups[posixpath.join(folder, base.partition(".")[0])].append(member)
    for members in groups.values():
        audio = _of_kind(members, SUFFIXES) or _of_kind(members, UNREAD_SUFFIXES)
        best = {_stem(member): member for member in sorted(audio, key=lambda one: one.size)}
        told = [member for member in members if member not in audio]
        owners = {member: _owner(member, [*best]) for member in told}
        for stem, member in best.items():
            own = [one for one in told if owners[one] in (stem, "")]
            facts = dict(pair for one in own for pair in _told(shard, path, one, owners[one]))
            found.samples.append(_Sample(shard, path, member, facts))
        found.copies += [member.name for member in audio if member not in best.values()]
        if not audio:
            found.without += [one.name for one in told if ending(one.name) in (".json", ".cls")]


def _of_kind(members: Sequence[TarMember], suffixes: Collection[str]) -> list[TarMember]:
    return [member for member in members if ending(member.name) in suffixes]


def _stem(member: TarMember) -> str:
    base = posixpath.basename(member.name)
    return base[: len(base) - len(ending(base))]


def _owner(member: TarMember, stems: Sequence[str]) -> str:
    """Return the recording that a file is about, by its whole name; "" for all with its start.

    Names of recordings may have dots in them.
    """
    base = posixpath.basename(member.name)
    return max((stem for stem in stems if base.startswith(f"{stem}.")), key=len, default="")


def _is_of_folder(tree: Tree, found: _Found) -> bool:
    """Whether what the names tell is more than what the files beside recordings do: nothing."""
    parts = {part for name in found.names for part in posixpath.dirname(name).split("/")}
    tables = any(ending(name) in _TABLES for name in found.names)
    public, _ = detect(tree.root, [sample.audio.name for sample in found.samples])
    return tables or public is not None or any(emotion_of(part) for part in parts)


def _told(
    shard: str, path: Path, member: TarMember, owner: str
) -> Iterator[tuple[str, str | None]]:
    """Yield what a file says, by the name of a column: a key of its JSON, or its ending."""
    base = posixpath.basename(member.name)
    key = (base[len(owner) + 1 :] if owner else base.partition(".")[2]).casefold()
    if member.size > _LARGEST:
        return
    with Content(path, member.offset, member.size).open() as file:
        content = file.read(_LARGEST)
    if key.rpartition(".")[2] == "json":
        yield from _of_json(f"{shard}: {member.name}", content)
        return
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return
    if "\0" not in text:
        yield key.removesuffix(f".{_TEXT}"), text or None


def _of_json(place: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place}: is not JSON: {error}") from error
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, str | int | float) and not isinstance(inner, bool):
            text = str(inner).strip()
            if "\0" in text or (not text.isascii() and "\ud800" <= max(text) <= "\udfff"):
                raise ConfigurationError(f"{place}: {key} is {quoted(text)}, which is no text")
            yield key, text or None


def _listing(tree: Tree, wish: Wish, found: _Found, scratch: Scratch) -> Listing:
    samples = found.samples
    table = _table(tree, samples)
    roles, doubts = roles_of(table)
    values = {name: table.values(index) for index, name in enumerate(table.columns)}
    clusters = clusters_of(wish.cluster, values) or [None] * len(samples)
    others = told_beside(table, roles)
    told = zip(_names(samples), samples, table.rows, clusters, others, strict=True)
    clips = [
        replace(_clip(name, sample, row, roles, scratch), cluster=cluster, columns=columns)
        for name, sample, (_, row), cluster, columns in told
    ]
    doubts = (*doubts, *_remarks(found))
    left_out = (("in another format", len(found.copies)),) if found.copies else ()
    return Listing(
        tuple(clips), "WebDataset", left_out=left_out, warnings=doubts, columns=table.columns
    )


def _remarks(found: _Found) -> Iterator[Doubt]:
    if found.copies:
        number = counted(len(found.copies), "recording")
        yield Doubt(
            f"{number} left out, of which there is a larger file in another format:"
            f" {listed(found.copies)}",
            Doubt.TOLD,
        )
    if found.without:
        number = counted(len(found.without), "sample")
        yield Doubt(f"{number} without a recording: {listed(found.without)}", Doubt.LOST)


def _table(tree: Tree, samples: Sequence[_Sample]) -> Table:
    """Return what is said of all recordings; a number of a class becomes its name."""
    classes = read_data_card(tree.root).classes
    keys = tuple(dict.fromkeys(key for sample in samples for key in sample.told))
    names = {key: dict(enumerate(classes.get(key, ()))) for key in keys}
    numbers = {
        key: {str(index): name for index, name in found.items()} for key, found in names.items()
    }
    rows = tuple(
        (number, tuple(numbers[key].get(text or "", text) for key, text in _row(keys, sample)))
        for number, sample in enumerate(samples, start=1)
    )
    columns = tuple(_MEANT.get(key, key) if _MEANT.get(key) not in keys else key for key in keys)
    table = Table(tree.root / samples[0].shard, columns, rows)
    if _TEXT in columns and "label" not in roles_of(table)[0]:
        index = columns.index(_TEXT)
        if _are_emotions(table.values(index)):
            return replace(table, columns=(*columns[:index], "label", *columns[index + 1 :]))
    return table


def _row(keys: Sequence[str], sample: _Sample) -> list[tuple[str, str | None]]:
    return [(key, sample.told.get(key)) for key in keys]


def _are_emotions(values: Sequence[str | None]) -> bool:
    different = {value for value in values if value}
    return 0 < len(different) <= 2 * sum(emotion_of(value) is not None for value in different)


def _names(samples: Sequence[_Sample]) -> list[str]:
    """Return a name of each recording: its own where no other has it, else with its tar file's."""
    own = [posixpath.normpath(sample.audio.name) for sample in samples]
    often = Counter(own)
    sound = [often[name] == 1 and is_below(name) and name.isprintable() for name in own]
    return [
        name if plain else f"{sample.shard}#{sample.audio.offset}"
        for name, plain, sample in zip(own, sound, samples, strict=True)
    ]


def _clip(
    name: str,
    sample: _Sample,
    row: Sequence[str | None],
    roles: Mapping[str, int],
    scratch: Scratch,
) -> Clip:
    facts = (row[roles[role]] if role in roles else None for role in _FACTS)
    label, speaker, language, gender, split = facts
    return Clip(
        name,
        sample.place,
        label,
        speaker,
        language,
        gender_of(gender),
        split or split_told_by(sample.shard),
        offset=sample.audio.offset,
        size=sample.audio.size,
        keeper=scratch,
    )
