"""The hub's own client, kept from waiting for ever, and its errors in the words of sertify."""

import errno
import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx2
from huggingface_hub import HfApi, ModelInfo, constants, get_token, set_client_factory
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    RevisionResolutionError,
)
from huggingface_hub.utils import (
    build_hf_headers,
    hf_raise_for_status,
    http_backoff,
    validate_repo_id,
)
from huggingface_hub.utils._http import (  # the factory that every session is made with
    default_client_factory,
    parse_ratelimit_headers,
)

from sertify.errors import Blocked, Rejected

__all__ = ["PART", "Api", "ask", "hub_errors", "limit_waiting"]

TIMEOUT = 30.0
"""Seconds without an answer after which the hub counts as unreachable; its client has no limit."""

LONGEST_PAUSE = 300
"""Seconds that a hub may ask to wait for: as long as the window of its rate limit."""

PART = "sertify.part"
"""Extension of a request that wants a part of a file, and nothing if it would get the whole."""

_RETRIES = 3
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
            told = ask(url, build_hf_headers()).json()
            self.info = ModelInfo(**told)  # type: ignore[no-untyped-call]
        return self.info

    def trouble(self, model: str, revision: str | None) -> Exception | None:
        """Return what is wrong where no hub answers; raise what a hub answers instead of a model.

        What answers may be no hub, but the page of a proxy.
        """
        try:
            validate_repo_id(model)
            self.repo_info(model, revision=revision)
        except (
            RepositoryNotFoundError,
            RevisionNotFoundError,
            DisabledRepoError,
            HFValidationError,
        ):
            raise
        except Exception as error:
            return error
        return None


def ask(url: str, headers: dict[str, str], **options: Any) -> httpx2.Response:
    """Send a GET, and again after a pause where the hub is busy or breaks off."""
    response = http_backoff(
        "GET",
        url,
        headers=headers,
        max_retries=_RETRIES,
        retry_on_exceptions=_PASSING,
        **options,
    )
    hf_raise_for_status(response)
    return response


@functools.cache
def limit_waiting() -> None:
    """Have every session of the client give up in time, also where the client would not."""
    set_client_factory(_client)


class _NoAnswer(Exception):
    """Raised for what the client would ask again for minutes."""


class _Client(httpx2.Client):
    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        if request.method == "GET" and "/api/" not in request.url.path:
            return self._download(request, **options)
        try:
            return super().send(request, **options)
        except (httpx2.TimeoutException, httpx2.ConnectError) as error:
            raise _NoAnswer(str(error)) from error

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
    return _Client(
        event_hooks={
            "request": [*hooks["request"], _give_up],
            "response": [*hooks["response"], _refuse_pause, _refuse_whole],
        },
        follow_redirects=True,
        timeout=TIMEOUT,
    )


def _give_up(request: httpx2.Request) -> None:
    request.extensions["timeout"] = httpx2.Timeout(TIMEOUT).as_dict()


def _refuse_pause(response: httpx2.Response) -> None:
    limit = parse_ratelimit_headers(response.headers)
    asked = response.headers.get("Retry-After", "")
    pause = int(asked) if asked.isdecimal() else limit.reset_in_seconds if limit else 0
    if response.status_code in (429, 503) and pause > LONGEST_PAUSE:
        raise Blocked("unreachable", f"{constants.ENDPOINT} asks to wait {pause} s; try again then")


def _refuse_whole(response: httpx2.Response) -> None:
    if response.status_code == 200 and PART in response.request.extensions:
        host = response.url.host
        raise Blocked(
            "unreachable", f"{host} sends whole files only, but should send parts of them"
        )


@contextmanager
def hub_errors(model: str, revision: str | None, *, offline: bool) -> Iterator[None]:
    """Say in the words of sertify what the hub's client raises."""
    at = f"{model}@{revision}" if revision else model
    try:
        yield
    except GatedRepoError as error:
        raise Blocked("gated", f"{model} is gated, and this machine has no access") from error
    except DisabledRepoError as error:
        raise Rejected("not_found", f"the hub has disabled {model}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise Rejected("not_found", f"the hub has no model {model}") from error
    except RevisionNotFoundError as error:
        raise Rejected("revision_not_found", f"{model} has no revision {revision}") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, RevisionResolutionError) as error:
        if any(isinstance(one, DisabledRepoError) for one in _causes(error)):
            raise Rejected("not_found", f"the hub has disabled {model}") from error
        if offline:
            message = f"{at} is not in the cache, and the network may not be used"
            raise Blocked("offline_not_cached", message) from error
        raise _no_answer(at, error) from error
    except (HfHubHTTPError, httpx2.HTTPError, _NoAnswer, ValueError, TypeError, KeyError) as error:
        # The last three: what answered is no hub, but the page of a proxy, say.
        raise _no_answer(at, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Blocked("disk_full", f"no space left for {at}") from error
        if error.errno is not None:
            raise
        # The client's own, such as for a file that is shorter than announced.
        raise _no_answer(at, error) from error


def _no_answer(at: str, error: Exception) -> Blocked:
    chain = list(_causes(error))
    if any(isinstance(one, httpx2.TimeoutException) for one in chain):
        text = f"{constants.ENDPOINT} gave no answer for {at} within {TIMEOUT:g} s"
        return Blocked("timed_out", text)
    refusal = next((one for one in chain if isinstance(one, HfHubHTTPError)), None)
    if refusal is not None and _refuses_login(refusal.response):
        return Blocked("no_access", f"{constants.ENDPOINT} refuses this machine's login for {at}")
    hook = next((one for one in chain if isinstance(one, Blocked)), None)
    if hook is not None:
        return hook
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    # What answers may be anyone, and repeat what it was sent.
    said = said.replace(get_token() or "\0", "***")
    return Blocked("unreachable", f"{constants.ENDPOINT} gave no answer for {at}: {said}")


def _refuses_login(response: httpx2.Response) -> bool:
    """Whether an answer is the hub's own; the page of a proxy that forbids it is another matter."""
    page = "html" in response.headers.get("content-type", "")
    return response.status_code in (401, 403) and not page


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to what it was raised for; the client wraps some of its errors."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
