"""Fixtures of the tests that call pytest on the checks."""

import importlib
import multiprocessing
import os
import pkgutil
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from ruamel.yaml import YAML

import sertify
from tests.meta.runs import CHECKS, EMBEDDED, FIXTURES, SPEECH, Outcome, Run

# A slow machine would fail a test for its own sake, and a random start for no one's.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)  # before -m leaves out what is slow
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one.

    Whatever judges models as users do is slow, too.
    """
    seconds: Counter[Path] = Counter()
    for item in items:
        judges = {"run", "some_speech"} & {*getattr(item, "fixturenames", ())}
        if judges and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.slow(2))
        seconds[item.path] += sum(mark.args[0] for mark in item.iter_markers("slow"))
    items.sort(key=lambda item: -seconds[item.path])


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    """Hide from what tests start that a worker did: pytest-benchmark would not measure.

    And let it keep what it compiles: each process would do so anew.
    """
    for name in ("PYTEST_XDIST_WORKER", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)


# What the embedded models and the processes of the speed gate need.
_BESIDE = (
    "multiprocessing.forkserver",
    "multiprocessing.popen_forkserver",
    "multiprocessing.resource_tracker",
    "transformers.models.audio_spectrogram_transformer.modeling_audio_spectrogram_transformer",
    "transformers.models.hubert.modeling_hubert",
    "transformers.models.wav2vec2.modeling_wav2vec2",
    "transformers.models.wavlm.modeling_wavlm",
)


@pytest.fixture(scope="session")
def _imported() -> None:
    """Import what pytester forgets when an inner run imported it first.

    torch cannot be imported again, and the rest would take seconds of each run. The process that
    those of the speed gate start from has it as well.
    """
    rooms = pkgutil.walk_packages(sertify.__path__, "sertify.")
    modules = [one.name for one in rooms if not one.name.endswith("__main__")]
    multiprocessing.get_context("forkserver").set_forkserver_preload([*modules, *_BESIDE])
    forkserver.ensure_running()
    for module in (*modules, *_BESIDE):
        importlib.import_module(module)


@pytest.fixture(scope="session")
def some_speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fifth of the embedded speech: a clip of each emotion and speaker."""
    header, *rows = (SPEECH / "metadata.csv").read_text("utf-8").splitlines()
    return copy_speech(tmp_path_factory.mktemp("speech"), header, rows[::5])


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache of what models answer, for tests in which that is of no matter."""
    return tmp_path_factory.mktemp("known")


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two halves of the embedded speech, of three languages and six speakers each."""
    root = tmp_path_factory.mktemp("corpora")
    header, *rows = (SPEECH / "metadata.csv").read_text("utf-8").splitlines()
    first = [row for row in rows[::5] if row.split(",")[4] in ("de", "en", "es")]
    second = [row for row in rows[::5] if row not in first]
    return copy_speech(root / "first", header, first), copy_speech(root / "second", header, second)


def copy_speech(folder: Path, header: str, rows: Sequence[str]) -> Path:
    """Copy the clips of some rows of the embedded speech into a new folder."""
    (folder / "audio").mkdir(parents=True)
    (folder / "metadata.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    for name in (row.partition(",")[0] for row in rows):
        shutil.copy(SPEECH / name, folder / name)
    return folder


@pytest.fixture
def run(pytester: pytest.Pytester, _imported: None) -> Run:
    """Call pytest on the checks, as from the root of the project.

    It knows nothing of earlier runs, unless it is given the folder of a ``cache``.
    """

    def call(
        *args: str | Path,
        candidates: Path = EMBEDDED,
        reports: Path = pytester.path / "reports",
        cache: Path | None = None,
    ) -> Outcome:
        fixed = (
            "--candidates",
            str(candidates),
            "--reports",
            str(reports),
            *(("-o", f"cache_dir={cache}") if cache else ("-p", "no:cacheprovider")),
            *("-p", "no:hypothesispytest"),  # workers would import it
            "--threads=1",  # small models wait long for cores that something else is using
            "--benchmark-max-time=0.05",
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
