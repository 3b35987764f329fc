"""Runs of other programs, measured from outside: their time and their memory."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["ROOT", "Finished", "run", "run_module"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes
    ----------
    wall
        Seconds from its start to its end.
    peak
        Bytes: the most that it, or any one process below it, has held. What it did not wait for is
        looked at ten times a second. On Linux this is at least what the calling process held at the
        start.
    processor
        Seconds of all cores, its own and those of the processes below it, looked at as often: other
        work on the machine hardly changes them.
    output
        What it wrote to standard output and standard error.
    """

    code: int
    wall: float
    peak: int
    output: str
    processor: float = 0.0

    @property
    def last_line(self) -> str:
        """What it wrote last to standard output."""
        return self.output.rstrip().rpartition("\n")[2]


def run(
    command: Sequence[str | Path],
    *,
    accept: Sequence[int] = (0,),
    folder: Path = ROOT,
    settings: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command and measure it.

    Parameters
    ----------
    accept
        Exit statuses that are results; another one ends the benchmark with what was written.
    settings
        Environment variables on top of the present ones.
    """
    environment = os.environ | {"HF_HUB_OFFLINE": "1"} | dict(settings or {})
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        with subprocess.Popen(
            [*map(str, command)], stdout=output, stderr=subprocess.STDOUT, cwd=folder,
            env=environment,
        ) as process:  # fmt: skip
            below = _Largest(process.pid)
            # Popen.wait would lose what the kernel knows of the process's memory.
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            below.ended.set()
            process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode not in accept:
        told = "\n".join(text.splitlines()[-30:])
        raise SystemExit(
            f"{' '.join(map(str, command))} ended with {process.returncode}, but should end with"
            f" {' or '.join(map(str, accept))}:\n{told}"
        )
    unit = 1 if sys.platform == "darwin" else 1024
    peak = max(usage.ru_maxrss * unit, below.peak)
    return Finished(process.returncode, wall, peak, text, sum(below.spent.values()))


class _Largest(threading.Thread):
    """Looks for the most that any process below another one holds, and what each has spent."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self.peak, self.ended = 0, threading.Event()
        self.spent: dict[int, float] = {}
        self.start()

    def run(self) -> None:
        """Look until it has ended."""
        while not self.ended.wait(0.1):
            with suppress(psutil.Error):
                self._look(self._process)
                for one in self._process.children(recursive=True):
                    self._look(one)
                    self.peak = max(self.peak, one.memory_info().rss)

    def _look(self, process: psutil.Process) -> None:
        self.spent[process.pid] = sum(process.cpu_times()[:2])


def run_module(
    name: str, *arguments: str | Path, accept: Sequence[int] = (0,), folder: Path = ROOT
) -> Finished:
    """Run a module of Python, in the same environment as this one."""
    return run([sys.executable, "-m", name, *arguments], accept=accept, folder=folder)
