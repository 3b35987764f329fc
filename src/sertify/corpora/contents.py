"""Where the bytes of a recording lie: in a file of its own, or somewhere in a larger one."""

import contextlib
import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sertify.vocabulary.files import Footprint, stamp_of

_FIRST, _BLOCK = 2**16, 2**20  # bytes that are read at once: first, and then

MISSING = "missing"
"""The digest of what cannot be read."""


@dataclass(frozen=True)
class Content:
    """A file, or a stretch of it.

    Parameters
    ----------
    offset, size
        Where the stretch begins and how long it is, in bytes; ``size`` is None where it lasts to
        the end of the file.
    """

    path: Path
    offset: int = 0
    size: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all that the file holds."""
        return self.offset == 0 and self.size is None

    def open(self) -> BinaryIO:
        """Return its bytes to read and to seek in, from 0.

        Raises ``OSError`` where there is no file to read; what is no regular file, such as a pipe,
        could take for ever.
        """
        file = self.path.open("rb")
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(f"{self.path} is no regular file")
            return file if self.whole else io.BufferedReader(_Window(file, self.offset, self.size))
        except BaseException:
            file.close()
            raise

    def start(self, size: int) -> bytes:
        """Return its first bytes; none where it cannot be read."""
        with contextlib.suppress(OSError):
            if self.path.is_file():
                with self.open() as file:
                    return file.read(size)
        return b""

    @property
    def stamp(self) -> Footprint | None:
        """What differs after the file was written or replaced; None where there is none."""
        return stamp_of(self.path)

    def digest(self) -> str:
        """Return the SHA-256 of its bytes in hex, ``MISSING`` where it cannot be read."""
        with contextlib.suppress(OSError):
            if self.path.is_file():
                with self.open() as file:
                    return _sha256(file)
        return MISSING


def _sha256(file: BinaryIO) -> str:
    """Return the digest of an open file in hex; `hashlib.file_digest` is slow where it is small."""
    digest = hashlib.sha256()
    size = _FIRST
    while len(block := file.read(size)) == size:
        digest.update(block)
        size = _BLOCK
    digest.update(block)
    return digest.hexdigest()


class _Window(io.RawIOBase):
    """A stretch of a file as a file; closing it closes the file."""

    def __init__(self, file: BinaryIO, offset: int, size: int | None) -> None:
        self._file, self._offset = file, offset
        rest = max(0, os.fstat(file.fileno()).st_size - offset)
        self._size = rest if size is None else min(size, rest)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        self._file.seek(self._offset + self._at)
        wanted = min(len(buffer), max(0, self._size - self._at))
        read = self._file.readinto(memoryview(buffer)[:wanted])  # type: ignore[attr-defined]
        self._at += read
        return int(read)

    def close(self) -> None:
        self._file.close()
        super().close()
