"""Tables of words, in files of their own beside the modules that read them."""

import tomllib
from pathlib import Path
from typing import Any


def read_words(module: str) -> dict[str, Any]:
    """Return the content of the TOML file that is named like a module, by its ``__file__``."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text("utf-8"))
