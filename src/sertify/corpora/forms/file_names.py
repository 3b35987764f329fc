"""Folders whose files are named as those of a public corpus, or listed in its table."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.layout_tables import read_listed, tables_of
from sertify.corpora.forms.layouts import LAYOUTS, Layout
from sertify.corpora.forms.named_clips import clips_named, fits, read_layout, stem_of
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.trees import Tree, require_audio
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import counted, listed, shown

_ENOUGH = 0.95
"""Share of the names that have to be those of one corpus."""

_SAMPLE = 400
"""Names of which one at least fits each corpus that most of a folder's names fit."""


def read_as(layout: Layout) -> Form:
    """Return the form of folders that are read as a public corpus where somebody says so."""

    def read(tree: Tree, _: Wish) -> Listing:
        listing = read_listed(tree, layout) if layout.table else None
        if isinstance(listing, Listing):
            return listing
        if layout.pattern is None and layout.table is not None:
            tables = f"{' or '.join(layout.table.names)}, with {listed(layout.table.needed)}"
            why = f" ({'; '.join(listing.why)})" if listing else ""
            message = f"should be read as {layout.name}, but has no table {tables}{why}"
            raise ConfigurationError(f"--data {tree.root}: {message}")
        return read_layout(tree.root, require_audio(tree), layout, strict=True)

    return Form(layout.public, f"files named as in {layout.name}", read)


def read_public_table(tree: Tree, _: Wish) -> Listing | Declined | None:
    """Read files as those of the public corpus whose table is there."""
    results = list[Listing | Declined | None]()
    for layout in LAYOUTS:
        if layout.table and tables_of(tree, layout.table):
            with suppress(ConfigurationError):  # a broken table may be anybody's
                results.append(read_listed(tree, layout))
    listings = [result for result in results if isinstance(result, Listing)]
    declined = [result for result in results if isinstance(result, Declined)]
    return listings[0] if len(listings) == 1 else declined[0] if declined else None


def read_detected(tree: Tree, _: Wish) -> Listing | Declined | None:
    """Read files as those of a public corpus whose names they have; see `detect`."""
    listing, why = detect(tree.root, require_audio(tree))
    return listing or (Declined(why) if why else None)


def detect(folder: Path, names: Sequence[str]) -> tuple[Listing | None, tuple[str, ...]]:
    """Read files as those of the one public corpus that names them so.

    Anybody may call a file ``F01A01``. So several labels and speakers have to come out, and where
    files lie in folders named for emotions, these have to say the same.

    Returns the clips, or None; and warnings of why names that fit were not believed.

    Raises ``ConfigurationError`` where each of the folders is a corpus of its own.
    """
    best, found = _best(folder, names)
    if best is None:
        several = {layout.name: number for layout, number in found.items() if number}
        if len(several) < 2 or sum(several.values()) < _ENOUGH * len(names):
            return None, ()
        _refuse_collection(folder, names)
        mixed = " and ".join(f"{name} ({number})" for name, number in several.items())
        cure = "so the names were not used; give each corpus by itself"
        return None, (f"files are named as in {mixed}, {cure}",)
    listing = read_layout(folder, names, best)
    doubt = _doubt(best, listing.clips)
    if doubt is None:
        warnings = (*_alternatives(best, found), *listing.warnings)
        return replace(listing, warnings=warnings), ()
    number = f"{found[best]} of {counted(len(names), 'file')}"
    cure = f"the names were not used (layout {best.public} uses them all the same)"
    return None, (f"{number} are named as in {best.name}, but {doubt}; {cure}",)


def public_named(folder: Path, clips: Sequence[Clip]) -> str | None:
    """Return the public corpus by whose names the files of clips go that a table describes.

    They are believed as in `detect`; the table's labels count where the names tell none.
    """
    above = len(str(folder / "_")) - 1
    labels = {str(clip.path)[above:]: clip.label for clip in clips}
    best, _ = _best(folder, labels)
    if best is None:
        return None
    named = clips_named(folder, [*labels], best)
    labelled = [replace(clip, label=clip.label or labels[clip.name]) for clip in named]
    return best.public if _doubt(best, labelled) is None else None


def contradicted_by_names(folder: Path, clips: Sequence[Clip], public: str | None) -> str:
    """Say which clips' names tell other emotions than their labels; "" if none do."""
    layout = next((one for one in LAYOUTS if one.public == public and one.pattern), None)
    if layout is None:
        return ""
    above = len(str(folder / "_")) - 1
    labels = {str(clip.path)[above:]: clip for clip in clips if clip.emotion}
    names = [
        clip.name
        for clip in clips_named(folder, [*labels], layout)
        if clip.emotion and clip.emotion != labels[clip.name].emotion
    ]
    told = f"({listed(names, most=3)}) with another emotion in {layout.name}"
    is_are = "is" if len(names) == 1 else "are"
    return f"{counted(len(names), 'clip')} {is_are} named {told}" if names else ""


def _best(folder: Path, names: Collection[str]) -> tuple[Layout | None, dict[Layout, int]]:
    """Return the layout that enough names fit, if any, and how many names fit each one.

    Of several that fit equally well it is the one that the folder is called after, else the first.
    """
    stems = [stem_of(name) for name in names]
    some = stems[:: max(1, len(stems) // _SAMPLE)]
    likely = [layout for layout in LAYOUTS if any(fits(layout, stem) for stem in some)]
    found = {layout: sum(fits(layout, stem) for stem in stems) for layout in likely}
    called = known_corpus(folder.name)
    best = max(likely, key=lambda one: (found[one], one.public == called), default=None)
    return best if best and found[best] >= _ENOUGH * len(names) else None, found


def _alternatives(best: Layout, found: dict[Layout, int]) -> Sequence[str]:
    """Say which other corpora name their files so, though numbers mean something else there."""
    others = [layout for layout in found if layout is not best and found[layout] == found[best]]
    return [
        Doubt(
            f"files are named as in {best.name}, but as in {layout.name} as well; if they are of"
            f" that, give layout {layout.public}",
            Doubt.WRONG,
        )
        for layout in others
    ]


def _refuse_collection(folder: Path, names: Sequence[str]) -> None:
    """Raise ``ConfigurationError`` where each folder is another corpus; say what to give."""
    start = PurePosixPath(names[0]).parent
    while start.name and not all(PurePosixPath(name).is_relative_to(start) for name in names):
        start = start.parent
    below = defaultdict(list)
    for name in names:
        below[PurePosixPath(name).relative_to(start).parts[0]].append(name)
    corpora = {top: _best(folder / start / top, those)[0] for top, those in sorted(below.items())}
    public = [layout.public for layout in corpora.values() if layout]
    if len({*public}) > 1 and len({*public}) == len(corpora):
        lines = " ".join(
            f"--data {name}={shown(str(folder / start / top))}"
            for name, top in zip(public, corpora, strict=True)
        )
        raise ConfigurationError(
            f"--data {folder}: holds {len(corpora)} public corpora, and a model may know one of"
            f" them and not the others; give each by itself: {lines}"
        )


def _doubt(layout: Layout, clips: Sequence[Clip]) -> str | None:
    if contradicted := contradicted_by_folders(clips):
        return contradicted
    labels = len({clip.label for clip in clips} - {None})
    speakers = len({clip.speaker for clip in clips})
    if speakers >= 2 and (labels >= 2 or not layout.labels):
        return None
    numbers = f"{counted(labels, 'label')} and {counted(speakers, 'speaker')}"
    return f"that would make {numbers}, where at least 2 of each are needed"


def contradicted_by_folders(clips: Iterable[Clip]) -> str:
    """Say which clips lie in folders named for other emotions than their labels; "" if none."""
    names = [clip.name for clip in clips if _is_contradicted(clip)]
    lie = "lies" if len(names) == 1 else "lie"
    where = f"in the folder of another emotion ({listed(names)})"
    return f"{counted(len(names), 'clip')} {lie} {where}" if names else ""


def _is_contradicted(clip: Clip) -> bool:
    folders = _emotions_on(clip.name.rpartition("/")[0])
    return clip.emotion is not None and bool(folders - {None, clip.emotion})


@lru_cache(maxsize=10_000)
def _emotions_on(way: str) -> frozenset[str | None]:
    return frozenset(map(emotion_of, way.split("/")))
