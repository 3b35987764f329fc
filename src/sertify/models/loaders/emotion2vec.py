"""emotion2vec+ in FunASR's format, rebuilt in torch alone.

The formula is that of FunASR 1.4.0 (``funasr.models.emotion2vec``). That evaluates a text of
config.yaml, and starts at random what a checkpoint lacks, with a line on the terminal; neither is
done here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from transformers import Wav2Vec2FeatureExtractor

from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config
from sertify.hub.funasr import FUNASR_CONFIG, funasr_model
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.checkpoints import read_files
from sertify.models.failures import quiet, weight_errors
from sertify.models.loaders.emotion2vec_labels import Emotion2vecOutputs, read_outputs
from sertify.models.loaders.emotion2vec_network import BACKBONE, Emotion2vec, Emotion2vecConfig
from sertify.models.loaders.emotion2vec_recipe import MODEL, Emotion2vecRecipe, read_emotion2vec
from sertify.models.loaders.fitting import PREFIXES
from sertify.models.loaders.stock import receptive_field
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.models.networks import TorchNetwork
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed

_Value = TypeVar("_Value")

_FORMATS = (".pt", ".bin", ".safetensors")
_HEAD = "proj."
_RATE = 16_000


class Emotion2vecLoader:
    """Loads emotion2vec+ seed, base and large, and what else FunASR trained in their way."""

    name = "emotion2vec"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether config.yaml names the class, and there is nothing that transformers reads."""
        return funasr_model(snapshot) == MODEL and not has_config(snapshot)

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Compare what config.yaml describes with what the checkpoint holds."""
        recipe = read_emotion2vec(snapshot)
        if not any(name.endswith(_FORMATS) for name in snapshot.weight_files):
            raise Rejected("no_weights", f"it has no model.pt; {snapshot.listing}")
        tensors, taken_off = _renamed(recipe, index.tensors)
        outputs = read_outputs(snapshot, _rows(tensors))
        if not outputs.number and not index.problem:
            message = (
                "it has no proj and no list of labels: it makes features, and names no emotion"
            )
            raise Rejected("wrong_task", message)
        config = Emotion2vecConfig(recipe, outputs)
        memory = memory_of(Emotion2vec, config)
        renamed = replace(index, tensors=tensors)
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=snapshot.weight_files,
            architecture=MODEL,
            labels=outputs.labels,
            weights=None if index.problem else expected_weights(Emotion2vec, config, renamed),
            unknown=index.problem,
            sampling_rate=_RATE,
            receptive_field=receptive_field(config),
            memory=memory,
            remark=_remark(snapshot, outputs, taken_off),
            material=(config, index),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        config, index = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet():
            content = read_files(blueprint.snapshot.folder, blueprint.files, index.inside)
            tensors, _ = _renamed(config.recipe, content)
            network, info = Emotion2vec.from_pretrained(
                None, config=config, state_dict=tensors, **LOADING
            )
            network = network.to(device).eval()
        # Nothing but the norm of the clip, which is in the network, is done to a waveform.
        extractor = Wav2Vec2FeatureExtractor(
            sampling_rate=_RATE, do_normalize=False, return_attention_mask=False
        )
        # Padding would change the answers: no norm, attention or mean leaves it out.
        answering = TorchNetwork(network, extractor, Batching.EQUAL)
        report = weight_report(network, info, index.others)
        rounded = blueprint.weights.rounded if blueprint.weights else ()
        return answering, replace(report, rounded=rounded)


def _renamed(
    recipe: Emotion2vecRecipe, tensors: Mapping[str, _Value]
) -> tuple[dict[str, _Value], tuple[str, ...]]:
    """Call the weights as the network does; return them, and what was in front of their names.

    Of two that would be called alike, the first keeps the name.
    """
    wrappers = (f"{BACKBONE}.", *recipe.wrappers, *PREFIXES)
    renamed: dict[str, _Value] = {}
    taken_off: set[str] = set()
    for name, tensor in tensors.items():
        bare = name
        while wrapper := next(filter(bare.startswith, wrappers), ""):
            bare = bare.removeprefix(wrapper)
            taken_off.add(wrapper)
        wanted = bare if bare.startswith(_HEAD) else f"{BACKBONE}.{bare}"
        renamed[name if wanted in renamed else wanted] = tensor
    return renamed, tuple(sorted(taken_off))


def _rows(tensors: Mapping[str, Any]) -> int | None:
    """How many outputs the last layer has; None where there is none."""
    layer = tensors.get(f"{_HEAD}weight")
    return layer.shape[0] if layer is not None and len(layer.shape) == 2 else None


def _remark(snapshot: Snapshot, outputs: Emotion2vecOutputs, taken_off: tuple[str, ...]) -> str:
    said = [f"Rebuilt from {FUNASR_CONFIG} without FunASR."]
    if wrapper := next(filter(taken_off.__contains__, PREFIXES), ""):
        said.append(f"The names of its tensors begin with {wrapper}, which was left out.")
    if outputs.left_out:
        names = listed(outputs.left_out)
        said.append(f"Its outputs {names} stand for nothing in {outputs.source} and are left out.")
    if snapshot.candidate.feature_extractor is not None:
        said.append("It has no use for the `feature_extractor:` of candidates.yaml.")
    return " ".join(said)
