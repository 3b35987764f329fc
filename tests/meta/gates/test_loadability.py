"""What is wrong with a repository or a model: each check accepts a case and rejects another."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertify.candidates.reading import Candidate
from sertify.gates import loadability
from sertify.gates.labels import (
    judge_dimensions,
    judge_distinct_labels,
    judge_emotions,
    judge_label_count,
    judge_named_labels,
)
from sertify.gates.weights import (
    Mismatch,
    WeightReport,
    judge_finite_weights,
    judge_index,
    judge_promise,
    judge_weights,
)
from sertify.hub import configs
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.loading import load, outline
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from tests.meta import tiny

CLASSES = ("angry", "happy", "sad")


def accepted(judgement: Judgement) -> dict[str, float]:
    """Return what a check measured that accepts."""
    assert judgement.outcome is Outcome.PASS
    assert judgement.reason is None
    assert judgement.message == ""
    return {one.name: one.value for one in judgement.measurements}


def rejected(judgement: Judgement) -> str:
    """Return why a check rejects."""
    assert judgement.outcome is Outcome.FAIL
    with pytest.raises(Rejected) as caught:
        loadability.require(judgement)
    assert caught.value.reason.fault
    return str(caught.value)


def logits(*values: float) -> Any:
    return np.array(values, dtype=np.float32)


def snapshot(folder: Path, files: dict[str, str]) -> Snapshot:
    for name, content in files.items():
        (folder / name).write_text(content)
    candidate = Candidate(name="model", model="org/model")
    sizes = {name: len(files[name]) for name in files}
    return Snapshot("org/model", "8f2b1c", folder, sizes, candidate=candidate)


def weights(**report: Sequence[Any]) -> WeightReport:
    names: dict[str, Any] = {name: tuple(report[name]) for name in report}
    return WeightReport("hubert", 94_000, 7, **names)


def test_require_lets_an_accepted_model_pass() -> None:
    loadability.require(Judgement(Outcome.PASS, (Measurement("labels", 4, "labels"),)))


# ------------------------------------------------------------------ the repository


def test_a_repository_at_a_commit_is_measured(tmp_path: Path) -> None:
    files = {"config.json": "{}", "model.safetensors": "x" * 500_000}
    measured = accepted(loadability.judge_snapshot(**snapshot(tmp_path, files).facts))
    assert measured == {"files": 2, "size_on_disk": 0.5}


def test_a_config_names_its_model_type(tmp_path: Path) -> None:
    sound = snapshot(tmp_path, {"config.json": '{"model_type": "hubert"}'})
    assert accepted(configs.judge_config(sound)) == {"config_keys": 1}


NO_CONFIGS: dict[str, tuple[dict[str, str], str]] = {
    "empty": ({}, "no_config: it has no config.json; it has no files"),
    "other-format": (
        {"am.mvn": "", "README.md": ""},
        "unsupported_library: it is in FunASR's format (am.mvn), without a config.json",
    ),
    "many-files": (
        {f"{number}.bin": "" for number in range(8)},
        (
            "no_config: it has no config.json;"
            " its files are 0.bin, 1.bin, 2.bin, 3.bin, 4.bin, 5.bin and 2 more"
        ),
    ),
    "broken": (
        {"config.json": '{"model_type": '},
        "bad_config: config.json cannot be read: Expecting value: line 1 column 16 (char 15)",
    ),
    "list": ({"config.json": "[]"}, "bad_config: config.json names no model_type"),
    "untyped": ({"config.json": "{}"}, "bad_config: config.json names no model_type"),
    "of-another-library": (
        {"config.json": '{"speechbrain_interface": "A"}', "hyperparams.yaml": ""},
        (
            "unsupported_library: it is in SpeechBrain's format (hyperparams.yaml), "
            "and its config.json names no model_type"
        ),
    ),
    "nested-deeply": (
        {"config.json": "[" * 100_000},
        (
            "bad_config: config.json cannot be read: maximum recursion depth exceeded while "
            "decoding a JSON array from a unicode string"
        ),
    ),
    "of-odd-type": (
        {"config.json": '{"model_type": 7}'},
        "bad_config: config.json names no model_type",
    ),
}


@pytest.mark.parametrize(("files", "message"), NO_CONFIGS.values(), ids=NO_CONFIGS)
def test_no_config(tmp_path: Path, files: dict[str, str], message: str) -> None:
    assert rejected(configs.judge_config(snapshot(tmp_path, files))) == message


def test_a_config_that_is_not_text(tmp_path: Path) -> None:
    broken = snapshot(tmp_path, {"config.json": ""})
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00")
    message = rejected(configs.judge_config(broken))
    assert message.startswith("bad_config: config.json cannot be read: 'utf-8' codec can't decode")


def test_a_config_that_was_listed_but_is_gone(tmp_path: Path) -> None:
    broken = snapshot(tmp_path, {"config.json": ""})
    (tmp_path / "config.json").unlink()
    message = rejected(configs.judge_config(broken))
    assert message.startswith("bad_config: config.json cannot be read: [Errno 2] No such file")


def test_batches_are_reported_as_they_are_made() -> None:
    proven = loadability.judge_batching("masked", 2e-7)
    assert accepted(proven) == {"batch_deviation": 2e-7}
    assert proven.details == {"batching": "masked"}
    moved = loadability.judge_batching("single", 0.3)
    assert accepted(moved) == {"batch_deviation": 0.3}
    assert moved.details["remark"] == (
        "a batch moves its logits by 0.3 of their range, so it was asked about one clip at a time"
    )
    alone = loadability.judge_batching("single", float("inf"))
    assert accepted(alone) == {"largest_batch": 1}
    assert "one clip at a time" in alone.details["remark"]
    stateful = loadability.judge_batching("equal", 0.0, concurrent=False)
    assert (
        stateful.details["remark"]
        == "it keeps something from each clip, so a single thread asks it"
    )


def test_a_loaded_model_is_measured() -> None:
    assert accepted(loadability.judge_loading(1.5)) == {"load_time": 1.5}


# ------------------------------------------------------------------ the task


@pytest.mark.parametrize(
    "architectures",
    [
        ["HubertForSequenceClassification"],
        ["ASTForAudioClassification"],
        ["Wav2Vec2ForSpeechClassification"],
        ["WhisperForAudioClassification"],
        ["EmotionModel"],
        [],
        None,
        "HubertForSequenceClassification",
    ],
    ids=str,
)
def test_tasks_that_may_be_audio_classification(architectures: Any) -> None:
    config = {"architectures": architectures, "model_type": "wav2vec2"}
    judgement = loadability.judge_task(config)
    assert accepted(judgement) == {"other_tasks": 0}


OTHER_TASKS = {
    "Wav2Vec2ForCTC": "speech recognition (CTC)",
    "HubertForPreTraining": "pre-training",
    "Wav2Vec2ForMaskedLM": "pre-training",
    "WhisperForConditionalGeneration": "sequence to sequence",
    "SpeechEncoderDecoderForSpeechSeq2Seq": "sequence to sequence",
    "WavLMForXVector": "speaker verification",
    "Wav2Vec2ForAudioFrameClassification": "frame classification",
    "Qwen2ForCausalLM": "text generation",
    "HubertModel": "embedding, as it has no head",
    "Wav2Vec2BertModel": "embedding, as it has no head",
    "ASTModel": "embedding, as it has no head",
}
MODEL_TYPES = {"HubertModel": "hubert", "Wav2Vec2BertModel": "wav2vec2-bert"}


@pytest.mark.parametrize(("architecture", "task"), OTHER_TASKS.items(), ids=OTHER_TASKS)
def test_other_tasks(architecture: str, task: str) -> None:
    config = {"architectures": [architecture], "model_type": MODEL_TYPES.get(architecture)}
    judgement = loadability.judge_task(config)
    message = f"{architecture} is for {task}, but should be for audio classification"
    assert rejected(judgement) == f"wrong_task: {message}"
    assert judgement.details == {"architecture": architecture}


# ------------------------------------------------------------------ the weights


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"missing": ["hubert.masked_spec_embed"]},
        {"unexpected": ["quantizer.codevectors", "lm_head.bias"]},
    ],
    ids=str,
)
def test_weights_that_all_come_from_the_checkpoint(report: dict[str, list[str]]) -> None:
    measured = accepted(judge_weights(weights(**report)))
    assert measured == {
        "random_weights": 0,
        "mismatched_weights": 0,
        "unused_weights": 0,
        "parameters": 94_000,
    }


RANDOM: dict[str, tuple[dict[str, list[str]], str]] = {
    "head": (
        {"missing": ["projector.weight", "classifier.weight", "hubert.masked_spec_embed"]},
        (
            "random_head: 2 weights are random, but all should come from the checkpoint; "
            "its head lacks classifier.weight, projector.weight"
        ),
    ),
    "head-first": (
        {"missing": ["hubert.encoder.weight", "projector.weight"], "unexpected": ["dense.weight"]},
        (
            "random_head: 2 weights are random, but all should come from the checkpoint; "
            "its head lacks projector.weight, hubert.encoder.weight and has dense.weight instead"
        ),
    ),
    "backbone": (
        {"missing": ["hubert.encoder.weight"]},
        (
            "incomplete_backbone: 1 weights are random, but all should come from the checkpoint; "
            "its backbone lacks hubert.encoder.weight"
        ),
    ),
    "whose-name-only-begins-like-the-backbone": (
        {"missing": ["hubert_pooling.weight"]},
        (
            "random_head: 1 weights are random, but all should come from the checkpoint; "
            "its head lacks hubert_pooling.weight"
        ),
    ),
}


@pytest.mark.parametrize(("report", "message"), RANDOM.values(), ids=RANDOM)
def test_weights_that_are_random(report: dict[str, list[str]], message: str) -> None:
    judgement = judge_weights(weights(**report))
    assert rejected(judgement) == message
    assert {name: names for name, names in judgement.details.items() if names} == report
    json.dumps(judgement.details)


HEAD = Mismatch("classifier.weight", (8, 256), (7, 256))
BIAS = Mismatch("classifier.bias", (6,), (7,))
WIDER = Mismatch("classifier.weight", (7, 1024), (7, 256))
INNER = Mismatch("classifier.dense.weight", (16, 32), (32, 32))
LAYER = Mismatch("hubert.encoder.weight", (3,), (4,))
OTHER_SHAPES: dict[str, tuple[list[Mismatch], str]] = {
    "head-of-other-labels": ([HEAD], "label_count_mismatch"),
    "head-of-another-width": ([WIDER], "incompatible_shapes"),
    "layer-of-the-head": ([INNER], "incompatible_shapes"),
    "backbone": ([LAYER], "incompatible_shapes"),
    "both": ([HEAD, LAYER], "incompatible_shapes"),
    "head-of-two-minds": ([HEAD, BIAS], "incompatible_shapes"),
}


@pytest.mark.parametrize(("shapes", "code"), OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_weights_of_other_shapes(shapes: list[Mismatch], code: str) -> None:
    judgement = judge_weights(weights(mismatched=shapes, unexpected=["lm_head.bias"]))
    message = rejected(judgement)
    assert message.startswith(f"{code}: the checkpoint has {shapes[0].name} [")
    assert str(shapes[-1]) in message
    assert judgement.details["mismatched"] == [str(one) for one in shapes]


def test_what_is_missing_is_worse_than_what_has_another_shape() -> None:
    both = weights(missing=["projector.bias"], mismatched=[LAYER])
    assert rejected(judge_weights(both)).startswith("random_head: 1 weights")


def test_whole_numbers_are_no_weights() -> None:
    rounded = weights(rounded=["projector.weight"])
    message = (
        "the checkpoint holds projector.weight as whole numbers, but should hold real numbers:"
        " without their scales, these are no weights"
    )
    assert rejected(judge_weights(rounded)) == f"quantized_weights: {message}"


# ------------------------------------------------------------------ before they are loaded


def test_an_index_of_tensors() -> None:
    index = TensorIndex({"a": Tensor((2, 3), "F32")}, others=("epoch",))
    judgement = judge_index(**index.facts)
    assert accepted(judgement) == {"tensors": 1, "suspicious_globals": 0}
    assert judgement.details == {}


def test_a_pickle_that_names_more_than_tensors() -> None:
    index = TensorIndex({"a": Tensor((2, 3), "F32")}, unsafe=("os.system",))
    message = "unsafe_pickle: its pickle refers to os.system, but should hold only tensors"
    assert rejected(judge_index(**index.facts)) == message


def test_what_only_loading_can_tell_is_said_to_be_so() -> None:
    index = TensorIndex({}, problem="model.bin was saved before torch 1.6")
    for judgement in (judge_index(**index.facts), judge_promise(None, index.problem)):
        accepted(judgement)
        assert judgement.details == {"not_inspectable": index.problem}


def test_weights_are_judged_before_they_are_loaded() -> None:
    assert accepted(judge_promise(weights(), ""))["random_weights"] == 0
    lacking = weights(missing=["projector.bias"])
    assert rejected(judge_promise(lacking, "")).startswith("random_head: ")


LABELS = ("sad", "happy")


@pytest.mark.parametrize(
    ("labels", "outputs", "message"),
    [
        (("sad", None), 2, "it has 2 outputs, but 1 label: sad; there is no name for output 1"),
        (
            LABELS,
            3,
            "it has 3 outputs, but 2 labels: sad, happy; there is no name for output 2",
        ),
        (LABELS, 1, "it has 1 output, but 2 labels: sad, happy"),
        (
            ("sad", None, "happy"),
            2,
            (
                "it has 2 outputs, but 2 labels: sad, happy; there is no name for output 1, but one"
                " for output 2"
            ),
        ),
        ((None,), None, "0 labels: none; there is no name for output 0"),
    ],
)
def test_labels_that_do_not_fit_the_outputs(
    labels: tuple[str | None, ...], outputs: int | None, message: str
) -> None:
    judgement = loadability.judge_outline("transformers", "A", labels, outputs)
    assert rejected(judgement) == f"label_count_mismatch: {message}"


def test_where_the_labels_stand_is_said() -> None:
    source = "`labels:` of candidates.yaml"
    judgement = loadability.judge_outline("transformers", "A", LABELS, 1, labels_from=source)
    message = "it has 1 output, but `labels:` of candidates.yaml names 2: sad, happy"
    assert rejected(judgement) == f"label_count_mismatch: {message}"


def test_a_network_that_can_be_built() -> None:
    judgement = loadability.judge_outline("pooled-head", "PooledHead", LABELS, 2, "Its head ...")
    assert accepted(judgement) == {"labels": 2}
    assert judgement.details == {
        "loader": "pooled-head",
        "architecture": "PooledHead",
        "outputs": ["sad", "happy"],
        "remark": "Its head ...",
    }


# ------------------------------------------------------------------ what is in them


def test_finite_weights() -> None:
    measured = accepted(judge_finite_weights(weights()))
    assert measured == {"non_finite_weights": 0}


def test_weights_with_nan_or_infinity() -> None:
    judgement = judge_finite_weights(weights(non_finite=["a.weight", "b.bias"]))
    message = "a.weight, b.bias holds NaN or infinity, but all weights should be finite"
    assert rejected(judgement) == f"non_finite_weights: {message}"


# ------------------------------------------------------------------ input and output


def test_a_feature_extractor_is_known_by_its_rate() -> None:
    measured = accepted(loadability.judge_feature_extractor(16_000, ""))
    assert measured == {"sampling_rate": 16_000}


@pytest.mark.parametrize("rate", [0, -1, 7_999, 48_001, 10**9])
def test_a_rate_that_speech_is_not_recorded_at(rate: int) -> None:
    message = f"its feature extractor expects {rate} Hz, but should expect 8000 to 48000 Hz"
    judgement = loadability.judge_feature_extractor(rate, "")
    assert rejected(judgement) == f"unsupported_sampling_rate: {message}"


def test_no_feature_extractor() -> None:
    judgement = loadability.judge_feature_extractor(
        None, "org/model has no preprocessor_config.json"
    )
    message = "no_feature_extractor: org/model has no preprocessor_config.json"
    assert rejected(judgement) == message


def test_a_finite_logit_for_each_label() -> None:
    judgement = loadability.judge_logits(logits(0.5, -2, 3), CLASSES)
    assert accepted(judgement) == {"outputs": 3}
    assert judgement.details == {"logits_of_noise": [0.5, -2, 3]}


@pytest.mark.parametrize(
    ("answer", "labels", "named"),
    [
        (
            logits(1, 2),
            CLASSES,
            "it gave 2 outputs, but should give one for each label: angry, happy, sad",
        ),
        (logits(1, 2), (), "it gave 2 outputs, but should give one for each label: none"),
        (
            logits(1, 2),
            ("a", None),
            "it gave 2 outputs, but should give one for each label: a, None",
        ),
        (
            np.zeros((3, 1), np.float32),
            CLASSES,
            "it gave logits of shape [3, 1], but should give one for each label: angry, happy, sad",
        ),
        (
            logits(np.nan),
            CLASSES,
            "it gave 1 output, but should give one for each label: angry, happy, sad",
        ),
    ],
    ids=["fewer", "no-labels", "gap", "matrix", "nan"],
)
def test_logits_that_do_not_match_the_labels(
    answer: Any, labels: Sequence[str | None], named: str
) -> None:
    assert rejected(loadability.judge_logits(answer, labels)) == f"label_count_mismatch: {named}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
def test_logits_that_are_not_finite(value: float) -> None:
    message = f"one second of noise gives logits [1.0, {value}, 2.0], but all should be finite"
    judgement = loadability.judge_logits(logits(1, value, 2), CLASSES)
    assert rejected(judgement) == f"non_finite_output: {message}"


# ------------------------------------------------------------------ two loads


@pytest.mark.parametrize(
    "other",
    [logits(1, -2, 3), logits(1, -2, 3.0005)],
    ids=["equal", "rounded"],
)
def test_answers_that_agree(other: Any) -> None:
    measured = accepted(loadability.judge_agreement(logits(1, -2, 3), other))
    assert measured["reload_difference"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (logits(1, -2, 3.001), "0.001"),
        (logits(1, -2, 4.5), "1.5"),
        (logits(1, -2), "inf"),
        (logits(1, -2, np.nan), "nan"),
        (logits(1, -2, np.inf), "inf"),
    ],
    ids=["just", "clearly", "shape", "nan", "inf"],
)
def test_answers_that_differ(other: Any, difference: str) -> None:
    judgement = loadability.judge_agreement(logits(1, -2, 3), other)
    message = f"logits differ by {difference} between two loads, but should be the same"
    assert rejected(judgement) == f"non_deterministic: {message}"


def test_a_model_that_lacks_a_weight_differs_between_two_loads(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path)
    tensors = tiny.read_tensors(folder)
    del tensors["projector.weight"]
    tiny.write_tensors(folder, tensors)
    candidate = Candidate(name="model", model="./model", folder=folder)
    snapshot = take_snapshot(candidate)
    blueprint = outline(snapshot, read_index(snapshot))
    first, second = (load(blueprint, threads=1, seed=seed).noise_logits() for seed in (0, 1))
    judgement = loadability.judge_agreement(first, second)
    assert rejected(judgement).startswith("non_deterministic: logits differ by 0.0")


# ------------------------------------------------------------------ the labels


def test_labels_with_names() -> None:
    assert accepted(judge_named_labels(CLASSES)) == {"unnamed_labels": 0}


@pytest.mark.parametrize(
    ("labels", "shown"),
    [(["LABEL_0", "LABEL_1"], "LABEL_0, LABEL_1"), (["angry", "LABEL_1"], "angry, LABEL_1")],
    ids=str,
)
def test_labels_without_names(labels: list[str], shown: str) -> None:
    message = f"no_labels: the labels are {shown}, but should be names"
    assert rejected(judge_named_labels(labels)) == message


def test_no_labels_at_all() -> None:
    message = "no_labels: the labels are none, but should be names"
    assert rejected(judge_named_labels([])) == message


def test_distinct_labels() -> None:
    assert accepted(judge_distinct_labels(CLASSES)) == {"duplicate_labels": 0}


@pytest.mark.parametrize("labels", [["sad", "angry", "sad"], ["sad", "Sad "]], ids=str)
def test_labels_that_are_the_same(labels: list[str]) -> None:
    message = "duplicate_labels: more than one output is called sad, but labels should be distinct"
    assert rejected(judge_distinct_labels(labels)) == message


@pytest.mark.parametrize("problem", [None, "single_label_classification"])
def test_emotion_classes(problem: str | None) -> None:
    assert accepted(judge_dimensions(CLASSES, problem)) == {"dimensional_labels": 0}


@pytest.mark.parametrize(
    ("labels", "problem", "shown"),
    [
        (["arousal", "valence"], None, "arousal, valence"),
        (["arousal", "angry"], "regression", "arousal, angry (problem_type regression)"),
        (["angry", "sad"], "regression", "angry, sad (problem_type regression)"),
    ],
    ids=str,
)
def test_dimensions(labels: list[str], problem: str | None, shown: str) -> None:
    message = f"dimensional: the labels are {shown}, but should be emotions"
    assert rejected(judge_dimensions(labels, problem)) == message


def test_labels_that_name_emotions() -> None:
    candidate = Candidate(name="m", model="org/m", emotions={"hyped": "excitement"})
    measured = accepted(judge_emotions(["angry", "hyped", "LABEL_2"], candidate))
    assert measured == {"unknown_labels": 0}


@pytest.mark.parametrize(
    ("labels", "near"), [(("angry", "sad"), "; known are angry, sad."),
                         (("angry", "happy"), "; did you mean 'happy'?")],
)  # fmt: skip
def test_a_label_that_is_none_is_told(labels: tuple[str, ...], near: str) -> None:
    candidate = Candidate(name="m", model="org/m", emotions={"hapy": "happiness", "ANGRY": "anger"})
    judgement = judge_emotions(labels, candidate)
    assert judgement.outcome is Outcome.PASS
    said = f"`emotions:` has hapy, but no label is called that{near}"
    assert judgement.details == {"remark": said}


def test_labels_that_name_none() -> None:
    candidate = Candidate(name="m", model="org/m")
    judgement = judge_emotions(["angry", "hyped", "dog bark"], candidate)
    message = "labels hyped, dog bark are not known as an emotion, but each label should be"
    assert rejected(judgement) == f"unknown_labels: {message}"


def test_enough_labels() -> None:
    judgement = judge_label_count(CLASSES, 3)
    assert accepted(judgement) == {"labels": 3}
    assert judgement.details == {"labels": list(CLASSES)}


def test_too_few_labels() -> None:
    judgement = judge_label_count([*CLASSES, "sad"], 4)
    assert rejected(judgement) == "too_few_labels: labels=3, but should be at least 4"
