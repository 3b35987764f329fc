"""Which clips are heard first, and what was right of those: as many of each emotion and speaker."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from sertify.corpora.clips import Clip, Corpus
from sertify.gates.frame import frame
from sertify.statistics.confusion import Floats
from sertify.statistics.curtailment import Leader, Look
from sertify.statistics.resampling import named_groups

Said = Mapping[str, str]
"""The emotion that a candidate gives each clip that it was asked about, by the clip's name."""


def look_of(corpus: Corpus, share: float) -> Corpus:
    """Return this share of the clips of each corpus, emotion and speaker; all of them at 1.

    A smaller look is part of a larger one.
    """
    cells = [((clip.corpus, clip.emotion), clip.speaker) for clip in corpus.clips]
    order = zip(corpus.clips, positions(cells), strict=True)
    return corpus.narrowed(clip for clip, position in order if position < share)


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


@dataclass(frozen=True)
class Course:
    """What there is to be right on in a corpus, whoever hears it.

    ``clips`` are those of the frame's emotions by name, each with its emotion, and that and its
    speaker, or itself where these are unknown, as numbers. ``sizes`` counts them, (units, classes).
    """

    clips: Mapping[str, tuple[str, int, int]]
    sizes: Floats

    def look(self, said: Said, leader: Said | None = None) -> Look:
        """Return what was right of what a candidate said, and the leader of the same clips."""
        heard = [name for name in said if name in self.clips]
        if leader is not None:
            heard = [name for name in heard if name in leader]
        places = np.array([self.clips[name][1:] for name in heard], int).reshape(-1, 2)
        known = None if leader is None else Leader(self._hits(leader, heard), self.recalls(leader))
        return Look(places[:, 0], places[:, 1], self._hits(said, heard), self.sizes, known)

    def recalls(self, said: Said) -> Floats:
        """Return the recall of each emotion, of what was said; NaN where that is nothing."""
        heard = [name for name in said if name in self.clips]
        classes, n = [self.clips[name][1] for name in heard], self.sizes.shape[1]
        counts = np.bincount(classes, minlength=n).astype(float)
        counts[counts == 0] = np.nan
        recalls: Floats = np.bincount(classes, self._hits(said, heard), n) / counts
        return recalls

    def _hits(self, said: Said, names: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.array([said[name] == self.clips[name][0] for name in names], bool)


def courses(
    corpus: Corpus, wanted: Sequence[str] | None, left_out: Collection[str]
) -> tuple[Course, ...]:
    """Return what there is to be right on in each corpus but some that are ``left_out``, by name.

    ``wanted`` are the emotions that are needed. A corpus of fewer than two has no part in UAR.
    """
    kept = [one for one in corpus.corpora if one.name not in left_out]
    found = (_course([c for c in corpus.clips if c.corpus == one.name], wanted) for one in kept)
    return tuple(course for course in found if course.sizes.shape[1] > 1)


def uar_of(said: Said, run: Sequence[Course]) -> float:
    """Return UAR, the mean over corpora; NaN where nothing was said of an emotion."""
    return sum(float(course.recalls(said).mean()) for course in run) / len(run)


def _course(clips: Sequence[Clip], wanted: Sequence[str] | None) -> Course:
    emotions = frame((clip.emotion for clip in clips), wanted)
    kept = [clip for clip in clips if clip.emotion in emotions]
    groups: Sequence[Hashable] = named_groups([clip.unit for clip in kept]) or []
    by = groups if len(set(groups)) > 1 else range(len(kept))
    units = {unit: place for place, unit in enumerate(dict.fromkeys(by))}
    sizes = np.zeros((len(units), len(emotions)))
    places = {}
    for clip, unit in zip(kept, by, strict=True):
        emotion = str(clip.emotion)
        places[clip.name] = (emotion, emotions.index(emotion), units[unit])
        sizes[units[unit], emotions.index(emotion)] += 1
    return Course(places, sizes)
