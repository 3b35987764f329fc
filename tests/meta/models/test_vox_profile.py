"""The emotion models of Vox-Profile, rebuilt: against its own code."""

from collections.abc import Iterator
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
from sertify.models.loaders.vox_profile_network import LoraLinear
from sertify.models.loading import outline
from sertify.models.networks import TorchNetwork
from sertify.pipeline import stages
from sertify.vocabulary.errors import Rejected
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models import msp
from tests.meta.models.msp import CLIPS, DIMENSION_LAYERS, NINE, VOX_PROFILE, Place, VoxProfile

pytestmark = pytest.mark.slow(0.3)

WAVLM, WHISPER = "microsoft/wavlm-large", "openai/whisper-large-v3"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A hub with the repositories that others are built on."""
    for name in {replica.source for replica in VOX_PROFILE.values()}:
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
def wavlm(place: Place) -> Place:
    """A place with a sound candidate on WavLM."""
    VoxProfile().write(place.folder)
    return place


@pytest.fixture
def whisper(place: Place) -> Place:
    """A place with a sound candidate on Whisper, with what was learned beside its layers."""
    VOX_PROFILE["whisper-large-lora"].write(place.folder)
    return place


def agree(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def configure(place: Place, **keys: Any) -> None:
    tiny.edit_json(place.folder / "config.json", lambda config: config.update(keys))


# ------------------------------------------------------------------ equality


@pytest.mark.parametrize("name", VOX_PROFILE)
def test_it_answers_as_vox_profile(place: Place, name: str) -> None:
    VOX_PROFILE[name].write(place.folder)
    model = place.loaded()
    for clip, wanted in zip(CLIPS, msp.goldens(f"vox-profile {name}"), strict=True):
        agree(model.logits(clip), wanted)
    assert model.blueprint.loader.name == "vox-profile"
    assert model.labels == NINE
    assert model.sampling_rate == 16_000
    assert model.weights.random == model.weights.unexpected == ()


@pytest.mark.parametrize("name", ["wavlm-large-lora", "whisper-large-lora"])
def test_clips_of_one_batch_do_not_change_each_other(place: Place, name: str) -> None:
    VOX_PROFILE[name].write(place.folder)
    model = place.loaded()
    with torch.inference_mode():
        batch = model.network(CLIPS)
    for logits, clip in zip(batch, CLIPS, strict=True):
        agree(logits, model.logits(clip))


@pytest.mark.parametrize("name", ["wavlm-large-lora", "whisper-large-lora"])
def test_what_was_learned_beside_a_layer_becomes_part_of_it(place: Place, name: str) -> None:
    VOX_PROFILE[name].write(place.folder)
    network = place.loaded().network
    assert isinstance(network, TorchNetwork)
    assert not any(isinstance(part, LoraLinear) for part in network.module.modules())


def test_both_ways_to_answer_of_a_layer_are_one() -> None:
    torch.manual_seed(1)
    layer = LoraLinear(torch.nn.Linear(6, 4), rank=2)
    torch.nn.init.normal_(layer.lora_A)
    torch.nn.init.normal_(layer.lora_B)
    values = torch.randn(3, 6)
    wanted = torch.nn.functional.linear(values, layer.weight, layer.bias)
    wanted = wanted + (values @ layer.lora_A.T @ layer.lora_B.T) / 2
    agree(layer(values).detach(), wanted.detach())
    agree(layer.merged()(values).detach(), wanted.detach())


def test_whisper_hears_fifteen_seconds(whisper: Place) -> None:
    model = whisper.loaded()
    limits = (model.blueprint.shortest, model.blueprint.longest, model.blueprint.hears)
    assert limits == (3, None, 15)
    agree(model.logits(CLIPS[3]), model.logits(CLIPS[3][: 15 * 16_000]))


def test_wavlm_hears_all_but_was_made_for_fifteen_seconds(wavlm: Place) -> None:
    model = wavlm.loaded()
    limits = (model.blueprint.shortest, model.blueprint.longest, model.blueprint.hears)
    assert limits == (3, 15, None)
    assert np.abs(model.logits(CLIPS[3]) - model.logits(CLIPS[3][: 15 * 16_000])).max() > 1e-4


@pytest.mark.parametrize(
    ("name", "other"),
    [
        # A file may lack one of two tensors that share their memory.
        ("embed_positions", "backbone_model.encoder.embed_positions.weight"),
        ("backbone_model.encoder.embed_positions.weight", "embed_positions"),
    ],
)
def test_one_table_of_positions_is_enough(whisper: Place, name: str, other: str) -> None:
    expected = whisper.loaded().logits(CLIPS[0])
    whisper.edit(lambda t: t.update({other: t["embed_positions"].clone()}))
    whisper.edit(lambda t: {key: tensor for key, tensor in t.items() if key != name})
    agree(whisper.loaded().logits(CLIPS[0]), expected)


def test_weights_of_half_precision_are_loaded_as_float32(whisper: Place) -> None:
    expected = whisper.loaded().logits(CLIPS[0])
    whisper.edit(lambda t: {name: tensor.half() for name, tensor in t.items()})
    logits = whisper.loaded().logits(CLIPS[0])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=0.05)


def test_a_pickle_with_its_tensors_inside_answers_the_same(wavlm: Place) -> None:
    expected = wavlm.loaded().logits(CLIPS[0])
    wavlm.edit(lambda t: {"model_state_dict": t, "epoch": 3}, "pytorch_model.bin")
    agree(wavlm.loaded().logits(CLIPS[0]), expected)


@pytest.mark.parametrize("name", ["wavlm-large-lora", "whisper-large-lora"])
def test_names_of_a_wrapper_are_left_out(place: Place, name: str) -> None:
    VOX_PROFILE[name].write(place.folder)
    place.edit(lambda t: {f"module.{key}": tensor for key, tensor in t.items()})
    model = place.loaded()
    agree(model.logits(CLIPS[0]), msp.goldens(f"vox-profile {name}")[0])
    told = "The names of its tensors begin with module., which was left out."
    assert model.blueprint.remark.endswith(told)


@pytest.mark.parametrize("name", ["wavlm-large", "whisper-large-lora"])
def test_int8_rounds_its_layers(place: Place, name: str) -> None:
    VOX_PROFILE[name].write(place.folder)
    expected = place.loaded().logits(CLIPS[0])
    rounded = place.loaded(variant="int8-dynamic").logits(CLIPS[0])
    assert 0 < np.abs(rounded - expected).max() < 0.5


# ------------------------------------------------------------------ what is chosen, and said


@pytest.mark.parametrize("name", ["wavlm-large", "whisper-large-lora"])
def test_a_repository_of_the_hub_is_judged_by_its_index(
    hub: LocalHub, tmp_path: Path, name: str
) -> None:
    VOX_PROFILE[name].write(tmp_path / "hub" / "someone" / "vox")
    snapshot = take_snapshot(Candidate(name="tiny", model="someone/vox"))
    blueprint = stages.blueprint(msp.outlined(snapshot))
    assert blueprint.labels == NINE
    assert not (snapshot.folder / "model.safetensors").exists()
    assert [*snapshot.facts["repository"]["companions"]] == [VOX_PROFILE[name].source]
    assert snapshot.card.licence == "openrail"
    assert len(hub.requests) < 30


def test_its_labels_are_told_to_be_those_of_its_code(wavlm: Place) -> None:
    remark = "Rebuilt as Vox-Profile's WavLMWrapper, whose code is not in the repository, and was"
    named = "not run. Its labels are those of that code, in its order: the repository names none."
    assert wavlm.outlined().remark == f"{remark} {named}"
    given = wavlm.outlined(labels=NINE[::-1])
    assert given.labels == NINE[::-1]
    assert given.remark == f"{remark} not run."


def test_terms_beside_the_licence_are_told(wavlm: Place) -> None:
    card = wavlm.folder / "README.md"
    card.write_text(card.read_text() + "**Out-of-Scope Use**\n- No commercial use\n")
    assert wavlm.outlined().remark.endswith(" Its card says: no commercial use.")
    (wavlm.folder / "best").mkdir()
    for file in ("config.json", "model.safetensors"):
        (wavlm.folder / file).rename(wavlm.folder / "best" / file)
    blueprint = wavlm.outlined(subfolder="best")
    assert blueprint.remark.endswith(" Its card says: no commercial use.")


def test_its_config_names_no_other_task(wavlm: Place) -> None:
    assert judge_task(wavlm.snapshot().read_json("config.json")).reason is None


def test_a_model_of_transformers_is_none_of_it(wavlm: Place) -> None:
    configure(wavlm, model_type="wavlm")
    assert choose_loader(wavlm.snapshot(), TensorIndex({})).name == "transformers"


@pytest.mark.parametrize("text", ['{"pretrain_model": "wavlm_large", "layers": 3}', "[1]", "{"])
def test_another_mixin_is_none_of_it(wavlm: Place, text: str) -> None:
    (wavlm.folder / "config.json").write_text(text)
    with pytest.raises(Rejected):
        choose_loader(wavlm.snapshot(), TensorIndex({}))


@pytest.mark.parametrize("marked", [True, False])
def test_a_model_of_dimensions_is_told(place: Place, marked: bool) -> None:
    heads = VoxProfile().heads if marked else DIMENSION_LAYERS
    VoxProfile(heads=heads).write(place.folder, **{"predict_gender": False} if marked else {})
    blueprint = stages.blueprint(place.outlined())
    labels = [str(label) for label in blueprint.labels]
    assert labels == ["arousal", "valence", "dominance"]
    assert judge_dimensions(labels, None).reason == "dimensional"
    logits = place.loaded().logits(CLIPS[0])
    assert logits.shape == (3,)
    assert ((logits > 0) & (logits < 1)).all()


def test_other_numbers_of_outputs_have_no_names(place: Place) -> None:
    VoxProfile(outputs=8).write(place.folder)
    labels = [str(label) for label in stages.blueprint(place.outlined()).labels]
    assert judge_named_labels(labels).reason == "no_labels"
    assert place.loaded(labels=NINE[:8]).labels == NINE[:8]


def test_the_checkpoint_knows_how_many_outputs_there_are(wavlm: Place) -> None:
    configure(wavlm, output_class_num=4)
    model = wavlm.loaded()
    assert model.labels == NINE
    told = " config.json says output_class_num: 4; the checkpoint has 9, and that counts."
    assert model.blueprint.remark.endswith(told)


@pytest.mark.parametrize("shape", [(10**12, 32), (0, 32), (10**12,), ()])
def test_more_outputs_than_any_model_has_are_not_believed(
    wavlm: Place, shape: tuple[int, ...]
) -> None:
    snapshot = wavlm.snapshot()
    index = read_index(snapshot)
    tensors = {**index.tensors, "emotion_layer.2.weight": Tensor(shape, "F32")}
    blueprint = outline(snapshot, replace(index, tensors=tensors))
    assert blueprint.weights
    assert blueprint.weights.mismatched or blueprint.weights.random_head


def test_another_number_of_labels_is_told(wavlm: Place) -> None:
    message = wavlm.rejection(labels=NINE[:8])
    assert message.startswith("label_count_mismatch: ")
    assert "`labels:` of candidates.yaml names 8" in message


def test_a_named_feature_extractor_wins(wavlm: Place, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(raw)
    entry = {"feature_extractor": "./raw", "feature_extractor_folder": raw}
    plain, moved = (wavlm.loaded(**entry).logits(CLIPS[0] + shift) for shift in (0, 0.5))
    assert np.abs(plain - moved).max() > 1e-3
    agree(*(wavlm.loaded().logits(CLIPS[0] + np.float32(shift)) for shift in (0, 0.5)))
    given = SamplingRate(sampling_rate=8000)
    assert wavlm.outlined(feature_extractor=given).sampling_rate == 8000


def test_whisper_takes_a_plain_feature_extractor(whisper: Place) -> None:
    expected = whisper.loaded().logits(CLIPS[0])
    given = SamplingRate(sampling_rate=16_000)
    agree(whisper.loaded(feature_extractor=given).logits(CLIPS[0]), expected)


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("dropped", "code"),
    [
        ("backbone_model.encoder.layers.2.attention.k_proj.bias", "incomplete_backbone"),
        ("backbone_model.encoder.layers.3.feed_forward.output_dense.lora_B", "incomplete_backbone"),
        ("backbone_model.", "incomplete_backbone"),
        ("weights", "random_head"),
        ("model_seq.3.bias", "random_head"),
        ("model_seq.", "random_head"),
        ("emotion_layer.2.weight", "random_head"),
        ("emotion_layer.", "random_head"),
    ],
)
def test_a_missing_layer_is_told(place: Place, dropped: str, code: str) -> None:
    VOX_PROFILE["wavlm-large-lora"].write(place.folder)
    place.drop(dropped)
    refuses(place, dropped, code)


@pytest.mark.parametrize(
    ("dropped", "code"),
    [
        (("backbone_model.encoder.layers.0.fc1.weight",), "incomplete_backbone"),
        (("backbone_model.encoder.layers.3.fc2.lora_A",), "incomplete_backbone"),
        (("backbone_model.encoder.embed", "embed_positions"), "incomplete_backbone"),
        (("model_seq.0.weight",), "random_head"),
        (("emotion_layer.0.",), "random_head"),
    ],
)
def test_a_missing_layer_of_whisper_is_told(
    whisper: Place, dropped: tuple[str, ...], code: str
) -> None:
    whisper.drop(*dropped)
    refuses(whisper, dropped[0], code)


def refuses(place: Place, dropped: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        stages.blueprint(place.outlined())
    assert caught.value.reason.code == code
    assert dropped in caught.value.message


def test_what_is_not_needed_may_be_absent(whisper: Place) -> None:
    expected = whisper.loaded().logits(CLIPS[0])
    whisper.drop("backbone_model.decoder.", "weights", "detailed_out_layer.", *DIMENSION_LAYERS)
    agree(whisper.loaded().logits(CLIPS[0]), expected)


def test_what_was_learned_beside_layers_is_used_or_told(place: Place) -> None:
    VOX_PROFILE["wavlm-large-lora"].write(place.folder, finetune_method="finetune")
    assert place.rejection().startswith("unused_layers: ")


def test_what_should_have_been_learned_beside_layers_is_missed(wavlm: Place) -> None:
    configure(wavlm, finetune_method="lora")
    assert wavlm.rejection().startswith("incomplete_backbone: ")


def test_another_rank_is_told(place: Place) -> None:
    VOX_PROFILE["wavlm-large-lora"].write(place.folder, lora_rank=8)
    assert place.rejection().startswith("incompatible_shapes: ")


def test_a_model_of_another_trait_is_told(place: Place) -> None:
    VoxProfile(heads=("out_layer",)).write(place.folder)
    assert place.rejection() == (
        "wrong_task: its head is out_layer: it is a Vox-Profile model for another trait, but should"
        " be for emotion (emotion_layer)"
    )


def test_an_unknown_backbone_is_told(wavlm: Place) -> None:
    configure(wavlm, pretrain_model="whisper_medium")
    assert wavlm.rejection() == (
        "unsupported_library: pretrain_model is 'whisper_medium', which the loader vox-profile does"
        " not know, but wavlm, wavlm_large, whisper_tiny, whisper_base, whisper_small,"
        " whisper_large"
    )


def test_a_backbone_that_is_not_there_is_told(whisper: Place) -> None:
    configure(whisper, pretrain_model="whisper_small")
    told = "no_config: of its backbone 'openai/whisper-small': the hub has no model"
    assert whisper.rejection().startswith(told)


def test_a_backbone_of_another_kind_is_told(wavlm: Place) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (wavlm.hub / WHISPER / name).replace(wavlm.hub / WAVLM / name)
    assert wavlm.rejection() == (
        f"bad_config: of its backbone '{WAVLM}': model_type is 'whisper', but should be wavlm"
    )


def test_a_backbone_without_its_preprocessor_is_told(whisper: Place) -> None:
    (whisper.hub / WHISPER / "preprocessor_config.json").unlink()
    message = f"no_feature_extractor: {WHISPER} has no preprocessor_config.json"
    assert whisper.rejection() == message


def test_a_preprocessor_of_another_kind_is_told(whisper: Place) -> None:
    name = "preprocessor_config.json"
    (whisper.hub / WAVLM / name).replace(whisper.hub / WHISPER / name)
    told = f"no_feature_extractor: Wav2Vec2FeatureExtractor is not what {WHISPER} is used with"
    assert whisper.rejection() == told


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_dim", 10**12),
        ("hidden_dim", "256"),
        ("lora_rank", 0),
        ("lora_rank", 10**9),
        ("use_conv_output", 1),
        ("id2label", "Anger"),
        ("id2label", 9),
    ],
)
def test_odd_values_are_refused(whisper: Place, key: str, value: Any) -> None:
    configure(whisper, **{key: value})
    message = whisper.rejection()
    assert message.startswith("bad_config: config.json: ")
    assert key in message


def test_an_odd_number_of_outputs_is_refused(whisper: Place) -> None:
    whisper.drop("emotion_layer.2.")
    for value in (0, 10**9, None, [9]):
        configure(whisper, output_class_num=value)
        assert whisper.rejection().startswith("bad_config: config.json: output_class_num is ")


def test_asked_for_by_name_it_says_what_it_needs(wavlm: Place) -> None:
    tiny.build(wavlm.folder / "other")
    (wavlm.folder / "other" / "config.json").replace(wavlm.folder / "config.json")
    assert wavlm.rejection(loader="vox-profile") == (
        "bad_config: config.json names no pretrain_model, or it is not what Vox-Profile writes "
        "(candidates.yaml says loader: vox-profile; auto looks which one fits)"
    )
