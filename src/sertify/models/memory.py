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
# Of malloc.h: from which size on a block is mapped by itself, how much may be free at the end of
# the heap, and how many heaps there are.
_OF_GLIBC = {-3: 2**30, -1: 2**31 - 1, -8: 1}


def keep_little(primitives: int = 0) -> None:
    """Let oneDNN keep few of what it makes for each layer and length of a clip, or none.

    It reads this when it is first used. In 16 bits, layers that are alike save a tenth of the time
    by what was made for the first; in float32 nothing.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(primitives))


def keep_blocks() -> None:
    """Let glibc take large blocks from what was freed: a new one costs time for each of its pages.

    For all threads there is one heap then; `give_back` returns what is free in it to the system.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # other C libraries have no such setting
            for setting, value in _OF_GLIBC.items():
                ctypes.CDLL("libc.so.6").mallopt(setting, value)


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
