"""What a model answers on a corpus."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sertify.audio import LONGEST, SILENCE, UnreadableAudio, noise, read, segments
from sertify.candidates import Candidate
from sertify.corpora import Clip, Corpus
from sertify.errors import Blocked, ConfigurationError, Rejected

if TYPE_CHECKING:
    # Only a name here: whoever has predictions need not wait for torch.
    from sertify.models import LoadedModel

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

Waveform = NDArray[np.float32]

# Segments that are asked about again, four times each.
_MOST_SEGMENTS = 120
# 10 ms, which lies between the crops of audEERING's ser-tests: 100 and 500 samples at 16 kHz.
_SHIFT = 0.01
# Factors of 6 dB, and of 1 dB: the smallest change of loudness that ser-tests ask about.
_LOUDER, _LEAST_LOUDER = 10 ** (6 / 20), 10 ** (1 / 20)


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
    """

    corpus: Corpus
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    logits: NDArray[np.float32]
    rejected: tuple[RejectedClip, ...]
    segments: tuple[int, ...] = ()
    segmenting: Segmenting | None = None

    @property
    def predicted(self) -> list[str]:
        """The label with the largest logit, for each clip."""
        return [self.labels[index] for index in self.logits.argmax(axis=1)]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The softmax of the logits, of shape (len(clips), len(labels))."""
        return np.exp(_log_softmax(self.logits))

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
    model: "LoadedModel",
    corpus: Corpus,
    progress: Callable[[int, int], None] | None = None,
    segmenting: Segmenting | None = None,
) -> Predictions:
    """Ask the model about every clip, one at a time: no answer depends on another clip.

    ``progress`` is called with the number of clips done and their total. With ``segmenting``, clips
    may be of any length, and the answer is the mean of the probabilities of a clip's segments.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    Blocked
        ``no_data`` where none of the clips can be judged.
    """
    clips, rows, counts, rejected = [], [], [], []
    for done, clip in enumerate(corpus.clips, start=1):
        try:
            row, count = _ask(model, clip, segmenting)
        except UnreadableAudio as error:
            rejected.append(RejectedClip(clip.name, str(error)))
        else:
            clips.append(clip)
            rows.append(row)
            counts.append(count)
        if progress is not None:
            progress(done, len(corpus.clips))
    labels = tuple(str(label) for label in model.labels)
    logits = np.array(rows, dtype=np.float32).reshape(len(rows), len(labels))
    predictions = Predictions(
        corpus, labels, tuple(clips), logits, tuple(rejected), tuple(counts), segmenting
    )
    _require_clips(predictions)
    return predictions


def consistency(
    model: "LoadedModel",
    predictions: Predictions,
    clips: int = 24,
    progress: Callable[[int, int], None] | None = None,
) -> Consistency:
    """Ask again about at most ``clips`` of the clips, changed by what must not matter.

    There are fewer where clips have many segments. They are 6 dB softer; 6 dB louder, or as loud as
    full scale allows, unless that is less than 1 dB; without their first 10 ms, or less where the
    model could not answer the rest; and with 10 ms of silence before them. Segments are changed one
    by one. ``progress`` is that of :func:`predict`, whose answers to the clips themselves are not
    asked for again.

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
    same: dict[str, list[bool]] = {"gain": [], "shift": []}
    for done, clip in enumerate(sample.clips, start=1):
        for kind, change in _changes(model, clip, predictions.segmenting):
            row, _ = _ask(model, clip, predictions.segmenting, change)
            same[kind].append(bool(row.argmax() == before[clip]))
        if progress is not None:
            progress(done, len(sample.clips))
    shares = {kind: sum(answers) / len(answers) for kind, answers in same.items()}
    every = same["gain"] + same["shift"]
    return Consistency(**shares, n=len(sample.clips), unchanged=sum(every), pairs=len(every))


def respond(model: "LoadedModel", corpus: Corpus) -> dict[str, NDArray[np.float32]]:
    """Return the logits, each of shape (len(labels),), for sounds that could not be less alike.

    These are ``speech`` (the first clip of the corpus that can be read), ``noise`` and ``silence``.
    """
    assert model.sampling_rate is not None
    second = noise(1, model.sampling_rate)
    sounds = {"noise": second, "silence": np.zeros_like(second)}
    for clip in corpus.clips:
        with contextlib.suppress(UnreadableAudio):
            (speech,) = _waveforms(model, clip, None)
            sounds = {"speech": speech} | sounds
            break
    return {name: _answer(model, waveform, name) for name, waveform in sounds.items()}


def _ask(
    model: "LoadedModel",
    clip: Clip,
    segmenting: Segmenting | None,
    change: Callable[[Waveform], Waveform] = np.asarray,
) -> tuple[NDArray[np.float32], int]:
    """Return the row of logits of a clip, each of whose segments is changed, and their number."""
    waveforms = _waveforms(model, clip, segmenting)
    answers = (_answer(model, change(waveform), clip.name) for waveform in waveforms)
    return (next(answers), 1) if segmenting is None else _pooled(answers)


def _pooled(answers: Iterable[NDArray[np.float32]]) -> tuple[NDArray[np.float32], int]:
    """Return the logarithm of the mean of the probabilities, and the number of answers."""
    count, total = 0, np.array(-np.inf)
    for logits in answers:
        count += 1
        # Added as logarithms: a probability may be too small for a float.
        total = np.logaddexp(total, _log_softmax(logits))
    return (total - np.log(count)).astype(np.float32), count


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    from_largest = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    total = np.exp(from_largest).sum(axis=-1, keepdims=True)
    difference: NDArray[np.float64] = from_largest - np.log(total)
    return difference


def _waveforms(
    model: "LoadedModel", clip: Clip, segmenting: Segmenting | None
) -> Iterator[Waveform]:
    """Yield what the model is to hear of a clip."""
    assert model.sampling_rate is not None
    rate, least = model.sampling_rate, model.receptive_field
    if segmenting is None:
        yield read(clip.path, rate, least, clip.start, clip.end)
    else:
        seconds, hop = segmenting.seconds, segmenting.hop
        yield from segments(clip.path, rate, seconds, hop, least, clip.start, clip.end)


def _changes(
    model: "LoadedModel", clip: Clip, segmenting: Segmenting | None
) -> Iterator[tuple[str, Callable[[Waveform], Waveform]]]:
    """Yield the changes that must not matter to a clip."""
    assert model.sampling_rate is not None
    silence = np.zeros(round(_SHIFT * model.sampling_rate), np.float32)
    peak = max(float(np.abs(waveform).max()) for waveform in _waveforms(model, clip, segmenting))
    louder = min(_LOUDER, 1 / max(peak, SILENCE))
    yield "gain", lambda waveform: waveform / np.float32(_LOUDER)
    if louder >= _LEAST_LOUDER:
        yield "gain", lambda waveform: waveform * np.float32(louder)
    yield (
        "shift",
        lambda waveform: waveform[min(silence.size, waveform.size - model.receptive_field) :],
    )
    yield "shift", lambda waveform: np.concatenate([silence, waveform])


def _answer(model: "LoadedModel", waveform: Waveform, name: str) -> NDArray[np.float32]:
    logits = model.logits(waveform)
    if not np.isfinite(logits).all():
        message = f"{name} gives logits {logits.tolist()}, but all should be finite"
        raise Rejected("non_finite_output", message)
    return logits


def _require_clips(predictions: Predictions) -> None:
    if predictions.clips:
        return
    numbers = ", ".join(f"{n} {reason}" for reason, n in predictions.rejections.items())
    message = f"no clip of {predictions.corpus.name} can be judged: {numbers}"
    raise Blocked("no_data", message)
