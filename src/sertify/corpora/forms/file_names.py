"""Folders whose files are named as those of a public corpus."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.layouts import LAYOUTS, Layout
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.trees import Tree, require_audio
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed

_ENOUGH = 0.95
"""Share of the names that have to be those of one corpus."""


def read_as(layout: Layout) -> Form:
    """Return the form of folders that are read as a public corpus where somebody says so."""

    def read(tree: Tree, _: Wish) -> Listing:
        return read_layout(tree.root, require_audio(tree), layout, strict=True)

    return Form(layout.public, f"files named as in {layout.name}", read)


def read_detected(tree: Tree, _: Wish) -> Listing | Declined | None:
    """Read files as those of a public corpus whose names they have; see `detect`."""
    listing, why = detect(tree.root, require_audio(tree))
    return listing or (Declined(why) if why else None)


def detect(folder: Path, names: Sequence[str]) -> tuple[Listing | None, tuple[str, ...]]:
    """Read files as those of the one public corpus that names them so.

    Anybody may call a file ``F01A01``. So several labels and speakers have to come out, and where
    files lie in folders named for emotions, these have to say the same.

    Returns the clips, or None; and warnings of why names that fit were not believed.
    """
    best, fits = _best(names)
    if best is None:
        several = {name: number for name, number in fits.items() if number}
        if len(several) < 2 or sum(several.values()) < _ENOUGH * len(names):
            return None, ()
        mixed = " and ".join(f"{name} ({number})" for name, number in several.items())
        cure = "so the names were not used; give each corpus by itself"
        return None, (Doubt(f"files are named as in {mixed}, {cure}", Doubt.WRONG),)
    listing = read_layout(folder, names, best)
    doubt = _doubt(listing.clips)
    if doubt is None:
        return listing, ()
    number = f"{fits[best.name]} of {counted(len(names), 'file')}"
    cure = f"the names were not used (layout {best.public} uses them all the same)"
    disbelief = f"{number} are named as in {best.name}, but {doubt}; {cure}"
    return None, (Doubt(disbelief, Doubt.WRONG),)


def public_named(folder: Path, clips: Sequence[Clip]) -> str | None:
    """Return the public corpus by whose names the files of clips go that a table describes.

    They are believed as in `detect`; the table's labels count where the names tell none.
    """
    labels = {clip.path.relative_to(folder).as_posix(): clip.label for clip in clips}
    best, _ = _best(labels)
    if best is None:
        return None
    named = _clips(folder, [*labels], best)
    labelled = [replace(clip, label=clip.label or labels[clip.name]) for clip in named]
    return best.public if _doubt(labelled) is None else None


def read_layout(
    folder: Path, names: Sequence[str], layout: Layout, *, strict: bool = False
) -> Listing:
    """Read files as those of a public corpus, and leave out those that are named otherwise.

    Raises ``ConfigurationError`` where `strict`, and a name does not fit.
    """
    others = [name for name in names if not _fits(layout, _stem(name))]
    if others and strict:
        raise ConfigurationError(
            f"--data {folder}: should be read as {layout.name}, but"
            f" {counted(len(others), 'file')} of {len(names)} do not match: {listed(others)}"
        )
    excluded = sum(_is_excluded(layout, _stem(name)) for name in names)
    reason = layout.excluded[1] if layout.excluded else ""
    left_out = ((reason, excluded), ("other name", len(others)))
    warning = f"{counted(len(others), 'file')} left out, not named as in {layout.name}"
    return Listing(
        tuple(_clips(folder, names, layout)),
        layout.name,
        layout.public,
        left_out=tuple(reason for reason in left_out if reason[1]),
        warnings=(Doubt(f"{warning}: {listed(others)}", Doubt.LOST),) if others else (),
    )


def _best(names: Collection[str]) -> tuple[Layout | None, dict[str, int]]:
    """Return the layout that enough names fit, if any, and how many names fit each one."""
    stems = [_stem(name) for name in names]
    fits = {layout.name: sum(_fits(layout, stem) for stem in stems) for layout in LAYOUTS}
    best = max(LAYOUTS, key=lambda layout: fits[layout.name])
    return best if fits[best.name] >= _ENOUGH * len(names) else None, fits


def _fits(layout: Layout, stem: str) -> bool:
    return layout.pattern.fullmatch(stem) is not None or _is_excluded(layout, stem)


def _is_excluded(layout: Layout, stem: str) -> bool:
    return layout.excluded is not None and layout.excluded[0].fullmatch(stem) is not None


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _clips(folder: Path, names: Sequence[str], layout: Layout) -> Iterator[Clip]:
    annotated = _annotations(folder, layout)
    for name in names:
        stem = _stem(name)
        match = layout.pattern.fullmatch(stem)
        if match is not None and not _is_excluded(layout, stem):
            parts = match.groupdict()
            code = parts.get("label") or annotated.get(PurePosixPath(name).stem, "")
            yield Clip(
                name,
                folder / name,
                layout.labels.get(code),
                layout.speaker.format_map(parts),
                layout.languages.get(parts.get("speaker", "")),
                layout.genders.get(parts.get("gender") or parts.get("speaker", "")),
                parts.get("split"),
            )


def _annotations(folder: Path, layout: Layout) -> Mapping[str, str]:
    """Return the codes of the labels by the name of the file, without its ending."""
    if layout.line is None:
        return {}
    texts = (_decoded(path) for path in sorted(folder.glob(layout.annotations)) if path.is_file())
    lines = (layout.line.search(line) for text in texts for line in text.split("\n"))
    return {match["name"]: match["label"] for match in lines if match}


def _decoded(path: Path) -> str:
    """Return a text that may be in Chinese, written on any system."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _doubt(clips: Sequence[Clip]) -> str | None:
    contradictory = [clip.name for clip in clips if _is_contradicted(clip)]
    if contradictory:
        lie = (
            f"{counted(len(contradictory), 'clip')} {'lies' if len(contradictory) == 1 else 'lie'}"
        )
        return f"{lie} in the folder of another emotion ({listed(contradictory)})"
    labels = len({clip.label for clip in clips} - {None})
    speakers = len({clip.speaker for clip in clips})
    if min(labels, speakers) >= 2:
        return None
    numbers = f"{counted(labels, 'label')} and {counted(speakers, 'speaker')}"
    return f"that would make {numbers}, where at least 2 of each are needed"


def _is_contradicted(clip: Clip) -> bool:
    folders = {emotion_of(part) for part in PurePosixPath(clip.name).parts[:-1]}
    return clip.emotion is not None and bool(folders - {None, clip.emotion})
