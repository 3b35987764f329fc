"""The names that one table gives to files, to those that files of its folder have.

One rule is for all names of a table: tables are written by programs, which do not change their
mind from row to row. Only what lies in the folder is ever found.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from sertify.corpora.audio import SUFFIXES, UNREAD_SUFFIXES
from sertify.corpora.splits import split_of
from sertify.corpora.trees import Tree, ending
from sertify.vocabulary.text import listed, normalized

_HEARD = frozenset({*SUFFIXES, *UNREAD_SUFFIXES})
_MOST = 1000  # parts of a path; systems allow 2048


@dataclass(frozen=True)
class Resolution:
    """Names of files below a folder, by what a table calls them; those not found are not in it.

    ``remark`` says by which rule, where the table does not call them by their names.
    """

    names: Mapping[str, str]
    remark: str = ""


@dataclass(frozen=True)
class _Rule:
    """Files and what a table lists are the same where so many parts of their paths agree."""

    parts: int
    ending: bool = True
    case: bool = True

    def key(self, parts: tuple[str, ...]) -> str:
        last = parts[-1] if self.ending or ending(parts[-1]) not in _HEARD else _stem(parts[-1])
        path = "/".join((*parts[-self.parts : -1], last))
        return path if self.case else path.casefold()


@dataclass(frozen=True)
class PathFinder:
    """The files below a folder, to be found by what a table of it calls them.

    Parameters
    ----------
    base
        The folder of the table relative to that folder, with ``/`` at its end, or "".
    """

    tree: Tree
    base: str = ""
    _known: dict[frozenset[str], Resolution] = field(default_factory=dict)

    def resolve(self, values: Iterable[str | None]) -> Resolution:
        """Find the files that a table lists, by one rule for all.

        That is their own path; else as much of its end as finds most, without ending or case where
        that finds more. What could be two files is not found.
        """
        given = frozenset(value for value in values if value)
        if given not in self._known:
            self._known[given] = self._resolved(given)
        return self._known[given]

    def _resolved(self, given: frozenset[str]) -> Resolution:
        exact = {text: name for text in given if (name := self._exact(text)) is not None}
        rest = [text for text in given if text not in exact and not text.isascii()]
        turned = {
            text: name
            for text in rest
            if (name := self._composed.get(normalized(self._path(text))))
        }
        remark = self._told(turned, turned, "in another form of Unicode") if turned else ""
        exact |= turned
        if 2 * len(exact) >= len(given):
            return Resolution(exact, remark)
        rule, loose = self._loosest(given)
        if rule is None or len(loose) <= 2 * len(exact):
            return Resolution(exact, remark)
        if all(text == name for text, name in loose.items()):  # from the folder of the speech
            return Resolution(loose)
        return Resolution(loose, self._told(given, loose, _said(rule, loose)))

    def _exact(self, text: str) -> str | None:
        if not self.base and text in self._every:
            return text
        paths = dict.fromkeys((self._path(text), self._path(text.replace("\\", "/"))))
        return next((path for path in paths if path in self._every), None)

    def _path(self, text: str) -> str:
        return posixpath.normpath(self.base + text)

    def _loosest(self, given: Collection[str]) -> tuple[_Rule | None, dict[str, str]]:
        listed_parts = {text: parts for text in given if (parts := _parts(text))}
        best: tuple[_Rule | None, dict[str, str]] = (None, {})
        for rule in self._rules(max(map(len, listed_parts.values()), default=0)):
            index = _unique((rule.key(parts), name) for name, parts in self._heard_parts.items())
            found = {
                text: name
                for text, parts in listed_parts.items()
                if (name := index.get(rule.key(parts))) is not None
                and not _differ(parts, self._heard_parts[name])
            }
            often = Counter(found.values())
            found = {text: name for text, name in found.items() if often[name] == 1}
            if len(found) > len(best[1]):
                best = rule, found
            if len(found) == len(given):
                break
        return best

    def _rules(self, deepest: int) -> Iterator[_Rule]:
        deepest = min(deepest, max(map(len, self._heard_parts.values()), default=0))
        for kept in (True, False):
            for case in (True, False):
                for parts in range(deepest, 0, -1):
                    yield _Rule(parts, kept, case)

    def _told(self, given: Collection[str], found: Mapping[str, str], how: str) -> str:
        number = sum(text in found for text in given)
        example = min(text for text in given if text in found)
        every = "1 name" if len(given) == 1 else f"{len(given):,} names"
        which = every if number == len(given) else f"{number:,} of {every}"
        which += " is" if number == 1 else " are"
        return f"{which} found {how}: {listed([example])} as {listed([found[example]])}"

    @cached_property
    def _every(self) -> frozenset[str]:
        return frozenset((*self.tree.files, *self.tree.aside))

    @cached_property
    def _composed(self) -> Mapping[str, str | None]:
        return _unique((normalized(name), name) for name in self._every if not name.isascii())

    @cached_property
    def _heard_parts(self) -> Mapping[str, tuple[str, ...]]:
        return {name: _parts(name) for name in (*self.tree.audio, *self.tree.unread)}


def _said(rule: _Rule, found: Mapping[str, str]) -> str:
    """Say by which rule names were found."""
    how = [] if rule.ending else ["with another ending or without one"]
    how += [] if rule.case else ["in other letters, small or capital"]
    above = {name.removesuffix(text) for text, name in found.items()}
    folders = {posixpath.dirname(name) for name in found.values()}
    bare = not any("/" in text or "\\" in text for text in found)
    if len(folders) == 1 and (bare or len(above) == 1):
        where = next(iter(folders))
        how += [f"in the folder {where}"] if where else []
    else:
        how += ["by the end of their paths"]
    return ", ".join(how) or "by the end of their paths"


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Return names by keys; None where several have one key."""
    names: dict[str, str | None] = {}
    for key, name in pairs:
        names[key] = None if key in names else name
    return names


def _parts(text: str) -> tuple[str, ...]:
    """Return the names on the way to a file, composed, without those that lead back or nowhere."""
    plain = text if text.isascii() else normalized(text)
    return tuple(part for part in plain.replace("\\", "/").split("/") if part not in _BACK)[-_MOST:]


_BACK = frozenset({"", ".", ".."})


_NUMBER = re.compile(r"\d+")


def _differ(given: Sequence[str], found: Sequence[str]) -> bool:
    """Whether two paths to files of one name say that they are of other splits or speakers.

    Of a table of all, half of the files may be here: ``spk1/001.wav`` is not ``spk2/001.wav``.
    """
    splits = [{split_of(folder) for folder in parts[:-1]} - {None} for parts in (given, found)]
    if all(splits) and not splits[0] & splits[1]:
        return True
    pairs = zip(reversed(given[:-1]), reversed(found[:-1]), strict=False)
    return any(_other_number(*pair) for pair in pairs)


@lru_cache(10_000)
def _other_number(one: str, other: str) -> bool:
    """Whether two folders are called alike, but for a number."""
    (called, number), (alike, another) = map(_numbered, (one, other))
    return called == alike and number != another


def _numbered(folder: str) -> tuple[str, list[str]]:
    numbers = [number.lstrip("0") for number in _NUMBER.findall(folder)]
    return _NUMBER.sub("0", folder.casefold()), numbers


def _stem(name: str) -> str:
    return name[: -len(ending(name))]
