"""How many operations a forward pass takes, counted from the model's configuration.

A multiplication and an addition count as two. Counted are convolutions, linear layers and attention
of wav2vec2, HuBERT and WavLM with a head for classification; what else there is (norms,
activations, softmax) costs memory traffic, and next to no operations.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["attention", "convolution", "forward", "linear", "model"]


def linear(rows: int, inputs: int, outputs: int) -> int:
    """Operations of a linear layer for so many rows.

    Examples
    --------
    >>> linear(10, 768, 3072)
    47185920
    """
    return 2 * rows * inputs * outputs


def convolution(length: int, inputs: int, outputs: int, kernel: int, groups: int = 1) -> int:
    """Operations of a convolution over time whose result has this length."""
    return 2 * length * outputs * (inputs // groups) * kernel


def attention(frames: int, hidden: int) -> int:
    """Operations of self-attention: four projections, the scores, and what they weigh."""
    return 4 * linear(frames, hidden, hidden) + 2 * linear(frames, hidden, frames)


def forward(config: Mapping[str, Any], samples: int) -> int:
    """Operations of the forward pass of one clip of so many samples.

    ``config`` is the content of config.json, complete as transformers writes it.
    """
    total, frames, channels = 0, samples, 1
    for width, kernel, stride in zip(
        config["conv_dim"], config["conv_kernel"], config["conv_stride"], strict=True
    ):
        frames = (frames - kernel) // stride + 1
        total += convolution(frames, channels, width, kernel)
        channels = width
    hidden = int(config["hidden_size"])
    total += linear(frames, channels, hidden)
    total += _positions(config, frames)
    total += int(config["num_hidden_layers"]) * _layer(config, frames)
    projected = int(config["classifier_proj_size"])
    labels = len(config["id2label"])
    return total + linear(frames, hidden, projected) + linear(1, projected, labels)


def _positions(config: Mapping[str, Any], frames: int) -> int:
    hidden, kernel = int(config["hidden_size"]), int(config["num_conv_pos_embeddings"])
    # Padded by half a kernel on both sides, an even one gives a frame too many.
    length = frames + (kernel % 2 == 0)
    return convolution(length, hidden, hidden, kernel, config["num_conv_pos_embedding_groups"])


def _layer(config: Mapping[str, Any], frames: int) -> int:
    hidden = int(config["hidden_size"])
    total = attention(frames, hidden) + 2 * linear(frames, hidden, config["intermediate_size"])
    if config["model_type"] == "wavlm":
        heads = config["num_attention_heads"]
        total += linear(frames * heads, hidden // heads, 8)  # the gates of relative positions
    return total


def model(folder: Path, samples: int) -> int:
    """Operations of the forward pass of a checkpoint."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return forward(config, samples)
