"""The hub's own client, kept from waiting for ever, and its errors in the words of sertify."""

import errno
import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any
from urllib.parse import quote

import httpx2
from huggingface_hub import HfApi, ModelInfo, constants, errors, get_token, set_client_factory
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

from sertify.hub.answers import check_request, check_response, checked_info
from sertify.hub.bounds import allowance
from sertify.hub.connections import watch
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.logins import redacted

TIMEOUT = 30.0
"""Seconds without an answer after which the hub counts as unreachable; its client has no limit."""

LONGEST_PAUSE = 60
"""Seconds that a hub may ask to wait for; who has to wait longer wants to know."""

PART = "sertify.part"
"""Extension of a request that wants a part of a file, and nothing if it would get the whole."""

_RETRIES = 3
_REDIRECTS = 10
_BUSY = (500, 502, 503, 504)
# A hub that refuses connections or stalls will do so again: one attempt tells.
_PASSING = (httpx2.ReadError, httpx2.RemoteProtocolError)


class Api(HfApi):
    """Asks for a repository once, and remembers what it was told."""

    info: ModelInfo | None = None

    def repo_info(self, repo_id: str, *, revision: str | None = None, **_: Any) -> ModelInfo:
        """Return what the hub says of a model; resolving a revision keeps the commit only."""
        if self.info is None:
            at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
            url = f"{constants.ENDPOINT}/api/models/{repo_id}{at}"
            answer = send_get(url, build_hf_headers()).json()
            self.info = ModelInfo(**checked_info(answer, revision))  # type: ignore[no-untyped-call]
        return self.info

    def trouble(self, model: str, revision: str | None) -> Exception | None:
        """Return what is wrong where no hub answers; raise what a hub answers instead of a model.

        What answers may be no hub, but the page of a proxy.
        """
        try:
            validate_repo_id(model)
            self.repo_info(model, revision=revision)
        except Exception as error:
            if isinstance(error, _ANSWERS) and not _is_page(error):
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
        timeout=TIMEOUT,
    )
    return watch(client)


def _give_up(request: httpx2.Request) -> None:
    request.extensions["timeout"] = httpx2.Timeout(TIMEOUT).as_dict()


def _refuse_pause(response: httpx2.Response) -> None:
    limit = parse_ratelimit_headers(response.headers)
    asked = response.headers.get("Retry-After", "")
    pause = int(asked) if asked.isdecimal() else limit.reset_in_seconds if limit else 0
    if response.status_code in (429, 503) and pause > min(LONGEST_PAUSE, allowance().left()):
        raise Blocked("unreachable", f"{constants.ENDPOINT} asks to wait {pause} s; try again then")


def _refuse_whole(response: httpx2.Response) -> None:
    if response.status_code == 200 and PART in response.request.extensions:
        message = "only sends whole files, but should send parts of them"
        raise Blocked("unreachable", f"{response.url.host} {message}")


@contextmanager
def hub_errors(model: str, revision: str | None, *, offline: bool) -> Iterator[None]:
    """Say in the words of sertify what the hub's client raises; nothing else gets through.

    Its errors carry the headers of the request, and so the token, into whoever's traceback.
    """
    try:
        yield
    except (Blocked, Rejected, MemoryError):
        raise
    except Exception as error:
        raise _verdict(error, model, revision, offline=offline) from None


_ANSWERS = (
    errors.RepositoryNotFoundError,
    errors.RevisionNotFoundError,
    errors.DisabledRepoError,
    errors.HFValidationError,
)
_NOT_CACHED = (
    errors.LocalEntryNotFoundError,
    errors.OfflineModeIsEnabled,
    errors.RevisionResolutionError,
)


def _verdict(
    error: Exception, model: str, revision: str | None, *, offline: bool
) -> Blocked | Rejected:
    at = f"{model}@{revision}" if revision else model
    chain = list(_causes(error))
    hook = next((cause for cause in chain if isinstance(cause, Blocked)), None)
    if hook is not None:
        return hook
    answer = next((cause for cause in chain if isinstance(cause, _ANSWERS)), None)
    if answer is not None and not _is_page(answer):
        return _answered(answer, model, revision)
    if offline and isinstance(error, _NOT_CACHED):
        message = f"{at} is not in the cache, and the network may not be used"
        return Blocked("offline_not_cached", message)
    if any(isinstance(cause, httpx2.TimeoutException) for cause in chain):
        message = f"{constants.ENDPOINT} gave no answer for {at} within {TIMEOUT:g} s"
        return Blocked("timed_out", message)
    if any(map(_refuses_login, chain)):
        return Blocked("no_access", f"{constants.ENDPOINT} refuses this machine's login for {at}")
    return _unable(error, at)


def _answered(answer: BaseException, model: str, revision: str | None) -> Blocked | Rejected:
    if isinstance(answer, errors.GatedRepoError):
        return Blocked("gated", f"{model} is gated, and this machine has no access")
    if isinstance(answer, errors.DisabledRepoError):
        return Rejected("not_found", f"the hub has disabled {model}")
    if isinstance(answer, errors.RevisionNotFoundError):
        return Rejected("revision_not_found", f"{model} has no revision {revision}")
    return Rejected("not_found", f"the hub has no model {model}")


def _unable(error: Exception, at: str) -> Blocked:
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC:
        return Blocked("disk_full", f"there is no space left on the disk for {at}")
    problem = str(error).strip().partition("\n")[0] or type(error).__name__
    problem = redacted(problem, get_token())  # what answers may repeat what it was sent
    if number is not None:
        return Blocked("unusable_cache", f"the files of {at} cannot be saved: {problem}")
    # Else it is an error of the client, such as for a file that is shorter than announced.
    if isinstance(error, JSONDecodeError) or _is_page(error):
        problem = "what answered is not the hub; it may be the page of a proxy"
    return Blocked("unreachable", f"{constants.ENDPOINT} gave no usable answer for {at}: {problem}")


def _is_page(error: BaseException) -> bool:
    """Whether an error is about the page of a proxy, which may have any status."""
    response = getattr(error, "response", None)
    return response is not None and "html" in response.headers.get("content-type", "")


def _refuses_login(error: BaseException) -> bool:
    """Whether the hub itself refuses; a place that it sends to does when its address is old."""
    if not isinstance(error, errors.HfHubHTTPError) or _is_page(error):
        return False
    there = error.response.url.host == httpx2.URL(constants.ENDPOINT).host
    return there and error.response.status_code in (401, 403)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to what it was raised for; the client wraps some of its errors."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
