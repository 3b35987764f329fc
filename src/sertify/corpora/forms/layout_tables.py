"""Public corpora that list their clips in a table of their own, under names of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from string import Formatter

from sertify.corpora.audio import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.clips import Clip
from sertify.corpora.columns import OtherColumns, in_common
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.layouts import Layout, Listed
from sertify.corpora.forms.other_columns import told_beside
from sertify.corpora.forms.roles import Table, gender_of
from sertify.corpora.forms.tables import read_table
from sertify.corpora.listings import Declined, Listing
from sertify.corpora.trees import Tree, ending
from sertify.corpora.votes import Votes
from sertify.vocabulary.text import counted, fold, listed


def tables_of(tree: Tree, table: Listed) -> list[str]:
    """Return the files below a folder that are called like the table of a corpus."""
    return [name for name in tree.files if name.rpartition("/")[2] in table.names]


def read_listed(tree: Tree, layout: Layout) -> Listing | Declined | None:
    """Read the clips that the table of a corpus lists, as far as their files are there.

    Several rows of one clip are what several listeners heard, votes for its label.

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
        endings = listed(sorted({ending(name) for name in tree.unread}))
        films = f" (no sound is read of {endings})" if tree.unread else ""
        return Declined(
            (f"{names} is of {layout.name}, but no file of its {rows} is there{films}",)
        )
    clips = tuple(
        replace(
            _clip(tree, layout, layout.table, name, rows[0]),
            columns=in_common(row.others for row in rows),
        )
        for name, rows in found.rows.items()
    )
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
        votes=_votes(layout, layout.table, found, names),
    )


@dataclass(frozen=True)
class _Row:
    """A row of a table: its values by the places of the columns, and the split of its table.

    ``others`` is what it says in columns that are not read.
    """

    values: Sequence[str | None]
    places: Mapping[str, int]
    split: str
    others: OtherColumns

    def told(self, column: str, unknown: str = "") -> str | None:
        """Return what it has in a column; None where that is missing or not known."""
        place = self.places.get(column)
        value = None if place is None else self.values[place]
        return None if value == unknown else value


@dataclass
class _Found:
    rows: dict[str, list[_Row]] = field(default_factory=dict)
    """By the name of the file."""
    missing: dict[str, None] = field(default_factory=dict)


def _found(tree: Tree, table: Listed, tables: Sequence[Table]) -> _Found:
    files = defaultdict(list)
    for name in tree.audio:
        files[_stem(name)].append(name)
    splits = {table.names[one.path.name] for one in tables}
    found = _Found()
    for row, stem in _rows(table, tables):
        where = [name for name in files.get(stem, ()) if _is_of(name, row.split, splits, table)]
        if where:
            found.rows.setdefault(where[0], []).append(row)
        else:
            found.missing[f"{row.split} {stem}".strip()] = None
    return found


def _rows(table: Listed, tables: Sequence[Table]) -> Iterator[tuple[_Row, str]]:
    """Yield the rows of tables, each with the name of its file without folder and ending."""
    pieces = [(text, column) for text, column, _, _ in Formatter().parse(table.file)]
    for one in tables:
        places = {name: place for place, name in enumerate(one.columns)}
        made = [(text, places.get(column or "", -1)) for text, column in pieces]
        split = table.names[one.path.name]
        read = {name: places[name] for name in table.read if name in places}
        for (_, values), others in zip(one.rows, told_beside(one, read), strict=True):
            name = "".join(text + ((values[at] or "") if at >= 0 else "") for text, at in made)
            yield _Row(values, places, split, others), _stem(name)


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    end = ending(base)
    return base[: -len(end)] if end in SUFFIXES or end in UNREAD_SUFFIXES else base


def _is_of(name: str, split: str, splits: set[str], table: Listed) -> bool:
    """Whether a file may be of a split: its folders name that one, or no other one."""
    named = _words_of(name.rpartition("/")[0]) & {*table.names.values()}
    return split in named if named else len(splits) == 1


@lru_cache(maxsize=1_000)
def _words_of(way: str) -> frozenset[str]:
    return frozenset(word for folder in way.split("/") for word in fold(folder).split())


def _clip(tree: Tree, layout: Layout, table: Listed, name: str, first: _Row) -> Clip:
    unknown = table.unknown
    return Clip(
        name,
        tree.root / name,
        layout.label(first.told(table.label) or ""),
        first.told(table.speaker, unknown),
        gender=gender_of(first.told(table.gender, unknown)),
        split=first.told(table.split, unknown) or first.split or None,
    )


def _votes(layout: Layout, table: Listed, found: _Found, names: str) -> Votes | None:
    """Return what several listeners said of each clip; None where there is one row of each."""
    if all(len(rows) == 1 for rows in found.rows.values()):
        return None
    said = {
        name: Counter(layout.label(code) or code for row in rows if (code := row.told(table.label)))
        for name, rows in found.rows.items()
    }
    return Votes(said, f"{table.label} in {names}")


def _told(names: str, missing: Mapping[str, None]) -> Iterator[str]:
    if missing:
        clips = f"{counted(len(missing), 'clip')} that {names} lists"
        yield Doubt(
            f"{clips} {'is' if len(missing) == 1 else 'are'} not there: {listed(missing)}",
            Doubt.LOST,
        )
