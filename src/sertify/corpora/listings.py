"""What a reader finds in a folder, before any of it is left out or hashed."""

import os.path
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed


@dataclass(frozen=True)
class Listing:
    """The clips of a folder as one reader reads it; the other fields are those of a corpus.

    ``language`` is that of the clips which name none themselves; ``columns`` are those of the table
    that it was read from, if any.
    """

    clips: tuple[Clip, ...]
    layout: str
    public: str | None = None
    language: str | None = None
    left_out: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def refuse_repeated(place: str, clips: Sequence[Clip]) -> None:
    """Raise ``ConfigurationError`` where the table at a place lists no file, or one twice."""
    if not clips:
        raise ConfigurationError(f"{place} lists no file")
    twice = [name for name, count in Counter(clip.name for clip in clips).items() if count > 1]
    if twice:
        raise ConfigurationError(f"{place} lists {listed(twice)} more than once")


def is_below(folder: Path, name: str) -> bool:
    """Whether the relative path `name` leads to something below `folder`, links followed."""
    try:
        # A corpus has many clips: resolving a Path takes three times as long.
        path, root = (os.path.realpath(path) for path in (folder / name, folder))
    except (OSError, ValueError):  # a NUL
        return False
    if name.startswith("/") or name == "." or os.path.islink(path):  # noqa: PTH114 - a loop
        return False
    return path == root or path.startswith(os.path.join(root, ""))  # noqa: PTH118


def is_there(folder: Path, name: str) -> bool:
    """Whether the relative path `name` leads to a file below `folder`."""
    try:
        return is_below(folder, name) and (folder / name).is_file()
    except OSError:  # a name that is too long
        return False
