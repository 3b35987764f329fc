"""Connections that are read no longer than may be: what stands above a body comes by them too."""

from typing import Any

import httpx2

from sertify.hub.bounds import allowance


class _Watched:
    """A stream of httpcore, or what makes one, that asks before each read whether it still may."""

    def __init__(self, watched: Any) -> None:
        self._watched = watched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watched, name)

    def connect_tcp(self, *args: Any, **options: Any) -> "_Watched":
        return _Watched(self._watched.connect_tcp(*args, **options))

    def start_tls(self, *args: Any, **options: Any) -> "_Watched":
        return _Watched(self._watched.start_tls(*args, **options))

    def read(self, *args: Any, **options: Any) -> bytes:
        allowance().check()
        content: bytes = self._watched.read(*args, **options)
        return content


def watch(client: httpx2.Client) -> httpx2.Client:
    """Let a client end what takes longer than it may, wherever it is in an answer.

    A response can be bounded only once its headers are there, and those may come for ever. A client
    of which that cannot be changed is given up from outside, but goes on reading.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = _Watched(pool._network_backend)
    return client
