"""What loaders share that put a head of their own on a backbone of another repository's config."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from transformers import AutoConfig

from sertify.gates.loadability import require
from sertify.gates.weights import WeightReport
from sertify.hub.configs import judge_config, judge_values
from sertify.hub.plausible import MOST_LABELS
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import read_tensors
from sertify.models.failures import config_errors, quiet, weight_errors
from sertify.models.loaders.stock import backbone_of, receptive_field
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.models.networks import TorchNetwork
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted

_FORMATS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
_LARGEST = 1e6  # of the numbers of a config that are no counts


@dataclass(frozen=True)
class Plan:
    """How a network is to be rebuilt.

    Attributes
    ----------
    config
        That of the backbone, with the number of outputs.
    network
        A class that is made of it, and takes what `extractor` prepares.
    problem
        Why there is no extractor, where that is so.
    named
        Returns tensors of the checkpoint, or what is known of them, as the class calls them.
    settle
        Changes the network once its weights are there.
    """

    config: Any
    network: Any
    labels: tuple[str | None, ...]
    extractor: Any
    problem: str
    batching: Batching
    remark: str
    shortest: float = 0
    longest: float | None = None
    problem_type: str | None = None
    named: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    settle: Callable[[Any], None] = lambda _: None


class RebuildingLoader(ABC):
    """Loads what a `Plan` says; subclasses make it of a snapshot."""

    name: str

    @abstractmethod
    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:
        """Say whether the repository is of the kind that this loads."""

    @abstractmethod
    def plan(self, snapshot: Snapshot, index: TensorIndex) -> Plan:
        """Say how the network is to be rebuilt, or raise ``Rejected``; `index` may be empty."""

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Compare what the class would have with what the checkpoint holds."""
        if not any(name.endswith(_FORMATS) for name in snapshot.weight_files):
            message = "it has neither model.safetensors nor pytorch_model.bin"
            raise Rejected("no_weights", f"{message}; {snapshot.listing}")
        plan = self.plan(snapshot, index)
        memory = memory_of(plan.network, plan.config)
        named = replace(index, tensors=plan.named(index.tensors))
        expected = None if index.problem else expected_weights(plan.network, plan.config, named)
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=snapshot.weight_files,
            architecture=plan.network.__name__,
            labels=plan.labels,
            outputs=plan.config.num_labels,
            problem_type=plan.problem_type,
            weights=expected,
            unknown=index.problem,
            sampling_rate=None if plan.extractor is None else plan.extractor.sampling_rate,
            extractor_problem=plan.problem,
            receptive_field=receptive_field(plan.config),
            shortest=plan.shortest,
            longest=plan.longest,
            memory=memory,
            remark=plan.remark,
            material=(plan, index),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        plan, index = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet():
            tensors = plan.named(_tensors(blueprint, index.inside))
            network, info = plan.network.from_pretrained(
                None, config=plan.config, state_dict=tensors, **LOADING
            )
            report = weight_report(network, info, index.others)
            plan.settle(network)
            network = network.to(device).eval()
        return TorchNetwork(network, plan.extractor, plan.batching), report


def _tensors(blueprint: Blueprint, inside: str) -> dict[str, Any]:
    folder = blueprint.snapshot.folder
    tensors: dict[str, Any] = {}
    for name in blueprint.files:
        tensors |= read_tensors(folder / name, inside)
    if not tensors:
        raise TypeError("it holds no tensors by name")
    return tensors


def read_backbone(snapshot: Snapshot, name: str, outputs: int) -> Any:
    """Return the config of the repository that the candidate is built on.

    Its ``num_labels`` is ``outputs``. Raises ``Rejected``: ``no_config``, ``bad_config`` or
    ``wrong_task``, with the name of that repository.
    """
    try:
        source = snapshot.companion(name)
        require(judge_config(source))
        require(judge_values(source))
        with config_errors(), quiet():
            config = AutoConfig.from_pretrained(
                source.folder, local_files_only=True, trust_remote_code=False
            )
            config.num_labels = outputs
        backbone_of(config)
    except Rejected as rejection:
        message = f"of its backbone {quoted(name)}: {rejection.message}"
        raise Rejected(rejection.reason.code, message) from rejection
    return config


def outputs_of(index: TensorIndex, last_layer: str, said: int) -> int:
    """Return how many outputs the last layer of a checkpoint has; ``said`` where it is not there.

    How many there are, the weights know better than a config; what no model has is not believed.
    """
    tensor = index.tensors.get(f"{last_layer}.weight")
    rows = tensor.shape[0] if tensor is not None and len(tensor.shape) > 1 else 0
    return rows if 0 < rows <= MOST_LABELS else said


@dataclass(frozen=True)
class ConfigValues:
    """What the config.json of a candidate says, each value read as what it has to be.

    Each method raises ``Rejected`` with ``bad_config`` where it is something else; the default
    stands for a key that is not there.
    """

    content: Mapping[str, Any]

    def count(self, key: str, default: int, most: int) -> int:
        """Return a whole number from 1 to ``most``."""
        value = self.content.get(key, default)
        if type(value) is int and 1 <= value <= most:
            return value
        raise self.wrong(key, f"a whole number from 1 to {most:,}")

    def number(self, key: str, default: float, least: float = -_LARGEST) -> float:
        """Return a finite number, of at least ``least``."""
        value = self.content.get(key, default)
        if type(value) in (int, float) and math.isfinite(value) and least <= value <= _LARGEST:
            return float(value)
        raise self.wrong(key, f"a number from {least:,g} to {_LARGEST:,.0f}")

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.content.get(key, default)
        if isinstance(value, bool):
            return value
        raise self.wrong(key, "true or false")

    def wrong(self, key: str, wanted: str) -> Rejected:
        """Return what is to be raised where a value is not what is wanted."""
        message = f"config.json: {key} is {quoted(self.content.get(key))}, but should be {wanted}"
        return Rejected("bad_config", message)
