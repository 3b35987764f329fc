"""A folder of audio to a corpus of clips."""

import contextlib
import csv
import hashlib
import posixpath
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sertify.audio import SUFFIXES
from sertify.errors import ConfigurationError
from sertify.taxonomy import emotion_of

__all__ = ["EMBEDDED", "Clip", "Corpus", "read_corpus"]

_FILE_COLUMNS = ("file_name", "path")
_FACT_COLUMNS = ("label", "speaker", "language", "gender")


EMBEDDED = "embedded:"
"""How the fingerprint of a corpus begins that was not given by the user."""


@dataclass(frozen=True)
class Clip:
    """One audio file; ``name`` is its path relative to the corpus, ``label`` as the corpus has it.

    ``emotion`` is the canonical emotion of the label, or the label itself where the taxonomy does
    not know it, and None without a label.
    """

    name: str
    path: Path
    label: str | None = None
    speaker: str | None = None
    language: str | None = None
    gender: str | None = None

    @property
    def emotion(self) -> str | None:
        """The label in the words of the taxonomy."""
        return None if self.label is None else emotion_of(self.label) or self.label.casefold()


@dataclass(frozen=True)
class Corpus:
    """Clips, and a fingerprint of their contents and labels that no reordering changes."""

    name: str
    path: Path
    clips: tuple[Clip, ...]
    fingerprint: str

    @property
    def labelled(self) -> bool:
        """Whether any clip has a label to be judged against."""
        return any(clip.label is not None for clip in self.clips)

    @property
    def unknown_labels(self) -> tuple[str, ...]:
        """Labels that the taxonomy does not know."""
        labels = {clip.label for clip in self.clips if clip.label is not None}
        return tuple(sorted(label for label in labels if emotion_of(label) is None))

    def sample(self, size: int, seed: int = 0) -> "Corpus":
        """Return at most ``size`` clips: equally many of each label, and of its speakers.

        A smaller sample is part of a larger one.
        """
        clips = list(self.clips)
        Random(seed).shuffle(clips)
        by_speaker = _in_turn(clips, lambda clip: (clip.label, clip.speaker))
        by_label = _in_turn(by_speaker, lambda clip: clip.label)
        return make_corpus(self.name, self.path, by_label[:size])


def read_corpus(path: Path) -> Corpus:
    """Read a folder with a metadata.csv, one with a subfolder per label, or plain audio files.

    The metadata.csv follows the audiofolder convention of Hugging Face's datasets: a column
    ``file_name`` or ``path``, and optionally ``label``, ``speaker``, ``language``, ``gender``.

    Raises
    ------
    ConfigurationError
        Where that cannot be done; its text names the file, the line and what is needed.
    """
    if not path.is_dir():
        problem = (
            "is a file, but should be a folder" if path.exists() else "there is no such folder"
        )
        raise ConfigurationError(f"--data {path}: {problem}")
    metadata = path / "metadata.csv"
    clips = _from_metadata(metadata) if metadata.is_file() else _from_folders(path)
    if not clips:
        raise ConfigurationError(f"--data {path}: holds no audio ({', '.join(sorted(SUFFIXES))})")
    return make_corpus(path.resolve().name, path.resolve(), clips)


def make_corpus(name: str, path: Path, clips: Iterable[Clip]) -> Corpus:
    """Make a corpus of clips, in the order of their names."""
    ordered = tuple(sorted(clips, key=lambda clip: clip.name))
    return Corpus(name, path, ordered, _fingerprint(ordered))


def _in_turn(clips: Sequence[Clip], key: Callable[[Clip], Hashable]) -> list[Clip]:
    """Order clips so that each key has its turn, then each its second, and so on."""
    turn: Counter[Hashable] = Counter()
    turns = []
    for clip in clips:
        turn[key(clip)] += 1
        turns.append(turn[key(clip)])
    return [clips[index] for index in sorted(range(len(clips)), key=turns.__getitem__)]


def _fingerprint(clips: Sequence[Clip]) -> str:
    parts = sorted(
        f"{_content(clip.path)}\0{clip.label}\0{clip.speaker}\0{clip.language}" for clip in clips
    )
    # The name of a folder need not be UTF-8.
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


def _content(path: Path) -> str:
    with contextlib.suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    return "missing"


def _from_metadata(metadata: Path) -> list[Clip]:
    try:
        with metadata.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            column = _file_column(metadata, rows.fieldnames or ())
            clips = [_clip(metadata, row, column, rows.line_num) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{metadata}: is not a CSV file in UTF-8: {error}") from error
    if not clips:
        raise ConfigurationError(f"{metadata}: lists no file")
    _refuse_duplicates(metadata, clips)
    return clips


def _file_column(metadata: Path, columns: Sequence[str]) -> str:
    found = [column for column in _FILE_COLUMNS if column in columns]
    if len(found) == 1:
        return found[0]
    names = "both file_name and path" if found else "neither file_name nor path"
    raise ConfigurationError(
        f"{metadata}: has {names} among its columns ({', '.join(columns) or 'none'}),"
        " but should have one of them"
    )


def _clip(metadata: Path, row: Mapping[str | None, str | None], column: str, line: int) -> Clip:
    if None in row or None in row.values():
        raise ConfigurationError(f"{metadata}:{line}: has more or fewer fields than the header")
    name = posixpath.normpath(row[column] or "")
    if not _is_below(metadata.parent, name):
        raise ConfigurationError(
            f"{metadata}:{line}: {column} is {row[column]!r},"
            f" but should be a path relative to {metadata.parent} and below it"
        )
    facts = ((row.get(column) or "").strip() or None for column in _FACT_COLUMNS)
    return Clip(name, metadata.parent / name, *facts)


def _is_below(folder: Path, name: str) -> bool:
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL
        return False
    relative = not name.startswith("/") and name != "."
    return relative and path.is_relative_to(folder.resolve())


def _refuse_duplicates(metadata: Path, clips: Sequence[Clip]) -> None:
    names = Counter(clip.name for clip in clips)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigurationError(f"{metadata}: lists {', '.join(twice[:5])} more than once")


def _from_folders(path: Path) -> list[Clip]:
    nested = sorted(folder.parent.name for folder in path.glob("*/metadata.csv"))
    if nested:
        raise ConfigurationError(
            f"--data {path}: has no metadata.csv, but its folders {', '.join(nested)} do;"
            f" give one of them, for example --data {path / nested[0]}"
        )
    return list(_folder_clips(path))


def _folder_clips(path: Path) -> Iterator[Clip]:
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            name = file.relative_to(path)
            label = name.parts[0] if len(name.parts) > 1 else None
            yield Clip(name.as_posix(), file, label)
