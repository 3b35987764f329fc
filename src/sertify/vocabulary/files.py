"""Files that nobody ever reads half of, and those of words beside the modules that read them."""

import os
import tomllib
from pathlib import Path
from stat import S_ISREG
from typing import Any


def write_whole(path: Path, text: str) -> None:
    """Write a text file all or nothing, also where several processes write it at a time.

    It is in UTF-8; what UTF-8 does not have, half a surrogate pair, is written as an escape.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


Footprint = tuple[int, int, int]
"""Size in bytes, time of the last change in nanoseconds, and inode of a file."""


def stamp_of(path: Path) -> Footprint | None:
    """Return what differs after a file was written or replaced; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if S_ISREG(found.st_mode) else None


def stamps_in(folder: Path) -> dict[str, Footprint]:
    """Return those of the files below a folder, by their names.

    Without the hidden ones, and without what Python writes beside the code that it imports.
    """
    paths = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*"))
    shown = ((name, path) for name, path in paths if "/." not in f"/{name}")
    stamps = ((name, stamp_of(path)) for name, path in shown if "__pycache__/" not in name)
    return {name: stamp for name, stamp in stamps if stamp is not None}


def read_words(module: str) -> dict[str, Any]:
    """Return the content of the TOML file that is named like a module, by its ``__file__``."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text("utf-8"))
