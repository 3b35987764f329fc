"""Checkpoints whose head pools the backbone's frames before its dense layer.

transformers has no such class; it is the one of m3hrdadfi's training notebook (soxan,
``Wav2Vec2ForSpeechClassification``), from which many emotion models were made, and of audEERING's
dimensional model.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.hub.configs import has_config
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching
from sertify.models.loaders.fitting import readings
from sertify.models.loaders.stock import StockLoader, backbone_of
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import listed, quoted

_DENSE = "classifier.dense.weight"
_PROJECTIONS = ("out_proj", "output")
_CLASSES = ("ForSpeechClassification", "ForEmotionRecognition")
_Step = Callable[[torch.Tensor], torch.Tensor]
_POOLING: Mapping[str, _Step] = {
    "mean": lambda frames: frames.mean(dim=1),
    "sum": lambda frames: frames.sum(dim=1),
    "max": lambda frames: frames.max(dim=1).values,
}


class PooledHeadLoader(StockLoader):
    """Loads a backbone with mean (or max, or sum) pooling, dense, tanh and projection."""

    name = "pooled-head"
    activation: _Step = staticmethod(torch.tanh)
    """What the projection takes of the dense layer's answer."""

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:
        """Whether the checkpoint has such a head; where its names are unknown, the config says."""
        if not has_config(snapshot):
            return False
        if not index.problem:
            ways = (reading for _, reading in readings(index))
            return any(_DENSE in way.tensors and _projection(way) is not None for way in ways)
        architectures = snapshot.read_json("config.json").get("architectures")
        first = architectures[0] if isinstance(architectures, list) and architectures else ""
        return str(first).endswith(_CLASSES)

    def network_class(self, config: Any, index: TensorIndex, snapshot: Snapshot) -> Any:  # noqa: ARG002
        """Make the class for this backbone."""
        backbone, parent = backbone_of(config)
        if backbone.main_input_name != "input_values":
            message = f"it has a pooled head on {config.model_type}, which does not take waveforms"
            raise Rejected("unsupported_library", message)
        pooling = getattr(config, "pooling_mode", "mean")
        if pooling not in _POOLING:
            message = f"pooling_mode is {quoted(pooling)}, but should be one of {listed(_POOLING)}"
            raise Rejected("bad_config", message)
        projection = _projection(index) or "out_proj"
        return _network_class(backbone, parent, projection, self.activation)

    def batching(self, config: Any, extractor: Any) -> Batching:  # noqa: ARG002
        """Return that of clips of one length: the pooling has no mask."""
        return Batching.EQUAL

    def remark(self, index: TensorIndex) -> str:
        """Say what transformers would have done."""
        projection = _projection(index)
        if projection is None:
            return ""
        remark = (
            "transformers has no class for this head (pooling, classifier.dense, classifier."
            f"{projection}) and would start a random one; loaded as {self.name} instead."
        )
        doubt = (
            " Whether there is a tanh between the layers, as usual, the checkpoint does not say:"
            " compare with `loader: pooled-head-linear`."
        )
        # The class that is published has out_proj, and a tanh.
        return remark + doubt * (projection == "output" and self.name == "pooled-head")


class LinearPooledHeadLoader(PooledHeadLoader):
    """Loads the same head without its tanh, for a candidate that asks for it by name.

    A checkpoint does not say which it was trained with: list it twice and let recordings decide.
    """

    name = "pooled-head-linear"
    activation = staticmethod(nn.Identity())

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Never: nothing in a repository tells it from the other."""
        return False


def _projection(index: TensorIndex) -> str | None:
    names = (name for name in _PROJECTIONS if f"classifier.{name}.weight" in index.tensors)
    return next(names, None)


def _network_class(backbone: Any, parent: Any, projection: str, activation: _Step) -> Any:
    prefix: str = backbone.base_model_prefix

    class PooledHead(parent):  # type: ignore[misc]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            setattr(self, prefix, backbone(config))
            width = config.hidden_size
            dense, last = nn.Linear(width, width), nn.Linear(width, config.num_labels)
            self.classifier = nn.ModuleDict({"dense": dense, projection: last})
            self.pool = _POOLING[getattr(config, "pooling_mode", "mean")]
            self.post_init()

        def forward(
            self, input_values: torch.Tensor, attention_mask: torch.Tensor | None = None
        ) -> SequenceClassifierOutput:
            frames = getattr(self, prefix)(input_values, attention_mask=attention_mask)[0]
            hidden = activation(self.classifier["dense"](self.pool(frames)))
            return SequenceClassifierOutput(logits=self.classifier[projection](hidden))

    return PooledHead
