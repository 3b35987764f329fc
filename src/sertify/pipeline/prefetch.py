"""The repositories of many candidates, asked for a few at a time."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from sertify.candidates.locks import Locked
from sertify.candidates.reading import Candidate
from sertify.gates.loadability import judge_task, require
from sertify.hub import bounds
from sertify.hub.configs import has_config
from sertify.hub.snapshots import Snapshot, read_index, take_snapshot
from sertify.hub.tensors.index import TensorIndex
from sertify.hub.waiting import within
from sertify.vocabulary.errors import Blocked

_AT_A_TIME = 8
"""Repositories; more at once would wear out the patience of the hub, not save time."""


class Repositories:
    """Snapshots and tensor indexes; those of `ahead` are fetched before anyone asks for them.

    Parameters
    ----------
    locked
        The commits that candidates have to be at, by the candidate's name; None to take any.
    """

    def __init__(
        self,
        ahead: Iterable[Candidate],
        *,
        offline: bool,
        locked: Mapping[str, Locked] | None = None,
    ) -> None:
        self._offline = offline
        self._locked = locked
        self._found: dict[tuple[str, Callable[..., Any]], Future[Any]] = {}
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[Candidate], Any], Candidate] | None]
        self._jobs = SimpleQueue()
        for _ in range(_AT_A_TIME):
            # Of a pool, Python would wait for the threads, though nobody waits for their answers.
            threading.Thread(target=self._work, name="hub", daemon=True).start()
        for candidate in ahead:
            self._ask(candidate, self._snapshot)
            self._ask(candidate, self._index)

    def close(self) -> None:
        """Forget what nobody asked for."""
        for future in self._found.values():
            future.cancel()
        for _ in range(_AT_A_TIME):
            self._jobs.put(None)

    def snapshot(self, candidate: Candidate) -> Snapshot:
        """Return the candidate's snapshot, or raise what :func:`take_snapshot` does.

        Raises ``Blocked`` with ``moved_on`` where it is not what is locked.
        """
        snapshot: Snapshot = self._ask(candidate, self._snapshot).result()
        return snapshot

    def index(self, candidate: Candidate) -> TensorIndex:
        """Return the candidate's tensor index, or raise what :func:`read_index` does.

        Raises ``Rejected`` with ``wrong_task`` where that is known without.
        """
        self._ask(candidate, self._snapshot)  # first, for the other waits for it
        index: TensorIndex = self._ask(candidate, self._index).result()
        return index

    def forget(self, candidate: Candidate) -> None:
        """Look at a candidate's repository anew where it is asked for again."""
        for what in (self._snapshot, self._index):
            self._found.pop((candidate.name, what), None)

    def _ask(self, candidate: Candidate, what: Callable[[Candidate], Any]) -> Future[Any]:
        key = (candidate.name, what)
        if key not in self._found:
            self._found[key] = Future()
            self._jobs.put((self._found[key], what, candidate))
        return self._found[key]

    def _work(self) -> None:
        while job := self._jobs.get():
            future, what, candidate = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(self._in_time(what, candidate))
                except BaseException as error:
                    future.set_exception(error)

    def _in_time(self, what: Callable[[Candidate], Any], candidate: Candidate) -> Any:
        """Give up what hangs elsewhere than in an answer, and so keep the thread for others."""
        if candidate.folder is not None:
            return what(candidate)  # reading a large folder takes its time
        told = f"what the hub has of {candidate.model}"
        return within(bounds.LOOK + bounds.GRACE, told, lambda: what(candidate))

    def _snapshot(self, candidate: Candidate) -> Snapshot:
        snapshot = take_snapshot(candidate, offline=self._offline)
        if self._locked is not None:
            locked = self._locked.get(candidate.name)
            if locked != Locked(candidate.model, snapshot.identity):
                known = f"{locked.model} is locked at {locked.commit}" if locked else "no lock"
                message = f"{known}, but {candidate.model} is at {snapshot.identity}"
                raise Blocked("moved_on", message)
        return snapshot

    def _index(self, candidate: Candidate) -> TensorIndex:
        snapshot = self.snapshot(candidate)
        if has_config(snapshot):
            # Of what is for another task, nobody will ask for the tensors.
            config = snapshot.read_json("config.json")
            require(judge_task(config, adapted=candidate.adapter is not None))
        return read_index(snapshot)
