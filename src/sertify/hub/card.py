"""What the model card in README.md declares."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import metadata_load

__all__ = ["Card", "read_card"]


@dataclass(frozen=True)
class Card:
    """What a model's author says of it; empty where nothing is said.

    ``library`` is the one that it is said to be for, such as speechbrain.
    """

    licence: str = ""
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    library: str = ""


def read_card(folder: Path) -> Card:
    """Return what README.md of a repository declares in its first lines, where it does."""
    try:
        content = metadata_load(folder / "README.md")
    except Exception:  # anything may stand there, and nothing depends on it
        content = None
    if not isinstance(content, dict):
        return Card()
    licence = _texts(content.get("license")) or _texts(content.get("license_name"))
    return Card(
        licence=", ".join(licence),
        languages=_texts(content.get("language")),
        datasets=_texts(content.get("datasets")),
        library=", ".join(_texts(content.get("library_name"))),
    )


def _texts(value: Any) -> tuple[str, ...]:
    """Return one text or a list of them as a tuple; anything else as none."""
    values = value if isinstance(value, list) else [value]
    return tuple(one[:100] for one in values[:50] if isinstance(one, str))
