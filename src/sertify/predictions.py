"""What a model answers on a corpus."""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sertify.audio import UnreadableAudio, noise, read
from sertify.candidates import Candidate
from sertify.corpora import Clip, Corpus
from sertify.errors import Blocked, Rejected

if TYPE_CHECKING:
    # Only a name here: whoever has predictions need not wait for torch.
    from sertify.models import LoadedModel

__all__ = ["Predictions", "RejectedClip", "predict", "respond"]


@dataclass(frozen=True)
class RejectedClip:
    """A clip that could not be judged, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Predictions:
    """Logits of shape (len(clips), len(labels)) for the clips that could be judged."""

    corpus: Corpus
    labels: tuple[str, ...]
    clips: tuple[Clip, ...]
    logits: NDArray[np.float32]
    rejected: tuple[RejectedClip, ...]

    @property
    def predicted(self) -> list[str]:
        """The label with the largest logit, for each clip."""
        return [self.labels[index] for index in self.logits.argmax(axis=1)]

    def emotions(self, candidate: Candidate) -> list[str]:
        """Return what is predicted in the words of the taxonomy; the label where it has none."""
        words = {label: candidate.emotion_of(label) or label for label in self.labels}
        return [words[label] for label in self.predicted]

    @property
    def rejected_files(self) -> list[dict[str, str]]:
        """The rejected clips in JSON types."""
        return [{"file": clip.name, "reason": clip.reason} for clip in self.rejected]

    @property
    def rejections(self) -> dict[str, int]:
        """Number of rejected clips by reason."""
        return dict(Counter(clip.reason for clip in self.rejected))


def predict(
    model: "LoadedModel", corpus: Corpus, progress: Callable[[int, int], None] | None = None
) -> Predictions:
    """Ask the model about every clip, one at a time: no answer depends on another clip.

    ``progress`` is called with the number of clips done and their total.

    Raises
    ------
    Rejected
        ``non_finite_output``.
    Blocked
        ``no_data`` where none of the clips can be judged.
    """
    assert model.sampling_rate is not None
    clips, rows, rejected = [], [], []
    for done, clip in enumerate(corpus.clips, start=1):
        try:
            waveform = read(clip.path, model.sampling_rate, model.receptive_field)
        except UnreadableAudio as error:
            rejected.append(RejectedClip(clip.name, str(error)))
        else:
            clips.append(clip)
            rows.append(_answer(model, waveform, clip.name))
        if progress is not None:
            progress(done, len(corpus.clips))
    labels = tuple(str(label) for label in model.labels)
    logits = np.array(rows, dtype=np.float32).reshape(len(rows), len(labels))
    predictions = Predictions(corpus, labels, tuple(clips), logits, tuple(rejected))
    _require_clips(predictions)
    return predictions


def respond(model: "LoadedModel", corpus: Corpus) -> dict[str, NDArray[np.float32]]:
    """Return the logits, each of shape (len(labels),), for sounds that could not be less alike.

    These are ``speech`` (the first clip of the corpus that can be read), ``noise`` and ``silence``.
    """
    assert model.sampling_rate is not None
    second = noise(1, model.sampling_rate)
    sounds = {"noise": second, "silence": np.zeros_like(second)}
    for clip in corpus.clips:
        with contextlib.suppress(UnreadableAudio):
            speech = read(clip.path, model.sampling_rate, model.receptive_field)
            sounds = {"speech": speech} | sounds
            break
    return {name: _answer(model, waveform, name) for name, waveform in sounds.items()}


def _answer(model: "LoadedModel", waveform: NDArray[np.float32], name: str) -> NDArray[np.float32]:
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
