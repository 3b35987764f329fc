"""No text that a repository or a file holds takes longer to read than its length explains."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.chaos.texts import ROWS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, str]:
    """How reading each text ended, in a process that may not take long."""
    command = [sys.executable, "-m", "tests.chaos.texts"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ended: Mapping[str, str] = json.loads(run.stdout)
    return ended


@pytest.mark.slow(25)
@pytest.mark.parametrize("row", ROWS)
def test_a_text_is_read_or_refused_in_bounded_time(row: str, outcomes: Mapping[str, str]) -> None:
    assert outcomes[row] in ("read", "refused")
