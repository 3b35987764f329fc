"""How far speech is above the noise that it was recorded in, estimated from a clip alone."""

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.perturbing.levels import active_power
from sertify.corpora.survey import Waveform

NOISIEST, CLEANEST = -10.0, 60.0
"""dB that an estimate lies between: beyond, nothing can be told."""

_FRAME = 0.032  # seconds, half of it from one frame to the next
_BAND = 250.0  # Hz: so wide that the power of steady noise varies little from frame to frame
_QUIET = 0.1  # share of the frames of a band that hold noise alone, even where nobody pauses
# What that quantile is of the mean: 0.47 in white noise, and more where fewer frames are noise.
_OF_MEAN = 0.5
_DIGITAL_SILENCE = 1e-10  # mean square; below, it is a pause that somebody cut out
_LEAST_FRAMES = 20
_AT_A_TIME = 1024

_Powers = NDArray[np.float64]


def snr_of(waveform: Waveform, rate: int) -> float | None:
    """Return an estimate of the ratio of speech to noise, in dB from -10 to 60.

    Noise is what each band of 250 Hz holds in its quietest tenth of frames, as in the statistics of
    minima by Martin (2001); speech is the rest, while it is active by ITU-T P.56. None of less than
    a third of a second, and of silence. Noise that comes and goes is taken for speech.

    >>> noise = np.random.default_rng(0).standard_normal(64_000).astype(np.float32) / 100
    >>> time = np.arange(64_000)
    >>> tone = np.sin(time / 5, dtype=np.float32) * (time % 16_000 > 8_000)
    >>> round(snr_of(tone + noise, 16_000)), snr_of(0 * tone, 16_000)
    (37, None)
    """
    powers = _powers(waveform, rate)
    powers = powers[powers.sum(axis=1) > _DIGITAL_SILENCE]
    if len(powers) < _LEAST_FRAMES:
        return None
    noise = float(np.quantile(powers, _QUIET, axis=0).sum()) / _OF_MEAN
    rest = np.maximum(powers.sum(axis=1) - noise, 0)
    speech = active_power(rest, np.ones(len(rest)))
    lowest, highest = noise * 10 ** (NOISIEST / 10), noise * 10 ** (CLEANEST / 10)
    return float(10 * np.log10(np.clip(speech, lowest, highest) / noise)) if noise else CLEANEST


def _powers(waveform: Waveform, rate: int) -> _Powers:
    """Return the mean square of each frame by band, of shape (frames, bands)."""
    length = round(_FRAME * rate)
    edges = np.arange(0, length // 2 + 1, max(1, round(_BAND * _FRAME)))
    if waveform.size < length:
        return np.zeros((0, edges.size))
    frames = np.lib.stride_tricks.sliding_window_view(waveform, length)[:: length // 2]
    window = np.hanning(length + 2)[1:-1]
    window = (window / np.sqrt(np.square(window).mean())).astype(np.float32)
    parts = []
    for at in range(0, len(frames), _AT_A_TIME):
        found = np.fft.rfft(frames[at : at + _AT_A_TIME] * window)
        power = np.square(found.real, dtype=np.float64) + np.square(found.imag, dtype=np.float64)
        parts.append(np.add.reduceat(power, edges, axis=1) * 2 / length**2)
    return np.concatenate(parts)
