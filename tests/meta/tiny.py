"""Checkpoints in transformers format, small enough to be built and loaded within a test.

They are real ones: written by `save_pretrained`, of untrained models with 32 channels and a layer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file

__all__ = [
    "ARCHITECTURES",
    "LABELS",
    "build",
    "edit_json",
    "read_tensors",
    "reference",
    "write_tensors",
]

LABELS = ("angry", "happy", "sad")
SAFETENSORS, BIN = "model.safetensors", "pytorch_model.bin"

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class _Family:
    """The names of an architecture's classes in transformers, and how to make it tiny."""

    config: str
    model: str
    extractor: str
    options: Mapping[str, Any]
    extractor_options: Mapping[str, Any]


_TRANSFORMER = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
# The kernels and strides are those of the published models: a frame sees 400 samples.
_WAVEFORM = _TRANSFORMER | {
    "conv_dim": (32,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 32,
}
_SPECTROGRAM = {"num_mel_bins": 32, "max_length": 64}
_WHISPER = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "classifier_proj_size": 32,
    "num_mel_bins": 40,
    "max_source_positions": 50,
}


def _waveform(name: str, **options: Any) -> _Family:
    model = f"{name}ForSequenceClassification"
    return _Family(f"{name}Config", model, "Wav2Vec2FeatureExtractor", _WAVEFORM | options, {})


_FAMILIES = {
    "wav2vec2": _waveform("Wav2Vec2"),
    "wav2vec2-conformer": _waveform("Wav2Vec2Conformer"),
    "hubert": _waveform("Hubert"),
    "wavlm": _waveform("WavLM", num_buckets=32, max_bucket_distance=100),
    "wav2vec2-bert": _Family(
        "Wav2Vec2BertConfig",
        "Wav2Vec2BertForSequenceClassification",
        "SeamlessM4TFeatureExtractor",
        _TRANSFORMER | {"feature_projection_input_dim": 40, "classifier_proj_size": 32},
        {"feature_size": 20, "num_mel_bins": 20, "stride": 2},
    ),
    "ast": _Family(
        "ASTConfig",
        "ASTForAudioClassification",
        "ASTFeatureExtractor",
        _TRANSFORMER | _SPECTROGRAM,
        _SPECTROGRAM,
    ),
    "whisper": _Family(
        "WhisperConfig",
        "WhisperForAudioClassification",
        "WhisperFeatureExtractor",
        _WHISPER,
        {"feature_size": 40, "chunk_length": 1},
    ),
}
ARCHITECTURES = tuple(_FAMILIES)


def build(
    folder: Path,
    architecture: str = "wav2vec2",
    *,
    labels: tuple[str, ...] = LABELS,
    weights: str = SAFETENSORS,
    dtype: torch.dtype = torch.float32,
    sampling_rate: int = 16_000,
    **options: Any,
) -> Path:
    """Write an untrained checkpoint into `folder`, and return it; the weights are always the same.

    ``weights`` is the name of the weight file, ``options`` go to the config.
    """
    family = _FAMILIES[architecture]
    config = getattr(transformers, family.config)(
        **{**family.options, **options},
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    torch.manual_seed(0)
    model = getattr(transformers, family.model)(config).to(dtype)
    model.save_pretrained(folder)
    extractor = getattr(transformers, family.extractor)
    extractor(**family.extractor_options, sampling_rate=sampling_rate).save_pretrained(folder)
    if weights == BIN:
        write_tensors(folder, read_tensors(folder), weights)
    return folder


def read_tensors(folder: Path) -> Tensors:
    """Return the weights of a checkpoint in safetensors format."""
    tensors: Tensors = load_file(folder / SAFETENSORS)
    return tensors


def write_tensors(folder: Path, tensors: Any, weights: str = SAFETENSORS) -> None:
    """Replace the weights of a checkpoint; a .bin file may hold any object."""
    (folder / SAFETENSORS).unlink(missing_ok=True)
    if weights == BIN:
        torch.save(tensors, folder / BIN)
    else:
        save_file(tensors, folder / weights, {"format": "pt"})


def edit_json(path: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Change the content of a JSON file in place."""
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def reference(folder: Path, waveform: Any) -> Any:
    """Return the logits of shape (labels,) that transformers alone gives for a clip."""
    model = transformers.AutoModelForAudioClassification.from_pretrained(
        folder, dtype=torch.float32
    )
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(waveform, sampling_rate=extractor.sampling_rate, return_tensors="pt")
    with torch.inference_mode():
        return model.eval()(**inputs).logits[0].numpy()
