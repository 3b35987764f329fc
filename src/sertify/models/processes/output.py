"""What a process prints: taken from it as it comes, and of that the end kept."""

import os
import threading
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection

_CHUNK = 65_536
_KEPT = 4  # chunks


class Output:
    """Reads the end of a pipe until nobody can write to it, so that no writer ever waits."""

    def __init__(self, source: Connection) -> None:
        self._source = source
        self._kept: deque[bytes] = deque(maxlen=_KEPT)
        self._reader = threading.Thread(target=self._read, name="output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._source:
            while chunk := os.read(self._source.fileno(), _CHUNK):
                self._kept.append(chunk)

    def text(self, patience: float = 1.0) -> str:
        """Return the end of what came, once all has come or after so many seconds."""
        self._reader.join(patience)  # what a process left behind may hold the other end open
        return b"".join([*self._kept])[-_CHUNK:].decode(errors="replace")
