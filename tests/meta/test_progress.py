"""On a terminal long work shows that it goes on; in a log it leaves no trace."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def on_a_terminal(reports: Path, *args: str, **environment: str) -> str:
    """Return what a run of one check writes to a terminal."""
    ours, theirs = pty.openpty()
    without = {name: value for name, value in os.environ.items() if name != "CI"}
    options = (
        "--candidates=fixtures/candidates.yaml",
        f"--reports={reports}",
        "-pno:cacheprovider",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-k", "nearly and wav2vec2", *options, *args],
        cwd=ROOT,
        env=without | {"TERM": "xterm", "COLUMNS": "100"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end has closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait(timeout=60) == pytest.ExitCode.OK, b"".join(parts)
    return b"".join(parts).decode("utf-8", "replace")


def test_progress_tells_clips_and_rate_and_goes_away(tmp_path: Path) -> None:
    output = on_a_terminal(tmp_path)
    assert "wav2vec2-tiny: 56 of 56 clips, " in output
    last = output.rpartition("56 of 56 clips")[2]
    assert "\r" in last.partition("\n")[0]
    assert "1 passed" in output


@pytest.mark.parametrize(("args", "ci"), [(["-q"], ""), ([], "true")])
def test_progress_is_absent_where_it_would_be_noise(
    tmp_path: Path, args: list[str], ci: str
) -> None:
    output = on_a_terminal(tmp_path, *args, CI=ci)
    assert "of 56 clips" not in output
    assert "1 passed" in output
