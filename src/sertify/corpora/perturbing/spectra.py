"""Speech that is duller, brighter, or lacks what is high or low."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sertify.corpora.perturbing.levels import active_level, at_level
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform

Response = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From frequencies in Hz to what amplitudes are multiplied by there."""

# Seconds after the end, so that the ringing of a filter does not come round to the start.
_RINGING = 0.1
_PIVOT, _LOWEST, _HIGHEST = 1_000.0, 100.0, 8_000.0  # Hz
# Of Butterworth; as it is applied forth and back, 12 dB an octave each: 96 dB an octave.
_ORDER = 8


def shaped(waveform: Waveform, rate: int, response: Response) -> Waveform:
    """Return a waveform filtered without any delay; the response is real, so phases stay."""
    size = fft.next_fast_len(waveform.size + round(_RINGING * rate), real=True)
    hertz = np.asarray(fft.rfftfreq(size, 1 / rate), np.float64)
    factors = response(hertz).astype(np.float32)
    filtered = fft.irfft(fft.rfft(waveform, size) * factors, size)
    return np.asarray(filtered[: waveform.size], np.float32)


def tilt(take: Take, severity: float) -> Waveform:
    """Turn the spectrum by so many dB an octave about 1 kHz, and keep the active level.

    Below 100 Hz and above 8 kHz it is as at these.
    """
    power = severity / (20 * np.log10(2))

    def slope(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        within = hertz.clip(_LOWEST, _HIGHEST)
        return np.asarray((within / _PIVOT) ** power)

    level = active_level(take.waveform, take.rate)
    return at_level(shaped(take.waveform, take.rate, slope), take.rate, level)


def lowpass(take: Take, severity: float) -> Waveform:
    """Take away what is above so many Hz, where it is 6 dB down; the rest keeps its level.

    It is the power response of a Butterworth filter of order 8, as one that runs forth and back.
    At a rate whose half is no more than that, there is nothing to take away.
    """
    if severity >= take.rate / 2:
        return take.waveform
    return shaped(take.waveform, take.rate, lambda hertz: below(hertz, severity))


def highpass(take: Take, severity: float) -> Waveform:
    """Take away what is below so many Hz, as `lowpass` does above."""
    return shaped(take.waveform, take.rate, lambda hertz: 1 - below(hertz, severity))


def below(hertz: NDArray[np.float64], corner: float) -> NDArray[np.float64]:
    """Return the power response of the low-pass of Butterworth."""
    return np.asarray(1 / (1 + (hertz / corner) ** (2 * _ORDER)))
