"""The zip archives that torch writes, read as torch reads them."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sertify.hub.tensors.index import BLOCK, CorruptWeights, WeightFile, refuse_long


@dataclass(frozen=True)
class Member:
    """A file in an archive: where its header is, and its size there and unpacked."""

    offset: int
    stored: int
    size: int
    method: int
    flags: int


def members_of(source: WeightFile) -> dict[bytes, Member]:
    """Return the members of an archive by their names in lower case, as they are listed.

    Torch does not mind the case of a name, and takes either of two members that share one. So
    that it cannot find another member than we do, names have to be distinct.
    """
    start, length = _directory(source)
    refuse_long(length)
    listed = list(_listed(source.read(start, length)))
    members = dict(listed)
    if len(members) < len(listed):
        raise CorruptWeights("has two members of the same name")
    if any(member.offset + 30 + member.stored > start for member in members.values()):
        raise CorruptWeights("has a member beyond its end")
    return members


def _directory(source: WeightFile) -> tuple[int, int]:
    """Return where the table of contents starts, and its length, in bytes.

    It has to end where the records begin that close the archive: readers disagree on the others.
    """
    start = max(0, source.size - BLOCK)
    tail = source.read(start, source.size - start)
    end = tail.rfind(b"PK\5\6")
    if not 0 <= end <= len(tail) - 22:
        raise CorruptWeights("ends without a table of contents, so a part of it is missing")
    length, offset = struct.unpack_from("<12xII", tail, end)
    if end >= 76 and tail.startswith(b"PK\6\7", end - 20):
        (record,) = struct.unpack_from("<8xQ", tail, end - 20)
        end -= 76
        length, offset = struct.unpack_from("<40xQQ", tail, end)
        if record != start + end or not tail.startswith(b"PK\6\6", end):
            raise CorruptWeights("has no valid end of its table of contents")
    if offset + length != start + end:
        raise CorruptWeights("has its table of contents in another place than it says")
    return offset, length


def _listed(directory: bytes) -> Iterator[tuple[bytes, Member]]:
    position = 0
    while position < len(directory):
        if not directory.startswith(b"PK\1\2", position) or len(directory) - position < 46:
            raise CorruptWeights("has a broken table of contents")
        flags, method, *sizes, name, extra, comment, offset = struct.unpack_from(
            "<8xHH8xIIHHH8xI", directory, position
        )
        start, position = position + 46, position + 46 + name + extra + comment
        wide = _wide(directory[start + name : start + name + extra])
        # zip64 gives what does not fit 32 bits in this order
        narrow = (*reversed(sizes), offset)
        size, stored, offset = (
            next(wide, number) if number == 0xFFFFFFFF else number for number in narrow
        )
        yield directory[start : start + name].lower(), Member(offset, stored, size, method, flags)


def _wide(extra: bytes) -> Iterator[int]:
    """Give the numbers in zip64's extra field."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            numbers = extra[position + 4 : position + 4 + length]
            yield from struct.unpack_from(f"<{len(numbers) // 8}Q", numbers)
            return
        position += 4 + length


def unpacked(source: WeightFile, member: Member) -> bytes:
    """Return the content of a member, at most ``MAX_INDEX`` bytes of it."""
    if member.flags & 1 or member.method not in (0, zlib.DEFLATED):
        raise CorruptWeights("has a pickle that is packed in a way that torch cannot read")
    refuse_long(max(member.size, member.stored))
    header = source.read(member.offset, min(BLOCK, source.size - member.offset))
    if not header.startswith(b"PK\3\4"):
        raise CorruptWeights("has no pickle where its table of contents says")
    start = member.offset + 30 + sum(struct.unpack_from("<26xHH", header))
    if start + member.stored > source.size:
        raise CorruptWeights("has a pickle that lies beyond its end")
    content = source.read(start, member.stored)
    if member.method:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, member.size + 1)
        except zlib.error as error:
            raise CorruptWeights(f"has a pickle that cannot be unpacked: {error}") from None
    if len(content) != member.size:
        raise CorruptWeights("has a pickle of another size than its table of contents says")
    return content
