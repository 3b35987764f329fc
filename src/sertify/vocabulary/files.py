"""Files that nobody ever reads half of."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file all or nothing, also where several processes write it at a time.

    It is in UTF-8; what UTF-8 does not have, half a surrogate pair, is written as an escape.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)
