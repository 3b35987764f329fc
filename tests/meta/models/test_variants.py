"""Converted networks: which answer as before, which round, and which cannot be made."""

import shutil
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers.modeling_outputs import SequenceClassifierOutput

from sertify.candidates.entries import VARIANTS
from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.gates.weights import WeightReport
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.models.blueprints import Batching, Blueprint, Network
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.models.networks import TorchNetwork
from sertify.models.proofs import TOLERANCE
from sertify.models.variants import convert
from sertify.vocabulary.errors import Blocked, Rejected
from tests.meta import tiny
from tests.meta.steps import certified

pytestmark = pytest.mark.slow(0.5)

CLIPS = [
    white_noise(7, 16_000)[start:stop] for start, stop in ((0, 700), (9, 12_345), (99, 112_000))
]
LAYER: dict[str, Any] = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
FORMS: dict[str, dict[str, Any]] = {
    **{name: {"architecture": name} for name in tiny.ARCHITECTURES},
    "with-a-mask": LAYER | {"mask": True},
    "wavlm-with-a-mask": LAYER | {"mask": True, "architecture": "wavlm"},
}
NEEDS = {"onnx": "onnxruntime", "openvino": "openvino"}


def build(folder: Path, *, mask: bool = False, **options: Any) -> Path:
    tiny.build(folder, **{"initializer_range": 0.3} | options)
    if mask:
        path = folder / "preprocessor_config.json"
        tiny.edit_json(path, lambda content: content.update(return_attention_mask=True))
    return folder


def outlined(folder: Path, variant: str, **entry: Any) -> Blueprint:
    candidate = Candidate(name="x", model="./x", folder=folder, variant=variant, **entry)
    snapshot = take_snapshot(candidate)
    return outline(snapshot, read_index(snapshot))


def loaded(folder: Path, variant: str, **entry: Any) -> LoadedModel:
    """Return the model of a checkpoint that no check rejects."""
    if variant in NEEDS:
        name = NEEDS[variant]
        pytest.importorskip(name, reason=f"{name} is not installed")
    if variant == "compile" and not shutil.which("g++"):
        pytest.skip("there is no C++ compiler g++")
    return certified(outlined(folder, variant, **entry))


def moved(found: LoadedModel, wanted: LoadedModel) -> float:
    """Return how far the logits of the clips are apart, as a share of their range."""
    ours, theirs = (np.stack([one.logits(clip) for clip in CLIPS]) for one in (found, wanted))
    return float(np.abs(ours - theirs).max() / np.ptp(theirs))


# ------------------------------------------------------------------ what is converted


@pytest.mark.parametrize("variant", NEEDS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_runtime_answers_as_torch_does(
    tmp_path: Path, form: dict[str, Any], variant: str
) -> None:
    build(tmp_path, **form)
    plain, converted = loaded(tmp_path, "fp32"), loaded(tmp_path, variant)
    assert moved(converted, plain) < TOLERANCE
    assert (converted.weights, converted.labels) == (plain.weights, plain.labels)


@pytest.mark.slow(15)
def test_what_is_compiled_answers_as_before(tmp_path: Path) -> None:
    build(tmp_path, architecture="ast")  # one of waveforms takes a minute
    plain, converted = loaded(tmp_path, "fp32"), loaded(tmp_path, "compile")
    assert moved(converted, plain) < TOLERANCE


@pytest.mark.parametrize(
    ("variant", "most"), [("int8-dynamic", 0.5), ("bf16", 0.2), ("fp16", 0.05)]
)
@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_what_has_fewer_bits_rounds(
    tmp_path: Path, architecture: str, variant: str, most: float
) -> None:
    build(tmp_path, architecture=architecture)
    plain, converted = loaded(tmp_path, "fp32"), loaded(tmp_path, variant)
    assert 0 < moved(converted, plain) < most


@pytest.mark.parametrize(("variant", "dtype"), [("bf16", "bfloat16"), ("fp16", "float16")])
def test_half_of_the_bits_are_those_of_dtype_and_not_asked_for_twice(
    tmp_path: Path, variant: str, dtype: str
) -> None:
    blueprint = outlined(build(tmp_path), variant)
    model = load(blueprint)
    assert str(model.network.module.dtype) == f"torch.{dtype}"  # type: ignore[attr-defined]
    cast = load(outlined(tmp_path, "fp32"), dtype=dtype)
    np.testing.assert_array_equal(model.logits(CLIPS[0]), cast.logits(CLIPS[0]))
    with pytest.raises(Blocked, match=f"{variant} answers in {dtype}, but --dtype is bfloat16"):
        load(blueprint, dtype="bfloat16")


@pytest.mark.parametrize("variant", [*NEEDS, "int8-dynamic"])
def test_a_clip_is_answered_alike_in_any_company_and_thread(tmp_path: Path, variant: str) -> None:
    model = loaded(build(tmp_path), variant)
    alone = [model.logits(clip) for clip in CLIPS]
    assert model.batching is Batching.SINGLE
    np.testing.assert_array_equal(model.answer([CLIPS[0], 0.1 * CLIPS[0]])[0], alone[0])
    found: dict[int, NDArray[np.float32]] = {}

    def ask(place: int) -> None:
        torch.set_num_threads(1)
        found[place] = np.concatenate([model.answer([clip]) for clip in CLIPS])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rows in found.values():
        np.testing.assert_allclose(rows, alone, atol=1e-5)
    assert len(found) == 4


def test_fp32_is_what_the_loader_gives(tmp_path: Path) -> None:
    model = loaded(build(tmp_path), "fp32")
    assert convert(model.network, model.blueprint, "cuda") is model.network


@pytest.mark.parametrize("variant", NEEDS)
def test_nothing_stays_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    model = loaded(build(tmp_path / "x"), variant)
    assert not [*(tmp_path / "temporary").iterdir()]
    assert model.logits(CLIPS[2]).shape == (3,)


# ------------------------------------------------------------------ what is not


class Odd(torch.nn.Module):
    """Depends on the length of a clip in a way that a graph traced at one second cannot have."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, decide: Any) -> None:
        super().__init__()
        self.layer, self.decide = torch.nn.Linear(1, 3), decide

    def forward(self, input_values: torch.Tensor) -> SequenceClassifierOutput:
        n = input_values.shape[1]
        mean = input_values.abs().mean(dim=1, keepdim=True)
        return SequenceClassifierOutput(logits=self.layer(mean) + float(self.decide(int(n))))


def odd(folder: Path, variant: str, decide: Any) -> Network:
    """Convert such a network, in the place of the one in a folder."""
    model = loaded(folder, "fp32")
    assert isinstance(model.network, TorchNetwork)
    network = replace(model.network, module=Odd(decide))
    blueprint = model.blueprint
    other = replace(blueprint.snapshot.candidate, variant=variant)
    return convert(
        network, replace(blueprint, snapshot=replace(blueprint.snapshot, candidate=other))
    )


@pytest.mark.parametrize(
    ("decide", "seconds"),
    [(lambda n: n < 16_000, "0.5"), (lambda n: n > 60_000, "6"), (lambda n: n / 16_000, "6")],
    ids=["shorter", "longer", "any"],
)
@pytest.mark.parametrize("variant", NEEDS)
def test_what_depends_on_the_length_in_python_is_found(
    tmp_path: Path, variant: str, decide: Any, seconds: str
) -> None:
    pytest.importorskip(NEEDS[variant], reason=f"{NEEDS[variant]} is not installed")
    with pytest.raises(Blocked) as caught:
        odd(build(tmp_path), variant, decide)
    told = str(caught.value)
    assert told.startswith(f"no_variant: {variant} moves the logits for {seconds} s of noise by ")
    assert told.endswith(" of their range, but should move them by at most 0.0001")


def test_one_that_cannot_answer_long_clips_is_not_taken_for_converted(tmp_path: Path) -> None:
    positions = [0] * 60_000
    with pytest.raises(Blocked) as caught:
        odd(build(tmp_path), "int8-dynamic", lambda n: positions[n - 1])
    assert str(caught.value) == "no_variant: int8-dynamic: IndexError: list index out of range"


@pytest.mark.parametrize("variant", NEEDS)
def test_what_does_not_is_taken(tmp_path: Path, variant: str) -> None:
    pytest.importorskip(NEEDS[variant], reason=f"{NEEDS[variant]} is not installed")
    network = odd(build(tmp_path), variant, lambda _: 1)
    assert network([CLIPS[0]]).shape == (1, 3)


@pytest.mark.parametrize("variant", ["int8-dynamic", "onnx", "openvino"])
def test_what_answers_on_the_cpu_is_not_compared_with_a_gpu(tmp_path: Path, variant: str) -> None:
    model = loaded(build(tmp_path), "fp32")
    with pytest.raises(Blocked) as caught:
        convert(model.network, outlined(tmp_path, variant), "cuda")
    assert str(caught.value) == (
        f"no_variant: {variant} runs on the CPU, but the device is cuda; use --device cpu"
    )


class Foreign:
    """A loader whose networks are no modules of torch."""

    name = "foreign"

    def recognises(self, snapshot: Snapshot, index: TensorIndex) -> bool:  # noqa: ARG002
        return True

    def outline(self, snapshot: Snapshot, index: TensorIndex) -> Blueprint:  # noqa: ARG002
        return Blueprint(snapshot, self, (), "", ("a", "b"), sampling_rate=16_000)

    def load(self, blueprint: Blueprint, device: str) -> tuple[Network, WeightReport]:  # noqa: ARG002
        return lambda clips: np.zeros((len(clips), 2), np.float32), WeightReport("", 0)


@pytest.mark.parametrize("variant", VARIANTS[1:])
def test_what_is_no_module_of_torch_has_no_variants(tmp_path: Path, variant: str) -> None:
    snapshot = take_snapshot(
        Candidate(name="x", model="./x", folder=build(tmp_path), variant=variant)
    )
    blueprint = Foreign().outline(snapshot, TensorIndex({}))
    network, _ = blueprint.loader.load(blueprint, "cpu")
    with pytest.raises(Blocked) as caught:
        convert(network, blueprint)
    assert str(caught.value) == (
        f"no_variant: {variant} needs a module of torch, which loader foreign does not have"
    )


@pytest.mark.parametrize("variant", NEEDS)
def test_an_absent_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    monkeypatch.setitem(sys.modules, NEEDS[variant], None)
    with pytest.raises(Blocked) as caught:
        certified(outlined(build(tmp_path), variant))
    assert str(caught.value) == (
        f"missing_package: it needs {NEEDS[variant]}: pip install 'sertify[{variant}]'"
    )


@pytest.mark.slow(6)
def test_a_compiler_that_is_absent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch._dynamo.reset()
    monkeypatch.setenv("CXX", "/nowhere/c++")
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", ("/nowhere/c++",))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(Blocked) as caught:
        certified(outlined(build(tmp_path, architecture="ast", hidden_size=34), "compile"))
    assert str(caught.value).startswith("no_variant: compile: ")
    assert "compiler" in str(caught.value)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_model_that_is_broken_is_rejected_as_that(tmp_path: Path, variant: str) -> None:
    tensors = tiny.read_tensors(build(tmp_path))
    tensors["classifier.bias"][:] = torch.nan
    tiny.write_tensors(tmp_path, tensors)
    with pytest.raises(Rejected) as caught:
        loaded(tmp_path, variant)
    assert str(caught.value).startswith("non_finite_weights: ")


@pytest.mark.parametrize("variant", VARIANTS)
def test_without_a_feature_extractor_it_is_rejected_for_that(tmp_path: Path, variant: str) -> None:
    (build(tmp_path) / "preprocessor_config.json").unlink()
    with pytest.raises(Rejected) as caught:
        loaded(tmp_path, variant)
    assert str(caught.value).startswith("no_feature_extractor: ")
