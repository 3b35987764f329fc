"""A configuration of a few bytes fills no memory, and says which of its keys is wrong."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.reading import Candidate
from sertify.gates.loadability import judge_feature_extractor, require, require_memory
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.blueprints import Blueprint
from sertify.models.loading import outline
from sertify.models.processes.quota import Quota
from sertify.models.workshop import Workshop
from sertify.pipeline.loading import Loading
from sertify.pipeline.telling import silently
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.machine import free_memory
from tests.meta import tiny

CONFIG, EXTRACTOR = "config.json", "preprocessor_config.json"
MANY = {str(index): f"l{index}" for index in range(10_001)}
SEVEN = "a list of 1 to 100 whole numbers from 1 to 65,536"

# By family: what stands in a file, and what the rejection says after the file's name.
Row = tuple[str, str, str, Any, str]
ROWS: tuple[Row, ...] = (
    ("wav2vec2", CONFIG, "num_labels", 10**8, "100000000, but should be a whole number from 1"),
    ("whisper", CONFIG, "num_labels", -1, "-1, but should be a whole number from 1 to 10,000"),
    ("ast", CONFIG, "num_mel_bins", 10**6, "1000000, but should be a whole number from 1 to 1,024"),
    ("whisper", CONFIG, "num_mel_bins", 10**6, "1000000, but should be a whole number"),
    ("ast", CONFIG, "max_length", 10**9, "1000000000, but should be a whole number"),
    ("ast", CONFIG, "patch_size", 10**5, "100000, but should be a whole number from 1 to 1,024"),
    ("ast", CONFIG, "hidden_size", 10**5, "100000, but should be a whole number from 1 to 65,536"),
    ("wav2vec2", CONFIG, "hidden_size", "32", "'32', but should be a whole number"),
    ("wav2vec2", CONFIG, "hidden_size", True, "True, but should be a whole number"),
    ("wav2vec2", CONFIG, "hidden_size", 2.5, "2.5, but should be a whole number"),
    ("wav2vec2", CONFIG, "hidden_size", [[[[]]]], "[[[[]]]], but should be a whole number"),
    ("wav2vec2", CONFIG, "hidden_size", 33, "33, but should be a multiple of num_attention_heads"),
    ("whisper", CONFIG, "d_model", 33, "33, but should be a multiple of encoder_attention_heads"),
    ("whisper", CONFIG, "max_source_positions", 10**9, "1000000000, but should be"),
    ("whisper", CONFIG, "encoder_layers", 501, "501, but should be a whole number from 0 to 500"),
    ("wav2vec2", CONFIG, "num_attention_heads", 0, "0, but should be a whole number from 1"),
    ("wav2vec2", CONFIG, "num_conv_pos_embeddings", 10**9, "1000000000, but should be"),
    ("wav2vec2", CONFIG, "classifier_proj_size", 10**9, "1000000000, but should be"),
    ("wav2vec2", CONFIG, "intermediate_size", 10**9, "1000000000, but should be"),
    ("wav2vec2", CONFIG, "conv_dim", [32] * 6 + ["32"], f"'32'], but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "conv_dim", [10**8] * 7, f"{[10**8] * 7}, but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "conv_kernel", 10, f"10, but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "conv_kernel", {"0": 1}, f"{{'0': 1}}, but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "conv_stride", [], f"[], but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "conv_stride", [0] * 7, f"{[0] * 7}, but should be {SEVEN}"),
    ("wav2vec2", CONFIG, "id2label", MANY, "has 10,001 entries, but should have at most 10,000"),
    ("wav2vec2", CONFIG, "label2id", MANY, "has 10,001 entries, but should have at most 10,000"),
    ("wav2vec2", CONFIG, "id2label", {"0": "x" * 10**6}, "has a label of 1,000,000 characters"),
    ("wav2vec2", CONFIG, "id2label", {"0": {}}, "has {} as a label"),
    ("wav2vec2", CONFIG, "id2label", "ab", "'ab', but should be"),
    ("wav2vec2", CONFIG, "architectures", "x", "'x', but should be a list of names of classes"),
    ("wav2vec2", CONFIG, "architectures", [10**9], "[1000000000], but should be a list of names"),
    ("wav2vec2", CONFIG, "problem_type", {}, "{}, but should be text"),
    ("wav2vec2", CONFIG, "problem_type", "x" * 10**6, "but should be text of at most 200"),
    ("wav2vec2", CONFIG, "hidden_act", ["gelu"], "['gelu'], but should be text"),
    ("wav2vec2", CONFIG, "auto_map", [1], "[1], but should be an object with keys"),
    ("wav2vec2", CONFIG, "quantization_config", 3, "3, but should be an object with keys"),
    ("wav2vec2", CONFIG, "hidden_dropout", 5, "5, but should be a number from 0 to 1"),
    ("wav2vec2", CONFIG, "layerdrop", float("nan"), "nan, but should be a number from 0 to 1"),
    ("wav2vec2", CONFIG, "mask_time_prob", "x", "'x', but should be a number from 0 to 1"),
    ("ast", EXTRACTOR, "num_mel_bins", 10**6, "1000000, but should be a whole number"),
    ("ast", EXTRACTOR, "max_length", 10**9, "1000000000, but should be a whole number"),
    ("whisper", EXTRACTOR, "feature_size", 10**6, "1000000, but should be a whole number"),
    ("whisper", EXTRACTOR, "chunk_length", 10**5, "100000, but should be a whole number from"),
    ("whisper", EXTRACTOR, "n_fft", 10**9, "1000000000, but should be a whole number"),
    ("whisper", EXTRACTOR, "hop_length", [], "[], but should be a whole number"),
)  # fmt: skip


def outlined(folder: Path) -> Blueprint:
    snapshot = take_snapshot(Candidate(name="tiny", model="./tiny", folder=folder))
    return outline(snapshot, read_index(snapshot))


def rejection(folder: Path) -> Rejected:
    try:
        blueprint = outlined(folder)
        require(judge_feature_extractor(blueprint.sampling_rate, blueprint.extractor_problem))
    except Rejected as found:
        return found
    raise AssertionError("it is accepted")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a sound checkpoint of a family; what is written beside its weights does not last."""
    root = tmp_path_factory.mktemp("families")

    def folder(family: str) -> Path:
        return root / family if (root / family).exists() else tiny.build(root / family, family)

    return folder


@pytest.fixture
def edited(
    sound: Callable[[str], Path], tmp_path: Path
) -> Callable[[str, str, Mapping[str, Any]], Path]:
    """Return a checkpoint of a family with other values in a file."""

    def folder(family: str, file: str, values: Mapping[str, Any]) -> Path:
        for path in sound(family).iterdir():
            (tmp_path / path.name).symlink_to(path)
        content = json.loads((tmp_path / file).read_text()) | values
        (tmp_path / file).unlink()
        (tmp_path / file).write_text(json.dumps(content))
        return tmp_path

    return folder


@pytest.mark.parametrize("family", ["wav2vec2", "ast", "whisper", "hubert", "wavlm"])
def test_what_models_have_is_accepted(sound: Callable[[str], Path], family: str) -> None:
    blueprint = outlined(sound(family))
    assert not blueprint.extractor_problem
    assert blueprint.weights is not None
    assert blueprint.memory >= 4 * blueprint.weights.parameters > 0


@pytest.mark.parametrize(("family", "file", "key", "value", "said"), ROWS)
def test_a_value_that_cannot_be_meant_is_named(
    edited: Callable[..., Path], family: str, file: str, key: str, value: Any, said: str
) -> None:
    found = rejection(edited(family, file, {key: value}))
    code = "bad_config" if file == CONFIG else "no_feature_extractor"
    assert (found.reason.code, said in found.message) == (code, True), found
    assert found.message.startswith(f"{file}: {key} ")
    assert len(found.message) < 400


def test_lists_of_the_convolutions_are_equally_long(edited: Callable[..., Path]) -> None:
    said = "lists that should be equally long have these lengths"
    found = rejection(edited("wav2vec2", CONFIG, {"conv_stride": [5, 2, 2]}))
    told = "conv_dim 7, conv_kernel 7, conv_stride 3"
    assert str(found) == f"bad_config: config.json: {said}: {told}"


HUGE = {"hidden_size": 16384, "num_hidden_layers": 48, "intermediate_size": 65536}


def test_of_a_network_that_no_memory_holds_nothing_is_built(edited: Callable[..., Path]) -> None:
    blueprint = outlined(edited("wav2vec2", CONFIG, HUGE))
    assert blueprint.memory > 10**11
    assert blueprint.weights is not None
    assert blueprint.weights.mismatched


def test_weights_that_no_memory_holds_are_not_downloaded(edited: Callable[..., Path]) -> None:
    blueprint = outlined(edited("wav2vec2", CONFIG, HUGE))
    shop = Workshop(blueprint.snapshot, {}, Quota(memory=10**9), Path("crash.txt"))
    with pytest.raises(Blocked, match=r"^out_of_memory: its weights need [\d.]+ GB of memory, "):
        # Whatever the download would take is not there: it comes first.
        Loading(blueprint, None, shop, silently).fetch()  # type: ignore[arg-type]


def test_what_is_needed_is_compared_with_what_is_free() -> None:
    with pytest.raises(Blocked) as caught:
        require_memory(9_800_000_000, 6_000_000_000)
    assert caught.value.message == "its weights need 9.8 GB of memory, but 6 GB are free"
    require_memory(6_000_000_000, 6_000_000_000)
    require_memory(0, free_memory())
