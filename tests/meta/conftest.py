"""Fixtures of the tests that call pytest on the checks."""

import importlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.meta.runs import CHECKS, EMBEDDED, FIXTURES, SPEECH, Outcome, Run


@pytest.fixture(scope="session", autouse=True)
def _no_worker() -> None:
    """Hide from what tests start that a worker did: pytest-benchmark would not measure."""
    os.environ.pop("PYTEST_XDIST_WORKER", None)


@pytest.fixture(scope="session")
def _imported() -> None:
    """Import what pytester forgets when an inner run imported it first: torch cannot be again."""
    for module in (
        "multiprocessing.forkserver",
        "multiprocessing.popen_forkserver",
        "multiprocessing.resource_tracker",
        "sertify.models.speed.process",
        "sertify.models.model",
        "sertify.pipeline.predictions",
        "sertify.pipeline.prefetch",
        "transformers.models.audio_spectrogram_transformer.modeling_audio_spectrogram_transformer",
        "transformers.models.hubert.modeling_hubert",
        "transformers.models.wav2vec2.modeling_wav2vec2",
        "transformers.models.wavlm.modeling_wavlm",
    ):
        importlib.import_module(module)


@pytest.fixture(scope="session")
def some_speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fifth of the embedded speech: a clip of each emotion and speaker."""
    folder = tmp_path_factory.mktemp("speech")
    (folder / "audio").mkdir()
    header, *rows = (SPEECH / "metadata.csv").read_text("utf-8").splitlines()
    kept = rows[::5]
    (folder / "metadata.csv").write_text("\n".join([header, *kept]) + "\n", "utf-8")
    for row in kept:
        name = row.partition(",")[0]
        shutil.copy(SPEECH / name, folder / name)
    return folder


@pytest.fixture
def run(pytester: pytest.Pytester, _imported: None) -> Run:
    """Call pytest on the checks, as from the root of the project."""

    def call(*args: str | Path, candidates: Path = EMBEDDED) -> Outcome:
        reports = pytester.path / "reports"
        fixed = (
            "-p",
            "no:cacheprovider",
            "--candidates",
            str(candidates),
            "--reports",
            str(reports),
            "--threads=1",  # small models wait long for cores that something else is using
            "--benchmark-max-time=0.1",
        )
        result = pytester.runpytest_inprocess(CHECKS, *fixed, *args)
        return Outcome(int(result.ret), str(result.stdout) + str(result.stderr), reports)

    return call


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a candidates.yaml of embedded candidates, with other values for some keys."""

    def call(*names: str, requirements: dict[str, Any] | None = None, **keys: Any) -> Path:
        embedded = YAML(typ="safe").load(EMBEDDED)
        chosen = [one for one in embedded["candidates"] if one["name"] in names]
        for one in chosen:
            one["model"] = str(FIXTURES / one["model"])
            one.update(keys)
            for key in [key for key, value in one.items() if value is None]:
                del one[key]
        path = tmp_path / "candidates.yaml"
        common = embedded["requirements"] | {"segments": [1]} | (requirements or {})
        YAML().dump({"requirements": common, "candidates": chosen}, path)
        return path

    return call
