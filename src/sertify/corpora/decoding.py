"""Recordings of any format to blocks of samples, or why they cannot be decoded."""

import contextlib
import os
import struct
import sys
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

from sertify.corpora.contents import Content
from sertify.corpora.flaws import PASSING, UnreadableAudio
from sertify.corpora.formats import START, Format, format_of
from sertify.corpora.lengths import is_cut_off, unknown_size
from sertify.corpora.media import media_blocks
from sertify.corpora.sight import flaw_at_sight, flaw_of_path

DECODING = 2
"""Goes up where a recording is heard in another way than before, or another flaw is found in it."""

UNKNOWN_LENGTH = 2**62
"""Frames; libsndfile tells more of a FLAC file that does not tell its length."""

Block = NDArray[np.float32]
"""Samples of shape (frames, channels)."""

# Frames. What a header says of the length may be wrong by terabytes, so none is allocated for it.
_BLOCK = 2**16
# libsndfile's word for what the system refused, such as one file more that is open.
_SYSTEM_ERROR = 2
# Hz. A header beyond is broken, and resampling from 1 Hz would take gigabytes.
_RATES = range(1_000, 1_000_000)
# Of the length that FLAC and MP3 tell: that of MP3 may count padding.
_TOLERANCE = 0.01
_TO_THE_END = struct.pack("<I", 2**32 - 1)


def blocks(content: Content, start: float, end: float | None) -> Iterator[tuple[int, Block]]:
    """Yield the sampling rate and the samples between two times, piece by piece.

    Raises ``UnreadableAudio`` where that cannot be done, also after some.
    """
    head = content.start(START)
    flaw = flaw_of_path(content.path) or flaw_at_sight(content, head)
    if flaw is not None:
        raise UnreadableAudio(flaw.code, flaw.detail, lasting=flaw.code not in PASSING)
    found = format_of(head) or Format("")
    if found.demuxer:
        yield from _stretch(media_blocks(content, found.demuxer), start, end)
    else:
        yield from _sound_blocks(content, start, end)


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # it has no types
    """Reads on without seeking, as soundfile does around each block that it reads.

    By that, libsndfile loses sound where frames depend on each other, and the end of a FLAC file
    that does not tell its length.
    """

    def seekable(self) -> bool:
        return False

    @property
    def length(self) -> int | None:
        """How many frames the header tells; None where it does not."""
        return self.frames if 0 < self.frames < UNKNOWN_LENGTH else None

    def skip(self, frames: int) -> None:
        """Go on to a frame, from the first one."""
        exact = self.subtype.startswith(("PCM", "FLOAT", "DOUBLE")) and self.length
        if exact:
            self.seek(frames)
            return
        while frames and (read := len(self.block(frames))):
            frames -= read

    def block(self, most: int) -> Block:
        """Return the next frames."""
        found: Block = self.read(min(most, _BLOCK), "float32", always_2d=True)
        return found


def _sound_blocks(content: Content, start: float, end: float | None) -> Iterator[tuple[int, Block]]:
    try:
        with contextlib.ExitStack() as stack:
            file = _opened(content, stack)
            rate, first = file.samplerate, round(start * file.samplerate)
            if rate not in _RATES:
                raise UnreadableAudio("undecodable", f"its sampling rate is {rate} Hz")
            if first and not 0 < first < (file.length or sys.maxsize):
                return
            file.skip(first)
            # The header is not asked for the end: it may lie.
            left = sys.maxsize if end is None else max(0, round(end * rate) - first)
            read = first
            while (block := file.block(left)).size:
                left, read = left - len(block), read + len(block)
                yield rate, block
            if left and (_is_short(file, read) or _is_cut_off(content)):
                raise UnreadableAudio("truncated")
    except OSError as error:
        raise UnreadableAudio("unreadable", error.strerror or "", lasting=False) from error
    except soundfile.LibsndfileError as error:
        raise _why_not(content, error) from error
    except (TypeError, ValueError) as error:
        raise UnreadableAudio("undecodable", str(error)) from error


def _opened(content: Content, stack: contextlib.ExitStack) -> _Stream:
    with content.open() as file:
        place = unknown_size(file)
    if place is None and content.whole:
        # Of a text, libsndfile takes no name that is not in UTF-8.
        name = os.fsencode(content.path) if os.name == "posix" else content.path
        whole: _Stream = stack.enter_context(_Stream(name))
        return whole
    patches = {} if place is None else {4: _TO_THE_END, place: _TO_THE_END}
    mended: _Stream = stack.enter_context(_Stream(stack.enter_context(content.open(patches))))
    return mended


def _is_short(file: _Stream, read: int) -> bool:
    """Whether fewer frames were there than a header tells that libsndfile believes."""
    promised = file.length if file.format in ("FLAC", "MP3", "MPEG") else None
    return promised is not None and read < promised * (1 - _TOLERANCE)


def _is_cut_off(content: Content) -> bool:
    with content.open() as file:
        return is_cut_off(file)


def _why_not(content: Content, error: soundfile.LibsndfileError) -> UnreadableAudio:
    if error.code == _SYSTEM_ERROR:
        return UnreadableAudio("unreadable", error.error_string, lasting=False)
    with contextlib.suppress(OSError):
        if _is_cut_off(content) or _runs_out(content):
            return UnreadableAudio("truncated")
    return UnreadableAudio("undecodable", f"libsndfile says {error.error_string}")


def _runs_out(content: Content) -> bool:
    """Whether decoding comes to the end of a FLAC file before it fails: no damage is on the way."""
    with content.open() as file:
        if file.read(4) != b"fLaC":
            return False
        file.seek(0)
        with contextlib.suppress(soundfile.LibsndfileError), _Stream(file) as stream:
            while stream.block(_BLOCK).size:
                pass
        return file.tell() >= file.seek(0, 2)


def _stretch(
    found: Iterator[tuple[int, Block]], start: float, end: float | None
) -> Iterator[tuple[int, Block]]:
    """Yield what lies between two times; what is before them is decoded, but dropped."""
    at = 0
    for rate, block in found:
        if rate not in _RATES:
            raise UnreadableAudio("undecodable", f"its sampling rate is {rate} Hz")
        first = round(start * rate) - at
        last = sys.maxsize if end is None else round(end * rate) - at
        if start < 0 or last <= 0:
            return
        at += len(block)
        part = block[max(0, first) : last]
        if part.size:
            yield rate, part
