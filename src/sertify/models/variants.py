"""Networks converted to answer faster: rounded, compiled, or by another runtime.

Each is asked about the same noise as before. What rounds is for recordings to judge; the others
have to give the same answers, whatever the length of a clip.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sertify.corpora.audio import Waveform
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.failures import out_of_memory, quiet, text_of
from sertify.models.networks import TorchNetwork
from sertify.models.proofs import TOLERANCE, scale_of
from sertify.models.runtimes import in_onnxruntime, in_openvino
from sertify.vocabulary.errors import Blocked

# Seconds: graphs are traced at the first, and what they keep of its length shows at the others.
_LENGTHS = (1.0, 0.5, 1.33, 6.0)

_ROUNDED = ("int8-dynamic", "bf16", "fp16")
_ON_ANY_DEVICE = ("compile", "bf16", "fp16")

_Conversion = Callable[[TorchNetwork, Sequence[Waveform]], Network]


def convert(network: Network, blueprint: Blueprint, device: str = "cpu") -> Network:
    """Return the network as the variant of its candidate; as it is where that is fp32.

    Most of them answer clips one by one. Where it cannot answer a second of noise as it is, it
    stays so, for that is what a loaded model is asked first, and rejected for.

    Raises ``Blocked``: ``no_variant`` where it cannot be converted, or has other logits by more
    than `TOLERANCE`; ``missing_package``, ``out_of_memory``.
    """
    variant = blueprint.snapshot.candidate.variant
    if variant == "fp32":
        return network
    if not isinstance(network, TorchNetwork):
        where = f"loader {blueprint.loader.name} does not have"
        raise Blocked("no_variant", f"{variant} needs a module of torch, which {where}")
    if device != "cpu" and variant not in _ON_ANY_DEVICE:
        message = f"{variant} runs on the CPU, but the device is {device}; use --device cpu"
        raise Blocked("no_variant", message)
    clips = blueprint.noises(_LENGTHS)
    with quiet(), torch.inference_mode():
        if not _can_answer(network, clips[0]):
            return network
        with _failures(variant):
            wanted = np.stack([network([clip])[0] for clip in clips])
            converted = _CONVERSIONS[variant](network, clips)
            logits = np.stack([converted([clip])[0] for clip in clips])
        if variant not in _ROUNDED:
            _require_agreement(variant, wanted, logits)
    return converted


def _can_answer(network: TorchNetwork, clip: Waveform) -> bool:
    try:
        with out_of_memory("a second of noise"):
            return bool(np.isfinite(network([clip])).all())
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError):
        return False


@contextmanager
def _failures(variant: str) -> Iterator[None]:
    """Raise ``Blocked`` for whatever a converter raises: they have no base class in common."""
    try:
        with out_of_memory(f"the conversion to {variant}"):
            yield
    except Blocked:
        raise
    except Exception as error:
        raise Blocked("no_variant", f"{variant}: {text_of(error)}") from error


def _require_agreement(
    variant: str, wanted: NDArray[np.float32], logits: NDArray[np.float32]
) -> None:
    moved = np.abs(logits - wanted).max(axis=1) / (scale_of(wanted) or 1.0)
    worst = int(np.nan_to_num(moved, nan=np.inf).argmax())
    if not moved[worst] <= TOLERANCE:
        share, seconds = f"{moved[worst]:.2g} of their range", f"{_LENGTHS[worst]:g} s of noise"
        message = f"{variant} moves the logits for {seconds} by {share}, but should move them by"
        raise Blocked("no_variant", f"{message} at most {TOLERANCE}")


@dataclass(frozen=True)
class _OneByOne:
    """Asks about each clip alone: int8 scales are those of a batch, and graphs take one clip."""

    network: Network

    def __call__(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        return np.concatenate([self.network([waveform]) for waveform in waveforms])


def _int8(network: TorchNetwork, clips: Sequence[Waveform]) -> Network:
    quantize: Any = torch.ao.quantization.quantize_dynamic
    layers = _layers_called(network, clips[0])
    module = quantize(network.module, layers, torch.qint8, inplace=True)
    return _OneByOne(replace(network, module=module))


def _half(dtype: torch.dtype) -> _Conversion:
    return lambda network, _: replace(network, module=network.module.to(dtype))


def _graph(runtime: _Conversion) -> _Conversion:
    return lambda network, clips: _OneByOne(runtime(network, clips))


def _layers_called(network: TorchNetwork, clip: Waveform) -> set[str]:
    """Name the dense layers that are called; of WavLM's attention, torch reads the weights."""
    called: set[str] = set()
    hooks = [
        part.register_forward_hook(lambda *_, name=name: called.add(name))
        for name, part in network.module.named_modules()
        if type(part) is nn.Linear
    ]
    network([clip])
    for hook in hooks:
        hook.remove()
    return called


def _compiled(network: TorchNetwork, clips: Sequence[Waveform]) -> Network:  # noqa: ARG001
    # It compiles when it is first asked, which is before it is given back; and anew for another
    # number of threads, and where a length makes torch convolve in another way.
    module = torch.compile(network.module, dynamic=True)
    return replace(network, module=module, batching=Batching.SINGLE)


_CONVERSIONS: Mapping[str, _Conversion] = {
    "int8-dynamic": _int8,
    "bf16": _half(torch.bfloat16),
    "fp16": _half(torch.float16),
    "onnx": _graph(in_onnxruntime),
    "openvino": _graph(in_openvino),
    "compile": _compiled,
}
