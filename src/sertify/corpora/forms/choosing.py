"""Which tables of a folder are those of its files, told by their columns and by what they list."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.delimited import header_columns
from sertify.corpora.forms.metadata import Metadata, headless, of_split, read_tables, understood
from sertify.corpora.forms.roles import DOUBTFUL, aliases_of
from sertify.corpora.forms.tables import READERS
from sertify.corpora.forms.vote_columns import may_be_votes
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree, ending, tree_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import amount, fold, listed, shown

_NAMES = tuple(f"metadata{suffix}" for suffix in READERS if suffix != ".txt")
_OTHER = (".csv", ".tsv", ".jsonl")
_SHEETS = frozenset({".xlsx", ".xls", ".ods", ".numbers"})
_MOST_BELOW = 20  # tables, beyond which each is rather of one recording
_MOST_TEXTS = 3  # likewise
_LARGEST = 2**26  # bytes of a table that may be about other things: a million rows have as much


def read_own(tree: Tree, wish: Wish) -> Listing | None:
    """Read the metadata file of a folder."""
    names = [name for name in _NAMES if (tree.root / name).is_file()]
    if not names:
        return None
    listings = [read_tables(tree, [understood(tree, name, wish)], wish) for name in names]
    if len(names) > 1 and len({frozenset(listing.clips) for listing in listings}) > 1:
        alike = " and ".join(names)
        raise ConfigurationError(
            f"--data {tree.root}: has {alike}, which differ, but should have one of them"
        )
    return listings[0]


def read_other(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the tables of other names, which need no labels where somebody asks for them."""
    here = [name for name in tree.files if "/" not in name]
    texts = [name for name in here if ending(name) == ".txt"]
    names = [name for name in here if ending(name) in _OTHER]
    names += _small(tree, texts) if len(texts) <= _MOST_TEXTS else []
    sheets = [name for name in here if ending(name) in _SHEETS]
    found = _chosen(tree, names, wish)
    if found is None and sheets:
        return Declined((f"{listed(sheets)} not read: save it as .csv",))
    return found


def read_below(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the tables in folders below: one, or one for each part of the corpus.

    Raises ``ConfigurationError`` where several folders have a metadata file, but are no parts.
    """
    below = [name for name in tree.files if "/" in name]
    names = [name for name in below if name.rpartition("/")[2] in _NAMES]
    folders = [name.rpartition("/")[0] for name in names]
    if len(names) > 1 and len({*folders}) > 1:
        if all(_split_of(folder.rpartition("/")[2]) for folder in folders):
            return _of_parts(tree, names, wish)
        raise ConfigurationError(
            f"--data {tree.root}: has no metadata.csv, but its folders {listed(folders)} have one;"
            f" give one of them, such as --data {tree.root / folders[0]}"
        )
    if not names:
        tables = [name for name in below if ending(name) in _OTHER]
        names = _small(tree, tables) if len(tables) <= _MOST_BELOW else []
    return _chosen(tree, names, wish)


def read_given(path: Path, wish: Wish) -> Listing:
    """Read a table that is given instead of its folder; it needs no labels."""
    tree = tree_of(path.parent)
    table = understood(tree, path.name, wish)
    listing = read_tables(tree, [table], wish)
    if table.found.names:
        return listing
    doubt = (
        f"{path.name} lists no file that lies below its folder, {path.parent};"
        " if they lie elsewhere, give the folder that holds both"
    )
    return replace(listing, warnings=(*listing.warnings, Doubt(doubt, Doubt.LOST)))


METADATA = Form("metadata", "metadata.csv", read_own)
OTHER_TABLE = Form("metadata", "metadata.csv", read_other)
TABLE_BELOW = Form("metadata", "metadata.csv", read_below)


def _of_parts(tree: Tree, names: Sequence[str], wish: Wish) -> Listing:
    """Read a metadata file for each part of a corpus."""
    parts = [understood(tree, name, wish) for name in names]
    parts = [of_split(one, _split_of(one.base.split("/")[-2])) for one in parts]
    return read_tables(tree, parts, wish)


def _chosen(tree: Tree, names: Iterable[str], wish: Wish) -> Listing | Declined | None:
    """Read the tables that list files of the folder, and say why not the others."""
    fitting, why = list[Metadata](), list[str]()
    for name in names:
        try:
            if reason := _too_large(tree, name, wish):
                raise ConfigurationError(reason)
            one = understood(tree, name, wish)
            reason = _unfit(one, wish)
        except ConfigurationError as error:
            one, reason = None, str(error)
        if reason and _concerns(name, one):
            why.append(f"{name} not read: {reason}")
        elif one and not reason:
            fitting.append(one)
    tables, reasons = _together(tree, sorted(fitting, key=_worth))
    why += reasons
    if not tables:
        return Declined(("; ".join(why),)) if why else None
    listing = read_tables(tree, tables, wish)
    remarks = (Doubt(f"{listing.layout} is read; {'; '.join(why)}", Doubt.TOLD),) if why else ()
    return replace(listing, warnings=(*listing.warnings, *remarks))


def _concerns(name: str, one: Metadata | None) -> bool:
    """Whether somebody may wonder why a table was not read."""
    folder, _, base = name.rpartition("/")
    expected = base in _NAMES or not folder or (one is not None and one.labelled)
    return expected and ending(name) != ".txt"


def _small(tree: Tree, names: Iterable[str]) -> list[str]:
    return [name for name in names if (tree.root / name).stat().st_size <= _LARGEST]


def _too_large(tree: Tree, name: str, wish: Wish) -> str:
    """Say why a large table is not looked into: features of sounds have no column of labels."""
    path = tree.root / name
    if path.stat().st_size <= _LARGEST or ending(name) == ".jsonl" or wish.named:
        return ""
    columns = header_columns(path)
    if aliases_of("label").intersection(columns) or any(map(may_be_votes, columns)):
        return ""
    return f"it has {amount(path.stat().st_size)}, and no column label"


def _unfit(one: Metadata, wish: Wish) -> str:
    """Return why a table is not one of the files of its folder, or an empty string."""
    needed = ("file_name",) if wish.named else ("file_name", "label")
    known = {*one.roles, *(["label"] if one.labelled else [])}
    lacking = [role for role in needed if role not in known]
    if lacking:
        if wrong := headless(one.table):
            return wrong
        doubts = [text for text in one.remarks if "may hold" in text]
        return "; ".join([f"it has no column {' or '.join(lacking)}", *_ids(one, lacking), *doubts])
    if one.found.names:
        return ""
    return f"it lists no file that is there{_such_as(one, one.roles['file_name'])}"


def _ids(one: Metadata, lacking: Sequence[str]) -> Iterator[str]:
    """Say which columns would be those of the files, were these called so."""
    for index, name in enumerate(one.table.folded if "file_name" in lacking else ()):
        if name in DOUBTFUL:
            column = one.table.columns[index]
            yield f"no file is called like the values of its column {column}{_such_as(one, index)}"


def _such_as(one: Metadata, index: int) -> str:
    value = next(filter(None, one.table.values(index)), None)
    return f", such as {shown(value)}" if value else ""


def _worth(one: Metadata) -> tuple[int, int, str]:
    return -len(one.files), -len(one.roles), one.name


def _together(tree: Tree, tables: Sequence[Metadata]) -> tuple[list[Metadata], list[str]]:
    """Return the tables that are read, the best one first; and why others are not."""
    if len(tables) < 2:  # of several splits, perhaps only one is here
        folder = [one.base.rpartition("/")[0] for one in tables]
        splits = [
            _split_of(above) or _split_of(one.table.path.stem)
            for above, one in zip(folder, tables, strict=True)
        ]
        return [of_split(one, split) for one, split in zip(tables, splits, strict=True)], []
    first, *others = tables
    every = [name for one in tables for name in one.files]
    if len({*every}) == len(every) and all(
        one.roles.keys() == first.roles.keys() for one in others
    ):
        parts = sorted(tables, key=lambda one: one.name)
        splits = [_split_of(one.table.path.stem) for one in parts]
        named = all(splits) and len({*splits}) == len(parts)
        return [
            of_split(one, split if named else None)
            for one, split in zip(parts, splits, strict=True)
        ], []
    names = listed(one.name for one in others)
    labels = _labels(first)
    differ = [one.name for one in others if one.files == first.files and _labels(one) != labels]
    if differ:
        why = f"they have the same files as {first.name}, but other labels"
    elif all(one.files <= first.files for one in others):
        return [first], [f"{names} not read: {first.name} lists these files as well"]
    else:
        why = f"there are several that list other files than {first.name}"
    cure = f"give the one that you mean, such as --data {tree.root / first.name}"
    return [], [f"{first.name}, {names} not read: {why}; {cure}"]


def _labels(one: Metadata) -> dict[str | None, str]:
    values = one.table.values
    if "label" not in one.roles:
        return {}
    pairs = zip(values(one.roles["file_name"]), values(one.roles["label"]), strict=True)
    return {one.found.names.get(name or ""): fold(label or "") for name, label in pairs}


def _split_of(name: str) -> str | None:
    """Return the part of a corpus that a name tells of, where it tells of one.

    >>> _split_of("labels_train"), _split_of("dev"), _split_of("train-test"), _split_of("angry")
    ('train', 'validation', None, None)
    """
    whole, *splits = [split_of(text) for text in (name, *re.split(r"[\W_]+", name))]
    told = [split for split in splits if split]
    return whole or (told[0] if len(told) == 1 else None)
