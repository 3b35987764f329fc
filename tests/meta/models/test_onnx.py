"""Exports to ONNX, against the networks in torch that they were made of."""

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
import transformers
from numpy.typing import NDArray

from sertify.candidates.entries import SamplingRate
from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.hub.snapshots import Snapshot, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Blueprint
from sertify.models.loaders.choice import choose_loader
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.2)

pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed: pip install 'sertify[onnx]'"
)

GRAPH, SAFE = "model.onnx", "model.safetensors"
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
NOTHING = TensorIndex({}, problem=f"{GRAPH} is a graph, not a list of tensors")
CLIPS = (white_noise(1, 16_000), 0.01 * white_noise(2, 16_000)[:12_345])
DYNAMIC = {"input_values": {0: "batch", 1: "samples"}, "attention_mask": {0: "batch", 1: "samples"}}
GROUP: dict[str, Any] = {"feat_extract_norm": "group", "do_stable_layer_norm": False}
LAYER: dict[str, Any] = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}


class Exported(torch.nn.Module):
    """The part of a network that exports have."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, input_values: torch.Tensor, attention_mask: Any = None) -> Any:
        masked = {} if attention_mask is None else {"attention_mask": attention_mask}
        return self.network(input_values, **masked).logits


@dataclass(frozen=True)
class Original:
    """The network in torch, and the folder with its export."""

    folder: Path
    network: Any
    extractor: Any

    def logits(self, clip: NDArray[np.float32], **options: Any) -> Any:
        inputs = self.extractor(clip, sampling_rate=16_000, return_tensors="pt", **options)
        with torch.inference_mode():
            return self.network(**inputs).logits[0].numpy()

    def write(self, name: str, content: str | bytes) -> None:
        encoded = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(encoded)


def export(
    folder: Path,
    architecture: str = "wav2vec2",
    *,
    mask: bool = False,
    samples: int | None = None,
    name: str = GRAPH,
    inputs: tuple[str, ...] = ("input_values", "attention_mask"),
    output: str = "logits",
    keep: bool = False,
    **options: Any,
) -> Original:
    """Write an export as of a published checkpoint; `samples` is its fixed length."""
    tiny.build(folder, architecture, **{"initializer_range": 0.3, **options})
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    extractor.return_attention_mask = mask
    extractor.save_pretrained(folder)
    network = transformers.AutoModelForAudioClassification.from_pretrained(folder).eval()
    example = extractor(np.zeros(samples or 16_000, np.float32), sampling_rate=16_000,
                        return_tensors="pt")  # fmt: skip
    values = next(iter(example.values()))
    arguments = (values, torch.ones(values.shape, dtype=torch.long)) if mask else (values,)
    fixed = {"ast": {"input_values": {0: "batch"}}, "whisper": {"input_features": {0: "batch"}}}
    axes = fixed.get(architecture, DYNAMIC)
    names = inputs[: len(arguments)]
    (folder / name).parent.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of this exporter, the only one that needs no package
        torch.onnx.export(
            Exported(network), arguments, str(folder / name), dynamo=False, opset_version=17,
            input_names=[*names], output_names=[output],
            dynamic_axes=None if samples else dict(zip(inputs, axes.values(), strict=False)),
        )  # fmt: skip
    if not keep:
        (folder / SAFE).unlink()
    return Original(folder, network, extractor)


def snapshot_of(folder: Path, **entry: Any) -> Snapshot:
    return take_snapshot(Candidate(name="tiny", model="./tiny", folder=folder, **entry))


def outlined(folder: Path, **entry: Any) -> Blueprint:
    return outline(snapshot_of(folder, **entry), NOTHING)


def loaded(folder: Path, **entry: Any) -> LoadedModel:
    """Return the model of an export that no check rejects."""
    return certified(outlined(folder, **entry))


def rejection(folder: Path, **entry: Any) -> str:
    with pytest.raises(Rejected) as caught:
        loaded(folder, **entry)
    return str(caught.value)


def agree(found: NDArray[np.float32], wanted: NDArray[np.float32], atol: float = 1e-5) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=atol)


# ------------------------------------------------------------------ equality

FORMS: dict[str, dict[str, Any]] = {
    "plain": GROUP,
    "with-a-mask": LAYER | {"mask": True},
    "layer-norm-without-a-mask": LAYER,
    "in-a-folder": GROUP | {"name": "onnx/model.onnx"},
    "quantized-by-name": GROUP | {"name": "model_quantized.onnx"},
    "hubert": GROUP | {"architecture": "hubert"},
    "spectrogram": {"architecture": "ast"},
    "log-mel": {"architecture": "whisper", "inputs": ("input_features", "")},
    "other-names": GROUP | {"inputs": ("waveform", ""), "output": "scores"},
    "named-after-its-model": GROUP | {"name": "tiny.onnx"},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_it_answers_as_in_torch(tmp_path: Path, form: dict[str, Any]) -> None:
    original = export(tmp_path, **form)
    model = loaded(tmp_path)
    assert np.ptp([original.logits(clip) for clip in CLIPS], axis=0).max() > 1e-3
    for clip in CLIPS:
        logits = model.logits(clip)
        assert logits.dtype == np.float32
        agree(logits, original.logits(clip))
    assert model.blueprint.loader.name == "onnx"
    assert model.labels == tiny.LABELS
    assert model.sampling_rate == 16_000
    assert model.blueprint.architecture.endswith("Classification")


def as_published_with_a_config_of_its_name(folder: Path, about: str) -> Original:
    """Write NAME.onnx for clips of a fixed length, NAME.config and NAME.yaml, and nothing else."""
    original = export(folder, samples=20_000, name="tiny.onnx", **GROUP)
    (folder / CONFIG).rename(folder / "tiny.config")
    (folder / PREPROCESSOR).unlink()
    original.write("tiny.yaml", about)
    return original


def test_a_config_may_have_been_printed(tmp_path: Path) -> None:
    original = as_published_with_a_config_of_its_name(tmp_path, "sampling_rate: 16000\n")
    original.write("tiny.config", f"Wav2Vec2Config {(tmp_path / 'tiny.config').read_text()}\n")
    assert choose_loader(snapshot_of(tmp_path), NOTHING).name == "onnx"
    assert loaded(tmp_path).labels == tiny.LABELS


def test_a_config_may_have_the_name_of_the_graph(tmp_path: Path) -> None:
    about = "sampling_rate: 16000\nfeature_extractor: Wav2Vec2FeatureExtractor\n"
    original = as_published_with_a_config_of_its_name(tmp_path, about)
    assert choose_loader(snapshot_of(tmp_path), NOTHING).name == "onnx"
    model = loaded(tmp_path)
    assert (model.labels, model.sampling_rate) == (tiny.LABELS, 16_000)
    assert model.blueprint.hears == 1.25
    fixed = {"padding": "max_length", "max_length": 20_000, "truncation": True}
    agree(model.logits(CLIPS[0]), original.logits(CLIPS[0], **fixed))


def test_names_of_such_a_config_are_told_to_be_its(tmp_path: Path) -> None:
    as_published_with_a_config_of_its_name(tmp_path, "sampling_rate: 16000\n")
    tiny.edit_json(tmp_path / "tiny.config", lambda config: config.update(id2label=None))
    blueprint = outlined(tmp_path)
    assert blueprint.labels_from == "label2id of tiny.config"
    absent = "id2label of tiny.config is absent, so the names are those of its label2id."
    assert blueprint.remark.endswith(absent)


@pytest.mark.parametrize("about", ["sampling_rate: fast", "sampling_rate: 7", "[]", "a: [", "\0"])
def test_without_a_rate_beside_the_graph_there_is_no_extractor(tmp_path: Path, about: str) -> None:
    as_published_with_a_config_of_its_name(tmp_path, about)
    assert rejection(tmp_path).startswith("no_feature_extractor: ")
    assert (
        loaded(tmp_path, feature_extractor=SamplingRate(sampling_rate=8_000)).sampling_rate == 8000
    )


@pytest.mark.parametrize("mask", [False, True])
def test_clips_are_brought_to_a_fixed_length(tmp_path: Path, mask: bool) -> None:
    original = export(tmp_path, samples=20_000, mask=mask, **(LAYER if mask else GROUP))
    model = loaded(tmp_path)
    fixed = {"padding": "max_length", "max_length": 20_000, "truncation": True}
    for clip in (*CLIPS, white_noise(2, 16_000)):
        agree(model.logits(clip), original.logits(clip, **fixed))
    cut = white_noise(2, 16_000)
    agree(model.logits(cut), original.logits(cut[:20_000]))


def test_that_it_may_be_cut_is_said(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    assert outlined(tmp_path).remark == (
        "model.onnx, run by onnxruntime on the CPU. If it only takes clips of one length, "
        "others are cut or padded with zeros to it."
    )


def test_clips_of_one_batch_do_not_change_each_other(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    model = loaded(tmp_path)
    batch = model.network([*CLIPS, CLIPS[0]])
    assert batch.shape == (3, 3)
    for logits, clip in zip(batch, (*CLIPS, CLIPS[0]), strict=True):
        np.testing.assert_array_equal(logits, model.logits(clip))


def test_data_beside_the_graph_are_its_files(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, which moves data out")
    original = export(tmp_path, **GROUP)
    content = onnx.load(tmp_path / GRAPH)
    data = {"location": "model.onnx_data", "size_threshold": 0, "save_as_external_data": True}
    onnx.save(content, tmp_path / GRAPH, **data)
    assert outlined(tmp_path).files == (GRAPH, "model.onnx_data")
    agree(loaded(tmp_path).logits(CLIPS[0]), original.logits(CLIPS[0]))
    (tmp_path / "model.onnx_data").unlink()
    assert rejection(tmp_path).startswith("corrupt_weights: model.onnx: ")


@pytest.mark.parametrize("place", ["../model.data", "{parent}/model.data", "link.data"])
def test_no_data_are_read_outside_of_its_folder(tmp_path: Path, place: str) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, which moves data out")
    folder = tmp_path / "inside"
    export(folder, **GROUP)
    content = onnx.load(folder / GRAPH)
    data = {"location": "model.data", "size_threshold": 0, "save_as_external_data": True}
    onnx.save(content, folder / GRAPH, **data)
    (folder / "model.data").rename(tmp_path / "model.data")
    (folder / "link.data").symlink_to(tmp_path / "model.data")
    graph = onnx.load(folder / GRAPH, load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place.format(parent=tmp_path)
    onnx.save(graph, folder / GRAPH)
    assert rejection(folder).startswith("corrupt_weights: model.onnx: ")


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (("model.onnx", "model.onnx_data"), ("model.onnx", "model.onnx_data")),
        (("model.onnx", "model.onnx.data"), ("model.onnx", "model.onnx.data")),
        (
            ("model.onnx", "model.onnx_data", "model.onnx_data_1"),
            ("model.onnx", "model.onnx_data", "model.onnx_data_1"),
        ),
        (("model.onnx", "onnx/model.onnx", "model_quantized.onnx"), ("model.onnx",)),
        (
            ("onnx/model.onnx", "onnx/model.onnx_data", "model_quantized.onnx"),
            ("onnx/model.onnx", "onnx/model.onnx_data"),
        ),
        (("model_quantized.onnx", "model.onnx_data"), ("model_quantized.onnx",)),
        (("onnx/model_quantized.onnx", "onnx/model_q4.onnx"), ("onnx/model_quantized.onnx",)),
    ],
)
def test_its_files_are_one_graph_and_its_data(
    tmp_path: Path, names: tuple[str, ...], files: tuple[str, ...]
) -> None:
    tiny.build(tmp_path)
    (tmp_path / SAFE).unlink()
    (tmp_path / "onnx").mkdir()
    for name in names:
        (tmp_path / name).touch()
    assert outlined(tmp_path).files == files


def test_the_number_of_threads_is_that_of_torch(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    blueprint, before = outlined(tmp_path), torch.get_num_threads()
    try:
        assert [threads_of(blueprint, count) for count in (1, 3)] == [0, 2]
    finally:
        torch.set_num_threads(before)


def threads_of(blueprint: Blueprint, count: int) -> int:
    """Return how many threads loading adds to the one that asks."""
    torch.set_num_threads(count)
    process = psutil.Process()
    already = process.num_threads()
    _network = blueprint.loader.load(blueprint, "cpu")
    return process.num_threads() - already


# ------------------------------------------------------------------ what is chosen


def test_an_export_alone_is_chosen(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    assert choose_loader(snapshot_of(tmp_path), NOTHING).name == "onnx"


def test_beside_other_weights_it_has_to_be_asked_for(tmp_path: Path) -> None:
    original = export(tmp_path, keep=True, **GROUP)
    assert choose_loader(snapshot_of(tmp_path), TensorIndex({})).name == "transformers"
    model = loaded(tmp_path, loader="onnx")
    assert model.blueprint.files == (GRAPH,)
    agree(model.logits(CLIPS[0]), original.logits(CLIPS[0]))


def test_without_a_config_it_is_not_chosen(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    (tmp_path / CONFIG).unlink()
    with pytest.raises(Rejected, match="unsupported_library: it is in ONNX's format"):
        choose_loader(snapshot_of(tmp_path), NOTHING)


def test_without_an_export_it_is_not_chosen(tmp_path: Path) -> None:
    tiny.build(tmp_path)
    assert choose_loader(snapshot_of(tmp_path), TensorIndex({})).name == "transformers"
    message = (
        f"no_weights: it has none of model.onnx, onnx/model.onnx, .*; its files are {CONFIG}, "
    )
    with pytest.raises(Rejected, match=message):
        outlined(tmp_path, loader="onnx")


# ------------------------------------------------------------------ what is refused


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path, **GROUP)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Blocked) as caught:
        outlined(tmp_path)
    install = "pip install 'sertify[onnx]'"
    assert str(caught.value) == f"missing_package: it needs onnxruntime: {install}"


def overwritten(content: bytes) -> Callable[[Original], Any]:
    return lambda original: original.write(GRAPH, content)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 378300000\n"
UNREADABLE = "INVALID_PROTOBUF : Protobuf parsing failed."
BROKEN: dict[str, tuple[Callable[[Original], Any], str]] = {
    "empty": (overwritten(b""), "INVALID_ARGUMENT : No graph was found in the protobuf."),
    "garbage": (overwritten(os.urandom(5000)), UNREADABLE),
    "page": (overwritten(b"<html>" * 99), UNREADABLE),
    "pointer": (overwritten(POINTER), UNREADABLE),
    "truncated": (
        lambda original: original.write(GRAPH, (original.folder / GRAPH).read_bytes()[:9000]),
        UNREADABLE,
    ),
}


@pytest.mark.parametrize(("breaker", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_graph_is_refused(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    breaker: Callable[[Original], Any],
    message: str,
) -> None:
    breaker(export(tmp_path, **GROUP))
    capfd.readouterr()
    found = rejection(tmp_path)
    assert found == f"corrupt_weights: {GRAPH}: RuntimeError: {message}"
    assert capfd.readouterr().err == ""


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "input-of-another-kind": (
        GROUP | {"inputs": ("input_features", "")},
        "takes input_features, but should take input_values and perhaps attention_mask",
    ),
    "another-input": (
        LAYER | {"mask": True, "inputs": ("input_values", "lengths")},
        "takes input_values, lengths, but should take input_values and perhaps attention_mask",
    ),
}


@pytest.mark.parametrize(("form", "message"), OTHERS.values(), ids=OTHERS)
def test_other_inputs_and_outputs_are_refused(
    tmp_path: Path, form: dict[str, Any], message: str
) -> None:
    export(tmp_path, **form)
    assert rejection(tmp_path) == f"unsupported_library: {GRAPH} {message}"


def retyped(folder: Path, kind: str) -> None:
    """Have a graph take its mask as numbers of another kind."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    graph = onnx.load(folder / GRAPH)
    (mask,) = (given for given in graph.graph.input if given.name == "attention_mask")
    mask.type.tensor_type.elem_type = onnx.TensorProto.DataType.Value(kind)
    for node in graph.graph.node:
        node.input[:] = [f"whole_{n}" if n == mask.name else n for n in node.input]
    whole = onnx.TensorProto.INT64
    cast = onnx.helper.make_node("Cast", [mask.name], [f"whole_{mask.name}"], to=whole)
    graph.graph.node.insert(0, cast)
    onnx.save(graph, folder / GRAPH)


def test_a_mask_may_be_of_truths(tmp_path: Path) -> None:
    original = export(tmp_path, mask=True, **LAYER)
    retyped(tmp_path, "BOOL")
    agree(loaded(tmp_path).logits(CLIPS[1]), original.logits(CLIPS[1]))


def test_a_mask_of_another_type_is_refused(tmp_path: Path) -> None:
    export(tmp_path, mask=True)
    retyped(tmp_path, "FLOAT16")
    message = f"{GRAPH} takes attention_mask as tensor(float16), but should take one of "
    assert rejection(tmp_path).startswith(f"unsupported_library: {message}")


def test_several_outputs_of_other_names_are_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, which adds an output")
    export(tmp_path, output="scores", **GROUP)
    content = onnx.load(tmp_path / GRAPH)
    first = content.graph.node[0].output[0]
    content.graph.output.append(onnx.helper.make_empty_tensor_value_info(first))
    onnx.save(content, tmp_path / GRAPH)
    found = rejection(tmp_path)
    assert found.startswith(f"unsupported_library: {GRAPH} gives scores, ")
    assert found.endswith(", but should give logits")


def test_of_two_graphs_one_has_to_be_named(tmp_path: Path) -> None:
    original = export(tmp_path, name="first.onnx", **GROUP)
    (tmp_path / "second.onnx").write_bytes(b"")
    assert rejection(tmp_path, loader="onnx").endswith(
        ". Set `weights:` to one of first.onnx, second.onnx"
        " (candidates.yaml says loader: onnx; auto looks which one fits)"
    )
    model = loaded(tmp_path, weights="first.onnx")
    assert model.blueprint.files == ("first.onnx",)
    agree(model.logits(CLIPS[0]), original.logits(CLIPS[0]))


def test_an_unknown_operator_is_refused(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    graph = tmp_path / GRAPH
    graph.write_bytes(graph.read_bytes().replace(b"Softmax", b"Softest"))
    assert rejection(tmp_path).startswith(f"corrupt_weights: {GRAPH}: RuntimeError: INVALID_GRAPH")


def test_what_the_graph_cannot_take_is_refused(tmp_path: Path) -> None:
    export(tmp_path, "ast")
    content = {"num_mel_bins": 16, "max_length": 64}
    tiny.edit_json(tmp_path / PREPROCESSOR, lambda old: old.update(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert rejection(tmp_path).startswith(
            "no_feature_extractor: what the feature extractor prepares does not fit the model: "
            "RuntimeError: INVALID_ARGUMENT : "
        )


def test_a_clip_that_is_too_short_raises_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    export(tmp_path, **GROUP)
    model = loaded(tmp_path)
    capfd.readouterr()
    with pytest.raises(RuntimeError, match="Invalid input shape"):
        model.logits(CLIPS[0][:100])
    assert capfd.readouterr().err == ""


def test_what_memory_does_not_suffice_for_is_told(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed, which makes graphs")
    export(tmp_path, **GROUP)
    sizes = onnx.numpy_helper.from_array(np.array([10**6, 10**7]), "sizes")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = make.make_graph(
        [
            make.make_node("ReduceSum", ["input_values"], ["sum"]),
            make.make_node("Expand", ["sum", "sizes"], ["logits"]),
        ],
        "graph",
        [make.make_tensor_value_info("input_values", kind, [1, None])],
        [make.make_tensor_value_info("logits", kind, None)],
        [sizes],
    )
    huge = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9)
    (tmp_path / GRAPH).write_bytes(huge.SerializeToString())
    blueprint = outlined(tmp_path)
    with pytest.raises(Blocked, match="out_of_memory: not enough memory for 16000 samples"):
        load(blueprint, threads=1)


def test_no_feature_extractor_is_told(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    (tmp_path / PREPROCESSOR).unlink()
    assert rejection(tmp_path).startswith("no_feature_extractor: ./tiny has no preprocessor_config")


def test_a_missing_label_is_told(tmp_path: Path) -> None:
    export(tmp_path, **GROUP)
    message = (
        "label_count_mismatch: it gave 3 outputs, but should give one for each label: angry, happy"
    )
    assert rejection(tmp_path, labels=("angry", "happy")) == message


def test_logits_that_are_not_finite_are_told(tmp_path: Path) -> None:
    original = export(tmp_path, **GROUP)
    weight = original.network.classifier.weight.detach().numpy()
    graph = (tmp_path / GRAPH).read_bytes()
    assert graph.count(weight.tobytes()) == 1
    poisoned = np.full_like(weight, np.nan).tobytes()
    original.write(GRAPH, graph.replace(weight.tobytes(), poisoned))
    assert rejection(tmp_path).startswith("non_finite_output: ")
