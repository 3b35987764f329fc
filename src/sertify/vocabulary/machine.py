"""What this machine lets a process use."""

import os

DTYPES = ("float32", "bfloat16", "float16")
"""What models may compute in."""


def core_numbers() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def usable_cores() -> int:
    """Return how many cores this process may use: in a container, fewer than the machine has."""
    return len(core_numbers())
