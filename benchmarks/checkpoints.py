"""Checkpoints of real size with random weights, and their exports to ONNX.

    python -m benchmarks.checkpoints wav2vec2-base FOLDER --seed 0

What a model costs depends on its shape alone, so that nothing has to be downloaded. The weights of
the head are scaled so that different clips get different labels: else no slip would ever show.
"""

import argparse
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from benchmarks.clips import LABELS, RATE

__all__ = ["SHAPES", "Shape", "build", "export"]


@dataclass(frozen=True)
class Shape:
    """The class of a network in transformers, and what differs from its default configuration."""

    family: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Any:
        """The configuration, with seven emotions."""
        return getattr(transformers, f"{self.family}Config")(
            **self.options,
            id2label=dict(enumerate(LABELS)),
            label2id={label: index for index, label in enumerate(LABELS)},
        )


_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (32,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 32,
}
# Quick, and with as many features as the heads of graded candidates need.
_WIDE = _TINY | {"hidden_size": 256, "classifier_proj_size": 256, "conv_dim": (16,) * 7}
# As of facebook/hubert-large-ll60k.
_LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
}
SHAPES = {
    "tiny": Shape("Wav2Vec2", _TINY),
    "tiny-layer-norm": Shape(
        "Hubert", _TINY | {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
    ),
    "wide": Shape("Wav2Vec2", _WIDE),
    "wav2vec2-base": Shape("Wav2Vec2"),
    "wavlm-base-plus": Shape("WavLM"),
    "hubert-large": Shape("Hubert", _LARGE),
}
"""The defaults of transformers are the published base models, of 95 million weights."""


def build(name: str, folder: Path, seed: int = 0) -> Path:
    """Write an untrained checkpoint into a folder, and return it; one that is there is kept."""
    if (folder / "preprocessor_config.json").is_file():
        return folder
    torch.manual_seed(seed)
    config = SHAPES[name].config
    network = getattr(transformers, f"{SHAPES[name].family}ForSequenceClassification")(config)
    masked = config.feat_extract_norm == "layer"
    extractor = transformers.Wav2Vec2FeatureExtractor(
        sampling_rate=RATE, return_attention_mask=masked
    )
    _spread(network.eval(), extractor, seed)
    network.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder


def _spread(network: Any, extractor: Any, seed: int) -> None:
    """Give the logits of a few noises the mean 0 and the standard deviation 1."""
    rng = np.random.default_rng(seed)
    noises = [rng.normal(0, 1, RATE).cumsum() * scale + rng.normal(0, 1, RATE)
              for scale in (0, 0.01, 0.1, 1)]  # fmt: skip
    inputs = extractor(noises, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        logits = network(**inputs).logits
        scale = logits.std(dim=0)
        network.classifier.weight /= scale[:, None]
        network.classifier.bias.copy_((network.classifier.bias - logits.mean(dim=0)) / scale)


class _LogitsOnly(torch.nn.Module):
    """A graph returns tensors, not an object of transformers."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_values: torch.Tensor, attention_mask: Any = None) -> Any:
        """Return the logits."""
        masked = {} if attention_mask is None else {"attention_mask": attention_mask}
        return self.network(input_values, **masked).logits


def export(folder: Path) -> Path:
    """Write `model.onnx` beside a checkpoint, for clips of any length; one that is there is kept.

    Raises ``ImportError`` where a package that this needs is absent.
    """
    path = folder.with_name(f"{folder.name}.onnx")
    if path.is_file():
        return path
    network = transformers.AutoModelForAudioClassification.from_pretrained(
        folder, attn_implementation="eager"
    )
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    example = extractor(np.zeros(RATE, np.float32), sampling_rate=RATE, return_tensors="pt")
    axes = {name: {0: "batch", 1: "samples"} for name in example}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how the exporter traces, which the logits check
        torch.onnx.export(
            _LogitsOnly(network.eval()),
            tuple(example.values()),
            path,
            input_names=list(example),
            output_names=["logits"],
            dynamic_axes=axes,
            dynamo=False,
        )
    return path


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("name", choices=[*SHAPES])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--onnx", action="store_true", help="export it, too")
    arguments = parser.parse_args()
    build(arguments.name, arguments.folder, arguments.seed)
    if arguments.onnx:
        export(arguments.folder)


if __name__ == "__main__":
    _main()
