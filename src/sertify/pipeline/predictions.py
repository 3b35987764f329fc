"""What a model answers on a corpus."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import LONGEST, SILENCE, UnreadableAudio, noise, segments
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import content_key
from sertify.pipeline.lazy_model import Subject
from sertify.pipeline.questions import Question, Waveform, ask, log_softmax
from sertify.vocabulary.errors import Blocked, ConfigurationError

__all__ = [
    "Consistency",
    "Predictions",
    "RejectedClip",
    "Segmenting",
    "consistency",
    "predict",
    "respond",
]

SHORTEST = 0.1
"""Seconds below which a segment holds less than a phone."""

# Segments that are asked about again, four times each.
_MOST_SEGMENTS = 120
# 10 ms, which lies between the crops of audEERING's ser-tests: 100 and 500 samples at 16 kHz.
_SHIFT = 0.01
# Factors of 6 dB, and of 1 dB: the smallest change of loudness that ser-tests ask about.
_LOUDER, _LEAST_LOUDER = 10 ** (6 / 20), 10 ** (1 / 20)
# What must not matter, and what it is a change of.
_CHANGES = {"softer": "gain", "louder": "gain", "earlier": "shift", "later": "shift"}


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


@dataclass(frozen=True)
class RejectedClip:
    """A clip that could not be judged, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Predictions:
    """Answers for the clips that could be judged.

    Attributes
    ----------
    logits
        Of shape (len(clips), len(labels)). Where clips were cut into segments, the logarithm of the
        mean of the probabilities of a clip's segments: their softmax gives that mean back.
    segments
        How many segments each clip was heard in; 1 each without segmenting.
    segmenting
        How clips were cut; None where each was heard whole.
    remarks
        What the reader of the report should know of how the answers were come by.
    """

    corpus: Corpus
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    logits: NDArray[np.float32]
    rejected: tuple[RejectedClip, ...]
    segments: tuple[int, ...] = ()
    segmenting: Segmenting | None = None
    remarks: tuple[str, ...] = ()

    @property
    def predicted(self) -> list[str]:
        """The label with the largest logit, for each clip."""
        return [self.labels[index] for index in self.logits.argmax(axis=1)]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The softmax of the logits, of shape (len(clips), len(labels))."""
        return np.exp(log_softmax(self.logits))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The largest of the probabilities of each clip, of shape (len(clips),)."""
        largest: NDArray[np.float64] = self.probabilities.max(axis=1)
        return largest

    def emotions(self, candidate: Candidate) -> list[str]:
        """Return what is predicted in the words of the taxonomy; the label where it has none."""
        words = dict(zip(self.labels, self._words(candidate), strict=True))
        return [words[label] for label in self.predicted]

    def emotion_probabilities(
        self, candidate: Candidate
    ) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return the emotions in the order of their labels, and the probability of each.

        That is the sum over the labels that mean it, of shape (len(clips), number of emotions). The
        emotion of the largest sum need not be that of the largest logit.
        """
        words = self._words(candidate)
        emotions = tuple(dict.fromkeys(words))
        means = np.array([[word == emotion for emotion in emotions] for word in words], float)
        return emotions, self.probabilities @ means

    def _words(self, candidate: Candidate) -> list[str]:
        return [candidate.emotion_of(label) or label for label in self.labels]

    @property
    def rejected_files(self) -> list[dict[str, str]]:
        """The rejected clips in JSON types."""
        return [{"file": clip.name, "reason": clip.reason} for clip in self.rejected]

    @property
    def rejections(self) -> dict[str, int]:
        """Number of rejected clips by reason."""
        return dict(Counter(clip.reason for clip in self.rejected))


@dataclass(frozen=True)
class Consistency:
    """How often the predicted label stays the same under a change that must not matter.

    Attributes
    ----------
    gain
        Share of the predictions that stay the same 6 dB louder or softer.
    shift
        Share of those that stay the same 10 ms earlier or later.
    n
        Number of clips that were changed.
    unchanged, pairs
        How many of the predictions for a changed clip stay the same, and how many there are.
    """

    gain: float
    shift: float
    n: int
    unchanged: int
    pairs: int


def predict(
    subject: Subject,
    corpus: Corpus,
    progress: Callable[[int, int], None] | None = None,
    segmenting: Segmenting | None = None,
    recordings: Recordings | None = None,
) -> Predictions:
    """Ask the model about every clip; no answer depends on another clip.

    ``progress`` is called with the number of clips done and their total. With ``segmenting``, clips
    may be of any length, and the answer is the mean of the probabilities of a clip's segments.
    ``recordings`` is where what was decoded for another model may be found.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    Blocked
        ``no_data`` where none of the clips can be judged.
    """
    heard = _Heard(subject, segmenting, recordings or Recordings(limit=0))
    remarks: list[str] = []
    answers = ask(subject, [heard.clip(one) for one in corpus.clips], progress, remarks.append)
    clips, rows, counts, rejected = [], [], [], []
    for clip, answer in zip(corpus.clips, answers, strict=True):
        if answer.logits is None:
            rejected.append(RejectedClip(clip.name, answer.flaw))
        else:
            clips.append(clip)
            rows.append(answer.logits)
            counts.append(answer.segments)
    labels = tuple(str(label) for label in subject.labels)
    logits = np.array(rows, dtype=np.float32).reshape(len(rows), len(labels))
    predictions = Predictions(
        corpus,
        labels,
        tuple(clips),
        logits,
        tuple(rejected),
        tuple(counts),
        segmenting,
        tuple(dict.fromkeys(remarks)),
    )
    _require_clips(predictions)
    return predictions


def consistency(
    subject: Subject,
    predictions: Predictions,
    clips: int = 24,
    progress: Callable[[int, int], None] | None = None,
    recordings: Recordings | None = None,
) -> Consistency:
    """Ask again about at most ``clips`` of the clips, changed by what must not matter.

    There are fewer where clips have many segments. They are 6 dB softer; 6 dB louder, or as loud as
    full scale allows, unless that is less than 1 dB; without their first 10 ms, or less where the
    model could not answer the rest; and with 10 ms of silence before them. Segments are changed one
    by one. ``progress`` is called with the number of changes done and their total; the answers of
    :func:`predict` to the clips themselves are not asked for again.

    In the manner of audEERING's ser-tests, which ask for more than 0.95 unchanged (Derington et
    al., "Testing correctness, fairness, and robustness of speech emotion recognition models").

    Raises
    ------
    Rejected
        ``non_finite_output``.
    """
    # Four changes of hours of speech would take longer than all else.
    mean = float(np.mean(predictions.segments or (1,)))
    most = max(1, min(clips, round(_MOST_SEGMENTS / mean)))
    sample = predictions.corpus.narrowed(predictions.clips).sample(most)
    before = dict(zip(predictions.clips, predictions.logits.argmax(axis=1), strict=True))
    heard = _Heard(subject, predictions.segmenting, recordings or Recordings(limit=0))
    pairs = [(clip, change) for clip in sample.clips for change in _CHANGES]
    answers = ask(subject, [heard.clip(clip, change) for clip, change in pairs], progress)
    same: dict[str, list[bool]] = {"gain": [], "shift": []}
    for (clip, change), answer in zip(pairs, answers, strict=True):
        if answer.logits is not None:
            same[_CHANGES[change]].append(bool(answer.logits.argmax() == before[clip]))
    shares = {kind: sum(found) / len(found) for kind, found in same.items()}
    every = same["gain"] + same["shift"]
    return Consistency(**shares, n=len(sample.clips), unchanged=sum(every), pairs=len(every))


def respond(
    subject: Subject, corpus: Corpus, recordings: Recordings | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return the logits, each of shape (len(labels),), for sounds that could not be less alike.

    These are ``speech`` (the first clip of the corpus that can be read), ``noise`` and ``silence``.
    """
    second = noise(1, subject.sampling_rate)
    sounds = {"noise": second, "silence": np.zeros_like(second)}
    questions = [
        Question(name, content_key("a second of", name), partial(iter, [sound]))
        for name, sound in sounds.items()
    ]
    answers = dict(zip(sounds, ask(subject, questions), strict=True))
    heard = _Heard(subject, None, recordings or Recordings(limit=0))
    for clip in corpus.clips:
        (speech,) = ask(subject, [heard.clip(clip)])
        if speech.logits is not None:
            answers = {"speech": speech} | answers
            break
    return {name: one.logits for name, one in answers.items() if one.logits is not None}


@dataclass(frozen=True)
class _Heard:
    """Makes questions of clips, as a model is to hear them."""

    subject: Subject
    segmenting: Segmenting | None
    recordings: Recordings

    def clip(self, clip: Clip, change: str = "") -> Question:
        """Return the question about a clip, each of whose segments is changed."""
        how = None if self.segmenting is None else astuple(self.segmenting)
        content = ("clip", clip.digest, clip.start, clip.end, how, change)
        key = content_key(*content) if clip.identified else ""
        waveforms = partial(self._waveforms, clip, change)
        return Question(clip.name, key, waveforms, pooled=how is not None)

    def _waveforms(self, clip: Clip, change: str) -> Iterator[Waveform]:
        """Yield what the model is to hear of a clip."""
        apply = self._change(clip, change)
        for waveform in self._pieces(clip):
            yield apply(waveform)

    def _pieces(self, clip: Clip) -> Iterator[Waveform]:
        rate, least = self.subject.sampling_rate, self.subject.receptive_field
        if self.segmenting is None:
            yield self.recordings.read(clip, rate, least)
        else:
            seconds, hop = self.segmenting.seconds, self.segmenting.hop
            yield from segments(clip.path, rate, seconds, hop, least, clip.start, clip.end)

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
        peak = max(float(np.abs(waveform).max()) for waveform in self._pieces(clip))
        factor = min(_LOUDER, 1 / max(peak, SILENCE))
        if factor < _LEAST_LOUDER:
            raise UnreadableAudio("too_loud")
        return np.float32(factor)


def _require_clips(predictions: Predictions) -> None:
    if predictions.clips:
        return
    numbers = ", ".join(f"{n} {reason}" for reason, n in predictions.rejections.items())
    message = f"no clip of {predictions.corpus.name} can be judged: {numbers}"
    raise Blocked("no_data", message)
