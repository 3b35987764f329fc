"""Where each weight of a network comes from, told with a checkpoint or by its index alone."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from sertify.gates.weights import Mismatch, WeightReport
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.failures import config_errors, quiet, weight_errors

LOADING = {
    "dtype": torch.float32,
    # A head of another size is then told from one that is absent, with its name.
    "ignore_mismatched_sizes": True,
    "output_loading_info": True,
}
"""How every checkpoint is loaded."""


def memory_of(network_class: Any, config: Any) -> int:
    """Return how many bytes a network takes in float32.

    It is built without memory: whatever goes wrong here is due to the config, and is raised as
    ``Rejected`` with ``bad_config``.
    """
    with config_errors(), quiet(), torch.device("meta"):
        network = network_class(config)
    numbers: int = sum(tensor.numel() for tensor in (*network.parameters(), *network.buffers()))
    return 4 * numbers


def expected_weights(network_class: Any, config: Any, index: TensorIndex) -> WeightReport:
    """Report on weights as loading would, which it is: of tensors that take no memory."""
    # Of a subclass that leaves what the checkpoint lacks where it is, for nobody will ask it: it
    # would take memory, whatever the config asks for.
    probe: Any = type(network_class.__name__, (network_class,), dict.fromkeys(_FILLING, _leave))
    phantoms = {
        name: torch.zeros(1).expand(tensor.shape) if tensor.shape else torch.zeros(())
        for name, tensor in index.tensors.items()
    }
    with weight_errors("the checkpoint"), quiet():
        network, info = probe.from_pretrained(None, config=config, state_dict=phantoms, **LOADING)
    report = weight_report(network, info, others=index.others, look=False)
    return replace(report, rounded=_rounded(network, index, info["unexpected_keys"]))


def _rounded(network: Any, index: TensorIndex, strange: Collection[str]) -> tuple[str, ...]:
    """Names of tensors of whole numbers that stand for real ones."""
    state = network.state_dict().items()
    counts = {name for name, tensor in state if not tensor.is_floating_point()} | {*strange}
    whole = (name for name, tensor in index.tensors.items() if is_whole(tensor))
    return tuple(sorted(name for name in whole if name not in counts))


def is_whole(tensor: Tensor) -> bool:
    """Whether a tensor is one of whole numbers."""
    return _WHOLE.fullmatch(tensor.dtype) is not None


# As safetensors calls them, and as torch does.
_WHOLE = re.compile(r"[IU]\d+|BOOL|torch\.(u?int\d+|bool)")


# What transformers does for a weight that the checkpoint lacks.
_FILLING = (
    "_init_weights",
    "_move_missing_keys_from_meta_to_device",
    "_initialize_missing_keys",
)


def _leave(*_: object, **__: object) -> None:
    pass


def weight_report(
    network: Any, info: Mapping[str, Any], others: Sequence[str] = (), *, look: bool = True
) -> WeightReport:
    """Report on what ``from_pretrained`` said of loading, and on the weights unless told not to.

    ``others`` are what the checkpoint holds beside tensors.
    """
    # Buffers such as the running mean of a batch norm come from the checkpoint, too.
    tensors = network.state_dict() if look else {}
    mismatched = (
        Mismatch(str(name), tuple(found), tuple(wanted))
        for name, found, wanted in info["mismatched_keys"]
    )
    return WeightReport(
        backbone=_backbone(network),
        outputs=network.config.num_labels,
        parameters=sum(tensor.numel() for tensor in network.parameters()),
        missing=tuple(sorted(info["missing_keys"])),
        mismatched=tuple(sorted(mismatched)),
        unexpected=tuple(sorted(info["unexpected_keys"] - {*others})),
        others=tuple(others),
        non_finite=tuple(n for n, tensor in tensors.items() if not is_finite(tensor)),
    )


def is_finite(tensor: torch.Tensor) -> bool:
    """Whether all values are; where their sum is, they are, and it takes a fifth of the time."""
    if tensor.dtype == torch.float32 and bool(tensor.sum().isfinite()):
        return True
    return bool(tensor.isfinite().all())


def _backbone(network: Any) -> str:
    """Name of the largest part; base_model_prefix names none in Whisper's classifier."""
    sizes: dict[str, int] = {
        name: sum(tensor.numel() for tensor in part.parameters())
        for name, part in network.named_children()
    }
    return max(sizes, key=sizes.__getitem__)
