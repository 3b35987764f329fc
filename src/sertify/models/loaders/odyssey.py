"""The baselines of the Odyssey 2024 challenge: WavLM, attentive statistics pooling, a dense head.

Their config names a class of their repository's own, ``SERModel``, none of whose code runs here.
The formula is that of the challenge's code (``AttentiveStatisticsPooling`` and
``EmotionRegression`` of msplabresearch/MSP-Podcast_Challenge), whose names the checkpoints have.
"""

from typing import Any

import torch
from torch import nn
from transformers import Wav2Vec2FeatureExtractor
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.gates.loadability import require
from sertify.hub.companions import odyssey_backbone
from sertify.hub.configs import judge_values
from sertify.hub.label_names import names_of
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching
from sertify.models.loaders.config_values import ConfigValues
from sertify.models.loaders.extractors import load_extractor
from sertify.models.loaders.rebuilding import (
    Plan,
    RebuildingLoader,
    read_backbone,
    remark_on_backbone,
)
from sertify.models.loaders.stock import backbone_of
from sertify.vocabulary.errors import Rejected

_LAST = "ser_model.out.0.weight"
_MOST_LAYERS = 100
_FASTEST = 192_000  # samples a second
_REMARK = (
    "Rebuilt as the baseline of the Odyssey 2024 challenge, without running the repository's code."
)
_GIVEN = "The named feature extractor prepares its input, in place of mean and std of config.json."


class OdysseyLoader(RebuildingLoader):
    """Loads checkpoints of the class ``SERModel``."""

    name = "odyssey"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether config.json is of model type ``ser``, and names its backbone."""
        return odyssey_backbone(snapshot) is not None

    def plan(self, snapshot: Snapshot, index: TensorIndex) -> Plan:
        """Read config.json, and the config of the backbone that it names."""
        source = odyssey_backbone(snapshot)
        if source is None:
            message = 'config.json should have "model_type": "ser", and a repository as "ssl_type"'
            raise Rejected("bad_config", message)
        require(judge_values(snapshot))
        values = ConfigValues(snapshot.read_json("config.json"))
        outputs, counted = values.outputs("num_classes", 1, index.tensors.get(_LAST))
        config = read_backbone(snapshot, source, outputs)
        names = names_of(snapshot.candidate.labels, values.content)
        extractor, problem = _extractor(snapshot, values, config)
        return Plan(
            config=config,
            network=_network_class(config, values, prepared=_gives_extractor(snapshot)),
            labels=names.labels(outputs),
            labels_from=names.source,
            extractor=extractor,
            problem=problem,
            # Neither the pooling nor the mask leaves out all of what padding adds.
            batching=Batching.EQUAL,
            remarks=(
                _REMARK,
                _GIVEN * _gives_extractor(snapshot),
                remark_on_backbone(snapshot, source),
                counted,
                names.remark,
            ),
            longest=values.count("maxlen", 192_000, 10**9) / _rate(values),
            problem_type=_problem_type(values),
        )


def _gives_extractor(snapshot: Snapshot) -> bool:
    return isinstance(snapshot.candidate.feature_extractor, str)


def _rate(values: ConfigValues) -> int:
    return values.count("sampling_rate", 16_000, _FASTEST)


def _extractor(snapshot: Snapshot, values: ConfigValues, config: Any) -> tuple[Any, str]:
    """Return what only makes a tensor of a waveform: the network knows mean and deviation."""
    given = snapshot.candidate.feature_extractor
    if isinstance(given, str):
        extractor, problem = load_extractor(snapshot, config)
        if extractor is not None and not isinstance(extractor, Wav2Vec2FeatureExtractor):
            return None, f"{type(extractor).__name__} does not give waveforms, which it takes"
        return extractor, problem
    rate = _rate(values) if given is None else given.sampling_rate
    return Wav2Vec2FeatureExtractor(
        sampling_rate=rate, do_normalize=False, return_attention_mask=False
    ), ""


def _problem_type(values: ConfigValues) -> str | None:
    kind: str | None = values.content.get("problem_type")
    return kind


class _Pooling(nn.Module):
    """Weighted mean and standard deviation over time, the weights by attention."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sap_linear = nn.Linear(width, width)
        self.attention = nn.Parameter(torch.zeros(width, 1))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Turn frames of shape (clips, time, width) into (clips, 2 * width)."""
        shares = torch.softmax(torch.tanh(self.sap_linear(frames)) @ self.attention, dim=1)
        mean = (frames * shares).sum(dim=1)
        variance = (frames**2 * shares).sum(dim=1) - mean**2
        return torch.cat([mean, variance.clamp(min=1e-5).sqrt()], dim=1)


class _Head(nn.Module):
    def __init__(self, width: int, layers: int, outputs: int) -> None:
        super().__init__()
        sizes = [2 * width, *[width] * layers]
        self.fc = nn.ModuleList(
            nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width), nn.ReLU())
            for inputs in sizes[:-1]
        )
        self.out = nn.Sequential(nn.Linear(width, outputs))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        for layer in self.fc:
            values = layer(values)
        logits: torch.Tensor = self.out(values)
        return logits


def _network_class(config: Any, values: ConfigValues, *, prepared: bool) -> Any:
    backbone, parent = backbone_of(config)
    if backbone.main_input_name != "input_values":
        raise values.wrong("ssl_type", "a backbone that takes waveforms")
    if values.content.get("hidden_size", config.hidden_size) != config.hidden_size:
        raise values.wrong("hidden_size", f"{config.hidden_size}, as that of its backbone")
    layers = values.count("classifier_hidden_layers", 1, _MOST_LAYERS)
    mean, deviation = (
        (0.0, 1.0) if prepared else (values.number("mean", 0), values.number("std", 1, least=0))
    )

    class OdysseyClassifier(parent):  # type: ignore[misc, valid-type]
        base_model_prefix = "ssl_model"

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.ssl_model = backbone(config)
            self.pool_model = _Pooling(config.hidden_size)
            self.ser_model = _Head(config.hidden_size, layers, config.num_labels)
            self.post_init()

        def forward(self, input_values: torch.Tensor, **_: torch.Tensor) -> Any:
            if not prepared:
                input_values = (input_values - mean) / (deviation + 1e-6)
            frames = self.ssl_model(input_values).last_hidden_state
            return SequenceClassifierOutput(logits=self.ser_model(self.pool_model(frames)))

    return OdysseyClassifier
