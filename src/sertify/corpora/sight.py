"""Why a recording cannot be judged, where its name and its first bytes tell."""

from pathlib import Path

from sertify.corpora.contents import Content
from sertify.corpora.flaws import FLAWS, Flaw
from sertify.corpora.formats import START, format_of
from sertify.corpora.media import can_decode_media
from sertify.corpora.suffixes import SUFFIXES, ending


def flaw_of_path(path: Path) -> Flaw | None:
    """Return why a path leads to nothing that is read; None where it leads to a file."""
    try:
        if path.is_file():  # reading from a pipe could take for ever
            return None
        if path.exists():
            return Flaw("unreadable")
        return Flaw("missing", _link_of(path) if path.is_symlink() else "")
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return Flaw("missing")


def _link_of(path: Path) -> str:
    inside = "/annex/objects/" in path.readlink().as_posix()
    return "run `git annex get`" if inside else "a link that leads nowhere"


def stand_in(path: Path) -> str:
    """Say what stands in place of a file that holds speech or tells of it, and what cures that.

    Returns "" where its first bytes do not tell.
    """
    found = format_of(Content(path).start(START))
    if found is None or found.flaw not in ("lfs_pointer", "web_page"):
        return ""
    return f"{found.name} is in its place; {FLAWS[found.flaw].cure}"


def flaw_at_sight(content: Content, start: bytes) -> Flaw | None:
    """Return why a content cannot be judged, by its first ``START`` bytes; None if it may be."""
    if not start:
        return Flaw("empty", "0 bytes")
    found = format_of(start)
    if found is None:
        return None
    if found.flaw:
        return Flaw(found.flaw, found.name if found.flaw in ("other_format", "missing") else "")
    if not found.demuxer:
        return None
    # Where a name says what is in it, nobody expects something else.
    if content.whole and ending(content.path.name) in SUFFIXES:
        return Flaw("other_format", found.name)
    return None if can_decode_media() else Flaw("needs_media", found.name)
