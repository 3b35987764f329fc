"""Modules of torch as graphs, which onnxruntime or OpenVINO answer on the CPU.

Both are optional packages. torch writes the graph itself, without packages of its own.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.corpora.audio import Waveform
from sertify.models.networks import TorchNetwork
from sertify.vocabulary.errors import Blocked

_Clips = Sequence[Waveform]
_Run = Callable[[Mapping[str, NDArray[Any]]], NDArray[np.float32]]
_SILENT = 4  # else onnxruntime writes to the terminal what it then raises


def in_onnxruntime(network: TorchNetwork, clips: _Clips) -> TorchNetwork:
    """Return the network, answered by onnxruntime with the threads that torch may use now.

    Its graph is traced with the first clip; an axis by which the input for the last one differs has
    no fixed size. Raises ``Blocked`` with ``missing_package``.
    """
    optional_package("onnxruntime", "onnx")
    with _exported(network, clips) as path:
        session = onnx_session(path)
    names = [given.name for given in session.get_inputs()]

    def run(feed: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        with onnx_errors():
            (logits,) = session.run(["logits"], {name: feed[name] for name in names})
        return np.asarray(logits, np.float32)

    return replace(network, module=_Graph(run))


def in_openvino(network: TorchNetwork, clips: _Clips) -> TorchNetwork:
    """Return the network, answered by OpenVINO; all else as in `in_onnxruntime`."""
    core = optional_package("openvino", "openvino").Core()
    settings = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",  # else bfloat16, where the CPU has instructions for it
        "PERFORMANCE_HINT": "LATENCY",
    }
    with _exported(network, clips) as path:
        model = core.compile_model(core.read_model(path), "CPU", settings)
    names = [given.any_name for given in model.inputs]
    of_thread = threading.local()

    def run(feed: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        if not hasattr(of_thread, "request"):
            of_thread.request = model.create_infer_request()
        answer = of_thread.request.infer({name: feed[name] for name in names})
        logits: NDArray[np.float32] = answer[0]
        return logits

    return replace(network, module=_Graph(run))


def onnx_session(path: str) -> Any:
    """Return a session of onnxruntime on the CPU, with the threads that torch may use now.

    Raises as `onnx_errors` does, and ``Blocked`` with ``missing_package``.
    """
    runtime = optional_package("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    with onnx_errors(f"Load model from {path} failed:"):
        return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@contextmanager
def onnx_errors(phrase: str = "") -> Iterator[None]:
    """Raise Python's own errors, without a phrase: onnxruntime's have no base class to catch."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime."):
            raise
        text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : ", "", str(error)).replace(phrase, "")
        kind = MemoryError if "allocate memory" in text else RuntimeError
        raise kind(text) from error


def optional_package(name: str, extra: str) -> Any:
    """Import a package that is an extra of sertify; ``Blocked`` where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        message = f"it needs {name}: pip install 'sertify[{extra}]'"
        raise Blocked("missing_package", message) from error


@contextmanager
def _exported(network: TorchNetwork, clips: _Clips) -> Iterator[str]:
    """Keep the graph on the disk until it has been read: a process that is killed never tidies."""
    with TemporaryDirectory(prefix="sertify-", ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "model.onnx")
        _export(network, clips, path)
        yield path


@dataclass(frozen=True)
class _Graph:
    """What a runtime answers, in the place of a module."""

    run: _Run
    device: ClassVar[torch.device] = torch.device("cpu")
    dtype: ClassVar[torch.dtype] = torch.float32

    def __call__(self, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        feed = {name: value.numpy() for name, value in inputs.items()}
        return SequenceClassifierOutput(logits=torch.from_numpy(self.run(feed)))


class _Logits(nn.Module):
    """A module whose inputs have places instead of names, as those of a graph."""

    def __init__(self, module: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.module, self.names = module, names
        self.eval()  # the exporter would leave all of it as it finds this

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.module(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


def _export(network: TorchNetwork, clips: _Clips, path: str) -> None:
    example, other = _inputs(network, clips[0]), _inputs(network, clips[-1])
    # Spectrograms of a fixed size have no axis that differs.
    axes = {
        name: {i: f"{name}_{i}" for i, n in enumerate(value.shape) if n != other[name].shape[i]}
        for name, value in example.items()
    }
    with torch.inference_mode(False), torch.no_grad():
        torch.onnx.export(
            _Logits(network.module, [*example]),
            tuple(torch.from_numpy(value) for value in example.values()),
            path,
            dynamo=False,  # the other exporter needs packages of its own, and a minute or more
            opset_version=17,
            input_names=[*example],
            output_names=["logits"],
            dynamic_axes=axes,
        )


def _inputs(network: TorchNetwork, clip: Waveform) -> dict[str, NDArray[Any]]:
    """Return what the module is given for a clip."""
    given: dict[str, NDArray[Any]] = {}

    def note(feed: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        given.update(feed)
        return np.zeros((1, 1), np.float32)

    replace(network, module=_Graph(note))([clip])
    return given
