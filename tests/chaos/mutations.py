"""Damage done to real files: what a line, a value or an instruction may be in their place."""

import json
import pickletools
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

__all__ = ["bytes_near", "json_near", "pickle_near", "text_near"]

# What JSON can say, and no config, index or result does.
ODD: tuple[Any, ...] = (
    None, True, "", "x", "\ud800", "\x00\x1b[31m", "9" * 300, "../../x", "x" * 5000, "__class__",
    0, -1, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, float("inf"), float("nan"),
    [], {}, [[]], [None], {"": None}, {"a": {"b": {}}}, [1] * 300, {"0": 1}, {"0": "a", "2": "b"},
)  # fmt: skip

FRAGMENTS = (
    "", "\n", " ", "\t", "\r\n", "\x00", "\ufeff", "\u2028", "\ud7ff", "\x85", "---\n", "...\n",
    ":", ": ", "- ", "? ", "{", "}", "[", "]", ",", "&a ", "*a", "<<: *a", "&a [*a]", "!!merge ",
    "!!python/object/apply:os.system [x]", "!new:os.system", "!ref <a>", "!ref <pretrained_path>",
    "!apply:os.abort", "%YAML 9.9\n", "|\n  ", ">\n", "'", '"', "\\", "#", "```", "<!--", "<a>",
    "=> 0", "' => 1\n", "====\n", "__import__('os').abort()", "f'{1}'", "b'x' => 5", "0x", "1_000",
    "~", "null", ".inf", ".nan", "2001-01-01", "on", "1e400", "9" * 5000, "학습", "trained on esd ",
    "not ", "dataset ", "../", "/etc/passwd", "\N{COMBINING ACUTE ACCENT}" * 50, "x" * 3000,
)  # fmt: skip


def text_near(real: str) -> st.SearchStrategy[str]:
    """Texts in which some pieces of a real one are left out, doubled, moved or others."""
    edit = st.tuples(
        st.integers(0, len(real)), st.integers(0, 40), st.sampled_from((*FRAGMENTS, None))
    )

    def apply(edits: list[tuple[int, int, str | None]]) -> str:
        text = real
        for start, length, put in edits:
            piece = text[start : start + length]
            # Twice the piece where nothing is put into its place.
            text = text[:start] + (piece * 2 if put is None else put) + text[start + length :]
        return text

    return st.lists(edit, min_size=1, max_size=6).map(apply)


def bytes_near(real: bytes) -> st.SearchStrategy[bytes]:
    """Bytes in which some of real ones are left out or others."""
    edit = st.tuples(st.integers(0, len(real)), st.integers(0, 8), st.binary(max_size=8))

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        content = real
        for start, length, put in edits:
            content = content[:start] + put + content[start + length :]
        return content

    return st.lists(edit, min_size=1, max_size=6).map(apply)


def json_near(real: Any) -> st.SearchStrategy[Any]:
    """JSON values in which some of a real one's are others, left out, or stand elsewhere."""
    paths = [*_paths(real)]
    edit = st.tuples(st.sampled_from(paths), st.sampled_from((*ODD, _LEAVE_OUT, _WRAP)))

    def apply(edits: list[tuple[tuple[Any, ...], Any]]) -> Any:
        value = json.loads(json.dumps(real))
        for path, put in edits:
            value = _edited(value, path, put)
        return value

    return st.lists(edit, min_size=1, max_size=3).map(apply)


_LEAVE_OUT, _WRAP = object(), object()


def _paths(value: Any) -> list[tuple[Any, ...]]:
    items = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value)) if isinstance(value, list) else items
    inner = [(key, *path) for key, below in items for path in _paths(below)]
    return [(), *inner]


def _edited(value: Any, path: tuple[Any, ...], put: Any) -> Any:
    if not path:
        return [value] if put is _WRAP else None if put is _LEAVE_OUT else put
    key, *rest = path
    known = (
        key in value if isinstance(value, dict) else isinstance(value, list) and _fits(value, key)
    )
    if not known:
        return value
    if put is _LEAVE_OUT and not rest:
        del value[key]
    else:
        value[key] = _edited(value[key], tuple(rest), put)
    return value


def _fits(value: list[Any], key: object) -> bool:
    return isinstance(key, int) and key < len(value)


def pickle_near(real: bytes) -> st.SearchStrategy[bytes]:
    """Pickles whose instructions are left out, doubled or in another order, or others."""
    starts = [position for _, _, position in pickletools.genops(real)] + [len(real)]
    steps = [real[start:end] for start, end in pairwise(starts)]
    others = st.sampled_from(
        [code.code.encode("latin-1") for code in pickletools.opcodes]
        + [b"h\0", b"q\0", b"h\0h\0\x86q\0", b"\x85" * 60, b"cos\nsystem\n", b"K\1", b"X\1\0\0\0a"]
    )
    edit = st.tuples(st.integers(0, len(steps)), st.integers(0, 3), st.lists(others, max_size=4))

    def apply(edits: list[tuple[int, int, list[bytes]]]) -> bytes:
        spliced = steps
        for start, length, put in edits:
            spliced = [*spliced[:start], *put, *spliced[start + length :]]
        return b"".join(spliced)

    return st.lists(edit, min_size=1, max_size=5).map(apply)
