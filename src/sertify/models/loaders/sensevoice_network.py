"""FunASR's SenseVoiceSmall, as far as it takes to tell the emotion of a clip.

The formula is that of ``SenseVoiceSmall`` and ``SenseVoiceEncoderSmall`` of FunASR 1.4: four frames
that ask for language, emotion, event and style stand before those of the clip; blocks of attention,
each with a convolution over time beside it ("SANM"), encode all of them; and a dense layer, the one
that also writes the text, answers the question for the emotion from its frame.
"""

import torch
from torch import nn
from torch.nn.functional import pad, relu, scaled_dot_product_attention
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.models.loaders.sensevoice_recipe import SenseVoiceRecipe

# Rows of `embed`: for the language, which is to be told; an emotion; an event; and the style of the
# text, which is to be without punctuation.
_ROWS, _QUESTIONS = 16, (0, 1, 2, 15)
_EMOTION_FRAME = 1


class SenseVoiceConfig(PretrainedConfig):  # type: ignore[misc]
    """What the network is built of: a recipe, ``outputs``, and the ``tokens`` that are emotions."""

    model_type = "sensevoice"

    def __init__(
        self,
        recipe: SenseVoiceRecipe | None = None,
        outputs: int = 0,
        tokens: tuple[int, ...] = (),
    ) -> None:
        """Keep all three."""
        super().__init__()
        self.recipe, self.outputs, self.tokens = recipe, outputs, tokens


class SenseVoiceClassifier(PreTrainedModel):  # type: ignore[misc]
    """The network; but for ``embed``, its parameters have the names that FunASR gives them."""

    config_class = SenseVoiceConfig

    def __init__(self, config: SenseVoiceConfig) -> None:
        """Build it with random weights."""
        super().__init__(config)
        assert config.recipe is not None
        self.encoder = _Encoder(config.recipe)
        self.ctc = nn.ModuleDict({"ctc_lo": nn.Linear(config.recipe.width, config.outputs)})
        self.post_init()

    def forward(self, features: torch.Tensor) -> SequenceClassifierOutput:
        """Return logits of shape (clips, tokens) for features of shape (clips, frames, width)."""
        logits = self.ctc["ctc_lo"](self.encoder(features)[:, _EMOTION_FRAME])
        tokens = torch.tensor(self.config.tokens, device=features.device)
        return SequenceClassifierOutput(logits=logits.index_select(1, tokens))


class _Encoder(nn.Module):
    def __init__(self, recipe: SenseVoiceRecipe) -> None:
        super().__init__()
        width = recipe.width
        self.embed = nn.Embedding(_ROWS, recipe.bank.width)
        self.encoders0 = nn.ModuleList([_Block(recipe, recipe.bank.width)])
        self.encoders = _blocks(recipe, recipe.blocks - 1)
        self.tp_encoders = _blocks(recipe, recipe.last_blocks)
        self.after_norm, self.tp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.amplification = width**0.5

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        questions = self.embed(torch.tensor(_QUESTIONS, device=features.device))
        frames = torch.cat([questions.expand(features.shape[0], -1, -1), features], dim=1)
        frames = frames * self.amplification
        frames = frames + _positions(frames)
        for block in (*self.encoders0, *self.encoders):
            frames = block(frames)
        frames = self.after_norm(frames)
        for block in self.tp_encoders:
            frames = block(frames)
        encoded: torch.Tensor = self.tp_norm(frames)
        return encoded


def _blocks(recipe: SenseVoiceRecipe, number: int) -> nn.ModuleList:
    return nn.ModuleList([_Block(recipe, recipe.width) for _ in range(number)])


def _positions(frames: torch.Tensor) -> torch.Tensor:
    """Return sines, then cosines, of the places of the frames, which are counted from 1."""
    length, half = frames.shape[1], frames.shape[2] / 2
    logarithm = torch.log(torch.tensor([10_000.0], device=frames.device)) / (half - 1)
    steps = torch.arange(half, dtype=torch.float32, device=frames.device)
    places = torch.arange(1, length + 1, dtype=torch.float32, device=frames.device)
    angles = places[:, None] * torch.exp(-logarithm * steps)
    return torch.cat([angles.sin(), angles.cos()], dim=1).to(frames.dtype)


class _Block(nn.Module):
    def __init__(self, recipe: SenseVoiceRecipe, width: int) -> None:
        super().__init__()
        self.self_attn = _Attention(recipe, width)
        self.feed_forward = nn.ModuleDict(
            {
                "w_1": nn.Linear(recipe.width, recipe.hidden),
                "w_2": nn.Linear(recipe.hidden, recipe.width),
            }
        )
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(recipe.width)
        self.residual = width == recipe.width

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        heard = self.self_attn(self.norm1(frames))
        frames = frames + heard if self.residual else heard
        hidden = relu(self.feed_forward["w_1"](self.norm2(frames)))
        output: torch.Tensor = frames + self.feed_forward["w_2"](hidden)
        return output


class _Attention(nn.Module):
    def __init__(self, recipe: SenseVoiceRecipe, width: int) -> None:
        super().__init__()
        self.heads = recipe.heads
        self.linear_q_k_v = nn.Linear(width, 3 * recipe.width)
        self.linear_out = nn.Linear(recipe.width, recipe.width)
        groups = recipe.width
        self.fsmn_block = nn.Conv1d(groups, groups, recipe.kernel, groups=groups, bias=False)
        before = (recipe.kernel - 1) // 2 + recipe.delay
        self.around = (before, recipe.kernel - 1 - before)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        queries, keys, values = self.linear_q_k_v(frames).chunk(3, dim=-1)
        memory = self.fsmn_block(pad(values.transpose(1, 2), self.around)).transpose(1, 2) + values
        asking, asked, told = (self._by_head(part) for part in (queries, keys, values))
        mixed = scaled_dot_product_attention(asking, asked, told)
        output: torch.Tensor = self.linear_out(mixed.transpose(1, 2).flatten(start_dim=2)) + memory
        return output

    def _by_head(self, frames: torch.Tensor) -> torch.Tensor:
        clips, length, width = frames.shape
        return frames.view(clips, length, self.heads, width // self.heads).transpose(1, 2)
