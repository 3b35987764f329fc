"""Checkpoints of classes in the way of transformers: the stock ones, and a base for others."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import (
    CONFIG_MAPPING,
    MODEL_MAPPING,
    AutoConfig,
    AutoModelForAudioClassification,
    PreTrainedModel,
)

from sertify.gates.loadability import require
from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config, judge_config, judge_values
from sertify.hub.label_names import Names, names_of
from sertify.hub.plausible import oddity
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import read_files
from sertify.models.failures import config_errors, quiet, weight_errors
from sertify.models.loaders.adapters import left_over, load_adapter, outline_adapter, unadapted
from sertify.models.loaders.extractors import load_extractor
from sertify.models.loaders.fitting import Fit, best_fit, unwrapped
from sertify.models.loaders.mending import (
    completed,
    has_odd_names,
    plain_config,
    remarks_on,
    run_of_the_mill,
)
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.models.networks import TorchNetwork, batching_for
from sertify.models.own_code import own_config, own_network, told_of_code
from sertify.vocabulary.errors import Rejected

USUAL, PICKLED = (".safetensors", ".bin"), (".pt", ".pth", ".ckpt")
"""How the names of weight files end that transformers looks for, and of those it does not."""


class StockLoader:
    """Loads what ``AutoModelForAudioClassification`` does."""

    name = "transformers"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether config.json names a model type, and there is a checkpoint."""
        return has_config(snapshot)

    def network_class(self, config: Any, index: TensorIndex, snapshot: Snapshot) -> Any:  # noqa: ARG002
        """Return the repository's own class where that is named and may run, else the stock one."""
        if (own := own_network(snapshot, config)) is not None:
            return own
        # Built without memory.
        with torch.device("meta"):
            network = AutoModelForAudioClassification.from_config(config, trust_remote_code=False)
        return type(network)

    def batching(self, config: Any, extractor: Any) -> Batching:
        """Return which clips can share a forward."""
        return batching_for(config, extractor)

    def remark(self, index: TensorIndex) -> str:  # noqa: ARG002
        """There is nothing to say of the usual."""
        return ""

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Compare what the class would have with what the checkpoint holds."""
        require(judge_config(snapshot))
        known = USUAL if snapshot.candidate.weights is None else PICKLED + USUAL
        if not any(name.endswith(known) for name in snapshot.weight_files):
            message = "it has neither model.safetensors nor pytorch_model.bin"
            raise Rejected("no_weights", f"{message}; {snapshot.listing}")
        config = read_config(snapshot)
        names, make = read_names(snapshot, config), partial(self._class, snapshot)
        adapter, wrapper = outline_adapter(snapshot, index), ""
        if adapter is not None:
            wrapper, index = adapter.index(index, make(config, index).base_model_prefix)
        fit = best_fit(make, config, index, expected_weights)
        fit = replace(fit, prefix=wrapper + fit.prefix)
        extractor, problem = load_extractor(snapshot, fit.config)
        content = snapshot.read_json("config.json")
        remarks = (
            self.remark(fit.index),
            told_of_code(snapshot, fit.network, extractor),
            fit.remark,
            names.remark,
            *remarks_on(content, fit.counted, fit.outputs),
            adapter.remark if adapter else left_over(snapshot),
        )
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=snapshot.weight_files,
            architecture=fit.network.__name__,
            labels=names.labels(fit.config.num_labels),
            labels_from=names.source,
            outputs=fit.outputs,
            problem_type=fit.config.problem_type,
            weights=fit.weights,
            unknown=index.problem,
            sampling_rate=None if extractor is None else extractor.sampling_rate,
            extractor_problem=problem,
            receptive_field=receptive_field(fit.config),
            memory=memory_of(fit.network, fit.config),
            remark=" ".join(filter(None, remarks)),
            material=(fit.network, fit.config, extractor, fit),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        network_class, config, extractor, fit = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet(), unadapted():
            folder, tensors = _source(blueprint, fit)
            network, info = network_class.from_pretrained(
                folder, config=config, state_dict=tensors, local_files_only=True, **LOADING
            )
            network = network.to(device).eval()
        answering = TorchNetwork(network, extractor, self.batching(config, extractor))
        report = weight_report(network, info, fit.index.others)
        rounded = fit.weights.rounded if fit.weights else ()
        return answering, replace(report, rounded=rounded)

    def _class(self, snapshot: Snapshot, config: Any, index: TensorIndex) -> Any:
        """Return the class for a config; what is wrong with that is raised before weights are."""
        with config_errors(), quiet():
            network = self.network_class(config, index, snapshot)
        # Whatever goes wrong as it is built without memory is due to the config.
        return completed(network, config)


def _source(blueprint: Blueprint, fit: Fit) -> tuple[Path | None, Any]:
    """Return the folder that transformers loads from, or the tensors that it would not find."""
    snapshot = blueprint.snapshot
    adapter = load_adapter(snapshot)
    usual = not fit.index.inside and not fit.prefix and snapshot.candidate.weights is None
    if usual and adapter is None:
        return snapshot.folder, None
    held = read_files(snapshot.folder, blueprint.files, fit.index.inside)
    tensors = unwrapped(held, fit.prefix)
    return None, adapter.merge(tensors, fit.network.base_model_prefix) if adapter else tensors


def read_config(snapshot: Snapshot, name: str = "config.json") -> Any:
    """Read config.json, or what stands for it, as transformers does.

    But for what does not matter to the answers: names of labels are read by `read_names`, and a way
    to compute attention that only some machines have is not asked for.
    """
    require(judge_values(snapshot, name))
    content = snapshot.read_json(name)
    usual = name == "config.json"
    with config_errors(), quiet():
        mended = plain_config(content) if has_odd_names(content) else None
        config = own_config(snapshot, mended) if usual else None
        if config is None and content["model_type"] in CONFIG_MAPPING:
            config = CONFIG_MAPPING[content["model_type"]].from_dict(plain_config(content))
        # Left unset, transformers asks on the terminal.
        config = config or AutoConfig.from_pretrained(
            snapshot.folder if usual else snapshot.folder / name,
            local_files_only=True,
            trust_remote_code=False,
        )
    run_of_the_mill(config)
    # What is indexed and judged are the files of the usual names.
    config.transformers_weights = None
    return config


def read_names(snapshot: Snapshot, config: Any, name: str = "config.json") -> Names:
    """Return what the outputs are called; ``config`` is what was made of the file of that name.

    Raises ``Rejected`` as :func:`~sertify.hub.label_names.names_of` does.
    """
    content = snapshot.read_json(name)
    # A class of the repository's own may make labels that config.json does not have.
    if problem := oddity({"id2label": config.id2label}, "config.json", called=name):
        raise Rejected("bad_config", problem)
    return names_of(snapshot.candidate.labels, content, config.id2label, file=name)


def backbone_of(config: Any) -> tuple[Any, Any]:
    """Return the class of the backbone, and what a class with another head on it derives from.

    Raises ``Rejected`` with ``wrong_task`` where transformers has none.
    """
    if type(config) not in MODEL_MAPPING:
        raise Rejected("wrong_task", f"transformers has no backbone for {config.model_type} models")
    backbone = MODEL_MAPPING[type(config)]
    return backbone, next(
        kind for kind in backbone.__mro__[1:] if issubclass(kind, PreTrainedModel)
    )


def receptive_field(config: Any) -> int:
    """Samples that one output frame of the convolutional front end sees."""
    kernels: Sequence[int] = getattr(config, "conv_kernel", None) or ()
    strides: Sequence[int] = getattr(config, "conv_stride", None) or ()
    if len(kernels) != len(strides):
        return 400  # a model without convolutions may have one of the keys all the same
    field = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        field = (field - 1) * stride + kernel
    # Spectrogram models see windows of 25 ms, which at 16 kHz is the same as wav2vec2's 400.
    return field if kernels else 400
