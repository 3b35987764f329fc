"""Which form a folder or a file of speech is of, and what its reader finds there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sertify.corpora.forms.choosing import METADATA, OTHER_TABLE, TABLE_BELOW, read_given
from sertify.corpora.forms.databases import AUDFORMAT
from sertify.corpora.forms.embedded import ARROW, PARQUET
from sertify.corpora.forms.file_names import read_as, read_detected
from sertify.corpora.forms.folders import FOLDERS, UNLABELLED
from sertify.corpora.forms.json_manifests import MANIFESTS
from sertify.corpora.forms.kaldi import KALDI
from sertify.corpora.forms.kemdy import KEMDY
from sertify.corpora.forms.layouts import LAYOUTS
from sertify.corpora.forms.recordings_json import RECORDINGS
from sertify.corpora.forms.speechbrain_tables import SPEECHBRAIN_TABLES
from sertify.corpora.forms.tables import READERS
from sertify.corpora.listings import FileReader, Form, Listing, Wish
from sertify.corpora.trees import Tree, ending, tree_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import did_you_mean, listed

_FORMS = (
    PARQUET,
    ARROW,
    METADATA,
    AUDFORMAT,
    KEMDY,
    KALDI,
    RECORDINGS,
    MANIFESTS,
    SPEECHBRAIN_TABLES,
    OTHER_TABLE,
    TABLE_BELOW,
    Form("auto", "files named as in a public corpus", read_detected),
    FOLDERS,
)
"""What a folder may be, in the order in which it is looked for; the last one reads any audio."""

_FILES: Mapping[str, FileReader] = dict.fromkeys(READERS, read_given)
"""How a file is read that is given instead of a folder, by its ending; its folder is the root."""

_NAMED = (*_FORMS, UNLABELLED, *map(read_as, LAYOUTS))
_LAYOUTS = tuple(dict.fromkeys(["auto", *(form.layout for form in _NAMED)]))
_DETAILED = ("arrow", "audformat", "folders", "manifest", "parquet")
"""The layouts of which a part can be named, after a colon."""


def listing_of(path: Path, layout: str, wish: Wish) -> Listing:
    """Return what the reader that a layout names finds, with account of every file.

    ``layout`` is as for `read_corpus`; ``wish`` has the rest of what is asked for.

    Raises ``ConfigurationError`` where nothing is found, or something in it is wrong.
    """
    kind, _, detail = layout.partition(":")
    kind = kind.casefold()
    if kind not in _LAYOUTS or (detail and kind not in _DETAILED):
        hint = did_you_mean(kind, _LAYOUTS)
        raise ConfigurationError(f"--data {path}: layout {layout!r} is unknown{hint}")
    wish = replace(wish, detail=detail, named=kind != "auto")
    if not path.is_dir():
        return _listing_of_file(path, kind, wish)
    tree, why = tree_of(path), list[str]()
    forms = _FORMS if kind == "auto" else [form for form in _NAMED if form.layout == kind]
    for form in forms:
        try:
            found = form.read(tree, wish)
        except ConfigurationError as error:
            raise ConfigurationError("; ".join([str(error), *why])) from error
        if isinstance(found, Listing):
            return _accounted(tree, replace(found, warnings=(*why, *found.warnings)))
        why += found.why if found else ()
    reason = "".join(f": {text}" for text in why)
    message = f"has no {forms[0].needs}, which layout {kind} needs{reason}"
    raise ConfigurationError(f"--data {path}: {message}")


def _accounted(tree: Tree, listing: Listing) -> Listing:
    """Add the files that no reader takes: in no table, hidden, or not to be decoded."""
    taken = {clip.path for clip in listing.clips}
    told = sum(number for _, number in listing.left_out)
    rest = sum(tree.root / name not in taken for name in tree.audio)
    unlisted = max(0, rest - told) if listing.clips else 0
    kinds = Counter(ending(name) for name in tree.unread)
    left_out = [("not listed", unlisted), ("in a hidden folder", len(tree.hidden_audio))]
    left_out += [(f"ends in {kind}", number) for kind, number in sorted(kinds.items())]
    return replace(listing, left_out=(*listing.left_out, *(one for one in left_out if one[1])))


def _listing_of_file(path: Path, kind: str, wish: Wish) -> Listing:
    read = _FILES.get(ending(path.name)) if path.is_file() else None
    if read is None:
        known = listed(_FILES, most=20)
        what = f"is a file, but should be a folder, or a file such as {known}"
        raise ConfigurationError(f"--data {path}: {what}")
    if kind not in ("auto", METADATA.layout):
        message = f"is a table, which layout {kind} does not read; give its folder"
        raise ConfigurationError(f"--data {path}: {message}")
    return read(path, wish)
