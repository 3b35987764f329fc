"""How a model is to hear a clip: whole or in segments, as it is or changed."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sertify.corpora.audio import LONGEST, SILENCE, Note, Waveform, unheeded
from sertify.corpora.clips import Clip
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import content_key
from sertify.models.examination import Examination
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.questions import Question
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import counted

# 10 ms, which lies between the crops of audEERING's ser-tests: 100 and 500 samples at 16 kHz.
_SHIFT = 0.01
# Factors of 6 dB, and of 1 dB: the smallest change of loudness that ser-tests ask about.
_LOUDER, _LEAST_LOUDER = 10 ** (6 / 20), 10 ** (1 / 20)

SHORTEST = 0.1
"""Seconds below which a segment holds less than a phone."""


@dataclass(frozen=True)
class Segmenting:
    """How clips are cut: into segments of so many seconds, one every ``hop`` seconds."""

    seconds: float
    hop: float

    def __post_init__(self) -> None:
        """Refuse what is no segment of speech."""
        for name in ("seconds", "hop"):
            value = getattr(self, name)
            if not SHORTEST <= value <= LONGEST:
                message = f"{name} is {value:g}, but should be from {SHORTEST} to {LONGEST}"
                raise ConfigurationError(message)


def unfit_lengths(seconds: Sequence[float], model: Examination) -> Iterator[str]:
    """Yield what is to be said of clips that are longer or shorter than a model is made for.

    ``seconds`` are those of each clip, or of its longest segment.
    """
    hears, longest = (
        math.inf if limit is None else limit + _SHIFT for limit in (model.hears, model.longest)
    )
    cut = sum(length > hears for length in seconds)
    long = sum(length > longest for length in seconds)
    short = sum(length < model.shortest for length in seconds)
    if cut:
        heard = f"{model.hears:.4g}"
        start = (
            f"it hears {heard} s, and of {counted(cut, 'clip')} of {len(seconds)} only that much"
        )
        yield f"{start}: judge in segments with --segment {heard}"
    if long:
        most = f"{model.longest:.4g}"
        yield f"{_unlike(long, seconds, 'longer', most)}: judge in segments with --segment {most}"
    if short:
        yield _unlike(short, seconds, "shorter", f"{model.shortest:.4g}")


def _unlike(number: int, seconds: Sequence[float], how: str, limit: str) -> str:
    these = f"{counted(number, 'clip')} of {len(seconds)} {'is' if number == 1 else 'are'}"
    return f"{these} {how} than the {limit} s that it was made for"


@dataclass(frozen=True)
class Hearing:
    """Makes questions of clips, as a model is to hear them."""

    subject: LazyModel
    segmenting: Segmenting | None
    recordings: Recordings

    def clip(self, clip: Clip, change: str = "") -> Question:
        """Return the question about a clip, each of whose segments is changed."""
        remarks: list[str] = []
        waveforms = partial(self._waveforms, clip, change, remarks.append)
        return replace(self.otherwise(clip, change, waveforms), remarks=remarks)

    def otherwise(
        self, clip: Clip, change: Any, waveforms: Callable[[], Iterable[Waveform]]
    ) -> Question:
        """Return the question about what others make of a clip; what, ``change`` tells in JSON."""
        how = None if self.segmenting is None else astuple(self.segmenting)
        content = ("clip", clip.digest, clip.start, clip.end, how, change)
        key = content_key(*content) if clip.identified else ""
        return Question(clip.name, key, waveforms, how is not None)

    def _waveforms(self, clip: Clip, change: str, note: Note) -> Iterator[Waveform]:
        """Yield what the model is to hear of a clip."""
        apply = self._change(clip, change)
        for waveform in self.pieces(clip, note):
            yield apply(waveform)

    def pieces(self, clip: Clip, note: Note = unheeded) -> Iterator[Waveform]:
        """Yield the segments of a clip, or all of it; raises as `Recordings` does."""
        rate, least = self.subject.sampling_rate, self.subject.receptive_field
        if self.segmenting is None:
            yield self.recordings.read(clip, rate, least, note)
        else:
            seconds, hop = self.segmenting.seconds, self.segmenting.hop
            yield from self.recordings.segments(clip, rate, seconds, hop, least, note)

    def _change(self, clip: Clip, change: str) -> Callable[[Waveform], Waveform]:
        silence = np.zeros(round(_SHIFT * self.subject.sampling_rate), np.float32)
        least = self.subject.receptive_field
        if change == "softer":
            return lambda waveform: waveform / np.float32(_LOUDER)
        if change == "louder":
            factor = self._louder(clip)
            return lambda waveform: waveform * factor
        if change == "earlier":
            return lambda waveform: waveform[min(silence.size, waveform.size - least) :]
        if change == "later":
            return lambda waveform: np.concatenate([silence, waveform])
        return np.asarray

    def _louder(self, clip: Clip) -> np.float32:
        peak = max(float(np.abs(waveform).max()) for waveform in self.pieces(clip))
        factor = min(_LOUDER, 1 / max(peak, SILENCE))
        if factor < _LEAST_LOUDER:
            raise UnreadableAudio("too_loud")
        return np.float32(factor)
