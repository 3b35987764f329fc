"""All published models that there is a replica of, and candidates.yaml for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML

from tests.meta.forty.libraries import LIBRARIES
from tests.meta.forty.own_code import OWN_CODE
from tests.meta.forty.own_heads import OWN_HEADS
from tests.meta.forty.published import Published
from tests.meta.forty.stock import STOCK
from tests.meta.models.msp import write_backbone
from tests.meta.replicas import build_replica

__all__ = [
    "BARE",
    "COMPANIONS",
    "FORTY",
    "TRUSTED",
    "entries",
    "write_candidates",
    "write_replicas",
]

FORTY: tuple[Published, ...] = (*STOCK, *OWN_HEADS, *OWN_CODE, *LIBRARIES)
"""The models of docs/models.md, in its order."""

_LISTED = ("facebook/hubert-large-ls960-ft", "facebook/wav2vec2-base")
_LARGE = ("microsoft/wavlm-large", "openai/whisper-large-v3")
COMPANIONS = (*_LISTED, *_LARGE)
"""The repositories that some of them are built on."""

BARE = ".as-it-is"
"""How the names of candidates end whose entry has no keys but `model`."""

TRUSTED = {
    "name": "amiriparian.ExHuBERT.trusted",
    "model": "amiriparian/ExHuBERT",
    "feature_extractor": {"sampling_rate": 16_000},
    "trust_remote_code": True,
}
"""One whose own code may run."""


def write_replicas(root: Path) -> None:
    """Write all repositories below `root`."""
    for name in _LISTED:
        build_replica(root, name)
    for name in _LARGE:
        write_backbone(root, name)
    for one in FORTY:
        if one.write is not None:
            folder = root / one.model
            folder.mkdir(parents=True)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                one.write(folder)


def entries(*, bare: bool) -> Iterator[dict[str, Any]]:
    """Yield an entry for each, with the keys that it needs.

    If `bare` then without them as well, and TRUSTED.
    """
    for one in FORTY:
        yield {"name": one.name, "model": one.model, **one.keys}
        if bare and one.keys:
            yield {"name": one.name + BARE, "model": one.model}
    if bare:
        yield TRUSTED


def write_candidates(path: Path, *, bare: bool) -> Path:
    """Write candidates.yaml for all, with the requirements by default, and return its path."""
    YAML().dump({"candidates": list(entries(bare=bare))}, path)
    return path
