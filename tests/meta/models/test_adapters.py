"""LoRA adapters: added where an entry declares them, left out where none does, with a word.

Where PEFT is installed, the answers are compared with its own; they were with 0.21.2. The other
tests have to come out the same with it and without.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import white_noise
from sertify.hub.configs import judge_config
from sertify.hub.snapshots import take_snapshot
from tests.meta import tiny
from tests.meta.local_hub import LocalHub, use_hub
from tests.meta.models.own_code import on_its_way, verdict
from tests.meta.models.test_models import pickle_as_of_old

pytestmark = [pytest.mark.slow(1), pytest.mark.usefixtures("_imported")]

LAYER = "wav2vec2.encoder.layers.0.attention"
RANK, ALPHA = 2, 8
CONFIG = "adapter_config.json"


def candidate(folder: Path, adapter: Path | None = None, **entry: Any) -> Candidate:
    given: dict[str, Any] = {}
    if adapter is not None:
        given = {"adapter": str(adapter), "adapter_folder": adapter}
    return Candidate(name="tiny", model="./tiny", folder=folder, **given, **entry)


def write_adapter(
    folder: Path, tensors: Mapping[str, torch.Tensor] | None = None, **config: Any
) -> Path:
    """Write what PEFT saves of a LoRA of two projections, and of a head trained with it."""
    folder.mkdir(exist_ok=True)
    content = {
        "peft_type": "LORA",
        "base_model_name_or_path": "someone/base",
        "r": RANK,
        "lora_alpha": ALPHA,
        "lora_dropout": 0.1,
        "bias": "none",
        "init_lora_weights": True,
        "target_modules": ["q_proj", "v_proj"],
        "modules_to_save": ["projector", "classifier"],
        "task_type": None,
        "use_dora": False,
        "use_rslora": False,
        **config,
    }
    (folder / CONFIG).write_text(json.dumps(content))
    save_file(dict(tensors or adapter_tensors()), folder / "adapter_model.safetensors")
    return folder


def adapter_tensors(prefix: str = "base_model.model.") -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    for name in ("q_proj", "v_proj"):
        for half, shape in (("A", (RANK, 32)), ("B", (32, RANK))):
            values = torch.randn(shape, generator=generator)
            tensors[f"{prefix}{LAYER}.{name}.lora_{half}.weight"] = values
    for name, shape in (("projector", (32, 32)), ("classifier", (3, 32))):
        tensors[f"{prefix}{name}.weight"] = torch.randn(shape, generator=generator)
        tensors[f"{prefix}{name}.bias"] = torch.randn(shape[:1], generator=generator)
    return tensors


def logits_of(candidate: Candidate, place: Path) -> list[float]:
    with on_its_way(candidate, place) as way:
        logits: list[float] = way.get("model").examination.logits
        return logits


def by_hand(folder: Path, adapter: Path, scale: float) -> Any:
    """Return what the formula of the documentation gives, from the files."""
    merged = tiny.read_tensors(folder)
    added = load_file(adapter / "adapter_model.safetensors")
    for name in ("q_proj", "v_proj"):
        a, b = (added[f"base_model.model.{LAYER}.{name}.lora_{half}.weight"] for half in "AB")
        merged[f"{LAYER}.{name}.weight"] += scale * b @ a
    for name in ("projector", "classifier"):
        for part in ("weight", "bias"):
            merged[f"{name}.{part}"] = added[f"base_model.model.{name}.{part}"]
    copy = folder.parent / "merged"
    tiny.build(copy)
    tiny.write_tensors(copy, merged)
    return tiny.reference(copy, white_noise(1, 16_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.build(tmp_path / "tiny")


@pytest.mark.parametrize("rooted", [False, True])
def test_a_declared_adapter_is_added(folder: Path, tmp_path: Path, *, rooted: bool) -> None:
    adapter = write_adapter(tmp_path / "lora", use_rslora=rooted)
    scale = ALPHA / (math.sqrt(RANK) if rooted else RANK)
    found = logits_of(candidate(folder, adapter), tmp_path)
    np.testing.assert_allclose(found, by_hand(folder, adapter, scale), atol=1e-5)
    assert np.abs(np.array(found) - logits_of(candidate(folder), tmp_path)).max() > 0.1


def test_it_is_told_and_part_of_what_was_judged(folder: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "lora")
    with on_its_way(candidate(folder, adapter), tmp_path) as way:
        told = f"With the adapter {adapter}: LoRA of 2 layers and 4 tensors taken whole."
        assert way.get("blueprint").remark == told
        snapshot, key = way.get("snapshot"), way.get("key")
        assert snapshot.identity == "+".join([snapshot.commit, take_snapshot_of(adapter)])
    with on_its_way(candidate(folder), tmp_path) as way:
        assert way.get("key") != key


def take_snapshot_of(folder: Path) -> str:
    return take_snapshot(candidate(folder)).commit


def test_one_that_lies_beside_the_weights_is_left_out_and_told(
    folder: Path, tmp_path: Path
) -> None:
    expected = logits_of(candidate(folder), tmp_path)
    write_adapter(folder)
    with on_its_way(candidate(folder), tmp_path) as way:
        assert way.get("model").examination.logits == expected
        told = f"Its {CONFIG} was left out, as no `adapter:` names it."
        assert way.get("blueprint").remark == told


def test_a_head_may_come_with_it(folder: Path, tmp_path: Path) -> None:
    """A backbone alone, for which the adapter has the head: the usual way to train one."""
    adapter = write_adapter(tmp_path / "lora")
    expected = logits_of(candidate(folder, adapter), tmp_path)
    tensors = tiny.read_tensors(folder)
    tiny.write_tensors(
        folder,
        {n.removeprefix("wav2vec2."): t for n, t in tensors.items() if n.startswith("wav2vec2.")},
    )
    tiny.edit_json(folder / "config.json", lambda one: one.update(architectures=["Wav2Vec2Model"]))
    assert verdict(candidate(folder), tmp_path).startswith("wrong_task")
    np.testing.assert_allclose(logits_of(candidate(folder, adapter), tmp_path), expected, atol=1e-5)
    headless = {name: t for name, t in adapter_tensors().items() if "lora_" in name}
    write_adapter(adapter, headless)
    assert verdict(candidate(folder, adapter), tmp_path).startswith("random_head")


def test_an_adapter_of_the_hub(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = write_adapter(tmp_path / "lora")
    expected = logits_of(candidate(folder, adapter), tmp_path)
    (tmp_path / "hub" / "someone").mkdir(parents=True)
    write_adapter(tmp_path / "hub" / "someone" / "lora")
    with LocalHub(tmp_path / "hub") as hub:
        use_hub(monkeypatch, hub.url, tmp_path / "cache")
        entry = Candidate(name="tiny", model="./tiny", folder=folder, adapter="someone/lora")
        with on_its_way(entry, tmp_path) as way:
            assert "LoRA of 2 layers" in way.get("blueprint").remark
            home = way.get("snapshot").companion("someone/lora")
            assert not (home.folder / "adapter_model.safetensors").exists()
        assert logits_of(entry, tmp_path) == expected
        absent = Candidate(name="tiny", model="./tiny", folder=folder, adapter="someone/else")
        assert verdict(absent, tmp_path) == (
            "unsupported_adapter: the hub has no model someone/else"
        )


def without(*parts: str) -> dict[str, torch.Tensor]:
    return {n: t for n, t in adapter_tensors().items() if not any(part in n for part in parts)}


REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "dora": (lambda at: write_adapter(at, use_dora=True), f"{CONFIG} of AT has use_dora True"),
    "another-kind": (
        lambda at: write_adapter(at, peft_type="LOHA"),
        f"{CONFIG} of AT has peft_type 'LOHA'",
    ),
    "alpha-by-layer": (
        lambda at: write_adapter(at, alpha_pattern={"q_proj": 1}),
        f"{CONFIG} of AT has alpha_pattern ",
    ),
    "changed-base": (
        lambda at: write_adapter(at, init_lora_weights="pissa"),
        f"{CONFIG} of AT has init_lora_weights 'pissa'",
    ),
    "no-alpha": (
        lambda at: write_adapter(at, lora_alpha="8"),
        f"{CONFIG} of AT has lora_alpha '8'",
    ),
    "of-a-formula-of-tomorrow": (
        lambda at: write_adapter(at, use_something_new={"a": 1}),
        f"{CONFIG} of AT has use_something_new {{'a': 1}}",
    ),
    "rooted-or-not": (
        lambda at: write_adapter(at, use_rslora="yes"),
        f"{CONFIG} of AT has use_rslora 'yes'",
    ),
    "of-no-rank": (
        lambda at: write_adapter(
            at,
            {n: t[:0] if "lora_A" in n else t for n, t in adapter_tensors().items()},
        ),
        "AT has no two matrices for ",
    ),
    "half": (lambda at: write_adapter(at, without("q_proj.lora_B")), "AT has no two matrices for "),
    "no-lora": (lambda at: write_adapter(at, without("lora_")), "AT has no matrices of a LoRA"),
    "unknown": (
        lambda at: write_adapter(at, {**adapter_tensors(), "base_model.model.odd": torch.zeros(1)}),
        "AT holds 'base_model.model.odd', of which nothing is known",
    ),
    "of-another-network": (
        lambda at: write_adapter(
            at, {n.replace("layers.0", "layers.7"): t for n, t in adapter_tensors().items()}
        ),
        f"AT changes {LAYER.replace('0', '7')}.q_proj.weight of shape [32, 32], which is not there",
    ),
    "of-another-size": (
        lambda at: write_adapter(
            at,
            {n: t.repeat(1, 2) if "lora_A" in n else t for n, t in adapter_tensors().items()},
        ),
        f"AT changes {LAYER}.q_proj.weight of shape [32, 64], which is of shape [32, 32]",
    ),
    "no-weights": (
        lambda at: (write_adapter(at) / "adapter_model.safetensors").unlink(),
        "AT has no adapter_model.safetensors; its files are adapter_config.json",
    ),
    "no-config": (
        lambda at: (write_adapter(at) / CONFIG).unlink(),
        f"AT has no {CONFIG}; its files are adapter_model.safetensors",
    ),
    "broken-config": (
        lambda at: (write_adapter(at) / CONFIG).write_text("["),
        f"{CONFIG} of AT cannot be read: ",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_understood_is_refused(
    folder: Path, tmp_path: Path, make: Callable[[Path], Any], message: str
) -> None:
    adapter = tmp_path / "lora"
    make(adapter)
    found = verdict(candidate(folder, adapter), tmp_path)
    assert found.startswith(f"unsupported_adapter: {message.replace('AT', str(adapter))}")


@pytest.mark.parametrize("part", ["q_proj.lora_A", "v_proj.lora_B", "projector.weight"])
def test_whole_numbers_are_no_weights_of_an_adapter(
    folder: Path, tmp_path: Path, part: str
) -> None:
    tensors = adapter_tensors()
    rounded = {n: (t * 9).to(torch.int8) if part in n else t for n, t in tensors.items()}
    adapter = write_adapter(tmp_path / "lora", rounded)
    found = verdict(candidate(folder, adapter), tmp_path)
    assert found.startswith("quantized_weights: ")
    assert part.split(".")[0] in found


WRAPPED: dict[str, Callable[[Path], Any]] = {
    "wrapped": lambda folder: tiny.write_tensors(
        folder, {f"module.{n}": t for n, t in tiny.read_tensors(folder).items()}
    ),
    "before-torch-1.6": lambda folder: pickle_as_of_old(folder, tiny.read_tensors(folder)),
    "wrapped-before-torch-1.6": lambda folder: pickle_as_of_old(
        folder, {"model": {f"module.{n}": t for n, t in tiny.read_tensors(folder).items()}}
    ),
}


@pytest.mark.parametrize("make", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("head", [False, True])
def test_the_form_of_the_checkpoint_does_not_matter(
    folder: Path, tmp_path: Path, make: Callable[[Path], Any], *, head: bool
) -> None:
    kept = adapter_tensors() if head else without("projector", "classifier")
    adapter = write_adapter(tmp_path / "lora", kept)
    expected = logits_of(candidate(folder, adapter), tmp_path)
    make(folder)
    np.testing.assert_allclose(logits_of(candidate(folder, adapter), tmp_path), expected, atol=1e-5)


def test_a_wrapper_that_transformers_takes_off_itself_does_no_harm(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "whisper", "whisper")
    layer = "encoder.layers.0.self_attn.q_proj"
    halves = {"A": torch.ones(RANK, 32), "B": torch.ones(32, RANK)}
    tensors = {f"base_model.model.{layer}.lora_{h}.weight": t for h, t in halves.items()}
    adapter = write_adapter(tmp_path / "lora", tensors)
    expected = logits_of(candidate(folder, adapter), tmp_path)
    named = tiny.read_tensors(folder).items()
    tiny.write_tensors(
        folder, {f"model.{n}" if n.startswith("encoder.") else n: t for n, t in named}
    )
    np.testing.assert_allclose(logits_of(candidate(folder, adapter), tmp_path), expected, atol=1e-5)


def test_no_other_loader_forgets_it(folder: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "lora")
    found = verdict(candidate(folder, adapter, loader="speechbrain"), tmp_path)
    assert found.startswith("unsupported_adapter: the loader speechbrain takes no `adapter:`")


def test_an_adapter_alone_is_told_how_it_is_judged(tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "lora")
    judged = judge_config(take_snapshot(candidate(adapter)))
    assert judged.reason == "unsupported_library"
    assert judged.message.endswith(
        "an adapter is judged by `model: someone/base` with `adapter: ./tiny`"
    )


ORACLE = """
import json, sys
import torch
from peft import PeftModel
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification
from sertify.corpora.audio import white_noise
folder, adapter = sys.argv[1:]
base = AutoModelForAudioClassification.from_pretrained(folder, dtype=torch.float32)
model = PeftModel.from_pretrained(base, adapter).eval()
extractor = AutoFeatureExtractor.from_pretrained(folder)
inputs = extractor(white_noise(1, 16000), sampling_rate=16000, return_tensors="pt")
with torch.inference_mode():
    print(json.dumps(model(**inputs).logits[0].tolist()))
"""


@pytest.mark.parametrize("rooted", [False, True])
def test_the_logits_are_those_of_peft(folder: Path, tmp_path: Path, *, rooted: bool) -> None:
    if find_spec("peft") is None:
        pytest.skip("peft is not installed: pip install peft")
    adapter = write_adapter(tmp_path / "lora", use_rslora=rooted)
    done = subprocess.run(
        [sys.executable, "-c", ORACLE, str(folder), str(adapter)],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    expected = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(logits_of(candidate(folder, adapter), tmp_path), expected, atol=1e-5)
