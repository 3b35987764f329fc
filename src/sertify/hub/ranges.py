"""A file of the hub that is read in parts, as if it were on this machine."""

import io

import httpx2
from huggingface_hub import hf_hub_url
from huggingface_hub.utils import build_hf_headers

from sertify.hub.bounds import BadAnswer, bounded, download_time
from sertify.hub.client import PART, send_get
from sertify.vocabulary.text import quoted


class RemoteFile(io.RawIOBase):
    """Each read is a request for a range of bytes; ``size`` is the length of the file in bytes."""

    def __init__(self, model: str, commit: str, name: str, size: int) -> None:
        super().__init__()
        self._url = hf_hub_url(model, name, revision=commit)
        self._headers = build_hf_headers()
        self._name, self._size = name, size
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from any place."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Let the next read begin elsewhere."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, or fewer where the file ends."""
        end = self._size if size < 0 else min(self._at + size, self._size)
        if end <= self._at:
            return b""
        response = self._part(f"{self._at}-{end - 1}", end - self._at)
        if response.url.host != httpx2.URL(self._url).host:
            # The next part comes from there at once; the token is for the hub alone.
            self._url, self._headers = str(response.url), {}
        content = response.content
        if len(content) != end - self._at:
            raise ValueError(f"{len(content)} bytes came, but {end - self._at} were asked for")
        self._at = end
        return content

    def _part(self, span: str, size: int) -> httpx2.Response:
        headers = self._headers | {"Range": f"bytes={span}"}
        with bounded(f"a part of {self._name}", size, download_time(size)):
            response = send_get(self._url, headers, extensions={PART: True})
        given = response.headers.get("Content-Range", "")
        if given != f"bytes {span}/{self._size}":
            asked = f"bytes {span}/{self._size}"
            raise BadAnswer(f"{quoted(given)} of {self._name} came, but {asked} was asked for")
        return response
