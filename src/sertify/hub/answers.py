"""What a hub's answers say that the client makes paths and requests of."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.utils._http import _is_same_or_hub_host

from sertify.hub.bounds import BadAnswer, BoundedStream, allowance
from sertify.vocabulary.text import quoted

_COMMIT = re.compile(r"[0-9a-f]{40}")
# A mirror may have others than the hub: MD5, and what servers add to one.
_CHECKSUM = re.compile(r"[0-9a-fA-F]{32,128}(-\w{1,10})?")
_OF_COMMIT = re.compile(r"/resolve/([0-9a-f]{40})/")

_LONGEST_NAME, _LONGEST_PART = 1024, 255
_LARGEST_FILE = 1 << 50


def is_of_hub(url: httpx2.URL | str) -> bool:
    """Whether it is the hub's own: another place gets no token.

    >>> is_of_hub("https://huggingface.co/x"), is_of_hub("http://huggingface.co.evil.org/x")
    (True, False)
    """
    safer = constants.ENDPOINT.replace("http:", "https:", 1)
    return any(_is_same_or_hub_host(one, str(url)) for one in (constants.ENDPOINT, safer))


def check_request(request: httpx2.Request) -> None:
    """Count a request, and keep the token from all but the hub. Raises ``Blocked``."""
    allowance().ask()
    request.headers["Accept-Encoding"] = "identity"  # so that sizes are those that are listed
    if not is_of_hub(request.url):
        request.headers.pop("Authorization", None)


def check_response(response: httpx2.Response) -> None:
    """Bound the body of a response, and raise `BadAnswer` for headers that no hub sends.

    The client makes paths of the cache out of checksums and commits without looking at them.
    """
    response.stream = BoundedStream(response)
    if response.headers.pop("Content-Encoding", "identity").lower() != "identity":
        response.headers.pop("Content-Length", None)  # it was that of what was packed
    _check_checksums(response)
    _check_commit(response)
    _check_next_page(response)


def _check_checksums(response: httpx2.Response) -> None:
    if "/resolve/" not in response.request.url.path:
        return
    for name in (constants.HUGGINGFACE_HEADER_X_LINKED_ETAG, "ETag"):
        found = response.headers.get(name)
        if found is not None and not _CHECKSUM.fullmatch(found.removeprefix("W/").strip('"')):
            raise BadAnswer(f"{name} is {quoted(found)}, which is no checksum")


def _check_commit(response: httpx2.Response) -> None:
    found = response.headers.get(constants.HUGGINGFACE_HEADER_X_REPO_COMMIT)
    asked = _OF_COMMIT.search(response.request.url.path)
    if found is None:
        return
    if not _COMMIT.fullmatch(found):
        raise BadAnswer(f"the commit of a file is {quoted(found)}, which is no commit")
    if asked is not None and asked[1] != found:
        raise BadAnswer(f"a file is said to be of commit {found}, but {asked[1]} was asked for")


def _check_next_page(response: httpx2.Response) -> None:
    following = response.links.get("next", {}).get("url")
    if following is not None and not is_of_hub(response.request.url.join(following)):
        host = urlsplit(following).hostname
        raise BadAnswer(f"its listing goes on at {quoted(host)}, which is another host")


def checked_info(answer: Any, revision: str | None) -> dict[str, Any]:
    """Return what a hub says of a model, or raise `BadAnswer` where it is not of that form."""
    if not isinstance(answer, dict):
        raise BadAnswer("what it says of the model is no JSON object")
    commit = answer.get("sha")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise BadAnswer(f"the commit of the model is {quoted(commit)}, which is no commit")
    if revision is not None and _COMMIT.fullmatch(revision) and commit != revision:
        raise BadAnswer(f"commit {commit} was answered, but {revision} was asked for")
    return answer


def checked_sizes(files: Iterator[tuple[Any, Any]]) -> Mapping[str, int]:
    """Return the sizes of listed files by name; raise `BadAnswer` for what is no name or size."""
    sizes = {}
    for name, size in files:
        if not _is_name(name):
            raise BadAnswer(f"a file is listed as {quoted(name)}, which is no name of a file")
        if type(size) is not int or not 0 <= size <= _LARGEST_FILE:
            raise BadAnswer(f"the size of {quoted(name)} is listed as {quoted(size)}")
        sizes[name] = size
    return sizes


def _is_name(name: Any) -> bool:
    """Whether a name leads to a place inside of a folder, on any system."""
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return False
    if re.match("[A-Za-z]:", name) or any(ord(c) < 32 or c in "\\\x7f" for c in name):
        return False
    try:
        parts = name.encode().split(b"/")
    except UnicodeEncodeError:
        return False
    return all(part not in (b"", b".", b"..") and len(part) <= _LONGEST_PART for part in parts)
