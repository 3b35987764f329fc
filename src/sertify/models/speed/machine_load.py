"""What else the machine did while something was measured, as its operating system tells."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from sertify.vocabulary.machine import core_numbers

# Of the times at which a system counts who is on a core, 10 ms apart, it takes some to tell.
_SHORTEST = 0.1
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")


@dataclass(frozen=True)
class Reading:
    """Counters at one moment, all of them since some moment before.

    ``clock`` is in seconds, as are ``own``, for which cores worked for this process, and ``busy``,
    for which the cores that it may use worked for anybody. ``threads`` are, by thread of this
    process, the nanoseconds that it had a core, and that it was ready and waited for one; empty
    where the system does not tell.
    """

    clock: float
    own: float
    busy: float
    threads: dict[str, tuple[int, int]]


def read_counters() -> Reading:
    """Read the counters of this process and its machine."""
    return Reading(time.perf_counter(), time.process_time(), _busy(), _threads())


def contention(before: Reading, after: Reading) -> float | None:
    """Return the share of the time in which a thread could have run that it waited for a core.

    It is over all threads of the process, from 0 to 1; None where the system does not tell.
    """
    ran, waited = 0, 0
    for thread, end in after.threads.items():
        start = before.threads.get(thread, (0, 0))
        ran, waited = ran + end[0] - start[0], waited + end[1] - start[1]
    # A kernel that does not count who waits has files full of zeros.
    counts = any(waits for _, waits in after.threads.values())
    return waited / (ran + waited) if counts and ran + waited > 0 else None


def other_load(before: Reading, after: Reading) -> float | None:
    """Return how many cores other processes kept busy; None for a time too short to tell.

    Of the cores, those count that this process may use.
    """
    elapsed = after.clock - before.clock
    if elapsed < _SHORTEST:
        return None
    beside = (after.busy - before.busy) - (after.own - before.own)
    return max(0.0, beside / elapsed)


def load_average() -> float | None:
    """Return how many threads ran or waited for a core in the last minute; None on Windows."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _busy() -> float:
    cores = psutil.cpu_times(percpu=True)
    usable = [cores[number] for number in core_numbers() if number < len(cores)]
    return sum(getattr(core, kind, 0.0) for core in usable for kind in _BUSY)


def _threads() -> dict[str, tuple[int, int]]:
    """Read, as proc(5) tells, time on a core and time waiting for one."""
    times = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        try:
            ran, waited, _ = map(int, file.read_text().split())
        except (OSError, ValueError):
            continue  # the thread has just ended, or the kernel writes something else
        times[file.parent.name] = (ran, waited)
    return times
