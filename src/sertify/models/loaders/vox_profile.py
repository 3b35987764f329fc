"""The emotion models of Vox-Profile, whose labels and classes are only in its code.

Their config.json holds the arguments of a class (``PyTorchModelHubMixin`` writes it so), which is
not in their repository; none of that code runs here. `vox_profile_network` has the formula.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from transformers import Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from sertify.gates.loadability import require
from sertify.hub.companions import VOX_PROFILE_BACKBONES, vox_profile_config
from sertify.hub.configs import judge_values
from sertify.hub.downloads import CARD
from sertify.hub.snapshots import Snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching
from sertify.models.loaders.config_values import ConfigValues
from sertify.models.loaders.extractors import load_extractor
from sertify.models.loaders.rebuilding import (
    Plan,
    RebuildingLoader,
    read_backbone,
    remark_on_backbone,
)
from sertify.models.loaders.vox_profile_network import SpeechExtractor, merge, network_class
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.files import read_text
from sertify.vocabulary.text import listed, quoted

_Value = TypeVar("_Value")

LABELS = (
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise", "Other",
)  # fmt: skip
"""What its nine outputs are, in the order of its examples (``label_list``)."""
_DIMENSIONS = ("arousal", "valence", "dominance")
_EMOTIONS, _DETAILS = "emotion_layer", "detailed_out_layer"
_DIMENSION_LAYERS = tuple(f"{name}_layer" for name in _DIMENSIONS)
# Of models for other traits, such as an accent, the head is called otherwise.
_HEADS = (_EMOTIONS, _DETAILS, *_DIMENSION_LAYERS, "gender_layer")
_PARTS = ("backbone_model", "model_seq", "weights", "embed_positions", *_HEADS)

_SHORTEST, _LONGEST = 3, 15  # seconds of the clips that it was trained on
_POSITIONS = 50 * _LONGEST  # of Whisper's encoder
_WIDEST, _HIGHEST = 65_536, 4_096
_CODE = "whose code is not in the repository, and was not run."
_NAMED = "Its labels are those of that code, in its order: the repository names none."
_TERMS = "no commercial use"


class VoxProfileLoader(RebuildingLoader):
    """Loads checkpoints of the classes ``WavLMWrapper`` and ``WhisperWrapper``."""

    name = "vox-profile"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        """Whether config.json has what such a class is made with, and no model type."""
        return vox_profile_config(snapshot) is not None

    def plan(self, snapshot: Snapshot, index: TensorIndex) -> Plan:
        """Read config.json, and the config of the backbone that it names."""
        values = _values(snapshot)
        _require_emotions(index)
        kind = _kind(values)
        heads, counted = _heads(values, index)
        config = _read_config(snapshot, kind, heads)
        whisper = config.model_type == "whisper"
        extractor, problem = _extractor(snapshot, kind, config)
        return Plan(
            config=config,
            network=_network(config, heads, values),
            labels=_labels(snapshot, heads),
            extractor=extractor,
            problem=problem,
            batching=Batching.ANY if whisper else Batching.EQUAL,
            labels_from="" if snapshot.candidate.labels is None else "`labels:` of candidates.yaml",
            remarks=(*_remarks(snapshot, heads, kind), counted),
            shortest=_SHORTEST,
            longest=None if whisper else _LONGEST,  # of Whisper, its extractor says so
            named=partial(_named, spare=_spare(heads, whisper=whisper)),
            settle=merge,
        )


def _values(snapshot: Snapshot) -> ConfigValues:
    require(judge_values(snapshot))
    content = vox_profile_config(snapshot)
    if content is None:
        message = "config.json names no pretrain_model, or it is not what Vox-Profile writes"
        raise Rejected("bad_config", message)
    return ConfigValues(content)


def _kind(values: ConfigValues) -> str:
    kind: str = values.content["pretrain_model"]
    if kind in VOX_PROFILE_BACKBONES:
        return kind
    known = f"which the loader vox-profile does not know, but {listed(VOX_PROFILE_BACKBONES, 9)}"
    raise Rejected("unsupported_library", f"pretrain_model is {quoted(kind)}, {known}")


def _require_emotions(index: TensorIndex) -> None:
    """Raise ``Rejected`` where all that is on the backbone is for another trait."""
    parts = {name.partition(".")[0] for name in index.tensors}
    others = sorted(parts - {*_PARTS})
    if others and "backbone_model" in parts and not parts & {*_HEADS}:
        message = f"its head is {listed(others)}: it is a Vox-Profile model for another trait"
        raise Rejected("wrong_task", f"{message}, but should be for emotion ({_EMOTIONS})")


def _heads(values: ConfigValues, index: TensorIndex) -> tuple[dict[str, int], str]:
    """Return the layers that answer, how many outputs each has, and what is to be said of that.

    The published model for dimensions has what the one for emotions has, but neither head of it.
    """
    parts = {name.partition(".")[0] for name in index.tensors}
    dimensional = parts.issuperset(_DIMENSION_LAYERS) and not parts & {_EMOTIONS, _DETAILS}
    if dimensional or "predict_gender" in values.content:
        return dict.fromkeys(_DIMENSION_LAYERS, 1), ""
    last_layer = index.tensors.get(f"{_EMOTIONS}.2.weight")
    outputs, counted = values.outputs("output_class_num", 4, last_layer)
    return {_EMOTIONS: outputs}, counted


def _read_config(snapshot: Snapshot, kind: str, heads: Mapping[str, int]) -> Any:
    source = VOX_PROFILE_BACKBONES[kind]
    config = read_backbone(snapshot, source, sum(heads.values()))
    family = "whisper" if kind.startswith("whisper") else "wavlm"
    if config.model_type != family:
        message = f"of its backbone {quoted(source)}: model_type is {quoted(config.model_type)}"
        raise Rejected("bad_config", f"{message}, but should be {family}")
    if family == "whisper":
        config.max_source_positions = _POSITIONS
    return config


def _network(config: Any, heads: Mapping[str, int], values: ConfigValues) -> Any:
    whisper = config.model_type == "whisper"
    method = values.content.get("finetune_method", "lora")
    adapted = method == "lora" or (method == "combined" and not whisper)
    return network_class(
        config,
        heads,
        values.count("hidden_dim", 256, _WIDEST),
        states=config.num_hidden_layers + values.flag("use_conv_output", default=True),
        rank=values.count("lora_rank", 16, _HIGHEST) if adapted else 0,
    )


def _extractor(snapshot: Snapshot, kind: str, config: Any) -> tuple[Any, str]:
    """Return that of the backbone, or the one that the candidate names."""
    given, source = snapshot.candidate.feature_extractor, VOX_PROFILE_BACKBONES[kind]
    if kind == "wavlm" and given is None:  # the only one that is given waveforms as they are
        return Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=False), ""
    candidate = replace(snapshot.candidate, feature_extractor=given or source)
    extractor, problem = load_extractor(replace(snapshot, candidate=candidate), config)
    whisper = config.model_type == "whisper"
    wanted = WhisperFeatureExtractor if whisper else Wav2Vec2FeatureExtractor
    if extractor is None or isinstance(extractor, wanted):
        return _hearing(extractor) if whisper and extractor else extractor, problem
    return None, f"{type(extractor).__name__} is not what {source} is used with"


def _hearing(extractor: Any) -> SpeechExtractor:
    return SpeechExtractor(**{**extractor.to_dict(), "chunk_length": _LONGEST})


def _labels(snapshot: Snapshot, heads: Mapping[str, int]) -> tuple[str | None, ...]:
    if snapshot.candidate.labels is not None:
        return snapshot.candidate.labels
    if _EMOTIONS not in heads:
        return _DIMENSIONS
    outputs = heads[_EMOTIONS]
    return LABELS if outputs == len(LABELS) else tuple(f"LABEL_{i}" for i in range(outputs))


def _remarks(snapshot: Snapshot, heads: Mapping[str, int], kind: str) -> tuple[str, ...]:
    wrapper = "WhisperWrapper" if kind.startswith("whisper") else "WavLMWrapper"
    rebuilt = f"Rebuilt as Vox-Profile's {wrapper}, {_CODE}"
    backbone = remark_on_backbone(snapshot, VOX_PROFILE_BACKBONES[kind])
    named = _labels(snapshot, heads) is LABELS
    return rebuilt, backbone, _NAMED * named, _terms(snapshot)


def _terms(snapshot: Snapshot) -> str:
    """Say what the card adds to the name of its licence, which does not tell."""
    with suppress(OSError, ValueError):
        if _TERMS in read_text(snapshot.card_folder / CARD).lower():
            return f"Its card says: {_TERMS}."
    return ""


def _spare(heads: Mapping[str, int], *, whisper: bool) -> tuple[str, ...]:
    """Return how the names of tensors begin that other answers of the same model are made of."""
    others = tuple(f"{head}." for head in _HEADS if head not in heads)
    return (*others, "backbone_model.decoder.", "weights") if whisper else others


def _named(tensors: Mapping[str, _Value], spare: tuple[str, ...]) -> dict[str, _Value]:
    """Return what the network is made of, under its names."""
    own = {name: tensor for name, tensor in tensors.items() if not name.startswith(spare)}
    if "embed_positions" in own:  # what Whisper's encoder is given before each question
        own["backbone_model.encoder.embed_positions.weight"] = own.pop("embed_positions")
    return own
