"""A hub on this machine, for the real client to talk to: folders served over HTTP.

Each request becomes a `Request`, each answer is a `Response`, and a test disturbs the hub by
registering a response, or a function that makes one, for the requests that match a pattern.
"""

import hashlib
import json
import math
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from huggingface_hub import close_session, constants, set_client_factory
from huggingface_hub.utils._http import default_client_factory
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sertify.hub.client import limit_waiting

__all__ = [
    "LocalHub",
    "Request",
    "Response",
    "broken",
    "corrupted",
    "html",
    "rate_limited",
    "trickle",
    "truncated",
    "use_hub",
]

_REPO = r"(?P<repo>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>refs/(?:pr|convert)/[^/]+|[^/]+)"
_API = rf"/api/(?:models/|(?P<kind>datasets/)){_REPO}"
_INFO = re.compile(rf"{_API}(/revision/{_REVISION})?")
_TREE = re.compile(rf"{_API}/tree/{_REVISION}(/(?P<path>.+))?")
_FILE = re.compile(rf"/(?P<kind>datasets/)?{_REPO}/resolve/{_REVISION}/(?P<path>.+)")
_CDN = re.compile(r"/cdn/(?P<sha256>[0-9a-f]{64})")

# As the .gitattributes that the real hub gives to a new repository.
_LFS = frozenset(
    {".safetensors", ".bin", ".ckpt", ".pt", ".h5", ".onnx", ".msgpack"}
    | {".parquet", ".arrow", ".tar", ".zip", ".wav", ".flac", ".mp3"}
)


@dataclass(frozen=True)
class Request:
    """What the client asked; ``path`` is decoded and has no query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The path of the file that is asked for, also where the CDN is asked for its content."""
        return self.query.get("file", self.path) if _CDN.fullmatch(self.path) else self.path


@dataclass(frozen=True)
class Response:
    """What the hub answers.

    Content-Length is added to the headers where they do not have it, nor Transfer-Encoding.

    Attributes
    ----------
    sent
        How many bytes of the body are sent before the connection is closed; None for all.
    pieces, pause
        Into how many pieces the body is cut, and the seconds before each.
    endless
        Whether the body is sent again and again until nobody listens; in chunks where not raw.
    raw
        Whether the body is all that is sent: it has a status and headers of its own, or none.
    """

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    pieces: int = 1
    pause: float = 0.0
    endless: bool = False
    raw: bool = False


Answer = Callable[[Request], Response]
Change = Callable[[Response], Response]


def html(text: str, status: int = HTTPStatus.OK) -> Response:
    """Make the page of a proxy that stands between the client and the hub."""
    body = f"<!doctype html><html><body>{text}</body></html>".encode()
    return Response(status, body, {"Content-Type": "text/html"})


def rate_limited(retry_after: int) -> Response:
    """Make the answer to those who asked too often: they may ask again after so many seconds."""
    return _error(
        HTTPStatus.TOO_MANY_REQUESTS,
        message="We had to rate limit you",
        headers={"Retry-After": str(retry_after), "RateLimit": f'"api";r=0;t={retry_after}'},
    )


def broken(status: int = HTTPStatus.SERVICE_UNAVAILABLE) -> Response:
    """Make the answer of a hub that is out of order."""
    return _error(status, message="Internal Error - We're working hard to fix this")


def truncated(fraction: float) -> Change:
    """Announce the full length, send this share of the body and close the connection."""
    return lambda response: replace(response, sent=int(len(response.body) * fraction))


def trickle(seconds: float, pieces: int = 10) -> Change:
    """Send the body in pieces that together take so many seconds."""
    return lambda response: replace(response, pieces=pieces, pause=seconds / pieces)


def corrupted(at: int = -1) -> Change:
    """Flip a bit of the byte at a position, where there is a body; its size stays the same.

    In safetensors, the last byte is the sign and half the exponent of the last weight.
    """

    def flip(response: Response) -> Response:
        body = bytearray(response.body)
        if body:
            body[at] ^= 0x80
        return replace(response, body=bytes(body))

    return flip


@dataclass
class _Disturbance:
    pattern: re.Pattern[str]
    answer: Answer
    times: int | None

    def concerns(self, request: Request) -> bool:
        """Whether it is due, by what was asked or by the file that the CDN is asked for."""
        asked = {f"{request.method} {path}" for path in (request.path, request.file)}
        return self.times != 0 and any(map(self.pattern.search, asked))


@dataclass(frozen=True)
class _File:
    """A file of a repository, as it was at a commit."""

    path: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def is_lfs(self) -> bool:
        return PurePosixPath(self.path).suffix in _LFS

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """What git holds in place of a file in LFS."""
        lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{self.sha256}")
        return "\n".join([*lines, f"size {self.size}\n"]).encode()

    @cached_property
    def oid(self) -> str:
        return _git_oid("blob", self.pointer if self.is_lfs else self.content)

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_lfs else self.oid

    def lfs(self, digest: str) -> dict[str, Any]:
        """Return the entry about LFS, if it is there; the hub has two names for the digest."""
        about = {digest: self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return {"lfs": about} if self.is_lfs else {}


@dataclass(frozen=True)
class _Commit:
    """The content of a repository, and when it was last changed."""

    sha: str
    files: Mapping[str, _File]
    modified: float

    @cached_property
    def card(self) -> dict[str, Any]:
        """The front matter of its README.md, or nothing where that is not as it should be."""
        readme = self.files.get("README.md", _File("README.md", b"")).content.decode()
        front = re.match(r"---\r?\n(.*?)^---\s*$", readme, re.DOTALL | re.MULTILINE)
        try:
            content = YAML(typ="safe", pure=True).load(front[1]) if front else None
        except YAMLError:
            return {}
        return content if isinstance(content, dict) else {}

    def facts(self) -> dict[str, Any]:
        """Return what the hub makes of the content; nothing is None."""
        library = "transformers" if "config.json" in self.files else None
        facts = {
            "library_name": self.card.get("library_name", library),
            "pipeline_tag": self.card.get("pipeline_tag"),
            "cardData": self.card or None,
        }
        facts["tags"] = [*filter(None, [facts["library_name"], facts["pipeline_tag"]]), *self._tags]
        facts["lastModified"] = f"{datetime.fromtimestamp(self.modified, UTC):%FT%T}.000Z"
        return {name: value for name, value in facts.items() if value is not None}

    @property
    def _tags(self) -> list[str]:
        prefixes = {"tags": "", "datasets": "dataset:", "language": "", "license": "license:"}
        found = ((prefix, self.card.get(key)) for key, prefix in prefixes.items())
        return [prefix + one for prefix, values in found for one in _as_list(values)]

    def siblings(self, *, blobs: bool) -> Iterator[dict[str, Any]]:
        """Yield the files as a repository's info lists them."""
        for file in self.files.values():
            about = {"size": file.size, "blobId": file.oid, **file.lfs("sha256")}
            yield {"rfilename": file.path, **(about if blobs else {})}

    def tree(self, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
        """Yield the entries of a folder, folders first."""
        inside = [file for file in self.files.values() if file.path.startswith(folder)]
        depth = folder.count("/")
        parents = {parent for file in inside for parent in PurePosixPath(file.path).parents}
        for parent in sorted(parents):
            if len(parent.parts) == depth + 1 or (recursive and len(parent.parts) > depth):
                oid = _git_oid("tree", f"{self.sha} {parent}".encode())
                yield {"type": "directory", "oid": oid, "size": 0, "path": str(parent)}
        for file in inside:
            if recursive or file.path.count("/") == depth:
                about = {"oid": file.oid, "size": file.size, "path": file.path}
                yield {"type": "file", **about, **file.lfs("oid")}


class LocalHub:
    """Serves each folder ``org/name`` of a root as a model repository, while it is open.

    A folder ``datasets/org/name`` is a data set, by that name also in what follows.

    A repository has the revision ``main`` and the commit that follows from its contents. What it
    held when the hub was last asked stays available under the commit of then.

    Attributes
    ----------
    gated
        Repositories whose files are for those with the `token` only.
    private
        Repositories that are there for those with the `token` only.
    disabled
        Repositories that were shut down.
    token, stranger
        What gives access to all, and what is a valid login without access to any of these.
    cdn
        Whether large files are, as on the real hub, on another host that must not see a token.
    requests
        Every request so far.
    bytes_sent
        The bytes of all bodies so far, as far as they were sent.
    connections
        Those that are open.
    """

    def __init__(self, root: Path, *, cdn: bool = False) -> None:
        self.root = root
        self.cdn = cdn
        self.gated: set[str] = set()
        self.private: set[str] = set()
        self.disabled: set[str] = set()
        self.token = "hf_local"
        self.stranger = "hf_stranger"
        self.requests: list[Request] = []
        self.bytes_sent = 0
        self.connections: set[socket.socket] = set()
        self._commits: dict[tuple[str, str], _Commit] = {}
        self._blobs: dict[str, bytes] = {}
        self._disturbances: list[_Disturbance] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @cached_property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @cached_property
    def cdn_url(self) -> str:
        """Where its CDN listens: to the client, a host that it does not know."""
        return f"http://localhost:{self._server.server_port}"

    @property
    def downloads(self) -> set[str]:
        """The files that were downloaded so far, as ``org/name/file``."""
        asked = (_FILE.fullmatch(one.file) for one in self.requests if one.method == "GET")
        return {f"{_repo(file)}/{file['path']}" for file in asked if file is not None}

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
        """Stop listening: from here on, connections are refused, and those that are open end."""
        if not self._closing.is_set():
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            for connection in tuple(self.connections):
                with suppress(OSError):  # its client was faster
                    connection.shutdown(socket.SHUT_RDWR)

    def commit(self, repo: str) -> str:
        """Return the commit of a repository; what it holds now stays available under it."""
        return self._current(repo).sha

    def alias(self, repo: str, revision: str) -> None:
        """Make a commit id, or the name of a branch or tag, another name of the current content.

        Where `revision` is a commit id, it is the one that the hub reports to who asks for it.
        """
        current = self._current(repo)
        is_commit = re.fullmatch(r"[0-9a-f]{40}", revision)
        named = replace(current, sha=revision) if is_commit else current
        self._commits[repo, revision] = named

    def disturb(self, answer: Answer | Response, on: str = "", *, times: int | None = None) -> None:
        """Give another answer to requests that match `on`, the next `times` or for good.

        A request is matched as it is written, with its method: ``GET /api/models/org/model``.
        One to the CDN is matched as such, and as the request for the file that it stands for.
        """
        made = (lambda _: answer) if isinstance(answer, Response) else answer
        self._disturbances.append(_Disturbance(re.compile(on), made, times))

    def spoil(self, change: Change, on: str = "", *, times: int | None = None) -> None:
        """Disturb by changing the answer that would have been given."""
        self.disturb(lambda request: change(self._route(request)), on, times=times)

    def stall(self, on: str = "") -> None:
        """Leave requests that match `on` without an answer."""
        self.disturb(self._wait, on)

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            self.requests.append(request)
            disturbance = self._disturbance(request)
        return disturbance(request) if disturbance else self._route(request)

    def usual(self, request: Request) -> Response:
        """Return the answer that would be given if nothing disturbed it."""
        return self._route(request)

    def pause(self, seconds: float) -> bool:
        """Wait, and return whether the hub was closed meanwhile."""
        return self._closing.wait(seconds)

    def count(self, size: int) -> None:
        """Count bytes that are sent; less than none takes back what was not."""
        with self._lock:
            self.bytes_sent += size

    def _disturbance(self, request: Request) -> Answer | None:
        for one in self._disturbances:
            if one.concerns(request):
                one.times = None if one.times is None else one.times - 1
                return one.answer
        return None

    def _wait(self, _: Request) -> Response:
        self._closing.wait()
        return _error(HTTPStatus.SERVICE_UNAVAILABLE)

    def _route(self, request: Request) -> Response:
        if blob := _CDN.fullmatch(request.path):
            return self._cdn(request, blob["sha256"])
        routes = {_INFO: self._info, _TREE: self._tree, _FILE: self._file}
        matches = ((one.fullmatch(request.path), route) for one, route in routes.items())
        match, route = next((found for found in matches if found[0]), (None, self._info))
        if refusal := self._refusal(request, match and _repo(match)):
            return refusal
        assert match is not None
        commit = self._commit(_repo(match), match["revision"] or "main")
        if commit is None:
            message = f"Invalid rev id: {match['revision']}"
            return _error(HTTPStatus.NOT_FOUND, "RevisionNotFound", message)
        return route(request, match, commit)

    def _refusal(self, request: Request, repo: str | None) -> Response | None:
        """Return the answer to who may not see a repository; None to who may."""
        token = _token(request)
        if token not in ("", self.token, self.stranger):
            message = "Invalid credentials in Authorization header"
            return _error(HTTPStatus.UNAUTHORIZED, message=message)
        hidden = repo in self.private and token != self.token
        if repo is None or hidden or not (self.root / repo).is_dir():
            # To whom it does not know, the hub does not say whether a repository is private.
            status = HTTPStatus.NOT_FOUND if token else HTTPStatus.UNAUTHORIZED
            return _error(status, "RepoNotFound", "Repository not found")
        if repo in self.disabled:
            return _error(HTTPStatus.FORBIDDEN, message="Access to this resource is disabled.")
        return None

    def _info(self, request: Request, match: re.Match[str], commit: _Commit) -> Response:
        repo = _repo(match)
        about = {
            "id": match["repo"],
            "author": match["repo"].partition("/")[0],
            "sha": commit.sha,
            "private": repo in self.private,
            "gated": "manual" if repo in self.gated else False,
            "disabled": False,
            "siblings": list(commit.siblings(blobs=_is_on(request, "blobs"))),
        }
        return _json(about | commit.facts())

    def _tree(self, request: Request, match: re.Match[str], commit: _Commit) -> Response:
        folder = f"{match['path']}/" if match["path"] else ""
        entries = list(commit.tree(folder, recursive=_is_on(request, "recursive")))
        if folder and not entries:
            return _error(HTTPStatus.NOT_FOUND, "EntryNotFound", "Entry not found")
        return _json(entries)

    def _file(self, request: Request, match: re.Match[str], commit: _Commit) -> Response:
        repo = _repo(match)
        if repo in self.gated and _token(request) != self.token:
            status = HTTPStatus.FORBIDDEN if _token(request) else HTTPStatus.UNAUTHORIZED
            return _error(status, "GatedRepo", f"Access to model {repo} is restricted.")
        headers = {constants.HUGGINGFACE_HEADER_X_REPO_COMMIT: commit.sha}
        file = commit.files.get(match["path"])
        if file is None:
            return _error(HTTPStatus.NOT_FOUND, "EntryNotFound", "Entry not found", headers)
        if file.is_lfs and self.cdn:
            return self._elsewhere(request, file, headers)
        return _part(request, file.content, {**headers, "ETag": f'"{file.etag}"'})

    def _elsewhere(self, request: Request, file: _File, headers: Mapping[str, str]) -> Response:
        self._blobs[file.sha256] = file.content
        query = urlencode({"file": request.path, "Signature": "local"})
        about = {
            "Location": f"{self.cdn_url}/cdn/{file.sha256}?{query}",
            constants.HUGGINGFACE_HEADER_X_LINKED_ETAG: f'"{file.sha256}"',
            constants.HUGGINGFACE_HEADER_X_LINKED_SIZE: str(file.size),
        }
        return Response(HTTPStatus.FOUND, headers={**headers, **about})

    def _cdn(self, request: Request, sha256: str) -> Response:
        if "authorization" in request.headers:
            message = "Only one auth mechanism allowed"
            return _error(HTTPStatus.BAD_REQUEST, message=message)
        if sha256 not in self._blobs:
            return _error(HTTPStatus.FORBIDDEN, message="Access Denied")
        return _part(request, self._blobs[sha256], {"ETag": f'"{sha256}"'})

    def _commit(self, repo: str, revision: str) -> _Commit | None:
        current = self._current(repo)
        return current if revision == "main" else self._commits.get((repo, revision))

    def _current(self, repo: str) -> _Commit:
        """Return what a repository holds now, and remember it."""
        folder = self.root / repo
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        names = [path.relative_to(folder).as_posix() for path in paths]
        files = [_File(n, p.read_bytes()) for n, p in zip(names, paths, strict=True)]
        modified = max((path.stat().st_mtime for path in paths), default=0)
        content = "\n".join(f"{file.oid} {file.path}" for file in files)
        sha = _git_oid("commit", content.encode())
        commit = _Commit(sha, {file.path: file for file in files}, modified)
        return self._commits.setdefault((repo, sha), commit)


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into a Request, and a Response into HTTP."""

    protocol_version = "HTTP/1.1"

    def __init__(self, hub: LocalHub, *arguments: object) -> None:
        self.hub = hub
        super().__init__(*arguments)  # type: ignore[arg-type]

    def setup(self) -> None:
        """Let the hub know of the connection."""
        super().setup()
        self.hub.connections.add(self.connection)

    def finish(self) -> None:
        """Let the hub forget the connection."""
        self.hub.connections.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        """Answer until the client is gone, however it leaves."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_HEAD(self) -> None:
        """Answer a HEAD: as a GET, but without the body."""
        self._serve()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query))
        response = self.hub.answer(Request(self.command, unquote(url.path), headers, query))
        try:
            self._send(response)
        except ConnectionError:
            self.close_connection = True  # the client did not wait

    def _send(self, response: Response) -> None:
        if response.raw:
            self._send_for_ever(response.body) if response.endless else self._send_body(response)
            self.close_connection = True
            return
        self.send_response(response.status)
        length = {"Content-Length": str(len(response.body))}
        if response.endless:
            length = {"Transfer-Encoding": "chunked"}
        for name, value in (length | dict(response.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            chunk = b"%x\r\n%s\r\n" % (len(response.body), response.body)
            self._send_for_ever(chunk) if response.endless else self._send_body(response)

    def _send_for_ever(self, piece: bytes) -> None:
        while not self.hub.pause(0):
            self._write(piece)

    def _send_body(self, response: Response) -> None:
        body = response.body[: response.sent]
        step = max(1, math.ceil(len(body) / response.pieces))
        for start in range(0, len(body), step):
            if response.pause and self.hub.pause(response.pause):
                break
            self._write(body[start : start + step])
        if response.sent is not None:
            self.close_connection = True

    def _write(self, piece: bytes) -> None:
        # Counted first: the client may go on, and the test look, before write returns.
        self.hub.count(len(piece))
        try:
            self.wfile.write(piece)
        except ConnectionError:
            self.hub.count(-len(piece))
            raise

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
    # What another test has set up for the process, such as limits, is none of this one's.
    set_client_factory(default_client_factory)
    limit_waiting.cache_clear()
    close_session()


def _repo(match: re.Match[str]) -> str:
    """Return the folder of the repository that is asked for; that of a data set has three parts."""
    return (match["kind"] or "") + match["repo"]


def _json(content: object) -> Response:
    """Answer with JSON; a date in the front matter of a README.md becomes a string."""
    body = json.dumps(content, default=str).encode()
    return Response(HTTPStatus.OK, body, {"Content-Type": "application/json"})


def _error(
    status: int, code: str = "", message: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with an error, which the client knows by its code or else by its message.

    Over plain HTTP it takes no 401 for a repository that is not there unless the code says so.
    """
    about = {"X-Error-Code": code, "X-Error-Message": message}
    given = {name: value for name, value in about.items() if value}
    return Response(status, b"", {**(headers or {}), **given})


def _part(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a file, or the part of it that a Range header asks for."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if match is None or match[0] == "bytes=-":
        return Response(HTTPStatus.OK, body, headers)
    first, last = _span(match[1], match[2], len(body))
    if first > last:
        span = {"Content-Range": f"bytes */{len(body)}"}
        return Response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", {**headers, **span})
    span = {"Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return Response(HTTPStatus.PARTIAL_CONTENT, body[first : last + 1], {**headers, **span})


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and last position of a range; one without a first counts from the end."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last or size), size - 1)


def _token(request: Request) -> str:
    """Return the token that was sent; the login of a proxy in front of the hub is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def _is_on(request: Request, switch: str) -> bool:
    return request.query.get(switch, "").lower() in ("1", "true")


def _as_list(values: Any) -> list[str]:
    many = values if isinstance(values, list) else [values]
    return [str(value) for value in many if value is not None]


def _git_oid(kind: str, content: bytes) -> str:
    """Return the id that git gives to an object."""
    whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
