"""What a candidate says while a clip is still being spoken: to its first seconds, and to windows.

Each stretch is a clip of its own, so that it is read, cut into segments and remembered like one.
"""

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sertify.candidates.reading import Candidate
from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.recordings import Recordings
from sertify.gates.streaming import HeardSoFar, Streamed
from sertify.pipeline.drawing import Drawn, drawn
from sertify.pipeline.hearing import Hearing
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.questions import ask
from sertify.statistics.resampling import named_groups
from sertify.statistics.robustness import Drop, uar_drop, unchanged
from sertify.statistics.streaming import rate_within_clips
from sertify.vocabulary.outcomes import CONFIDENCE, Bound, Measurement

HOP = 0.5
"""Seconds by which the window moves."""

_LONGEST = 31.0  # of a clip, in which seconds are counted: longer than can be asked for
_WINDOWED = 15.0  # of a clip, over which the window moves
# What is lost to rounding where the end of a clip is that of a window.
_SLACK = 0.001

_Progress = Callable[[int, int], None]


def listen(
    subject: LazyModel,
    predictions: Predictions,
    candidate: Candidate,
    seen: Mapping[str, str],
    recordings: Recordings,
    watching: Callable[[int, int], _Progress] = lambda _, __: lambda _, __: None,
) -> Streamed:
    """Ask about the first seconds of some of the clips, and about a window that moves over them.

    ``seen`` is why a corpus was part of the candidate's training. ``watching`` is told of how many
    clips how many answers are needed, and returns what is told of each. Whole clips are not asked
    about again. What is silent has no answer: it is wrong, and no flip.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    """
    asked = candidate.requirements.streamed
    some = drawn(predictions, candidate, seen, asked.clips)
    lengths = {clip: _length(clip, subject, recordings) for clip in some.clips}
    window = max(asked.window, subject.examination.shortest)
    firsts = [
        _stretch(clip, 0, seconds)
        for seconds in asked.seconds
        for clip, length in lengths.items()
        if seconds < length - _SLACK
    ]
    windows = {clip: [*_windows(clip, length, window)] for clip, length in lengths.items()}
    # What shares a batch has one length.
    stretches = [*dict.fromkeys((*firsts, *itertools.chain(*windows.values())))]
    hearing = Hearing(subject, predictions.segmenting, recordings)
    progress = watching(len(some.clips), len(stretches))
    answers = ask(subject, [hearing.clip(one) for one in stretches], progress)
    words = predictions.words(candidate)
    said = {
        stretch: "" if answer.logits is None else words[int(answer.logits.argmax())]
        for stretch, answer in zip(stretches, answers, strict=True)
    }
    heard = _Heard(predictions, candidate, some, lengths, windows, said)
    return heard.facts(window, len(stretches))


def _length(clip: Clip, subject: LazyModel, recordings: Recordings) -> float:
    """Return how many seconds of a clip there are, at most those that count."""
    try:
        rate = subject.sampling_rate
        return recordings.read(_stretch(clip, 0, _LONGEST), rate).size / rate
    except UnreadableAudio:  # so much of its start is silent, for as a whole it was heard
        return _LONGEST


def _stretch(clip: Clip, begin: float, end: float) -> Clip:
    last = clip.start + end
    last = last if clip.end is None else min(last, clip.end)
    return replace(clip, start=clip.start + begin, end=last)


def _windows(clip: Clip, length: float, window: float) -> Iterator[Clip]:
    """Yield the windows of a clip, where these are two at least."""
    number = int((min(length, _WINDOWED) - window + _SLACK) / HOP) + 1
    for place in range(number if number > 1 else 0):
        yield _stretch(clip, place * HOP, place * HOP + window)


@dataclass(frozen=True)
class _Heard:
    """What was said of the stretches of clips, and of these as a whole."""

    predictions: Predictions
    candidate: Candidate
    drawn: Drawn
    lengths: Mapping[Clip, float]
    windows: Mapping[Clip, Sequence[Clip]]
    said: Mapping[Clip, str]

    def facts(self, window: float, answers: int) -> Streamed:
        """Return what the gate judges."""
        return Streamed(
            points=tuple(self._point(seconds) for seconds in self._asked.streamed.seconds),
            margin=self._asked.streamed.margin,
            flips=self._flips(CONFIDENCE),
            surely_flips=self._flips(_level(self._asked.flips_per_minute)),
            agreeing=self._agreeing(),
            window=window,
            clips=len(self.drawn.clips),
            at_hand=self.drawn.at_hand,
            speakers=self._speakers,
            moved_over=sum(map(bool, self.windows.values())),
            answers=answers,
            binding=not self.drawn.seen,
            remark=self.drawn.remark,
        )

    @property
    def _asked(self) -> Requirements:
        return self.candidate.requirements

    @cached_property
    def _whole(self) -> tuple[str, ...]:
        every = self.predictions.emotions(self.candidate)
        before = dict(zip(self.predictions.clips, every, strict=True))
        return tuple(before[clip] for clip in self.drawn.clips)

    @cached_property
    def _groups(self) -> list[Hashable] | None:
        return named_groups([clip.unit for clip in self.drawn.clips])

    @cached_property
    def _speakers(self) -> int | None:
        named = named_groups([clip.group for clip in self.drawn.clips])
        return len(set(named)) if named else None

    def _after(self, seconds: float) -> tuple[str, ...]:
        """Return what is said of each clip after so many seconds, or all where it is shorter."""
        clips = zip(self.drawn.clips, self._whole, strict=True)
        return tuple(self.said.get(_stretch(clip, 0, seconds), whole) for clip, whole in clips)

    def _longer(self, seconds: float) -> int:
        return sum(seconds < length - _SLACK for length in self.lengths.values())

    def _drop(self, seconds: float, confidence: float) -> Drop:
        truth = [str(clip.emotion) for clip in self.drawn.clips]
        return uar_drop(truth, self._whole, self._after(seconds), self._groups, confidence)

    def _point(self, seconds: float) -> HeardSoFar:
        said, level = self._after(seconds), _level(self._asked.seconds_needed)
        stays = unchanged(self._whole, said, self._groups, self.drawn.weights)
        longer, ends = self._longer(seconds), (stays.interval.low, stays.interval.high)
        same = Measurement("unchanged", stays.corrected, "1", *ends, len(said), self._speakers)
        if not self.drawn.labelled:
            return HeardSoFar(seconds, longer, same)
        drops = (self._drop(seconds, confidence) for confidence in (CONFIDENCE, level))
        return HeardSoFar(seconds, longer, same, *drops)

    def _flips(self, confidence: float) -> Measurement | None:
        """Return how often a minute what is said of one window is not what was of that before.

        While it is silent, the answer before stands, and time goes on.
        """
        said = [
            _standing(self.said[one] for one in self.windows[clip]) for clip in self.drawn.clips
        ]
        flips = [sum(one != other for one, other in itertools.pairwise(some)) for some in said]
        steps = [max(0, len(some) - 1) for some in said]
        a_minute = 60 / HOP
        return self._rate("flips_per_minute", flips, steps, confidence, a_minute, "1/min")

    def _agreeing(self) -> Measurement | None:
        """Return the share of windows of which it says what it says of the whole clip."""
        said = [self._of_windows(clip) for clip in self.drawn.clips]
        same = [some.count(whole) for some, whole in zip(said, self._whole, strict=True)]
        return self._rate("windows_agreeing", same, [*map(len, said)], CONFIDENCE)

    def _of_windows(self, clip: Clip) -> list[str]:
        return [word for window in self.windows[clip] if (word := self.said[window])]

    def _rate(
        self,
        name: str,
        hits: Sequence[int],
        trials: Sequence[int],
        confidence: float,
        factor: float = 1.0,
        unit: str = "1",
    ) -> Measurement | None:
        if not any(trials):
            return None
        value, found = rate_within_clips(hits, trials, self._groups, self.drawn.weights, confidence)
        ends = (factor * found.low, factor * found.high)
        n = sum(map(bool, trials))
        return Measurement(name, factor * value, unit, *ends, n, self._speakers)


def _standing(said: Iterable[str]) -> list[str]:
    """Return what was said last, from the first answer on."""
    found: list[str] = []
    for word in said:
        found += [word or found[-1]] if word or found else []
    return found


def _level(bound: Bound | None) -> float:
    return CONFIDENCE if bound is None else bound.confidence or CONFIDENCE
