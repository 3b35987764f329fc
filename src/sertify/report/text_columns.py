"""Text in the columns of a terminal, in which an East Asian character takes two."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence

_NARROWEST, _NARROW = 8, 13


def aligned(
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    tight: Collection[str] = (),
    right: Collection[str] = (),
    spared: Sequence[str] = (),
) -> list[str]:
    """Lay out the columns that hold something; the first gives way where they are too wide.

    The first row is the heading; by it ``tight`` names the columns that stand close to the one
    before, ``right`` those that are flush right, and ``spared`` those that are left out, one after
    the other, where the first would not be told apart.
    """
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    for heading in spared:
        taken = sum(max(map(width_of, column)) + 2 for column in columns[1:])
        if width - taken + sum(column[0] in tight for column in columns) < _NARROW:
            columns = [column for column in columns if column[0] != heading]
    gaps = [1 if column[0] in tight else 2 for column in columns[1:]]
    widths = [max(map(width_of, column)) for column in columns]
    spare = width - sum(widths[1:]) - sum(gaps)
    widths[0] = min(widths[0], max(spare, _NARROWEST))
    columns[0] = _told_apart(columns[0], widths[0])
    cells = [
        [" " * gap + _padded(text, size, column[0] in right) for text in column]
        for column, size, gap in zip(columns, widths, [0, *gaps], strict=True)
    ]
    return [fitted("".join(line), width).rstrip() for line in zip(*cells, strict=True)]


def fitted(text: str, size: int, end: int | None = None) -> str:
    """Cut out the middle of a text that is wider than ``size``: names differ at either end.

    ``end`` is how many columns of its end are kept; half of them, unless it is given.

    >>> fitted("wav2vec2-large-xlsr-speech-emotion", 16)
    'wav2vec…-emotion'
    """
    if width_of(text) <= size:
        return text
    tail = _last(text, size // 2 if end is None else end)
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


def _told_apart(texts: Sequence[str], size: int) -> tuple[str, ...]:
    """Cut texts where that leaves them different, as near to the middle as possible."""
    middle = size // 2
    for end in sorted(range(size), key=lambda end: abs(end - middle)):
        cut = tuple(fitted(text, size, end) for text in texts)
        if len(set(cut)) == len(set(texts)):
            return cut
    return tuple(fitted(text, size) for text in texts)


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
