"""Tables of the files of a folder, after the audiofolder convention of Hugging Face datasets."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sertify.corpora.audio import SUFFIXES
from sertify.corpora.clips import Clip
from sertify.corpora.clusters import clusters_of
from sertify.corpora.columns import in_common
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.file_names import (
    contradicted_by_folders,
    contradicted_by_names,
    public_named,
)
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.resolving import PathFinder, Resolution
from sertify.corpora.forms.roles import COLUMN_NAMES, Table, gender_of, roles_of
from sertify.corpora.forms.spans import spans_of, stretch_named
from sertify.corpora.forms.tables import read_table
from sertify.corpora.forms.vote_columns import tells_labels, voted, without_votes
from sertify.corpora.listings import LISTED_TWICE, Listing, Wish, is_below
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree, ending
from sertify.corpora.votes import united
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed, quoted

_FACTS = ("label", "speaker", "language", "gender", "split")


@dataclass(frozen=True)
class Metadata:
    """A table of files as it is understood.

    Parameters
    ----------
    base
        Its folder, relative to that of the speech, with ``/`` at its end, or "".
    roles
        The index of the column of each role.
    found
        Which files it lists.
    split
        Of which part of the corpus it is, where it says so itself.
    labelled
        Whether it has labels, or votes on them.
    """

    table: Table
    base: str
    roles: dict[str, int]
    found: Resolution
    remarks: tuple[str, ...] = ()
    split: str | None = None
    labelled: bool = False

    @property
    def name(self) -> str:
        """Its path, relative to the folder of the speech."""
        return self.base + self.table.path.name

    @property
    def files(self) -> frozenset[str]:
        """The files that are there."""
        return frozenset(self.found.names.values())


def understood(tree: Tree, name: str, wish: Wish) -> Metadata:
    """Return a table below a folder with the columns that its clips are made of.

    Raises ``ConfigurationError`` where it is no table, or where it is unclear which column is
    meant.
    """
    base = name[: name.rfind("/") + 1]
    names = PathFinder(tree, base)
    table = read_table(tree.root / name, wish.cluster)
    roles, warnings = roles_of(table, lambda values: names.resolve(values).names, wish.labels)
    labelled = tells_labels(table, roles, wish.labels)
    warnings = without_votes(warnings, table, roles, wish.labels)
    found = Resolution({})
    if "file_name" in roles:
        found = names.resolve(table.values(roles["file_name"]))
    said = (*table.remarks, *([f"{name}: {found.remark}"] if found.remark else []))
    doubts = (*(Doubt(text, Doubt.TOLD) for text in said), *warnings)
    return Metadata(table, base, roles, found, doubts, labelled=labelled)


def read_tables(tree: Tree, tables: Sequence[Metadata], wish: Wish) -> Listing:
    """Read the files that tables list, also those that are missing.

    Raises ``ConfigurationError`` where a table is wrong; the text names the line.
    """
    clips: dict[str, Clip] = {}
    lines: dict[str, tuple[str, int]] = {}
    repeated, remarks, votes = 0, list[str](), None
    for one in tables:
        _require_files(one)
        remarks += one.remarks
        rows = [*_clips(tree, one, wish.cluster, remarks)]
        voted_on, told = voted([clip for _, clip in rows], one.table, one.roles, wish.labels)
        votes = united(votes, told)
        for (line, _), clip in zip(rows, voted_on, strict=False):
            first = clips.setdefault(clip.name, clip)
            if first is clip:
                lines[clip.name] = one.name, line
                continue
            if first != clip:
                raise ConfigurationError(_twice(one, line, clip, first, lines[clip.name]))
            repeated += 1
            both = in_common([clips[clip.name].columns, clip.columns])
            clips[clip.name] = replace(clips[clip.name], columns=both)
    columns = dict.fromkeys(name for one in tables for name in one.table.columns)
    if repeated:
        what = "row repeats another one" if repeated == 1 else "rows repeat others"
        text = f"{repeated:,} {what}: each file is counted once"
        remarks.append(Doubt(text, Doubt.TOLD))
    layout = ", ".join(one.name for one in tables)
    public = public_named(tree.root, tuple(clips.values()))
    remarks += _doubts(tree, layout, tuple(clips.values()), public)
    if not any(one.labelled for one in tables):
        remarks += _unlabelled(layout, tuple(clips.values()))
    return Listing(
        tuple(clips.values()),
        layout,
        public,
        left_out=((LISTED_TWICE, repeated),) if repeated else (),
        warnings=tuple(dict.fromkeys(remarks)),
        columns=tuple(columns),
        votes=votes,
    )


def _doubts(tree: Tree, layout: str, clips: Sequence[Clip], public: str | None) -> Iterator[str]:
    for contradicted in (
        contradicted_by_folders(clips),
        contradicted_by_names(tree.root, clips, public),
    ):
        if contradicted:
            yield Doubt(f"{contradicted} than {layout} says; the table is believed", Doubt.WRONG)


def _unlabelled(layout: str, clips: Sequence[Clip]) -> Iterator[str]:
    number = sum(any(map(emotion_of, clip.name.split("/")[:-1])) for clip in clips)
    if 2 * number >= len(clips):
        yield Doubt(
            f"{layout} tells no labels, but {counted(number, 'clip')} lie in folders that are named"
            " for emotions: --layout folders reads these",
            Doubt.LOST,
        )


def _require_files(one: Metadata) -> None:
    table = one.table
    if "file_name" in one.roles and table.rows:
        return
    if not table.rows and table.columns:
        raise ConfigurationError(f"{table.path}: lists no file")
    if headless(table):
        raise ConfigurationError(f"{table.path}: {headless(table)}")
    raise ConfigurationError(
        f"{table.path}: has no column of file names"
        f" (its columns: {listed(table.columns, most=20)}), but should have file_name"
        f" (or {listed(COLUMN_NAMES['file_name'])})"
    )


def headless(table: Table) -> str:
    """Return what is wrong with a table whose first line is a row; "" where it names columns."""
    if not any(ending(name) in SUFFIXES for name in table.columns):
        return ""
    return (
        "its first line should name the columns, such as file_name,label, but is"
        f" {listed(table.columns)}"
    )


def _clips(
    tree: Tree, one: Metadata, cluster: Sequence[str], remarks: list[str]
) -> Iterator[tuple[int, Clip]]:
    """Yield the clips of a table, and the line of each."""
    table = one.table
    names = [_name(tree, one, *row) for row in table.rows]
    paths = [tree.root / name for name in names]
    columns = {name: table.values(index) for index, name in enumerate(table.columns)}
    clusters = clusters_of(cluster, columns) or [None] * len(names)
    others = told_beside(table, one.roles)
    spans, said = spans_of(table, paths)
    remarks += (Doubt(text, Doubt.TOLD) for text in said)
    indices = [one.roles.get(role) for role in _FACTS]
    by_folder = {} if "split" in one.roles or one.split else _splits_of_folders(names)
    for place, (line, values) in enumerate(table.rows):
        facts = (None if index is None else values[index] for index in indices)
        label, speaker, language, gender, split = facts
        start, end = spans[place] if spans else (0.0, None)
        yield (
            line,
            Clip(
                stretch_named(names[place], start, end),
                paths[place],
                label,
                speaker,
                language,
                gender_of(gender),
                split or one.split or by_folder.get(posixpath.dirname(names[place])),
                start,
                end,
                cluster=clusters[place],
                columns=others[place],
            ),
        )


def _splits_of_folders(names: Sequence[str]) -> dict[str, str]:
    """Return the split of each folder that is called after one, or lies in one that is."""
    folders = {posixpath.dirname(name) for name in names}
    found = {
        folder: [split for part in folder.split("/") if (split := split_of(part))]
        for folder in folders
    }
    return {folder: splits[-1] for folder, splits in found.items() if splits}


def _name(tree: Tree, one: Metadata, line: int, values: Sequence[str | None]) -> str:
    """Return the name of a file; where it is not there, one that nothing else can have."""
    index = one.roles["file_name"]
    given = values[index] or ""
    name = one.found.names.get(given)
    if name is not None:
        return name
    name = posixpath.normpath(one.base + given)
    if is_below(name):
        return name
    if not one.found.names or not given:
        raise ConfigurationError(
            f"{one.table.path}:{line}: {one.table.columns[index]} is {quoted(given)},"
            f" but should be a path relative to {tree.root} and below it"
        )
    # Of another root, as those of its table that are here: this one is not.
    return "/".join(part for part in given.split("/") if part not in ("", ".", "..")) or "missing"


def _twice(one: Metadata, line: int, clip: Clip, first: Clip, place: tuple[str, int]) -> str:
    table, other = place
    differing = [
        fact for fact in (*_FACTS, "cluster") if getattr(clip, fact) != getattr(first, fact)
    ]
    values = [f"{getattr(first, fact)} and {getattr(clip, fact)}" for fact in differing]
    told = "; ".join(f"{fact} {value}" for fact, value in zip(differing, values, strict=True))
    where = f"lines {other} and {line}" if table == one.name else f"line {line} and {table}:{other}"
    return f"{one.table.path}: {where} both list {listed([clip.name])}, but differ: {told}"


def of_split(one: Metadata, split: str | None) -> Metadata:
    """Return a table as one of a part of a corpus, where its rows do not say so themselves."""
    return one if split is None else replace(one, split=split)
