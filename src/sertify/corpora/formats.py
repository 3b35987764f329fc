"""What a file is, by its first bytes."""

import re
from dataclasses import dataclass

from sertify.vocabulary.files import read_words

START = 512
"""Bytes that tell what a file is."""

_SPACE = b"\xef\xbb\xbf \t\r\n"
_PAGE = re.compile(rb"<(\?xml|!doctype html|html|head|body|!--|script)", re.IGNORECASE)
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_LEAST_TEXT = 8


@dataclass(frozen=True)
class Format:
    """What a file is.

    Parameters
    ----------
    name
        With its article, as a message says it.
    demuxer
        What FFmpeg calls that which reads its sound; "" where that is not left to it.
    flaw
        Why it holds no sound; "" where it may.
    """

    name: str
    demuxer: str = ""
    flaw: str = ""


def _signatures() -> tuple[tuple[bytes, int, Format], ...]:
    found = []
    for entry in read_words(__file__)["format"]:
        magic, at = entry.pop("magic"), entry.pop("at", 0)
        texts = [magic] if isinstance(magic, str) else magic
        found += [(text.encode("latin-1"), at, Format(**entry)) for text in texts]
    return tuple(found)


_SIGNATURES = _signatures()
_WEB_PAGE = Format("a web page", flaw="web_page")
_TEXT = Format("a text", flaw="other_format")


def format_of(start: bytes) -> Format | None:
    r"""Return what a file is, by its first ``START`` bytes; None where these do not tell.

    >>> format_of(b"\0\0\0\x1cftypM4A \0\0").demuxer, format_of(b"<!DOCTYPE html>").flaw
    ('mov', 'web_page')
    """
    for magic, at, found in _SIGNATURES:
        if start.startswith(magic, at):
            return found
    text = start.lstrip(_SPACE)
    if _PAGE.match(text):
        return _WEB_PAGE
    return _TEXT if len(text) >= _LEAST_TEXT and _is_text(text) else None


def _is_text(start: bytes) -> bool:
    if _BINARY.search(start):
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4  # within a character that is cut off
    return True
