"""Tiny repositories in the two forms in which models of MSP-Podcast are published.

The weights depend on nothing but their names, so that another implementation's answers can be kept
beside them: `msp_goldens.py` makes `msp_goldens.json`.
"""

import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from sertify.candidates.reading import Candidate
from sertify.gates.loadability import require
from sertify.gates.weights import judge_index
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import outline
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import Rejected
from tests.meta.steps import certified

__all__ = [
    "BACKBONES",
    "CLIPS",
    "DIMENSION_LAYERS",
    "EIGHT",
    "NINE",
    "ODYSSEY",
    "VOX_PROFILE",
    "Odyssey",
    "Place",
    "VoxProfile",
    "goldens",
    "outlined",
    "write_backbone",
]

EIGHT = ("Angry", "Sad", "Happy", "Surprise", "Fear", "Disgust", "Contempt", "Neutral")
NINE = (
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise", "Other",
)  # fmt: skip
DIMENSION_LAYERS = ("arousal_layer", "valence_layer", "dominance_layer")

Tensors = dict[str, torch.Tensor]
_WAVEFORM = {
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
_LARGE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
_WAVLM = {"num_buckets": 32, "max_bucket_distance": 100}
_WHISPER = {
    "d_model": 32,
    "encoder_layers": 4,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "num_mel_bins": 16,
    "vocab_size": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}
BACKBONES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "microsoft/wavlm-large": ("WavLM", {**_WAVEFORM, **_WAVLM, **_LARGE}),
    "microsoft/wavlm-base-plus": ("WavLM", {**_WAVEFORM, **_WAVLM}),
    "facebook/wav2vec2-large-robust": ("Wav2Vec2", {**_WAVEFORM, **_LARGE, "conv_bias": True}),
    "openai/whisper-large-v3": ("Whisper", _WHISPER),
    "openai/whisper-tiny": ("Whisper", _WHISPER),
}
_SOURCES = {
    "wavlm": "microsoft/wavlm-base-plus",
    "wavlm_large": "microsoft/wavlm-large",
    "whisper_large": "openai/whisper-large-v3",
    "whisper_tiny": "openai/whisper-tiny",
}


def _noise(number: int, length: int) -> Any:
    noise = np.random.default_rng(number).uniform(-1, 1, length) * (0.5, 0.01, 0.1, 0.3)[number]
    return (noise + 0.002).astype(np.float32)


# Of a second, a part of one with and one without a whole frame, and more than Whisper hears of one.
CLIPS = tuple(_noise(*clip) for clip in ((0, 16_000), (1, 9_601), (2, 12_345), (3, 16_000 * 16)))


def goldens(name: str) -> Any:
    """Return what the published implementation answers for a replica, a row for each clip."""
    content = json.loads(Path(__file__).with_name("msp_goldens.json").read_text())
    return np.array(content[name], np.float32)


def write_backbone(root: Path, name: str, *, weights: bool = False) -> Path:
    """Write the configs of the repository that others are built on, below `root`."""
    folder = root / name
    family, _ = BACKBONES[name]
    config = _config(name)
    config.save_pretrained(folder)
    if family == "Whisper":
        extractor = transformers.WhisperFeatureExtractor(feature_size=config.num_mel_bins)
    else:
        large = config.feat_extract_norm == "layer"
        extractor = transformers.Wav2Vec2FeatureExtractor(
            do_normalize=large, return_attention_mask=large
        )
    extractor.save_pretrained(folder)
    if weights:
        save_file(_filled(_shapes(config)), folder / "model.safetensors", {"format": "pt"})
    return folder


@dataclass(frozen=True)
class Odyssey:
    """A baseline of the Odyssey 2024 challenge."""

    labels: tuple[str, ...] = EIGHT
    ssl_type: str = "microsoft/wavlm-large"
    layers: int = 1
    mean: float = -8.278621631819787e-05
    std: float = 0.08485510250851999
    weights: str = "model.safetensors"

    def write(self, folder: Path, **keys: Any) -> Path:
        """Write it, with other keys in its config where wanted."""
        folder.mkdir(parents=True)
        _write_json(folder / "config.json", {**self.config, **keys})
        (folder / "README.md").write_text("---\nlicense: mit\nlanguage: en\n---\n# Odyssey\n")
        (folder / "pipeline_utils.py").write_text("raise SystemExit('no code may run')\n")
        _save(self.tensors, folder / self.weights)
        return folder

    @property
    def config(self) -> dict[str, Any]:
        """What its config.json says."""
        return {
            "architectures": ["SERModel"],
            "auto_map": {
                "AutoConfig": "pipeline_utils.SERConfig",
                "AutoModelForAudioClassification": "pipeline_utils.SERModel",
            },
            "classifier_dropout_prob": 0.5,
            "classifier_hidden_layers": self.layers,
            "hidden_size": 32,
            "id2label": {str(index): name for index, name in enumerate(self.labels)},
            "label2id": {name: index for index, name in enumerate(self.labels)},
            "maxlen": 192_000,
            "mean": self.mean,
            "model_type": "ser",
            "num_attention_heads": 16,
            "num_classes": len(self.labels),
            "num_hidden_layers": 24,
            "sampling_rate": 16_000,
            "ssl_type": self.ssl_type,
            "std": self.std,
            "torch_dtype": "float32",
            "transformers_version": "4.34.0.dev0",
        }

    @property
    def tensors(self) -> Tensors:
        """Its weights, as they are called in its checkpoint."""
        size = 32
        shapes = _prefixed("ssl_model.", _shapes(_config(self.ssl_type)))
        shapes |= _linear("pool_model.sap_linear", size, size) | {"pool_model.attention": (size, 1)}
        for layer in range(self.layers):
            shapes |= _linear(f"ser_model.fc.{layer}.0", size if layer else 2 * size, size)
            shapes |= {f"ser_model.fc.{layer}.1.{key}": (size,) for key in ("weight", "bias")}
        return _filled(shapes | _linear("ser_model.out.0", size, len(self.labels)))


@dataclass(frozen=True)
class VoxProfile:
    """A model of the Vox-Profile benchmark, as a mixin of the hub's client saved it."""

    pretrain_model: str = "wavlm_large"
    finetune_method: str = "finetune"
    use_conv_output: bool = True
    outputs: int = 9
    heads: tuple[str, ...] = ("emotion_layer", "detailed_out_layer", *DIMENSION_LAYERS)
    weights: str = "model.safetensors"

    def write(self, folder: Path, **keys: Any) -> Path:
        """Write it, with other keys in its config where wanted."""
        folder.mkdir(parents=True)
        _write_json(folder / "config.json", {**self.config, **keys})
        front = "license: openrail\nlanguage:\n- en\ntags:\n- pytorch_model_hub_mixin"
        (folder / "README.md").write_text(f"---\n{front}\n---\n# Vox-Profile\n")
        _save(self.tensors, folder / self.weights)
        return folder

    @property
    def config(self) -> dict[str, Any]:
        """What its config.json says: the arguments that its class was made with."""
        return {
            "detailed_class_num": 17,
            "finetune_method": self.finetune_method,
            "freeze_params": False,
            "hidden_dim": 24,
            "lora_rank": 4,
            "output_class_num": self.outputs,
            "pretrain_model": self.pretrain_model,
            "use_conv_output": self.use_conv_output,
        }

    @property
    def source(self) -> str:
        """The repository that it is built on."""
        return _SOURCES[self.pretrain_model]

    @property
    def tensors(self) -> Tensors:
        """Its weights, as they are called in its checkpoint."""
        whisper = self.pretrain_model.startswith("whisper")
        config = _config(self.source)
        if whisper:
            config.max_source_positions = 750
        shapes = _prefixed("backbone_model.", _shapes(config))
        if self.finetune_method == "lora":
            shapes |= _lora(shapes, layers=(3,), rank=4)
        if whisper:
            shapes["embed_positions"] = (750, 32)
        shapes["weights"] = (5 if self.use_conv_output else 4,)
        for place, size in ((0, 32), (3, 24), (6, 24)):
            shapes |= {f"model_seq.{place}.weight": (24, size, 1), f"model_seq.{place}.bias": (24,)}
        sizes = {"emotion_layer": self.outputs, "detailed_out_layer": 17}
        for head in self.heads:
            shapes |= _linear(f"{head}.0", 24, 24) | _linear(f"{head}.2", 24, sizes.get(head, 1))
        return _filled(shapes)


@dataclass(frozen=True)
class Place:
    """A folder with a candidate, and the root of the hub with what it is built on."""

    folder: Path
    hub: Path

    def snapshot(self, **entry: Any) -> Snapshot:
        """Take it of the folder."""
        return take_snapshot(Candidate(name="tiny", model="./tiny", folder=self.folder, **entry))

    def outlined(self, **entry: Any) -> Blueprint:
        """Return the network that it will be, by its index."""
        return outlined(self.snapshot(**entry))

    def loaded(self, **entry: Any) -> LoadedModel:
        """Return the model of a candidate that no check rejects."""
        return certified(self.outlined(**entry))

    def rejection(self, **entry: Any) -> str:
        """Return why it is rejected before its weights are loaded, or then."""
        with pytest.raises(Rejected) as caught:
            self.loaded(**entry)
        return str(caught.value)

    def edit(self, change: Callable[[Tensors], Any], weights: str = "model.safetensors") -> None:
        """Change its tensors, and write them into a file of that name."""
        path = self.folder / "model.safetensors"
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
        changed = change(tensors)
        path.unlink()
        _save(tensors if changed is None else changed, self.folder / weights)

    def drop(self, *starts: str) -> None:
        """Leave out the tensors whose names start so."""
        self.edit(lambda t: {n: tensor for n, tensor in t.items() if not n.startswith(starts)})


def outlined(snapshot: Snapshot) -> Blueprint:
    """Take the steps of a run up to a blueprint."""
    choose_loader(snapshot, TensorIndex({}))
    index = read_index(snapshot)
    require(judge_index(**index.facts))
    return outline(snapshot, index)


ODYSSEY: Mapping[str, Odyssey] = {
    "categorical": Odyssey(),
    "attributes": Odyssey(("arousal", "dominance", "valence"), weights="pytorch_model.bin"),
    "arousal": Odyssey(("arousal",)),
    "two-layers": Odyssey(layers=2, mean=0.2, std=0.5),
    "wav2vec2": Odyssey(ssl_type="facebook/wav2vec2-large-robust"),
    "group-norm": Odyssey(ssl_type="microsoft/wavlm-base-plus", mean=0.01, std=0.3),
}
VOX_PROFILE: Mapping[str, VoxProfile] = {
    "wavlm-large": VoxProfile(),
    "wavlm-large-lora": VoxProfile(finetune_method="lora"),
    "wavlm-large-layers": VoxProfile(use_conv_output=False),
    "wavlm-base-plus": VoxProfile("wavlm"),
    "whisper-large": VoxProfile("whisper_large"),
    "whisper-large-lora": VoxProfile("whisper_large", finetune_method="lora"),
    "whisper-tiny": VoxProfile("whisper_tiny"),
}


def _config(name: str) -> Any:
    family, options = BACKBONES[name]
    return getattr(transformers, f"{family}Config")(**options)


def _shapes(config: Any) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        network = transformers.AutoModel.from_config(config)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _prefixed(prefix: str, shapes: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: shape for name, shape in shapes.items()}


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _lora(shapes: Mapping[str, Any], layers: tuple[int, ...], rank: int) -> dict[str, Any]:
    names = ("feed_forward.intermediate_dense", "feed_forward.output_dense", "fc1", "fc2")
    ends = tuple(f"encoder.layers.{layer}.{name}.weight" for layer in layers for name in names)
    added: dict[str, Any] = {}
    for name, (outputs, inputs) in [(n, s) for n, s in shapes.items() if n.endswith(ends)]:
        stem = name.removesuffix("weight")
        added |= {f"{stem}lora_A": (rank, inputs), f"{stem}lora_B": (outputs, rank)}
    return added


def _filled(shapes: Mapping[str, tuple[int, ...]]) -> Tensors:
    return {name: torch.from_numpy(_values(name, shape)) for name, shape in shapes.items()}


def _values(name: str, shape: tuple[int, ...]) -> Any:
    # Not by its place, so that a name has the same values in every repository.
    noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    scale = name.endswith(("original0", "gru_rel_pos_const")) or (
        len(shape) == 1 and name.endswith("weight")
    )
    spread = 0.1 if len(shape) < 2 else 1 / math.sqrt(math.prod(shape[1:]))
    return (scale + noise * spread).astype(np.float32)


def _save(tensors: Tensors, path: Path) -> None:
    if path.suffix == ".safetensors":
        save_file(tensors, path, {"format": "pt"})
    else:
        torch.save(tensors, path)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
