"""What a reader finds in a folder, before any of it is left out or hashed."""

import posixpath
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sertify.corpora.clips import Clip, Heed
from sertify.corpora.trees import Tree
from sertify.corpora.votes import Votes
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

LISTED_TWICE = "listed twice"
"""Why a row is left out that says of a file what another one says."""


@dataclass(frozen=True)
class Listing:
    """The clips of a folder as one reader reads it; the other fields are those of a corpus.

    ``language`` is that of the clips which name none themselves; ``columns`` are those of the table
    that it was read from, if any; ``states`` are labels that the corpus' own documentation tells
    from emotions; ``votes`` are those of annotators. ``unpack`` returns the clips that are kept
    with places where their recordings can be read, where they lie packed in other files.
    """

    clips: tuple[Clip, ...]
    layout: str
    public: str | None = None
    language: str | None = None
    left_out: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    unpack: Callable[[Sequence[Clip], Heed | None], Sequence[Clip]] | None = None
    votes: Votes | None = None


@dataclass(frozen=True)
class Wish:
    """What is asked of the reader of a form.

    Parameters
    ----------
    detail
        What follows the colon of ``--layout FORM:DETAIL``.
    cluster
        The columns by whose values clips are resampled together.
    named
        Whether somebody said that the folder is of this form.
    labels
        The folded labels that a label map says something of.
    """

    detail: str = ""
    cluster: tuple[str, ...] = ()
    named: bool = False
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Declined:
    """What looked like a form, and the sentences that say why it was not read as such."""

    why: tuple[str, ...]


Reader = Callable[[Tree, Wish], Listing | Declined | None]
"""Reads the files of a folder as those of one form; returns None where they are not of it.

Raises ``ConfigurationError`` where they are, but something in them is wrong.
"""

FileReader = Callable[[Path, Wish], Listing]
"""Reads one file that is given instead of a folder; raises ``ConfigurationError`` as `Reader`."""


@dataclass(frozen=True)
class Form:
    """A form that labelled audio comes in.

    Parameters
    ----------
    layout
        What ``--layout`` calls it; several forms may share one.
    needs
        What a folder of it has, as messages say it: "db.yaml".
    """

    layout: str
    needs: str
    read: Reader


def refuse_repeated(place: str, clips: Sequence[Clip]) -> None:
    """Raise ``ConfigurationError`` where the table at a place lists no file, or one twice."""
    if not clips:
        raise ConfigurationError(f"{place} lists no file")
    twice = [name for name, count in Counter(clip.name for clip in clips).items() if count > 1]
    if twice:
        raise ConfigurationError(f"{place} lists {listed(twice)} more than once")


def is_below(name: str) -> bool:
    """Whether a relative path leads to something below where it begins; links are followed.

    The Hub's cache and DVC keep files elsewhere, and links to them in the folder.
    """
    path = posixpath.normpath(name)
    return not path.startswith(("/", "../")) and path not in ("..", ".") and "\0" not in name


def is_there(folder: Path, name: str) -> bool:
    """Whether the relative path `name` leads to a file below `folder`."""
    try:
        return is_below(name) and (folder / name).is_file()
    except OSError:  # a name that is too long
        return False
