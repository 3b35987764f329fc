"""Files that nobody ever reads half of, and those of words beside the modules that read them."""

import os
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_whole(path: Path, text: str) -> None:
    """Write a text file all or nothing, also where several processes write it at a time.

    It is in UTF-8; what UTF-8 does not have, half a surrogate pair, is written as an escape.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def read_words(module: str) -> dict[str, Any]:
    """Return the content of the TOML file that is named like a module, by its ``__file__``."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text("utf-8"))
