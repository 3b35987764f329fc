"""Whether there is anything to hear in a corpus, before a model is loaded for it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sertify.corpora.audio import LONGEST
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.decoding import blocks
from sertify.corpora.flaws import Flaw, UnreadableAudio, reasons_of
from sertify.corpora.survey import Tally
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import listed

_FIRST = 8
"""Clips spread over the corpus that are decoded before the others."""

_START = 30.0
"""Seconds of a clip that are tried before all of it, where it may be hours long."""


def require_hearable(corpus: Corpus, *, in_segments: bool = False) -> None:
    """Refuse a corpus of which no clip can be judged, with the reasons and what cures them.

    Usually a clip is decoded. Only where that fails are others, and all only where all fail. Where
    clips are heard ``in_segments``, none is too long.

    Raises ``ConfigurationError``.
    """
    if not corpus.clips:
        reasons = listed(f"{number} {reason}" for reason, number in corpus.left_out)
        raise ConfigurationError(f"--data {corpus.path}: leaves no clip to judge: {reasons}")
    flaws = [(clip.name, clip.flaw) for clip in corpus.clips if clip.flaw is not None]
    for clip in _spread([clip for clip in corpus.clips if clip.flaw is None]):
        flaw = flaw_of(clip, in_segments=in_segments)
        if flaw is None:
            return
        flaws.append((clip.name, flaw))
    if flaws:
        all_of_them = f"none of its {len(flaws):,} clips can"
        number = "its only clip cannot" if len(flaws) == 1 else all_of_them
        raise ConfigurationError(f"--data {corpus.path}: {number} be judged: {reasons_of(flaws)}")


def flaw_of(clip: Clip, *, in_segments: bool = False) -> Flaw | None:
    """Return why a clip cannot be judged, as decoding it tells; None where it can."""
    ends = [clip.end]
    if in_segments and (clip.end or math.inf) - clip.start > _START:
        ends = [clip.start + _START, clip.end]
    flaw = None
    for end in ends:
        try:
            tally_of(replace(clip, end=end), math.inf if in_segments else LONGEST).writing()
            return None
        except UnreadableAudio as error:
            flaw = error.flaw
    return flaw


def tally_of(clip: Clip, longest: float = LONGEST) -> Tally:
    """Decode a clip of at most so many seconds, and return what is counted of it.

    Raises ``UnreadableAudio``.
    """
    tally = Tally()
    for rate, block in blocks(clip.content, clip.start, clip.end):
        tally.add(rate, block)
        if tally.frames > longest * rate:
            raise UnreadableAudio("too_long")
    return tally


def _spread(clips: Sequence[Clip]) -> Iterator[Clip]:
    """Yield each clip once, those first that are far from each other."""
    step = max(1, math.ceil(len(clips) / _FIRST))
    yield from clips[::step]
    yield from (clip for place, clip in enumerate(clips) if place % step)
