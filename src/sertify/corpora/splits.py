"""The parts that a corpus is divided into, for training and for tests."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sertify.corpora.clips import Clip
from sertify.vocabulary.data_cards import SPLITS
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed


def split_of(name: str) -> str | None:
    """Return the split that a folder or a table is called after, None where it is none.

    >>> split_of("Dev"), split_of("calls")
    ('validation', None)
    """
    return SPLITS.get(fold(name))


@lru_cache(maxsize=10_000)
def split_on(way: str) -> str | None:
    """Return the split that the first such folder on a way is called after, None where none is.

    >>> split_on("calls/dev/anna"), split_on("")
    ('validation', None)
    """
    return next(filter(None, map(split_of, way.split("/"))), None)


def clips_of_split(path: Path, clips: Iterable[Clip], split: str) -> list[Clip]:
    """Return the clips of one split.

    Raises ``ConfigurationError`` where there is none, or no clip names its split.
    """
    named = [clip for clip in clips if clip.split is not None]
    if not named:
        raise ConfigurationError(
            f"--data {path}: split {split!r} is asked for, but no clip names its split:"
            " add a column split to its metadata"
        )
    exact = [clip for clip in named if fold(str(clip.split)) == fold(split)]
    alike = split_of(split)
    kept = exact or [clip for clip in named if alike and split_of(str(clip.split)) == alike]
    if not kept:
        splits = listed(sorted({str(clip.split) for clip in named}), most=20)
        raise ConfigurationError(f"--data {path}: has no split {split!r}; its splits are {splits}")
    return kept
