"""The values of a config.json of no class of transformers, each read as what it has to be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sertify.hub.plausible import MOST_LABELS
from sertify.hub.tensors.index import Tensor
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted

_LARGEST = 1e6  # of the numbers that count nothing


@dataclass(frozen=True)
class ConfigValues:
    """What the config.json of a candidate says, each value read as what it has to be.

    Each method raises ``Rejected`` with ``bad_config`` where it is something else; the default
    stands for a key that is not there.
    """

    content: Mapping[str, Any]

    def count(self, key: str, default: int, most: int) -> int:
        """Return a whole number from 1 to ``most``."""
        value = self.content.get(key, default)
        if type(value) is int and 1 <= value <= most:
            return value
        raise self.wrong(key, f"a whole number from 1 to {most:,}")

    def outputs(self, key: str, default: int, last_layer: Tensor | None) -> tuple[int, str]:
        """Return how many outputs there are, and what is to be said of that.

        A checkpoint that has its last layer knows better than the key, unless it has more outputs
        than any model.
        """
        said = self.count(key, default, MOST_LABELS)
        rows = last_layer.shape[0] if last_layer and len(last_layer.shape) > 1 else said
        if rows == said or not 0 < rows <= MOST_LABELS:
            return said, ""
        return rows, f"config.json says {key}: {said}; the checkpoint has {rows}, and that counts."

    def number(self, key: str, default: float, least: float = -_LARGEST) -> float:
        """Return a finite number, of at least ``least``."""
        value = self.content.get(key, default)
        if type(value) in (int, float) and math.isfinite(value) and least <= value <= _LARGEST:
            return float(value)
        raise self.wrong(key, f"a number from {least:,g} to {_LARGEST:,.0f}")

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.content.get(key, default)
        if isinstance(value, bool):
            return value
        raise self.wrong(key, "true or false")

    def wrong(self, key: str, wanted: str) -> Rejected:
        """Return what is to be raised where a value is not what is wanted."""
        message = f"config.json: {key} is {quoted(self.content.get(key))}, but should be {wanted}"
        return Rejected("bad_config", message)
