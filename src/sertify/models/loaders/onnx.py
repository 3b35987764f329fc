"""Exports to ONNX, which onnxruntime answers from on the CPU.

onnxruntime is an optional package. It takes external data from the folder of the graph alone, and
runs no code but that of the operators which it brings along.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.entries import LEAST_RATE, MOST_RATE
from sertify.corpora.audio import Waveform
from sertify.gates.loadability import require
from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config, judge_config
from sertify.hub.repositories import EXTERNAL_DATA
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint, Network
from sertify.models.failures import out_of_memory, text_of
from sertify.models.loaders.extractors import default_extractor, load_extractor
from sertify.models.loaders.stock import read_config, read_names, receptive_field
from sertify.models.networks import TorchNetwork
from sertify.models.own_code import told_of_code
from sertify.models.runtimes import onnx_errors, onnx_session, optional_package
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.files import read_start
from sertify.vocabulary.text import listed
from sertify.vocabulary.yaml_lines import read_yaml

_GRAPHS = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
_VALUES = ("input_values", "input_features")
_MASK = "attention_mask"
_ABOUT = (
    "{}, run by onnxruntime on the CPU. If it only takes clips of one length, others are cut or "
    "padded with zeros to it."
)
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}


class OnnxLoader:
    """Loads an export from waveforms or spectrograms, perhaps with a mask, to logits.

    Its config is config.json, or of ``NAME.onnx`` the file ``NAME.config``.
    """

    name = "onnx"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether there is an export, and no weights that transformers could read."""
        others = [name for name in snapshot.weight_files if ".onnx" not in name]
        graph = _graph(snapshot)
        return not others and graph is not None and has_config(snapshot, _config(snapshot, graph))

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:  # noqa: ARG002
        """Say what the config does; what the graph takes and gives is known once it is loaded."""
        optional_package("onnxruntime", "onnx")
        graph = _graph(snapshot)
        if graph is None:
            message = f"it has none of {listed(_GRAPHS)}, and not exactly one other graph"
            raise Rejected("no_weights", f"{message}; {snapshot.listing}{_choice(snapshot)}")
        weights = re.escape(graph) + EXTERNAL_DATA
        data = sorted(name for name in snapshot.files if re.fullmatch(weights, name))
        name = _config(snapshot, graph)
        require(judge_config(snapshot, name))
        config = read_config(snapshot, name)
        names = read_names(snapshot, config, name)
        extractor, problem = _extractor(snapshot, graph, config)
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
            remark=" ".join(
                filter(
                    None,
                    (_ABOUT.format(graph), told_of_code(snapshot, None, extractor), names.remark),
                )
            ),
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
        values = _VALUES[0] if extractor is None else extractor.model_input_names[0]
        _require_known(session, graph, values)
        return _Answers(session, extractor, values), WeightReport(backbone="", parameters=0)


def _graph(snapshot: Snapshot) -> str | None:
    """Name of the export that is asked for, or usual, or the only one; a quantized one last."""
    wish = snapshot.candidate.weights
    if wish is not None:
        return wish if wish in snapshot.files and wish.endswith(".onnx") else None
    others = [name for name in snapshot.files if name.endswith(".onnx")]
    usual = next((name for name in _GRAPHS if name in snapshot.files), None)
    return usual or (others[0] if len(others) == 1 else None)


def _choice(snapshot: Snapshot) -> str:
    graphs = sorted(name for name in snapshot.files if name.endswith(".onnx"))
    return f". Set `weights:` to one of {listed(graphs)}" if len(graphs) > 1 else ""


def _config(snapshot: Snapshot, graph: str) -> str:
    """Name of the file that stands for config.json."""
    own = graph.removesuffix(".onnx") + ".config"
    return own if "config.json" not in snapshot.files and own in snapshot.files else "config.json"


def _extractor(snapshot: Snapshot, graph: str, config: Any) -> tuple[Any, str]:
    """Return the feature extractor; else a plain one where the file NAME.yaml says at what rate."""
    extractor, problem = load_extractor(snapshot, config)
    about = graph.removesuffix(".onnx") + ".yaml"
    if extractor is not None or snapshot.candidate.feature_extractor or about not in snapshot.files:
        return extractor, problem
    with suppress(OSError, ValueError):
        content = read_yaml(read_start(snapshot.folder / about)).value
        rate = content.get("sampling_rate") if isinstance(content, Mapping) else None
        if type(rate) is int and LEAST_RATE <= rate <= MOST_RATE:
            return default_extractor(config, rate)
    return None, problem


def _require_known(session: Any, graph: str, values: str) -> None:
    """Raise ``Rejected`` for a graph that takes or gives something else."""
    inputs = {given.name: given for given in session.get_inputs()}
    outputs = [given.name for given in session.get_outputs()]
    main = _main_input(inputs)
    named = main is not None and (main not in _VALUES or main == values)
    if not named or inputs.keys() - {main, _MASK}:
        should = f"{values} and perhaps {_MASK}"
        what = f"takes {listed(sorted(inputs))}, but should take {should}"
    elif (found := inputs[str(main)].type) != "tensor(float)":
        what = f"takes {main} as {found}, but should take tensor(float)"
    elif strange := {given.type for given in inputs.values()} - _TYPES.keys():
        what = f"takes {_MASK} as {listed(strange)}, but should take one of {listed(_TYPES, 9)}"
    elif "logits" not in outputs and len(outputs) > 1:
        what = f"gives {listed(outputs)}, but should give logits"
    else:
        return
    raise Rejected("unsupported_library", f"{graph} {what}")


def _main_input(inputs: Collection[str]) -> str | None:
    """Return the input that is no mask; None where there is more than one."""
    others = [name for name in inputs if name != _MASK]
    return others[0] if len(others) == 1 else None


class _Answers:
    """A graph that answers waveforms, one by one.

    What a quantized export answers depends on the rest of a batch.
    """

    def __init__(self, session: Any, extractor: Any, values: str) -> None:
        self._session, self._extractor = session, extractor
        inputs = {given.name: given for given in session.get_inputs()}
        main = str(_main_input(inputs))
        # Of each input, what the extractor calls it, and its type.
        called = {name: values if name == main else name for name in inputs}
        self._inputs = {name: (called[name], _TYPES[inputs[name].type]) for name in inputs}
        outputs = [given.name for given in session.get_outputs()]
        self._output = "logits" if "logits" in outputs else outputs[0]
        self._options, self.hears = _length_options(extractor, inputs[main].shape)
        # Only where it is needed: extractors of spectrograms do not know it.
        if _MASK in inputs:
            self._options["return_attention_mask"] = True

    def __call__(self, waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        return np.concatenate([self._answer(waveform) for waveform in waveforms])

    def _answer(self, waveform: Waveform) -> NDArray[np.float32]:
        rate = self._extractor.sampling_rate
        prepared = self._extractor(
            waveform, sampling_rate=rate, return_tensors="np", **self._options
        )
        feed = {name: prepared[key].astype(kind) for name, (key, kind) in self._inputs.items()}
        with onnx_errors():
            (logits,) = self._session.run([self._output], feed)
        return np.asarray(logits, np.float32)


def _length_options(extractor: Any, shape: Sequence[Any]) -> tuple[dict[str, Any], float | None]:
    """Return how clips are brought to the length of an export that takes no other.

    Also the seconds that it hears; None where it hears all.
    """
    length = shape[1] if len(shape) == 2 else None
    if not isinstance(length, int):
        return {}, TorchNetwork(None, extractor).hears
    options = {"padding": "max_length", "max_length": length, "truncation": True}
    return options, length / extractor.sampling_rate
