"""How many processes ``-n auto`` stands for."""

from collections.abc import Sequence
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

from sertify.plugin.collection import Candidates
from sertify.plugin.options import candidates_file
from sertify.vocabulary.machine import usable_cores

_LEAST = 2

ROOM = 2.5e9
"""Bytes that a worker needs for a model of 316 million weights, and for asking it."""


def fastest(config: pytest.Config) -> int:
    """Return how many workers judge the candidates of a run in the least time on this machine."""
    candidates = len(Candidates(candidates_file(config)).all())
    return number_of_workers(candidates, usable_cores(), psutil.virtual_memory().available)


def number_of_workers(candidates: int, cores: int, memory: float) -> int:
    """Return 0 where this process alone is as fast: a candidate is never shared out.

    Answers take as long in several processes as in as many threads of one. What only one core can
    do (imports, loading, statistics) takes less time in several; measured in docs/performance.md.

    >>> number_of_workers(13, cores=4, memory=32e9)
    4
    >>> number_of_workers(13, cores=4, memory=6e9)
    2
    >>> number_of_workers(1, cores=4, memory=32e9)
    0
    """
    workers = min(candidates, cores, int(memory // ROOM))
    return workers if workers > 1 else 0


class CandidateScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives all checks of a candidate to one worker.

    ``--dist loadgroup`` is meant for this, but does not group with pytest 9.2 and xdist 3.8
    (pytest-xdist issue 1386). ``abandoned`` are the checks that nobody will run because the worker
    died that had their candidate: another one would die of it, too.
    """

    def __init__(self, config: pytest.Config, log: Any, candidates: Sequence[str]) -> None:
        super().__init__(config, log)
        self._candidates = frozenset(candidates)
        self.abandoned: list[str] = []

    def _split_scope(self, nodeid: str) -> str:
        name, _ = split(nodeid)
        return name if name in self._candidates else str(super()._split_scope(nodeid))

    def _reschedule(self, node: Any) -> None:
        """Give a worker no less than it needs: it begins a check once it knows what comes next.

        One that takes the place of a dead one would wait for ever with a single check.
        """
        super()._reschedule(node)
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < _LEAST:
            super()._reschedule(node)

    def remove_node(self, node: Any) -> str | None:
        """Forget a worker, and the candidate that it died of; return the check that it was at."""
        workload: dict[str, dict[str, bool]] = self.assigned_work[node]
        unit = next((unit for unit in workload.values() if not all(unit.values())), {})
        pending = [nodeid for nodeid, done in unit.items() if not done]
        unit.update(dict.fromkeys(pending, True))
        super().remove_node(node)
        self.abandoned = pending[1:]
        return pending[0] if pending else None


def split(nodeid: str) -> tuple[str, str]:
    """Return the candidate of a check, and ``@`` with the length of audio where it has one."""
    name, at, seconds = nodeid.rpartition("[")[2].removesuffix("]").partition("@")
    return name, at + seconds
