"""A process may take what the machine has, and no more than its control groups let it."""

from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from sertify.vocabulary.machine import free_memory

V2, V1 = "0::/a/b\n", "5:cpu:/a/b\n4:cpuset,memory:/a/b\n0::/\n"
STAT = "anon 9\ninactive_file 20\nactive_file 10\ntotal_inactive_file 7\nodd\n"

GROUPS: Mapping[str, tuple[str, Mapping[str, str], int]] = {
    "its own": (V2, {"a/b/memory.max": "1000", "a/b/memory.current": "400"}, 600),
    "one around it": (
        V2,
        {"a/b/memory.max": "max", "a/memory.max": "900", "a/memory.current": "400"}
        | {"a/b/memory.current": "400"},
        500,
    ),
    "less what files have": (
        V2,
        {"a/b/memory.max": "1000", "a/b/memory.current": "400", "a/b/memory.stat": STAT},
        630,
    ),
    "a container": (
        "0::/docker/0a1b\n",
        {"memory.max": "1000", "memory.current": "1"},
        999,
    ),
    "another namespace": (
        "0::/../../a\n",
        {"a/memory.max": "1000", "a/memory.current": "2"},
        998,
    ),
    "version 1": (
        V1,
        {"memory/a/b/memory.limit_in_bytes": "1000", "memory/a/b/memory.usage_in_bytes": "300"}
        | {"memory/a/b/memory.stat": STAT},
        707,
    ),
    "more than its limit": (V2, {"a/memory.max": "10", "a/memory.current": "11"}, 0),
}


@pytest.mark.parametrize(("own", "files", "left"), GROUPS.values(), ids=GROUPS)
def test_control_groups_limit_it(
    own: str, files: Mapping[str, str], left: int, tmp_path: Path
) -> None:
    texts = {"proc/self/cgroup": own} | {f"sys/fs/cgroup/{name}": files[name] for name in files}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert free_memory(tmp_path) == left


@pytest.mark.parametrize("own", ["", "odd", "0::/a", "4:memory:/a"])
def test_without_a_limit_it_is_what_the_machine_has(own: str, tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(own)
    whole = psutil.virtual_memory()
    assert 0 < free_memory(tmp_path) < whole.total
    assert 0 < free_memory() < whole.total
