"""Tensors by name, and a weight file that is read in large pieces."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeGuard

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""The keys under which a checkpoint of a training run holds its tensors."""

MAX_INDEX = 16 * 2**20
"""The longest index that is read, in bytes; 800 tensors need about 100,000."""

BLOCK = 64 * 2**10
MOST = 2**63


class CorruptWeights(ValueError):
    """The file is broken, or is no weight file; the message says how, after the file's name."""


class NotInspectable(ValueError):
    """It may be sound, but what it holds cannot be told without loading it; worded likewise."""


@dataclass(frozen=True)
class Tensor:
    """A tensor's shape, and the type of its elements as safetensors calls it, such as F32."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class TensorIndex:
    """The tensors of one weight file or of several, by name.

    ``inside`` is the key of the pickle, one of `WRAPPERS`, under which they are all; "" where they
    are at its top. What is beside that key is none of its ``others``. ``adapter`` has those of the
    adapter that is to be added to them; None where there is none.

    ``others`` are the keys, sorted, under which a pickle holds something else; a key that is no
    string is shown as Python would, or by its type. ``unsafe`` are the functions and
    classes, sorted, that the pickle names and ``torch.load(weights_only=True)`` refuses, "?" for
    one whose name is hidden. A pickle that breaks after it named one has no tensors: loading it
    would run that first. ``problem`` is why the tensors cannot be listed without loading them,
    where that is so.
    """

    tensors: Mapping[str, Tensor]
    others: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    problem: str = ""
    inside: str = ""
    adapter: "TensorIndex | None" = None

    @property
    def parameters(self) -> int:
        """The number of elements; tensors that share their memory count each."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def facts(self) -> dict[str, Any]:
        """What it is to be judged by."""
        return {"tensors": len(self.tensors), "unsafe": self.unsafe, "problem": self.problem}

    @classmethod
    def merged(cls, indexes: Iterable["TensorIndex"]) -> "TensorIndex":
        """Return the index of all shards; of a tensor that is in two, the later counts."""
        shards = tuple(indexes)
        return cls(
            {name: tensor for shard in shards for name, tensor in shard.tensors.items()},
            tuple(sorted({name for shard in shards for name in shard.others})),
            tuple(sorted({name for shard in shards for name in shard.unsafe})),
            next((shard.problem for shard in shards if shard.problem), ""),
            next((shard.inside for shard in shards if shard.inside), ""),
        )


class WeightFile:
    """A file of known size, which is only asked for what it has not given yet.

    Its start is read at once. Raises ``CorruptWeights`` if it is no weight file at all.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._pieces: dict[int, bytes] = {}
        self.head = self.read(0, min(BLOCK, size))
        start = self.head[:512].lstrip().lower()
        if size == 0:
            raise CorruptWeights("is empty")
        if start.startswith(b"version https://git-lfs.github.com/spec/"):
            raise CorruptWeights("is a Git LFS pointer, not the weights")
        if start.startswith((b"<!doctype", b"<html", b"<?xml")):
            raise CorruptWeights("is a web page, not the weights")

    def read(self, offset: int, length: int) -> bytes:
        """Return that range, which has to lie within the file."""
        for start, piece in self._pieces.items():
            if start <= offset and offset + length <= start + len(piece):
                return piece[offset - start : offset - start + length]
        self._pieces[offset] = self._fetch(offset, length)
        return self._pieces[offset]

    def _fetch(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        piece = bytearray()
        while len(piece) < length and (more := self._file.read(length - len(piece))):
            piece += more
        if len(piece) < length:
            raise CorruptWeights(f"ends after {offset + len(piece):,} of {self.size:,} bytes")
        return bytes(piece)


def refuse_long(length: int) -> None:
    """Raise NotInspectable for an index that nobody would want to wait for."""
    if length > MAX_INDEX:
        message = f"has an index of {length:,} bytes, of which at most {MAX_INDEX:,} are read"
        raise NotInspectable(message)


def elements_of(shape: Sequence[object]) -> int | None:
    """Return how many elements a tensor of this shape has; None if there is no such tensor."""
    product = 1
    for size in shape:
        if not is_count(size):
            return None
        product *= size
        if product >= MOST:
            return None
    return product


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value is a number of something."""
    return type(value) is int and 0 <= value < MOST


BITS: Mapping[str, int] = (
    {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "BOOL": 8, "I8": 8, "U8": 8}
    | dict.fromkeys(("F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E5M2FNUZ", "F8_E8M0"), 8)
    | dict.fromkeys(("BF16", "F16", "I16", "U16"), 16)
    | dict.fromkeys(("C32", "F32", "I32", "U32"), 32)
    | dict.fromkeys(("C64", "F64", "I64", "U64"), 64)
    | {"C128": 128}
)
"""The size of an element. safetensors has no C32 and no C128: they are named alike."""
