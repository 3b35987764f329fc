"""How names that others chose are told in a message."""

from collections.abc import Iterable

__all__ = ["counted", "examples", "shown"]


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
