"""Which form a folder or a file of speech is of, and what its reader finds there."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sertify.corpora.archives import UnpackedTree, unpacked_in, unpacked_tree
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.choosing import METADATA, OTHER_TABLE, TABLE_BELOW, read_given
from sertify.corpora.forms.databases import AUDFORMAT
from sertify.corpora.forms.embedded import ARROW, PARQUET, read_given_arrow, read_given_parquet
from sertify.corpora.forms.file_names import read_as, read_detected, read_public_table
from sertify.corpora.forms.folders import FOLDERS, UNLABELLED
from sertify.corpora.forms.json_manifests import MANIFESTS
from sertify.corpora.forms.kaldi import KALDI
from sertify.corpora.forms.kemdy import KEMDY
from sertify.corpora.forms.layouts import LAYOUTS
from sertify.corpora.forms.name_parts import PARTS_ASKED, PARTS_FOUND
from sertify.corpora.forms.recordings_json import RECORDINGS
from sertify.corpora.forms.speaker_tables import with_speakers
from sertify.corpora.forms.speechbrain_tables import SPEECHBRAIN_TABLES
from sertify.corpora.forms.tables import READERS
from sertify.corpora.forms.webdataset import WEBDATASET
from sertify.corpora.listings import LISTED_TWICE, FileReader, Form, Listing, Wish
from sertify.corpora.trees import Tree, ending, tree_of, unread_files
from sertify.vocabulary.archives import TAR, UNREAD_ARCHIVES, archive_kind
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import did_you_mean, listed


def _read_archives(tree: Tree, wish: Wish) -> Listing | None:
    """Read a folder of archives, and of nothing else that holds recordings."""
    packed = None if tree.audio else unpacked_in(tree)
    return None if packed is None else _of_archives(tree.root, packed, "auto", wish)


_FORMS = (
    PARQUET,
    ARROW,
    WEBDATASET,
    Form("auto", "archives of recordings", _read_archives),
    METADATA,
    AUDFORMAT,
    Form("auto", "the table of a public corpus", read_public_table),
    KEMDY,
    KALDI,
    RECORDINGS,
    MANIFESTS,
    SPEECHBRAIN_TABLES,
    OTHER_TABLE,
    TABLE_BELOW,
    Form("auto", "files named as in a public corpus", read_detected),
    PARTS_FOUND,
    FOLDERS,
)
"""What a folder may be, in the order in which it is looked for; the last one reads any audio."""

_FILES: Mapping[str, FileReader] = {
    **dict.fromkeys(READERS, read_given),
    ".parquet": read_given_parquet,
    ".arrow": read_given_arrow,
}
"""How a file is read that is given instead of a folder, by its ending; its folder is the root."""

_NAMED = (*_FORMS, UNLABELLED, PARTS_ASKED, *map(read_as, LAYOUTS))
_LAYOUTS = tuple(dict.fromkeys(["auto", *(form.layout for form in _NAMED)]))
_DETAILED = ("arrow", "audformat", "folders", "manifest", "names", "parquet")
"""The layouts of which a part can be named, after a colon."""


def listing_of(path: Path, layout: str, wish: Wish) -> Listing:
    """Return what the reader that a layout names finds, with account of every file.

    ``layout`` is as for `read_corpus`; ``wish`` has the rest of what is asked for.

    Raises ``ConfigurationError`` where nothing is found, or something in it is wrong.
    """
    kind, _, detail = layout.partition(":")
    kind = kind.casefold()
    kind = kind if kind in _LAYOUTS else known_corpus(kind) or kind
    if kind not in _LAYOUTS or (detail and kind not in _DETAILED):
        hint = did_you_mean(kind, _LAYOUTS)
        raise ConfigurationError(f"--data {path}: layout {layout!r} is unknown{hint}")
    wish = replace(wish, detail=detail, named=kind != "auto")
    if not path.is_dir():
        return _listing_of_file(path, kind, wish)
    return _listing_in(path, tree_of(path), kind, wish)


def _listing_in(path: Path, tree: Tree, kind: str, wish: Wish) -> Listing:
    """Return what the first reader of a kind finds in a folder that is of its form."""
    why = list[str]()
    forms = _FORMS if kind == "auto" else [form for form in _NAMED if form.layout == kind]
    for form in forms:
        try:
            found = form.read(tree, wish)
        except ConfigurationError as error:
            raise ConfigurationError("; ".join([str(error), *why])) from error
        if isinstance(found, Listing):
            found = replace(found, warnings=(*why, *found.warnings))
            return _accounted(tree, with_speakers(tree, found))
        why += found.why if found else ()
    reason = "".join(f": {text}" for text in why)
    message = f"has no {forms[0].needs}, which layout {kind} needs{reason}"
    raise ConfigurationError(f"--data {path}: {message}")


def _accounted(tree: Tree, listing: Listing) -> Listing:
    """Add the files that no reader takes: in no table, hidden, or not to be decoded."""
    taken = {str(clip.path) for clip in listing.clips}
    told = sum(number for reason, number in listing.left_out if reason != LISTED_TWICE)
    above = str(tree.root / "_")[:-1]
    rest = sum(above + name not in taken for name in tree.audio)
    unlisted = max(0, rest - told) if listing.clips else 0
    unread = [name for name in tree.unread if above + name not in taken]
    kinds = Counter(map(ending, unread))
    left_out = [("not listed", unlisted), ("in a hidden folder", len(tree.hidden_audio))]
    left_out += [(f"ends in {kind}", number) for kind, number in sorted(kinds.items())]
    told_unread = [Doubt(unread_files(unread), Doubt.LOST)] if unread else []
    told_unread += _packed_beside(tree, taken)
    return replace(
        listing,
        left_out=(*listing.left_out, *(one for one in left_out if one[1])),
        warnings=(*listing.warnings, *told_unread),
    )


def _packed_beside(tree: Tree, taken: Collection[str]) -> Iterator[Doubt]:
    """Say which archives are not read, where clips come from other files of the folder."""
    above = str(tree.root / "_")[:-1]
    if not any(path.startswith(above) for path in taken):
        return
    archives = [
        name
        for name in tree.files
        if (archive_kind(name)[0] or name.casefold().endswith(UNREAD_ARCHIVES))
        and above + name not in taken
    ]
    if archives:
        one = len(archives) == 1
        why = "as recordings lie beside it" if one else "as recordings lie beside them"
        cure = f"if {'it holds' if one else 'they hold'} others, unpack {'it' if one else 'them'}"
        yield Doubt(f"{listed(archives)} not read, {why}; {cure}", Doubt.TOLD)


def _of_archives(path: Path, packed: UnpackedTree, kind: str, wish: Wish) -> Listing:
    """Return what is found in archives, in words that tell of what was given."""
    try:
        found = _listing_in(packed.tree.root, packed.tree, kind, wish)
    except ConfigurationError as error:
        told = str(error).replace(str(packed.tree.root), str(path))
        raise ConfigurationError(told) from error
    clips = (replace(clip, keeper=(clip.keeper, packed.keeper)) for clip in found.clips)
    return replace(found, clips=tuple(clips))


def _listing_of_archive(path: Path, kind: str, wish: Wish) -> Listing:
    if kind in ("auto", WEBDATASET.layout) and archive_kind(path.name)[0] == TAR:
        found = WEBDATASET.read(Tree(path.parent, (path.name,)), wish)
        if isinstance(found, Listing):
            return found
    return _of_archives(path, unpacked_tree(path), kind, wish)


def _listing_of_file(path: Path, kind: str, wish: Wish) -> Listing:
    if path.is_file() and archive_kind(path.name)[0]:
        return _listing_of_archive(path, kind, wish)
    read = _FILES.get(ending(path.name)) if path.is_file() else None
    if read is None:
        known = listed([*_FILES, ".zip", ".tar"], most=20)
        what = f"is a file, but should be a folder, or a file such as {known}"
        raise ConfigurationError(f"--data {path}: {what}")
    if kind not in ("auto", METADATA.layout, ending(path.name)[1:]):
        message = f"is a table, which layout {kind} does not read; give its folder"
        raise ConfigurationError(f"--data {path}: {message}")
    return read(path, wish)
