"""Why a clip cannot be judged, or was heard in another way than it was written."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import counted, listed, shortened, shown

PASSING = ("missing", "unreadable", "needs_media", "other_format")
"""Flaws that the same bytes need not have: under another name, say, or where PyAV is installed."""

_MOST_NAMES = 3

NO_LABEL = "no_label"
"""Stands where a code does, of a clip that could be heard but has nothing to be held against."""


@dataclass(frozen=True)
class Told:
    """What a code means, in a clause without its end, and what to do about it."""

    text: str
    cure: str


def _table(path: Path) -> Mapping[str, Told]:
    words = read_words(str(path))
    return MappingProxyType({code: Told(**entry) for code, entry in words.items()})


FLAWS = _table(Path(__file__))
"""Why a clip cannot be judged, by its code; what is kept of other versions may have other codes."""

REMARKS = _table(Path(__file__).with_name("remarks"))
"""What is remarkable in how a clip was heard, by its code."""


@dataclass(frozen=True)
class Flaw:
    """Why one clip cannot be judged; ``detail`` says more of it in a few words, if it is known."""

    code: str
    detail: str = ""

    def __str__(self) -> str:
        r"""Return both in one line.

        >>> str(Flaw("silent")), str(Flaw("other_format", "a ZIP archive"))
        ('silent', 'other_format: a ZIP archive')
        """
        return f"{self.code}: {self.detail}" if self.detail else self.code

    @classmethod
    def of(cls, text: str) -> "Flaw":
        """Make one of its text.

        >>> Flaw.of("other_format: a ZIP archive"), Flaw.of("silent")
        (Flaw(code='other_format', detail='a ZIP archive'), Flaw(code='silent', detail=''))
        """
        code, _, detail = text.partition(": ")
        return cls(code, detail)


class UnreadableAudio(Exception):
    """A clip that cannot be judged; its text is the code of its flaw, one of ``FLAWS``.

    It is not ``lasting`` where that may be gone though the bytes of the clip stay the same.
    """

    def __init__(self, code: str, detail: str = "", *, lasting: bool = True) -> None:
        super().__init__(code)
        self.flaw = Flaw(code, shortened(shown(detail)))
        self.lasting = lasting


def sentences_on(flaws: Iterable[tuple[str, Flaw]]) -> Iterator[str]:
    """Say of each reason how many clips cannot be judged for it, which, and what cures that.

    The flaws come with the names of their clips; the most frequent reason is said first.

    >>> found = [("b.wav", Flaw("web_page")), ("a.wav", Flaw("web_page"))]
    >>> print(*sentences_on(found))  # doctest: +ELLIPSIS
    2 clips cannot be judged (web_page): a web page was saved ...: a.wav, b.wav; download ...
    """
    for code, those in _by_code(flaws):
        yield f"{counted(len(those), 'clip')} cannot be judged ({code}){_told(FLAWS, code, those)}"


def notes_on(remarks: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Say of each remark how many clips it is about, and which, as `sentences_on` does of flaws.

    A remark is a code of ``REMARKS``, or one with a detail behind a colon.
    """
    for code, those in _by_code((name, Flaw.of(remark)) for name, remark in remarks):
        yield f"{counted(len(those), 'clip')} ({code}){_told(REMARKS, code, those)}"


def told_of(account: Mapping[str, Any]) -> Iterator[str]:
    """Say what became of the clips that a judgement gives account of, as the others do here."""
    flawed = (
        (clip["file"], Flaw(clip["reason"], clip.get("detail", "")))
        for clip in account.get("rejected_clips", ())
        if clip["reason"] != NO_LABEL
    )
    yield from sentences_on(flawed)
    yield from notes_on((one["file"], one["remark"]) for one in account.get("notable_clips", ()))


def reasons_of(flaws: Iterable[tuple[str, Flaw]]) -> str:
    """Return why none of some clips can be judged: each reason with its number and its cure."""
    told = [f"{len(those):,} {code}{_told(FLAWS, code, those)}" for code, those in _by_code(flaws)]
    return "; ".join(told)


def _by_code(flaws: Iterable[tuple[str, Flaw]]) -> list[tuple[str, list[tuple[str, str]]]]:
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, flaw in sorted(flaws, key=lambda pair: pair[0]):
        found[flaw.code].append((name, flaw.detail))
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _told(table: Mapping[str, Told], code: str, clips: list[tuple[str, str]]) -> str:
    names = listed(
        (f"{name} ({detail})" if detail else name for name, detail in clips), most=_MOST_NAMES
    )
    if code not in table:
        return f": {names}"
    return f": {table[code].text}: {names}; {table[code].cure}"
