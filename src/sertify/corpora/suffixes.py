"""The endings of names by which sound is known."""

SUFFIXES = frozenset(
    {".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3"}
    | {".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".sph"}
)
"""File name endings that count as audio, in lower case."""

UNREAD_SUFFIXES = frozenset(
    {".m4a", ".m4b", ".aac", ".ac3", ".amr", ".wma", ".mka", ".webm", ".mp4"}
    | {".3gp", ".mkv", ".mov", ".avi"}
)
"""Endings of files that hold sound which only PyAV reads."""


def ending(name: str) -> str:
    """Return the ending of a name in lower case, with its dot; "" where it has none.

    >>> ending("a/b.WAV"), ending("a.b/c"), ending(".wav")
    ('.wav', '', '')
    """
    # Each form asks this of each file, of which there may be many.
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""
