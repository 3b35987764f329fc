"""How names that others chose are told in a message."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

# A token of the hub, by its form: it may have been given in any way.
_SECRET = re.compile(r"(?i)\bhf_[a-z0-9_-]{6,}|\bbearer\s+[\w.+/=-]{6,}")


def shown(name: str) -> str:
    r"""Return a name as a terminal and a page can show it, on one line.

    Examples
    --------
    >>> shown("Ärger.wav"), shown("a\nb\udce4.wav")
    ('Ärger.wav', 'a\\nb\\udce4.wav')
    """
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)


def examples(names: Iterable[str], most: int = 3) -> str:
    """Return the first few names, and how many more there are.

    Examples
    --------
    >>> examples("abc"), examples("abcde")
    ('a, b, c', 'a, b, c and 2 more')
    """
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(shown(name) for name in every[:most]) + more


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "clip"), counted(3, "speaker")
    ('1 clip', '3 speakers')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that proposes the known word nearest to `word`.

    Examples
    --------
    >>> did_you_mean("langauges", ["labels", "languages"])
    "; did you mean 'languages'?"
    >>> did_you_mean("x", ["min", "max"])
    '; known are min, max'
    """
    known = tuple(known)
    near = get_close_matches(word, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def listed(names: Sequence[str | None], most: int = 6) -> str:
    """Return names for a message, no more than fit into one.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(str(name) for name in names[:most]) or "none"
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def fold(label: str) -> str:
    """Return `label` without what does not distinguish one from another: case, ``_``, ``-``, space.

    Examples
    --------
    >>> fold(" Pleasant_Surprise ")
    'pleasant surprise'
    """
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", label).casefold()).strip()


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


def clean(value: Any) -> Any:
    r"""Copy a JSON value without the characters that a terminal or a browser acts on.

    Escape sequences, control characters and marks that turn the direction of writing go, line
    breaks become spaces, and what no encoder accepts becomes U+FFFD.

    Examples
    --------
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


def redacted(text: str) -> str:
    """Return a text without what looks like a login of the hub, however it was given.

    Examples
    --------
    >>> redacted("authorization: Bearer hf_abcdefgh")
    'authorization: ***'
    """
    return _SECRET.sub("***", text)
