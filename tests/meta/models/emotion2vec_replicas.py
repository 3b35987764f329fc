"""Tiny replicas of emotion2vec+ in FunASR's format: its files, keys and layers, random weights.

The names and shapes are those of emotion2vec/emotion2vec_plus_large at 6c303ba, from which the
others differ in their sizes; its pickle holds the tensors under `model`, with d2v_model. in front
of all but the last layer. The seed has outputs without a label, as it had until June 2024.
"""

import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["CLIPS", "LARGE", "REPLICAS", "Replica", "config", "shapes", "tensors", "write"]

Tensors = dict[str, torch.Tensor]

_KERNELS = (10, 3, 3, 3, 3, 2, 2)
_NINE = (
    "生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral", "其他/other",
    "难过/sad", "吃惊/surprised", "<unk>",
)  # fmt: skip
_FIVE = (
    "angry", "unuse_0", "unuse_1", "happy", "neutral", "unuse_2", "sad", "unuse_3", "<unk>",
)  # fmt: skip


@dataclass(frozen=True)
class Replica:
    """In what repositories differ.

    ``depth`` counts the blocks behind the ``prenet_depth`` first ones. ``inside`` is the key of the
    pickle that has the tensors, ``front`` what their names begin with.
    """

    embed_dim: int = 48
    num_heads: int = 12
    depth: int = 3
    prenet_depth: int = 2
    tokens: tuple[str, ...] = _NINE
    normalize: bool = True
    per_layer: bool = False
    per_head: bool = True
    channels: int = 16
    width: int = 95
    inside: str = "model"
    front: str = "d2v_model."


LARGE = Replica(1024, 16, 8, 4, channels=512)
"""The published one, in its full size."""

REPLICAS: Mapping[str, Replica] = {
    "seed": Replica(tokens=_FIVE),
    "base": Replica(),
    "large": Replica(64, 16, 2, 2),
    "raw-waveform": Replica(normalize=False),
    "scale-per-layer": Replica(per_layer=True),
    "one-scale": Replica(per_head=False),
    "even-kernel": Replica(width=100),
    "at-the-top": Replica(inside="", front=""),
    "in-parallel": Replica(inside="model_state_dict", front="module."),
    "in-a-state-dict": Replica(inside="state_dict", front=""),
}


def _clips() -> tuple[NDArray[np.float32], ...]:
    noise = np.random.default_rng(0).standard_normal(40_000)
    time = np.arange(40_000) / 16_000
    rising = np.sin(2 * np.pi * (100 + 800 * time) * time)
    beats = noise * (np.sin(2 * np.pi * 3 * time) > 0)
    return tuple(
        np.float32(level) * signal[:length].astype(np.float32)
        for level, signal, length in (
            (0.2, noise, 16_000),
            (0.5, rising, 32_345),
            (0.003, np.cumsum(beats) / 50, 9_601),
            (0.1, rising + beats, 400),
        )
    )


CLIPS = _clips()
"""At 16 kHz: noise, a tone that rises, beats that are hardly heard, the shortest that there is."""


def write(folder: Path, replica: Replica) -> Path:
    """Write a replica into `folder`, the same each time, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(config(replica), "utf-8")
    (folder / "configuration.json").write_text(json.dumps(_CONFIGURATION))
    (folder / "tokens.txt").write_text("\n".join(replica.tokens), "utf-8")
    (folder / "README.md").write_text(_CARD)
    content = tensors(replica)
    torch.save({replica.inside: content} if replica.inside else content, folder / "model.pt")
    return folder


def tensors(replica: Replica) -> Tensors:
    """Return its weights, each time the same, and of no layer the same as of another."""
    generator = torch.Generator().manual_seed(zlib.crc32(repr(replica).encode()))
    made = {name: _noise(name, shape, generator) for name, shape in shapes(replica).items()}
    scale = next(tensor for name, tensor in made.items() if name.endswith("alibi_scale"))
    scale[0, 0, 0] = -0.5  # taken for 0
    return made


def _noise(name: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    noise = torch.randn(shape, generator=generator)
    if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", ".1.weight", "_scale")):
        return 1 + 0.3 * noise
    # What keeps the spread of what a layer is given, about.
    return noise * (0.3 if len(shape) == 1 else 1.5 * noise[0].numel() ** -0.5)


def shapes(replica: Replica) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights by their names."""
    body = {f"{replica.front}{name}": shape for name, shape in _body(replica)}
    outer = "module." if replica.front == "module." else ""
    return body | {
        f"{outer}{name}": shape
        for name, shape in _pair("proj", len(replica.tokens), replica.embed_dim)
    }


def _body(replica: Replica) -> Iterator[tuple[str, tuple[int, ...]]]:
    audio, wide = "modality_encoders.AUDIO", replica.embed_dim
    yield f"{audio}.alibi_scale", _scale(replica)
    yield f"{audio}.extra_tokens", (1, 10, wide)
    for layer, kernel in enumerate(_KERNELS):
        name, channels = f"{audio}.local_encoder.conv_layers.{layer}", replica.channels
        yield f"{name}.0.weight", (channels, channels if layer else 1, kernel)
        yield from _pair(f"{name}.2.1", channels)
    yield from _pair(f"{audio}.project_features.1", replica.channels)
    yield from _pair(f"{audio}.project_features.2", wide, replica.channels)
    for layer in range(1, 6):
        name = f"{audio}.relative_positional_encoder.{layer}.0"
        yield from _pair(name, wide, wide // 16, replica.width // 5)
    yield from _pair(f"{audio}.context_encoder.norm", wide)
    for layer in range(replica.prenet_depth):
        yield from _block(f"{audio}.context_encoder.blocks.{layer}", wide)
    for layer in range(replica.depth):
        yield from _block(f"blocks.{layer}", wide)


def _scale(replica: Replica) -> tuple[int, ...]:
    layers = replica.depth + replica.prenet_depth if replica.per_layer else 1
    return layers, 1, replica.num_heads if replica.per_head else 1, 1, 1


def _block(name: str, wide: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _pair(f"{name}.norm1", wide)
    yield from _pair(f"{name}.attn.qkv", 3 * wide, wide)
    yield from _pair(f"{name}.attn.proj", wide, wide)
    yield from _pair(f"{name}.norm2", wide)
    yield from _pair(f"{name}.mlp.fc1", 4 * wide, wide)
    yield from _pair(f"{name}.mlp.fc2", wide, 4 * wide)


def _pair(name: str, *shape: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


_CONFIGURATION = {
    "framework": "pytorch",
    "task": "emotion-recognition",
    "model": {"type": "funasr"},
    "pipeline": {"type": "funasr-pipeline"},
    "file_path_metas": {
        "init_param": "model.pt",
        "tokenizer_conf": {"token_list": "tokens.txt"},
        "config": "config.yaml",
    },
}

_CARD = """\
---
license: other
license_name: model-license
license_link: https://github.com/alibaba-damo-academy/FunASR
---

# emotion2vec+
"""


def config(replica: Replica) -> str:
    """Return its config.yaml."""
    wide = replica.channels
    spec = f"[({wide}, 10, 5)] + [({wide}, 3, 2)] * 4 + [({wide},2,2)] + [({wide},2,2)]"
    return f"""\
# network architecture
model: Emotion2vec
model_conf:
    loss_beta: 0.0
    loss_scale: null
    depth: {replica.depth}
    start_drop_path_rate: 0.0
    end_drop_path_rate: 0.0
    num_heads: {replica.num_heads}
    norm_eps: 1e-05
    norm_affine: true
    encoder_dropout: 0.1
    post_mlp_drop: 0.1
    attention_dropout: 0.1
    activation_dropout: 0.0
    dropout_input: 0.0
    layerdrop: 0.05
    embed_dim: {replica.embed_dim}
    mlp_ratio: 4.0
    layer_norm_first: false
    average_top_k_layers: 8
    end_of_block_targets: false
    clone_batch: 8
    normalize: {_yaml(replica.normalize)}
    modalities:
        audio:
            type: AUDIO
            prenet_depth: {replica.prenet_depth}
            prenet_layerdrop: 0.05
            prenet_dropout: 0.1
            start_drop_path_rate: 0.0
            end_drop_path_rate: 0.0
            num_extra_tokens: 10
            init_extra_token_zero: true
            local_grad_mult: 1.0
            use_alibi_encoder: true
            alibi_scale: 1.0
            learned_alibi: false
            alibi_max_pos: null
            learned_alibi_scale: true
            learned_alibi_scale_per_head: {_yaml(replica.per_head)}
            learned_alibi_scale_per_layer: {_yaml(replica.per_layer)}
            num_alibi_heads: {replica.num_heads}
            model_depth: {replica.depth}
            decoder: null
            extractor_mode: layer_norm
            feature_encoder_spec: '{spec}'
            conv_pos_width: {replica.width}
            conv_pos_groups: 16
            conv_pos_depth: 5
            conv_pos_pre_ln: false

tokenizer: CharTokenizer
tokenizer_conf:
    unk_symbol: <unk>
    split_with_space: true

scope_map:
    - 'd2v_model.'
    - none
"""


def _yaml(flag: bool) -> str:
    return "true" if flag else "false"


def write_all(root: Path) -> None:
    """Write every replica, each into a folder of its name, and the clips."""
    for name, replica in REPLICAS.items():
        write(root / name, replica)
    for number, clip in enumerate(CLIPS):
        np.save(root / f"clip-{number}.npy", clip)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
