"""Text in the columns of a terminal, in which an East Asian character takes two."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence

__all__ = ["aligned", "fitted", "width_of", "wrapped"]

_NARROWEST = 8


def aligned(
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    tight: Collection[str] = (),
    right: Collection[str] = (),
) -> list[str]:
    """Lay out the columns that hold something; the first gives way where they are too wide.

    The first row is the heading; by it ``tight`` names the columns that stand close to the one
    before, and ``right`` those that are flush right.
    """
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    gaps = [1 if column[0] in tight else 2 for column in columns[1:]]
    widths = [max(map(width_of, column)) for column in columns]
    spare = width - sum(widths[1:]) - sum(gaps)
    widths[0] = min(widths[0], max(spare, _NARROWEST))
    cells = [
        [" " * gap + _padded(text, size, column[0] in right) for text in column]
        for column, size, gap in zip(columns, widths, [0, *gaps], strict=True)
    ]
    return [fitted("".join(line), width).rstrip() for line in zip(*cells, strict=True)]


def fitted(text: str, size: int) -> str:
    """Cut out the middle of a text that is wider than ``size``: names differ at either end.

    >>> fitted("wav2vec2-large-xlsr-speech-emotion", 16)
    'wav2vec…-emotion'
    """
    if width_of(text) <= size:
        return text
    tail = _last(text, size // 2)
    return _last(text[::-1], size - 1 - width_of(tail))[::-1] + "…" + tail


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text between its words; a word that is too long is cut."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and width_of(longer) > width:
            yield fitted(line, width)
            longer = word
        line = longer
    yield fitted(line, width)


def width_of(text: str) -> int:
    """Count the columns that a text takes."""
    return sum(map(_columns, text))


def _padded(text: str, size: int, right: bool) -> str:
    text = fitted(text, size)
    padding = " " * (size - width_of(text))
    return padding + text if right else text + padding


def _last(text: str, size: int) -> str:
    return next(text[i:] for i in range(len(text) + 1) if width_of(text[i:]) <= size)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
