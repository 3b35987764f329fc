"""From weight files to a network, and where each of its weights came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForAudioClassification

from sertify.errors import Rejected
from sertify.hub import Snapshot
from sertify.integrity import WeightReport
from sertify.models.guards import config_errors, quiet, weight_errors

__all__ = ["check_weight_files", "load_network", "receptive_field"]

_LFS_POINTER = b"version https://git-lfs"


def check_weight_files(snapshot: Snapshot) -> None:
    """Reject a repository without weights, or with pointers in their place."""
    if not snapshot.weight_files:
        raise Rejected("no_weights", "it has neither model.safetensors nor pytorch_model.bin")
    for name in snapshot.weight_files:
        with (snapshot.folder / name).open("rb") as file:
            if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
                raise Rejected("corrupt_weights", f"{name} is a Git LFS pointer, not the weights")


def load_network(snapshot: Snapshot, device: str) -> tuple[Any, WeightReport]:
    """Load the network as transformers does, in float32, and report on its weights."""
    # Left unset, transformers asks on the terminal.
    trust = {"trust_remote_code": snapshot.candidate.trust_remote_code}
    with config_errors(), quiet():
        config = AutoConfig.from_pretrained(snapshot.folder, local_files_only=True, **trust)
        # Built without memory first, whatever goes wrong from here on is due to the weights.
        with torch.device("meta"):
            AutoModelForAudioClassification.from_config(config, **trust)
    with weight_errors(", ".join(snapshot.weight_files)), quiet():
        network, info = AutoModelForAudioClassification.from_pretrained(
            snapshot.folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            # A head of another size is then told from one that is absent, with its name.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **trust,
        )
        network = network.to(device).eval()
    return network, _weight_report(network, info)


def receptive_field(config: Any) -> int:
    """Samples that one output frame of the convolutional front end sees."""
    kernels: Sequence[int] = getattr(config, "conv_kernel", None) or ()
    strides: Sequence[int] = getattr(config, "conv_stride", None) or ()
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    # Spectrogram models see windows of 25 ms, which at 16 kHz is the same as wav2vec2's 400.
    return field if kernels else 400


def _weight_report(network: Any, info: Mapping[str, Any]) -> WeightReport:
    # Buffers such as the running mean of a batch norm come from the checkpoint, too.
    tensors = network.state_dict()
    return WeightReport(
        backbone=_backbone(network),
        parameters=sum(tensor.numel() for tensor in network.parameters()),
        missing=tuple(sorted(info["missing_keys"])),
        mismatched=tuple(sorted(str(key[0]) for key in info["mismatched_keys"])),
        unexpected=tuple(sorted(info["unexpected_keys"])),
        non_finite=tuple(n for n, tensor in tensors.items() if not tensor.isfinite().all()),
    )


def _backbone(network: Any) -> str:
    """Name of the largest part; base_model_prefix names none in Whisper's classifier."""
    sizes: dict[str, int] = {
        name: sum(tensor.numel() for tensor in part.parameters())
        for name, part in network.named_children()
    }
    return max(sizes, key=sizes.__getitem__)
