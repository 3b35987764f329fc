"""Heads that pool the frames, against the class that they were published with."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from torch import nn

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.blueprints import Blueprint
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import outline
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import Rejected
from tests.meta import tiny
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.1)

LABELS = ("anger", "happiness", "neutral", "sadness")
SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"
NORMS: dict[str, dict[str, Any]] = {
    "group": {"feat_extract_norm": "group", "do_stable_layer_norm": False, "conv_bias": False},
    "layer": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
}
_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "initializer_range": 0.3,
}
_BACKBONES = {
    "wav2vec2": ("Wav2Vec2", {}),
    "hubert": ("Hubert", {}),
    "wavlm": ("WavLM", {"num_buckets": 32, "max_bucket_distance": 100}),
}
NEW_NAMES = ("parametrizations.weight.original0", "parametrizations.weight.original1")
OLD_NAMES = ("weight_g", "weight_v")


class Published(nn.Module):
    """The class of the notebook "Emotion recognition in Greek speech", without its dropout.

    There it is ``Wav2Vec2ForSpeechClassification`` with ``Wav2Vec2ClassificationHead``.
    """

    def __init__(self, prefix: str, config: Any, last: str, activation: Any) -> None:
        super().__init__()
        self.prefix, self.last, self.activation = prefix, last, activation
        self.pooling_mode = config.pooling_mode
        self.add_module(prefix, transformers.AutoModel.from_config(config))
        self.classifier = nn.Module()
        self.classifier.add_module("dense", nn.Linear(config.hidden_size, config.hidden_size))
        self.classifier.add_module(last, nn.Linear(config.hidden_size, config.num_labels))

    def merged_strategy(self, hidden_states: torch.Tensor) -> torch.Tensor:
        if self.pooling_mode == "mean":
            return torch.mean(hidden_states, dim=1)
        if self.pooling_mode == "sum":
            return torch.sum(hidden_states, dim=1)
        return torch.max(hidden_states, dim=1)[0]

    def forward(self, **inputs: torch.Tensor) -> Any:
        hidden_states = self.get_submodule(self.prefix)(**inputs)[0]
        x = self.merged_strategy(hidden_states)
        x = self.activation(self.classifier.get_submodule("dense")(x))
        return self.classifier.get_submodule(self.last)(x)


@dataclass(frozen=True)
class Original:
    """A checkpoint of the published class, and what that class answers."""

    folder: Path
    network: Published

    def logits(self, clip: NDArray[np.float32]) -> Any:
        extractor = transformers.AutoFeatureExtractor.from_pretrained(self.folder)
        inputs = extractor(clip, sampling_rate=16_000, return_tensors="pt")
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # WavLM's attention brings one about in torch
            return self.network(**inputs)[0].numpy()


def publish(
    folder: Path,
    backbone: str = "wav2vec2",
    *,
    norm: str = "layer",
    pooling: str | None = "mean",
    last: str = "out_proj",
    weights: str = SAFE,
    names: tuple[str, ...] = NEW_NAMES,
    activation: Callable[[torch.Tensor], torch.Tensor] = torch.tanh,
) -> Original:
    """Write a checkpoint as the published class does; a pooling of None is left out."""
    family, options = _BACKBONES[backbone]
    config = getattr(transformers, f"{family}Config")(
        **{**_TINY, **NORMS[norm], **options},
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
        architectures=[f"{family}ForSpeechClassification"],
        pooling_mode=pooling or "mean",
    )
    torch.manual_seed(0)
    network = Published(backbone, config, last, activation).eval()
    config.save_pretrained(folder)
    if pooling is None:
        tiny.edit_json(folder / "config.json", lambda content: content.pop("pooling_mode"))
    transformers.Wav2Vec2FeatureExtractor(
        do_normalize=True, return_attention_mask=norm == "layer"
    ).save_pretrained(folder)
    tensors = network.state_dict()
    for new, old in zip(NEW_NAMES, names, strict=True):
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    tiny.write_tensors(folder, tensors, weights)
    return Original(folder, network)


def outlined(folder: Path, **entry: Any) -> Blueprint:
    snapshot = take_snapshot(Candidate(name="tiny", model="./tiny", folder=folder, **entry))
    return outline(snapshot, read_index(snapshot))


def loaded(folder: Path, **entry: Any) -> LoadedModel:
    """Return the model of a checkpoint that no check rejects."""
    return certified(outlined(folder, **entry))


def rejection(folder: Path, **entry: Any) -> str:
    with pytest.raises(Rejected) as caught:
        loaded(folder, **entry)
    return str(caught.value)


CLIPS = (white_noise(1, 16_000), 0.01 * white_noise(2, 16_000)[:12_345])

FORMS = [
    {"backbone": backbone, "norm": norm, "pooling": pooling}
    for backbone, norm, pooling in product(_BACKBONES, NORMS, ("mean", "sum", "max"))
] + [
    {"last": "output"},
    {"last": "output", "backbone": "hubert", "norm": "group", "weights": PICKLED},
    {"pooling": None},
    {"names": OLD_NAMES},
    {"names": OLD_NAMES, "weights": PICKLED},
    {"names": OLD_NAMES, "weights": PICKLED, "backbone": "wavlm"},
    {"weights": PICKLED, "norm": "group"},
]


def written(form: dict[str, Any]) -> str:
    return "-".join("-".join(one) if isinstance(one, tuple) else str(one) for one in form.values())


@pytest.mark.parametrize("form", FORMS, ids=written)
def test_it_answers_as_the_published_class(tmp_path: Path, form: dict[str, Any]) -> None:
    original = publish(tmp_path, **form)
    model = loaded(tmp_path)
    for clip in CLIPS:
        np.testing.assert_allclose(model.logits(clip), original.logits(clip), rtol=0, atol=1e-5)
    assert model.blueprint.loader.name == "pooled-head"
    assert model.labels == LABELS
    assert model.weights.random == model.weights.unexpected == ()


@pytest.mark.parametrize("form", FORMS[:6:5] + FORMS[-3:], ids=written)
def test_without_its_tanh_it_answers_as_such_a_class(tmp_path: Path, form: dict[str, Any]) -> None:
    original = publish(tmp_path, **form, activation=lambda hidden: hidden)
    model = loaded(tmp_path, loader="pooled-head-linear")
    for clip in CLIPS:
        np.testing.assert_allclose(model.logits(clip), original.logits(clip), rtol=0, atol=1e-5)
    assert model.blueprint.loader.name == "pooled-head-linear"
    # auto would have answered something else, so the two are told apart.
    assert not np.allclose(loaded(tmp_path).logits(CLIPS[0]), model.logits(CLIPS[0]), atol=1e-3)


def test_clips_of_one_batch_do_not_change_each_other(tmp_path: Path) -> None:
    original = publish(tmp_path)
    with torch.inference_mode():
        batch = loaded(tmp_path).network(CLIPS)
    for logits, clip in zip(batch, CLIPS, strict=True):
        np.testing.assert_allclose(logits, original.logits(clip), rtol=0, atol=1e-5)


def test_a_stock_checkpoint_is_not_its_own(tmp_path: Path) -> None:
    tiny.build(tmp_path)
    assert outlined(tmp_path).loader.name == "transformers"


def test_the_stock_class_is_refused_for_its_random_head(tmp_path: Path) -> None:
    publish(tmp_path)
    assert rejection(tmp_path, loader="transformers").startswith("random_head: ")


def test_what_transformers_would_do_is_said(tmp_path: Path) -> None:
    publish(tmp_path, last="output")
    assert outlined(tmp_path).remark == (
        "transformers has no class for this head (pooling, classifier.dense, classifier.output) and"
        " would start a random one; loaded as pooled-head instead. Whether there is a tanh between"
        " the layers, as usual, the checkpoint does not say: compare with"
        " `loader: pooled-head-linear`."
    )
    publish(tmp_path / "published")
    assert outlined(tmp_path / "published").remark.endswith("loaded as pooled-head instead.")


# Before torch 1.6, only loading tells the names of the weights.
@pytest.mark.parametrize(
    ("architectures", "name"),
    [
        (["Wav2Vec2ForSpeechClassification"], "pooled-head"),
        (["Wav2Vec2ForSequenceClassification"], "transformers"),
        ([], "transformers"),
        (None, "transformers"),
        ({"first": "Wav2Vec2ForSpeechClassification"}, "transformers"),
        (7, "transformers"),
        ([["Wav2Vec2ForSpeechClassification"]], "transformers"),
    ],
    ids=str,
)
def test_an_index_that_cannot_be_read_leaves_it_to_the_config(
    tmp_path: Path, architectures: Any, name: str
) -> None:
    original = publish(tmp_path)
    (tmp_path / SAFE).unlink()
    old = {"_use_new_zipfile_serialization": False}
    torch.save(original.network.state_dict(), tmp_path / PICKLED, **old)
    tiny.edit_json(
        tmp_path / "config.json", lambda content: content.update(architectures=architectures)
    )
    snapshot = take_snapshot(Candidate(name="tiny", model="./tiny", folder=tmp_path))
    index = read_index(snapshot)
    if not index.problem:
        pytest.skip("this index can be read")
    assert choose_loader(snapshot, index).name == name


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "pooling-unknown": (
        lambda folder: tiny.edit_json(
            folder / "config.json", lambda content: content.update(pooling_mode="attention")
        ),
        "bad_config: pooling_mode is 'attention', but should be one of mean, sum, max",
    ),
    "pooling-of-no-text": (
        lambda folder: tiny.edit_json(
            folder / "config.json", lambda content: content.update(pooling_mode=["mean"])
        ),
        "bad_config: ",
    ),
    "dense-of-another-size": (
        lambda folder: resize(folder, "classifier.dense.weight", (32, 16)),
        "incompatible_shapes: the checkpoint has classifier.dense.weight [32, 16] where ",
    ),
    "no-bias": (
        lambda folder: tiny.write_tensors(
            folder,
            {k: v for k, v in tiny.read_tensors(folder).items() if k != "classifier.dense.bias"},
        ),
        "random_head: ",
    ),
    "layer-absent": (
        lambda folder: tiny.write_tensors(
            folder, {k: v for k, v in tiny.read_tensors(folder).items() if "layers.1" not in k}
        ),
        "incomplete_backbone: ",
    ),
    "labels-of-another-number": (
        lambda folder: tiny.edit_json(
            folder / "config.json",
            lambda content: content.update(
                id2label={"0": "anger", "1": "joy"}, label2id={"anger": 0, "joy": 1}
            ),
        ),
        "label_count_mismatch: it has 4 outputs, but id2label of config.json names 2: anger, joy; ",
    ),
}


def resize(folder: Path, name: str, shape: tuple[int, ...]) -> None:
    tiny.write_tensors(folder, tiny.read_tensors(folder) | {name: torch.zeros(shape)})


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(
    tmp_path: Path, make: Callable[[Path], Any], message: str
) -> None:
    publish(tmp_path)
    make(tmp_path)
    assert rejection(tmp_path).startswith(message)


def test_an_unknown_backbone_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    tiny.edit_json(
        tmp_path / "config.json",
        lambda content: content.update(model_type="speech-encoder-decoder"),
    )
    message = "wrong_task: transformers has no backbone for speech-encoder-decoder models"
    assert rejection(tmp_path) == message
