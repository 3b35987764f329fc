"""Utterance classifiers of SpeechBrain: a wav2vec 2.0 backbone, the mean over time, a dense layer.

They are rebuilt from hyperparams.yaml, none of whose code runs, in torch and transformers alone.
The formula is that of SpeechBrain 1.1.2 (``integrations.huggingface.wav2vec2.Wav2Vec2``,
``nnet.pooling.StatisticsPooling``, ``nnet.linear.Linear``) as the interface of
speechbrain/emotion-recognition-wav2vec2-IEMOCAP puts them together. Its pooling adds noise of
1e-5 to 9e-5 to each mean, also in evaluation; that is left out here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import layer_norm
from transformers import Wav2Vec2FeatureExtractor

from sertify.corpora.audio import Waveform
from sertify.gates.weights import WeightReport
from sertify.hub.configs import has_config
from sertify.hub.repositories import SPEECHBRAIN_WEIGHTS
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint, Network
from sertify.models.failures import quiet, weight_errors
from sertify.models.loaders.extractors import load_extractor
from sertify.models.loaders.rebuilding import read_backbone, remark_on_backbone
from sertify.models.loaders.speechbrain_recipe import (
    ENCODER,
    RECIPE,
    Recipe,
    read_labels,
    read_recipe,
)
from sertify.models.loaders.stock import backbone_of, receptive_field
from sertify.models.loaders.weight_reports import (
    LOADING,
    expected_weights,
    memory_of,
    weight_report,
)
from sertify.vocabulary.errors import Rejected

_Value = TypeVar("_Value")


class SpeechBrainLoader:
    """Loads what SpeechBrain's recipe for emotion recognition with wav2vec 2.0 writes."""

    name = "speechbrain"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether there are SpeechBrain's files, and nothing that transformers could read."""
        return {RECIPE, ENCODER} <= snapshot.files.keys() and not has_config(snapshot)

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:
        """Compare what hyperparams.yaml describes with what the checkpoint holds."""
        recipe = read_recipe(snapshot)
        absent = [name for name in SPEECHBRAIN_WEIGHTS if name not in snapshot.files]
        if absent:
            message = f"it has no {' and no '.join(absent)}; {snapshot.listing}"
            raise Rejected("no_weights", message)
        labels = read_labels(snapshot, recipe)
        config = read_backbone(snapshot, recipe.source, recipe.outputs)
        extractor, problem = _load_extractor(snapshot, recipe, config)
        normalize = None if extractor is None else extractor.do_normalize
        network = _network_class(config, recipe, normalize)
        memory = memory_of(network, config)
        # Of a repository with other weights, too, these are what was listed.
        unknown = index.problem
        if not unknown and not set(SPEECHBRAIN_WEIGHTS) <= {*snapshot.weight_files}:
            unknown = "the repository also has other weights, which were listed in their place"
        renamed = replace(index, tensors=_renamed(network, index.tensors))
        return Blueprint(
            snapshot=snapshot,
            loader=self,
            files=SPEECHBRAIN_WEIGHTS,
            architecture=network.__name__,
            labels=labels,
            weights=None if unknown else expected_weights(network, config, renamed),
            unknown=unknown,
            sampling_rate=_sampling_rate(snapshot, recipe, extractor),
            extractor_problem=problem,
            receptive_field=receptive_field(config),
            memory=memory,
            remark=f"{recipe.remark} {remark_on_backbone(snapshot, recipe.source)}".strip(),
            material=(network, config),
        )

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:
        """Load it in float32."""
        network_class, config = blueprint.material
        with weight_errors(", ".join(blueprint.files)), quiet():
            content = _read_weights(blueprint)
            tensors = {name: value for name, value in content.items() if torch.is_tensor(value)}
            network, info = network_class.from_pretrained(
                None, config=config, state_dict=_renamed(network_class, tensors), **LOADING
            )
            network = network.to(device).eval()
        return _answers(network), weight_report(network, info, sorted(content.keys() - tensors))


def _load_extractor(snapshot: Snapshot, recipe: Recipe, config: Any) -> tuple[Any, str]:
    """Return the feature extractor of the backbone, of which only do_normalize is used."""
    candidate = snapshot.candidate
    candidate = replace(candidate, feature_extractor=candidate.feature_extractor or recipe.source)
    extractor, problem = load_extractor(replace(snapshot, candidate=candidate), config)
    if extractor is not None and not isinstance(extractor, Wav2Vec2FeatureExtractor):
        return None, f"{type(extractor).__name__} is not what {recipe.source} is used with"
    return extractor, problem


def _sampling_rate(snapshot: Snapshot, recipe: Recipe, extractor: Any) -> int | None:
    if extractor is None:
        return None
    given = snapshot.candidate.feature_extractor is not None
    rate: int = extractor.sampling_rate if given else recipe.sampling_rate
    return rate


def _network_class(config: Any, recipe: Recipe, normalize: bool | None) -> Any:
    backbone, parent = backbone_of(config)
    prefix: str = backbone.base_model_prefix

    class SpeechBrainClassifier(parent):  # type: ignore[misc, valid-type]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            setattr(self, prefix, backbone(config))
            self.classifier = nn.Linear(config.hidden_size, recipe.outputs, bias=recipe.bias)
            self.post_init()

        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            """Return logits of shape (1, outputs) for a clip of shape (1, n)."""
            # Not as the feature extractor does it, which adds 1e-7 to the variance, not 1e-5.
            values = layer_norm(clip, clip.shape[1:]) if normalize else clip
            frames = getattr(self, prefix)(values).last_hidden_state
            if recipe.output_norm:
                frames = layer_norm(frames, frames.shape[1:])  # over time and channels at once
            logits: torch.Tensor = self.classifier(frames.mean(dim=1))
            return logits

    return SpeechBrainClassifier


def _renamed(network_class: Any, tensors: Mapping[str, _Value]) -> dict[str, _Value]:
    """Call the weights of both checkpoints as the network does."""
    names = {"model.": f"{network_class.base_model_prefix}.", "0.w.": "classifier."}
    renamed = {}
    for name, tensor in tensors.items():
        old = next(filter(name.startswith, names), "")
        renamed[names.get(old, "") + name.removeprefix(old)] = tensor
    return renamed


def _read_weights(blueprint: Blueprint) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name in blueprint.files:
        path = blueprint.snapshot.folder / name
        weights = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(weights, Mapping):
            raise TypeError(f"{name} holds a {type(weights).__name__}, but should hold tensors")
        content |= {str(key): value for key, value in weights.items()}
    return content


def _answers(network: Any) -> Network:
    def answer(waveforms: Sequence[Waveform]) -> NDArray[np.float32]:
        # Padding would change the answers: neither the norms nor the mean leave it out.
        clips = (torch.from_numpy(np.asarray(waveform, np.float32))[None] for waveform in waveforms)
        logits = torch.cat([network(clip.to(network.device)) for clip in clips])
        result: NDArray[np.float32] = logits.float().cpu().numpy()
        return result

    return answer
