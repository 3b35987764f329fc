"""The header of a safetensors file."""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sertify.hub.tensors.index import (
    BITS,
    CorruptWeights,
    NotInspectable,
    Tensor,
    TensorIndex,
    WeightFile,
    elements_of,
    is_count,
    refuse_long,
)
from sertify.vocabulary.text import quoted


def read_safetensors(file: BinaryIO, size: int) -> TensorIndex:
    """Return the index of a safetensors file of ``size`` bytes, in at most two reads.

    Raises
    ------
    CorruptWeights
        If safetensors would refuse it, or a name is in it twice.
    NotInspectable
        If its index is longer than ``MAX_INDEX`` or names a type of elements that is not known.
    OSError
        Whatever ``file`` raises.
    """
    source = WeightFile(file, size)
    if size < 8:
        raise CorruptWeights(f"ends after {size} of the 8 bytes that tell the size of its index")
    (length,) = struct.unpack("<Q", source.head[:8])
    if length > size - 8:
        raise CorruptWeights(f"ends after {size - 8:,} of {length:,} bytes of its index")
    refuse_long(length)
    entries = [_entry(name, entry) for name, entry in _header(source.read(8, length))]
    _require_gapless(entries, size - 8 - length)
    return TensorIndex({entry.name: Tensor(entry.shape, entry.dtype) for entry in entries})


@dataclass(frozen=True)
class _Entry:
    name: str
    shape: tuple[int, ...]
    dtype: str
    start: int
    end: int


def _header(text: bytes) -> Iterator[tuple[str, object]]:
    """Parse the index, and give what it says of each tensor."""
    try:
        header = json.loads(text.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CorruptWeights(f"has an index that is not valid JSON: {error}") from None
    if not isinstance(header, dict):
        raise CorruptWeights("has an index that is not a JSON object")
    if not _is_metadata(header.pop("__metadata__", None)):
        raise CorruptWeights("has metadata that is not text")
    yield from header.items()


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    distinct = dict(pairs)
    if len(distinct) < len(pairs):
        raise ValueError("a key is in it twice")
    for key in distinct:
        key.encode()  # JSON can spell a lone surrogate, which is no text
    return distinct


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is in it")


def _is_metadata(value: object) -> bool:
    if not isinstance(value, dict):
        return value is None
    return all(isinstance(text, str) for text in value.values())


def _entry(name: str, entry: object) -> _Entry:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [start, end]}:
            elements = elements_of(shape)
            if elements is not None and is_count(start) and is_count(end):
                _require_fit(name, dtype, elements, end - start)
                return _Entry(name, tuple(shape), dtype, start, end)
    raise CorruptWeights(f"has no valid entry for {quoted(name)} in its index")


def _require_fit(name: str, dtype: str, elements: int, size: int) -> None:
    if dtype not in BITS:
        raise NotInspectable(f"holds {quoted(name)} of type {quoted(dtype)}, which is not known")
    if elements * BITS[dtype] != size * 8:
        message = f"holds {size:,} bytes of {quoted(name)}, which do not fit its shape and type"
        raise CorruptWeights(message)


def _require_gapless(entries: Iterable[_Entry], size: int) -> None:
    """Raise CorruptWeights unless the tensors lie one after the other and fill ``size`` bytes."""
    position = 0
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.start != position:
            where = f"at byte {entry.start:,}, but should have it at {position:,}"
            raise CorruptWeights(f"has {quoted(entry.name)} {where}")
        position = entry.end
    if position > size:
        raise CorruptWeights(f"ends after {size:,} of {position:,} bytes of its tensors")
    if position < size:
        raise CorruptWeights(f"has {size - position:,} bytes after its last tensor")
