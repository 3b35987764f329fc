"""The file that was meant, where a name leads to none."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from sertify.corpora.clips import Corpus
from sertify.corpora.flaws import Flaw
from sertify.corpora.trees import Tree, ending, tree_of


def near_match(tree: Tree, name: str) -> str | None:
    r"""Return the file of a folder that a name nearly leads to; None where there is none, or many.

    It may be written in another case, with another ending or without one, with the letters of
    Korean apart as macOS does, with the path of Windows or of another folder.

    >>> from pathlib import Path
    >>> tree = Tree(Path(), ("audio/Clip00.WAV", "audio/b.flac"))
    >>> [near_match(tree, name) for name in ("clip00", r"D:\speech\b.wav", "c.wav")]
    ['audio/Clip00.WAV', 'audio/b.flac', None]
    """
    return Neighbours(tree).match(name)


def with_near_matches(corpus: Corpus) -> Corpus:
    """Add to the flaw of each clip that is missing which file has nearly its name."""
    missing = Flaw("missing")
    if not any(clip.flaw == missing for clip in corpus.clips):
        return corpus
    neighbours = Neighbours(tree_of(corpus.path))
    clips = [
        replace(clip, flaw=Flaw("missing", f"{near} has that name"))
        if clip.flaw == missing and (near := neighbours.match(clip.name.partition("#t=")[0]))
        else clip
        for clip in corpus.clips
    ]
    return replace(corpus, clips=tuple(clips))


class Neighbours:
    """The files of a folder by what names have in common with theirs."""

    def __init__(self, tree: Tree) -> None:
        self._files: dict[tuple[int, str], str | None] = {}
        bare = (name for name in tree.files if not ending(name))
        for file in (*tree.audio, *tree.unread, *bare):
            for key in _keys(file):
                # Of several that only look alike, nobody knows which is meant.
                self._files[key] = None if self._files.get(key, file) != file else file

    def match(self, name: str) -> str | None:
        """Return what :func:`near_match` does."""
        return next((file for key in _keys(name) if (file := self._files.get(key))), None)


def _keys(name: str) -> Iterator[tuple[int, str]]:
    """Yield what a name has in common with a file, the surest first."""
    path = unicodedata.normalize("NFC", name).casefold().replace("\\", "/")
    path = path.removeprefix("./").strip()
    base = path.rpartition("/")[2]
    for number, text in enumerate((path, base)):
        yield 2 * number, text
        yield 2 * number + 1, text.removesuffix(ending(text))
