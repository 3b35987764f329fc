"""How high a voice is: the fundamental frequency of what is voiced in a clip."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.survey import Waveform

LOWEST, HIGHEST = 60.0, 500.0
"""Hz between which a voice is looked for."""

_FRAME, _HOP = 3 / LOWEST, 0.0125  # seconds; three periods of the lowest voice
_MOST_FRAMES = 4_800  # a minute of them; of longer clips they are further apart
_AT_A_TIME = 256
# As of Praat: what is less periodic is not voiced, what is softer is silent, and of lags that fit
# as well the shorter one is meant.
_VOICED, _SILENT, _OCTAVE_COST = 0.45, 0.03, 0.01
# Of the quartiles of a first look, between which a voice stays (De Looze and Hirst 2008).
_BELOW, _ABOVE = 0.75, 1.9
_LEAST_FRAMES, _LEAST_SHARE = 8, 0.1

_Floats = NDArray[Any]


def pitch_of(waveform: Waveform, rate: int) -> float | None:
    """Return the median fundamental frequency of the voiced frames of a clip, in Hz.

    That is found by autocorrelation that is corrected for that of the window (Boersma 1993), from
    60 to 500 Hz; a second look within the range of the speaker mends jumps by an octave. None where
    less than a tenth of a second is voiced, or of what is not silent.

    >>> time = np.arange(16_000) / 16_000
    >>> buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 9)).astype(np.float32)
    >>> round(pitch_of(buzz, 16_000)), pitch_of(0 * buzz, 16_000)
    (120, None)
    """
    correlation, loud = _correlated(waveform, rate)
    if not loud.any():
        return None
    first, strength = _peaks(correlation, rate, LOWEST, HIGHEST)
    voiced = loud & (strength > _VOICED)
    if voiced.sum() < max(_LEAST_FRAMES, _LEAST_SHARE * loud.sum()):
        return None
    low, high = np.percentile(first[voiced], [25, 75])
    limits = max(LOWEST, _BELOW * float(low)), min(HIGHEST, _ABOVE * float(high))
    again, strength = _peaks(correlation[voiced], rate, *limits)
    kept = again[strength > _VOICED]
    return float(np.median(kept if kept.size else first[voiced]))


def _correlated(waveform: Waveform, rate: int) -> tuple[_Floats, NDArray[np.bool_]]:
    """Return the normalized autocorrelation of each frame, by lag from 0, and which are loud."""
    length, most = round(_FRAME * rate), round(rate / LOWEST) + 2
    if waveform.size < length:
        return np.zeros((0, most)), np.zeros(0, bool)
    step = max(round(_HOP * rate), (waveform.size - length) // _MOST_FRAMES + 1)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, length)[::step]
    window, own = _window(length, most)
    whole = float(np.abs(waveform).max())
    parts = [
        _part(frames[at : at + _AT_A_TIME], window, own) for at in range(0, len(frames), _AT_A_TIME)
    ]
    peaks = np.concatenate([peak for _, peak in parts])
    return np.concatenate([part for part, _ in parts]), peaks > _SILENT * whole


def _part(frames: Waveform, window: _Floats, own: _Floats) -> tuple[_Floats, _Floats]:
    centred = frames - frames.mean(axis=1, keepdims=True)
    peaks = np.abs(centred).max(axis=1)
    found = _autocorrelation(centred * window, own.size)
    return found / np.maximum(found[:, :1], 1e-20) / own, peaks


@functools.lru_cache(4)
def _window(length: int, most: int) -> tuple[_Floats, _Floats]:
    window = np.hanning(length + 2)[1:-1].astype(np.float32)
    own = _autocorrelation(window[None], most)[0]
    return window, own / own[0]


def _autocorrelation(frames: _Floats, most: int) -> _Floats:
    size = 1 << (frames.shape[1] + most - 1).bit_length()
    spectrum = np.fft.rfft(frames, size)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.fft.irfft(power, size)[:, :most]


def _peaks(correlation: _Floats, rate: int, low: float, high: float) -> tuple[_Floats, _Floats]:
    """Return the frequency of the best peak of each frame, and how strong that is; 0 of none."""
    first = max(1, int(rate / high))
    last = min(correlation.shape[1] - 1, int(np.ceil(rate / low)) + 1)
    middle = correlation[:, first:last]
    before, after = correlation[:, first - 1 : last - 1], correlation[:, first + 1 : last + 1]
    lags = np.arange(first, last)
    cost = _OCTAVE_COST * np.log2(lags * LOWEST / rate)
    is_peak = (middle > before) & (middle >= after)
    best = np.argmax(np.where(is_peak, middle - cost, -np.inf), axis=1)
    rows = np.arange(len(correlation))
    left, mid, right = before[rows, best], middle[rows, best], after[rows, best]
    bend = np.where(left - 2 * mid + right < 0, left - 2 * mid + right, -1.0)
    shift = np.clip((left - right) / (2 * bend), -0.5, 0.5)
    strength = np.where(is_peak[rows, best], mid - (left - right) * shift / 4, 0.0)
    return rate / (lags[best] + shift), strength
