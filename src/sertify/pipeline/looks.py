"""Which clips of a corpus are heard first: as many of each emotion and speaker, at any moment."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from random import Random

from sertify.corpora.clips import Clip, Corpus


def look_of(corpus: Corpus, share: float) -> Corpus:
    """Return this share of the clips of each corpus, emotion and speaker; all of them at 1.

    A smaller look is part of a larger one.
    """
    clips = corpus.clips
    cells = [((clip.corpus, clip.emotion), clip.speaker) for clip in clips]
    return corpus.narrowed(_first(clips, positions(cells), share))


def positions(cells: Sequence[tuple[Hashable, Hashable]], seed: int = 0) -> list[float]:
    """Return where in the order of hearing each clip stands, from 0 to below 1.

    ``cells`` are its emotion and speaker. Within a cell the order is random; how cells begin is
    spread evenly over the speakers of an emotion, so that a share of the positions has that share
    of the clips of each, be there ever so few of a speaker.

    >>> some = positions([("joy", speaker) for speaker in "abcd" for _ in range(5)])
    >>> sum(position < 0.25 for position in some)
    5
    """
    rng, found = Random(seed), [0.0] * len(cells)
    by_emotion: dict[Hashable, dict[Hashable, list[int]]] = {}
    for place, (emotion, speaker) in enumerate(cells):
        by_emotion.setdefault(emotion, {}).setdefault(speaker, []).append(place)
    for by_speaker in by_emotion.values():
        for place, position in _spread([*by_speaker.values()], rng):
            found[place] = position
    return found


def _spread(places: list[list[int]], rng: Random) -> Iterator[tuple[int, float]]:
    """Yield the position of each clip of an emotion, given those of each speaker."""
    rng.shuffle(places)
    for turn, own in enumerate(places):
        rng.shuffle(own)
        start = (turn + rng.random()) / len(places)
        yield from ((place, (rank + start) / len(own)) for rank, place in enumerate(own))


def _first(clips: Iterable[Clip], order: Sequence[float], share: float) -> Iterator[Clip]:
    return (clip for clip, position in zip(clips, order, strict=True) if position < share)
