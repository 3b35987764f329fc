"""What a run was asked to judge, and how far it has come."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sertify.report.results.model.results import RunResult


class Asked:
    """The checks of each candidate that nobody has heard of yet."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._candidates: dict[str, str] = {}
        self._open: dict[str, list[str]] = {}
        self._over = False

    def ask(self, checks: Iterable[tuple[str, str]]) -> None:
        """Note checks by their node ids, each with its candidate; workers say the same twice."""
        for nodeid, candidate in checks:
            if nodeid not in self._candidates:
                self._candidates[nodeid] = candidate
                self._open.setdefault(candidate, []).append(nodeid)

    def hear(self, nodeid: str) -> None:
        """Note that a check has been judged, or could not be."""
        left = self._open.get(self._candidates.get(nodeid, ""), [])
        if nodeid in left and not self._over:
            left.remove(nodeid)

    def end(self) -> None:
        """Note that what is open now stays so, whatever is reported of it."""
        self._over = True

    @property
    def left(self) -> Mapping[str, list[str]]:
        """The checks that are still open, by candidate."""
        return {name: [*nodeids] for name, nodeids in self._open.items() if nodeids}

    def course(self, *, finished: bool = True) -> RunResult:
        """Return how far the run has come; what is open is not ``finished`` anyway."""
        asked, left = len(self._open), len(self.left)
        return RunResult(
            started=self._started,
            finished=finished and not left,
            asked=asked,
            judged=asked - left,
        )

    def __bool__(self) -> bool:
        """Whether there is anything to judge."""
        return bool(self._candidates)
