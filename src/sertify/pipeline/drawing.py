"""Which clips a candidate is asked about in other conditions, and what each stands for."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip
from sertify.gates.frame import frame
from sertify.pipeline.predictions import Predictions

# Segments of a clip, on average, from which on fewer clips are asked about.
_MOST_SEGMENTS = 5


@dataclass(frozen=True)
class Drawn:
    """Some of the clips that were judged, in the order of their names.

    Attributes
    ----------
    clips, weights
        Each clip, and how many it stands for.
    labelled
        Whether they have labels of two emotions at least, so that there is a UAR to lose.
    seen
        Whether the candidate was trained on all that there is.
    at_hand
        From how many clips they were drawn.
    remark
        Why they are fewer than was asked for.
    """

    clips: tuple[Clip, ...]
    weights: tuple[float, ...]
    labelled: bool
    seen: bool
    at_hand: int
    remark: str = ""


def drawn(
    predictions: Predictions, candidate: Candidate, seen: Mapping[str, str], clips: int
) -> Drawn:
    """Draw at most so many clips: as many of each emotion, corpus and speaker, always the same.

    They are of the emotions that count, in the corpora that are new to the candidate, or in all
    where none is; of unlabelled speech, any. Where clips have many segments they are fewer, as each
    is asked about in every condition.
    """
    names = [one.name for one in predictions.corpus.corpora]
    new = [name for name in names if name not in seen] or names
    counting = _counting(predictions, candidate, new)
    at_hand = [clip for clip in predictions.clips if clip.corpus in new]
    if counting:
        at_hand = [clip for clip in at_hand if clip.emotion in counting.get(clip.corpus, ())]
    most = _most(predictions, clips)
    some = predictions.corpus.narrowed(at_hand).sample(most).clips
    few = most < min(clips, len(at_hand))
    return Drawn(
        clips=some,
        weights=_stood_for(some, at_hand),
        labelled=bool(counting),
        seen=all(name in seen for name in new),
        at_hand=len(at_hand),
        remark=f"{most} clips in place of {clips}, for they have many segments" if few else "",
    )


def _counting(
    predictions: Predictions, candidate: Candidate, corpora: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return by corpus the emotions that count, where these are two at least."""
    wanted = candidate.requirements.emotions
    truths = {
        name: [clip.emotion for clip in predictions.corpus.clips if clip.corpus == name]
        for name in corpora
    }
    frames = {name: frame(of, wanted) for name, of in truths.items()}
    return {name: emotions for name, emotions in frames.items() if len(emotions) > 1}


def _most(predictions: Predictions, clips: int) -> int:
    mean = float(np.mean(predictions.segments or (1,)))
    return max(1, min(clips, round(clips * _MOST_SEGMENTS / mean)))


def _stood_for(some: Collection[Clip], at_hand: Collection[Clip]) -> tuple[float, ...]:
    """Return how many clips of its corpus and emotion each stands for."""
    whole, part = (_weight(clips) for clips in (at_hand, some))
    cells = [(clip.corpus, clip.emotion) for clip in some]
    return tuple(
        clip.weight * whole[cell] / part[cell] for clip, cell in zip(some, cells, strict=True)
    )


def _weight(clips: Collection[Clip]) -> Counter[tuple[str, str | None]]:
    """Return how much the clips of each corpus and emotion weigh."""
    total: Counter[tuple[str, str | None]] = Counter()
    for clip in clips:
        total[clip.corpus, clip.emotion] += clip.weight  # type: ignore[assignment]
    return total
