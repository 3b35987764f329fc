"""The tensor index of checkpoints that only torch can read: those before torch 1.6."""

from collections.abc import Mapping

import torch

from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.failures import quiet, weight_errors


def index_of_files(snapshot: Snapshot) -> TensorIndex | None:
    """Return the index of pickled weights that are on this machine; None for other formats."""
    names = [name for name in snapshot.weight_files if name.endswith((".bin", ".ckpt"))]
    return TensorIndex.merged(_index_of(snapshot, name) for name in names) if names else None


def _index_of(snapshot: Snapshot, name: str) -> TensorIndex:
    with weight_errors(name), quiet():
        content = torch.load(snapshot.folder / name, map_location="meta", weights_only=True)
    if not isinstance(content, Mapping):
        return TensorIndex({})
    named = {str(key): value for key, value in content.items()}
    tensors = {key: value for key, value in named.items() if isinstance(value, torch.Tensor)}
    return TensorIndex(
        {key: Tensor(tuple(value.shape), str(value.dtype)) for key, value in tensors.items()},
        others=tuple(sorted(named.keys() - tensors.keys())),
    )
