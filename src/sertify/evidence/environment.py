"""What evidence was measured with."""

import hashlib
import platform
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path

from sertify.vocabulary.machine import usable_cores

_LIBRARIES = ("sertify", "torch", "transformers", "huggingface_hub", "numpy", "soundfile", "soxr")
# What a model answers depends on the versions; how fast, on the machine as well.
_DECIDES_ANSWERS = ("sertify", "torch", "transformers", "device", "dtype", "loaders")
_DECIDES_SPEED = (*_DECIDES_ANSWERS, "cpu", "cores", "threads")


def describe_environment(device: str, threads: int, dtype: str = "float32") -> dict[str, str]:
    """Describe versions and machine; ``threads`` is how many a model may use."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return libraries | {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": str(usable_cores()),
        "device": device,
        "dtype": dtype,
        "threads": str(threads),
        "loaders": _loaders(),
    }


def fingerprint(description: Mapping[str, str], gate: str) -> str:
    """Hash of the part of a description that the evidence of a gate depends on."""
    keys = _DECIDES_SPEED if gate == "speed" else _DECIDES_ANSWERS
    text = "\n".join(f"{key}={description[key]}" for key in keys)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def decides_answers(description: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a description that a single answer depends on, to its last digits."""
    keys = (*_DECIDES_ANSWERS, "numpy", "soundfile", "soxr")
    kind = description["device"].partition(":")[0]
    return {key: description[key] for key in keys} | {"device": kind}


def may_have_accelerator() -> bool:
    """Whether this machine could have a GPU: where not, torch need not be asked, which takes time.

    On Linux each has a file of its own: NVIDIA's, also of Jetson boards; AMD's; that of WSL.
    """
    if sys.platform != "linux":
        return True
    files = ("nvidia*", "nvhost*", "nvmap", "kfd", "dxg")
    return any(True for name in files for _ in Path("/dev").glob(name))


def _loaders() -> str:
    """Name the packages, with their versions, that bring loaders or that these need."""
    points = entry_points(group="sertify.loaders")
    packages = {
        f"{point.dist.name} {point.dist.version}" for point in points if point.dist is not None
    }
    modules = {point.module.partition(".")[0] for point in points} - {"sertify"}
    packages |= {f"{name} ({_digest(name)})" for name in modules}
    for name in ("onnxruntime", "openvino", "torchaudio"):
        with suppress(PackageNotFoundError):
            packages.add(f"{name} {version(name)}")
    return ", ".join(sorted(packages))


def _digest(name: str) -> str:
    """Hash of the code of a package: it may be changed at the same version."""
    spec = find_spec(name)
    origin = Path(spec.origin) if spec is not None and spec.origin else None
    if origin is None:
        return "not found"
    package = spec is not None and spec.submodule_search_locations
    files = sorted(origin.parent.rglob("*.py")) if package else [origin]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8", errors="replace") if info.is_file() else ""
    named = re.search(r"^model name.*?:(.*)", text, re.MULTILINE)
    return named[1].strip() if named else platform.processor() or platform.machine()
