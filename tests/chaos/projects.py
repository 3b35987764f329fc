"""Small projects whose candidates need no model: their checks do what a test says."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.meta.runs import CHECKS as CHECKED
from tests.meta.runs import ROOT, Outcome

CHECKS = "test_own.py"
# Seconds until a run is said to hang.
_PATIENCE = 100


def project(folder: Path, own: str, names: Sequence[str]) -> Path:
    """Write candidates of these names, and checks of the project's own about them."""
    folder.mkdir(exist_ok=True)
    entries = "".join(f"- {{name: {name}, model: org/{name}}}\n" for name in names)
    (folder / "candidates.yaml").write_text(f"candidates:\n{entries}")
    (folder / CHECKS).write_text(own)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def begun(folder: Path, *args: str | Path, **variables: str) -> "subprocess.Popen[str]":
    """Begin to judge in a folder, in a process group of its own."""
    given = ("-k", CHECKS, "--pyargs", CHECKS, "sertify.checks", *args)
    return _begun(folder, given, variables)


def begun_on(folder: Path, *args: str | Path, **variables: str) -> "subprocess.Popen[str]":
    """Begin to judge the candidates of a folder by the checks of the product."""
    given = (CHECKED, "--threads=1", "--candidates", folder / "candidates.yaml", *args)
    return _begun(ROOT, given, variables)


def _begun(
    folder: Path, args: Sequence[str | Path], variables: Mapping[str, str]
) -> "subprocess.Popen[str]":
    fixed = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *fixed, *args],
        cwd=folder,
        env=os.environ | dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_mind_interrupts,
    )


def _mind_interrupts() -> None:
    """Be as a program in the foreground: what a shell starts behind it is to ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_on(folder: Path, *args: str | Path) -> Outcome:
    """Judge the candidates of a folder by the checks of the product."""
    process = begun_on(folder, "--reports", folder / "reports", *args)
    return ended(folder, process, patience=6 * _PATIENCE)


def ended(folder: Path, process: "subprocess.Popen[str]", patience: float = _PATIENCE) -> Outcome:
    """Wait for its end."""
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()  # else a test that has nothing to do with it is told of it
        raise
    return Outcome(process.returncode, output, folder / "reports")


def judged(folder: Path, *args: str | Path, **variables: str) -> Outcome:
    """Judge in a folder."""
    return ended(folder, begun(folder, *args, **variables))


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    """Wait until something has made a file, or the process has ended."""
    while not path.exists() and process.poll() is None:
        time.sleep(0.02)


def kill(process: "subprocess.Popen[str]", number: signal.Signals, *, group: bool) -> None:
    """Send a signal to a process, or to all of its group as a terminal does."""
    send: Callable[[int, int], None] = os.killpg if group else os.kill
    send(process.pid, number)
