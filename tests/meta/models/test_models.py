"""From a snapshot to a model that answers, with real transformers and tiny checkpoints."""

import io
import json
import os
import pickle
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
import transformers
from numpy.typing import NDArray

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.gates.loadability import judge_agreement, judge_outline, judge_task, require
from sertify.gates.weights import judge_index
from sertify.hub.configs import judge_config
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.blueprints import Blueprint
from sertify.models.loading import choose_device, load, outline
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import ConfigurationError, Rejected
from sertify.vocabulary.outcomes import Outcome
from tests.meta import steps, tiny

Make = Callable[[Path], Any]

WAVEFORM = ("wav2vec2", "wav2vec2-conformer", "hubert", "wavlm")
SPECTROGRAM = ("ast", "whisper")
SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
RATE_ONLY = SamplingRate(sampling_rate=16_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound wav2vec2 checkpoint."""
    return tiny.build(tmp_path / "tiny")


@pytest.fixture
def pickled(tmp_path: Path) -> Path:
    """The same with pickled weights."""
    return tiny.build(tmp_path / "tiny", weights=PICKLED)


def candidate(folder: Path, **entry: Any) -> Candidate:
    return Candidate(name="tiny", model="./tiny", folder=folder, **entry)


def outlined(folder: Path, *, extractor: Path | None = None, **entry: Any) -> Blueprint:
    """Return what can be told of a checkpoint without loading it, in the order of a run."""
    entry |= {"feature_extractor_folder": extractor} if extractor else {}
    snapshot = take_snapshot(candidate(folder, **entry))
    require(judge_config(snapshot))
    require(judge_task(snapshot.read_json(CONFIG)))
    index = read_index(snapshot)
    require(judge_index(**index.facts))
    return outline(snapshot, index)


def loaded(folder: Path, *, seed: int = 0, **options: Any) -> LoadedModel:
    return load(outlined(folder, **options), threads=1, seed=seed)


def certified(folder: Path, **options: Any) -> LoadedModel:
    """Return the model of a checkpoint that no check rejects."""
    return steps.certified(outlined(folder, **options))


def rejection(folder: Path, **options: Any) -> str:
    """Return why a checkpoint is rejected."""
    with pytest.raises(Rejected) as caught:
        certified(folder, **options)
    return str(caught.value)


def second(sampling_rate: int = 16_000) -> NDArray[np.float32]:
    return white_noise(1, sampling_rate)


def drop(*parts: str) -> Make:
    """Make a breaker that leaves out the weights whose name has one of `parts` in it."""

    def breaker(folder: Path) -> None:
        tensors = tiny.read_tensors(folder)
        kept = {n: t for n, t in tensors.items() if not any(part in n for part in parts)}
        tiny.write_tensors(folder, kept)

    return breaker


def rename(**parts: str) -> Make:
    """Make a breaker that renames weights as other versions and other classes do."""

    def breaker(folder: Path) -> None:
        tensors = tiny.read_tensors(folder)
        for old, new in parts.items():
            tensors = {name.replace(old, new): tensor for name, tensor in tensors.items()}
        tiny.write_tensors(folder, tensors)

    return breaker


def refill(part: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Make:
    """Make a breaker that changes the weights whose name has `part` in it."""

    def breaker(folder: Path) -> None:
        tensors = tiny.read_tensors(folder)
        changed = {name: change(tensor) for name, tensor in tensors.items() if part in name}
        tiny.write_tensors(folder, tensors | changed)

    return breaker


def overwrite(name: str, content: str | bytes) -> Make:
    encoded = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(encoded)


def cut(name: str, size: int) -> Make:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def configure(**changes: Any) -> Make:
    return lambda folder: tiny.edit_json(folder / CONFIG, lambda config: config.update(changes))


def preprocess(**changes: Any) -> Make:
    return lambda folder: tiny.edit_json(folder / PREPROCESSOR, lambda old: old.update(changes))


# ------------------------------------------------------------------ sound checkpoints


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_a_sound_checkpoint_answers_as_in_transformers(tmp_path: Path, architecture: str) -> None:
    folder = tiny.build(tmp_path, architecture)
    model = certified(folder)
    logits = model.logits(second())
    assert logits.shape == (3,)
    np.testing.assert_allclose(logits, tiny.reference(folder, second()), atol=1e-6)
    assert model.labels == tiny.LABELS
    assert model.sampling_rate == 16_000
    assert model.weights.random == model.weights.unexpected == ()
    assert model.load_time > 0


def test_parameters_are_counted(folder: Path) -> None:
    tensors = tiny.read_tensors(folder).values()
    assert loaded(folder).weights.parameters == sum(tensor.numel() for tensor in tensors)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_weights_of_any_precision_are_loaded_as_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    logits = certified(tiny.build(tmp_path, dtype=dtype)).logits(second())
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, tiny.reference(tmp_path, second()), atol=1e-6)


OTHER_FORMS: dict[str, Make] = {
    "pickled": lambda folder: tiny.write_tensors(folder, tiny.read_tensors(folder), PICKLED),
    "pickled-before-torch-1.6": lambda folder: pickle_as_of_old(folder, tiny.read_tensors(folder)),
    "weight-norm-before-torch-2": rename(
        **{
            "parametrizations.weight.original0": "weight_g",
            "parametrizations.weight.original1": "weight_v",
        }
    ),
    "without-the-mask-of-training": drop("masked_spec_embed"),
    "within-a-training-state": lambda folder: tiny.write_tensors(
        folder, {"epoch": 3, "model": tiny.read_tensors(folder), "optimizer": {}}, PICKLED
    ),
    "within-an-old-training-state": lambda folder: pickle_as_of_old(
        folder, {"epoch": 3, "state_dict": tiny.read_tensors(folder)}
    ),
    "sharded": lambda folder: shard(folder, tiny.read_tensors(folder)),
    "extractor-of-no-type": lambda folder: tiny.edit_json(
        folder / PREPROCESSOR, lambda old: old.pop("feature_extractor_type")
    ),
    "extractor-of-a-recogniser": preprocess(processor_class="Wav2Vec2ProcessorWithLM"),
    "extractor-in-a-processor": lambda folder: nest(folder),
}


def pickle_as_of_old(folder: Path, tensors: Any) -> None:
    (folder / SAFE).unlink(missing_ok=True)
    torch.save(tensors, folder / PICKLED, _use_new_zipfile_serialization=False)


def shard(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    places = {name: shards[number % 2] for number, name in enumerate(tensors)}
    for one in shards:
        tiny.write_tensors(folder, {n: t for n, t in tensors.items() if places[n] == one}, one)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def nest(folder: Path) -> None:
    extractor = json.loads((folder / PREPROCESSOR).read_text())
    (folder / PREPROCESSOR).unlink()
    (folder / "processor_config.json").write_text(json.dumps({"feature_extractor": extractor}))


@pytest.mark.parametrize("make", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_other_forms_of_a_checkpoint_answer_the_same(folder: Path, make: Make) -> None:
    expected = certified(folder).logits(second())
    make(folder)
    np.testing.assert_allclose(certified(folder).logits(second()), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["model.fp16.safetensors", "best.bin", "old.safetensors"])
def test_weights_of_another_name_are_asked_for(folder: Path, name: str) -> None:
    expected = certified(folder).logits(second())
    tensors = tiny.read_tensors(folder)
    if name.endswith(".bin"):
        torch.save(tensors, folder / name)
    else:
        safetensors.torch.save_file(tensors, folder / name)
    refill("classifier.weight", torch.zeros_like)(folder)
    model = certified(folder, weights=name)
    assert model.blueprint.files == (name,)
    np.testing.assert_allclose(model.logits(second()), expected, atol=1e-6)


def test_weights_in_a_folder_are_asked_for(folder: Path, tmp_path: Path) -> None:
    expected = certified(folder).logits(second())
    (tmp_path / "runs").mkdir()
    folder.rename(tmp_path / "runs/best")
    whole = tmp_path / "runs"
    (whole / "README.md").write_text("---\nlicense: mit\n---\n")
    model = certified(whole, subfolder="best")
    np.testing.assert_allclose(model.logits(second()), expected, atol=1e-6)
    assert model.snapshot.card.licence == "mit"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"subfolder": "worst"},
            "not_found: ./tiny has no folder worst; it has no folders",
        ),
        (
            {"weights": "best.bin"},
            (
                "no_weights: candidates.yaml says weights: best.bin, which is not there; its files"
                f" are {CONFIG}, {SAFE}, {PREPROCESSOR}"
            ),
        ),
    ],
)
def test_what_was_asked_for_is_not_there(folder: Path, entry: dict[str, str], message: str) -> None:
    assert rejection(folder, **entry) == message


# ------------------------------------------------------------------ incomplete checkpoints

OF_HEAD = "classifier.bias, classifier.weight, projector.bias, projector.weight"
OF_ENCODER = "wav2vec2.encoder.layer_norm.bias, wav2vec2.encoder.layer_norm.weight"
CONVOLUTION = "wav2vec2.encoder.pos_conv_embed.conv"
PREFIXED = ", ".join(f"other.{name}" for name in f"{OF_HEAD}, {OF_ENCODER}".split(", "))
INCOMPLETE: dict[str, tuple[Make, str, int, str]] = {
    "head-absent": (drop("classifier", "projector"), "random_head", 4, f"its head lacks {OF_HEAD}"),
    "head-under-other-names": (
        rename(
            projector="classifier.dense",
            **{"classifier.weight": "out.weight", "classifier.bias": "out.bias"},
        ),
        "random_head",
        4,
        (
            f"its head lacks {OF_HEAD} and has classifier.dense.bias, classifier.dense.weight, "
            "out.bias, out.weight instead"
        ),
    ),
    "layer-absent": (
        drop("encoder.layer_norm"),
        "incomplete_backbone",
        2,
        f"its backbone lacks {OF_ENCODER}",
    ),
    "positional-convolution-absent": (
        drop("pos_conv_embed"),
        "incomplete_backbone",
        3,
        (
            f"its backbone lacks {CONVOLUTION}.bias, "
            f"{CONVOLUTION}.parametrizations.weight.original0, "
            f"{CONVOLUTION}.parametrizations.weight.original1"
        ),
    ),
    "weights-within-a-training-state": (
        lambda folder: tiny.write_tensors(folder, {"averaged": tiny.read_tensors(folder)}, PICKLED),
        "random_head",
        38,
        f"its head lacks {OF_HEAD}, {OF_ENCODER} and 32 more and has averaged instead",
    ),
    "keys-prefixed-by-nobody-knows-what": (
        lambda folder: tiny.write_tensors(
            folder, {f"other.{name}": t for name, t in tiny.read_tensors(folder).items()}
        ),
        "random_head",
        38,
        (
            f"its head lacks {OF_HEAD}, {OF_ENCODER} and 32 more "
            f"and has {PREFIXED} and 33 more instead"
        ),
    ),
}


@pytest.mark.parametrize(("make", "code", "count", "what"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_no_weight_may_be_random(
    folder: Path, make: Make, code: str, count: int, what: str
) -> None:
    make(folder)
    assert rejection(folder) == (
        f"{code}: {count} weights are random, but all should come from the checkpoint; {what}"
    )


def test_no_weight_may_have_another_shape(folder: Path) -> None:
    refill("output_dense.weight", lambda tensor: tensor[:5].clone())(folder)
    name = "wav2vec2.encoder.layers.0.feed_forward.output_dense.weight"
    assert rejection(folder) == (
        f"incompatible_shapes: the checkpoint has {name} [5, 32]"
        " where the model has [32, 32], but both should be the same"
    )


def test_no_head_may_be_of_other_labels(folder: Path) -> None:
    configure(id2label={"0": "a", "1": "b"}, label2id={"a": 0, "b": 1})(folder)
    assert rejection(folder) == (
        "label_count_mismatch: it has 3 outputs, but id2label of config.json names 2: a, b;"
        " there is no name for output 2"
    )


def with_norms(folder: Path) -> None:
    """Let the config forget that its convolutions have biases, and norms of their own."""
    tiny.build(folder, feat_extract_norm="layer", conv_bias=True)
    configure(feat_extract_norm="group", conv_bias=False)(folder)


LEFT_OUT: dict[str, tuple[Make, str]] = {
    "norms": (with_norms, "wav2vec2.feature_extractor.conv_layers.0.conv.bias, "),
    "convolution": (
        configure(
            num_feat_extract_layers=6,
            conv_dim=[32] * 6,
            conv_kernel=[10, 3, 3, 3, 3, 2],
            conv_stride=[5, 2, 2, 2, 2, 2],
        ),
        "wav2vec2.feature_extractor.conv_layers.6.conv.weight",
    ),
    "pooling": (
        lambda folder: tiny.write_tensors(
            folder, tiny.read_tensors(folder) | {"attention_pool.weight": torch.ones(2)}
        ),
        "attention_pool.weight",
    ),
    "weights-of-layers": (
        lambda folder: tiny.write_tensors(
            folder, tiny.read_tensors(folder) | {"layer_weights": torch.ones(2)}
        ),
        "layer_weights",
    ),
}


@pytest.mark.parametrize(("make", "names"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_nothing_that_was_trained_may_be_left_out(folder: Path, make: Make, names: str) -> None:
    make(folder)
    message = "the network leaves out layers that the checkpoint has, but should use them all"
    assert rejection(folder).startswith(f"unused_layers: {message}: {names}")


@pytest.mark.parametrize(
    "name",
    ["lm_head.weight", "quantizer.codevectors", "project_q.bias", "wav2vec2.masked_spec_embed"],
)
def test_what_other_tasks_left_behind_does_no_harm(folder: Path, name: str) -> None:
    expected = certified(folder).logits(second())
    tiny.write_tensors(folder, tiny.read_tensors(folder) | {name: torch.ones(32)})
    assert certified(folder).logits(second()).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "names", [{"0": "angry", "2": "happy", "5": "sad"}, {"1": "angry", "2": "happy", "3": "sad"}]
)
def test_labels_with_gaps_are_told_before_weights_are_loaded(
    folder: Path, names: dict[str, str]
) -> None:
    configure(id2label=names, label2id=None)(folder)
    blueprint = outlined(folder)
    judgement = judge_outline(**blueprint.facts)
    assert judgement.reason == "label_count_mismatch"


def test_more_labels_in_the_entry_than_outputs_are_told_before_weights_are_loaded(
    folder: Path,
) -> None:
    blueprint = outlined(folder, labels=("a", "b", "c", "d", "e"))
    judgement = judge_outline(**blueprint.facts)
    given = "`labels:` of candidates.yaml names 5: a, b, c, d, e"
    assert judgement.message == f"it has 3 outputs, but {given}"


def test_a_typing_error_in_a_config_does_not_take_hours(folder: Path) -> None:
    configure(num_hidden_layers=10**9)(folder)
    wanted = "1000000000, but should be a whole number from 0 to 500"
    assert rejection(folder) == f"bad_config: config.json: num_hidden_layers is {wanted}"


def test_of_one_file_and_stray_shards_the_one_file_counts(folder: Path) -> None:
    expected = certified(folder).logits(second())
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"")
    assert certified(folder).logits(second()).tolist() == expected.tolist()


def test_no_layer_may_be_left_out(folder: Path) -> None:
    tiny.edit_json(folder / "config.json", lambda config: config.update(num_hidden_layers=0))
    name = "wav2vec2.encoder.layers.0.attention.k_proj.bias"
    message = "the network leaves out layers that the checkpoint has, but should use them all"
    assert rejection(folder).startswith(f"unused_layers: {message}: {name}, ")


@pytest.mark.parametrize(
    ("architecture", "part", "code"),
    [
        ("hubert", "classifier.", "random_head"),
        ("hubert", "encoder.layer_norm", "incomplete_backbone"),
        ("wavlm", "classifier.", "random_head"),
        ("wavlm", "encoder.layer_norm", "incomplete_backbone"),
        ("ast", "classifier.", "random_head"),
        ("ast", "patch_embeddings", "incomplete_backbone"),
        ("whisper", "classifier.", "random_head"),
        ("whisper", "encoder.layers.0.fc1", "incomplete_backbone"),
    ],
)
def test_head_and_backbone_are_told_apart(
    tmp_path: Path, architecture: str, part: str, code: str
) -> None:
    folder = tiny.build(tmp_path, architecture)
    drop(part)(folder)
    assert rejection(folder).startswith(f"{code}: ")


def test_random_weights_depend_on_the_seed_and_others_do_not(folder: Path) -> None:
    def agreement() -> Outcome:
        first, other = (loaded(folder, seed=seed).logits(second()) for seed in (0, 1))
        return judge_agreement(first, other).outcome

    assert agreement() is Outcome.PASS
    drop("classifier.")(folder)
    assert agreement() is Outcome.FAIL


# ------------------------------------------------------------------ unreadable weights


class Payload:
    """What an attacker pickles: unpickled without care, it makes a directory."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 378300000\n"
SAFE_CORRUPT: dict[str, tuple[Make, str]] = {
    "truncated": (
        cut(SAFE, 50_000),
        f"{SAFE} ends after 45,720 of 135,372 bytes of its tensors",
    ),
    "empty": (
        overwrite(SAFE, ""),
        f"{SAFE} is empty",
    ),
    "garbage": (
        overwrite(SAFE, "<html>Not found</html>" * 9),
        f"{SAFE} is a web page, not the weights",
    ),
    "pointer": (overwrite(SAFE, POINTER), f"{SAFE} is a Git LFS pointer, not the weights"),
}
CUT = "ends without a table of contents, so a part of it is missing"
PICKLED_CORRUPT: dict[str, tuple[Make, str]] = {
    "beginning": (cut(PICKLED, 5_000), f"{PICKLED} {CUT}"),
    "without-end": (cut(PICKLED, -500), f"{PICKLED} {CUT}"),
    "empty": (overwrite(PICKLED, ""), f"{PICKLED} is empty"),
    "garbage": (overwrite(PICKLED, "<html>" * 99), f"{PICKLED} is a web page, not the weights"),
    "list": (lambda folder: torch.save([1], folder / PICKLED), f"{PICKLED}: TypeError: "),
    "pointer": (overwrite(PICKLED, POINTER), f"{PICKLED} is a Git LFS pointer, not the weights"),
}


@pytest.mark.parametrize(("make", "message"), SAFE_CORRUPT.values(), ids=SAFE_CORRUPT)
def test_safetensors_that_cannot_be_read(folder: Path, make: Make, message: str) -> None:
    make(folder)
    assert rejection(folder) == f"corrupt_weights: {message}"


@pytest.mark.parametrize(("make", "message"), PICKLED_CORRUPT.values(), ids=PICKLED_CORRUPT)
def test_pickles_that_cannot_be_read(pickled: Path, make: Make, message: str) -> None:
    make(pickled)
    assert rejection(pickled).startswith(f"corrupt_weights: {message}")


@pytest.mark.parametrize("length", range(4_990, 5_010))
def test_an_old_pickle_that_was_cut(folder: Path, length: int) -> None:
    pickle_as_of_old(folder, tiny.read_tensors(folder))
    cut(PICKLED, length)(folder)
    assert rejection(folder).startswith(f"corrupt_weights: {PICKLED}: ")


def test_a_shard_that_is_not_there(folder: Path) -> None:
    shard(folder, tiny.read_tensors(folder))
    (folder / "model-00002-of-00002.safetensors").unlink()
    name = "model-00002-of-00002.safetensors"
    message = f"model.safetensors.index.json lists {name}, which is missing"
    assert rejection(folder) == f"corrupt_weights: {message}"


@pytest.mark.parametrize(
    "save",
    [
        lambda folder, payload: torch.save({"payload": payload}, folder / PICKLED),
        lambda folder, payload: pickle_as_of_old(folder, {"payload": payload}),
        lambda folder, payload: (folder / PICKLED).write_bytes(pickle.dumps(payload, protocol=2)),
    ],
    ids=["zip", "before-torch-1.6", "bare"],
)
def test_the_payload_of_a_pickle_does_not_run(
    pickled: Path, tmp_path: Path, save: Callable[[Path, Payload], None]
) -> None:
    mark = tmp_path / "executed"
    save(pickled, Payload(mark))
    message = rejection(pickled)
    assert message.startswith("unsafe_pickle: ")
    assert f" {os.mkdir.__module__}.mkdir, but should hold only tensors" in message
    assert not mark.exists()


def test_a_pickle_of_harmless_objects_is_unsafe_all_the_same(pickled: Path) -> None:
    tensors = torch.load(pickled / PICKLED, weights_only=True)
    torch.save(tensors | {"args": Namespace(epochs=3)}, pickled / PICKLED)
    message = "its pickle refers to argparse.Namespace, but should hold only tensors"
    assert rejection(pickled) == f"unsafe_pickle: {message}"


@pytest.mark.parametrize("name", [None, "adapter_model.safetensors", "training_args.bin"])
def test_no_weights(folder: Path, name: str | None) -> None:
    (folder / SAFE).rename(folder / (name or ".hidden"))
    message = "no_weights: it has no weights in a known format; "
    assert rejection(folder).startswith(message)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        ("wav2vec2", "projector.weight"),
        (
            "wav2vec2-conformer",
            "wav2vec2_conformer.encoder.layers.0.conv_module.batch_norm.running_var",
        ),
    ],
    ids=["parameter", "buffer"],
)
def test_every_weight_is_finite(tmp_path: Path, architecture: str, name: str, value: float) -> None:
    folder = tiny.build(tmp_path, architecture)
    refill(name, lambda tensor: torch.full_like(tensor, value))(folder)
    message = f"non_finite_weights: {name} holds NaN or infinity, but all weights should be finite"
    assert rejection(folder) == message


def test_finite_weights_may_still_overflow(folder: Path) -> None:
    refill("projector.weight", lambda tensor: torch.full_like(tensor, 3e38))(folder)
    assert rejection(folder).startswith("non_finite_output: one second of noise gives logits [")


# ------------------------------------------------------------------ config.json

REMOTE = {"AutoConfig": "modeling.Config", "AutoModelForAudioClassification": "modeling.Model"}
BAD_CONFIGS: dict[str, tuple[Make, str]] = {
    "absent": (
        lambda folder: (folder / CONFIG).unlink(),
        f"no_config: it has no config.json; its files are {SAFE}, {PREPROCESSOR}",
    ),
    "broken": (overwrite(CONFIG, "{"), "bad_config: config.json cannot be read: Expecting "),
    "list": (overwrite(CONFIG, "[]"), "bad_config: config.json names no model_type"),
    "of-no-type": (configure(model_type=None), "bad_config: config.json names no model_type"),
    "of-unknown-type": (
        configure(model_type="fancy"),
        f"unsupported_library: transformers {transformers.__version__} has no model_type 'fancy', ",
    ),
    "of-wrong-type": (
        configure(hidden_size="large"),
        "bad_config: config.json: hidden_size is 'large', but should be a whole number",
    ),
    "contradictory": (
        configure(hidden_size=31),
        "bad_config: config.json: hidden_size is 31, but should be a multiple of num_attention_he",
    ),
    "impossible": (
        configure(num_attention_heads=0),
        "bad_config: config.json: num_attention_heads is 0, but should be a whole number from 1",
    ),
    "of-unknown-activation": (configure(hidden_act="magic"), "bad_config: KeyError: 'magic'"),
    "labels-in-a-text": (
        configure(id2label="angry, happy, sad"),
        "bad_config: config.json: id2label is 'angry, happy, sad', but should be an object with a",
    ),
    "labels-by-words": (
        configure(id2label={"first": "angry"}),
        "bad_config: config.json: id2label has 'angry' for 'first', but should have a name for",
    ),
    "text-model": (
        configure(model_type="bert", architectures=["BertForSequenceClassification"]),
        "wrong_task: transformers has no audio classifier for Bert models",
    ),
    "recogniser": (
        configure(architectures=["Wav2Vec2ForCTC"]),
        (
            "wrong_task: Wav2Vec2ForCTC is for speech recognition (CTC), "
            "but should be for audio classification"
        ),
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD_CONFIGS.values(), ids=BAD_CONFIGS)
def test_configs_of_no_audio_classifier(folder: Path, make: Make, message: str) -> None:
    make(folder)
    assert rejection(folder).startswith(message)


def test_code_of_the_repository_neither_runs_nor_asks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    configure(model_type="fancy", auto_map=REMOTE)(folder)
    (folder / "modeling.py").write_text("raise SystemExit('executed')\n")
    message = "its config asks for code of the repository (modeling.Config), which may not run"
    assert rejection(folder) == f"needs_remote_code: {message}"
    assert sys.stdin.read() == "yes\n"


def test_code_of_the_repository_does_not_run_where_the_stock_class_is_asked(folder: Path) -> None:
    expected = certified(folder).logits(second())
    configure(auto_map=REMOTE)(folder)
    (folder / "modeling.py").write_text("raise SystemExit('executed')\n")
    assert certified(folder, loader="transformers").logits(second()).tolist() == expected.tolist()


CODE = """
from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

class Config(Wav2Vec2Config):
    model_type = "fancy"

class Model(Wav2Vec2ForSequenceClassification):
    config_class = Config
"""


def test_code_of_the_repository_runs_where_it_may(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = tmp_path / "modules"
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(modules))
    monkeypatch.syspath_prepend(modules)
    expected = certified(folder).logits(second())
    configure(model_type="fancy", auto_map=REMOTE)(folder)
    (folder / "modeling.py").write_text(CODE)
    model = certified(folder, trust_remote_code=True)
    assert model.logits(second()).tolist() == expected.tolist()


# ------------------------------------------------------------------ labels

MISMATCHES: dict[str, tuple[dict[str, Any], str]] = {
    "gap": (
        {"0": "angry", "1": "sad", "3": "happy"},
        "3: angry, sad, happy; there is no name for output 2, but one for output 3",
    ),
    "from-one": (
        {"1": "angry", "2": "sad", "3": "happy"},
        "3: angry, sad, happy; there is no name for output 0, but one for output 3",
    ),
    "nameless": (
        {"0": "angry", "1": None, "2": "happy"},
        "2: angry, happy; there is no name for output 1",
    ),
}


@pytest.mark.parametrize(("names", "labels"), MISMATCHES.values(), ids=MISMATCHES)
def test_each_output_has_a_label(folder: Path, names: dict[str, Any], labels: str) -> None:
    configure(id2label=names, label2id=None)(folder)
    message = f"it has 3 outputs, but id2label of config.json names {labels}"
    assert rejection(folder) == f"label_count_mismatch: {message}"


def test_labels_given_by_the_user_are_as_many_as_outputs(folder: Path) -> None:
    message = (
        "it has 3 outputs, but `labels:` of candidates.yaml names 2: angry, sad; there is no name"
        " for output 2"
    )
    assert rejection(folder, labels=("angry", "sad")) == f"label_count_mismatch: {message}"
    assert certified(folder, labels=("a", "b", "c")).labels == ("a", "b", "c")


def test_labels_are_text(folder: Path) -> None:
    configure(id2label={"0": 0, "1": 1, "2": 2}, label2id=None)(folder)
    assert certified(folder).labels == ("0", "1", "2")


def test_the_problem_type_is_known(folder: Path) -> None:
    assert certified(folder).blueprint.problem_type is None
    configure(problem_type="regression")(folder)
    assert certified(folder).blueprint.problem_type == "regression"


# ------------------------------------------------------------------ feature extractors

UNUSABLE: dict[str, tuple[Make, str]] = {
    "absent": (
        lambda folder: (folder / PREPROCESSOR).unlink(),
        f"./tiny has no {PREPROCESSOR}",
    ),
    "broken": (overwrite(PREPROCESSOR, "{"), f"{PREPROCESSOR} cannot be used: JSONDecodeError: "),
    "list": (
        overwrite(PREPROCESSOR, "[1]"),
        f"{PREPROCESSOR} is [1], but should be an object with keys",
    ),
    "text": (
        overwrite(PREPROCESSOR, '"16000"'),
        f"{PREPROCESSOR} is '16000', but should be an object with keys",
    ),
    "empty": (
        overwrite(PREPROCESSOR, "{}"),
        f"{PREPROCESSOR} is empty: it names no feature extractor and no sampling_rate",
    ),
    "empty-in-a-processor": (
        lambda folder: [(folder / PREPROCESSOR).write_text("{}"), nest(folder)],  # type: ignore[func-returns-value]
        "processor_config.json is empty: it names no feature extractor and no sampling_rate",
    ),
    "rate-in-quotes": (
        preprocess(sampling_rate="16000"),
        f"{PREPROCESSOR}: sampling_rate is '16000', but should be a whole number without quotes",
    ),
    "tokenizer": (
        overwrite(PREPROCESSOR, '{"tokenizer_class": "Wav2Vec2CTCTokenizer"}'),
        f"{PREPROCESSOR} names no sampling_rate",
    ),
    "image-processor": (
        overwrite(PREPROCESSOR, '{"image_processor_type": "ViTImageProcessor", "size": 224}'),
        f"{PREPROCESSOR} names no sampling_rate",
    ),
    "rate-in-words": (
        preprocess(sampling_rate="16k"),
        f"{PREPROCESSOR}: sampling_rate is '16k', but should be a whole number without quotes",
    ),
    "of-unknown-type": (
        preprocess(feature_extractor_type="Wav2Vec2CTCTokenizer"),
        f"{PREPROCESSOR} cannot be used: ",
    ),
    "of-another-model": (
        overwrite(
            PREPROCESSOR,
            '{"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000}',
        ),
        "what the feature extractor prepares does not fit the model: TypeError: ",
    ),
}


@pytest.mark.parametrize(("make", "problem"), UNUSABLE.values(), ids=UNUSABLE)
def test_without_a_feature_extractor_no_question_can_be_asked(
    folder: Path, make: Make, problem: str
) -> None:
    make(folder)
    model = loaded(folder)
    assert model.sampling_rate is None
    assert model.blueprint.extractor_problem.startswith(problem)
    assert rejection(folder) == f"no_feature_extractor: {model.blueprint.extractor_problem}"


def test_a_spectrogram_of_another_size_does_not_fit(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path, "ast")
    preprocess(max_length=128)(folder)
    message = "what the feature extractor prepares does not fit the model: RuntimeError: "
    assert rejection(folder).startswith(f"no_feature_extractor: {message}")


def test_a_rate_that_does_not_fit_is_told_with_the_entry_that_gives_it(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path, "whisper")
    rate = SamplingRate(sampling_rate=8_000)
    problem = loaded(folder, feature_extractor=rate).blueprint.extractor_problem
    assert problem.startswith("what the feature extractor prepares does not fit the model: ")
    assert problem.endswith(" (candidates.yaml says feature_extractor: {sampling_rate: 8000})")


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_a_sampling_rate_is_enough_for_a_feature_extractor(
    tmp_path: Path, architecture: str
) -> None:
    folder = tiny.build(tmp_path, architecture)
    expected = certified(folder).logits(second())
    (folder / PREPROCESSOR).unlink()
    model = certified(folder, feature_extractor=RATE_ONLY)
    assert model.sampling_rate == 16_000
    np.testing.assert_allclose(model.logits(second()), expected, atol=1e-6)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_models_with_layer_norm_get_a_mask(tmp_path: Path, norm: str) -> None:
    folder = tiny.build(tmp_path, feat_extract_norm=norm)
    model = certified(folder, feature_extractor=RATE_ONLY)
    assert model.blueprint.material[2].return_attention_mask is (norm == "layer")


@pytest.mark.parametrize("typed", [True, False])
def test_the_feature_extractor_of_another_repository(
    folder: Path, tmp_path: Path, typed: bool
) -> None:
    expected = certified(folder).logits(second())
    other = tmp_path / "other"
    other.mkdir()
    (folder / PREPROCESSOR).rename(other / PREPROCESSOR)
    if not typed:
        tiny.edit_json(other / PREPROCESSOR, lambda old: old.pop("feature_extractor_type"))
    model = certified(folder, extractor=other, feature_extractor="org/other")
    assert model.logits(second()).tolist() == expected.tolist()


def test_another_repository_without_a_feature_extractor_is_named(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    model = loaded(folder, extractor=tmp_path / "other", feature_extractor="org/other")
    assert model.blueprint.extractor_problem == f"org/other has no {PREPROCESSOR}"


def test_another_sampling_rate_is_honoured(tmp_path: Path) -> None:
    model = certified(tiny.build(tmp_path, sampling_rate=48_000))
    assert model.sampling_rate == 48_000
    assert model.logits(second(48_000)).shape == (3,)


# ------------------------------------------------------------------ clips


@pytest.mark.parametrize("architecture", WAVEFORM)
def test_the_receptive_field_is_the_shortest_clip_with_an_answer(
    tmp_path: Path, architecture: str
) -> None:
    model = certified(tiny.build(tmp_path, architecture))
    assert model.receptive_field == 400
    assert np.isfinite(model.logits(second()[:400])).all()
    with pytest.raises(RuntimeError, match="Kernel size can't be greater"):
        model.logits(second()[:399])


@pytest.mark.parametrize("architecture", SPECTROGRAM)
def test_the_receptive_field_of_a_spectrogram_is_one_window(
    tmp_path: Path, architecture: str
) -> None:
    model = certified(tiny.build(tmp_path, architecture))
    assert model.receptive_field == 400
    assert np.isfinite(model.logits(second()[:400])).all()


def test_other_strides_make_another_receptive_field(tmp_path: Path) -> None:
    kernels: dict[str, Any] = {"conv_dim": (32, 32), "conv_kernel": (20, 4), "conv_stride": (10, 2)}
    model = certified(tiny.build(tmp_path, num_feat_extract_layers=2, **kernels))
    assert model.receptive_field == 20 + 3 * 10
    assert np.isfinite(model.logits(second()[:50])).all()


def test_an_answer_does_not_depend_on_what_was_asked_before(folder: Path) -> None:
    model = certified(folder)
    first = model.noise_logits()
    model.logits(second()[:8_000])
    assert model.noise_logits().tolist() == first.tolist() == model.logits(second()).tolist()


def test_a_device_that_was_asked_for_is_used() -> None:
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize("wish", ["gpu", "cuda:", "mps"])
def test_a_device_that_is_not_there_is_refused(wish: str) -> None:
    if wish == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    if wish == "cuda:" and torch.cuda.is_available():
        pytest.skip("this machine has it")
    with pytest.raises(ConfigurationError, match=rf"^--device is {wish}, but this machine has cpu"):
        choose_device(wish)


def test_without_a_wish_there_is_always_a_device() -> None:
    best = choose_device("auto")
    assert torch.zeros(1, device=best).device.type == best
