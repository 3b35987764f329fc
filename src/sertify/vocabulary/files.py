"""Files that nobody ever reads half of, and those of words beside the modules that read them."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any


def write_whole(path: Path, text: str) -> None:
    """Write a text file all or nothing, also where several processes write it at a time.

    It is in UTF-8; what UTF-8 does not have, half a surrogate pair, is written as an escape.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


Footprint = tuple[int, int, int]
"""Size in bytes, time of the last change in nanoseconds, and inode of a file."""


def stamp_of(path: Path | str) -> Footprint | None:
    """Return what differs after a file was written or replaced; None where there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a path would have to be made of each text
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if S_ISREG(found.st_mode) else None


def stamps_in(folder: Path) -> dict[str, Footprint]:
    """Return those of the files below a folder, by their names.

    Without the hidden ones, and without what Python writes beside the code that it imports.
    """
    found = ((name, stamp_of(path)) for name, path in _files(folder, ""))
    return {name: stamp for name, stamp in found if stamp is not None}


def _files(folder: Path | str, above: str) -> Iterator[tuple[str, str]]:
    # Before each answer is kept, this is asked; pathlib takes ten times as long.
    with suppress(FileNotFoundError, PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{above}{entry.name}/")
            else:
                yield above + entry.name, entry.path


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
