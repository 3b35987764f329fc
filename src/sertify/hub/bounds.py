"""How much of an answer may arrive, by when and how fast; read piece by piece, so never more."""

import math
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx2
from huggingface_hub.errors import OfflineModeIsEnabled

from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.text import amount

TIMEOUT = 30.0
"""Seconds without an answer after which the hub counts as unreachable; its client has no limit."""

LONGEST_PAUSE = 60
"""Seconds that a hub may ask to wait for; who has to wait longer wants to know."""

RATE, WINDOW = 10_000, 30.0
"""Bytes a second that have to come, on average over so many seconds of an answer."""

LOOK = 300.0
"""Seconds for what is asked of one repository before its weights are: its files, or its index."""

GRACE, PACE = 60.0, 100_000
"""Seconds for a download of nothing, and the bytes that each further second is good for."""

LARGEST_ANSWER = 16_000_000
"""Bytes of one answer of the hub's API, unpacked; a listing has about 300 for each file."""

LARGEST_PAGE = 1_000_000
"""Bytes of what stands beside an error or a redirect."""

MOST_REQUESTS = 100
"""Requests for one listing, so its pages."""

_UNPACKED = 1 << 20  # bytes at a time, so that a little that is packed is not much at once


class BadAnswer(ValueError):
    """Raised for what no hub answers; the message goes on after "gave no usable answer"."""


@dataclass
class Allowance:
    """What a part of the work may take, and so each answer that it gets.

    Attributes
    ----------
    what
        Whose bytes they are, for a message.
    size
        Bytes that one answer may have, unpacked; or all together where `requests` are counted.
    seconds, until
        How long all may take, and the monotonic time when that is over.
    requests
        How many may still be made.
    file
        Whether it is about a file with a listed size.
    online
        Whether anything may be asked at all.
    """

    what: str
    size: int
    seconds: float
    until: float
    requests: float = math.inf
    file: bool = False
    online: bool = True
    around: "Allowance | None" = None

    def left(self) -> float:
        """Return the seconds that are left."""
        around = math.inf if self.around is None else self.around.left()
        return min(around, self.until - time.monotonic())

    def check(self) -> None:
        """Raise ``Blocked`` with ``timed_out`` where the time is over, here or further out."""
        if self.around is not None:
            self.around.check()
        if time.monotonic() > self.until:
            raise late(self.what, self.seconds)

    def ask(self) -> None:
        """Count a request, and raise what stands in its way."""
        if not self.online:
            raise OfflineModeIsEnabled("the network may not be used")
        self.check()
        self.requests -= 1
        if self.requests < 0:
            raise BadAnswer(f"{self.what} goes on after {MOST_REQUESTS} pages")

    def excess(self, size: int) -> Exception:
        """Return what to raise where more than `size` bytes come."""
        if self.file and size == self.size:
            message = f"{self.what} is longer than the {amount(size)} that the hub lists"
            return Blocked("checksum_mismatch", message)
        return BadAnswer(f"{self.what} has more than {amount(size)}")


_ALLOWED: ContextVar[Allowance | None] = ContextVar("allowed", default=None)


def download_time(size: int) -> float:
    """Return the seconds that a download of so many bytes may take, with what is in its way."""
    return GRACE + size / PACE


def late(what: str, seconds: float) -> Blocked:
    """Return the error for what takes longer than it may."""
    return Blocked("timed_out", f"{what} did not arrive within {seconds:.3g} s")


def allowance() -> Allowance:
    """Return what holds for an answer here; of what nobody has bounded, an answer of the API."""
    return _ALLOWED.get() or Allowance("what answers", LARGEST_ANSWER, math.inf, math.inf)


@contextmanager
def bounded(
    what: str,
    size: int,
    seconds: float,
    requests: float = math.inf,
    *,
    file: bool = False,
    online: bool = True,
) -> Iterator[None]:
    """Bound what is asked for in here; threads that are left behind in it stop as well."""
    around = _ALLOWED.get()
    until = time.monotonic() + seconds
    online = online and (around is None or around.online)
    inner = Allowance(what, size, seconds, until, requests, file, online, around)
    token = _ALLOWED.set(inner)
    try:
        yield
    finally:
        inner.until = -math.inf
        _ALLOWED.reset(token)


class BoundedStream(httpx2.SyncByteStream):
    """The body of a response, unpacked, as far as it is within its bound."""

    def __init__(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        self._stream, self._allowed = response.stream, allowance()
        packed = response.headers.get("Content-Encoding", "identity").lower()
        self._unpack = None if packed == "identity" else _unpacker(packed)
        sent = response.status_code in (200, 206)
        self._size = self._allowed.size if sent else max(self._allowed.size, LARGEST_PAGE)

    def __iter__(self) -> Iterator[bytes]:
        left = self._size
        for piece in self._pieces():
            left -= len(piece)
            if left < 0:
                raise self._allowed.excess(self._size)
            if self._allowed.requests < math.inf:
                self._allowed.size -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the connection where something is still to come."""
        self._stream.close()

    def _pieces(self) -> Iterator[bytes]:
        if self._unpack is None:
            yield from self._paced()
            return
        for packed in self._paced():
            while piece := self._unpack.decompress(packed, _UNPACKED):
                yield piece
                packed = self._unpack.unconsumed_tail

    def _paced(self) -> Iterator[bytes]:
        start, came = time.monotonic(), 0
        for piece in self._stream:
            self._allowed.check()
            came += len(piece)
            passed = time.monotonic() - start
            if passed > WINDOW:
                if came < RATE * passed:
                    raise self._slow(came / passed)
                start, came = time.monotonic(), 0
            yield piece

    def _slow(self, rate: float) -> Blocked:
        message = f"{self._allowed.what} comes at {rate:.0f} bytes/s, should come at {RATE} or more"
        return Blocked("timed_out", message)


def _unpacker(packed: str) -> "zlib._Decompress":
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise BadAnswer(f"it is packed as {packed[:20]!r}, which was not asked for")
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # either, by its header
