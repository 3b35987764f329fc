"""How much memory this process holds, and how much a call takes."""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import psutil

_INTERVAL = 0.002


def keep_little() -> None:
    """Let oneDNN keep nothing for a new length of a clip; it reads this when it is first used."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")


def give_back() -> None:
    """Return to the system what was freed: glibc keeps it, for each thread its own."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # other C libraries keep less
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def held() -> float:
    """Return the MB that the process cannot do without: what is freed is given back before."""
    gc.collect()
    give_back()
    return _resident()


def peak(function: Callable[[], object]) -> float:
    """Call a function and return the most memory, in MB, that the process held meanwhile.

    The resident set of the whole process counts, model and libraries included; memory of a GPU
    does not.
    """
    held()  # else it would seem to need less where others have left some
    done, seen = threading.Event(), [0.0]

    def watch() -> None:
        while not done.wait(_INTERVAL):
            seen.append(_resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        function()
        seen.append(_resident())
    finally:
        done.set()
        watcher.join()
    return max(seen)


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
