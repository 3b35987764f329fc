"""Sends arrays to a process as fast as it takes them."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from sertify.models.processes.serving import END


class _Gone(Exception):
    """The process at the other end takes nothing more."""


class Feeder(threading.Thread):
    """Sends arrays, each when the other side has taken those before."""

    def __init__(self, connection: Connection, items: Iterable[Any]) -> None:
        super().__init__(name="feeder", daemon=True)
        self._connection, self._items = connection, items
        self._stopped = threading.Event()
        self._sent = self._answered = 0
        self._changed = time.monotonic()
        self._ended = False
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Send all, and that there are no more; where nobody takes them, who waits learns why."""
        items = iter(self._items)
        with suppress(_Gone):
            while not self._stopped.is_set() and (item := self._taken(items)) is not None:
                self._send(np.ascontiguousarray(item, np.float32).data)
                self._sent += 1
                self._changed = time.monotonic()
            self._send(END)
            self._changed, self._ended = time.monotonic(), True

    def _taken(self, items: Iterator[Any]) -> Any:
        try:
            return next(items, None)
        except BaseException as error:
            self.error = error
            return None

    def _send(self, content: Any) -> None:
        try:
            self._connection.send_bytes(content)
        except OSError as error:
            raise _Gone from error

    def note_answer(self) -> None:
        """Learn that an answer came."""
        self._answered += 1
        self._changed = time.monotonic()

    def last(self) -> float:
        """Return since when an answer is waited for, or the end of it."""
        awaited = self._ended or self._sent > self._answered
        return self._changed if awaited else time.monotonic()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
