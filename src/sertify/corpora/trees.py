"""The files below a folder, told apart by what they may hold."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sertify.corpora.media import can_decode_media
from sertify.corpora.suffixes import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.suffixes import ending as ending
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

MOST_FILES = 2_000_000
"""Below one folder: the largest public corpora have a tenth of that, a disk has more."""

# Beside those whose name begins with a dot: what systems and editors put there.
SYSTEM_FOLDERS = frozenset({"__MACOSX", "__pycache__", "$RECYCLE.BIN", "System Volume Information"})

_SOUND = SUFFIXES | UNREAD_SUFFIXES


@dataclass(frozen=True)
class Tree:
    """A folder and the names of the files below it, relative to it, with ``/``, in their order.

    Links to files and folders are followed, but for those that lead back to a folder on their way.
    One that leads nowhere, but is called like audio, is a file: git-annex and DVC leave such.

    Parameters
    ----------
    files
        All but those aside.
    aside
        Those in hidden folders and in folders of the system, and hidden files.
    """

    root: Path
    files: tuple[str, ...]
    aside: tuple[str, ...] = ()

    @cached_property
    def audio(self) -> tuple[str, ...]:
        """The names that end like audio which can be decoded here."""
        return tuple(name for name in self.files if ending(name) in read_suffixes())

    @cached_property
    def audio_names(self) -> frozenset[str]:
        """The same, to look one up."""
        return frozenset(self.audio)

    @cached_property
    def unread(self) -> tuple[str, ...]:
        """The names that end like audio or film of which no sound is read here."""
        unread = UNREAD_SUFFIXES - read_suffixes()
        return tuple(name for name in self.files if ending(name) in unread)

    @cached_property
    def hidden_audio(self) -> tuple[str, ...]:
        """The names aside that end like audio."""
        # macOS leaves a ._a.wav beside an a.wav, which holds no audio.
        return tuple(
            name
            for name in self.aside
            if ending(name) in read_suffixes() and not name.rpartition("/")[2].startswith("._")
        )


def read_suffixes() -> frozenset[str]:
    """Return the endings of audio that can be decoded here; more where PyAV is installed."""
    return SUFFIXES | UNREAD_SUFFIXES if can_decode_media() else SUFFIXES


def tree_of(folder: Path) -> Tree:
    """Return the files below a folder.

    Raises ``ConfigurationError`` where there are more than ``MOST_FILES``.
    """
    files: list[str] = []
    aside: list[str] = []
    for name, hidden in _walk(folder, "", frozenset(), hidden=False):
        (aside if hidden else files).append(name)
        if len(files) + len(aside) > MOST_FILES:
            raise ConfigurationError(
                f"--data {folder}: holds more than {MOST_FILES:,} files;"
                " give the folder of a corpus"
            )
    return Tree(folder, tuple(sorted(files)), tuple(sorted(aside)))


def require_audio(tree: Tree) -> tuple[str, ...]:
    """Return the audio files of a folder.

    Raises ``ConfigurationError`` where there are none.
    """
    if not tree.audio:
        what = f"; {unread_files(tree.unread)}" if tree.unread else ""
        raise ConfigurationError(
            f"--data {tree.root}: holds no audio, such as .wav, .flac or .mp3{what}"
        )
    return tree.audio


def unread_files(names: Sequence[str]) -> str:
    """Say how many files hold sound that is not read here, and what reads it.

    >>> unread_files(["a.m4a", "b.amr", "c.m4a"])
    "not read: 2 .m4a, 1 .amr; pip install 'sertify[media]', or convert them to .wav or .flac"
    """
    kinds = Counter(ending(name) for name in names)
    told = listed(f"{number} {kind}" for kind, number in kinds.most_common())
    return f"not read: {told}; pip install 'sertify[media]', or convert them to .wav or .flac"


def _walk(
    folder: Path | str, above: str, way: frozenset[tuple[int, int]], *, hidden: bool
) -> Iterator[tuple[str, bool]]:
    try:
        found = os.stat(folder)  # noqa: PTH116 - pathlib takes three times as long
        here = (found.st_dev, found.st_ino)
        entries = [] if here in way else list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        name, aside = above + entry.name, hidden or entry.name.startswith(".")
        try:
            if entry.is_dir():
                aside = aside or entry.name in SYSTEM_FOLDERS
                yield from _walk(entry.path, f"{name}/", way | {here}, hidden=aside)
            elif entry.is_file() or (entry.is_symlink() and ending(name) in _SOUND):
                yield name, aside
        except OSError:  # a link that leads to itself
            continue
