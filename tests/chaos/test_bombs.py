"""A run over repositories of a few bytes that would fill the machine, or hold it for days."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.chaos.texts import TWO_KINDS
from tests.meta import tiny
from tests.meta.hub.test_tensors import HASHED, MANY, archive
from tests.meta.runs import CHECKS, Outcome

CONFIG = "config.json"


def _with(**values: object) -> Callable[[Path], object]:
    return lambda folder: tiny.edit_json(folder / CONFIG, lambda config: config.update(values))


def _card(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "README.md").write_text(text, "utf-8")


def _pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    pickled = b"\x80\2" + HASHED["a key"] % MANY
    (folder / "pytorch_model.bin").write_bytes(archive(pickled))


def _extractor(folder: Path) -> None:
    tiny.edit_json(folder / "preprocessor_config.json", lambda it: it.update(num_mel_bins=10**6))


# What is done to a sound checkpoint, and the reason that a run gives for it; none accepts it.
ROWS: Mapping[str, tuple[str, Callable[[Path], object], str | None]] = {
    "sound": ("wav2vec2", lambda _: None, None),
    "labels": ("wav2vec2", _with(num_labels=10**8), "bad_config"),
    "long-label": ("wav2vec2", _with(id2label={0: "x" * 10**6, 1: "b", 2: "c"}), "bad_config"),
    "many-labels": ("wav2vec2", _with(id2label=dict.fromkeys(range(200_000), "x")), "bad_config"),
    "mel-bins": ("ast", _with(num_mel_bins=10**6), "bad_config"),
    "mel-filters": ("ast", _extractor, "no_feature_extractor"),
    "wide": (
        "wav2vec2",
        _with(hidden_size=16384, num_hidden_layers=48, intermediate_size=65536),
        "incomplete_backbone",
    ),
    "convolutions": ("wav2vec2", _with(conv_kernel="10"), "bad_config"),
    "strides": ("wav2vec2", _with(conv_stride=[5, 2]), "bad_config"),
    "merged-card": ("wav2vec2", _card(f"---\n{TWO_KINDS}\n---\n"), None),
    "korean-card": ("wav2vec2", _card("학습" * 100_000), None),
    "pickle": ("wav2vec2", _pickle, "corrupt_weights"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """How it ended, with the weights left out."""
    folder = tmp_path_factory.mktemp("bombs")
    for name, (family, change, _) in ROWS.items():
        change(tiny.build(folder / name, family))
    entries = [{"name": name, "model": f"./{name}"} for name in ROWS]
    suite = {"requirements": {"min_labels": 3}, "candidates": entries}
    (folder / "candidates.yaml").write_text(json.dumps(suite))
    (folder / "pytest.ini").write_text("[pytest]\n")
    places = ["--candidates", "candidates.yaml", "--reports", "reports", "--rootdir", "."]
    options = ["-p", "no:cacheprovider", "-c", "pytest.ini", "--no-weights", *places]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(CHECKS)],
        cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, folder / "reports")


@pytest.mark.slow(20)
@pytest.mark.parametrize("name", ROWS)
def test_each_is_judged_whatever_the_others_are(run: Outcome, name: str) -> None:
    *_, reason = ROWS[name]
    found = {case.properties.get("reason") for case in run.of(name) if case.kind == "failure"}
    assert found == ({reason} if reason else set()), run.output[-800:]


@pytest.mark.slow(0.1)
def test_reports_are_as_small_as_ever(run: Outcome) -> None:
    sizes = {path.name: path.stat().st_size for path in run.reports.glob("*.*")}
    assert max(sizes["junit.xml"], sizes["results.json"]) < 500_000, sizes
    assert len(run.output) < 100_000
