"""Clips, and the corpora they make up."""

import functools
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sertify.corpora.columns import NONE, OtherColumns
from sertify.corpora.contents import MISSING, Content
from sertify.corpora.flaws import Flaw
from sertify.corpora.formats import START
from sertify.corpora.sight import flaw_at_sight, flaw_of_path
from sertify.vocabulary.emotions import emotion_of
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.files import Footprint
from sertify.vocabulary.text import shown


@dataclass(frozen=True)
class Clip:
    """One audio file, or a stretch of one.

    Parameters
    ----------
    name
        Its path relative to the corpus; of a stretch, with the media fragment ``#t=start,end``.
    label
        As the corpus has it; None where it has none.
    start, end
        Seconds of the file; ``end`` is None where the clip lasts to the end of the file.
    corpus
        Name of the corpus it belongs to, also after that was joined with others.
    mapped
        The emotion that whoever gave the corpus said its label means.
    weight
        How many clips of its label it stands for, where only some were drawn.
    cluster
        What it is resampled with, where that is not its speaker: its session, say.
    columns
        What else its corpus says of it, by the name of the column; no part of the fingerprint.
    offset, size
        Where in the file its bytes lie, if other recordings lie there as well; see `Content`.
    digest, stamp
        SHA-256 of its bytes, in hex, and how the file looked when that was taken.
    flaw
        Why it cannot be judged, where the first bytes told that already.
    keeper
        What has to be kept for as long as its file is to be there, which is a temporary one.
    """

    name: str
    path: Path
    label: str | None = None
    speaker: str | None = None
    language: str | None = None
    gender: str | None = None
    split: str | None = None
    start: float = 0.0
    end: float | None = None
    corpus: str = ""
    mapped: str | None = None
    weight: float = 1.0
    cluster: str | None = None
    offset: int = 0
    size: int | None = None
    columns: OtherColumns = field(default=NONE, compare=False, repr=False)
    digest: str = field(default="", compare=False, repr=False)
    stamp: Footprint | None = field(default=None, compare=False, repr=False)
    flaw: Flaw | None = field(default=None, compare=False, repr=False)
    keeper: object = field(default=None, compare=False, repr=False)

    @functools.cached_property
    def emotion(self) -> str | None:
        """The label in the words of the taxonomy, or itself where that does not know it."""
        if self.label is None:
            return None
        return self.mapped or emotion_of(self.label) or self.label.casefold()

    @property
    def content(self) -> Content:
        """Where its bytes lie."""
        return Content(self.path, self.offset, self.size)

    @property
    def identified(self) -> bool:
        """Whether its digest tells what it holds."""
        return self.digest not in ("", MISSING)

    @property
    def group(self) -> tuple[str, str] | None:
        """The speaker, told apart from one of the same name in another corpus."""
        return None if self.speaker is None else (self.corpus, self.speaker)

    @property
    def unit(self) -> tuple[str, ...] | None:
        """Its cluster where it has one, else its speaker, told apart as in `group`."""
        return self.group if self.cluster is None else (self.corpus, "cluster", self.cluster)


@dataclass(frozen=True)
class Corpus:
    """Clips, and a fingerprint of their contents and labels that no reordering changes.

    Parameters
    ----------
    layout
        What it was read as: ``metadata.csv``, ``EmoDB``, ``folder per label``.
    public
        Canonical name of the public corpus it is; None where it is not known to be one.
    requested
        How many clips were listed or found, those that were left out included.
    left_out
        Why clips were left out, and how many.
    warnings
        What makes its numbers less certain than they look, in sentences.
    members
        The corpora it was joined from.
    ballots
        What several annotators said of one clip, as emotions with how many say each, and how often
        that occurs; also of clips that were left out because there is no majority.
    unknown_labels
        Labels that are no known emotion, and how many clips were left out for them.
    """

    name: str
    path: Path
    clips: tuple[Clip, ...]
    fingerprint: str
    layout: str = ""
    public: str | None = None
    requested: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    members: tuple["Corpus", ...] = ()
    ballots: tuple[tuple[tuple[tuple[str, int], ...], int], ...] = ()
    unknown_labels: tuple[tuple[str, int], ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether any clip has a label to be judged against."""
        return any(clip.label is not None for clip in self.clips)

    @property
    def corpora(self) -> tuple["Corpus", ...]:
        """The corpora it was joined from, or itself."""
        return self.members or (self,)

    def sample(self, size: int, seed: int = 0) -> "Corpus":
        """Return at most ``size`` clips: equally many of each label, and of its speakers.

        A smaller sample is part of a larger one.
        """
        return self.narrowed(stratified(self.clips, size, seed))

    def narrowed(self, clips: Iterable[Clip]) -> "Corpus":
        """Return the same corpus with some of its clips only."""
        kept = _in_order(clips)
        names = {clip.name for clip in kept}
        narrowed = (
            member.narrowed(clip for clip in member.clips if f"{member.name}/{clip.name}" in names)
            for member in self.members
        )
        members = tuple(member for member in narrowed if member.clips)
        fingerprint = _fingerprint(kept, members)
        return replace(self, clips=kept, members=members, fingerprint=fingerprint)


Heed = Callable[[str, float, float], None]
"""Is told what is done with the speech, how much of it is done, and of how much."""

_TOLD_EVERY = 256  # clips


def make_corpus(
    name: str,
    path: Path,
    clips: Iterable[Clip],
    members: tuple[Corpus, ...] = (),
    heed: Heed | None = None,
    **facts: Any,
) -> Corpus:
    """Make a corpus of clips, in the order of their names; each file is read once, for its digest.

    ``facts`` are other fields of `Corpus`.
    """
    ordered = _in_order(_digested([*clips], heed))
    return Corpus(name, path, ordered, _fingerprint(ordered, members), members=members, **facts)


def _digested(clips: Sequence[Clip], heed: Heed | None) -> Iterator[Clip]:
    again = functools.cache(_read)  # of files that hold several clips
    for place, clip in enumerate(clips):
        if heed is not None and place % _TOLD_EVERY == 0:
            heed("reading the speech, clips", place, len(clips))
        read = again if clip.start or clip.end is not None or clip.offset else _read
        yield clip if clip.digest else with_facts(clip, **read(clip.content))


def with_facts(clip: Clip, **facts: Any) -> Clip:
    """Return a clip with other facts, as `dataclasses.replace` does in ten times the time."""
    changed = object.__new__(Clip)
    changed.__dict__.update(clip.__dict__, **facts)
    changed.__dict__.pop("emotion", None)  # which was derived from others
    return changed


def stratified(clips: Iterable[Clip], size: int, seed: int = 0) -> list[Clip]:
    """Return `size` clips: equally many of each label, of its corpora, and of their speakers."""
    shuffled = list(_in_order(clips))
    Random(seed).shuffle(shuffled)
    by_speaker = _in_turn(shuffled, lambda clip: (clip.label, clip.corpus, clip.speaker))
    by_corpus = _in_turn(by_speaker, lambda clip: (clip.label, clip.corpus))
    return _in_turn(by_corpus, lambda clip: clip.label)[:size]


def _in_order(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    return tuple(sorted(clips, key=lambda clip: clip.name))


def _in_turn(clips: Sequence[Clip], key: Callable[[Clip], Hashable]) -> list[Clip]:
    """Order clips so that each key has its turn, then each its second, and so on."""
    turns: defaultdict[Hashable, Iterator[int]] = defaultdict(count)
    # Each clip is asked for its turn once, in their order.
    return sorted(clips, key=lambda clip: next(turns[key(clip)]))


def _fingerprint(clips: Iterable[Clip], members: Iterable[Corpus]) -> str:
    joined = [f"{member.name}\0{member.fingerprint}" for member in members]
    return digest_of("\n".join(sorted(joined or map(_judged, clips))))[:16]


def _judged(clip: Clip) -> str:
    facts = f"{clip.digest}\0{clip.label}\0{clip.speaker}\0{clip.language}"
    if clip.mapped is not None:
        facts += f"\0mapped {clip.mapped}"
    if clip.cluster is not None:
        facts += f"\0cluster {clip.cluster}"
    if clip.start or clip.end is not None:
        facts += f"\0t={clip.start},{clip.end}"
    if clip.weight != 1:
        facts += f"\0weight {clip.weight}"
    return facts


def require_same(clip: Clip) -> None:
    """Raise ``Blocked`` where the file of a clip is no longer what its digest tells of."""
    known = clip.stamp is not None or clip.digest == MISSING
    content = clip.content
    if known and content.stamp != clip.stamp and content.digest() != clip.digest:
        message = f"{shown(clip.name)} changed after it was read for the first time"
        raise Blocked("changed_while_judged", message)


def _read(content: Content) -> dict[str, Any]:
    """Return digest and stamp of a file; where it is written meanwhile, they will not agree."""
    stamp = content.stamp
    digest, start = content.look(START)
    if digest == MISSING:
        flaw: Flaw | None = flaw_of_path(content.path) or Flaw("unreadable")
    else:
        flaw = flaw_at_sight(content, start)
    return {"digest": digest, "stamp": stamp, "flaw": flaw}


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in hex; the name of a folder need not be UTF-8."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def content_keys(clips: Iterable[Clip]) -> Iterator[str]:
    """Return a key of each clip; copies are numbered."""
    number: Counter[tuple[object, ...]] = Counter()
    for clip in clips:
        content = (clip.digest, clip.start, clip.end, clip.emotion, clip.speaker, clip.corpus)
        number[content] += 1
        yield digest_of(repr((*content, number[content])))[:16]
