"""The baselines of the Odyssey 2024 challenge, rebuilt: against the challenge's own code."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import close_session
from transformers import Wav2Vec2FeatureExtractor

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.gates.labels import judge_dimensions, judge_named_labels
from sertify.gates.loadability import judge_task
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import outline
from sertify.pipeline import stages
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models import msp
from tests.meta.models.msp import CLIPS, EIGHT, ODYSSEY, Odyssey, Place

pytestmark = pytest.mark.slow(0.3)

BACKBONE = "microsoft/wavlm-large"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A hub with the repositories that others are built on."""
    for name in {replica.ssl_type for replica in ODYSSEY.values()}:
        msp.write_backbone(tmp_path / "hub", name)
    with LocalHub(tmp_path / "hub") as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        yield local
    close_session()


@pytest.fixture
def place(hub: LocalHub, tmp_path: Path) -> Place:  # noqa: ARG001
    """A place with nothing in it yet."""
    return Place(tmp_path / "tiny", tmp_path / "hub")


@pytest.fixture
def categorical(place: Place) -> Place:
    """A place with a sound candidate."""
    Odyssey().write(place.folder)
    return place


def agree(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


# ------------------------------------------------------------------ equality


@pytest.mark.parametrize("name", ODYSSEY)
def test_it_answers_as_the_challenge_does(place: Place, name: str) -> None:
    ODYSSEY[name].write(place.folder)
    model = place.loaded()
    for clip, wanted in zip(CLIPS, msp.goldens(f"odyssey {name}"), strict=True):
        agree(model.logits(clip), wanted)
    assert model.blueprint.loader.name == "odyssey"
    assert model.labels == ODYSSEY[name].labels
    assert model.weights.random == model.weights.unexpected == ()


def test_clips_of_one_batch_do_not_change_each_other(categorical: Place) -> None:
    model = categorical.loaded()
    with torch.inference_mode():
        batch = model.network(CLIPS)
    for logits, clip in zip(batch, CLIPS, strict=True):
        agree(logits, model.logits(clip))


def old_name(name: str) -> str:
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        name = name.replace(f"parametrizations.weight.{new}", old)
    return name


@pytest.mark.parametrize("inside", ["", "state_dict"])
def test_weights_of_older_torch_answer_the_same(categorical: Place, inside: str) -> None:
    expected = categorical.loaded().logits(CLIPS[0])

    def change(tensors: dict[str, torch.Tensor]) -> Any:
        old = {old_name(name): tensor for name, tensor in tensors.items()}
        assert old.keys() != tensors.keys()
        return {inside: old} if inside else old

    categorical.edit(change, "pytorch_model.bin")
    agree(categorical.loaded().logits(CLIPS[0]), expected)


def test_names_of_a_wrapper_are_left_out(categorical: Place) -> None:
    categorical.edit(lambda t: {f"module.{name}": tensor for name, tensor in t.items()})
    model = categorical.loaded()
    agree(model.logits(CLIPS[0]), msp.goldens("odyssey categorical")[0])
    told = "The names of its tensors begin with module., which was left out."
    assert model.blueprint.remark.endswith(told)


def test_weights_before_torch_1_6_answer_the_same(place: Place) -> None:
    replica = ODYSSEY["attributes"]
    replica.write(place.folder)
    path = place.folder / replica.weights
    torch.save(replica.tensors, path, _use_new_zipfile_serialization=False)
    assert place.outlined().weights is None
    agree(place.loaded().logits(CLIPS[0]), msp.goldens("odyssey attributes")[0])


def test_weights_of_half_precision_are_loaded_as_float32(categorical: Place) -> None:
    expected = categorical.loaded().logits(CLIPS[0])
    categorical.edit(lambda t: {name: tensor.half() for name, tensor in t.items()})
    logits = categorical.loaded().logits(CLIPS[0])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=0.05)


def test_int8_rounds_its_layers(categorical: Place) -> None:
    expected = categorical.loaded().logits(CLIPS[0])
    rounded = categorical.loaded(variant="int8-dynamic").logits(CLIPS[0])
    assert 0 < np.abs(rounded - expected).max() < 0.5


# ------------------------------------------------------------------ what is chosen, and said


def test_a_repository_of_the_hub_is_judged_by_its_index(hub: LocalHub, tmp_path: Path) -> None:
    Odyssey().write(tmp_path / "hub" / "someone" / "ser")
    snapshot = take_snapshot(Candidate(name="tiny", model="someone/ser"))
    blueprint = stages.blueprint(msp.outlined(snapshot))
    assert blueprint.labels == EIGHT
    assert not (snapshot.folder / "model.safetensors").exists()
    assert [*snapshot.facts["repository"]["companions"]] == [BACKBONE]
    assert snapshot.card.licence == "mit"
    read = [one.path for one in hub.requests if one.path.endswith("pipeline_utils.py")]
    assert read == []


def test_its_task_is_audio_classification() -> None:
    assert judge_task(Odyssey().config).reason is None


def test_its_own_code_does_not_run(categorical: Place) -> None:
    for entry in ({}, {"loader": "odyssey", "trust_remote_code": True}):
        model = categorical.loaded(**entry)  # it would raise SystemExit
        assert "without running the repository's code" in model.blueprint.remark


def test_who_trusts_its_own_code_means_that(categorical: Place) -> None:
    snapshot = categorical.snapshot(trust_remote_code=True)
    assert choose_loader(snapshot, TensorIndex({})).name == "transformers"


def test_another_model_type_is_not_for_it(categorical: Place) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update(model_type="wavlm"))
    assert choose_loader(categorical.snapshot(), TensorIndex({})).name == "transformers"


def test_asked_for_by_name_it_says_what_it_needs(categorical: Place) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.pop("ssl_type"))
    assert categorical.rejection(loader="odyssey") == (
        'bad_config: config.json should have "model_type": "ser", and a repository as "ssl_type" '
        "(candidates.yaml says loader: odyssey; auto looks which one fits)"
    )


@pytest.mark.parametrize("name", ["attributes", "arousal"])
def test_models_of_attributes_are_told_as_dimensional(place: Place, name: str) -> None:
    ODYSSEY[name].write(place.folder)
    blueprint = stages.blueprint(place.outlined())
    labels = [str(label) for label in blueprint.labels]
    reason = judge_dimensions(labels, blueprint.problem_type).reason
    assert reason == "dimensional"


def test_a_config_without_names_is_told_so(categorical: Place) -> None:
    tiny.edit_json(
        categorical.folder / "config.json", lambda c: (c.pop("id2label"), c.pop("label2id"))
    )
    labels = stages.blueprint(categorical.outlined()).labels
    assert judge_named_labels([str(label) for label in labels]).reason == "no_labels"


def test_names_in_a_list_are_taken_in_its_order(categorical: Place) -> None:
    tiny.edit_json(
        categorical.folder / "config.json",
        lambda c: (c.update(id2label=[*EIGHT]), c.pop("label2id")),
    )
    blueprint = stages.blueprint(categorical.outlined())
    assert blueprint.labels == EIGHT
    assert "list" in blueprint.remark


def test_it_hears_twelve_seconds(categorical: Place) -> None:
    assert categorical.outlined().longest == 12
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update(maxlen=80_000))
    assert categorical.outlined().longest == 5


def test_given_labels_win(categorical: Place) -> None:
    labels = tuple(f"{label}!" for label in EIGHT)
    assert categorical.loaded(labels=labels).labels == labels


def test_the_checkpoint_knows_how_many_outputs_there_are(categorical: Place) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update(num_classes=4))
    model = categorical.loaded()
    assert model.labels == EIGHT
    told = " config.json says num_classes: 4; the checkpoint has 8, and that counts."
    assert model.blueprint.remark.endswith(told)


@pytest.mark.parametrize("shape", [(10**12, 32), (0, 32), (10**12,), ()])
def test_more_outputs_than_any_model_has_are_not_believed(
    categorical: Place, shape: tuple[int, ...]
) -> None:
    snapshot = categorical.snapshot()
    index = read_index(snapshot)
    tensors = {**index.tensors, "ser_model.out.0.weight": Tensor(shape, "F32")}
    blueprint = outline(snapshot, replace(index, tensors=tensors))
    assert blueprint.weights
    assert blueprint.weights.mismatched or blueprint.weights.random_head


@pytest.mark.parametrize("names", [EIGHT[:7], (*EIGHT, "Other")])
def test_another_number_of_labels_is_told(categorical: Place, names: tuple[str, ...]) -> None:
    config = Odyssey(names).config
    (categorical.folder / "config.json").write_text(json.dumps(config))
    message = categorical.rejection()
    assert message.startswith("label_count_mismatch: ")
    assert f"id2label of config.json names {len(names)}" in message


def test_labels_are_read_as_those_of_any_other(categorical: Place) -> None:
    path = categorical.folder / "config.json"
    tiny.edit_json(path, lambda config: config.update(id2label=[*EIGHT]))
    blueprint = categorical.outlined()
    assert blueprint.labels == EIGHT
    assert blueprint.remark.endswith(
        "id2label of config.json is a list, and was read in its order."
    )
    turned = {name: index for index, name in enumerate(EIGHT[::-1])}
    tiny.edit_json(path, lambda config: config.update(label2id=turned))
    assert categorical.rejection().startswith("contradictory_labels: ")


def test_outputs_without_names_are_told(categorical: Place) -> None:
    names = ("id2label", "label2id")
    tiny.edit_json(categorical.folder / "config.json", lambda c: [c.pop(name) for name in names])
    labels = [str(label) for label in stages.blueprint(categorical.outlined()).labels]
    assert judge_named_labels(labels).reason == "no_labels"


def test_a_named_sampling_rate_wins(categorical: Place) -> None:
    given = SamplingRate(sampling_rate=8000)
    assert categorical.outlined(feature_extractor=given).sampling_rate == 8000


def test_a_named_feature_extractor_prepares_its_input(categorical: Place, tmp_path: Path) -> None:
    expected = categorical.loaded().logits(CLIPS[0])
    folder = tmp_path / "extractor"
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(folder)
    entry = {"feature_extractor": "./extractor", "feature_extractor_folder": folder}
    config = Odyssey().config
    prepared = (CLIPS[0] - np.float32(config["mean"])) / np.float32(config["std"] + 1e-6)
    model = categorical.loaded(**entry)
    agree(model.logits(prepared), expected)
    assert "in place of mean and std" in model.blueprint.remark


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("dropped", "code"),
    [
        ("ssl_model.encoder.layers.2.attention.k_proj.bias", "incomplete_backbone"),
        ("ssl_model.", "incomplete_backbone"),
        ("pool_model.attention", "random_head"),
        ("pool_model.sap_linear.weight", "random_head"),
        ("ser_model.fc.0.1.", "random_head"),
        ("ser_model.out.0.weight", "random_head"),
        ("ser_model.", "random_head"),
    ],
)
def test_a_missing_layer_is_told(categorical: Place, dropped: str, code: str) -> None:
    categorical.drop(dropped)
    with pytest.raises(Rejected) as caught:
        stages.blueprint(categorical.outlined())
    assert caught.value.reason.code == code
    assert dropped in caught.value.message


def test_a_layer_more_is_told(categorical: Place) -> None:
    categorical.edit(lambda t: t.update({"ser_model.fc.1.0.weight": torch.zeros(32, 32)}))
    assert categorical.rejection().startswith("unused_layers: ")


def test_another_width_is_told(categorical: Place) -> None:
    categorical.edit(lambda t: t.update({"pool_model.attention": torch.zeros(16, 1)}))
    assert categorical.rejection().startswith("incompatible_shapes: ")


def test_a_backbone_that_is_not_there_is_told(categorical: Place) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update(ssl_type="nobody/wavlm"))
    message = categorical.rejection()
    assert message.startswith("no_config: of its backbone 'nobody/wavlm': ")


def test_a_backbone_that_may_not_be_fetched_is_told(categorical: Place) -> None:
    candidate = Candidate(name="tiny", model="./tiny", folder=categorical.folder)
    with pytest.raises(Blocked, match=f"offline_not_cached: {BACKBONE} is not in the cache"):
        take_snapshot(candidate, offline=True)


def test_a_backbone_without_a_config_is_told(categorical: Place) -> None:
    (categorical.hub / BACKBONE / "config.json").unlink()
    assert categorical.rejection() == (
        f"no_config: of its backbone '{BACKBONE}': it has no config.json; its files are "
        "preprocessor_config.json"
    )


def test_a_backbone_that_takes_no_waveforms_is_told(categorical: Place) -> None:
    msp.write_backbone(categorical.hub, "openai/whisper-tiny")
    config = categorical.folder / "config.json"
    tiny.edit_json(config, lambda c: c.update(ssl_type="openai/whisper-tiny"))
    assert categorical.rejection() == (
        "bad_config: config.json: ssl_type is 'openai/whisper-tiny', but should be a backbone that "
        "takes waveforms"
    )


def test_a_backbone_that_no_memory_holds_is_refused(categorical: Place) -> None:
    config = categorical.hub / BACKBONE / "config.json"
    tiny.edit_json(config, lambda c: c.update(hidden_size=10**9))
    told = f"bad_config: of its backbone '{BACKBONE}': config.json: hidden_size"
    assert categorical.rejection().startswith(told)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_classes", 10**12),
        ("num_classes", "eight"),
        ("num_classes", True),
        ("classifier_hidden_layers", 10**9),
        ("classifier_hidden_layers", 0),
        ("hidden_size", 64),
        ("hidden_size", [32]),
        ("mean", "0.1"),
        ("mean", 1e300),
        ("std", -1),
        ("std", None),
        ("maxlen", 0),
        ("sampling_rate", 0),
        ("sampling_rate", {"a": 1}),
        ("id2label", [{}]),
        ("id2label", "Angry"),
        ("id2label", {"0": {}}),
        ("problem_type", 3),
    ],
)
def test_odd_values_are_refused(categorical: Place, key: str, value: Any) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update({key: value}))
    message = categorical.rejection()
    assert message.startswith("bad_config: config.json: ")
    assert key in message


@pytest.mark.parametrize("source", ["", "..", "../../etc", "/etc", "a/b/c", "x" * 5000, "a b/\n"])
def test_an_odd_name_of_the_backbone_is_refused(categorical: Place, source: str) -> None:
    tiny.edit_json(categorical.folder / "config.json", lambda c: c.update(ssl_type=source))
    assert categorical.rejection().startswith("no_config: ")


def test_a_config_of_nan_is_refused(categorical: Place) -> None:
    path = categorical.folder / "config.json"
    path.write_text(path.read_text().replace('"std": 0.0848', '"std": NaN, "x": 0.0848'))
    told = "bad_config: config.json: std is nan, but should be a number from 0 to 1,000,000"
    assert categorical.rejection() == told


def test_without_weights_it_is_told(categorical: Place) -> None:
    (categorical.folder / "model.safetensors").unlink()
    assert categorical.rejection().startswith("no_weights: ")
    assert categorical.rejection(loader="odyssey").startswith("no_weights: ")


class Payload:
    """What an attacker pickles: unpickled without care, it makes a directory."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def test_the_payload_of_a_checkpoint_does_not_run(categorical: Place, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    categorical.edit(lambda t: {**t, "x": Payload(mark)}, "pytorch_model.bin")
    assert categorical.rejection().startswith("unsafe_pickle: ")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: torch.save([1], path), "corrupt_weights"),
        (lambda path: torch.save({}, path), "random_head"),
        (lambda path: path.write_text("<html>" * 99), "corrupt_weights"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "corrupt_weights"),
        (lambda path: path.write_bytes(b""), "corrupt_weights"),
    ],
    ids=["list", "nothing", "page", "truncated", "empty"],
)
def test_broken_weights_are_told(place: Place, spoil: Callable[[Path], Any], code: str) -> None:
    replica = ODYSSEY["attributes"]
    spoil(replica.write(place.folder) / replica.weights)
    assert place.rejection().startswith(f"{code}: ")


def test_weights_that_are_not_finite_are_told(categorical: Place) -> None:
    categorical.edit(lambda t: t.update({"ser_model.out.0.bias": torch.full((8,), torch.nan)}))
    assert categorical.rejection().startswith("non_finite_weights: ser_model.out.0.bias")


# ------------------------------------------------------------------ what need not be obeyed


OBEYED_BY_NONE: dict[str, dict[str, Any]] = {
    "attention": {"_attn_implementation": "flash_attention_2"},
    "quantization": {"quantization_config": {"load_in_8bit": True}},
    "names-in-a-list": {"id2label": ["yes", "no"], "label2id": {"yes": "no"}},
}


@pytest.mark.parametrize("keys", OBEYED_BY_NONE.values(), ids=OBEYED_BY_NONE)
def test_what_the_config_of_its_backbone_says_beside_it_is_left_out(
    categorical: Place, keys: dict[str, Any]
) -> None:
    path = categorical.hub / BACKBONE / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))
    model = categorical.loaded()
    for clip, wanted in zip(CLIPS, msp.goldens("odyssey categorical"), strict=True):
        agree(model.logits(clip), wanted)
    told = f"config.json of {BACKBONE} asks for flash_attention_2, which not every machine has;"
    assert (told in model.blueprint.remark) == ("_attn_implementation" in keys)
