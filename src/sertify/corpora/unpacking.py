"""Recordings that lie compressed in a larger file, unpacked one after the other into one file."""

import hashlib
import shutil
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.corpora.contents import Content
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import amount

LEFT_FREE = 2**28
"""Bytes of the disk that other programs need."""


class Scratch:
    """A temporary folder that goes with this object, or with the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sertify-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Unpacked:
    """A temporary file of what was unpacked; it goes with this object, which clips keep.

    So nothing is held in memory, and each recording is read again without what came before it.
    """

    def __init__(self) -> None:
        self._folder = Scratch()
        self._path = self._folder.path / "unpacked"
        self._file = self._path.open("wb")
        self._size = 0
        weakref.finalize(self, self._file.close)

    def add(self, content: bytes | memoryview) -> Content:
        """Keep the bytes of a recording.

        Raises ``ConfigurationError`` where the disk has no space for them.
        """
        size = memoryview(content).nbytes
        free = shutil.disk_usage(self._folder.path).free
        try:
            if free < size + LEFT_FREE:
                raise OSError("no space")
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            folder = self._folder.path.parent
            raise ConfigurationError(
                f"{folder} has no space for the recordings that are unpacked ({amount(self._size)}"
                f" so far, {amount(free)} free): free some, or set TMPDIR to a larger disk"
            ) from error
        place = Content(self._path, self._size, size)
        self._size += size
        return place

    def placed(self, clip: Clip, content: bytes | memoryview) -> Clip:
        """Keep the bytes of a clip, and return it with their place and digest.

        It gets no stamp, which differs until the last one is there.
        """
        place, digest = self.add(content), hashlib.sha256(content).hexdigest()
        return replace(
            clip,
            path=place.path,
            offset=place.offset,
            size=place.size,
            digest=digest,
            keeper=self,
        )
