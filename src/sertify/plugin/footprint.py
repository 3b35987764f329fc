"""How much memory a call takes."""

import gc
import threading
from collections.abc import Callable

import psutil

__all__ = ["peak_memory"]

_INTERVAL = 0.002


def peak_memory(function: Callable[[], object]) -> float:
    """Call a function and return the most memory, in MB, that the process held meanwhile.

    The resident set of the whole process counts, model and libraries included; memory of a GPU
    does not.
    """
    gc.collect()
    process, done, peaks = psutil.Process(), threading.Event(), [0]

    def watch() -> None:
        while not done.wait(_INTERVAL):
            peaks.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        function()
        peaks.append(process.memory_info().rss)
    finally:
        done.set()
        watcher.join()
    return max(peaks) / 1e6
