"""What this machine lets a process use."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

DTYPES = ("float32", "bfloat16", "float16", "mixed")
"""What models may compute in; mixed is 16 bits where float32 would give the same label."""

# Of control groups, version 2 and version 1: the limit, what is used, and what the kernel takes
# back of that when it is needed, which is what was read of files.
_ACCOUNTS = (
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
    (
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_inactive_file", "total_active_file"),
    ),
)


def core_numbers() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def usable_cores() -> int:
    """Return how many cores this process may use: in a container, fewer than the machine has."""
    return len(core_numbers())


def free_memory(system: Path = Path("/")) -> int:
    """Return how many bytes of memory this process may still take.

    That is what the machine has available, or less where a container or another control group, its
    own or one around it, allows no more. ``system`` is where the files are that tell of these.
    """
    left = (_left(folder) for folder in _groups(system))
    known = [number for number in left if number is not None]
    return max(0, min([int(psutil.virtual_memory().available), *known]))


def _groups(system: Path) -> Iterator[Path]:
    """Give the folders of the control groups, from the outermost to the one of this process."""
    for line in _text(system / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        version_1 = "memory" in controllers.split(",")
        if version_1 or not controllers:
            top = system / "sys/fs/cgroup" / ("memory" if version_1 else "")
            # In a container it may be a path of the host, of which only the top is seen.
            names = [name for name in path.split("/") if name not in ("", "..")]
            yield from (top.joinpath(*names[:depth]) for depth in range(len(names) + 1))


def _left(group: Path) -> int | None:
    """Return how many bytes a control group may still take; None where it has no limit."""
    for limit, usage, kinds in _ACCOUNTS:
        most, used = _text(group / limit).strip(), _text(group / usage).strip()
        if most.isdecimal() and used.isdecimal():
            rows = (row.split() for row in _text(group / "memory.stat").splitlines())
            spare = sum(int(row[1]) for row in rows if len(row) == 2 and row[0] in kinds)
            return int(most) - int(used) + spare
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError:
        return ""
