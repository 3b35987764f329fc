"""What loaders share that put a head of their own on a backbone of another repository's config."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig

from sertify.gates.loadability import require
from sertify.gates.weights import WeightReport
from sertify.hub.configs import judge_config, judge_values
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import read_files
from sertify.models.failures import config_errors, quiet, weight_errors
from sertify.models.loaders.fitting import Fit, readings, unwrapped
from sertify.models.loaders.mending import plain_config, remark_on_attention
from sertify.models.loaders.stock import PICKLED, USUAL, backbone_of, receptive_field
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.models.networks import TorchNetwork
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import quoted


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
    remarks: tuple[str, ...]
    labels_from: str = ""
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
        if not any(name.endswith(USUAL + PICKLED) for name in snapshot.weight_files):
            message = "it has neither model.safetensors nor pytorch_model.bin"
            raise Rejected("no_weights", f"{message}; {snapshot.listing}")
        plan, fit = self._best(snapshot, index)
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=snapshot.weight_files,
            architecture=plan.network.__name__,
            labels=plan.labels,
            labels_from=plan.labels_from,
            outputs=fit.outputs,
            problem_type=plan.problem_type,
            weights=fit.weights,
            unknown=index.problem,
            sampling_rate=None if plan.extractor is None else plan.extractor.sampling_rate,
            extractor_problem=plan.problem,
            receptive_field=receptive_field(plan.config),
            shortest=plan.shortest,
            longest=plan.longest,
            memory=memory_of(plan.network, plan.config),
            remark=" ".join(filter(None, (*plan.remarks, fit.remark))),
            material=(plan, fit),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        plan, fit = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet():
            tensors = unwrapped(
                read_files(blueprint.snapshot.folder, blueprint.files, fit.index.inside), fit.prefix
            )
            network, info = plan.network.from_pretrained(
                None, config=plan.config, state_dict=plan.named(tensors), **LOADING
            )
            report = weight_report(network, info, fit.index.others)
            plan.settle(network)
            network = network.to(device).eval()
        rounded = fit.weights.rounded if fit.weights else ()
        return TorchNetwork(network, plan.extractor, plan.batching), replace(
            report, rounded=rounded
        )

    def _best(self, snapshot: Snapshot, index: TensorIndex) -> tuple[Plan, Fit]:
        """Return the plan that the checkpoint fits best, without what wrapped its names."""
        found: list[tuple[Plan, Fit]] = []
        for prefix, reading in readings(index):
            found.append(self._fit(snapshot, prefix, reading))
            if not found[-1][1].flaws:
                break
        return min(found, key=lambda pair: pair[1].flaws)

    def _fit(self, snapshot: Snapshot, prefix: str, index: TensorIndex) -> tuple[Plan, Fit]:
        plan = self.plan(snapshot, index)
        named = replace(index, tensors=plan.named(index.tensors))
        expected = None if index.problem else expected_weights(plan.network, plan.config, named)
        return plan, Fit(plan.network, plan.config, index, prefix, expected)


def read_backbone(snapshot: Snapshot, name: str, outputs: int) -> Any:
    """Return the config of the repository that the candidate is built on.

    Its ``num_labels`` is ``outputs``. Raises ``Rejected``: ``no_config``, ``bad_config`` or
    ``wrong_task``, with the name of that repository.
    """
    try:
        source = snapshot.companion(name)
        require(judge_config(source))
        require(judge_values(source))
        content = source.read_json("config.json")
        with config_errors(), quiet():
            if content["model_type"] in CONFIG_MAPPING:
                config = CONFIG_MAPPING[content["model_type"]].from_dict(plain_config(content))
            else:
                config = AutoConfig.from_pretrained(
                    source.folder, local_files_only=True, trust_remote_code=False
                )
            config.num_labels = outputs
        backbone_of(config)
    except Rejected as rejection:
        message = f"of its backbone {quoted(name)}: {rejection.message}"
        raise Rejected(rejection.reason.code, message) from rejection
    return config


def remark_on_backbone(snapshot: Snapshot, name: str) -> str:
    """Say what of the config that `read_backbone` returned was not obeyed."""
    content = snapshot.companion(name).read_json("config.json")
    return remark_on_attention(content, f"config.json of {name}")
