"""Speech over a telephone: its band, a compressor, noise of the line, and a codec.

The order is that of a call: the band of ITU-T G.712, 300 to 3,400 Hz at 8 kHz; pink noise in it, so
far below the speech; the level that codecs are made for, 26 dB below full scale, or softer where
that would clip; a compressor, which halves what is above that level, in dB; the codec. In the end
the speech gets its active level back, if that takes no more than 12 dB.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from sertify.corpora.perturbing.codecs import Coding, headroom, resampled, round_trip, sized
from sertify.corpora.perturbing.levels import active_level, at_level, from_decibel
from sertify.corpora.perturbing.noises import pink_noise
from sertify.corpora.perturbing.spectra import below, shaped
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform

NARROWBAND = 8_000
"""Hz at which telephones sample."""

_LOWEST, _HIGHEST = 300.0, 3_400.0  # Hz
_NOMINAL = from_decibel(-26)  # ITU-T P.56 and G.191
_SMOOTHING = 0.01  # seconds in which the compressor follows
_BEHIND = 0.05  # seconds of silence behind a clip, for the filters and for a whole frame
_MOST_GAIN = from_decibel(12)


def mulaw(take: Take, severity: float) -> Waveform:
    """Call over G.711 with the mu-law."""
    return _telephoned(take, severity, Coding(NARROWBAND, "WAV", "ULAW"))


def alaw(take: Take, severity: float) -> Waveform:
    """Call over G.711 with the A-law."""
    return _telephoned(take, severity, Coding(NARROWBAND, "WAV", "ALAW"))


def gsm(take: Take, severity: float) -> Waveform:
    """Call over GSM 6.10."""
    return _telephoned(take, severity, Coding(NARROWBAND, "WAV", "GSM610"))


def compressed(waveform: Waveform, rate: int) -> Waveform:
    """Halve, in dB, by how much the power of 10 ms is above 26 dB below full scale."""
    keep = np.exp(-1 / (_SMOOTHING * rate))
    power = lfilter([1 - keep], [1, -keep], np.square(waveform, dtype=np.float64))
    factors = np.maximum(power / _NOMINAL**2, 1) ** -0.25
    return np.asarray(waveform * factors, np.float32)


def _telephoned(take: Take, decibel: float, coding: Coding) -> Waveform:
    level, size = active_level(take.waveform, take.rate), take.waveform.size
    padded = sized(take.waveform, size + round(_BEHIND * take.rate))
    line = shaped(resampled(padded, take.rate, coding.rate), coding.rate, _band)
    line = line + _line_noise(take, line, level * from_decibel(-decibel))
    factor = np.float32(_NOMINAL / level)
    factor *= np.float32(headroom(line * factor))
    spoken = round_trip(compressed(line * factor, coding.rate), coding) / factor
    heard = resampled(spoken, coding.rate, take.rate)[:size]
    least = level / _MOST_GAIN
    return heard * np.float32(level / max(active_level(heard, take.rate), least))


def _line_noise(take: Take, line: Waveform, level: float) -> Waveform:
    noise = pink_noise(replace(take, waveform=line, rate=NARROWBAND))
    return at_level(shaped(noise, NARROWBAND, _band), NARROWBAND, level)


def _band(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(below(hertz, _HIGHEST) * (1 - below(hertz, _LOWEST)))
