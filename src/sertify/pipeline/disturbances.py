"""From answers in other conditions to what each condition costs."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sertify.candidates.reading import Candidate
from sertify.candidates.robustness import Robustness
from sertify.corpora.clips import Clip
from sertify.corpora.recordings import Recordings
from sertify.gates.robustness import Disturbance
from sertify.pipeline.budget import Budget, in_conditions
from sertify.pipeline.disturbing import InConditions, ask_in_conditions
from sertify.pipeline.drawing import Drawn, drawn
from sertify.pipeline.hearing import Hearing
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.surroundings import SoundFolders, Surroundings, Voices
from sertify.statistics.intervals import Interval
from sertify.statistics.resampling import named_groups
from sertify.statistics.robustness import uar_drop, unchanged
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.errors import Blocked, NotReached
from sertify.vocabulary.outcomes import CONFIDENCE, Measurement


@dataclass(frozen=True)
class Disturbances:
    """What a candidate said of the clips that were drawn, as they are and in all conditions."""

    candidate: Candidate
    predictions: Predictions
    drawn: Drawn
    answers: InConditions

    def of(self, condition: Condition) -> Disturbance:
        """Return what a condition costs.

        Raises ``NotReached`` with ``no_data`` where it lacks sounds, and ``Blocked`` where it
        cannot be made, as a package's own perturbation fails, or no clip can be heard any more.
        """
        if why := self.answers.lacking.get(condition):
            raise NotReached("no_data", why) if condition.needs else Blocked("failed_check", why)
        if condition in self.answers.unheard:
            remark = f"it hears nothing above {condition.severity:g} Hz anyway: nothing is changed"
            return Disturbance(condition, 0, self.drawn.at_hand, remark=remark)
        pairs = self._pairs(condition)
        stays = pairs.unchanged(CONFIDENCE)
        found = Disturbance(
            condition,
            clips=len(pairs.clips),
            at_hand=self.drawn.at_hand,
            unchanged=stays,
            share=Measurement("unchanged_share", pairs.share, n=stays.n),
            binding=not self.drawn.seen,
            remark="; ".join(filter(None, [self._seen, self.drawn.remark])),
            decisive=self._decisive(condition, pairs),
        )
        return pairs.with_drop(found) if self.drawn.labelled else found

    @property
    def _seen(self) -> str:
        why = "it was trained on this speech, so what it loses there decides nothing"
        return why if self.drawn.seen else ""

    @cached_property
    def _before(self) -> dict[Clip, str]:
        said = self.predictions.emotions(self.candidate)
        return dict(zip(self.predictions.clips, said, strict=True))

    def _pairs(self, condition: Condition) -> "_Pairs":
        """Return what is said before and after of each clip that could be heard again."""
        logits, words = self.answers.logits[condition], self.predictions.words(self.candidate)
        heard = np.flatnonzero(~np.isnan(logits).any(axis=1)).tolist()
        if not heard:
            raise Blocked("no_data", f"none of the clips could be heard again in {condition}")
        clips = tuple(self.drawn.clips[place] for place in heard)
        return _Pairs(
            clips,
            weights=tuple(self.drawn.weights[place] for place in heard),
            before=tuple(self._before[clip] for clip in clips),
            after=tuple(words[place] for place in logits[heard].argmax(axis=1)),
        )

    def _decisive(self, condition: Condition, pairs: "_Pairs") -> dict[str, Measurement]:
        """Return what limits ask for at another confidence than usual."""
        robustness = self.candidate.requirements.robustness or Robustness()
        measure = {"unchanged": pairs.unchanged}
        measure |= {"drop": pairs.drop} if self.drawn.labelled else {}
        bounds = {name: robustness.limit(name, condition) for name in measure}
        levels = {name: bound.confidence for name, bound in bounds.items() if bound is not None}
        return {
            name: measure[name](level)
            for name, level in levels.items()
            if level not in (None, CONFIDENCE)
        }


def disturb(
    subject: LazyModel,
    predictions: Predictions,
    candidate: Candidate,
    conditions: Sequence[Condition],
    seen: Mapping[str, str],
    recordings: Recordings,
    folders: SoundFolders,
    budget: Budget | None = None,
    progress: Callable[[float, float], None] = lambda _, __: None,
) -> Disturbances:
    """Ask about some of the clips in other conditions.

    ``seen`` is why a corpus was part of the candidate's training. ``budget`` is told of the pace.
    The answers of :func:`sertify.pipeline.predictions.predict` to the clips themselves are not
    asked for again.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    """
    robustness = candidate.requirements.robustness or Robustness()
    some = drawn(predictions, candidate, seen, robustness.clips)
    heard = predictions.corpus.narrowed(predictions.clips)
    voices = Voices(heard, subject.sampling_rate, recordings)
    hearing = Hearing(subject, predictions.segmenting, recordings)
    surroundings = Surroundings(voices, folders)
    if budget is not None:
        times, clips = len(conditions), len(some.clips)
        progress = budget.watching(progress, in_conditions(times, clips), times * clips)
    answers = ask_in_conditions(hearing, some.clips, conditions, surroundings, progress)
    return Disturbances(candidate, predictions, some, answers)


@dataclass(frozen=True)
class _Pairs:
    """Clips, how many each stands for, and what is said of each before and after."""

    clips: tuple[Clip, ...]
    weights: tuple[float, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    @cached_property
    def _groups(self) -> list[Hashable] | None:
        return named_groups([clip.unit for clip in self.clips])

    @cached_property
    def _speakers(self) -> int | None:
        named = named_groups([clip.group for clip in self.clips])
        return len(set(named)) if named else None

    @property
    def _said(self) -> tuple[list[str], tuple[str, ...], tuple[str, ...], list[Hashable] | None]:
        truth = [str(clip.emotion) for clip in self.clips]
        return truth, self.before, self.after, self._groups

    def with_drop(self, found: Disturbance) -> Disturbance:
        """Add what is lost of UAR."""
        lost = uar_drop(*self._said, CONFIDENCE)
        n = len(self.clips)
        return replace(
            found,
            drop=self._measured("drop", lost.value, lost.interval),
            clean=Measurement("uar_clean", lost.clean, n=n),
            disturbed=Measurement("uar_disturbed", lost.disturbed, n=n),
            worsened=lost.worsened,
            mended=lost.mended,
        )

    def drop(self, confidence: float) -> Measurement:
        """Measure what is lost of UAR."""
        lost = uar_drop(*self._said, confidence)
        return self._measured("drop", lost.value, lost.interval)

    def unchanged(self, confidence: float) -> Measurement:
        """Measure how many predictions stay, corrected for chance."""
        found = unchanged(self.before, self.after, self._groups, self.weights, confidence)
        return self._measured("unchanged", found.corrected, found.interval)

    @property
    def share(self) -> float:
        """How many predictions stay."""
        return unchanged(self.before, self.after, None, self.weights).share

    def _measured(self, name: str, value: float, interval: Interval) -> Measurement:
        n = len(self.clips)
        return Measurement(name, value, "1", interval.low, interval.high, n, self._speakers)
