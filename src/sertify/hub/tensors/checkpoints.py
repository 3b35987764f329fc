"""What torch.save wrote: the pickle in its archive, walked but not executed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from sertify.hub.tensors.archives import Member, members_of, unpacked
from sertify.hub.tensors.index import (
    BITS,
    MOST,
    WRAPPERS,
    CorruptWeights,
    NotInspectable,
    Tensor,
    TensorIndex,
    WeightFile,
    elements_of,
    is_count,
)
from sertify.hub.tensors.pickles import (
    BrokenPickle,
    Call,
    Entries,
    Global,
    LongPickle,
    Persistent,
    Walk,
)
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import quoted, shown

_Records = Mapping[str, int]

# Before version 1.6 torch wrote this number, as a pickle, at the start of a checkpoint.
_MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")

_WORDS = read_words(__file__)
_STORAGES: Mapping[str, str] = _WORDS["storages"]
_DTYPES: Mapping[str, str] = _WORDS["dtypes"]

# Torch has no such list before it is imported, which takes seconds, and older versions have
# shorter ones: what is safe should not depend on the version at hand.
SAFE_GLOBALS = frozenset(
    f"{module}.{name}" for module, names in _WORDS["safe"].items() for name in names.split()
)
"""The functions and classes that ``torch.load(weights_only=True)`` allows in torch 2.13."""

# A parameter with attributes is wrapped twice. Torch itself iterates over up to 64 dimensions. To
# follow what a pickle repeats out of its memo without such limits could take for ever.
_WRAPPED, _DIMENSIONS = 4, 64


def read_torch(file: BinaryIO, size: int) -> TensorIndex:
    """Return the index of what ``torch.save`` wrote, ``size`` bytes, in one to four reads.

    Raises
    ------
    CorruptWeights
        If it is no archive of torch, or a part of it is missing or does not fit the others.
    NotInspectable
        If it is in the format from before torch 1.6, holds something
        else than a dict, or is longer than ``MAX_INDEX`` or than a walk goes.
    OSError
        Whatever ``file`` raises.
    """
    source = WeightFile(file, size)
    if source.head.startswith(b"\x80"):
        return _bare(source.head)
    # Torch looks at the first bytes alone: an archive further on would not be what it loads.
    if not source.head.startswith(b"PK\3\4"):
        raise CorruptWeights(f"is not a checkpoint of torch: it starts with {source.head[:8]!r}")
    members = members_of(source)
    folder = _folder(members)
    pickle = unpacked(source, members[folder + b"data.pkl"])
    data = folder + b"data/"
    records = {
        name.removeprefix(data).decode("latin-1"): member.size for name, member in members.items()
    }
    return _walked(pickle, records)


def _bare(head: bytes) -> TensorIndex:
    """Return what a pickle outside of an archive names that is unsafe; its tensors are unknown."""
    walk = Walk(head)
    # It may well end before its end, here as in torch's old format, which is several of them.
    with suppress(ValueError):
        walk.run()
    if unsafe := _unsafe(walk.names):
        return TensorIndex({}, (), unsafe)
    if _MAGIC in head[:32]:
        raise NotInspectable("is in the format that torch wrote before version 1.6")
    raise CorruptWeights("is a pickle, but not a checkpoint of torch")


def _folder(members: Mapping[bytes, Member]) -> bytes:
    """Return the folder in the archive that torch takes: the one that is listed first."""
    folder, slash, _ = next(iter(members), b"").partition(b"/")
    folder += slash
    script = (folder + b"code/", folder + b"constants.pkl")
    if any(name.startswith(script) for name in members):
        raise CorruptWeights("is a TorchScript program, not a checkpoint")
    if not slash or folder + b"data.pkl" not in members:
        raise CorruptWeights("is an archive without a data.pkl, so it is not a checkpoint of torch")
    return folder


def _walked(pickle: bytes, records: _Records) -> TensorIndex:
    walk = Walk(pickle)
    try:
        top = walk.run()
        tensors, others = _held(top, records)
        inside = "" if tensors else _wrapper(top)
        if inside:
            tensors, others = _held(dict(_named(top))[inside], records)
    except ValueError as error:
        if unsafe := _unsafe(walk.names):
            return TensorIndex({}, (), unsafe)
        if isinstance(error, BrokenPickle):
            raise CorruptWeights(f"has a broken pickle: {error}") from None
        if isinstance(error, LongPickle):
            raise NotInspectable(f"has a long pickle: {error}") from None
        raise
    return TensorIndex(tensors, others, _unsafe(walk.names), inside=inside)


def _unsafe(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({_shown(name) for name in names if name not in SAFE_GLOBALS}))


def _named(top: object) -> Iterator[tuple[str, object]]:
    """Yield what a dict holds under names."""
    if isinstance(top, Entries):
        yield from ((key, value) for key, value in top.pairs if isinstance(key, str))


def _wrapper(top: object) -> str:
    """Return the key under which a dict holds another one of tensors."""
    inner = {key: value for key, value in _named(top) if isinstance(value, Entries)}
    held = (key for key in WRAPPERS if any(map(_rebuilt, dict(_named(inner.get(key))).values())))
    return next(held, "")


def _held(top: object, records: _Records) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    if not isinstance(top, Entries):
        raise NotInspectable("holds something other than a dict of tensors")
    named = dict(_named(top))
    held = {name: _tensor(name, value, records) for name, value in named.items()}
    others = {_shown(name) for name, tensor in held.items() if tensor is None}
    others |= {_shown(key) for key, _ in top.pairs if not isinstance(key, str)}
    tensors = {name: tensor for name, tensor in held.items() if tensor is not None}
    return tensors, tuple(sorted(others))


def _shown(key: object) -> str:
    if isinstance(key, str):
        return shown(key)
    # Few bytes of a pickle can make a number or a tuple that takes hours to write.
    if key is None or isinstance(key, float) or (isinstance(key, int) and abs(key) < MOST):
        return repr(key)
    return f"<{type(key).__name__.lower()}>"


def _tensor(name: str, value: object, records: _Records) -> Tensor | None:
    """Return the tensor that a value is; None if it is something else, or is not dense."""
    match _rebuilt(value):
        case (Persistent(("storage", Global(kind), str(key), _, numel)), *layout, str(named)):
            storage = _storage_dtype(kind)
            dtype = _DTYPES.get(named) if named else storage
            if storage and dtype and is_count(numel):
                size = numel * BITS[storage] // 8
                _require_record(name, size, records.get(key))
                return Tensor(_shape(name, layout, size * 8 // BITS[dtype]), dtype)
    return None


def _storage_dtype(name: str) -> str | None:
    if name == "torch.storage.UntypedStorage":
        return "U8"
    return _STORAGES.get(name.rpartition(".")[2].removesuffix("Storage"))


def _rebuilt(value: object) -> tuple[object, ...] | None:
    """Return the storage, offset, shape, strides and type of a tensor; no type: the storage's."""
    for _ in range(_WRAPPED):
        match value:
            case Call(changed=True):
                return None
            case Call("torch._tensor._rebuild_from_type_v2", (Global(function), _, tuple(call), _)):
                value = Call(function, call)
            case Call(
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                (inner, *_),
            ):
                value = inner
            case Call(
                "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
                (_, _, _, _, *_) as call,
            ):
                return *call[:4], ""
            case Call(
                "torch._utils._rebuild_tensor_v3", (_, _, _, _, _, _, Global(dtype), *_) as call
            ):
                return *call[:4], dtype.removeprefix("torch.")
    return None


def _require_record(name: str, size: int, found: int | None) -> None:
    if found is None:
        raise CorruptWeights(f"lacks the data of {quoted(name)}")
    if found != size:
        message = f"holds {found:,} bytes of data for {quoted(name)}, but should hold {size:,}"
        raise CorruptWeights(message)


def _shape(name: str, layout: Sequence[object], available: int) -> tuple[int, ...]:
    """Return the shape, after a look at whether the storage has all that the tensor refers to."""
    match layout:
        case (offset, tuple(shape), tuple(strides)) if len(shape) == len(strides) <= _DIMENSIONS:
            elements = elements_of(shape)
            if elements is not None and all(map(is_count, (offset, *strides))):
                steps = (stride * (size - 1) for stride, size in zip(strides, shape, strict=True))
                if elements and offset + sum(steps) >= available:
                    raise CorruptWeights(f"has less data than {quoted(name)} refers to")
                return tuple(shape)
    raise CorruptWeights(f"holds {quoted(name)} in an impossible shape")
