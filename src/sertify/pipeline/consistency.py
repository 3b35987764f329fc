"""Whether predictions outlast what must not matter, and differ for what could not be less alike."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import Waveform, white_noise
from sertify.corpora.clips import Corpus
from sertify.corpora.perturbing.levels import at_level
from sertify.corpora.perturbing.noises import pink_noise
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import content_key
from sertify.gates.degeneracy import Consistency
from sertify.pipeline.hearing import Hearing
from sertify.pipeline.lazy_model import LazyModel
from sertify.pipeline.predictions import Predictions
from sertify.pipeline.questions import Question, ask, log_softmax, sigmoid

_MAINS, _LEVEL = 50, 0.1  # Hz of a hum, and how loud what is no speech is
# Segments that are asked about again, four times each.
_MOST_SEGMENTS = 120


# What must not matter, and what it is a change of.
_CHANGES = {"softer": "gain", "louder": "gain", "earlier": "shift", "later": "shift"}


def ask_again(
    subject: LazyModel,
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
    heard = Hearing(subject, predictions.segmenting, recordings or Recordings(limit=0))
    pairs = [(clip, change) for clip in sample.clips for change in _CHANGES]
    answers = ask(subject, [heard.clip(clip, change) for clip, change in pairs], progress)
    same: dict[str, list[bool]] = {"gain": [], "shift": []}
    for (clip, change), answer in zip(pairs, answers, strict=True):
        if answer.logits is not None:
            same[_CHANGES[change]].append(bool(answer.logits.argmax() == before[clip]))
    shares = {kind: sum(unchanged) / len(unchanged) for kind, unchanged in same.items()}
    every = same["gain"] + same["shift"]
    return Consistency(**shares, n=len(sample.clips), unchanged=sum(every), pairs=len(every))


def respond(
    subject: LazyModel, corpus: Corpus, recordings: Recordings | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return the logits, each of shape (len(labels),), for sounds that could not be less alike.

    These are ``speech`` (the first clip of the corpus that can be read), and a second each of
    ``noise``, ``silence``, ``pink noise`` and a ``hum``.
    """
    sounds = _without_speech(subject.sampling_rate)
    questions = [
        Question(name, content_key("a second of", name), partial(iter, [sound]))
        for name, sound in sounds.items()
    ]
    answers = dict(zip(sounds, ask(subject, questions), strict=True))
    heard = Hearing(subject, None, recordings or Recordings(limit=0))
    for clip in corpus.clips:
        (speech,) = ask(subject, [heard.clip(clip)])
        if speech.logits is not None:
            answers = {"speech": speech} | answers
            break
    return {name: answer.logits for name, answer in answers.items() if answer.logits is not None}


def said_of_silence(
    responses: Mapping[str, NDArray[np.float32]], subject: LazyModel, candidate: Candidate
) -> list[dict[str, Any]]:
    """Return what is said of sounds in which nobody speaks, and how surely, in JSON types."""
    words = {"silence": "silence", "noise": "white noise", "pink noise": "pink noise", "hum": "hum"}
    probable = sigmoid if subject.multi_label else softmax
    return [
        {
            "sound": word,
            "label": (label := str(subject.labels[int(responses[name].argmax())])),
            "emotion": candidate.emotion_of(label),
            "probability": round(float(probable(responses[name]).max()), 6),
        }
        for name, word in words.items()
        if name in responses
    ]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probabilities that add up to 1, of the shape of the logits."""
    return np.exp(log_softmax(logits))


def _without_speech(rate: int) -> dict[str, Waveform]:
    """Return a second each of sounds in which nobody speaks, 20 dB below full scale."""
    white = white_noise(1, rate)
    silence = np.zeros_like(white)
    pink = pink_noise(Take(silence, rate, np.random.default_rng(0)))
    hum = np.sin(2 * np.pi * _MAINS * np.arange(rate) / rate).astype(np.float32)
    return {
        "noise": white,
        "silence": silence,
        "pink noise": at_level(pink, rate, _LEVEL),
        "hum": at_level(hum, rate, _LEVEL),
    }
