"""Which tensors a weight file holds, told from its index: no weight is read, no code is run.

The file may be far away: it is read in one to three large pieces, wherever the index lies.
"""

from sertify.tensors.checkpoints import SAFE_GLOBALS, read_torch
from sertify.tensors.index import (
    MAX_INDEX,
    CorruptWeights,
    NotInspectable,
    Tensor,
    TensorIndex,
)
from sertify.tensors.safetensors_files import read_safetensors

__all__ = [
    "MAX_INDEX",
    "SAFE_GLOBALS",
    "CorruptWeights",
    "NotInspectable",
    "Tensor",
    "TensorIndex",
    "read_safetensors",
    "read_torch",
]
