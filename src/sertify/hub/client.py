"""The hub's own client, kept from waiting for ever."""

import functools
import time
from typing import Any
from urllib.parse import quote

import httpx2
from huggingface_hub import DatasetInfo, HfApi, ModelInfo, constants, set_client_factory
from huggingface_hub.utils import (
    build_hf_headers,
    hf_raise_for_status,
    http_backoff,
    logging,
    validate_repo_id,
)
from huggingface_hub.utils._http import (  # the factory that every session is made with
    default_client_factory,
    parse_ratelimit_headers,
)

from sertify.hub import bounds
from sertify.hub.answers import check_request, check_response, checked_info
from sertify.hub.bounds import ration
from sertify.hub.connections import watched
from sertify.hub.troubles import REFUSALS, is_page
from sertify.vocabulary.errors import Blocked

PART = "sertify.part"
"""Extension of a request that wants a part of a file, and nothing if it would get the whole."""

_RETRIES = 3
_REDIRECTS = 10
_BUSY = (500, 502, 503, 504)
# A hub that refuses connections or stalls will do so again: one attempt tells.
_PASSING = (httpx2.ReadError, httpx2.RemoteProtocolError)


class Api(HfApi):
    """Asks for a repository once, and remembers what it was told; ``kind`` may be "dataset"."""

    info: ModelInfo | DatasetInfo | None = None
    kind = "model"

    def repo_info(
        self, repo_id: str, *, revision: str | None = None, **_: Any
    ) -> ModelInfo | DatasetInfo:
        """Return what the hub says of a repository; resolving a revision keeps the commit only."""
        if self.info is None:
            at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
            url = f"{constants.ENDPOINT}/api/{self.kind}s/{repo_id}{at}"
            answer = send_get(url, build_hf_headers()).json()
            told = checked_info(answer, revision)
            made: Any = DatasetInfo if self.kind == "dataset" else ModelInfo
            self.info = made(**told)
        return self.info

    def trouble(self, model: str, revision: str | None) -> Exception | None:
        """Return what is wrong where no hub answers; raise what a hub answers instead of a model.

        What answers may be no hub, but the page of a proxy.
        """
        try:
            validate_repo_id(model)
            self.repo_info(model, revision=revision)
        except Exception as error:
            if isinstance(error, REFUSALS) and not is_page(error):
                raise
            return error
        return None


def send_get(url: str, headers: dict[str, str], **options: Any) -> httpx2.Response:
    """Send a GET, and again after a pause where the hub is busy or breaks off."""
    options |= {"max_retries": _RETRIES, "retry_on_exceptions": _PASSING}
    response = http_backoff("GET", url, headers=headers, **options)
    hf_raise_for_status(response)
    return response


@functools.cache
def limit_waiting() -> None:
    """Have every session of the client give up in time, also where the client would not."""
    set_client_factory(_client)
    # What transfers by xet is beyond the reach of a session: its limits, retries and messages.
    constants.HF_HUB_DISABLE_XET = True
    # It says on the terminal what it is about to try again, and of which links it is short.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


class _NoAnswer(Exception):
    """Raised for what the client would ask again for minutes."""


class _Client(httpx2.Client):
    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        whole_file = request.method == "GET" and PART not in request.extensions
        if whole_file and "/api/" not in request.url.path:
            return self._download(request, **options)
        try:
            return self._ask(request, **options)
        except (httpx2.TimeoutException, httpx2.ConnectError) as error:
            raise _NoAnswer(str(error)) from error

    def _ask(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Ask for the headers of a file once more where a connection ended before its time.

        Such as one that was kept, and that the server had given up; the client asks again for
        anything but these.
        """
        try:
            return super().send(request, **options)
        except _PASSING:
            if request.method != "HEAD":
                raise
            return super().send(request, **options)

    def _download(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Ask a busy server again, which the client does for anything but a file."""
        for retry in range(_RETRIES):
            response = super().send(request, **options)
            if response.status_code not in _BUSY:
                return response
            response.close()
            time.sleep(2**retry)
        return super().send(request, **options)


def _client() -> httpx2.Client:
    with default_client_factory() as usual:
        hooks = usual.event_hooks
    client = _Client(
        event_hooks={
            "request": [*hooks["request"], _give_up, check_request],
            "response": [check_response, *hooks["response"], _refuse_pause, _refuse_whole],
        },
        follow_redirects=True,
        # One that hangs is left to itself, and keeps its connection; there are always others.
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        max_redirects=_REDIRECTS,
        timeout=bounds.TIMEOUT,
    )
    return watched(client)


def _give_up(request: httpx2.Request) -> None:
    request.extensions["timeout"] = httpx2.Timeout(bounds.TIMEOUT).as_dict()


def _refuse_pause(response: httpx2.Response) -> None:
    limit = parse_ratelimit_headers(response.headers)
    asked = response.headers.get("Retry-After", "")
    pause = int(asked) if asked.isdecimal() else limit.reset_in_seconds if limit else 0
    if response.status_code in (429, 503) and pause > min(bounds.LONGEST_PAUSE, ration().left()):
        raise Blocked("unreachable", f"{constants.ENDPOINT} asks to wait {pause} s; try again then")


def _refuse_whole(response: httpx2.Response) -> None:
    if response.status_code == 200 and PART in response.request.extensions:
        message = "only sends whole files, but should send parts of them"
        raise Blocked("unreachable", f"{response.url.host} {message}")
