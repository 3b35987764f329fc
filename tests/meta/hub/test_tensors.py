"""The index of a weight file says what torch and safetensors would load, and runs nothing."""

import contextlib
import io
import json
import os
import pickle
import random
import struct
import tempfile
import time
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import _weights_only_unpickler

from sertify.hub.tensors.checkpoints import SAFE_GLOBALS, read_torch
from sertify.hub.tensors.index import MAX_INDEX, CorruptWeights, NotInspectable, Tensor, TensorIndex
from sertify.hub.tensors.pickles import MAX_INSTRUCTIONS, BrokenPickle, Walk
from sertify.hub.tensors.safetensors_files import read_safetensors

SHARED = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
    torch.uint16: "U16",
    torch.uint32: "U32",
    torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.complex64: "C64",
}
DTYPES = SHARED | {torch.complex128: "C128"}
PROTOCOLS = (2, 3, 4, 5)

examples = settings(max_examples=60, deadline=None)


class CountingFile(io.BytesIO):
    """A file that counts what is asked of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.reads: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.reads.append(len(content))
        return content


def saved(content: object, protocol: int = 2) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, pickle_protocol=protocol)
    return file.getvalue()


def of_torch(content: bytes) -> TensorIndex:
    return read_torch(io.BytesIO(content), len(content))


def of_safetensors(content: bytes) -> TensorIndex:
    return read_safetensors(io.BytesIO(content), len(content))


def loaded(content: bytes) -> Mapping[str, Tensor]:
    """Return what torch itself finds in a checkpoint that is known to be harmless."""
    state = torch.load(io.BytesIO(content), weights_only=False)
    return {
        name: Tensor(tuple(value.shape), DTYPES[value.dtype])
        for name, value in state.items()
        if isinstance(value, torch.Tensor) and value.layout is torch.strided
    }


def outcome(read: Callable[[bytes], TensorIndex], content: bytes) -> str:
    """Return the complaint about a file, after its kind."""
    with pytest.raises((CorruptWeights, NotInspectable)) as caught:
        read(content)
    return f"{type(caught.value).__name__}: {caught.value}"


# ---------------------------------------------------------------------- torch's checkpoints

NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
KINDS = st.sampled_from(
    ["plain", "parameter", "frozen", "attributed", "transposed", "sliced", "expanded"]
)


def built(dtype: torch.dtype, shape: tuple[int, ...], kind: str) -> torch.Tensor:
    """Return a tensor that torch pickles in the way that `kind` needs."""
    plain = torch.empty((*shape, 2), dtype=torch.uint8).to(dtype)
    match kind:
        case "transposed":
            return plain.transpose(0, -1)
        case "sliced":
            return plain[..., 1:]
        case "expanded":
            return plain[..., :1].expand(*shape, 5)
        case "parameter" if dtype.is_floating_point:
            return torch.nn.Parameter(plain)
        case "frozen" | "parameter":
            return torch.nn.Parameter(plain, requires_grad=False)
        case "attributed":
            tensor = torch.nn.Parameter(plain, requires_grad=False)
            tensor.note = "kept"  # type: ignore[attr-defined]
            return tensor
    return plain


TENSORS = st.builds(built, st.sampled_from(list(DTYPES)), SHAPES, KINDS)
STATES = st.dictionaries(NAMES, TENSORS, max_size=6)


@examples
@given(STATES, st.booleans(), st.sampled_from((1, *PROTOCOLS)))
def test_the_index_says_what_torch_loads(
    state: dict[str, torch.Tensor], ordered: bool, protocol: int
) -> None:
    content = saved(OrderedDict(state) if ordered else state, protocol)
    index = of_torch(content)
    assert index == TensorIndex(loaded(content))
    assert index.parameters == sum(tensor.numel() for tensor in state.values())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tied_tensors_and_metadata(protocol: int) -> None:
    network = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    network[1].weight = network[0].weight
    state = network.state_dict()
    state["a view"] = state["0.weight"][1:]
    content = saved(state, protocol)
    assert of_torch(content) == TensorIndex(loaded(content))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_no_tensor_is_named(protocol: int) -> None:
    state = {
        "weight": torch.zeros(2),
        "state_dict": {"inner": torch.zeros(2)},
        "epoch": 3,
        "rates": [0.1, 0.2],
        "shape": (1, (2, 3), torch.Size([4])),
        "flags": {True, None},
        "sparse": torch.zeros(3).to_sparse(),
        "bytes": b"\x80",
        "last\nline": "a",
        7: torch.zeros(2),
        None: None,
        2**70: 1,
        (1, 2): 3,
    }
    index = of_torch(saved(state, protocol))
    assert index.tensors == {"weight": Tensor((2,), "F32")}
    others = "7 <int> <tuple> None bytes epoch flags last\\nline rates shape sparse state_dict"
    assert index.others == tuple(others.split())
    assert index.unsafe == ()


def test_a_quantized_tensor_is_no_plain_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantized = torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)
        content = saved({"weight": quantized})
    assert of_torch(content) == TensorIndex({}, ("weight",))


def test_of_two_values_under_one_key_the_last_one_counts() -> None:
    pickled = b"\x80\x02}X\x01\0\0\0aK\x01sX\x01\0\0\0a" + TENSOR + b"s."
    assert of_torch(archive(pickled)) == TensorIndex({"a": Tensor((3,), "F32")})


def test_shards_are_merged_and_the_later_one_counts() -> None:
    first = TensorIndex(
        {"a": Tensor((2,), "F32"), "b": Tensor((), "I64")}, ("epoch",), ("os.system",)
    )
    second = TensorIndex(
        {"a": Tensor((3,), "F16")}, ("epoch", "args"), ("builtins.eval",), "is odd"
    )
    merged = TensorIndex.merged([first, second])
    assert merged.tensors == {"a": Tensor((3,), "F16"), "b": Tensor((), "I64")}
    assert merged.parameters == 4
    assert merged.others == ("args", "epoch")
    assert merged.unsafe == ("builtins.eval", "os.system")
    assert merged.problem == "is odd"
    assert TensorIndex.merged([]) == TensorIndex({})


# ------------------------------------------------------------------------------ few reads

LAYERS = {
    f"wav2vec2.encoder.layers.{layer}.attention.projection_{number}.weight": torch.zeros(64, 64)
    for layer in range(25)
    for number in range(16)
}
TWICE = {f"{name}.{copy}": value for name, value in LAYERS.items() for copy in "ab"}


@pytest.mark.parametrize(("tensors", "reads"), [(LAYERS, 2), (TWICE, 3)], ids=["400", "800"])
def test_a_checkpoint_is_read_in_few_large_pieces(
    tensors: dict[str, torch.Tensor], reads: int
) -> None:
    file = CountingFile(saved(tensors))
    size = file.getbuffer().nbytes
    assert len(read_torch(file, size).tensors) == len(tensors)
    assert len(file.reads) == reads
    assert sum(file.reads) <= 256 * 1024 < size


def test_an_archive_with_thousands_of_members_takes_two_more_reads() -> None:
    many = {f"layer.{number}.weight": torch.zeros(8) for number in range(3000)}
    file = CountingFile(saved(many))
    assert len(read_torch(file, file.getbuffer().nbytes).tensors) == 3000
    assert len(file.reads) == 4


def test_a_safetensors_file_is_read_at_most_twice() -> None:
    for copies, reads in ((1, 1), (5, 2)):
        tensors = {f"{name}.{copy}": torch.zeros(16) for name in LAYERS for copy in range(copies)}
        file = CountingFile(safetensors.torch.save(tensors))
        assert len(read_safetensors(file, file.getbuffer().nbytes).tensors) == 400 * copies
        assert len(file.reads) == reads


class Slow(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7))


def test_a_file_may_give_less_than_it_is_asked_for() -> None:
    content = saved({"a": torch.zeros(2)})
    assert read_torch(Slow(content), len(content)).tensors == {"a": Tensor((2,), "F32")}


def test_a_file_that_is_shorter_than_was_said() -> None:
    content = safetensors.torch.save({"a": torch.zeros(2)})
    with pytest.raises(CorruptWeights, match=r"^ends after 72 of 1,000 bytes$"):
        read_safetensors(io.BytesIO(content), 1000)


def test_what_the_file_raises_is_passed_on() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        read_torch(Broken(), 100)


def test_a_checkpoint_beyond_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with torch.serialization.skip_data():  # the weights are a hole in the file
        torch.save({"large": torch.empty(1_200_000_000), "small": torch.zeros(3)}, path)
    with path.open("rb") as file:
        index = read_torch(file, path.stat().st_size)
    assert index.tensors == {"large": Tensor((1_200_000_000,), "F32"), "small": Tensor((3,), "F32")}


# ------------------------------------------------------------------------ nothing is run

TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000"
    b"X\x03\0\0\0cpuK\x03tQK\0K\x03\x85K\x01\x85\x89)tR"
)
TEMPLATE = zipfile.ZipFile(io.BytesIO(saved({"w": torch.zeros(3)})))


def archive(
    pickled: bytes, compression: int = zipfile.ZIP_STORED, more: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the checkpoint of one tensor of three elements, with another pickle in it."""
    file = io.BytesIO()
    content = {name: TEMPLATE.read(name) for name in TEMPLATE.namelist()}
    with zipfile.ZipFile(file, "w", compression) as written:
        for name, part in (content | {"archive/data.pkl": pickled} | dict(more or {})).items():
            written.writestr(name, part)
    return file.getvalue()


class Runs:
    """An object whose loading runs a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_a_hand_made_checkpoint_is_as_good() -> None:
    content = archive(b"\x80\x02}X\x01\0\0\0a" + TENSOR + b"s.")
    assert (
        of_torch(content) == TensorIndex(loaded(content)) == TensorIndex({"a": Tensor((3,), "F32")})
    )


HARMLESS: dict[str, object] = {
    "state-dict": torch.nn.Linear(2, 2).state_dict(),
    "device-and-dtype": {"a": torch.device("cpu"), "b": torch.float16, "c": torch.Size([2])},
    "bytes-set-complex": {"a": b"\xff", "b": {1}, "c": 1j, "d": bytearray(b"a")},
    "half": {"a": torch.zeros(2).half(), "b": torch.zeros(2, dtype=torch.uint16)},
    "sparse": {"a": torch.zeros(3).to_sparse()},
}
MALICIOUS: dict[str, object] = {
    "model": torch.nn.Linear(2, 2),
    "numpy": {"a": torch.zeros(2), "loss": np.float64(0.5)},
    "array": {"a": np.zeros(3)},
    "path": {"folder": Path("somewhere")},
    "system": {"a": torch.zeros(2), "b": Runs(os.system, "true")},
    "eval": Runs(eval, "1"),
    "nested": {"a": {"b": [({"c": Runs(exec, "1")},)]}},
    "method": {"a": Runs(getattr, Runs(os.getenv, "HOME"), "upper")},
}


def refused_by_torch(content: bytes) -> tuple[str, ...]:
    return tuple(sorted(torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(content))))


@pytest.mark.parametrize("state", HARMLESS.values(), ids=HARMLESS)
def test_what_torch_allows_is_safe(state: object) -> None:
    content = saved(state)
    assert of_torch(content).unsafe == refused_by_torch(content) == ()


@pytest.mark.parametrize("state", MALICIOUS.values(), ids=MALICIOUS)
def test_what_torch_refuses_is_unsafe(state: object) -> None:
    content = saved(state)
    assert of_torch(content).unsafe == refused_by_torch(content) != ()


# In protocol 5 numpy pickles its arrays by another function.
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", sorted(MALICIOUS.keys() - {"array"}))
def test_no_protocol_hides_a_global(name: str, protocol: int) -> None:
    unsafe = of_torch(saved(MALICIOUS[name])).unsafe
    assert of_torch(saved(MALICIOUS[name], protocol)).unsafe == unsafe


def test_the_safe_globals_are_those_of_torch() -> None:
    assert frozenset(_weights_only_unpickler._get_allowed_globals()) == SAFE_GLOBALS


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_run(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "trace"
    content = saved({"a": torch.zeros(2), "b": Runs(Path.touch, trace)}, protocol)
    assert of_torch(content).unsafe
    assert not trace.exists()
    torch.load(io.BytesIO(content), weights_only=False)
    assert trace.exists()


SYSTEM = b"\x8c\x05posix\x94\x8c\x06system\x94"
HIDDEN = {
    "global": (b"cposix\nsystem\n.", "posix.system"),
    "old-name": (b"c__builtin__\neval\n.", "builtins.eval"),
    "stack-global": (SYSTEM + b"\x93.", "posix.system"),
    "out-of-the-memo": (SYSTEM + b"00N0h\0h\1\x93.", "posix.system"),
    "out-of-a-renumbered-memo": (
        b"\x8c\x06systemr\xff\xff\xff\x7f\x8c\x05posixj\xff\xff\xff\x7f\x93.",
        "posix.system",
    ),
    "duplicated": (b"\x8c\x01a2\x93.", "a.a"),
    "built-at-run-time": (b"cbuiltins\nset\n)R\x8c\x06system\x93.", "?"),
    "in-escapes": (b"S'posix'\nS'system'\n\x93.", "?"),
    "inst": (b"(iposix\nsystem\n.", "posix.system"),
    "obj": (b"(cposix\nsystem\nX\4\0\0\0trueo.", "posix.system"),
    "newobj": (b"cposix\nsystem\n)\x81.", "posix.system"),
    "newobj-ex": (b"cposix\nsystem\n)}\x92.", "posix.system"),
    "extension-1": (b"\x82\x01.", "?"),
    "extension-2": (b"\x83\x01\x01.", "?"),
    "extension-4": (b"\x84\x01\x01\x01\x01.", "?"),
    "in-a-persistent-id": (b"cposix\nsystem\nQ.", "posix.system"),
    "in-a-state": (b"}cposix\nsystem\nb.", "posix.system"),
    "dropped": (b"cposix\nsystem\n0N.", "posix.system"),
    "then-broken": (b"cposix\nsystem\n)R00000", "posix.system"),
    "then-cut": (b"cposix\nsystem\n)R", "posix.system"),
    "then-long": (b"cposix\nsystem\n)R" + b"N" * MAX_INSTRUCTIONS, "posix.system"),
    "then-a-broken-tensor": (
        b"}cposix\nsystem\n0X\1\0\0\0a" + TENSOR.replace(b"K\x03\x85", b"K\x09\x85") + b"s.",
        "posix.system",
    ),
    "written-in-escapes": (b"ccoll\\x65ctions\nOrderedDict\n.", "coll\\x65ctions.OrderedDict"),
    "with-a-blank": (b"ccollections OrderedDict\nx\n.", "collections OrderedDict.x"),
    "accented": ("cmodulé\nname\n.".encode(), "modulé.name"),
    "not-even-text": (b"cmodul\xff\nname\n.", "modul\\xff.name"),
    "unprintable": (b"cmodule\x1b[2J\nname\n.", "module\\x1b[2J.name"),
    "very-long": (b"c" + b"a" * 600 + b"\nname\n.", "?"),
}


@pytest.mark.parametrize(("pickled", "name"), HIDDEN.values(), ids=HIDDEN)
def test_a_global_cannot_hide(pickled: bytes, name: str) -> None:
    assert of_torch(archive(b"\x80\x04" + pickled)).unsafe == (name,)


def test_tensors_beside_something_unsafe_are_listed() -> None:
    index = of_torch(saved({"a": torch.zeros(2), "b": Runs(os.system, "true")}))
    assert index == TensorIndex({"a": Tensor((2,), "F32")}, ("b",), ("posix.system",))


CRAFTED = {
    "lists-and-sets": b"](K\1K\2eK\3a0(K\1l0\x8f(K\1\x900(K\1\x910",
    "buffers": b"C\1a0\x96\1\0\0\0\0\0\0\0a\x97\x9800",
    "numbers": b"I1\nI01\nL5L\nF1.5\n0000J\1\0\0\0M\1\1G\0\0\0\0\0\0\0\0\x8a\1\1\x8b\1\0\0\0\1"
    + b"0" * 5,
    "text": b"S'a'\nVa\nT\1\0\0\0aU\1aB\1\0\0\0a\x8d\1\0\0\0\0\0\0\0a" + b"0" * 6,
    "marks": b"(((10(N1",
    "memo": b"Np1\n0g1\n0",
}


@pytest.mark.parametrize("pickled", CRAFTED.values(), ids=CRAFTED)
def test_every_instruction_has_its_effect_on_the_stack(pickled: bytes) -> None:
    pickled = b"\x80\x05" + pickled
    if b"\x97" not in pickled:
        assert pickle.loads(pickled + b"N.") is None
    assert Walk(pickled + b"K\7.").run() == 7
    with pytest.raises(ValueError, match="operand"):
        Walk(pickled + b"(((111.").run()


# -------------------------------------------------------------------- what is broken

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 12\n"
BOTH = {
    "empty": (b"", "CorruptWeights: is empty"),
    "pointer": (POINTER, "CorruptWeights: is a Git LFS pointer, not the weights"),
    "page": (b"\n<!DOCTYPE html><html></html>", "CorruptWeights: is a web page, not the weights"),
}


@pytest.mark.parametrize("read", [of_torch, of_safetensors])
@pytest.mark.parametrize(("content", "message"), BOTH.values(), ids=BOTH)
def test_what_is_no_weight_file_at_all(
    read: Callable[[bytes], TensorIndex], content: bytes, message: str
) -> None:
    assert outcome(read, content) == message


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members.items():
            written.writestr(name.replace("__", "/").replace("_pkl", ".pkl"), content)
    return file.getvalue()


def legacy(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def with_tensor(old: bytes, new: bytes) -> bytes:
    assert old in TENSOR
    return archive(b"\x80\x02}X\x01\0\0\0a" + TENSOR.replace(old, new) + b"s.")


SOUND = saved({"w": torch.zeros(3)})
END = SOUND.rindex(b"PK\5\6")
ARCHIVES = {
    "legacy": (
        legacy({"a": torch.zeros(2)}),
        "NotInspectable: is in the format that torch wrote before version 1.6",
    ),
    "script": (
        archive(b"N.", more={"archive/constants.pkl": b"N."}),
        "CorruptWeights: is a TorchScript program, not a checkpoint",
    ),
    "code": (
        archive(b"N.", more={"archive/code/model.py": b""}),
        "CorruptWeights: is a TorchScript program, not a checkpoint",
    ),
    "tensor": (
        saved(torch.zeros(2)),
        "NotInspectable: holds something other than a dict of tensors",
    ),
    "list": (
        saved([torch.zeros(2)]),
        "NotInspectable: holds something other than a dict of tensors",
    ),
    "other-pickle": (
        pickle.dumps({}, 4),
        "CorruptWeights: is a pickle, but not a checkpoint of torch",
    ),
    "short": (b"PK", "CorruptWeights: is not a checkpoint of torch: it starts with b'PK'"),
    "cut": (
        SOUND[:500],
        "CorruptWeights: ends without a table of contents, so a part of it is missing",
    ),
    "cut-at-the-end": (
        SOUND[:-1],
        "CorruptWeights: ends without a table of contents, so a part of it is missing",
    ),
    "prefix": (
        b"\0" + SOUND,
        "CorruptWeights: is not a checkpoint of torch: it starts with b'\\x00PK\\x03\\x04",
    ),
    "shifted": (
        SOUND[:4] + b"\0" + SOUND[4:],
        "CorruptWeights: has no valid end of its table of contents",
    ),
    "other-end": (
        SOUND[: END - 12] + struct.pack("<Q", 0) + SOUND[END - 4 :],
        "CorruptWeights: has no valid end of its table of contents",
    ),
    "no-members": (
        b"PK\3\4" + zipped()[:16] + struct.pack("<I", 4) + b"\0\0",
        "CorruptWeights: is an archive without a data.pkl, so it is not a checkpoint of torch",
    ),
    "other-archive": (
        zipped(readme=b"hello"),
        "CorruptWeights: is an archive without a data.pkl, so it is not a checkpoint of torch",
    ),
    "no-folder": (
        zipped(data_pkl=b"N."),
        "CorruptWeights: is an archive without a data.pkl, so it is not a checkpoint of torch",
    ),
    "second-folder": (
        zipped(a__b=b"", c__data_pkl=b"N."),
        "CorruptWeights: is an archive without a data.pkl, so it is not a checkpoint of torch",
    ),
    "two-pickles": (
        archive(b"N.", more={"archive/DATA.PKL": b"cposix\nsystem\n."}),
        "CorruptWeights: has two members of the same name",
    ),
    "packed": (
        archive(b"N.", zipfile.ZIP_LZMA),
        "CorruptWeights: has a pickle that is packed in a way that torch cannot read",
    ),
    "bomb": (
        archive(b"N" * (MAX_INDEX + 1), zipfile.ZIP_DEFLATED),
        "NotInspectable: has an index of 16,777,217 bytes, of which at most 16,777,216 are read",
    ),
    "liar": (
        archive(b"N" * 1_000_000, zipfile.ZIP_DEFLATED).replace(
            struct.pack("<I", 1_000_000), struct.pack("<I", 9)
        ),
        "CorruptWeights: has a pickle of another size than its table of contents says",
    ),
    "no-stop": (
        archive(b"}"),
        "CorruptWeights: has a broken pickle: it ends before its last instruction",
    ),
    "no-line": (
        archive(b"cos"),
        "CorruptWeights: has a broken pickle: it has no valid instruction at byte 0",
    ),
    "cut-argument": (
        archive(b"X\7\0\0\0a"),
        "CorruptWeights: has a broken pickle: it has no valid instruction at byte 0",
    ),
    "no-instruction": (
        archive(b"}\xff."),
        "CorruptWeights: has a broken pickle: it has no valid instruction at byte 1",
    ),
    "no-operand": (
        archive(b"("),
        "CorruptWeights: has a broken pickle: it ends before its last instruction",
    ),
    "no-mark": (
        archive(b"t."),
        "CorruptWeights: has a broken pickle: an instruction lacks its mark",
    ),
    "no-value": (
        archive(b"}(Nu."),
        "CorruptWeights: has a broken pickle: a dict has a key without a value",
    ),
    "no-memo": (
        archive(b"h\0."),
        "CorruptWeights: has a broken pickle: it refers to an object that it has not built",
    ),
    "no-data": (with_tensor(b"\x000", b"\x007"), "CorruptWeights: lacks the data of 'a'"),
    "less-data": (
        with_tensor(b"cpuK\3", b"cpuK\5"),
        "CorruptWeights: holds 12 bytes of data for 'a', but should hold 20",
    ),
    "beyond-its-data": (
        with_tensor(b"K\3\x85K\1", b"K\4\x85K\1"),
        "CorruptWeights: has less data than 'a' refers to",
    ),
    "bad-shape": (
        with_tensor(b"K\3\x85", b"N\x85"),
        "CorruptWeights: holds 'a' in an impossible shape",
    ),
    "negative-shape": (
        with_tensor(b"K\3\x85", b"J\xff\xff\xff\xff\x85"),
        "CorruptWeights: holds 'a' in an impossible shape",
    ),
    "other-strides": (
        with_tensor(b"K\1\x85\x89", b")\x89"),
        "CorruptWeights: holds 'a' in an impossible shape",
    ),
    "overflow": (
        with_tensor(b"K\3\x85K\1\x85", b"\x8a\x08" + b"\xff" * 7 + b"\x7f" + b"2\x86K\0K\0\x86"),
        "CorruptWeights: holds 'a' in an impossible shape",
    ),
}


@pytest.mark.parametrize(("content", "message"), ARCHIVES.values(), ids=ARCHIVES)
def test_no_checkpoint_whose_tensors_can_be_listed(content: bytes, message: str) -> None:
    assert outcome(of_torch, content).startswith(message)


def test_a_packed_pickle_is_unpacked() -> None:
    content = archive(TEMPLATE.read("archive/data.pkl"), zipfile.ZIP_DEFLATED)
    assert of_torch(content) == TensorIndex(loaded(content)) == of_torch(SOUND)


def test_a_checkpoint_that_is_cut_anywhere_is_corrupt() -> None:
    for end in range(len(SOUND)):
        assert outcome(of_torch, SOUND[:end]).startswith("CorruptWeights: ")


def test_a_tensor_that_is_changed_afterwards_is_no_tensor() -> None:
    content = archive(b"\x80\x02}X\x01\0\0\0a" + TENSOR + b"Nbs.")
    assert of_torch(content) == TensorIndex({}, ("a",))


BOMBS = {
    "memo": b"Nr\xff\xff\xff\xff.",
    "stack": b"N" * 600_000,
    "dicts": b"}" * 600_000,
    "marks": b"(" * 600_000,
    "deep-tuple": b")" + b"\x85" * 300_000 + b".",
    "wide-tuple": b"}" + b")" + b"2\x86" * 200_000 + b"Ns.",
    "deep-parameter": b"}Nq\0"
    + b"ctorch._utils\n_rebuild_parameter\nh\0\x85Rq\0" * 30_000
    + b"h\0h\0s.",
    "long-key": b"}(\x8b"
    + struct.pack("<I", 9_000_000)
    + b"a" * 9_000_000
    + b"\x94N"
    + b"h\0N" * 100_000
    + b"u.",
    "long-names": b"X"
    + struct.pack("<I", 9_000_000)
    + b"a" * 9_000_000
    + b"\x940"
    + b"h\0h\0\x930" * 100_000
    + b"N.",
    "repeated-arguments": b"("
    + b"N" * 300_000
    + b"tq\1}("
    + b"ctorch._utils\n_rebuild_tensor_v2\nq\0"
    + b"0"
    + b"".join(b"X\4\0\0\0%04dh\0h\1R" % (number % 10_000) for number in range(30_000))
    + b"u.",
}


@pytest.mark.parametrize("pickled", BOMBS.values(), ids=BOMBS)
def test_a_pickle_bomb_fizzles_out(pickled: bytes) -> None:
    complaint = ""
    started = time.process_time()
    try:
        of_torch(archive(pickled))
    except (CorruptWeights, NotInspectable) as error:
        complaint = str(error)
    assert time.process_time() - started < 10
    assert len(complaint) < 200


def doubled(times: int) -> bytes:
    """Return instructions for a tuple of 2 to the so many ones, of which each holds another."""
    rest = (b"h%c\x86q%c" % (number, number + 1) for number in range(times))
    return b"K\1\x85q\0" + b"".join(rest)


MANY, DEEP = doubled(100), b")" + b"\x85" * 200_000
HASHED = {
    "a key": b"}%sK\1s.",
    "a value": b"}X\1\0\0\0a%ss.",
    "a key further in": b"}X\1\0\0\0a}%sK\1ss.",
    "a member of a set": b"}X\1\0\0\0ac__builtin__\nset\n]%sa\x85Rs.",
    "a key of what is called": b"}X\1\0\0\0accollections\nOrderedDict\n]%sK\1\x86a\x85Rs.",
    "what is counted": b"}X\1\0\0\0accollections\nCounter\n]%sa\x85Rs.",
    "a state": b"ccollections\nOrderedDict\n)R}%sK\1sb.",
    "outside": b"}X\1\0\0\0a%sQs.",
}


@pytest.mark.parametrize("tuples", [MANY, DEEP], ids=["many", "deep"])
@pytest.mark.parametrize("pickled", HASHED.values(), ids=HASHED)
def test_a_tuple_that_torch_would_hash_for_ever_is_refused(pickled: bytes, tuples: bytes) -> None:
    with pytest.raises(CorruptWeights, match=r"a tuple of more than 10,000 values or 50 levels$"):
        of_torch(archive(b"\x80\2" + pickled % tuples))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (b"cbuiltins\nbytearray\n\x8a\4\xff\xff\xff\x7f\x85R", "1,048,576 bytes of nothing"),
        (b"c_codecs\nencode\nX\1\0\0\0aX\x08\0\0\0punycode\x86R", "as torch never does"),
    ],
)
def test_a_call_that_would_take_all_there_is_is_refused(call: bytes, complaint: str) -> None:
    with pytest.raises(CorruptWeights, match=complaint):
        of_torch(archive(b"\x80\2}X\1\0\0\0a" + call + b"s."))


def test_small_tuples_may_be_keys() -> None:
    small = b"\x80\2}" + doubled(12) + b"K\1s."
    assert of_torch(archive(small)) == TensorIndex({}, others=("<tuple>",))


def survives(read: Callable[[bytes], TensorIndex], content: bytes) -> None:
    """Fail if reading raises anything but the two errors, or takes long."""
    started = time.process_time()
    with contextlib.suppress(CorruptWeights, NotInspectable):
        read(content)
    assert time.process_time() - started < 5


RICH = OrderedDict(
    {"a": torch.zeros(2, 3), "b": torch.nn.Parameter(torch.zeros(2)), "c": {"d": [1, 2.5, "e"]}}
)
FUZZED = {protocol: saved(RICH, protocol) for protocol in PROTOCOLS}
EDITS = st.lists(
    st.tuples(st.integers(0), st.binary(max_size=4), st.integers(0, 3)), min_size=1, max_size=4
)


def edited(content: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    for position, put, dropped in edits:
        start = position % (len(content) + 1)
        content = content[:start] + put + content[start + dropped :]
    return content


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PROTOCOLS), EDITS)
def test_a_damaged_checkpoint_is_read_or_refused(
    protocol: int, edits: list[tuple[int, bytes, int]]
) -> None:
    survives(of_torch, edited(FUZZED[protocol], edits))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PROTOCOLS), EDITS)
def test_a_damaged_pickle_is_read_or_refused(
    protocol: int, edits: list[tuple[int, bytes, int]]
) -> None:
    with zipfile.ZipFile(io.BytesIO(FUZZED[protocol])) as whole:
        pickled = whole.read("archive/data.pkl")
    survives(of_torch, archive(edited(pickled, edits)))


# The memo of the unpickler in C can be made to take gigabytes.
class Importing(pickle._Unpickler):
    """An unpickler that remembers what it would import, and imports nothing."""

    def __init__(self, pickled: bytes) -> None:
        super().__init__(io.BytesIO(pickled))
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> object:
        self.names.add(f"{'builtins' if module == '__builtin__' else module}.{name}")
        return dict

    def persistent_load(self, _identity: object) -> object:
        return None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PROTOCOLS), st.sampled_from(sorted(MALICIOUS)), EDITS)
def test_no_damage_hides_what_would_be_imported(
    protocol: int, name: str, edits: list[tuple[int, bytes, int]]
) -> None:
    with zipfile.ZipFile(io.BytesIO(saved(MALICIOUS[name], protocol))) as whole:
        # The unpickler in C refuses a last line without an end, the one in Python takes it.
        pickled = edited(whole.read("archive/data.pkl"), edits) + b"\n\n"
    importing, walk = Importing(pickled), Walk(pickled)
    with contextlib.suppress(Exception):
        importing.load()
    with contextlib.suppress(BrokenPickle):
        walk.run()
    assert importing.names <= walk.names


def test_every_flipped_bit_is_read_or_refused() -> None:
    chosen = random.Random(0)
    for position in range(len(SOUND)):
        flipped = bytearray(SOUND)
        flipped[position] ^= 1 << chosen.randrange(8)
        survives(of_torch, bytes(flipped))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    survives(of_torch, content)
    survives(of_torch, archive(content))
    survives(of_safetensors, content)
    survives(of_safetensors, struct.pack("<Q", len(content)) + content)


# ------------------------------------------------------------------------- safetensors


def safe(header: object, body: bytes = bytes(8)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def accepted_by_safetensors(content: bytes) -> Mapping[str, tuple[int, ...]] | None:
    """Return the shapes of what safetensors finds in a file; None if it refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        path.write_bytes(content)
        try:
            with safetensors.safe_open(path, "pt") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        except safetensors.SafetensorError:
            return None


STRIDED = st.builds(built, st.sampled_from(list(SHARED)), SHAPES, st.just("plain"))


@examples
@given(st.dictionaries(NAMES.filter("__metadata__".__ne__), STRIDED, max_size=6), st.booleans())
def test_the_index_says_what_safetensors_loads(
    tensors: dict[str, torch.Tensor], noted: bool
) -> None:
    content = safetensors.torch.save(tensors, {"format": "pt"} if noted else None)
    expected = {name: Tensor(tuple(one.shape), SHARED[one.dtype]) for name, one in tensors.items()}
    assert of_safetensors(content) == TensorIndex(expected)


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
WRITTEN = json.dumps(ENTRY).encode()
HEADERS = {
    "no-length": (
        b"\x08\0",
        "CorruptWeights: ends after 2 of the 8 bytes that tell the size of its index",
    ),
    "cut": (safe({"a": ENTRY})[:20], "CorruptWeights: ends after 12 of 61 bytes of its index"),
    "huge": (
        struct.pack("<Q", 2**60) + b"{}",
        "CorruptWeights: ends after 2 of 1,152,921,504,606,846,976 bytes of its index",
    ),
    "long": (
        safe(b" " * (MAX_INDEX + 1)),
        "NotInspectable: has an index of 16,777,217 bytes, of which at most 16,777,216 are read",
    ),
    "no-json": (
        safe(b"{'a': 1}"),
        "CorruptWeights: has an index that is not valid JSON: Expecting",
    ),
    "no-text": (
        safe(b"\xff{}"),
        "CorruptWeights: has an index that is not valid JSON: 'utf-8' codec",
    ),
    "deep": (
        safe(b'{"a":' * 500_000),
        "CorruptWeights: has an index that is not valid JSON: maximum recursion depth exceeded",
    ),
    "deep-list": (
        safe(b"[" * 5_000_000),
        "CorruptWeights: has an index that is not valid JSON: maximum recursion depth exceeded",
    ),
    "list": (safe([]), "CorruptWeights: has an index that is not a JSON object"),
    "twice": (
        safe(b'{"a":' + WRITTEN + b',"a":' + WRITTEN + b"}"),
        "CorruptWeights: has an index that is not valid JSON: a key is in it twice",
    ),
    "nan": (
        safe(b'{"a": NaN}'),
        "CorruptWeights: has an index that is not valid JSON: NaN is in it",
    ),
    "long-number": (
        safe(b'{"a": ' + b"1" * 5000 + b"}"),
        "CorruptWeights: has an index that is not valid JSON: Exceeds the limit",
    ),
    "surrogate": (
        safe({"\ud800": ENTRY}),
        "CorruptWeights: has an index that is not valid JSON: 'utf-8' codec can't encode",
    ),
    "metadata": (
        safe({"a": ENTRY, "__metadata__": {"epoch": 3}}),
        "CorruptWeights: has metadata that is not text",
    ),
    "metadata-list": (
        safe({"a": ENTRY, "__metadata__": []}),
        "CorruptWeights: has metadata that is not text",
    ),
    "no-entry": (safe({"a": 1}), "CorruptWeights: has no valid entry for 'a' in its index"),
    "no-shape": (
        safe({"a": {"dtype": "F32", "data_offsets": [0, 8]}}),
        "CorruptWeights: has no valid entry for 'a' in its index",
    ),
    "unknown-dtype": (
        safe({"a": ENTRY | {"dtype": "F31"}}),
        "NotInspectable: holds 'a' of type 'F31', which is not known",
    ),
    "wrong-size": (
        safe({"a": ENTRY | {"shape": [3]}}),
        "CorruptWeights: holds 8 bytes of 'a', which do not fit its shape and type",
    ),
    "backwards": (
        safe({"a": ENTRY | {"data_offsets": [8, 0]}}),
        "CorruptWeights: holds -8 bytes of 'a', which do not fit its shape and type",
    ),
    "gap": (
        safe({"a": ENTRY | {"data_offsets": [8, 16]}}, bytes(16)),
        "CorruptWeights: has 'a' at byte 8, but should have it at 0",
    ),
    "overlap": (
        safe({"a": ENTRY, "b": ENTRY | {"data_offsets": [4, 12]}}, bytes(12)),
        "CorruptWeights: has 'b' at byte 4, but should have it at 8",
    ),
    "cut-tensors": (
        safe({"a": ENTRY}, bytes(3)),
        "CorruptWeights: ends after 3 of 8 bytes of its tensors",
    ),
    "more": (safe({"a": ENTRY}, bytes(10)), "CorruptWeights: has 2 bytes after its last tensor"),
}
for number, shape in enumerate(
    ([-1, -2], [2.0], [True, 2], ["2"], 2, [2**70], [2**40, 2**40, 0], None)
):
    message = "CorruptWeights: has no valid entry for 'a' in its index"
    HEADERS[f"shape-{number}"] = safe({"a": ENTRY | {"shape": shape}}), message
for number, offsets in enumerate(([0, 8, 8], [0], [-8, 0], [0, 8.0], "08", [False, 8])):
    message = "CorruptWeights: has no valid entry for 'a' in its index"
    HEADERS[f"offsets-{number}"] = safe({"a": ENTRY | {"data_offsets": offsets}}), message


@pytest.mark.parametrize(("content", "message"), HEADERS.values(), ids=HEADERS)
def test_a_safetensors_file_that_is_broken(content: bytes, message: str) -> None:
    assert outcome(of_safetensors, content).startswith(message)


@pytest.mark.parametrize("name", [name for name in HEADERS if name not in ("twice", "long")])
def test_safetensors_would_refuse_it_too(name: str) -> None:
    assert accepted_by_safetensors(HEADERS[name][0]) is None


def test_a_safetensors_file_that_is_cut_anywhere_is_corrupt() -> None:
    content = safetensors.torch.save({"a": torch.zeros(2), "b": torch.zeros(3, 1)})
    for end in range(len(content)):
        assert outcome(of_safetensors, content[:end]).startswith("CorruptWeights: ")


SMALL = safetensors.torch.save(
    {"a": torch.zeros(2), "b": torch.zeros(2, 1).half()}, {"format": "pt"}
)


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_a_damaged_safetensors_file_is_read_as_safetensors_does(
    edits: list[tuple[int, bytes, int]],
) -> None:
    content = edited(SMALL, edits)
    survives(of_safetensors, content)
    try:
        index = of_safetensors(content)
    except (CorruptWeights, NotInspectable):
        return
    assert accepted_by_safetensors(content) == {
        name: one.shape for name, one in index.tensors.items()
    }
