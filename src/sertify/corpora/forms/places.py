"""Where the files lie that a manifest names: it was often written on another machine."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from sertify.corpora.trees import Tree

# What stands for the folder of the data: {data_root}, $data_folder, ${AUDIO_DIR}.
_PLACEHOLDER = re.compile(r"^(\{\w+\}|\$\{\w+\}|\$\w+)/+")


class Places:
    """The files of a folder, to be found by what a manifest calls them.

    Only names of the tree are ever returned, so nothing outside of it is read.
    """

    def __init__(self, tree: Tree) -> None:
        self._files = frozenset(tree.files)
        self._names = tree.audio

    @cached_property
    def _by_base(self) -> Mapping[str, Sequence[str]]:
        names: defaultdict[str, list[str]] = defaultdict(list)
        for name in self._names:
            names[name.rpartition("/")[2]].append(name)
        return names

    def find(self, given: str, folder: str = "") -> tuple[str, bool]:
        """Return the name of a file relative to the tree, and whether it is there.

        It is looked for below the folder of the manifest, below the tree, and then by the end of
        its path: the longest that only one file has.
        """
        path = unrooted(given)
        for name in (posixpath.normpath(posixpath.join(folder, path)), path):
            if name in self._files:
                return name, True
        alike = self._by_base.get(path.rpartition("/")[2], ())
        found = _nearest(path, alike)
        return (found, True) if found else (_below(path), False)


def unrooted(given: str) -> str:
    r"""Return a path with ``/`` and without what stands for the folder of the data.

    >>> unrooted("{data_root}/wavs/a.wav"), unrooted("x\\a.wav")
    ('wavs/a.wav', 'x/a.wav')
    """
    return posixpath.normpath(_PLACEHOLDER.sub("", given.strip()).replace("\\", "/"))


def _nearest(path: str, names: Sequence[str]) -> str | None:
    """Return the one name that has most of the end of a path in common with it."""
    if len(names) < 2:
        return names[0] if names else None
    parts = path.split("/")[::-1]
    common = {name: _shared(parts, name.split("/")[::-1]) for name in names}
    best = [name for name, length in common.items() if length == max(common.values())]
    return best[0] if len(best) == 1 else None


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _below(path: str) -> str:
    """Return a path that cannot lead out of the folder that it is joined to."""
    parts = [part for part in path.replace("\0", "").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "unnamed"
