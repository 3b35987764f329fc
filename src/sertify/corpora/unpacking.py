"""Recordings that lie compressed in a larger file, unpacked one after the other into one file."""

import shutil
import tempfile
import weakref
from pathlib import Path

from sertify.corpora.contents import Content
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import amount

_LEFT_FREE = 2**28  # bytes of the disk that other programs need


class Unpacked:
    """A temporary file of what was unpacked; it goes with the process.

    So nothing is held in memory, and each recording is read again without what came before it.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sertify-")
        self._path = Path(self._folder.name) / "unpacked"
        self._file = self._path.open("wb")
        self._size = 0
        weakref.finalize(self, self._file.close)

    def add(self, content: bytes | memoryview) -> Content:
        """Keep the bytes of a recording.

        Raises ``ConfigurationError`` where the disk has no space for them.
        """
        size = memoryview(content).nbytes
        free = shutil.disk_usage(self._folder.name).free
        try:
            if free < size + _LEFT_FREE:
                raise OSError("no space")
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            folder = Path(self._folder.name).parent
            raise ConfigurationError(
                f"{folder} has no space for the recordings that are unpacked ({amount(self._size)}"
                f" so far, {amount(free)} free): free some, or set TMPDIR to a larger disk"
            ) from error
        place = Content(self._path, self._size, size)
        self._size += size
        return place
