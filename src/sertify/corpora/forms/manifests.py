"""What manifests of NeMo, SpeechBrain and Kaldi have in common: files with facts and stretches."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.file_names import public_named
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.resolving import PathFinder
from sertify.corpora.forms.roles import Table, gender_of, roles_of
from sertify.corpora.forms.samples import stretch_of_samples
from sertify.corpora.forms.spans import Stretch, spans_of, stretch_named
from sertify.corpora.forms.vote_columns import voted, without_votes
from sertify.corpora.listings import Listing, Wish, is_below, refuse_repeated
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree
from sertify.corpora.votes import united
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, fold, listed, quoted

_FACTS = ("label", "speaker", "language", "gender", "split")
# What stands for the folder of the data: {data_root}, $data_folder, ${AUDIO_DIR}.
_PLACEHOLDER = re.compile(r"^(\{\w+\}|\$\{\w+\}|\$\w+)/+")
_Roles = tuple[Mapping[str, int], tuple[str, ...]]
_LENGTHS = frozenset({"duration", "length", "dur"})


@dataclass(frozen=True)
class Manifest:
    """One manifest as it was written.

    Parameters
    ----------
    name
        Its own, relative to the tree.
    table
        The facts of each recording; its columns are those that `roles_of` and `spans_of` know,
        among others.
    files
        Of each row.
    samples
        Start and stop of each row in samples of its file, where these are what is told.
    unit
        What a row is called by its number: "line" or "entry".
    """

    name: str
    table: Table
    files: Sequence[str]
    samples: Sequence[Mapping[str, Any] | None] | None = None
    unit: str = "line"

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return self.name.rpartition("/")[0]

    def place(self, row: int) -> str:
        """Say where the row of an index stands."""
        return place_of(self.table, self.unit, self.table.rows[row][0])


def place_of(table: Table, unit: str, number: int) -> str:
    """Say where a row stands: a line as editors count it, or an entry."""
    return f"{table.path}:{number}" if unit == "line" else f"{table.path}, {unit} {number}"


def listing_of_all(
    tree: Tree, manifests: Sequence[Manifest], layout: str, wish: Wish, *, folders: bool = False
) -> Listing:
    """Return the recordings of all manifests.

    The split is that of a column, else what the manifest is called after, or its folder where
    ``folders`` are.

    Raises ``ConfigurationError`` where none of the files is there, or one is listed twice.
    """
    used, warnings = _used(manifests, folders)
    clips, votes = list[Clip](), None
    lost = list[str]()
    for one in used:
        known = roles_of(one.table)
        rows, said, missing = _recordings(tree, one, known, _split(one, folders), wish)
        kept, told = voted(rows, one.table, known[0], wish.labels)
        votes = united(votes, told)
        clips += kept
        warnings += said
        lost += missing
    number = sum(len(one.files) for one in used)
    if lost and len(lost) == number:
        raise ConfigurationError(
            f"{lost[0]} is not below {tree.root}, nor is any other of its"
            f" {counted(number, 'recording')}: give the folder that holds the audio as well"
        )
    names = listed(one.name for one in used)
    refuse_repeated(f"{tree.root / used[0].name if len(used) == 1 else names}:", clips)
    columns = dict.fromkeys(name for one in used for name in one.table.columns)
    public = public_named(tree.root, clips)
    listing = Listing(tuple(clips), layout, public, warnings=tuple(warnings), votes=votes)
    return replace(listing, columns=tuple(columns))


def split_named(name: str) -> str | None:
    """Return the split that a file or a folder is named after.

    >>> split_named("data/train_manifest.json"), split_named("dev"), split_named("emotions.json")
    ('train', 'validation', None)
    """
    base = name.rpartition("/")[2].partition(".")[0]
    return next((split for word in fold(base).split() if (split := split_of(word))), None)


def _split(one: Manifest, folders: bool) -> str | None:
    return split_named(one.folder if folders else one.name)


def _used(manifests: Sequence[Manifest], folders: bool) -> tuple[Sequence[Manifest], list[str]]:
    """Return the manifests that are named after splits, if any, and what is said of others."""
    used = [one for one in manifests if _split(one, folders)] or manifests
    beside = [one.name for one in manifests if one not in used]
    verb = "is" if len(beside) == 1 else "are"
    why = (
        f"{listed(beside)} {verb} not read: the recordings are those of"
        f" {listed(one.name for one in used)}, named after their splits"
    )
    return used, [why] if beside else []


def _recordings(
    tree: Tree, one: Manifest, known: _Roles, split: str | None, wish: Wish
) -> tuple[list[Clip], list[str], list[str]]:
    """Return the clip of each row, what is to be said of them, and which files are missing."""
    base = f"{one.folder}/" if one.folder else ""
    given = [_PLACEHOLDER.sub("", file.strip()) for file in one.files]
    found = PathFinder(tree, base).resolve(given)
    if base and (found.remark or len(found.names) < len({*given})):
        found = max(PathFinder(tree).resolve(given), found, key=lambda one: len(one.names))
    roles, doubts = known
    doubts = without_votes(doubts, one.table, roles, wish.labels)
    remark = ": ".join(filter(None, (one.name, found.remark)))
    said = [Doubt(remark, Doubt.TOLD), *doubts] if found.remark else [*doubts]
    names = [found.names.get(path) or _missing(path) for path in given]
    paths = [tree.root / name for name in names]
    stretches, remarks = _stretches(one, paths)
    rows = _clips(one, roles, split, wish)
    clips = [
        replace(clip, name=stretch_named(name, *cut), path=path, start=cut[0], end=cut[1])
        for clip, name, path, cut in zip(rows, names, paths, stretches, strict=True)
    ]
    lost = [
        f"{one.place(row)}: {quoted(one.files[row])}"
        for row, path in enumerate(given)
        if path not in found.names
    ]
    return clips, [*said, *remarks], lost


def _missing(path: str) -> str:
    """Return a name that cannot lead out of the folder that it is joined to."""
    plain = posixpath.normpath(path.replace("\0", "").replace("\\", "/"))
    parts = [part for part in plain.split("/") if part not in ("", ".", "..")]
    return plain if is_below(plain) else "/".join(parts) or "missing"


def _stretches(one: Manifest, paths: Sequence[Path]) -> tuple[Sequence[Stretch], tuple[str, ...]]:
    """Return the stretch of each row, and what is to be said of how they were read."""
    whole = [(0.0, None)] * len(paths)
    if one.samples is not None:
        rows = enumerate(zip(one.samples, paths, strict=True))
        return [stretch_of_samples(one.place(row), *pair) for row, pair in rows], ()
    stretches, remarks = spans_of(one.table, paths)
    # NeMo writes the length of each file, and perhaps that it begins at 0.
    lengths = _LENGTHS & {fold(name) for name in one.table.columns}
    starts = any(start for start, _ in stretches or ())
    if stretches is None or (lengths and not starts and len({*paths}) == len(paths)):
        return whole, remarks
    return stretches, remarks


def _clips(
    one: Manifest, roles: Mapping[str, int], split: str | None, wish: Wish
) -> Iterator[Clip]:
    columns = {name: one.table.values(index) for index, name in enumerate(one.table.columns)}
    clusters = clusters_of(wish.cluster, columns) or [None] * len(one.files)
    others = told_beside(one.table, roles)
    for (_, values), cluster, told in zip(one.table.rows, clusters, others, strict=True):
        facts = (values[roles[role]] if role in roles else None for role in _FACTS)
        label, speaker, language, gender, own = facts
        clip = Clip("", one.table.path, label, speaker, language, gender_of(gender), own or split)
        yield replace(clip, cluster=cluster, columns=told)
