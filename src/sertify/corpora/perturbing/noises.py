"""Speech in noise.

The ratio of signal to noise is that of their active levels (see `levels`). The speech keeps its
level, so that sums may go beyond full scale: models take floating point. The noise of a clip is the
same at all ratios but for its level.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.perturbing.bursts import coughs
from sertify.corpora.perturbing.levels import active_level, at_level, from_decibel
from sertify.corpora.perturbing.spectra import shaped
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import SILENCE, Waveform
from sertify.vocabulary.errors import ConfigurationError

FEWEST_VOICES = 3
"""Of fewer, one can tell what each says: that is another speaker, and no babble."""

_MOST_VOICES = 6
_LOWEST = 20.0  # Hz, below which nobody hears
_LEAST = 0.1  # seconds of which a spectrum can be made


def white(take: Take, severity: float) -> Waveform:
    """Add white noise."""
    return _with_noise(take, _normal(take, take.waveform.size), severity)


def pink(take: Take, severity: float) -> Waveform:
    """Add noise whose power falls by 3 dB an octave."""
    return _with_noise(take, pink_noise(take), severity)


def babble(take: Take, severity: float) -> Waveform:
    """Add up to six of the sounds at a time, all as loud, each from anywhere on.

    Raises ``ConfigurationError`` where fewer than three of them are heard.
    """
    voices = list(islice(_voices(take), _MOST_VOICES))
    if len(voices) < FEWEST_VOICES:
        raise ConfigurationError(
            f"babble needs {FEWEST_VOICES} other recordings that are not silent, but"
            f" {len(voices)} are there; give more clips, or leave it out"
        )
    noise = np.zeros_like(take.waveform)
    for voice in voices:
        noise += voice
    return _with_noise(take, noise, severity)


def environment(take: Take, severity: float) -> Waveform:
    """Add one of the sounds, from anywhere on.

    Raises ``ConfigurationError`` where none of them is heard.
    """
    sound = take.any_sound("environment", "recordings of noise")
    noise = _from_anywhere(take, sound)
    if np.abs(noise).max() < SILENCE:  # a pause in it, of which there is nothing to make louder
        noise = _looped(sound, int(np.abs(sound).argmax()), noise.size)
    return _with_noise(take, noise, severity)


def bursts(take: Take, severity: float) -> Waveform:
    """Add what sounds like coughs and sneezes, about one every two seconds."""
    return _with_noise(take, coughs(take), severity)


def pink_noise(take: Take) -> Waveform:
    """Return pink noise as long as the waveform."""
    size = max(take.waveform.size, round(_LEAST * take.rate))

    def response(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sqrt(_LOWEST / hertz.clip(_LOWEST)))

    return shaped(_normal(take, size), take.rate, response)[: take.waveform.size]


def _voices(take: Take) -> Iterator[Waveform]:
    """Yield the sounds that are heard in any order, all as loud, each from anywhere on."""
    for index in take.generator.permutation(len(take.sounds)):
        sound = take.sounds[index]
        level = active_level(sound, take.rate) if sound.size else 0.0
        if level:
            yield _from_anywhere(take, sound) / np.float32(level)


def _with_noise(take: Take, noise: Waveform, decibel: float) -> Waveform:
    level = active_level(take.waveform, take.rate) * from_decibel(-decibel)
    return take.waveform + at_level(noise, take.rate, level)


def _normal(take: Take, size: int) -> Waveform:
    return take.generator.standard_normal(size, dtype=np.float32)


def _from_anywhere(take: Take, sound: Waveform) -> Waveform:
    return _looped(sound, int(take.generator.integers(sound.size)), take.waveform.size)


def _looped(sound: Waveform, start: int, size: int) -> Waveform:
    first = sound[start : start + size]
    return np.append(first, np.resize(sound, size - first.size))
