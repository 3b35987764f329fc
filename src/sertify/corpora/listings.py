"""What a reader finds in a folder, before any of it is left out or hashed."""

from dataclasses import dataclass
from pathlib import Path

from sertify.corpora.clips import Clip

__all__ = ["Listing", "is_below", "is_there"]


@dataclass(frozen=True)
class Listing:
    """The clips of a folder as one reader reads it; the other fields are those of a corpus.

    ``language`` is that of the clips which name none themselves.
    """

    clips: tuple[Clip, ...]
    layout: str
    public: str | None = None
    language: str | None = None
    left_out: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()


def is_below(folder: Path, name: str) -> bool:
    """Whether the relative path `name` leads to something below `folder`, links followed."""
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL
        return False
    relative = not name.startswith("/") and name != "."
    return relative and path.is_relative_to(folder.resolve())


def is_there(folder: Path, name: str) -> bool:
    """Whether the relative path `name` leads to a file below `folder`."""
    try:
        return is_below(folder, name) and (folder / name).is_file()
    except OSError:  # a name that is too long
        return False
