"""The clips of a folder whose files are named as those of a public corpus."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.forms.layouts import Layout
from sertify.corpora.listings import Listing
from sertify.corpora.splits import split_on
from sertify.corpora.trees import ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted, listed

_LOSSLESS = frozenset({".wav", ".wave", ".flac", ".aiff", ".aif"})


def read_layout(
    folder: Path, names: Sequence[str], layout: Layout, *, strict: bool = False
) -> Listing:
    """Read files as those of a public corpus, and leave out those that are named otherwise.

    Of files that hold one recording, in two formats or folders, one is taken.

    Raises ``ConfigurationError`` where `strict`, and a name does not fit.
    """
    stems = [stem_of(name) for name in names]
    excluded = [layout.why_excluded(stem) for stem in stems]
    others = [
        name
        for name, stem, why in zip(names, stems, excluded, strict=True)
        if not why and layout.match(stem) is None
    ]
    if others and strict:
        raise ConfigurationError(
            f"--data {folder}: should be read as {layout.name}, but"
            f" {counted(len(others), 'file')} of {len(names)} do not match: {listed(others)}"
        )
    reasons = {why: excluded.count(why) for why in layout.excluded}
    clips, copies = without_copies(clips_named(folder, names, layout), layout)
    doubts = [*_told(layout, others), *copies_told(copies)]
    left_out = {**reasons, "other name": len(others), "same recording": len(copies)}
    return Listing(
        clips,
        layout.name,
        layout.public,
        left_out=tuple(reason for reason in left_out.items() if reason[1]),
        warnings=tuple(doubts),
        states=layout.states,
    )


def _told(layout: Layout, others: Sequence[str]) -> Iterator[str]:
    if layout.remark:
        yield Doubt(layout.remark, Doubt.LOST)
    if others:
        number = counted(len(others), "file")
        text = f"{number} left out, not named as in {layout.name}: {listed(others)}"
        yield Doubt(text, Doubt.LOST)


def fits(layout: Layout, stem: str) -> bool:
    """Whether a path without its ending is named as in a corpus, or left out by its design."""
    return layout.match(stem) is not None or layout.why_excluded(stem) is not None


def stem_of(name: str) -> str:
    """Return a path without its ending."""
    end = ending(name)
    return name[: -len(end)] if end else name


def clips_named(folder: Path, names: Sequence[str], layout: Layout) -> Iterator[Clip]:
    """Yield the clips of those files that are named as in a corpus."""
    annotated = _annotations(folder, layout)
    for name in names:
        stem = stem_of(name)
        parts = None if layout.why_excluded(stem) else layout.match(stem)
        if parts is not None:
            code = layout.code(parts) or annotated.get(stem.rpartition("/")[2], "")
            yield Clip(
                name,
                folder / name,
                layout.label(code),
                layout.speaker.format_map(parts),
                layout.languages.get(parts.get("speaker") or ""),
                layout.gender(parts),
                parts.get("split") or split_on(name.rpartition("/")[0]),
                columns=layout.told(parts),
            )


def copies_told(pairs: Sequence[tuple[Clip, Clip]]) -> Iterator[str]:
    """Say which clips were not taken, each told with the one that was."""
    if pairs:
        which = listed((f"{left.name} = {taken.name}" for left, taken in pairs), most=3)
        files = f"{counted(len(pairs), 'file')} {'holds' if len(pairs) == 1 else 'hold'}"
        text = f"{files} a recording that is there in another file, too: {which}; one is taken"
        yield Doubt(text, Doubt.TOLD)


def without_copies(
    clips: Iterator[Clip], layout: Layout
) -> tuple[tuple[Clip, ...], list[tuple[Clip, Clip]]]:
    """Return one clip of each recording, and each other clip with the one that was taken.

    A recording is known by its speaker, its label and its name.

    Formats that lose nothing go before others, and files in fewer folders before others.
    """
    every = [(clip, _recording(clip, layout)) for clip in clips]
    taken: dict[tuple[str | None, ...], Clip] = {}
    for clip, recording in every:
        other = taken.setdefault(recording, clip)
        if other is not clip and _preference(clip) < _preference(other):
            taken[recording] = clip
    kept = tuple(clip for clip, recording in every if taken[recording] is clip)
    pairs = ((clip, taken[recording]) for clip, recording in every)
    return kept, [pair for pair in pairs if pair[0] is not pair[1]]


def _preference(clip: Clip) -> tuple[bool, int, str]:
    return ending(clip.name) not in _LOSSLESS, clip.name.count("/"), clip.name


def _recording(clip: Clip, layout: Layout) -> tuple[str | None, ...]:
    # CASIA counts the recordings of each emotion from the same number.
    return clip.speaker, clip.label, layout.recording(stem_of(clip.name))


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
