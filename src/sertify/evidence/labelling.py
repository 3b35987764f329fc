"""What a candidate said of each clip, kept so that candidates can be compared clip by clip."""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from sertify.candidates.reading import Candidate
from sertify.corpora.clips import Clip
from sertify.pipeline.predictions import Predictions

__all__ = ["Answers", "content_keys"]


@dataclass(frozen=True)
class Answers:
    """Predictions in the words of the taxonomy, one of each clip that could be judged.

    Attributes
    ----------
    corpus
        Fingerprint of the audio.
    emotions
        What the candidate can express.
    seen
        Why a corpus, by its name, was part of the candidate's training.
    genders
        Of the speaker of each clip, or None; empty where no clip names one.
    keys
        What tells each clip from all others, by its content and labels, whatever it is called.
    clips, truth, predicted, confidence, speakers, corpora, languages
        Of each clip: its name, its emotion or None, the predicted one, its probability, its
        speaker or None, the name of its corpus, its language or None.
    """

    candidate: str
    corpus: str
    emotions: tuple[str, ...]
    keys: tuple[str, ...]
    clips: tuple[str, ...]
    truth: tuple[str | None, ...]
    predicted: tuple[str, ...]
    confidence: tuple[float, ...]
    speakers: tuple[str | None, ...]
    corpora: tuple[str, ...]
    languages: tuple[str | None, ...]
    seen: Mapping[str, str] = field(default_factory=dict)
    genders: tuple[str | None, ...] = ()

    @classmethod
    def of(cls, predictions: Predictions, candidate: Candidate, seen: Mapping[str, str]) -> Self:
        """Take over what a candidate predicted."""
        clips = predictions.clips
        emotions, probabilities = predictions.emotion_probabilities(candidate)
        predicted = predictions.emotions(candidate)
        columns = [emotions.index(emotion) for emotion in predicted]
        confidence = probabilities[np.arange(len(columns)), columns].tolist()
        genders = tuple(clip.gender for clip in clips)
        return cls(
            candidate=candidate.name,
            corpus=predictions.corpus.fingerprint,
            emotions=tuple(emotions),
            keys=tuple(content_keys(clips)),
            clips=tuple(clip.name for clip in clips),
            truth=tuple(clip.emotion for clip in clips),
            predicted=tuple(predicted),
            confidence=tuple(round(one, 6) for one in confidence),
            speakers=tuple(clip.speaker for clip in clips),
            corpora=tuple(clip.corpus for clip in clips),
            languages=tuple(clip.language for clip in clips),
            seen=dict(seen),
            genders=genders if any(genders) else (),
        )

    @cached_property
    def counting(self) -> tuple[int, ...]:
        """Where the labelled clips are, without what was seen in training if other speech is."""
        labelled = [place for place, truth in enumerate(self.truth) if truth is not None]
        unseen = tuple(place for place in labelled if self.corpora[place] not in self.seen)
        return unseen or tuple(labelled)

    @cached_property
    def groups(self) -> tuple[tuple[str, str] | None, ...]:
        """The speaker of each clip, told from namesakes in other corpora; None where unknown."""
        return tuple(
            None if speaker is None else (corpus, speaker)
            for corpus, speaker in zip(self.corpora, self.speakers, strict=True)
        )

    def at(self, places: Sequence[int], column: str) -> list[str]:
        """Return what stands in a column for some clips."""
        values = getattr(self, column)
        return [values[place] for place in places]

    def pack(self) -> bytes:
        """Return it for a database."""
        content = {one.name: getattr(self, one.name) for one in fields(self)}
        # zlib's usual level takes four times as long for a tenth less.
        return zlib.compress(json.dumps(content).encode(), level=1)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Rebuild it from what `pack` gave."""
        fields: dict[str, Any] = json.loads(zlib.decompress(data))
        return cls(**{key: _frozen(value) for key, value in fields.items()})


def content_keys(clips: Iterable[Clip]) -> Iterator[str]:
    """Return a key of each clip; copies are numbered."""
    number: Counter[tuple[object, ...]] = Counter()
    for clip in clips:
        content = (clip.digest, clip.start, clip.end, clip.emotion, clip.speaker, clip.corpus)
        number[content] += 1
        text = repr((*content, number[content]))
        yield hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
