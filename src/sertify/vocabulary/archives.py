"""Names of archives, which may have two endings."""

from collections.abc import Mapping

ZIP, TAR = "zip", "tar"

_KINDS: Mapping[str, tuple[str, str]] = {
    ".zip": (ZIP, ""),
    ".tar": (TAR, ""),
    ".tar.gz": (TAR, "gz"),
    ".tgz": (TAR, "gz"),
    ".tar.bz2": (TAR, "bz2"),
    ".tbz2": (TAR, "bz2"),
    ".tar.xz": (TAR, "xz"),
    ".txz": (TAR, "xz"),
}

UNREAD_ARCHIVES = (".7z", ".rar", ".tar.zst", ".zst")
"""Endings of archives that are not read."""


def archive_kind(name: str) -> tuple[str, str]:
    """Return what kind of archive a name ends as, and how that is compressed; "" for none.

    >>> archive_kind("a.TAR.gz"), archive_kind("a.zip"), archive_kind("a.wav")
    (('tar', 'gz'), ('zip', ''), ('', ''))
    """
    found = _ending(name)
    return _KINDS[found] if found else ("", "")


def without_ending(name: str) -> str:
    """Return the name of an archive without its ending; any other as it is.

    >>> without_ending("RAVDESS.tar.gz"), without_ending("a.b")
    ('RAVDESS', 'a.b')
    """
    return name[: len(name) - len(_ending(name))]


def _ending(name: str) -> str:
    folded = name.casefold()
    return next((ending for ending in _KINDS if folded.endswith(ending)), "")
