"""Logins, which stay out of all that is said and kept."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_ADDRESSES = ("HF_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_SHORTEST = 6  # a shorter one is a word that is blanked everywhere

# By their form, for they may have been given in any way: a token of the hub, what a header holds,
# the name and the password in an address, and the signature of a place that a hub sends to.
_SECRET = re.compile(
    r"""(?ix) \b hf_[a-z0-9_-]{6,}
    | \b (?:bearer|basic) \s+ [\w.+/=-]{6,}
    | (?<=://) [^/\s'"<>]+ (?=@)
    | (?<=[?&;]) (?P<name>[\w-]*(?:sig|token|secret|credential|passw|key|policy)[\w-]*=) [^&\s'"<>]+
    """
)


def redacted(text: str, *secrets: str | None) -> str:
    """Return a text without what looks like a login, and without `secrets`.

    >>> redacted("Authorization: Bearer hf_abcdefgh; s3cret", "s3cret")
    'Authorization: ***; ***'
    >>> redacted("http://me:s3cret@hub.org/model?X-Amz-Signature=0f&part=1")
    'http://***@hub.org/model?X-Amz-Signature=***&part=1'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return _SECRET.sub(lambda found: (found["name"] or "") + "***", text)


def without_logins(value: Any) -> Any:
    """Copy a JSON value without logins, those of this machine as well.

    >>> without_logins({"remark": ["see http://me:s3cret@hub.org"]})
    {'remark': ['see http://***@hub.org']}
    """
    secrets = tuple(_known())
    return each_text(value, lambda text: redacted(text, *secrets))


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Copy a JSON value with each text in it changed."""
    if isinstance(value, str):
        return change(str(value))
    if isinstance(value, Mapping):
        return {each_text(key, change): each_text(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = (each_text(item, change) for item in value)
        return tuple(items) if isinstance(value, tuple) else list(items)
    return value


def _known() -> Iterator[str]:
    """Yield the tokens and passwords that this machine has been given by the environment."""
    yield from (token for name in _TOKENS if len(token := _given(name)) >= _SHORTEST)
    for name in _ADDRESSES:
        password = _password(_given(name) or _given(name.lower()))
        yield from (one for one in {password, unquote(password)} if len(one) >= _SHORTEST)


def _given(name: str) -> str:
    return os.environ.get(name, "").strip()


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
