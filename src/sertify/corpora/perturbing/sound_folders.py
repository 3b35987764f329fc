"""A folder of noises, or of impulse responses, that the user gives."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sertify.corpora.audio import UnreadableAudio, read_audio
from sertify.corpora.contents import Content
from sertify.corpora.flaws import reasons_of
from sertify.corpora.survey import Waveform
from sertify.corpora.trees import tree_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted

LONGEST_SOUND = 30.0
"""Seconds of a recording that are read: noise goes on alike, and no room sounds longer."""

MOST_SECONDS = 600.0
"""Of all that are read; at 48 kHz they take 115 MB."""


@dataclass(frozen=True)
class FolderOfSounds:
    """What was read of a folder.

    Parameters
    ----------
    names, waveforms
        Of the recordings, as long as they are read, in no particular order.
    unread
        What cannot be read, and why, in words; empty where all can.
    digest
        Tells these sounds from others.
    """

    names: tuple[str, ...]
    waveforms: tuple[Waveform, ...]
    unread: str
    digest: str


def read_sounds(folder: Path, rate: int) -> FolderOfSounds:
    """Return the recordings below a folder at a sampling rate, until there are enough.

    Of many files, those are read whose names have the lowest digests: any, but always the same.

    Raises ``ConfigurationError`` where none can be read.
    """
    names = sorted(tree_of(folder).audio, key=_digest_of_name)
    if not names:
        what = "holds no audio, such as .wav or .flac" if folder.is_dir() else "is no folder"
        raise ConfigurationError(f"{folder} {what}; give a folder of recordings")
    flaws: list[tuple[str, UnreadableAudio]] = []
    found = dict(_read(folder, names, rate, flaws))
    unread = reasons_of((name, error.flaw) for name, error in flaws)
    if not found:
        message = f"{folder}: none of its {counted(len(names), 'recording')} can be used: {unread}"
        raise ConfigurationError(message)
    waveforms = tuple(waveform for waveform, _ in found.values())
    digest = hashlib.sha256("".join(digest for _, digest in found.values()).encode())
    return FolderOfSounds(tuple(found), waveforms, unread, digest.hexdigest())


def _read(
    folder: Path, names: list[str], rate: int, flaws: list[tuple[str, UnreadableAudio]]
) -> Iterator[tuple[str, tuple[Waveform, str]]]:
    left = round(MOST_SECONDS * rate)
    for name in names:
        if left <= 0:
            return
        content = Content(folder / name)
        try:
            waveform = read_audio(content, rate, end=LONGEST_SOUND)
        except UnreadableAudio as error:
            flaws.append((name, error))
            continue
        left -= waveform.size
        yield name, (waveform, content.digest())


def _digest_of_name(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
