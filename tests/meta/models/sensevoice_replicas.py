"""Replicas of FunAudioLLM/SenseVoiceSmall: its files and tensors, of few channels, untrained."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

__all__ = ["EMOTIONS", "Sizes", "build", "pieces", "tensors_of", "tokens_of"]

EMOTIONS = (
    "HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "DISGUSTED", "SURPRISED", "OTHER", "EMO_UNKNOWN",
)  # fmt: skip
"""The tokens of emotions in the order of the published vocabulary, where they begin at 25,001."""

# Laid out like that of FunAudioLLM/SenseVoiceSmall.
CONF = """\
encoder: SenseVoiceEncoderSmall
encoder_conf:
    output_size: {width}
    attention_heads: {heads}
    linear_units: {hidden}
    num_blocks: {blocks}
    tp_blocks: {last_blocks}
    dropout_rate: 0.1
    positional_dropout_rate: 0.1
    attention_dropout_rate: 0.1
    input_layer: pe
    pos_enc_class: SinusoidalPositionEncoder
    normalize_before: true
    kernel_size: {kernel}
    sanm_shfit: {delay}
    selfattention_layer_type: sanm


model: SenseVoiceSmall
model_conf:
    length_normalized_loss: true
    sos: 1
    eos: 2
    ignore_id: -1

tokenizer: SentencepiecesTokenizer
tokenizer_conf:
  bpemodel: null
  unk_symbol: <unk>
  split_with_space: true

frontend: WavFrontend
frontend_conf:
    fs: 16000
    window: hamming
    n_mels: {bins}
    frame_length: 25
    frame_shift: 10
    lfr_m: {stacked}
    lfr_n: {step}
    cmvn_file: null


dataset: SenseVoiceCTCDataset
dataset_conf:
  batch_size: 14000
  sos: ${{model_conf.sos}}
  retry: 20

train_conf:
  keep_nbest_models: 20

optim: adamw
optim_conf:
  lr: 0.00002
scheduler: warmuplr

specaug: SpecAugLFR
specaug_conf:
    apply_time_warp: false
    lfr_rate: 6
ctc_conf:
    dropout_rate: 0.0
    ctc_type: builtin
    reduce: true
    ignore_nan_grad: true
normalize: null
"""
CONFIGURATION = {
    "framework": "pytorch",
    "task": "auto-speech-recognition",
    "model": {"type": "funasr"},
    "file_path_metas": {
        "init_param": "model.pt",
        "config": "config.yaml",
        "tokenizer_conf": {"bpemodel": "chn_jpn_yue_eng_ko_spectok.bpe.model"},
        "frontend_conf": {"cmvn_file": "am.mvn"},
    },
}
CARD = """\
---
license: other
license_name: model-license
license_link: https://github.com/modelscope/FunASR/blob/main/MODEL_LICENSE
language:
- en
- zh
- ja
- ko
library: funasr
---

# SenseVoiceSmall
"""


@dataclass(frozen=True)
class Sizes:
    """In what replicas differ; the first seven are 512, 4, 2048, 50, 20, 11, 0 as published.

    Emotions, of which the first token is ``first``, are likelier than others by ``lean``, "unknown"
    by four more.
    """

    width: int = 16
    heads: int = 2
    hidden: int = 24
    blocks: int = 3
    last_blocks: int = 2
    kernel: int = 11
    delay: int = 0
    bins: int = 80
    stacked: int = 7
    step: int = 6
    tokens: int = 40
    first: int = 21
    lean: float = 2.0

    @property
    def heard(self) -> int:
        """Values of a frame that the network sees."""
        return self.bins * self.stacked


def build(folder: Path, sizes: Sizes = Sizes(), *, vocabulary: str = "tokens.json") -> Path:
    """Write a replica with a vocabulary in a file of that name, "" for none, and return it."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONF.format(**vars(sizes)))
    (folder / "configuration.json").write_text(json.dumps(CONFIGURATION))
    (folder / "README.md").write_text(CARD)
    generator = np.random.default_rng(3)
    (folder / "am.mvn").write_text(normalization(sizes.heard, generator))
    torch.save(tensors_of(sizes, generator), folder / "model.pt")
    if vocabulary == "tokens.json":
        (folder / vocabulary).write_text(json.dumps(tokens_of(sizes)))
    elif vocabulary:
        (folder / vocabulary).write_bytes(pieces(tokens_of(sizes)))
    return folder


def tokens_of(sizes: Sizes) -> list[str]:
    """Return a vocabulary with the emotions from ``sizes.first`` on."""
    tokens = ["<unk>", "<s>", "</s>", *(f"▁{place}" for place in range(3, sizes.tokens))]
    end = sizes.first + len(EMOTIONS)
    tokens[sizes.first : end] = [f"<|{name}|>" for name in EMOTIONS]
    return tokens


def pieces(tokens: Sequence[str]) -> bytes:
    """Return a SentencePiece model of these tokens: the fields that the published one has."""

    def field(number: int, content: bytes) -> bytes:
        size = len(content)
        length = bytes([size & 0x7F | 0x80, size >> 7]) if size > 127 else bytes([size])
        return bytes([number << 3 | 2]) + length + content

    def piece(token: str) -> bytes:
        score, kind = b"\x15\x00\x00\x80\xbf", b"\x18\x02" if token == "<unk>" else b"\x18\x01"
        return field(1, field(1, token.encode()) + score + kind)

    listing = map(piece, tokens)
    trainer = field(2, b"\x18\x02" + field(8, b"nmt_nfkc" * 20))
    return b"".join(listing) + trainer


def normalization(width: int, generator: np.random.Generator) -> str:
    """Return an am.mvn with numbers like those of the published one."""
    shift = -8 - 6 * generator.random(width)
    scale = 0.15 + 0.05 * generator.random(width)
    lines = ["<Nnet> ", f"<Splice> {width} {width}", "[ 0 ]"]
    for name, values in (("<AddShift>", shift), ("<Rescale>", scale)):
        numbers = " ".join(f"{value:.7g}" for value in values.tolist())
        lines += [f"{name} {width} {width} ", f"<LearnRateCoef> 0 [ {numbers} ]"]
    return "\n".join([*lines, "</Nnet> "]) + "\n"


def tensors_of(sizes: Sizes, generator: np.random.Generator) -> dict[str, torch.Tensor]:
    """Return random weights by the names and in the shapes that FunASR's class has."""
    width, hidden = sizes.width, sizes.hidden
    shapes: dict[str, tuple[int, ...]] = {"embed.weight": (16, sizes.heard)}
    blocks = [("encoders0.0", sizes.heard)]
    blocks += [(f"encoders.{number}", width) for number in range(sizes.blocks - 1)]
    blocks += [(f"tp_encoders.{number}", width) for number in range(sizes.last_blocks)]
    for name, given in blocks:
        start = f"encoder.{name}"
        shapes |= _linear(f"{start}.self_attn.linear_q_k_v", given, 3 * width)
        shapes |= _linear(f"{start}.self_attn.linear_out", width, width)
        shapes[f"{start}.self_attn.fsmn_block.weight"] = (width, 1, sizes.kernel)
        shapes |= _linear(f"{start}.feed_forward.w_1", width, hidden)
        shapes |= _linear(f"{start}.feed_forward.w_2", hidden, width)
        shapes |= _norm(f"{start}.norm1", given) | _norm(f"{start}.norm2", width)
    shapes |= _norm("encoder.after_norm", width) | _norm("encoder.tp_norm", width)
    shapes |= _linear("ctc.ctc_lo", width, sizes.tokens)
    tensors = {name: _random(name, shape, generator) for name, shape in shapes.items()}
    last = sizes.first + len(EMOTIONS) - 1
    tensors["ctc.ctc_lo.bias"][sizes.first : last + 1] += sizes.lean
    tensors["ctc.ctc_lo.bias"][last] += 4
    return tensors


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _random(name: str, shape: tuple[int, ...], generator: np.random.Generator) -> torch.Tensor:
    # Large enough for answers that differ from clip to clip, as trained ones do.
    spread = 1.0 if name == "embed.weight" else 1.5 / max(1, shape[-1]) ** 0.5
    values = torch.from_numpy(generator.uniform(-1.7, 1.7, shape) * spread).float()
    return values + 1 if "norm" in name and name.endswith("weight") else values
