"""Paths that are not in UTF-8, as on disks of others: serially and with workers."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.chaos.projects import CHECKS, judged, project

OWN = """
import warnings
import pytest

@pytest.mark.loadability
def test_own(candidate, options, data):
    assert len(data.clips) == 2
    assert options.reports.is_dir() and options.candidates.is_file()
    warnings.warn("read " + data.clips[0].name)
"""
ODD = os.fsdecode(b"stra\xdfe")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not os.path.supports_unicode_filenames:
        try:
            (tmp_path / ODD).mkdir()
        except OSError:
            pytest.skip("needs a file system that takes any bytes for a name")
    folder = project(tmp_path / "project", OWN, ["one", "two"])
    (folder / "candidates.yaml").rename(tmp_path / ODD / "candidates.yaml")
    for label in ("angry", "sad"):
        (folder / ODD / label).mkdir(parents=True)
        noise = np.random.default_rng(0).normal(0, 0.1, 16_000)
        soundfile.write(os.fsencode(folder / ODD / label / f"{ODD}.wav"), noise, 16_000)
    return folder


@pytest.mark.slow(4)
@pytest.mark.parametrize("workers", ["0", "2"], ids=["serial", "workers"])
def test_candidates_speech_and_reports_may_lie_there(folder: Path, workers: str) -> None:
    reports = folder.parent / ODD / "reports"
    candidates = folder.parent / ODD / "candidates.yaml"
    options = ("--reports", reports, f"--data=speech={ODD}", "--candidates", candidates)
    outcome = judged(folder, "-n", workers, "-m", "loadability", *options)
    assert outcome.code == pytest.ExitCode.OK, outcome.output
    assert (reports / "results.json").is_file()
    assert "read angry" in outcome.output


def test_where_workers_cannot_go_pytest_says_so(folder: Path) -> None:
    odd = folder / ODD / CHECKS
    odd.write_text(OWN)
    outcome = judged(
        folder, "-n", "2", odd, "--candidates", folder.parent / ODD / "candidates.yaml"
    )
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "is not in UTF-8, which pytest-xdist needs; rename it, or run" in outcome.output
