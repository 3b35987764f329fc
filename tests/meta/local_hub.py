"""A hub on this machine, for the real client to talk to: folders served over HTTP.

Each request becomes a `Request`, each answer is a `Response`, and a test disturbs the hub by
registering a response, or a function that makes one, for the requests that match a pattern.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import close_session, constants

__all__ = ["LocalHub", "Request", "Response", "html", "use_hub"]

_API = re.compile(
    r"/api/models/(?P<repo>[^/]+/[^/]+)(/(?P<what>revision|tree)/(?P<revision>[^/]+))?"
)
_FILE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")


@dataclass(frozen=True)
class Request:
    """What the client asked; ``path`` is decoded and has no query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Response:
    """What the hub answers.

    Content-Length is added to the headers where they do not have it.
    """

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


def html(text: str, status: int = HTTPStatus.OK) -> Response:
    """Make the page of a proxy that stands between the client and the hub."""
    body = f"<!doctype html><html><body>{text}</body></html>".encode()
    return Response(status, body, {"Content-Type": "text/html"})


@dataclass
class _Disturbance:
    pattern: re.Pattern[str]
    answer: Answer
    times: int | None


class LocalHub:
    """Serves each folder ``org/name`` of a root as a model repository, while it is open.

    A repository has the revision ``main`` and the commit that follows from its contents.

    Attributes
    ----------
    gated
        Repositories whose files are for those with the `token` only.
    requests
        Every request so far.
    bytes_sent
        The bytes of all bodies so far.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.gated: set[str] = set()
        self.token = "hf_local"
        self.requests: list[Request] = []
        self.bytes_sent = 0
        self._disturbances: list[_Disturbance] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @cached_property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def downloads(self) -> set[str]:
        """The files that were downloaded so far, as ``org/name/file``."""
        asked = (_FILE.fullmatch(one.path) for one in self.requests if one.method == "GET")
        return {f"{file['repo']}/{file['name']}" for file in asked if file is not None}

    def __enter__(self) -> Self:
        """Open it."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Stop listening: from here on, connections are refused."""
        if not self._closing.is_set():
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def disturb(self, answer: Answer | Response, on: str = "", *, times: int | None = None) -> None:
        """Give another answer to requests that match `on`, the next `times` or for good.

        A request is matched as it is written, with its method: ``GET /api/models/org/model``.
        """
        made = (lambda _: answer) if isinstance(answer, Response) else answer
        self._disturbances.append(_Disturbance(re.compile(on), made, times))

    def stall(self, on: str = "") -> None:
        """Leave requests that match `on` without an answer."""
        self.disturb(self._wait, on)

    def commit(self, repo: str) -> str:
        """Return the commit of a repository."""
        files = self._files(repo)
        content = [f"{name} {_etag((self.root / repo / name).read_bytes())}" for name in files]
        return _etag("\n".join(content).encode())

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            self.requests.append(request)
            disturbance = self._disturbance(request)
        response = disturbance(request) if disturbance else self._route(request)
        with self._lock:
            self.bytes_sent += len(response.body) if request.method == "GET" else 0
        return response

    def _disturbance(self, request: Request) -> Answer | None:
        for one in self._disturbances:
            if one.times != 0 and one.pattern.search(f"{request.method} {request.path}"):
                one.times = None if one.times is None else one.times - 1
                return one.answer
        return None

    def _wait(self, _: Request) -> Response:
        self._closing.wait()
        return _error(HTTPStatus.SERVICE_UNAVAILABLE)

    def _route(self, request: Request) -> Response:
        match = _API.fullmatch(request.path) or _FILE.fullmatch(request.path)
        if match is None or not (self.root / match["repo"]).is_dir():
            # To whom it does not know, the hub does not say whether a repository is private.
            return _error(HTTPStatus.UNAUTHORIZED, "RepoNotFound")
        repo, revision = match["repo"], match["revision"] or "main"
        if revision not in ("main", self.commit(repo)):
            return _error(HTTPStatus.NOT_FOUND, "RevisionNotFound")
        if match.re is _FILE:
            return self._file(request, repo, match["name"])
        return self._tree(repo) if match["what"] == "tree" else self._info(repo)

    def _info(self, repo: str) -> Response:
        files = [{"rfilename": name, "size": size} for name, size in self._files(repo).items()]
        gated = "manual" if repo in self.gated else False
        return _json({"id": repo, "sha": self.commit(repo), "gated": gated, "siblings": files})

    def _tree(self, repo: str) -> Response:
        files = self._files(repo)
        return _json(
            [{"type": "file", "oid": "0" * 40, "path": n, "size": s} for n, s in files.items()]
        )

    def _file(self, request: Request, repo: str, name: str) -> Response:
        if repo in self.gated and request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(HTTPStatus.FORBIDDEN, "GatedRepo")
        commit = {constants.HUGGINGFACE_HEADER_X_REPO_COMMIT: self.commit(repo)}
        if name not in self._files(repo):
            return _error(HTTPStatus.NOT_FOUND, "EntryNotFound", commit)
        body = (self.root / repo / name).read_bytes()
        headers = commit | {"ETag": f'"{_etag(body)}"', "Accept-Ranges": "bytes"}
        return _part(body, headers, request.headers.get("range", ""))

    def _files(self, repo: str) -> dict[str, int]:
        folder = self.root / repo
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into a Request, and a Response into HTTP."""

    protocol_version = "HTTP/1.1"

    def __init__(self, hub: LocalHub, *arguments: object) -> None:
        self.hub = hub
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_HEAD(self) -> None:
        """Answer a HEAD: as a GET, but without the body."""
        self._serve()

    def _serve(self) -> None:
        path = unquote(urlsplit(self.path).path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.hub.answer(Request(self.command, path, headers))
        try:
            self._send(response)
        except ConnectionError:
            self.close_connection = True  # the client did not wait

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        length = str(len(response.body))
        for name, value in {"Content-Length": length, **response.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: `LocalHub.requests` is the log."""


def use_hub(monkeypatch: pytest.MonkeyPatch, url: str, cache: Path) -> None:
    """Let the hub's client of this process talk to `url`, with an empty cache and no login.

    The client reads HF_ENDPOINT when it is imported and looks its constants up at each call, so
    these are what has to change; a process of its own per test would take a second each.
    """
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    close_session()


def _json(content: object) -> Response:
    return Response(
        HTTPStatus.OK, json.dumps(content).encode(), {"Content-Type": "application/json"}
    )


def _error(status: int, code: str = "", headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, b"", {**(headers or {}), **({"X-Error-Code": code} if code else {})})


def _part(body: bytes, headers: Mapping[str, str], wanted: str) -> Response:
    """Return a file, or the part of it that a Range header asks for."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if match is None:
        return Response(HTTPStatus.OK, body, headers)
    first, last = int(match[1]), min(int(match[2] or len(body)), len(body) - 1)
    span = {"Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return Response(HTTPStatus.PARTIAL_CONTENT, body[first : last + 1], {**headers, **span})


def _etag(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
