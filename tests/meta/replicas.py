"""Tiny replicas of the repositories that `candidates.yaml` lists.

Each has the file names, the configuration, the labels, the weight format and the names of the
weights of its original. The weights themselves are untrained, of 32 channels and two layers, and
the same each time.

The heads of two originals may be read in two ways, so these have a second variant: with the
heads that transformers has in place of their own.
"""

import json
import re
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import save_file

__all__ = [
    "BASE",
    "LARGE",
    "REPLICAS",
    "REVISIONS",
    "SPEECHBRAIN",
    "TRAINING",
    "VARIANTS",
    "WAVLM",
    "Replica",
    "build_replica",
    "build_replicas",
    "config_of",
    "labels",
    "write_replica",
]

SAFETENSORS, BIN = "model.safetensors", "pytorch_model.bin"

Tensors = dict[str, torch.Tensor]

_TINY = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "conv_dim": [32] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "num_feat_extract_layers": 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 32,
}
# Published models differ in where they normalise, and padding changes what the first kind answers.
BASE = {"do_stable_layer_norm": False, "feat_extract_norm": "group", "conv_bias": False}
LARGE = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True}
WAVLM = {"num_buckets": 32, "max_bucket_distance": 100}
_PRETRAINING = {
    "codevector_dim": 16,
    "proj_codevector_dim": 16,
    "num_codevector_groups": 2,
    "num_codevectors_per_group": 8,
}
CTC = {"vocab_size": 32, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}

_LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
_VOCABULARY = json.dumps({letter: index for index, letter in enumerate(_LETTERS)})
_SPECIAL_TOKENS = json.dumps(
    {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
)
TRAINING = {"training_args.bin": "pickled", "trainer_state.json": "{}"}


@dataclass(frozen=True)
class Replica:
    """What is known of a repository.

    Attributes
    ----------
    architecture
        The class that its config names.
    config
        What its config says, but for the sizes.
    card
        The front matter of its README.md, as far as it is known.
    mask
        Whether its feature extractor makes an attention mask; None where it has none.
    normalize
        Whether its feature extractor normalises.
    head
        Of a head of its own, the name of the layer after ``classifier.dense``; else empty.
    model
        The class in transformers that has its weights, where that is not the one that it names.
    sizes
        How large a network of its kind is here.
    extractor
        What its preprocessor_config.json says, where that is not as of models of waveforms.
    beyond
        What its config does not say of the network that its weights are of.
    change
        What is made of the tensors before they are saved.
    """

    architecture: str
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    mask: bool | None = True
    normalize: bool = True
    weights: tuple[str, ...] = (BIN,)
    head: str = ""
    model: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, Any] = field(default_factory=lambda: _TINY)
    extractor: Mapping[str, Any] | None = None
    beyond: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[Tensors], Tensors] = dict


def labels(*names: str) -> dict[str, Any]:
    """Return what a config says of its labels."""
    return {
        "id2label": {str(index): name for index, name in enumerate(names)},
        "label2id": {name: index for index, name in enumerate(names)},
    }


_STOCK = "Wav2Vec2ForSequenceClassification"
_XLSR = Replica(
    "Wav2Vec2ForSpeechClassification",
    {
        **LARGE,
        **labels("anger", "disgust", "fear", "happiness", "sadness"),
        "finetuning_task": "wav2vec2_clf",
        "pooling_mode": "mean",
        "problem_type": "single_label_classification",
    },
    {"language": "en", "license": "apache-2.0"},
    head="out_proj",
    model=_STOCK,
    files={**TRAINING, **dict.fromkeys(("all_results.json", "eval_results.json"), "{}")},
)
_EIGHT = ("angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
_XLSR_EN = Replica(
    _STOCK,
    {
        **LARGE,
        **labels(*_EIGHT),
        "_name_or_path": "jonatasgrosman/wav2vec2-large-xlsr-53-english",
        "finetuning_task": "wav2vec2_clf",
        "gradient_checkpointing": True,
    },
    {"license": "apache-2.0", "tags": ["generated_from_trainer"]},
    weights=(BIN, SAFETENSORS),
    head="output",
    files=TRAINING,
)

_TRANSFORMERS: dict[str, Replica] = {
    "Aniemore/wavlm-emotion-russian-resd": Replica(
        "WavLMForSequenceClassification",
        {
            **LARGE,
            **WAVLM,
            **labels("anger", "disgust", "enthusiasm", "fear", "happiness", "neutral", "sadness"),
            "_name_or_path": "Aniemore/wavlm-emotion-russian-resd",
            "conv_bias": False,
            "finetuning_task": ["wavlm_classification"],
            "gradient_checkpointing": False,
        },
        {"language": ["ru"], "license": "mit", "datasets": ["Aniemore/resd"]},
        weights=(SAFETENSORS,),
        files={"special_tokens_map.json": _SPECIAL_TOKENS},
    ),
    "DunnBC22/wav2vec2-base-Speech_Emotion_Recognition": Replica(
        _STOCK,
        {
            **BASE,
            **labels("SAD", "ANGRY", "DISGUST", "FEAR", "HAPPY", "NEUTRAL"),
            "_name_or_path": "facebook/wav2vec2-base",
        },
        {"language": ["en"], "license": "apache-2.0", "tags": ["generated_from_trainer"]},
        mask=False,
        files=TRAINING,
    ),
    "harshit345/xlsr-wav2vec-speech-emotion-recognition": _XLSR,
    "xbgoose/hubert-large-speech-emotion-recognition-russian-dusha-finetuned": Replica(
        "HubertForSequenceClassification",
        {
            **LARGE,
            **labels(*(f"LABEL_{index}" for index in range(5))),
            "_name_or_path": "facebook/hubert-large-ls960-ft",
            "feat_proj_layer_norm": True,
            "gradient_checkpointing": False,
            "hidden_dropout_prob": 0.1,
            "transformers_version": "4.30.2",
        },
        {"language": ["ru"], "pipeline_tag": "audio-classification"},
        mask=None,
    ),
    "facebook/hubert-large-ls960-ft": Replica(
        "HubertForCTC",
        {**LARGE, **CTC, "feat_proj_layer_norm": True},
        {"language": "en", "license": "apache-2.0", "datasets": ["libri-light", "librispeech_asr"]},
        files={"vocab.json": _VOCABULARY},
    ),
    "superb/wav2vec2-base-superb-er": Replica(
        _STOCK,
        {**BASE, **labels("neu", "hap", "ang", "sad"), "use_weighted_layer_sum": True},
        {
            "language": "en",
            "license": "apache-2.0",
            "datasets": ["superb"],
            "pipeline_tag": "audio-classification",
        },
        mask=False,
    ),
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": Replica(
        "Wav2Vec2ForSpeechClassification",
        {
            **LARGE,
            **labels("arousal", "dominance", "valence"),
            "_name_or_path": "torch",
            "finetuning_task": "wav2vec2_reg",
            "gradient_checkpointing": False,
            "hidden_dropout_prob": 0.1,
            "pooling_mode": "mean",
            "problem_type": "regression",
            "transformers_version": "4.17.0.dev0",
            "vocab_size": None,
        },
        {
            "language": "en",
            "license": "cc-by-nc-sa-4.0",
            "datasets": ["msp-podcast"],
            "pipeline_tag": "audio-classification",
        },
        head="out_proj",
        model=_STOCK,
        files={
            "vocab.json": "{}",
            "LICENSE": "Attribution-NonCommercial-ShareAlike 4.0 International\n",
        },
    ),
    "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition": _XLSR_EN,
    "facebook/wav2vec2-large-robust-ft-swbd-300h": Replica(
        "Wav2Vec2ForCTC",
        {**LARGE, **CTC},
        {
            "language": "en",
            "license": "apache-2.0",
            "datasets": ["libri_light", "common_voice", "switchboard", "fisher"],
            "tags": ["speech", "automatic-speech-recognition"],
        },
        files={"vocab.json": _VOCABULARY},
    ),
    "jonatasgrosman/wav2vec2-large-xlsr-53-english": Replica(
        "Wav2Vec2ForCTC",
        {**LARGE, **CTC},
        {"language": "en", "license": "apache-2.0", "datasets": ["common_voice"]},
        weights=(BIN, SAFETENSORS),
        files={"vocab.json": _VOCABULARY},
    ),
    "facebook/wav2vec2-base": Replica(
        "Wav2Vec2ForPreTraining",
        {**BASE, **_PRETRAINING},
        {"language": "en", "license": "apache-2.0", "datasets": ["librispeech_asr"]},
        mask=False,
    ),
    "microsoft/wavlm-base-plus": Replica(
        "WavLMModel",
        {
            **BASE,
            **WAVLM,
            **_PRETRAINING,
            "_name_or_path": "wavlm-base-plus",
            "freeze_feat_extract_train": True,
            "num_ctc_classes": 80,
            "replace_prob": 0.5,
            "tokenizer_class": "Wav2Vec2CTCTokenizer",
            "transformers_version": "4.13.0.dev0",
        },
        {"language": ["en"], "tags": ["speech"]},
        normalize=False,
    ),
}

VARIANTS: Mapping[str, Replica] = {
    "harshit345/xlsr-wav2vec-speech-emotion-recognition": Replica(
        _STOCK, _XLSR.config, _XLSR.card, files=_XLSR.files
    ),
    "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition": Replica(
        _STOCK, _XLSR_EN.config, _XLSR_EN.card, weights=_XLSR_EN.weights, files=_XLSR_EN.files
    ),
}
"""The repositories that may also have the stock head."""

SPEECHBRAIN = "speechbrain/emotion-recognition-wav2vec2-IEMOCAP"

REVISIONS = {"Aniemore/wavlm-emotion-russian-resd": "7a4ca18b34adff59b56b451acc7ff44fc43a12dc"}
"""The commits that candidates.yaml asks for."""

REPLICAS = (*_TRANSFORMERS, SPEECHBRAIN)
"""All repositories: those of candidates.yaml that exist, and those that they refer to."""


def build_replicas(root: Path, *, stock: Collection[str] = ()) -> None:
    """Write all replicas under ``root/org/name``, those in `stock` with the stock head."""
    for repo in REPLICAS:
        build_replica(root, repo, stock=repo in stock)


def build_replica(root: Path, repo: str, *, stock: bool = False) -> Path:
    """Write one replica and return its folder."""
    folder = root / repo
    folder.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(zlib.crc32(repo.encode()))
        if repo == SPEECHBRAIN:
            _build_speechbrain(folder)
        else:
            write_replica(folder, (VARIANTS if stock else _TRANSFORMERS)[repo])
    return folder


def write_replica(folder: Path, replica: Replica) -> None:
    """Write a repository in the format of transformers."""
    config = config_of(replica)
    _write_json(folder / "config.json", config)
    if replica.mask is not None:
        _write_json(folder / "preprocessor_config.json", _extractor(replica))
    front = "".join(f"{key}: {json.dumps(value)}\n" for key, value in replica.card.items())
    _write(folder, {"README.md": f"---\n{front}---\n\n# {folder.name}\n", **replica.files})
    made = {**config, **replica.beyond}
    tensors = _tensors(replica.model or replica.architecture, made)
    if replica.head:
        outputs = made.get("num_labels") or len(made["id2label"])
        tensors = _with_own_head(tensors, replica.head, outputs)
    for name in replica.weights:
        _save(replica.change(tensors), folder / name)


def config_of(replica: Replica) -> dict[str, Any]:
    """Return a config as transformers 4 wrote it."""
    family = re.match("wav2vec2|hubert|wavlm|whisper", replica.architecture.lower())
    about = {"architectures": [replica.architecture], "model_type": family[0] if family else None}
    return {**about, **replica.sizes, **replica.config, "torch_dtype": "float32"}


def _extractor(replica: Replica) -> Mapping[str, Any]:
    return replica.extractor or {
        "do_normalize": replica.normalize,
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": replica.mask,
        "sampling_rate": 16_000,
    }


def _tensors(model: str, config: Mapping[str, Any]) -> Tensors:
    """Return the weights of an untrained model, under the names that torch 1 gave them."""
    architecture = getattr(transformers, model)
    made = architecture(architecture.config_class.from_dict(dict(config)))
    return {_old_name(name): tensor for name, tensor in made.state_dict().items()}


def _old_name(name: str) -> str:
    """Return what a weight was called before torch had parametrizations."""
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        name = name.replace(f"parametrizations.weight.{new}", old)
    return name


def _with_own_head(tensors: Tensors, output: str, labels: int) -> Tensors:
    """Put a head of two layers in place of the stock one."""
    size = _TINY["hidden_size"]
    assert isinstance(size, int)
    layers = {"dense": torch.nn.Linear(size, size), output: torch.nn.Linear(size, labels)}
    head = {
        f"classifier.{name}.{key}": tensor
        for name, layer in layers.items()
        for key, tensor in layer.state_dict().items()
    }
    return {
        n: t for n, t in tensors.items() if not n.startswith(("projector", "classifier"))
    } | head


_HYPERPARAMS = """\
HPARAMS_NEEDED: ["encoder_dim", "out_n_neurons", "label_encoder", "softmax"]
MODULES_NEEDED: ["wav2vec2", "avg_pool", "output_mlp"]

wav2vec2_hub: facebook/wav2vec2-base
pretrained_path: speechbrain/emotion-recognition-wav2vec2-IEMOCAP

encoder_dim: 32
out_n_neurons: 4

wav2vec2: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2
    source: !ref <wav2vec2_hub>
    output_norm: True
    freeze: True
    save_path: wav2vec2_checkpoints

avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: False

output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: False

model: !new:torch.nn.ModuleList
    - [!ref <output_mlp>]

modules:
    wav2vec2: !ref <wav2vec2>
    output_mlp: !ref <output_mlp>
    avg_pool: !ref <avg_pool>

softmax: !new:speechbrain.nnet.activations.Softmax

label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder

pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        wav2vec2: !ref <wav2vec2>
        model: !ref <model>
        label_encoder: !ref <label_encoder>
    paths:
        wav2vec2: !ref <pretrained_path>/wav2vec2.ckpt
        model: !ref <pretrained_path>/model.ckpt
        label_encoder: !ref <pretrained_path>/label_encoder.txt
"""
_LABEL_ENCODER = """\
'neu' => 0
'ang' => 1
'hap' => 2
'sad' => 3
================
'starting_index' => 0
"""


def _build_speechbrain(folder: Path) -> None:
    """Write a repository in the format of SpeechBrain, which has no config.json."""
    card = '---\nlanguage: "en"\nlicense: "apache-2.0"\nlibrary_name: speechbrain\n'
    _write(
        folder,
        {
            "README.md": f"{card}datasets:\n- iemocap\n---\n\n# {folder.name}\n",
            "custom_interface.py": 'raise SystemExit("no code of a repository may run")\n',
            "hyperparams.yaml": _HYPERPARAMS,
            "label_encoder.txt": _LABEL_ENCODER,
        },
    )
    encoder = _tensors("Wav2Vec2Model", {**_TINY, **BASE})
    _save({f"model.{name}": tensor for name, tensor in encoder.items()}, folder / "wav2vec2.ckpt")
    head = torch.nn.Linear(32, 4, bias=False)
    _save({"0.w.weight": head.weight.detach()}, folder / "model.ckpt")


def _save(tensors: Tensors, path: Path) -> None:
    if path.suffix == ".safetensors":
        save_file(tensors, path, {"format": "pt"})
    else:
        torch.save(tensors, path)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
