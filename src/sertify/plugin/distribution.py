"""How pytest-xdist shares out the work: whole candidates, so that each model is loaded once."""

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["CandidateScheduling"]


class CandidateScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives all checks of a candidate to one worker.

    ``--dist loadgroup`` is meant for this, but does not group with pytest 9.2 and xdist 3.8
    (pytest-xdist issue 1386).
    """

    def __init__(self, config: pytest.Config, log: Any, candidates: Sequence[str]) -> None:
        super().__init__(config, log)
        self._candidates = frozenset(candidates)

    def _split_scope(self, nodeid: str) -> str:
        identifier = nodeid.rpartition("[")[2].removesuffix("]").partition("@")[0]
        if identifier in self._candidates:
            return identifier
        return str(super()._split_scope(nodeid))

    def remove_node(self, node: Any) -> str | None:
        """Forget a worker; the test that killed it is not given to another, or it kills that."""
        workload = self.assigned_work[node]
        crashed = next(
            (name for unit in workload.values() for name, done in unit.items() if not done), None
        )
        if crashed is not None:
            next(unit for unit in workload.values() if crashed in unit)[crashed] = True
        super().remove_node(node)
        return crashed
