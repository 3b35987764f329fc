"""A folder of files whose names have words for emotions among their parts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sertify.corpora.clips import Clip
from sertify.corpora.doubts import Doubt
from sertify.corpora.listings import Declined, Form, Listing, Wish
from sertify.corpora.splits import split_on
from sertify.corpora.trees import Tree, ending, require_audio
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import fold, listed, ordinal, quoted, shown

_ENOUGH = 0.95
"""Share of the names that need a word for an emotion at one place, for it to be read unasked."""

_SOME = 0.5
"""Share from which on the place is proposed."""

_SAMPLE = 400
"""Names by which the places are found that the others are then looked at for."""

_MOST_PARTS = 20
_APART = re.compile(r"[\s_.()\[\]-]+")
_DETAIL = re.compile(r"(-?[1-9]\d?)(?::(-?[1-9]\d?))?")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Place:
    """Where names have their labels: 1 for the first part, -1 for the last one."""

    number: int
    words: Mapping[str, str]
    """The word for an emotion by the name of the file, of those that have one there."""

    @property
    def emotions(self) -> Mapping[str, str | None]:
        """By the words for them."""
        return {word: emotion_of(word) for word in {*self.words.values()}}

    def told(self) -> str:
        last = "last" if self.number == -1 else f"{ordinal(-self.number)} last"
        return last if self.number < 0 else ordinal(self.number)


def parts_of(name: str) -> list[str]:
    """Return the parts of the name of a file, which ``_``, ``-``, ``.``, blanks, brackets divide.

    >>> parts_of("calls/anna_anger-01 (2).wav")
    ['anna', 'anger', '01', '2']
    """
    base = name.rpartition("/")[2]
    stem = base[: len(base) - len(ending(base))]
    return [part for part in _APART.split(stem) if part]


def read_asked(tree: Tree, wish: Wish) -> Listing:
    """Read names whose part at the place ``wish.detail`` is the label: ``2``, or ``2:1``.

    The second number, if any, is the part that is the speaker; negative ones count from the end.

    Raises ``ConfigurationError`` where the numbers are none, or no name has that part.
    """
    names = require_audio(tree)
    match = _DETAIL.fullmatch(wish.detail)
    if match is None:
        best = next(iter(_places(names)), None)
        proposal = f"names:{best.number}" if best else "names:2 or names:2:1"
        raise ConfigurationError(
            f"--data {tree.root}: layout names needs the number of the part that is the label,"
            f" and may have that of the speaker, such as {proposal}; of {shown(names[0])} the parts"
            f" are {listed(_numbered(parts_of(names[0])), most=_MOST_PARTS)}"
        )
    label, speaker = int(match[1]), int(match[2]) if match[2] else None
    clips = tuple(_clip(tree, name, label, speaker) for name in names)
    if not any(clip.label for clip in clips):
        raise ConfigurationError(
            f"--data {tree.root}: layout names:{wish.detail}: no name has a part {label}; of"
            f" {shown(names[0])} the parts are"
            f" {listed(_numbered(parts_of(names[0])), most=_MOST_PARTS)}"
        )
    return Listing(clips, f"part {label} of the names")


def read_unasked(tree: Tree, wish: Wish) -> Listing | Declined | None:
    """Read names of which nearly all have a word for an emotion at one place.

    Folders named for emotions go before them. Where two places would do, and say different things,
    or only some names have such a word, the place is proposed.
    """
    names = require_audio(tree)
    if _SOME * len(names) <= _in_labelled_folders(names, wish):
        return None
    places = [place for place in _places(names) if len({*place.emotions.values()}) > 1]
    sure = [place for place in places if len(place.words) >= _ENOUGH * len(names)]
    if not sure:
        return Declined(tuple(map(_proposal, places[:1]))) if places else None
    differing = [place for place in sure[1:] if _meant(place) != _meant(sure[0])]
    if differing:
        return Declined(tuple(map(_proposal, [sure[0], differing[0]])))
    clips = tuple(_clip(tree, name, sure[0].number, None) for name in names)
    return Listing(clips, f"part {sure[0].number} of the names", warnings=(_said(sure[0]),))


PARTS_FOUND = Form("auto", "names with a word for an emotion", read_unasked)
PARTS_ASKED = Form("names", "names with a word for an emotion", read_asked)


def _in_labelled_folders(names: Sequence[str], wish: Wish) -> int:
    """Return how many files lie in a folder whose name is an emotion, or said to be a label."""
    by_way = Counter(name.rpartition("/")[0] for name in names)
    return sum(
        number
        for way, number in by_way.items()
        if any(emotion_of(folder) or fold(folder) in wish.labels for folder in way.split("/"))
    )


def _places(names: Sequence[str]) -> Iterator[_Place]:
    """Yield where half of the names have a word for an emotion; the most frequent place first.

    Places are counted from the end only where that fits more names than any from the start.
    """
    likely = _numbers(names[:: max(1, len(names) // _SAMPLE)])
    split = {name: parts_of(name) for name in names} if likely else {}
    found = [_Place(number, dict(_words(split, number))) for number in likely]
    ranked = sorted(found, key=lambda place: -len(place.words))
    yield from (place for place in ranked if len(place.words) >= _SOME * len(names))


def _numbers(names: Sequence[str]) -> list[int]:
    """Return at which places a few names have words for emotions, those from the start first."""
    split = {name: parts_of(name) for name in names}
    most = min(_MOST_PARTS, max(map(len, split.values())))
    numbers = (*range(1, most + 1), *range(-1, -most - 1, -1))
    some = {number: sum(1 for _ in _words(split, number)) for number in numbers}
    return [number for number in numbers if some[number] >= _SOME / 2 * len(names)]


def _words(split: Mapping[str, Sequence[str]], number: int) -> Iterator[tuple[str, str]]:
    for name, parts in split.items():
        part = _at(parts, number)
        word = _word(part) if part else None
        if word:
            yield name, word


def _at(parts: Sequence[str], number: int) -> str | None:
    index = number - 1 if number > 0 else number
    return parts[index] if -len(parts) <= index < len(parts) else None


@lru_cache(maxsize=10_000)
def _word(part: str) -> str | None:
    """Return what names an emotion in a part: itself, or a word of it between digits."""
    return next((word for word in (part, *_WORD.findall(part)) if emotion_of(word)), None)


def _clip(tree: Tree, name: str, label: int, speaker: int | None) -> Clip:
    parts = parts_of(name)
    part = _at(parts, label)
    told = part and (_word(part) or part)
    who = _at(parts, speaker) if speaker else None
    return Clip(name, tree.root / name, told, who, split=split_on(name.rpartition("/")[0]))


def _meant(place: _Place) -> dict[str, str | None]:
    emotions = place.emotions
    return {name: emotions[word] for name, word in place.words.items()}


def _numbered(parts: Sequence[str]) -> list[str]:
    return [f"{number} {quoted(part)}" for number, part in enumerate(parts, start=1)]


def _example(place: _Place) -> str:
    name, word = next(iter(place.words.items()))
    return f"{shown(name)} is {shown(word)}"


def _said(place: _Place) -> str:
    other = 2 if place.number == 1 else 1
    return Doubt(
        f"labels are the {place.told()} part of the names: {_example(place)}; --layout"
        f" names:{place.number}:{other} would take the {ordinal(other)} part for the speaker, and"
        " --layout unlabelled none of them for anything",
        Doubt.TOLD,
    )


def _proposal(place: _Place) -> str:
    return Doubt(
        f"{len(place.words)} names have a word for an emotion at their {place.told()} part:"
        f" {_example(place)}; if that is the label, give --layout names:{place.number}",
        Doubt.LOST,
    )
