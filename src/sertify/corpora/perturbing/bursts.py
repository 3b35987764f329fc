"""Noise like coughs and sneezes: bursts that begin at once and die away, in twos and threes.

They are made, not recorded: a cough is an explosion and what dies away after it, a few hundred
milliseconds in all (Korpáš, Sadloňová & Vrabec 1996).
"""

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.perturbing.spectra import below, shaped
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform

_EVERY = 2.0  # seconds from one to the next, on average
_LENGTH = 0.4  # seconds of a burst
_ATTACK, _DECAYS = 0.004, (0.03, 0.12)  # seconds to rise, and to fall to 1/e
_APART = (0.2, 0.45)  # seconds from one burst to the next of the same cough
_LOWEST, _HIGHEST = 300.0, 4_000.0  # Hz


def coughs(take: Take) -> Waveform:
    """Return so many of them, as long as the waveform; at least one begins within."""
    size, rate = take.waveform.size, take.rate
    noise = np.zeros(size + round(_LENGTH * rate), np.float32)
    for start in _starts(take):
        burst = _burst(take)
        stretch = noise[start : start + burst.size]
        stretch += burst[: stretch.size]
    return noise[:size]


def _starts(take: Take) -> list[int]:
    """Return the samples at which bursts begin, all of them within the waveform."""
    generator, size = take.generator, take.waveform.size
    number = max(1, round(size / take.rate / _EVERY))
    starts: list[int] = []
    for first in generator.integers(0, max(1, size * 3 // 4), number):
        gaps = generator.uniform(*_APART, generator.integers(1, 4)) * take.rate
        starts.extend(int(first + gap) for gap in np.cumsum(gaps) - gaps[0])
    return [start for start in starts if start < size]


def _burst(take: Take) -> Waveform:
    length = round(_LENGTH * take.rate)
    times = np.arange(1, length + 1) / take.rate
    decay = take.generator.uniform(*_DECAYS)
    envelope = (1 - np.exp(-times / _ATTACK)) * np.exp(-times / decay)
    noise = take.generator.standard_normal(length, dtype=np.float32) * envelope
    return shaped(noise.astype(np.float32), take.rate, _coughing)


def _coughing(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    # Power, so that it falls by 3 dB an octave within the band.
    within = np.sqrt(_LOWEST / hertz.clip(_LOWEST))
    return np.asarray(within * below(hertz, _HIGHEST) * (1 - below(hertz, _LOWEST)))
