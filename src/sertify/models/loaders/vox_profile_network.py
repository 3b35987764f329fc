"""The networks of Vox-Profile: a backbone, three convolutions over its frames, their mean, heads.

The formula is that of its ``WavLMWrapper`` and ``WhisperWrapper``, whose names the checkpoints
have. Of WavLM, the frames are a weighted sum of what its layers give; of Whisper, those of the last
layer, and the mean is over those that are of the clip.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import linear
from transformers import BatchFeature, WavLMModel, WhisperFeatureExtractor
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from sertify.models.loaders.stock import backbone_of

_STEP = 160  # samples, of which two steps make a frame of Whisper's encoder
_ADAPTED = ("intermediate_dense", "output_dense", "fc1", "fc2")


class LoraLinear(nn.Linear):
    """A dense layer, and what was learned beside it in fewer dimensions, as loralib has it."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__(layer.in_features, layer.out_features)
        self.lora_A = nn.Parameter(torch.zeros(rank, layer.in_features))
        self.lora_B = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Answer as both together do."""
        return linear(values, self._together(), self.bias)

    def merged(self) -> nn.Linear:
        """Return one dense layer that answers as both together do."""
        layer = nn.Linear(self.in_features, self.out_features, device="meta")
        layer.weight = nn.Parameter(self._together().detach(), requires_grad=False)
        layer.bias = self.bias
        return layer

    def _together(self) -> torch.Tensor:
        # loralib multiplies by lora_alpha / rank, and Vox-Profile leaves lora_alpha at 1.
        return self.weight + self.lora_B @ self.lora_A / self.lora_A.shape[0]


def merge(network: nn.Module) -> None:
    """Put one dense layer in the place of each `LoraLinear`."""
    for name, part in [*network.named_modules()]:
        if isinstance(part, LoraLinear):
            network.set_submodule(name, part.merged())


class SpeechExtractor(WhisperFeatureExtractor):  # type: ignore[misc]
    """Prepares waveforms as Whisper's extractor does, and tells how many frames are of the clip."""

    def __call__(self, waveforms: Sequence[Any], **options: Any) -> BatchFeature:
        """Return ``input_features``, and ``frames`` of shape (clips,)."""
        features = super().__call__(waveforms, **options)
        steps = torch.tensor([len(waveform) // _STEP for waveform in waveforms])
        features["frames"] = (steps - 1) // 2 + 1
        return features


class _OfWaveforms:
    """What a network has that hears with WavLM."""

    def build(self, config: Any, states: int) -> None:
        self.backbone_model = WavLMModel(config)
        self.weights = nn.Parameter(torch.zeros(states))

    def hear(self, input_values: torch.Tensor, **_: torch.Tensor) -> torch.Tensor:
        """Return frames of shape (clips, time, channels)."""
        heard = self.backbone_model(input_values, output_hidden_states=True)
        # transformers 5 has the last state before its norm there, transformers 4 had it after.
        states = (*heard.hidden_states[:-1], heard.last_hidden_state)
        shares = torch.softmax(self.weights, dim=0)
        return torch.einsum("l,lbtc->btc", shares, torch.stack(states[-len(shares) :]))


class _OfSpectrograms:
    """What a network has that hears with Whisper's encoder."""

    def build(self, config: Any, states: int) -> None:  # noqa: ARG002
        # As a part of what has no decoder, for the names of the weights.
        self.backbone_model = nn.ModuleDict({"encoder": WhisperEncoder(config)})

    def hear(self, input_features: torch.Tensor, **_: torch.Tensor) -> torch.Tensor:
        """Return frames of shape (clips, time, channels)."""
        frames: torch.Tensor = self.backbone_model["encoder"](input_features).last_hidden_state
        return frames


def network_class(
    config: Any, heads: Mapping[str, int], width: int, *, states: int, rank: int
) -> Any:
    """Make the class for a backbone.

    ``heads`` are the names of the layers that answer, in order, and how many outputs each has;
    ``width`` is the number of channels before them. ``states`` is how many states of WavLM are
    summed, from the last one on; ``rank`` that of what was learned beside the dense layers of the
    upper half, 0 for nothing.
    """
    kind: Any = _OfSpectrograms if config.model_type == "whisper" else _OfWaveforms
    _, parent = backbone_of(config)

    class VoxProfileClassifier(kind, parent):  # type: ignore[misc, valid-type]
        base_model_prefix = "backbone_model"

        def __init__(self, config: Any) -> None:
            parent.__init__(self, config)
            self.build(config, states)
            if rank:
                _adapt(self.backbone_model.get_submodule("encoder.layers"), rank)
            self.model_seq = _convolutions(config.hidden_size, width)
            for name, outputs in heads.items():
                setattr(self, name, _head(width, outputs, bounded=len(heads) > 1))
            self.post_init()

        def forward(self, **inputs: torch.Tensor) -> Any:
            frames = self.model_seq(self.hear(**inputs).transpose(1, 2))
            features = _mean(frames, inputs.get("frames"))
            logits = torch.cat([getattr(self, name)(features) for name in heads], dim=1)
            return SequenceClassifierOutput(logits=logits)

    return VoxProfileClassifier


def _adapt(layers: nn.ModuleList, rank: int) -> None:
    for layer in layers[len(layers) // 2 + 1 :]:
        holder = getattr(layer, "feed_forward", layer)
        for name in _ADAPTED:
            if hasattr(holder, name):
                setattr(holder, name, LoraLinear(getattr(holder, name), rank))


def _convolutions(channels: int, width: int) -> nn.Sequential:
    # The places of what is left out in evaluation are kept, for the names of the others.
    return nn.Sequential(
        nn.Conv1d(channels, width, 1), nn.ReLU(), nn.Identity(),
        nn.Conv1d(width, width, 1), nn.ReLU(), nn.Identity(),
        nn.Conv1d(width, width, 1),
    )  # fmt: skip


def _head(width: int, outputs: int, *, bounded: bool) -> nn.Sequential:
    last = (nn.Sigmoid(),) if bounded else ()
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs), *last)


def _mean(frames: torch.Tensor, numbers: torch.Tensor | None) -> torch.Tensor:
    """Return the mean over time of frames of shape (clips, width, time), or over the first ones."""
    if numbers is None:
        return frames.mean(dim=2)
    places = torch.arange(frames.shape[2], device=frames.device)
    heard = (places < numbers[:, None]).to(frames.dtype)
    return (frames * heard[:, None]).sum(dim=2) / heard.sum(dim=1, keepdim=True)
