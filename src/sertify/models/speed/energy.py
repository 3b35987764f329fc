"""What energy a machine has used, where it tells."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Counters = Mapping[str, tuple[int, int]]
"""By part of the machine, microjoules so far, and the number at which it starts again from 0."""


def read_processor(powercap: Path = Path("/sys/class/powercap")) -> Counters:
    """Read RAPL, the meters of Intel's and AMD's processors and their memory; empty without.

    Kernels since 5.10 let none but root read them.
    """
    counters = {}
    for zone in sorted(powercap.glob("intel-rapl:*")):
        try:
            name = (zone / "name").read_text().strip()
            used = int((zone / "energy_uj").read_text())
            limit = int((zone / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            continue
        # Cores are part of their package, and packages are part of psys.
        if name.startswith("package") or name == "dram":
            counters[zone.name] = (used, limit)
    return counters


def read_gpu(uuid: str) -> Counters:
    """Read the meter of an NVIDIA GPU through pynvml; empty without that package or a meter."""
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return {}
    try:
        nvml.nvmlInit()
        device = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid.removeprefix('GPU-')}")
        return {uuid: (1000 * nvml.nvmlDeviceGetTotalEnergyConsumption(device), 2**64)}
    except nvml.NVMLError:
        return {}


def joules(before: Counters, after: Counters) -> float | None:
    """Return the energy used between two readings, in J; None where nothing was metered."""
    if before.keys() != after.keys():
        return None
    used = sum((after[part][0] - start) % limit for part, (start, limit) in before.items())
    # A virtual machine may have meters that stand still.
    return used / 1e6 or None
