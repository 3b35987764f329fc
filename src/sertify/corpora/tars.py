"""What lies where in tar files, in which recordings are read in place."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sertify.corpora.sight import stand_in
from sertify.corpora.trees import MOST_FILES
from sertify.corpora.unpacking import LEFT_FREE, Scratch
from sertify.vocabulary.archives import archive_kind
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import amount

MOST_TIMES = 200
"""How many times its own size an archive may unpack to, above ``FEW_BYTES``."""

FEW_BYTES = 2**30

# Bytes. A header beyond holds no name, but would be read at once.
_LONGEST_HEADER = 2**20
_PIECE = 2**20

_OPEN: Mapping[str, Callable[[Path], Any]] = {
    "gz": gzip.open,
    "bz2": bz2.open,
    "xz": lzma.open,
}


# As which Python's libraries say that an archive is broken, or packed as none of them knows.
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class TarMember:
    """A file within a tar file: its name as it is written there, and where its bytes lie."""

    name: str
    offset: int
    size: int


def files_in_tar(path: Path) -> Iterator[TarMember]:
    """Yield the files in a tar file that is not compressed.

    Links, devices and files with holes are left out.

    Raises ``ConfigurationError`` where it is no tar file.
    """
    with readable_archive(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        archive: Any
        with tarfile.open(fileobj=_Bounded(file), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number > MOST_FILES:
                    raise ConfigurationError(f"{path}: holds more than {MOST_FILES:,} files")
                if member.isreg() and not member.issparse():
                    if member.offset_data + member.size > size:
                        raise tarfile.ReadError(f"{member.name!r} is cut off")
                    yield TarMember(member.name, member.offset_data, member.size)
                archive.members.clear()  # which it would keep, each


def plain_tar(path: Path, scratch: Scratch) -> Path:
    """Return a tar file that is not compressed: itself, or what it unpacks to.

    Raises ``ConfigurationError`` where that is too much.
    """
    _, compressed = archive_kind(path.name)
    if not compressed:
        return path
    place = scratch.path / f"{len([*scratch.path.iterdir()])}.tar"
    with readable_archive(path), _OPEN[compressed](path) as source, place.open("wb") as target:
        copy_bounded(path, source, target)
    return place


def copy_bounded(path: Path, source: BinaryIO, target: BinaryIO) -> int:
    """Copy what an archive unpacks to; return how many bytes.

    Raises ``ConfigurationError`` where the disk has no space for it, or it is far too much for the
    size of the archive, as such are that were made to fill disks.
    """
    copied = 0
    while piece := source.read(_PIECE):
        copied += len(piece)
        require_room(path, copied, Path(target.name).parent, len(piece))
        target.write(piece)
    return copied


def require_room(path: Path, size: int, folder: Path, more: int) -> None:
    """Raise ``ConfigurationError`` where an archive unpacks to too much.

    ``size`` is that of all, and ``more`` are the bytes of it that the disk has still to hold.
    """
    packed = path.stat().st_size
    if size > FEW_BYTES and size > MOST_TIMES * packed:
        raise ConfigurationError(
            f"{path}: has {amount(packed)}, but unpacks to more than {MOST_TIMES} times as much;"
            " if you trust it, unpack it yourself and give that folder"
        )
    free = shutil.disk_usage(folder).free
    if free < more + LEFT_FREE:
        raise ConfigurationError(
            f"{path}: unpacks to {amount(size)} or more, but {amount(free)} are free in"
            f" {folder.parent}: free some, or set TMPDIR to a larger disk"
        )


@contextmanager
def readable_archive(path: Path) -> Iterator[None]:
    """Say in words what is wrong with an archive."""
    kind, _ = archive_kind(path.name)
    try:
        yield
    except _BROKEN as error:
        text = getattr(error, "strerror", None) or str(error)  # without a place that soon is gone
        said = text.partition("\n")[0][:200] or type(error).__name__
        what = stand_in(path) or f"{said}; if its download was broken off, download it again"
        raise ConfigurationError(f"{path}: cannot be unpacked as {kind}: {what}") from error


class _Bounded(io.RawIOBase):
    """A file of which no more is read at once than a header may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER:
            raise tarfile.ReadError("a header is too long")
        return self._file.read(size)
