"""emotion2vec as a network of torch: data2vec 2.0 for audio, the mean over time, a dense layer.

Its layers have the names that they have in the published checkpoints.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad, scaled_dot_product_attention
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.models.loaders.emotion2vec_labels import Emotion2vecOutputs
from sertify.models.loaders.emotion2vec_recipe import Emotion2vecRecipe

BACKBONE = "d2v_model"


class Emotion2vecConfig(PreTrainedConfig):  # type: ignore[misc]
    """The recipe, how many outputs there are, and which of them have a label."""

    model_type = "emotion2vec"
    has_no_defaults_at_init = True

    def __init__(self, recipe: Emotion2vecRecipe, outputs: Emotion2vecOutputs) -> None:
        super().__init__(num_labels=outputs.number)
        self.recipe, self.kept = recipe, [*outputs.kept]
        self.conv_kernel = [kernel for _, kernel, _ in recipe.convolutions]
        self.conv_stride = [stride for *_, stride in recipe.convolutions]


class Emotion2vec(PreTrainedModel):  # type: ignore[misc]
    """The classifier."""

    config_class = Emotion2vecConfig
    main_input_name = "input_values"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.d2v_model = _Backbone(config.recipe)
        self.proj = nn.Linear(config.recipe.embed_dim, config.num_labels)
        self.post_init()

    def forward(self, input_values: torch.Tensor) -> SequenceClassifierOutput:
        """Return logits of shape (clips, outputs with a label) for clips of one length."""
        values = _normalized(input_values) if self.config.recipe.normalize else input_values
        logits = self.proj(self.d2v_model(values).mean(dim=1))
        kept = self.config.kept
        every = len(kept) == self.config.num_labels
        return SequenceClassifierOutput(logits=logits if every else logits[:, kept])


def _normalized(waveforms: torch.Tensor) -> torch.Tensor:
    """Return each clip as a layer norm of all of its samples makes it, which no graph can hold."""
    spread, mean = torch.var_mean(waveforms, dim=1, correction=0, keepdim=True)
    return (waveforms - mean) / torch.sqrt(spread + 1e-5)


class _Backbone(nn.Module):
    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        super().__init__()
        self.modality_encoders = nn.ModuleDict({"AUDIO": _AudioEncoder(recipe)})
        self.blocks = nn.ModuleList(_Block(recipe) for _ in range(recipe.depth))
        self.extra_tokens = recipe.num_extra_tokens

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Return frames of shape (clips, time, channels)."""
        frames, biases = self.modality_encoders["AUDIO"](waveforms)
        for block, bias in zip(self.blocks, biases, strict=True):
            frames = block(frames, bias)
        kept: torch.Tensor = frames[:, self.extra_tokens :]
        return kept


class _AudioEncoder(nn.Module):
    """From waveforms to frames after the first blocks, with the extra tokens in front."""

    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        super().__init__()
        wide, channels = recipe.embed_dim, recipe.convolutions[-1][0]
        self.local_encoder = _LocalEncoder(recipe)
        self.project_features = nn.Sequential(
            _Transposed(), nn.LayerNorm(channels), nn.Linear(channels, wide)
        )
        positions = [_Position(recipe) for _ in range(recipe.conv_pos_depth)]
        self.relative_positional_encoder = nn.Sequential(_Transposed(), *positions, _Transposed())
        self.context_encoder = _Prenet(recipe)
        self.extra_tokens = nn.Parameter(torch.zeros(1, recipe.num_extra_tokens, wide))
        layers = recipe.prenet_depth + recipe.depth if recipe.scale_per_layer else 1
        heads = recipe.num_heads if recipe.scale_per_head else 1
        self.alibi_scale = nn.Parameter(torch.ones(layers, 1, heads, 1, 1))
        self.recipe = recipe

    def forward(self, waveforms: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the frames, and for each block that follows what to add to its attention."""
        frames = self.project_features(self.local_encoder(waveforms[:, None]))
        biases = self._biases(frames)
        frames = frames + self.relative_positional_encoder(frames)
        tokens = self.extra_tokens.expand(len(frames), -1, -1)
        first = self.recipe.prenet_depth
        frames = self.context_encoder(torch.cat([tokens, frames], dim=1), biases[:first])
        return frames, biases[first:]

    def _biases(self, frames: torch.Tensor) -> list[torch.Tensor]:
        """Return what each block adds: less attention with distance, as each head learned.

        The extra tokens are at no distance from anything.
        """
        recipe, extra = self.recipe, self.recipe.num_extra_tokens
        places = torch.arange(frames.shape[1], device=frames.device)
        distances = (places[None] - places[:, None]).abs().to(frames)
        distances = pad(distances, (extra, 0, extra, 0))
        steep = torch.tensor(alibi_slopes(recipe.num_heads)).to(frames)[:, None, None]
        biases = [-scale * steep * distances for scale in self.alibi_scale.clamp_min(0)]
        blocks = recipe.prenet_depth + recipe.depth
        return biases if len(biases) == blocks else biases * blocks


class _LocalEncoder(nn.Module):
    """From waveforms of shape (clips, 1, samples) to a frame each 20 ms."""

    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        super().__init__()
        given = (1, *(channels for channels, *_ in recipe.convolutions))
        layers = zip(given, recipe.convolutions, strict=False)
        self.conv_layers = nn.Sequential(*(_Convolution(wide, *layer) for wide, layer in layers))

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        """Return frames of shape (clips, channels, time)."""
        frames: torch.Tensor = self.conv_layers(waveforms)
        return frames


class _Prenet(nn.Module):
    """The norm, and the first blocks."""

    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(recipe.embed_dim, eps=recipe.norm_eps)
        self.blocks = nn.ModuleList(_Block(recipe) for _ in range(recipe.prenet_depth))

    def forward(self, frames: torch.Tensor, biases: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return frames of the same shape."""
        frames = self.norm(frames)
        for block, bias in zip(self.blocks, biases, strict=True):
            frames = block(frames, bias)
        return frames


class _Block(nn.Module):
    """Attention and two dense layers, each followed by its norm."""

    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        super().__init__()
        wide = recipe.embed_dim
        self.norm1 = nn.LayerNorm(wide, eps=recipe.norm_eps)
        self.attn = _Attention(wide, recipe.num_heads)
        self.norm2 = nn.LayerNorm(wide, eps=recipe.norm_eps)
        inner, outer = nn.Linear(wide, recipe.mlp_dim), nn.Linear(recipe.mlp_dim, wide)
        self.mlp = nn.ModuleDict({"fc1": inner, "act": nn.GELU(), "fc2": outer})

    def forward(self, frames: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        frames = self.norm1(frames + self.attn(frames, bias))
        hidden = frames
        for step in self.mlp.values():
            hidden = step(hidden)
        normed: torch.Tensor = self.norm2(frames + hidden)
        return normed


class _Attention(nn.Module):
    def __init__(self, wide: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(wide, 3 * wide)
        self.proj = nn.Linear(wide, wide)

    def forward(self, frames: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        split = self.qkv(frames).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind()
        heard = scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed: torch.Tensor = self.proj(heard.transpose(1, 2).flatten(2))
        return mixed


class _Transposed(nn.Module):
    """Swaps channels and time."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.transpose(1, 2)


class _Convolution(nn.Sequential):
    """A layer on the waveform, of shape (clips, channels, time)."""

    def __init__(self, given: int, made: int, kernel: int, stride: int) -> None:
        norm = nn.Sequential(_Transposed(), nn.LayerNorm(made), _Transposed())
        convolution = nn.Conv1d(given, made, kernel, stride=stride, bias=False)
        super().__init__(convolution, nn.Identity(), norm, nn.GELU())


class _Position(nn.Sequential):
    """A layer that tells a frame of its neighbours."""

    def __init__(self, recipe: Emotion2vecRecipe) -> None:
        wide, kernel = recipe.embed_dim, recipe.kernel
        convolution = nn.Conv1d(
            wide, wide, kernel, padding=kernel // 2, groups=recipe.conv_pos_groups
        )
        cut = nn.Identity() if kernel % 2 else _Shortened()
        norm = nn.LayerNorm(wide, elementwise_affine=False)
        super().__init__(convolution, cut, _Transposed(), norm, _Transposed(), nn.GELU())


class _Shortened(nn.Module):
    """Takes off the frame that an even kernel makes beyond the last."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values[..., :-1]


def alibi_slopes(heads: int) -> list[float]:
    """Return how much each head of ALiBi minds distance (Press et al. 2022).

    >>> alibi_slopes(4)
    [0.25, 0.0625, 0.015625, 0.00390625]
    """
    power = 2 ** int(math.log2(heads))
    first = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    return first if power == heads else first + alibi_slopes(2 * power)[::2][: heads - power]
