"""The tensors of a weight file that is on this machine."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from sertify.hub.tensors.archives import members_of
from sertify.hub.tensors.index import WRAPPERS, CorruptWeights, NotInspectable, WeightFile


def read_tensors(path: Path, inside: str = "", device: str = "cpu") -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file, or of a pickle.

    ``inside`` is the key under which a pickle holds them, as in `TensorIndex`; what it holds beside
    them is left on the disk. Raises whatever reading the file does.
    """
    if path.suffix == ".safetensors":
        tensors: dict[str, torch.Tensor] = load_file(path, device)
        return tensors
    content = torch.load(path, map_location="cpu", weights_only=True, mmap=_can_be_mapped(path))
    # Copied: what changes in the file afterwards would change the network, or end the process.
    held = opened(content, inside)[0]
    return {name: tensor.to(device, copy=True) for name, tensor in held.items()}


def _can_be_mapped(path: Path) -> bool:
    """Whether a file has its tensors as they are in memory.

    That is an archive, which torch writes since version 1.6, of nothing that is packed: of what is,
    torch would map the packed bytes.
    """
    try:
        with path.open("rb") as file:
            source = WeightFile(file, path.stat().st_size)
            members = members_of(source).values()
    except (CorruptWeights, NotInspectable):
        return False
    return source.head.startswith(b"PK\3\4") and not any(member.method for member in members)


def read_files(
    folder: Path, names: Iterable[str], inside: str = "", device: str = "cpu"
) -> dict[str, torch.Tensor]:
    """Return the tensors of several files as :func:`read_tensors` does; TypeError for none."""
    pieces = [read_tensors(folder / name, inside, device) for name in names]
    tensors = {name: tensor for piece in pieces for name, tensor in piece.items()}
    if not tensors:
        raise TypeError("it holds no tensors by name")
    return tensors


def opened(content: Any, inside: str) -> tuple[dict[str, torch.Tensor], tuple[str, ...]]:
    """Return the tensors that a checkpoint holds, under a key of its or at its top, by name.

    Also the names, sorted, of what it holds beside them; neither where it is nothing of the kind.
    """
    held = content.get(inside) if inside and isinstance(content, Mapping) else content
    if not isinstance(held, Mapping):
        return {}, ()
    named = {str(key): value for key, value in held.items()}
    tensors = {key: value for key, value in named.items() if isinstance(value, torch.Tensor)}
    return tensors, tuple(sorted(named.keys() - tensors.keys()))


def wrapper_of(content: Any) -> str:
    """Return the key under which a checkpoint holds its tensors; "" where it is none of the known.

    As the walk of a pickle tells it, for those that cannot be walked.
    """
    if not isinstance(content, Mapping) or opened(content, "")[0]:
        return ""
    return next((key for key in WRAPPERS if opened(content, key)[0]), "")
