"""Labelled clips, and what a candidate said of them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip
from sertify.pipeline.predictions import Predictions
from sertify.statistics.resampling import named_groups


@dataclass(frozen=True)
class Judged:
    """Labelled clips, what was predicted of each, and how probable a candidate finds each emotion.

    ``emotions`` are what the candidate can express, ``probabilities`` have the shape (clips,
    emotions).
    """

    clips: tuple[Clip, ...]
    predicted: tuple[str, ...]
    emotions: tuple[str, ...]
    probabilities: NDArray[np.float64]

    @cached_property
    def truth(self) -> tuple[str, ...]:
        """The emotion of each."""
        return tuple(str(clip.emotion) for clip in self.clips)

    @cached_property
    def units(self) -> list[Hashable] | None:
        """What each is alike by; None where no clip says."""
        return named_groups([clip.unit for clip in self.clips])

    @cached_property
    def speakers(self) -> int | None:
        """How many speakers are named, if any."""
        named = named_groups([clip.speaker for clip in self.clips])
        return len(set(named)) if named else None

    def sureness(self) -> list[float]:
        """How probable the candidate finds what it says of each."""
        columns = [self.emotions.index(emotion) for emotion in self.predicted]
        sure: list[float] = self.probabilities[np.arange(len(columns)), columns].tolist()
        return sure

    def correct(self) -> list[bool]:
        """Whether each was recognised."""
        return [true == said for true, said in zip(self.truth, self.predicted, strict=True)]

    def of_corpus(self, name: str) -> "Judged":
        """Return the clips of a corpus."""
        return self.where(lambda clip: clip.corpus == name)

    def where(self, wanted: Callable[[Clip], bool]) -> "Judged":
        """Return some of the clips."""
        return self.at([place for place, clip in enumerate(self.clips) if wanted(clip)])

    def at(self, places: Sequence[int]) -> "Judged":
        """Return the clips at these places, each once."""
        if len(places) == len(self.clips):
            return self
        return replace(
            self,
            clips=tuple(self.clips[place] for place in places),
            predicted=tuple(self.predicted[place] for place in places),
            probabilities=self.probabilities[[*places]],
        )


def judged_clips(predictions: Predictions, candidate: Candidate) -> Judged:
    """Return the labelled clips that could be judged, with what is predicted of each."""
    emotions, probabilities = predictions.emotion_probabilities(candidate)
    predicted = tuple(predictions.emotions(candidate))
    judged = Judged(predictions.clips, predicted, emotions, probabilities)
    return judged.where(lambda clip: clip.label is not None)
