"""Files that nobody ever reads half of, and those of words beside the modules that read them."""

import os
import tomllib
from pathlib import Path
from typing import Any


def write_whole(path: Path, text: str) -> None:
    """Write a text file all or nothing, also where several processes write it at a time.

    It is in UTF-8; what UTF-8 does not have, half a surrogate pair, is written as an escape.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


MOST_BYTES = 32 * 2**20
"""Of a text that others wrote: configurations and lists of weights have a thousandth of it."""


def read_start(path: Path) -> bytes:
    """Return the content of a file, of one of more than ``MOST_BYTES`` a byte more than that."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def read_text(path: Path) -> str:
    """Return the text of a file that others wrote.

    Raises ``OSError`` where it cannot be read, and ``ValueError`` where it is longer than
    ``MOST_BYTES``, or not in UTF-8.
    """
    content = read_start(path)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than the {MOST_BYTES:,} bytes that are read")
    return content.decode("utf-8")


def read_words(module: str) -> dict[str, Any]:
    """Return the content of the TOML file that is named like a module, by its ``__file__``."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text("utf-8"))
