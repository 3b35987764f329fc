"""emotion2vec+, rebuilt: against FunASR's own, and what is wrong with a repository told."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import close_session
from numpy.typing import NDArray

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.gates.labels import judge_emotions, judge_label_count, judge_named_labels
from sertify.gates.loadability import require
from sertify.gates.weights import judge_index, judge_weights
from sertify.hub.repositories import fetch
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import Tensor, TensorIndex
from sertify.models.blueprints import Batching, Blueprint
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.models.proofs import batch_deviation
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.outcomes import Outcome
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models.emotion2vec_replicas import (
    CLIPS,
    LARGE,
    REPLICAS,
    Replica,
    config,
    shapes,
    tensors,
    write,
    write_all,
)
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.3)

HERE = Path(__file__).parent
CONFIG, TOKENS, FILES, WEIGHTS = "config.yaml", "tokens.txt", "configuration.json", "model.pt"
NINE = (
    "angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unk",
)  # fmt: skip
FIVE = ("angry", "happy", "neutral", "sad", "unk")
KEPT = [0, 3, 4, 6, 8]
AUDIO = "d2v_model.modality_encoders.AUDIO"


@dataclass(frozen=True)
class Place:
    """A folder with a candidate."""

    folder: Path

    def snapshot(self, **entry: Any) -> Snapshot:
        return take_snapshot(Candidate(name="tiny", model="./tiny", folder=self.folder, **entry))

    def write(self, name: str, content: str | bytes) -> None:
        encoded = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(encoded)

    def replace(self, old: str, new: str, name: str = CONFIG) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the tensors of the checkpoint in place."""
        content = torch.load(self.folder / WEIGHTS, weights_only=True)
        change(content["model"])
        torch.save(content, self.folder / WEIGHTS)


@pytest.fixture
def published(tmp_path: Path) -> Place:
    """A place with a sound candidate."""
    return Place(write(tmp_path / "tiny", REPLICAS["base"]))


def outlined(place: Place, **entry: Any) -> Blueprint:
    snapshot = place.snapshot(**entry)
    choose_loader(snapshot, TensorIndex({}))
    index = read_index(snapshot)
    require(judge_index(**index.facts))
    return outline(snapshot, index)


def loaded(place: Place, **entry: Any) -> LoadedModel:
    """Return the model of a candidate that no check rejects."""
    return certified(outlined(place, **entry))


def rejection(place: Place, **entry: Any) -> str:
    with pytest.raises(Rejected) as caught:
        loaded(place, **entry)
    return str(caught.value)


def agree(found: NDArray[np.float32], wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


# ------------------------------------------------------------------ equality


def agrees_with(place: Place, answers: dict[str, Any], replica: Replica) -> None:
    model = loaded(place)
    kept = [index for index, name in enumerate(replica.tokens) if not name.startswith("unuse")]
    for clip, wanted in zip(CLIPS, answers["logits"], strict=True):
        agree(model.logits(clip), np.array(wanted)[kept])
    assert model.labels == tuple(name.split("/")[-1].strip("<>") for name in answers["labels"])
    assert model.weights.random == model.weights.unexpected == ()
    assert model.blueprint.loader.name == "emotion2vec"
    assert model.sampling_rate == 16_000


@pytest.mark.parametrize("name", REPLICAS)
def test_it_answers_as_funasr_did(tmp_path: Path, name: str) -> None:
    # emotion2vec_by_funasr.py says how the file was made.
    golden = json.loads((HERE / "emotion2vec_golden.json").read_text("utf-8"))
    place = Place(write(tmp_path / "tiny", REPLICAS[name]))
    agrees_with(place, golden[name], REPLICAS[name])


NEEDED = (
    "funasr==1.4.0", "omegaconf==2.4.0", "antlr4-python3-runtime==4.9.3", "kaldiio==2.18.1",
)  # fmt: skip


@pytest.fixture
def funasr(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with FunASR, and what it alone needs."""
    cache = getattr(request.config, "cache", None)
    if cache is None:  # it is switched off
        install(tmp_path / "packages")
        return tmp_path / "packages"
    key = zlib.crc32(" ".join(NEEDED).encode())
    folder: Path = cache.mkdir(f"funasr-{key:08x}") / "packages"
    if not folder.is_dir():
        install(tmp_path / "packages")
        (tmp_path / "packages").rename(folder)
    return folder


def install(folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--retries", "1"]
    command = [sys.executable, "-m", "pip", "install", *options, "--timeout", "10"]
    done = subprocess.run(
        [*command, "--target", str(folder), *NEEDED], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        pytest.skip(f"pip cannot get {NEEDED[0]} to compare with: {last}")


@pytest.mark.slow(20)
def test_it_answers_as_funasr(tmp_path: Path, funasr: Path) -> None:
    write_all(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(funasr), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, str(HERE / "emotion2vec_by_funasr.py"), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "miss key" not in done.stdout  # it goes on with what is random
    answers = json.loads((tmp_path / "answers.json").read_text("utf-8"))
    for name, replica in REPLICAS.items():
        agrees_with(Place(tmp_path / name), answers[name], replica)


def test_its_probabilities_are_those_that_funasr_tells(tmp_path: Path) -> None:
    golden = json.loads((HERE / "emotion2vec_golden.json").read_text("utf-8"))["seed"]
    model = loaded(Place(write(tmp_path / "tiny", REPLICAS["seed"])))
    for clip, wanted in zip(CLIPS, golden["probabilities"], strict=True):
        agree(torch.from_numpy(model.logits(clip)).softmax(dim=0).numpy(), wanted)


def test_clips_of_one_batch_do_not_change_each_other(published: Place) -> None:
    model = loaded(published)
    assert model.batching is Batching.EQUAL
    assert batch_deviation(model) < 1e-5
    with torch.inference_mode():
        batch = model.network(CLIPS)  # of unlike lengths: one by one
    for logits, clip in zip(batch, CLIPS, strict=True):
        np.testing.assert_array_equal(logits, model.logits(clip))


@pytest.mark.parametrize(("shorter", "least"), [(0, 400), (1, 399)])
def test_the_shortest_clip_is_known(published: Place, shorter: int, least: int) -> None:
    model = loaded(published)
    assert model.receptive_field == 400
    clip = CLIPS[0][: 400 - shorter]
    assert len(clip) == least
    if shorter:
        with pytest.raises(RuntimeError):
            model.logits(clip)
    else:
        assert np.isfinite(model.logits(clip)).all()


def test_weights_before_torch_1_6_answer_the_same(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    content = torch.load(published.folder / WEIGHTS, weights_only=True)
    torch.save(content, published.folder / WEIGHTS, _use_new_zipfile_serialization=False)
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_weights_of_half_precision_are_loaded_as_float32(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    published.edit(lambda t: t.update({key: one.half() for key, one in t.items()}))
    logits = loaded(published).logits(CLIPS[0])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=0.05)


def test_what_training_keeps_beside_the_weights_does_not_matter(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    content = torch.load(published.folder / WEIGHTS, weights_only=True)
    moments = {"state": {0: {"step": 1, "exp_avg": torch.ones(3)}}, "param_groups": []}
    content |= {"args": None, "last_optimizer_state": moments, "extra_state": {"epoch": 3}}
    torch.save(content, published.folder / WEIGHTS)
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_what_is_left_of_pre_training_does_not_matter(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    published.edit(lambda t: t.update({f"{AUDIO}.decoder.blocks.0.0.weight": torch.ones(8, 3, 7)}))
    model = loaded(published)
    agree(model.logits(CLIPS[0]), expected)
    assert model.weights.unexpected == (f"{AUDIO}.decoder.blocks.0.0.weight",)


def test_names_may_have_several_prefixes(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    content = torch.load(published.folder / WEIGHTS, weights_only=True)["model"]
    content = {f"module._orig_mod.{name}": tensor for name, tensor in content.items()}
    torch.save({"state_dict": content}, published.folder / WEIGHTS)
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_what_scope_map_takes_off_is_taken_off(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    published.replace("- 'd2v_model.'\n    - none", "- 'net.'\n    - none\n    - none\n    - x.")
    content = torch.load(published.folder / WEIGHTS, weights_only=True)["model"]
    torch.save({f"net.{name}": one for name, one in content.items()}, published.folder / WEIGHTS)
    agree(loaded(published).logits(CLIPS[0]), expected)


def test_it_may_be_in_a_folder_and_under_another_name(tmp_path: Path) -> None:
    expected = loaded(Place(write(tmp_path / "plain", REPLICAS["base"]))).logits(CLIPS[0])
    place = Place(tmp_path / "whole")
    inner = write(tmp_path / "whole" / "finetuned", REPLICAS["base"])
    (inner / WEIGHTS).rename(inner / "epoch-3.pt")
    model = loaded(place, subfolder="finetuned", weights="epoch-3.pt")
    agree(model.logits(CLIPS[0]), expected)


@pytest.mark.parametrize("variant", ["int8-dynamic", "onnx"])
def test_it_can_be_converted(published: Place, variant: str) -> None:
    if variant == "onnx":
        pytest.importorskip("onnxruntime")
    expected = loaded(published)
    converted = loaded(published, variant=variant)
    for clip in CLIPS[:3]:
        np.testing.assert_allclose(converted.logits(clip), expected.logits(clip), atol=0.3)


def test_it_can_answer_in_half_precision(published: Place) -> None:
    expected = loaded(published).logits(CLIPS[0])
    model = load(outlined(published), threads=1, dtype="bfloat16")
    np.testing.assert_allclose(model.logits(CLIPS[0]), expected, atol=0.3)


# ------------------------------------------------------------------ what is known beforehand


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A hub with the replica of one size each, as emotion2vec/NAME."""
    for name in ("seed", "base", "large"):
        write(tmp_path / "hub" / "emotion2vec" / name, REPLICAS[name])
    with LocalHub(tmp_path / "hub") as local:
        use_hub(monkeypatch, local.url, tmp_path / "cache")
        yield local
    close_session()


@pytest.mark.parametrize(("name", "labels"), [("seed", FIVE), ("base", NINE), ("large", NINE)])
def test_it_is_judged_without_its_weights(
    hub: LocalHub, name: str, labels: tuple[str, ...]
) -> None:
    model = f"emotion2vec/{name}"
    snapshot = take_snapshot(Candidate(name="one", model=model))
    small = {f"{model}/{file}" for file in (CONFIG, FILES, TOKENS, "README.md")}
    assert hub.downloads == small
    blueprint = outline(snapshot, read_index(snapshot))
    assert blueprint.weights is not None
    assert blueprint.weights.random == blueprint.weights.unused_layers == ()
    assert blueprint.loader.name == "emotion2vec"
    assert blueprint.labels == labels
    assert blueprint.files == (WEIGHTS,)
    assert hub.bytes_sent < snapshot.weight_size / 2
    fetch(snapshot, blueprint.files)
    agree(certified(blueprint).logits(CLIPS[0]), golden_logits(name))


def test_no_file_is_downloaded_for_its_labels_that_is_too_large_for_them(hub: LocalHub) -> None:
    folder = hub.root / "emotion2vec" / "base"
    files = (folder / FILES).read_text()
    (folder / FILES).write_text(files.replace("tokens.txt", "all.txt"))
    (folder / "all.txt").write_bytes(b"a" * 4_100_000)
    hub.commit("emotion2vec/base")
    snapshot = take_snapshot(Candidate(name="one", model="emotion2vec/base"))
    with pytest.raises(Rejected) as caught:
        outline(snapshot, read_index(snapshot))
    message = "all.txt cannot be read: it has 4.1 MB, and no more than 4 MB are read"
    assert str(caught.value) == f"bad_config: {message}"
    assert "emotion2vec/base/all.txt" not in hub.downloads


def golden_logits(name: str) -> Any:
    golden = json.loads((HERE / "emotion2vec_golden.json").read_text("utf-8"))[name]["logits"][0]
    return np.array(golden)[KEPT if name == "seed" else slice(None)]


def test_the_published_size_is_known_from_its_index(tmp_path: Path) -> None:
    place = Place(write(tmp_path / "large", REPLICAS["large"]))
    place.write(CONFIG, config(LARGE))
    listed = {name: Tensor(shape, "F32") for name, shape in shapes(LARGE).items()}
    assert len(listed) == 185
    blueprint = outline(place.snapshot(), TensorIndex(listed, inside="model"))
    assert blueprint.weights is not None
    assert blueprint.weights.random == blueprint.weights.unexpected == ()
    assert blueprint.weights.mismatched == ()
    assert blueprint.weights.parameters == TensorIndex(listed).parameters
    assert 640e6 < blueprint.memory < 660e6


@pytest.mark.slow(5)
def test_each_single_tensor_is_missed(published: Place) -> None:
    snapshot = published.snapshot()
    listed = {name: Tensor(shape, "F32") for name, shape in shapes(REPLICAS["base"]).items()}
    for name in listed:
        rest = {other: tensor for other, tensor in listed.items() if other != name}
        weights = outline(snapshot, TensorIndex(rest, inside="model")).weights
        assert weights is not None
        assert weights.random == (name,)
        code = "random_head" if name.startswith("proj.") else "incomplete_backbone"
        assert judge_weights(weights).reason == code


def test_it_is_chosen_by_its_config(published: Place) -> None:
    assert choose_loader(published.snapshot(), TensorIndex({})).name == "emotion2vec"
    # Also where that has mistakes, which are then told.
    published.write(CONFIG, "model: 'Emotion2vec'\nmodel_conf: [\n")
    assert choose_loader(published.snapshot(), TensorIndex({})).name == "emotion2vec"


def test_a_config_of_transformers_comes_first(published: Place) -> None:
    tiny.build(published.folder)
    assert choose_loader(published.snapshot(), TensorIndex({})).name == "transformers"


@pytest.mark.parametrize("text", ["model: Paraformer\n", "model_conf: {}\n", b"\xff\xfe"])
def test_another_model_of_funasr_is_not_chosen(published: Place, text: str | bytes) -> None:
    published.write(CONFIG, text)
    files = f"{CONFIG}, {FILES}, {WEIGHTS}"
    message = f"it is in FunASR's format ({files}), without a config.json"
    assert rejection(published).startswith(f"unsupported_library: {message}")


def test_how_it_is_loaded_is_said(tmp_path: Path) -> None:
    remarks = {}
    for name in ("base", "seed", "in-parallel"):
        place = Place(write(tmp_path / name, REPLICAS[name]))
        remarks[name] = outlined(place).remark
    plain = "Rebuilt from config.yaml without FunASR."
    assert remarks["base"] == plain
    unused = "unuse_0, unuse_1, unuse_2, unuse_3"
    left_out = f"Its outputs {unused} stand for nothing in tokens.txt and are left out."
    assert remarks["seed"] == f"{plain} {left_out}"
    taken_off = "The names of its tensors begin with module., which was left out."
    assert remarks["in-parallel"] == f"{plain} {taken_off}"


def test_no_feature_extractor_changes_what_it_hears(published: Place) -> None:
    expected = loaded(published)
    model = loaded(published, feature_extractor=SamplingRate(sampling_rate=8000))
    agree(model.logits(CLIPS[0]), expected.logits(CLIPS[0]))
    assert model.sampling_rate == 16_000
    remark = "It has no use for the `feature_extractor:` of candidates.yaml."
    assert model.blueprint.remark.endswith(remark)


# ------------------------------------------------------------------ labels


def test_the_labels_are_emotions_but_for_unk(published: Place) -> None:
    labels = tuple(map(str, outlined(published).labels))
    plain = Candidate(name="tiny", model="./tiny")
    judgement = judge_emotions(labels, plain)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.reason == "unknown_labels"
    assert "label unk is not known as an emotion" in judgement.message
    told = replace(plain, emotions={"unk": "other"})
    assert judge_emotions(labels, told).outcome is Outcome.PASS


def test_the_seed_has_five(tmp_path: Path) -> None:
    labels = outlined(Place(write(tmp_path, REPLICAS["seed"]))).labels
    assert judge_label_count(tuple(map(str, labels)), 5).outcome is Outcome.PASS
    assert judge_label_count(tuple(map(str, labels)), 6).reason == "too_few_labels"


def test_given_labels_name_all_outputs(tmp_path: Path) -> None:
    place = Place(write(tmp_path, REPLICAS["seed"]))
    names = (
        "wut",
        "unuse_0",
        "unuse_1",
        "freude",
        "neutral",
        "unuse",
        "trauer",
        "unuse_3",
        "andere",
    )
    model = loaded(place, labels=names)
    assert model.labels == ("wut", "freude", "neutral", "trauer", "andere")
    agree(model.logits(CLIPS[0]), golden_logits("seed"))
    assert "in candidates.yaml" in model.blueprint.remark
    message = "candidates.yaml has 2 labels, angry, happy; but proj has 9 outputs"
    assert rejection(place, labels=("angry", "happy")) == f"label_count_mismatch: {message}"


def test_a_list_in_json_is_read(published: Place) -> None:
    (published.folder / TOKENS).unlink()
    (published.folder / FILES).unlink()
    published.write("tokens.json", json.dumps(["A", "B", "C", "D", "E", "F", "G", "H", "<unk>"]))
    assert outlined(published).labels == (*"ABCDEFGH", "unk")


def test_the_list_that_configuration_json_names_is_read(published: Place) -> None:
    published.write("emotions.txt", "\n".join("abcdefghi"))
    published.replace("tokens.txt", "emotions.txt", FILES)
    assert outlined(published).labels == tuple("abcdefghi")


def test_lines_after_the_last_label_do_not_count(published: Place) -> None:
    text = (published.folder / TOKENS).read_text("utf-8")
    published.write(TOKENS, f"\ufeff{text}  \r\n\r\n\n".replace("\n", "\r\n"))
    assert outlined(published).labels == NINE


def test_a_list_without_a_label_is_refused(published: Place) -> None:
    published.write(TOKENS, "\n".join(f"unuse_{index}" for index in range(9)))
    message = f"{TOKENS} has no label: all of unuse_0, unuse_1, "
    assert rejection(published).startswith(f"label_count_mismatch: {message}")


def test_without_a_list_the_outputs_are_numbered(published: Place) -> None:
    (published.folder / TOKENS).unlink()
    (published.folder / FILES).unlink()
    labels = tuple(map(str, outlined(published).labels))
    assert labels == tuple(f"LABEL_{index}" for index in range(9))
    assert judge_named_labels(labels).reason == "no_labels"


# ------------------------------------------------------------------ what is refused


class Payload:
    """Runs as soon as a pickle of it is executed."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("key", ["model", "extra_state"])
def test_code_in_a_checkpoint_does_not_run(published: Place, tmp_path: Path, key: str) -> None:
    mark = tmp_path / "executed"
    content = torch.load(published.folder / WEIGHTS, weights_only=True)
    torch.save({**content, key: Payload(mark)}, published.folder / WEIGHTS)
    assert rejection(published).startswith("unsafe_pickle: ")
    # Nor where nobody looked before.
    blueprint = outline(published.snapshot(), TensorIndex({}, problem="not looked at"))
    with pytest.raises(Rejected, match="unsafe_pickle"):
        blueprint.loader.load(blueprint, "cpu")
    assert not mark.exists()


SPEC = "'[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16,2,2)] + [(16,2,2)]'"
WHERE = "model_conf.modalities.audio"
KNOWN_SPEC = "should be such as '[(512, 10, 5)] + [(512, 3, 2)] * 4', of channels, kernel and"


@pytest.mark.parametrize(
    "spec",
    [
        '\'__import__("pathlib").Path("executed").touch()\'',
        "'[(16, 10, 5)] + [__import__(\"os\")]'",
        "'[(16, 10, 5)] * 10 ** 9'",
        "'[(16, 10, 5)] * 999999999'",
        "'[(16, 10)]'",
        "'[(16, 10, 5, 1)]'",
        "'[(16, 10, -5)]'",
        "'[[16, 10, 5]]'",
        "'[(16, 10, 5)] if True else 3'",
        "''",
        "[[16, 10, 5]]",
        "null",
        "'" + "[(16, 3, 2)] + " * 1000 + "[(16, 3, 2)]'",
    ],
)
def test_nothing_of_the_config_is_evaluated(
    published: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spec: str
) -> None:
    monkeypatch.chdir(tmp_path)
    published.replace(SPEC, spec)
    found = rejection(published)
    assert found.startswith(f"bad_config: {CONFIG}: {WHERE}.feature_encoder_spec is "), found
    assert KNOWN_SPEC in found
    assert len(found) < 400
    assert not (tmp_path / "executed").exists()


def swap(old: str, new: str, name: str = CONFIG) -> Callable[[Place], Any]:
    return lambda place: place.replace(old, new, name)


def text(name: str, content: str | bytes) -> Callable[[Place], Any]:
    return lambda place: place.write(name, content)


def without(*names: str) -> Callable[[Place], Any]:
    def breaker(place: Place) -> None:
        for name in names:
            (place.folder / name).unlink()

    return breaker


def weights(change: Callable[[dict[str, Any]], Any]) -> Callable[[Place], Any]:
    return lambda place: place.edit(change)


def headless(place: Place) -> None:
    without(TOKENS, FILES)(place)
    place.edit(lambda t: [t.pop(f"proj.{one}") for one in ("weight", "bias")])


FORMAT = f"unsupported_library: {CONFIG} has"
UNKNOWN = "which the loader emotion2vec does not know"
LACKS = "weights are random, but all should come from the checkpoint; its"
UNUSED = "the network leaves out layers that the checkpoint has, but should use them all"
MISFIT = "incompatible_shapes: the checkpoint has"
BLOCK = f"{AUDIO}.context_encoder.blocks.1"
WRONG: dict[str, tuple[Callable[[Place], Any], str]] = {
    "no-yaml": (
        swap("model_conf:", "model_conf: ["),
        f"bad_config: {CONFIG} cannot be read: line ",
    ),
    "no-mapping-of-options": (
        text(CONFIG, "model: Emotion2vec\nmodel_conf: 3\n"),
        f"bad_config: {CONFIG}: model_conf is 3, but should be a mapping from names to values",
    ),
    "no-audio": (
        swap("        audio:", "        video:"),
        f"bad_config: {CONFIG}: {WHERE} is None, but should be a mapping from names to values",
    ),
    "norm-before": (
        swap("layer_norm_first: false", "layer_norm_first: true"),
        f"{FORMAT} model_conf.layer_norm_first True in place of False, {UNKNOWN}",
    ),
    "group-norm": (
        swap("extractor_mode: layer_norm", "extractor_mode: default"),
        f"{FORMAT} {WHERE}.extractor_mode 'default' in place of layer_norm, {UNKNOWN}",
    ),
    "no-alibi": (
        swap("use_alibi_encoder: true", "use_alibi_encoder: false"),
        f"{FORMAT} {WHERE}.use_alibi_encoder False in place of True, {UNKNOWN}",
    ),
    "learned-alibi": (
        swap("learned_alibi: false", "learned_alibi: true"),
        f"{FORMAT} {WHERE}.learned_alibi True in place of False, {UNKNOWN}",
    ),
    "norm-of-positions": (
        swap("conv_pos_pre_ln: false", "conv_pos_pre_ln: true"),
        f"{FORMAT} {WHERE}.conv_pos_pre_ln True in place of False, {UNKNOWN}",
    ),
    "depth-of-no-kind": (
        swap("\n    depth: 3", "\n    depth: deep"),
        f"bad_config: {CONFIG}: model_conf.depth is 'deep', but should be a whole number from 1 to",
    ),
    "depth-without-end": (
        swap("\n    depth: 3", "\n    depth: 1000000000"),
        f"bad_config: {CONFIG}: model_conf.depth is 1000000000, but should be a whole number from",
    ),
    "no-depth": (
        swap("\n    depth: 3", ""),
        f"bad_config: {CONFIG}: model_conf.depth is None, but should be a whole number from 1 to",
    ),
    "tokens-without-end": (
        swap("num_extra_tokens: 10", "num_extra_tokens: 10000000000"),
        f"bad_config: {CONFIG}: {WHERE}.num_extra_tokens is 10000000000, but should be a whole",
    ),
    "heads-that-do-not-fit": (
        swap("num_heads: 12", "num_heads: 7"),
        f"bad_config: {CONFIG}: model_conf.embed_dim is 48, but should be a multiple of num_heads",
    ),
    "groups-that-do-not-fit": (
        swap("conv_pos_groups: 16", "conv_pos_groups: 5"),
        f"bad_config: {CONFIG}: model_conf.embed_dim is 48, but should be a multiple of conv_pos_",
    ),
    "other-heads-in-alibi": (
        swap("num_alibi_heads: 12", "num_alibi_heads: 6"),
        f"bad_config: {CONFIG}: {WHERE}.num_alibi_heads is 6, but should be num_heads, which is 12",
    ),
    "flag-of-no-kind": (
        swap("normalize: true", "normalize: often"),
        f"bad_config: {CONFIG}: model_conf.normalize is 'often', but should be true or false",
    ),
    "ratio-without-end": (
        swap("mlp_ratio: 4.0", "mlp_ratio: 1e9"),
        f"bad_config: {CONFIG}: model_conf.mlp_ratio is 1000000000.0, but should be a number from",
    ),
    "ratio-of-nothing": (
        swap("mlp_ratio: 4.0", "mlp_ratio: .nan"),
        f"bad_config: {CONFIG}: model_conf.mlp_ratio is nan, but should be a number from",
    ),
    "no-list-where-it-is-named": (
        without(TOKENS),
        f"bad_config: {FILES} cannot be read: it names 'tokens.txt' as its token_list, which is",
    ),
    "list-elsewhere": (
        swap("tokens.txt", "../secret.txt", FILES),
        f"bad_config: {FILES} cannot be read: it names '../secret.txt' as its token_list, which",
    ),
    "list-of-no-kind": (
        swap('"tokens.txt"', "[1]", FILES),
        f"bad_config: {FILES} cannot be read: it names [1] as its token_list, which is not there",
    ),
    "no-json": (text(FILES, "{"), f"bad_config: {FILES} cannot be read: "),
    "no-text": (text(TOKENS, b"\xff\xfe"), f"bad_config: {TOKENS} cannot be read: "),
    "long-name": (
        text(TOKENS, "a" * 100_000),
        f"bad_config: {TOKENS} cannot be read: a name has 100,000 characters, but at most 200",
    ),
    "too-few-names": (
        text(TOKENS, "angry\nhappy"),
        f"label_count_mismatch: {TOKENS} has 2 labels, angry, happy; but proj has 9 outputs",
    ),
    "too-many-names": (
        text(TOKENS, "\n".join(map(str, range(100_000)))),
        f"label_count_mismatch: {TOKENS} has 100000 labels, 0, 1, 2, ",
    ),
    "no-checkpoint": (
        without(WEIGHTS),
        f"no_weights: it has no {WEIGHTS}; its files are README.md, {CONFIG}, {FILES}, {TOKENS}",
    ),
    "no-head": (
        weights(lambda t: [t.pop(f"proj.{one}") for one in ("weight", "bias")]),
        f"random_head: 2 {LACKS} head lacks proj.bias, proj.weight",
    ),
    "no-bias-of-the-head": (
        weights(lambda t: t.pop("proj.bias")),
        f"random_head: 1 {LACKS} head lacks proj.bias",
    ),
    "backbone-alone": (
        headless,
        "wrong_task: it has no proj and no list of labels: it makes features, and names no emotion",
    ),
    "layer-absent": (
        weights(lambda t: t.pop(f"{BLOCK}.norm2.bias")),
        f"incomplete_backbone: 1 {LACKS} backbone lacks {BLOCK}.norm2.bias",
    ),
    "scale-absent": (
        weights(lambda t: t.pop(f"{AUDIO}.alibi_scale")),
        "incomplete_backbone: 1 weights are random",
    ),
    "deeper-than-said": (
        swap("\n    depth: 3", "\n    depth: 2"),
        f"unused_layers: {UNUSED}: d2v_model.blocks.2.",
    ),
    "less-deep-than-said": (
        swap("\n    depth: 3", "\n    depth: 4"),
        "incomplete_backbone: 12 weights are random",
    ),
    "wider-than-said": (
        swap("mlp_ratio: 4.0", "mlp_ratio: 2.0"),
        f"{MISFIT} d2v_model.blocks.0.mlp.fc1.bias [192] where the model has [96], ",
    ),
    "other-kernels": (
        swap("(16, 10, 5)", "(16, 11, 5)"),
        f"{MISFIT} {AUDIO}.local_encoder.conv_layers.0.0.weight [16, 1, 10] where the model has",
    ),
    "twice": (
        weights(lambda t: t.update({"module.proj.bias": torch.zeros(9)})),
        f"unused_layers: {UNUSED}: module.proj.bias",
    ),
    "head-of-no-kind": (
        weights(lambda t: t.update({"proj.weight": torch.zeros(9)})),
        f"{MISFIT} proj.weight [9] where the model has [9, 48]",
    ),
    "not-finite": (
        weights(lambda t: t["proj.weight"].fill_(torch.nan)),
        "non_finite_weights: proj.weight",
    ),
    "list-of-tensors": (
        lambda place: torch.save([torch.ones(1)], place.folder / WEIGHTS),
        f"corrupt_weights: {WEIGHTS}: TypeError: it holds no tensors by name",
    ),
    "garbage": (text(WEIGHTS, "<html>" * 99), "corrupt_weights: "),
    "truncated": (
        lambda place: place.write(WEIGHTS, (place.folder / WEIGHTS).read_bytes()[:50_000]),
        "corrupt_weights: ",
    ),
}


@pytest.mark.parametrize(("breaker", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(
    published: Place, breaker: Callable[[Place], Any], message: str
) -> None:
    breaker(published)
    found = rejection(published)
    assert found.startswith(message), found


def test_outputs_that_nobody_could_name_are_refused(published: Place) -> None:
    without(TOKENS, FILES)(published)
    listed = {
        name: Tensor(tuple(one.shape), "F32") for name, one in tensors(REPLICAS["base"]).items()
    }
    listed["proj.weight"] = Tensor((10**12, 48), "F32")
    message = "label_count_mismatch: proj has 1,000,000,000,000 outputs, but should have at most"
    with pytest.raises(Rejected, match=message):
        outline(published.snapshot(), TensorIndex(listed, inside="model"))


def test_asked_for_by_name_it_needs_its_config(tmp_path: Path) -> None:
    tiny.build(tmp_path)
    place = Place(tmp_path)
    with pytest.raises(Rejected, match=r"no_config: it has no config\.yaml; its files are"):
        outline(place.snapshot(loader="emotion2vec"), TensorIndex({}))
    place.write(CONFIG, "model: SenseVoiceSmall\n")
    said = f"has model 'SenseVoiceSmall' in place of Emotion2vec, {UNKNOWN}"
    with pytest.raises(Rejected, match=said):
        outline(place.snapshot(loader="emotion2vec"), TensorIndex({}))
