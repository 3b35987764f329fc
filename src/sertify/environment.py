"""What evidence was measured with."""

import hashlib
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

__all__ = ["describe", "fingerprint", "usable_cores"]

_LIBRARIES = ("sertify", "torch", "transformers", "huggingface_hub", "numpy", "soundfile", "soxr")
# What a model answers depends on the versions; how fast, on the machine as well.
_DECIDES_ANSWERS = ("sertify", "torch", "transformers", "device", "loaders")
_DECIDES_SPEED = (*_DECIDES_ANSWERS, "cpu", "cores", "threads")


def describe(device: str, threads: int) -> dict[str, str]:
    """Describe versions and machine; ``threads`` is how many a model may use."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return libraries | {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": str(usable_cores()),
        "device": device,
        "threads": str(threads),
        "loaders": _loaders(),
    }


def fingerprint(description: Mapping[str, str], gate: str) -> str:
    """Hash of the part of a description that the evidence of a gate depends on."""
    keys = _DECIDES_SPEED if gate == "speed" else _DECIDES_ANSWERS
    text = "\n".join(f"{key}={description[key]}" for key in keys)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def usable_cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _loaders() -> str:
    """Name the packages, with their versions, that bring loaders or that these need."""
    points = entry_points(group="sertify.loaders")
    packages = {f"{one.dist.name} {one.dist.version}" for one in points if one.dist is not None}
    with suppress(PackageNotFoundError):
        packages.add(f"onnxruntime {version('onnxruntime')}")
    return ", ".join(sorted(packages))


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
