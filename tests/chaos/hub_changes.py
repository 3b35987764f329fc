"""What a hub can do to who asks it: each on a repository of its own, of the one hub."""

import gzip
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from huggingface_hub import constants
from safetensors.numpy import save

from tests.meta.local_hub import (
    Change,
    LocalHub,
    Request,
    Response,
)

WEIGHTS = "model.safetensors"
FILES = {
    "config.json": b'{"model_type": "wav2vec2", "architectures": ["X"]}',
    "preprocessor_config.json": b'{"sampling_rate": 16000}',
    "README.md": b"# A model that was trained on speech",
    WEIGHTS: save({"head": np.zeros((3, 4000), "float32")}),
}

PLACES = {
    "info": "GET /api/models/org/{0}(/revision/.*)?$",
    "listing": "GET /api/models/org/{0}/tree/",
    "head": "HEAD /org/{0}/resolve/",
    "card": "GET /org/{0}/resolve/.*/README.md",
    "config": "GET /org/{0}/resolve/.*/config.json",
    "index": f"GET /org/{{0}}/resolve/.*/{WEIGHTS}",
    "weights": f"GET /org/{{0}}/resolve/.*/{WEIGHTS}",
}


@dataclass(frozen=True)
class Row:
    """What is done in which place; the code and the message that come of it ("" for none)."""

    place: str
    change: Change | Response | None
    code: str
    says: str = ""
    revision: str | None = None

    def begin(self, hub: LocalHub, name: str) -> None:
        """Let the hub do it to a repository."""
        on = PLACES[self.place].format(re.escape(name))
        if self.change is None:
            hub.stall(on)
        elif self.place in ("index", "weights"):
            hub.disturb(lambda request: self._answer(hub, request), on)
        elif isinstance(self.change, Response):
            hub.disturb(self.change, on)
        else:
            hub.spoil(self.change, on)

    def _answer(self, hub: LocalHub, request: Request) -> Response:
        usual = hub.usual(request)
        if (self.place == "index") != ("range" in request.headers):
            return usual
        assert self.change is not None
        return self.change if isinstance(self.change, Response) else self.change(usual)


def drip(response: Response) -> Response:
    """Send what would be sent byte by byte, and slowly."""
    return replace(response, pieces=max(1, len(response.body)), pause=0.3)


def drip_all(_: Response) -> Response:
    """Send an answer whose headers come byte by byte."""
    body = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 9000
    return Response(body=body, pieces=9000, pause=0.3, raw=True)


def patience(_: Response) -> Response:
    """Ask for patience in place of an answer, again and again: a status that another follows."""
    return Response(body=b"HTTP/1.1 103 Early Hints\r\n\r\n", endless=True, raw=True)


def endless_headers(_: Response) -> Response:
    """Send headers after which there are others."""
    return Response(body=b"HTTP/1.1 200 OK\r\n" + b"X-More: x\r\n" * 999, endless=True, raw=True)


def endless(response: Response) -> Response:
    """Never stop sending."""
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    return replace(response, body=b" " * 65536, headers=headers, endless=True)


def packed(how: str, size: int = 40_000_000) -> Change:
    """Send little that becomes much."""
    body = zlib.compress(bytes(size)) if how == "deflate" else gzip.compress(bytes(size))

    def pack(response: Response) -> Response:
        return replace(response, body=body, headers={**response.headers, "Content-Encoding": how})

    return pack


def with_headers(**given: str) -> Change:
    """Send other headers; a name has its dashes as underlines, and one without a value goes."""

    def change(response: Response) -> Response:
        named = {name.replace("_", "-"): value for name, value in given.items()}
        return replace(response, headers={**response.headers, **named})

    return change


def without(name: str) -> Change:
    """Leave out a header."""
    return lambda response: replace(
        response, headers={k: v for k, v in response.headers.items() if k.lower() != name.lower()}
    )


def as_json(content: Any) -> Response:
    """Answer with JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Response(body=body, headers={"Content-Type": "application/json"})


def edited(edit: Callable[[Any], Any]) -> Change:
    """Answer with other JSON, made of what it would have been."""
    return lambda response: as_json(edit(json.loads(response.body)))


def info(**given: Any) -> Change:
    """Say something else of the model."""
    return edited(lambda answer: answer | given)


def listed(name: Any = "extra.txt", size: Any = 1) -> Change:
    """List one more file."""
    more = {"type": "file", "oid": "0" * 40, "size": size, "path": name}
    return edited(lambda files: [*files, more])


def sized(name: str, size: Any) -> Change:
    """List another size of a file."""
    return edited(
        lambda files: [one | ({"size": size} if one["path"] == name else {}) for one in files]
    )


def moved(to: str, body: bytes = b"") -> Response:
    """Send the client elsewhere."""
    return Response(302, body, {"Location": to})


def next_page(name: str, hub: str = "") -> str:
    """Write the header that sends the client to another page of a listing, on a hub."""
    return f'<{hub or constants.ENDPOINT}/api/models/org/{name}/tree/main>; rel="next"'


def of_commit(commit: str) -> Change:
    """Say that a file is of another commit."""
    return with_headers(X_Repo_Commit=commit)


def labelled(tag: str) -> Change:
    """Send another checksum of a file, by both names that there are for it."""
    return with_headers(ETag=tag, X_Linked_ETag=tag)


def other_part(response: Response) -> Response:
    """Send as many bytes as were asked for, of another place."""
    span = response.headers.get("Content-Range", "")
    other = re.sub(r"\d+-\d+/", f"9000-{8999 + len(response.body)}/", span)
    return replace(response, headers={**response.headers, "Content-Range": other})
