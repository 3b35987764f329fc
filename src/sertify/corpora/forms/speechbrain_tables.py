"""Manifests of SpeechBrain in CSV: ID, duration, wav, and what is told of each recording."""

import csv
from pathlib import Path

from sertify.corpora.forms.manifests import Manifest, listing_of_all
from sertify.corpora.forms.roles import roles_of
from sertify.corpora.forms.tables import read_table
from sertify.corpora.forms.vote_columns import tells_labels
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed, quoted

_NEEDED = frozenset({"id", "duration", "wav"})
_DEEPEST = 3


def read_speechbrain_tables(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read the tables of a folder that have the columns ID, duration and wav.

    Without emotions they are of speech recognition, and read where somebody asks for it only.

    Raises ``ConfigurationError`` where one is wrong, naming the line.
    """
    names = [
        name
        for name in tree.files
        if ending(name) == ".csv"
        and name.count("/") < _DEEPEST
        and wish.detail in ("", name)
        and _is_manifest(tree.root / name)
    ]
    manifests = [_manifest(tree, name) for name in names]
    if not manifests:
        return None
    told = (tells_labels(one.table, roles_of(one.table)[0], wish.labels) for one in manifests)
    if not wish.named and not any(told):
        what = listed(one.name for one in manifests)
        return Declined((f"{what} not read: no emotion of a recording is told there",))
    return listing_of_all(tree, manifests, "manifest", wish)


SPEECHBRAIN_TABLES = Form("manifest", "manifest of SpeechBrain", read_speechbrain_tables)


def _is_manifest(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader([file.readline(2**16)]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return {fold(name) for name in header} >= _NEEDED


def _manifest(tree: Tree, name: str) -> Manifest:
    table = read_table(tree.root / name)
    folded = {fold(column): index for index, column in enumerate(table.columns)}
    files, samples = [], []
    for line, values in table.rows:
        row = {column: values[index] for column, index in folded.items()}
        file = row["wav"]
        if not file:
            raise ConfigurationError(
                f"{table.path}:{line}: wav is {quoted(file)}, but should be a path"
            )
        files.append(file)
        samples.append(row)
    return Manifest(name, table, files, samples)
