"""Public corpora that list their clips in a table of their own, under names of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sertify.corpora.audio import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.layouts import Layout, Listed
from sertify.corpora.forms.roles import Table, gender_of
from sertify.corpora.forms.tables import read_table
from sertify.corpora.listings import Declined, Listing
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.text import counted, fold, listed

_Values = Mapping[str, str | None]


def tables_of(tree: Tree, table: Listed) -> list[str]:
    """Return the files below a folder that are called like the table of a corpus."""
    return [name for name in tree.files if name.rpartition("/")[2] in table.names]


def read_listed(tree: Tree, layout: Layout) -> Listing | Declined | None:
    """Read the clips that the table of a corpus lists, as far as their files are there.

    Several rows of one clip are what several listeners heard; most of them decide.

    Returns None where there is no such table, and Declined where it lists nothing that is there.
    """
    if layout.table is None:
        return None
    read = layout.table.read
    tables = [read_table(tree.root / name, read) for name in tables_of(tree, layout.table)]
    tables = [table for table in tables if {*layout.table.needed} <= {*table.columns}]
    if not tables:
        return None
    found = _found(tree, layout.table, tables)
    names = listed(table.path.name for table in tables)
    if not found.rows:
        rows = counted(sum(len(table.rows) for table in tables), "row")
        return Declined((f"{names} is of {layout.name}, but no file of its {rows} is there",))
    clips = tuple(_clip(tree, layout, layout.table, *item) for item in found.rows.items())
    used = {clip.name for clip in clips}
    others = sum(name not in used for name in tree.audio)
    left_out = {"listed, but not there": len(found.missing), "not listed": others}
    return Listing(
        clips,
        f"{layout.name}, {names}",
        layout.public,
        left_out=tuple(reason for reason in left_out.items() if reason[1]),
        warnings=tuple(_told(names, found.missing)),
        states=layout.states,
    )


@dataclass
class _Found:
    rows: dict[str, list[tuple[str, _Values]]] = field(default_factory=dict)
    """By the name of the file: the split and the values of each row about it."""
    missing: dict[str, None] = field(default_factory=dict)


def _found(tree: Tree, table: Listed, tables: Sequence[Table]) -> _Found:
    places = defaultdict(list)
    for name in (*tree.audio, *tree.unread):
        places[_stem(name)].append(name)
    splits = {table.names[one.path.name] for one in tables}
    found = _Found()
    for one in tables:
        split = table.names[one.path.name]
        for _, row in one.rows:
            values = dict(zip(one.columns, row, strict=True))
            stem = _stem(table.file.format_map({name: values[name] or "" for name in values}))
            where = [name for name in places[stem] if _is_of(name, split, splits, table)]
            if where:
                found.rows.setdefault(where[0], []).append((split, values))
            else:
                found.missing[f"{split} {stem}".strip()] = None
    return found


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    end = ending(base)
    return base[: -len(end)] if end in SUFFIXES or end in UNREAD_SUFFIXES else base


def _is_of(name: str, split: str, splits: set[str], table: Listed) -> bool:
    """Whether a file may be of a split: its folders name that one, or no other one."""
    folders = PurePosixPath(name).parts[:-1]
    words = {word for folder in folders for word in fold(folder).split()}
    named = words & {*table.names.values()}
    return split in named if named else len(splits) == 1


def _clip(
    tree: Tree, layout: Layout, table: Listed, name: str, rows: Sequence[tuple[str, _Values]]
) -> Clip:
    split, values = rows[0]
    codes = Counter(code for _, row in rows if (code := row[table.label])).most_common()
    tied = len(codes) > 1 and codes[0][1] == codes[1][1]
    label = layout.label(codes[0][0]) if codes and not tied else None
    clip = Clip(name, tree.root / name, label, split=split or None)

    def told(column: str) -> str | None:
        value = values.get(column)
        return None if value == table.unknown else value

    speaker, gender = told(table.speaker), gender_of(told(table.gender))
    return replace(clip, speaker=speaker, gender=gender, split=told(table.split) or clip.split)


def _told(names: str, missing: Mapping[str, None]) -> Iterator[str]:
    if missing:
        clips = f"{counted(len(missing), 'clip')} that {names} lists"
        yield Doubt(
            f"{clips} {'is' if len(missing) == 1 else 'are'} not there: {listed(missing)}",
            Doubt.LOST,
        )
