"""The errors of the hub's client in the words of sertify."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

import httpx2
from huggingface_hub import constants, errors, get_token

from sertify.candidates.spelling import spelling_doubt
from sertify.hub import bounds
from sertify.vocabulary.errors import Blocked, Rejected
from sertify.vocabulary.logins import redacted


@contextmanager
def hub_errors(
    model: str, revision: str | None, *, offline: bool, kind: str = "model"
) -> Iterator[None]:
    """Say in the words of sertify what the hub's client raises; nothing else gets through.

    Its errors carry the headers of the request, and so the token, into whoever's traceback.
    """
    try:
        yield
    except (Blocked, Rejected, MemoryError):
        raise
    except Exception as error:
        raise _verdict(error, model, revision, offline=offline, kind=kind) from None


REFUSALS = (
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
    error: Exception, model: str, revision: str | None, *, offline: bool, kind: str
) -> Blocked | Rejected:
    at = f"{model}@{revision}" if revision else model
    chain = list(_causes(error))
    hook = next((cause for cause in chain if isinstance(cause, Blocked)), None)
    if hook is not None:
        return hook
    answer = next((cause for cause in chain if isinstance(cause, REFUSALS)), None)
    if answer is not None and not is_page(answer):
        return _answered(answer, model, revision, kind)
    if offline and isinstance(error, _NOT_CACHED):
        message = f"{at} is not in the cache, and the network may not be used"
        return Blocked("offline_not_cached", message)
    if any(isinstance(cause, httpx2.TimeoutException) for cause in chain):
        message = f"{constants.ENDPOINT} gave no answer for {at} within {bounds.TIMEOUT:g} s"
        return Blocked("timed_out", message)
    if any(map(_refuses_login, chain)):
        return Blocked("no_access", f"{constants.ENDPOINT} refuses this machine's login for {at}")
    return _unable(error, at)


def _answered(
    answer: BaseException, model: str, revision: str | None, kind: str
) -> Blocked | Rejected:
    if isinstance(answer, errors.GatedRepoError):
        return Blocked("gated", f"{model} is gated, and this machine has no access")
    if isinstance(answer, errors.DisabledRepoError):
        return Rejected("not_found", f"the hub has disabled {model}")
    if isinstance(answer, errors.RevisionNotFoundError):
        return Rejected("revision_not_found", f"{model} has no revision {revision}")
    return Rejected("not_found", f"the hub has no {kind} {model}{spelling_doubt(model)}")


def _unable(error: Exception, at: str) -> Blocked:
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC:
        return Blocked("disk_full", f"there is no space left on the disk for {at}")
    problem = str(error).strip().partition("\n")[0] or type(error).__name__
    problem = redacted(problem, get_token())  # what answers may repeat what it was sent
    if number is not None:
        return Blocked("unusable_cache", f"the files of {at} cannot be saved: {problem}")
    # Else it is an error of the client, such as for a file that is shorter than announced.
    if isinstance(error, JSONDecodeError) or is_page(error):
        problem = "what answered is not the hub; it may be the page of a proxy"
    return Blocked("unreachable", f"{constants.ENDPOINT} gave no usable answer for {at}: {problem}")


def is_page(error: BaseException) -> bool:
    """Whether an error is about the page of a proxy, which may have any status."""
    response = getattr(error, "response", None)
    return response is not None and "html" in response.headers.get("content-type", "")


def _refuses_login(error: BaseException) -> bool:
    """Whether the hub itself refuses; a place that it sends to does when its address is old."""
    if not isinstance(error, errors.HfHubHTTPError) or is_page(error):
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
