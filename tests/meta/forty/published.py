"""What is known of a published model, and how its tiny replica is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.meta.replicas import Replica, write_replica

__all__ = ["ISSUE", "MEMORY", "Published", "hub", "in_transformers"]

MEMORY = "the rest as its kind usually is"
ISSUE = "issue 15 of this project"


def hub(path: str) -> str:
    """Return the address of a page of the Hub."""
    return f"https://huggingface.co/{path}"


@dataclass(frozen=True)
class Published:
    """A model of the Hub.

    Attributes
    ----------
    model
        Its id.
    source
        Where its form is known from.
    write
        Writes its replica into a folder; None where the Hub has no such repository.
    keys
        What its entry in candidates.yaml needs, beside name and model.
    """

    model: str
    source: str
    write: Callable[[Path], object] | None
    keys: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its entry is called."""
        return self.model.replace("/", ".")


def in_transformers(model: str, source: str, replica: Replica, **keys: Any) -> Published:
    """Return a model in the format of transformers."""
    return Published(model, source, lambda folder: write_replica(folder, replica), keys)
