"""How names that others chose, and numbers, are told in a message.

A name that may hold anything is `quoted`, or stands among several that are `listed`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

_LONGEST = 100


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
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def listed(names: Iterable[object], most: int = 6) -> str:
    """Return names for a message, no more than fit into one, and how many there are besides.

    >>> listed("abc"), listed("abcde", most=3), listed([])
    ('a, b, c', 'a, b, c and 2 more', 'none')
    """
    every = [shown(str(name)) for name in names]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return (", ".join(every[:most]) or "none") + more


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
    near = get_close_matches(word, known, 1)
    if near:
        return f"; did you mean {quoted(near[0])}?"
    return f"; known are {listed(known, most=20)}" if known else ""


def text_of_error(error: BaseException) -> str:
    r"""Return the kind of an error and the first line of what it says, which may be anything.

    >>> text_of_error(KeyError("a\nb")), text_of_error(SystemExit())
    ("KeyError: 'a\\nb'", 'SystemExit')
    """
    try:
        said = str(error).strip().partition("\n")[0]
    except BaseException:
        said = "it cannot say what is wrong"
    said = said.encode(errors="backslashreplace").decode()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def fold(label: str) -> str:
    """Return `label` without what does not distinguish one from another: case, ``_``, ``-``, space.

    >>> fold(" Pleasant_Surprise ")
    'pleasant surprise'
    """
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", label).casefold()).strip()


def safe(value: object) -> str:
    r"""Return the text of what others made, also where it has none, or one that no file can hold.

    >>> safe("half \udce4 a pair"), safe(ValueError("odd"))
    ('half \\udce4 a pair', 'odd')
    """
    try:
        text = str(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        text = f"<its text cannot be told: {type(error).__name__}>"
    return text.encode(errors="backslashreplace").decode()


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


def clean(value: Any) -> Any:
    r"""Copy a JSON value without the characters that a terminal or a browser acts on.

    Escape sequences, control characters and marks that turn the direction of writing go, line
    breaks become spaces, and what no encoder accepts becomes U+FFFD.

    >>> clean({"name": "\x1b[31mred\x1b[0m\nfish"})
    {'name': 'red fish'}
    """
    if isinstance(value, str):
        if value.isprintable():
            return str(value)
        return "".join(map(_visible, _ESCAPES.sub("", value)))
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list | tuple) else value


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\r" or category in ("Zl", "Zp"):
        return " "
    return {"Cc": "", "Cf": "", "Cs": "\ufffd"}.get(category, character)


# A login of the hub, by its form: it may have been given in any way.
_SECRET = re.compile(r"(?i)\bhf_[a-z0-9_-]{6,}|\bbearer\s+[\w.+/=-]{6,}")


def redacted(text: str, *secrets: str | None) -> str:
    """Return a text without what looks like a login of the hub, and without `secrets`.

    >>> redacted("Authorization: Bearer hf_abcdefgh; s3cret", "s3cret")
    'Authorization: ***; ***'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return _SECRET.sub("***", text)
