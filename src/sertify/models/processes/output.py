"""What a process prints: taken from it as it comes, and of that the end kept."""

import os
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

_KEPT = 65_536  # bytes


class Output:
    """Reads the end of a pipe until nobody can write to it, so that no writer ever waits."""

    def __init__(self, source: Connection) -> None:
        self._source = source
        self._kept = bytearray()
        self._reader = threading.Thread(target=self._read, name="output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError), self._source:
            while chunk := os.read(self._source.fileno(), _KEPT):
                self._kept += chunk
                del self._kept[:-_KEPT]

    def text(self, patience: float = 1.0) -> str:
        """Return the end of what came, once all has come or after so many seconds."""
        self._reader.join(patience)  # what a process left behind may hold the other end open
        return bytes(self._kept).decode(errors="replace")
