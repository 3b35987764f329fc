"""What `make release` checks: archives that are as they should be, and others."""

import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.meta.runs import ROOT

pytestmark = pytest.mark.slow(6)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the archives of this tree."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def problems(tmp_path: Path) -> Callable[[Path], list[str]]:
    """Return what finds the problems of a folder of archives."""
    found: Any = runpy.run_path(str(ROOT / "ci" / "release.py"))["problems"]
    return lambda dist: [*found(PROJECT, dist, tmp_path)]


def test_what_is_built_has_no_problem(built: Path, problems: Callable[[Path], list[str]]) -> None:
    assert problems(built) == []


def test_what_is_wrong_is_said(
    built: Path, tmp_path: Path, problems: Callable[[Path], list[str]]
) -> None:
    dist = Path(shutil.copytree(built, tmp_path / "dist"))
    wheel = next(dist.glob("*.whl"))
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("sertify/left.pyc", b"")
    assert problems(dist)[0] == "sertify/left.pyc is in an archive"
    wheel.unlink()
    assert problems(dist)[0].startswith(f"dist/ holds ['sertify-{PROJECT['version']}.tar.gz']")
