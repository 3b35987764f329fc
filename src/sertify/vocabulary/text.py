"""How names that others chose, and numbers, are told in a message.

A name that may hold anything is `quoted`, or stands among several that are `listed`.
"""

import re
import reprlib
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from sertify.vocabulary.logins import each_text, without_logins

LONGEST_MESSAGE = 4000
"""Characters of what is said of a candidate: of what others wrote, it may hold anything."""

_LONGEST = 100
_LONGEST_LISTED = 300  # a file, or a tensor with its shapes
_MOST_BITS = 1000
_MOST_KNOWN = 1000
_MOST_ITEMS = 10_000
_PIECE = 1000

# What is nested without end, or has many items, is not written out first to be cut then.
_BRIEF = reprlib.Repr()
_BRIEF.maxlevel = _BRIEF.maxdict = 8
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxset = 20
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = _LONGEST


def shown(name: str) -> str:
    r"""Return a name as a terminal and a page can show it, on one line.

    >>> shown("Ärger.wav"), shown("a\nb\udce4.wav")
    ('Ärger.wav', 'a\\nb\\udce4.wav')
    """
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)


def quoted(value: object) -> str:
    r"""Return a value as Python writes it, cut where it is long; a text in quotes.

    >>> quoted("a\nb"), quoted(None), len(quoted("x" * 1000))
    ("'a\\nb'", 'None', 105)
    """
    if isinstance(value, str):
        return repr(shortened(value))
    # Of a number of a million digits, Python refuses to write any.
    large = isinstance(value, int) and value.bit_length() > _MOST_BITS
    return "a very large number" if large else shortened(_BRIEF.repr(value))


def shortened(text: str, most: int = _LONGEST) -> str:
    """Return the start of a text that is too long to be shown.

    >>> shortened("neutral"), shortened("neutral", 4)
    ('neutral', 'neut...')
    """
    return text if len(text) <= most else f"{text[:most]}..."


def bounded(value: Any) -> Any:
    """Copy a JSON value with long texts shortened, and the first items only of what has many.

    >>> bounded({"labels": ["calm", "x" * 10**6]})["labels"][1] == "x" * 300 + "..."
    True
    """
    if isinstance(value, str):
        return shortened(value, _LONGEST_LISTED)
    if isinstance(value, Mapping):
        return {bounded(key): bounded(value[key]) for key in islice(value, _MOST_ITEMS)}
    if isinstance(value, list | tuple):
        return type(value)(map(bounded, value[:_MOST_ITEMS]))
    return value


def listed(names: Iterable[object], most: int = 6) -> str:
    """Return names for a message, no more than fit into one, and how many there are besides.

    >>> listed("abc"), listed("abcde", most=3), listed([])
    ('a, b, c', 'a, b, c and 2 more', 'none')
    """
    every = [*names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    first = (shown(shortened(str(name), _LONGEST_LISTED)) for name in every[:most])
    return (", ".join(first) or "none") + more


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "clip"), counted(3, "speaker")
    ('1 clip', '3 speakers')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def amount(size: float) -> str:
    """Return a number of bytes as it is told in a message.

    >>> amount(29), amount(4_000_000), amount(1_260_000_000)
    ('29 bytes', '4 MB', '1.3 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f}".removesuffix(".0") + f" {name}"
    return f"{size:g} bytes"


def ordinal(number: int) -> str:
    """Return which one of several it is.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that proposes the known word nearest to `word`, or all.

    >>> did_you_mean("langauges", ["labels", "languages"])
    "; did you mean 'languages'?"
    >>> did_you_mean("x", ["min", "max"])
    '; known are min, max'
    """
    known = tuple(known)
    near = get_close_matches(shortened(word), known[:_MOST_KNOWN], 1)
    if near:
        return f"; did you mean {quoted(near[0])}?"
    return f"; known are {listed(known, most=20)}" if known else ""


def text_of_error(error: BaseException) -> str:
    r"""Return the kind of an error and the first line of what it says, which may be anything.

    >>> text_of_error(KeyError("a\nb")), text_of_error(SystemExit())
    ("KeyError: 'a\\nb'", 'SystemExit')
    """
    said = safe(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def fold(label: str) -> str:
    """Return `label` without what does not distinguish one from another: case, ``_``, ``-``, space.

    >>> fold(" Pleasant_Surprise ")
    'pleasant surprise'
    """
    return _folded(label) if len(label) <= _LONGEST else _folded.__wrapped__(label)


@lru_cache(2**14)
def _folded(label: str) -> str:
    return re.sub(r"[\s_-]+", " ", normalized(label).casefold()).strip()


def normalized(text: str) -> str:
    r"""Return a text in Unicode's form NFKC; a long one piece by piece.

    Marks that combine with a letter are sorted, which takes the square of their number.

    >>> normalized("e\u0301"), len(normalized("e" + "\u0315" * 100_000))
    ('é', 100001)
    """
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)


def safe(value: object) -> str:
    r"""Return the text of what others made, also where it has none, or one that no file can hold.

    >>> safe("half \udce4 a pair"), safe(ValueError("odd"))
    ('half \\udce4 a pair', 'odd')
    """
    try:
        text = str(value)
    except BaseException as error:
        text = f"<its text cannot be told: {type(error).__name__}>"
    return text.encode(errors="backslashreplace").decode()


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


def clean(value: Any) -> Any:
    r"""Copy a JSON value without logins, and without what a terminal or a browser acts on.

    Escape sequences, control characters and marks that turn the direction of writing go, line
    breaks become spaces, and what no encoder accepts becomes U+FFFD.

    >>> clean({"name": "\x1b[31mred\x1b[0m\nfish, hf_abcdefgh"})
    {'name': 'red fish, ***'}
    """
    return without_logins(each_text(value, _plain))


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(map(_visible, _ESCAPES.sub("", text)))


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\r" or category in ("Zl", "Zp"):
        return " "
    return {"Cc": "", "Cf": "", "Cs": "\ufffd"}.get(category, character)
