"""A run of pytest imports only what it needs: waiting is for those who judge."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.runs import CHECKS, EMBEDDED

SPY = """
import sys
from pathlib import Path

def pytest_unconfigure():
    names = {name.partition(".")[0] for name in sys.modules}
    Path(__file__).with_name("imported").write_text("\\n".join(names))
"""
JUDGING = {
    "huggingface_hub",
    "jinja2",
    "numpy",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "transformers",
}
READING = {"pydantic", "ruamel", "yaml"}


def imported(folder: Path, *args: str | Path) -> set[str]:
    """Return the packages that a run of pytest has imported by its end."""
    (folder / "spy.py").write_text(SPY)
    quietly = ("-p", "spy", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-q")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *quietly, *args],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", ""))),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.OK, run.stdout + run.stderr
    return set((folder / "imported").read_text().splitlines())


@pytest.mark.slow(1)
def test_tests_of_other_projects_import_nothing_for_the_checks(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_nothing(): pass\n")
    found = imported(tmp_path)
    assert "sertify" in found
    assert found & (JUDGING | READING) == set()


@pytest.mark.slow(1)
def test_collecting_the_checks_imports_nothing_for_judging(tmp_path: Path) -> None:
    found = imported(tmp_path, CHECKS, "--candidates", EMBEDDED, "--collect-only")
    assert "pydantic" in found
    assert found & JUDGING == set()
