"""Exports to ONNX, which onnxruntime answers from on the CPU.

onnxruntime is an optional package. It takes external data from the folder of the graph alone, and
runs no code but that of the operators which it brings along.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config
from sertify.hub.repositories import EXTERNAL_DATA
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint, Network
from sertify.models.failures import out_of_memory, text_of
from sertify.models.loaders.extractors import load_extractor
from sertify.models.loaders.stock import read_config, read_names, receptive_field
from sertify.models.runtimes import onnx_errors, onnx_session, optional_package
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed

_GRAPHS = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
_INPUTS = ("input_values", "attention_mask")
_TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}


class OnnxLoader:
    """Loads an export from `input_values`, perhaps with an `attention_mask`, to `logits`."""

    name = "onnx"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether there is an export, and no weights that transformers could read."""
        others = [name for name in snapshot.weight_files if ".onnx" not in name]
        return not others and _graph(snapshot) is not None and has_config(snapshot)

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:  # noqa: ARG002
        """Say what config.json does; what the graph takes and gives is known once it is loaded."""
        optional_package("onnxruntime", "onnx")
        graph = _graph(snapshot)
        if graph is None:
            raise Rejected("no_weights", f"it has none of {listed(_GRAPHS)}; {snapshot.listing}")
        weights = re.escape(graph) + EXTERNAL_DATA
        data = sorted(name for name in snapshot.files if re.fullmatch(weights, name))
        config = read_config(snapshot)
        names = read_names(snapshot, config)
        extractor, problem = load_extractor(snapshot, config)
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=(graph, *data),
            architecture=(config.architectures or ["a graph"])[0],
            labels=names.labels(config.num_labels),
            labels_from=names.source,
            problem_type=config.problem_type,
            unknown=f"{graph} is a graph, not a list of tensors",
            sampling_rate=None if extractor is None else extractor.sampling_rate,
            extractor_problem=problem,
            receptive_field=receptive_field(config),
            memory=sum(snapshot.files[name] for name in (graph, *data)),
            remark=(
                f"{graph}, run by onnxruntime on the CPU. If it only takes clips of one length, "
                f"others are cut or padded with zeros to it. {names.remark}"
            ).strip(),
            material=(graph, extractor),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:  # noqa: ARG002
        """Load it on the CPU, whatever the device."""
        graph, extractor = blueprint.material
        with out_of_memory(graph):
            try:
                # By its path: of a graph in bytes, external data is sought in the working folder.
                session = onnx_session(str(blueprint.snapshot.folder / graph))
            except RuntimeError as error:
                raise Rejected("corrupt_weights", f"{graph}: {text_of(error)}") from error
        _require_known(session, graph)
        return _answers(session, extractor), WeightReport(backbone="", parameters=0)


def _graph(snapshot: Snapshot) -> str | None:
    """Name of the export, a quantized one where there is no other."""
    return next((name for name in _GRAPHS if name in snapshot.files), None)


def _require_known(session: Any, graph: str) -> None:
    """Raise ``Rejected`` for a graph that takes or gives something else."""
    inputs = {given.name: given for given in session.get_inputs()}
    outputs = [given.name for given in session.get_outputs()]
    if "input_values" not in inputs or inputs.keys() - {*_INPUTS}:
        what = f"takes {listed(sorted(inputs))}, but should take {' and perhaps '.join(_INPUTS)}"
    elif (found := inputs["input_values"].type) != "tensor(float)":
        what = f"takes input_values as {found}, but should take tensor(float)"
    elif "logits" not in outputs:
        what = f"gives {listed(outputs)}, but should give logits"
    else:
        return
    raise Rejected("unsupported_library", f"{graph} {what}")


def _answers(session: Any, extractor: Any) -> Network:
    inputs: Mapping[str, Any] = {given.name: given for given in session.get_inputs()}
    options = _length_options(inputs["input_values"].shape)
    # Only where it is needed: extractors of spectrograms do not know it.
    if "attention_mask" in inputs:
        options["return_attention_mask"] = True

    def answer_one(waveform: Waveform) -> NDArray[np.float32]:
        rate = extractor.sampling_rate
        prepared = extractor(waveform, sampling_rate=rate, return_tensors="np", **options)
        feed = {name: prepared[name].astype(_TYPES[inputs[name].type]) for name in inputs}
        with onnx_errors():
            (logits,) = session.run(["logits"], feed)
        return np.asarray(logits, np.float32)

    def answer(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        # One by one: what a quantized export answers depends on the rest of the batch.
        return np.concatenate([answer_one(waveform) for waveform in waveforms])

    return answer


def _length_options(shape: Sequence[Any]) -> dict[str, Any]:
    """Return how clips are brought to the length of an export that takes no other."""
    length = shape[1] if len(shape) == 2 else None
    if not isinstance(length, int):
        return {}
    return {"padding": "max_length", "max_length": length, "truncation": True}
