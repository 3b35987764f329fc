"""Where the bytes of a recording lie: in a file of its own, or somewhere in a larger one."""

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
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

    def open(self, patches: Mapping[int, bytes] = MappingProxyType({})) -> BinaryIO:
        """Return its bytes to read and to seek in, from 0; at some places, others instead of them.

        Raises ``OSError`` where there is no file to read; what is no regular file, such as a pipe,
        could take for ever.
        """
        file = self.path.open("rb")
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(f"{self.path} is no regular file")
            if self.whole and not patches:
                return file
            return io.BufferedReader(_Window(file, self.offset, self.size, patches))
        except BaseException:
            file.close()
            raise

    def start(self, size: int) -> bytes:
        """Return its first bytes; none where it cannot be read."""
        with contextlib.suppress(OSError, ValueError):
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
        return self.look(0)[0]

    def look(self, size: int) -> tuple[str, bytes]:
        """Return its `digest`, and its first bytes."""
        with contextlib.suppress(OSError, ValueError):
            if self.path.is_file():
                with self.open() as file:
                    digest, start = _sha256(file)
                    return digest, start[:size]
        return MISSING, b""


def _sha256(file: BinaryIO) -> tuple[str, bytes]:
    """Return the digest of an open file in hex, and its first bytes.

    `hashlib.file_digest` is slow where files are small.
    """
    start = block = file.read(_FIRST)
    digest, size = hashlib.sha256(block), _FIRST
    while len(block) == size:
        size = _BLOCK
        block = file.read(size)
        digest.update(block)
    return digest.hexdigest(), start


class _Window(io.RawIOBase):
    """A stretch of a file as a file; closing it closes the file."""

    def __init__(
        self, file: BinaryIO, offset: int, size: int | None, patches: Mapping[int, bytes]
    ) -> None:
        self._file, self._offset, self._patches = file, offset, patches
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
        # A slice of the buffer itself might be a copy.
        read = self._file.readinto(memoryview(buffer)[:wanted])  # type: ignore[attr-defined]
        for place, patch in self._patches.items():
            for at, byte in enumerate(patch, start=place - self._at):
                if 0 <= at < read:
                    buffer[at] = byte
        self._at += read
        return int(read)

    def close(self) -> None:
        self._file.close()
        super().close()
