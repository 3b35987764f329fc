"""What a candidate answers in other conditions: one pass over the audio for all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.audio import Waveform
from sertify.corpora.clips import Clip
from sertify.corpora.flaws import UnreadableAudio
from sertify.corpora.perturbing.applying import PERTURBING, is_heard, perturb
from sertify.corpora.perturbing.foreign import code_of_own
from sertify.pipeline.hearing import Hearing
from sertify.pipeline.questions import Question, ask
from sertify.pipeline.surroundings import Surroundings
from sertify.vocabulary.conditions import OWN_FAMILY, Condition
from sertify.vocabulary.errors import ConfigurationError

# Samples of a clip that are kept for its next condition.
_MOST_KEPT = 8_000_000


@dataclass(frozen=True)
class InConditions:
    """What is answered of clips in each condition.

    Attributes
    ----------
    logits
        By condition, of shape (clips, labels); NaN where a clip could not be heard.
    unheard
        The conditions in which a candidate hears what it hears without.
    lacking
        Why others could not be made.
    """

    clips: tuple[Clip, ...]
    logits: dict[Condition, NDArray[np.float32]] = field(default_factory=dict)
    unheard: frozenset[Condition] = frozenset()
    lacking: dict[Condition, str] = field(default_factory=dict)


def ask_in_conditions(
    hearing: Hearing,
    clips: Sequence[Clip],
    conditions: Sequence[Condition],
    surroundings: Surroundings,
    progress: Callable[[int, int], None] | None = None,
) -> InConditions:
    """Ask about each clip in each condition; what was answered before is not asked again.

    Conditions of a clip follow each other: it is decoded once, and what shares a batch has one
    length. They are made in the thread that reads ahead. ``progress`` is called with the number of
    answers and their total.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    """
    lacking = {one: why for one in conditions if (why := surroundings.lacking(one))}
    unheard = {one for one in conditions if not is_heard(one, hearing.subject.sampling_rate)}
    asked = [one for one in conditions if one not in lacking and one not in unheard]
    studio = _Studio(hearing, surroundings)
    questions = [studio.question(clip, one) for clip in clips for one in asked]
    answers = ask(hearing.subject, questions, progress)
    nothing = np.full(len(hearing.subject.labels), np.nan, np.float32)
    table = [nothing if answer.logits is None else answer.logits for answer in answers]
    by_clip = np.array(table, np.float32).reshape(len(clips), len(asked), nothing.size)
    made = [one for one in asked if one not in studio.failed]
    logits = {one: by_clip[:, asked.index(one)] for one in made}
    return InConditions(tuple(clips), logits, frozenset(unheard), lacking | studio.failed)


class _Studio:
    """Makes what is heard in conditions; ``failed`` is why it could not, for any clip."""

    def __init__(self, hearing: Hearing, surroundings: Surroundings) -> None:
        self._hearing, self._surroundings = hearing, surroundings
        self._last: tuple[Clip, list[Waveform]] | None = None
        self.failed: dict[Condition, str] = {}

    def question(self, clip: Clip, condition: Condition) -> Question:
        """Return the question about a clip in a condition."""
        digest, sounds = self._surroundings.beside(clip, condition)
        rate, seed = self._hearing.subject.sampling_rate, _seed(clip)

        def waveforms() -> Iterator[Waveform]:
            for place, piece in enumerate(self._pieces(clip)):
                own = b"%s %d" % (seed, place) if place else seed
                try:
                    yield perturb(piece, rate, condition, own, sounds())
                except ConfigurationError as error:
                    self.failed.setdefault(condition, str(error))
                    raise UnreadableAudio("unreadable", lasting=False) from error

        return self._hearing.otherwise(clip, (*_terms(condition), digest), waveforms)

    def _pieces(self, clip: Clip) -> Iterator[Waveform]:
        """Yield the pieces of a clip, decoded once for conditions that follow each other."""
        if self._last is not None and self._last[0] is clip:
            yield from self._last[1]
            return
        self._last, kept, size = None, [], 0
        for piece in self._hearing.pieces(clip):
            size += piece.size
            if size <= _MOST_KEPT:
                kept.append(piece)
            yield piece
        if size <= _MOST_KEPT:
            self._last = (clip, kept)


def _seed(clip: Clip) -> bytes:
    """Return what tells a clip, in whichever corpus it is."""
    return f"{clip.digest if clip.identified else clip.name} {clip.start} {clip.end}".encode()


def _terms(condition: Condition) -> tuple[str | int, ...]:
    """Return what decides how a condition sounds, beside its sounds."""
    if condition.family != OWN_FAMILY:
        return str(condition), PERTURBING
    return str(condition), PERTURBING, code_of_own(condition.kind)
