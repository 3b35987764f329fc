"""What the header of a file tells of its length, held against the bytes that are there."""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Writers that did not know the length, as they wrote into a pipe, leave what means "to the end";
# those of SoX are a little below 2 GB.
_UNKNOWN = 0x7FFF0000
_MOST_CHUNKS = 1000
# Of what was promised: writers that count the header in are off by less.
_TOLERANCE, _LEAST = 0.01, 64
_LONGEST_PAGE = 27 + 255 + 255 * 255


@dataclass(frozen=True)
class Chunks:
    """How a container of chunks is built: where the first one is, and what its header holds."""

    first: int
    header: str
    data: bytes
    counted: int = 0  # bytes of the header that the size includes
    align: int = 2


_CHUNKS = {
    b"RIFF": Chunks(12, "<4sI", b"data"),
    b"RIFX": Chunks(12, ">4sI", b"data"),
    b"RF64": Chunks(12, "<4sI", b"data"),
    b"FORM": Chunks(12, ">4sI", b"SSND"),
    b"caff": Chunks(8, ">4sq", b"data", align=1),
    b"riff": Chunks(40, "<16sQ", b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a", 24, 8),
}


def is_cut_off(file: BinaryIO) -> bool:
    """Whether a file ends long before its header says; False where that says nothing."""
    size = file.seek(0, 2)
    file.seek(0)
    magic = file.read(4)
    promised = _promises.get(magic, _of_chunks)(file, size)
    if promised is None:
        return False
    begin, length = promised
    missing = begin + length - size
    return missing > max(_LEAST, _TOLERANCE * length)


def unknown_size(file: BinaryIO) -> int | None:
    """Return where the header of a WAV file says that it is empty, though sound follows.

    So writers leave it that did not come to their end. None where it is not so.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(8)
    if head[:4] != b"RIFF":
        return None
    # An empty WAV file is as long as it says: what follows is no sound.
    whole = struct.unpack("<I", head[4:])[0] + 8
    for name, begin, length in _walk(file, _CHUNKS[b"RIFF"]):
        if name == b"data":
            return begin - 4 if length == 0 and begin < size and whole != size else None
    return None


def _walk(file: BinaryIO, chunks: Chunks) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each chunk, where its content begins, and how long that should be."""
    at = chunks.first
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(struct.calcsize(chunks.header))
        if len(head) < struct.calcsize(chunks.header):
            return
        name, length = struct.unpack(chunks.header, head)
        begin = at + len(head)
        length -= chunks.counted
        yield name, begin, length
        if not 0 <= length < 2**62:  # where nothing can be sought
            return
        at = begin + length + -length % chunks.align


def _of_chunks(file: BinaryIO, _: int) -> tuple[int, int] | None:
    """Return where the samples of a container begin, and how many bytes these should have."""
    file.seek(0)
    magic = file.read(4)
    if magic not in _CHUNKS:
        return None
    length, kind = struct.unpack("<I4s", file.read(8).ljust(8, b"\0"))
    if kind == b"AVI ":
        return (8, length) if 0 < length < _UNKNOWN else None
    wide = None
    for name, begin, length in _walk(file, _CHUNKS[magic]):
        if name == b"ds64":
            file.seek(begin + 8)
            wide = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        if name == _CHUNKS[magic].data:
            length = wide if magic == b"RF64" and length == 0xFFFFFFFF and wide else length
            narrow = magic not in (b"RF64", b"caff", b"riff")
            unknown = length <= 0 or (narrow and length >= _UNKNOWN) or length >= 2**62
            return None if unknown else (begin, length)
    return None


def _of_au(file: BinaryIO, _: int) -> tuple[int, int] | None:
    begin, length = struct.unpack(">II", file.read(8).ljust(8, b"\0"))
    return None if length >= _UNKNOWN else (begin, length)


_FIELD = re.compile(rb"(sample_count|sample_n_bytes|channel_count) -i (\d{1,18})")


def _of_sphere(file: BinaryIO, _: int) -> tuple[int, int] | None:
    head = file.read(1024 - 4)
    if b"sample_coding -s" in head and b"shorten" in head:
        return None
    fields = {name: int(value) for name, value in _FIELD.findall(head)}
    if b"sample_count" not in fields:
        return None
    bytes_each = fields.get(b"sample_n_bytes", 1) * fields.get(b"channel_count", 1)
    return 1024, fields[b"sample_count"] * bytes_each


def _of_ogg(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Return where the last page of an Ogg file begins, and how long that should be."""
    start = max(0, size - _LONGEST_PAGE)
    file.seek(start)
    tail = file.read(_LONGEST_PAGE)
    at = tail.rfind(b"OggS\0")
    if at < 0:
        return None
    sizes = tail[at + 26 : at + 27]
    if not sizes or len(tail) < at + 27 + sizes[0]:
        return start + at, 27 + 255 * 255  # not even its header is whole
    return start + at, 27 + sizes[0] + sum(tail[at + 27 : at + 27 + sizes[0]])


_promises: dict[bytes, Callable[[BinaryIO, int], tuple[int, int] | None]] = {
    b".snd": _of_au,
    b"NIST": _of_sphere,
    b"OggS": _of_ogg,
}
