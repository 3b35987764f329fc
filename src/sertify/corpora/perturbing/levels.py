"""How loud speech is while somebody speaks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.survey import Waveform

_FRAME = 0.02  # seconds
# ITU-T P.56 (2011): what is 15.9 dB below the power of the speech is a pause.
_GATE = 10**-1.59


def active_level(waveform: Waveform, rate: int) -> float:
    """Return the root mean square of what is not a pause, 0 of silence.

    Those frames of 20 ms count whose power is no further below the mean of those that count than
    the margin of ITU-T P.56, 15.9 dB; of the sets for which that is true, the largest. So silence
    before and after makes nothing softer; of steady noise it is the plain root mean square.

    >>> tone = np.ones(16_000, np.float32)
    >>> active_level(tone, 16_000), active_level(np.append(tone, 0 * tone), 16_000)
    (1.0, 1.0)
    """
    length = max(1, round(_FRAME * rate))
    starts = np.arange(0, waveform.size, length)
    energy = np.add.reduceat(np.square(waveform, dtype=np.float64), starts)
    return float(np.sqrt(active_power(energy, np.diff(np.append(starts, waveform.size)))))


def active_power(energy: NDArray[np.float64], sizes: NDArray[Any]) -> float:
    """Return the power of those frames that are no pause, as `active_level` takes them.

    ``energy`` is the sum of the squares of each frame, and ``sizes`` its number of samples.

    >>> active_power(np.array([1.0, 1.0, 0.01]), np.ones(3))
    1.0
    """
    active = energy > 0
    while (louder := active & (energy >= sizes * (_power(energy, sizes, active) * _GATE))).any():
        if np.array_equal(louder, active):
            break
        active = louder
    return _power(energy, sizes, active)


def at_level(waveform: Waveform, rate: int, level: float) -> Waveform:
    """Return a waveform, softer or louder, with that active level; silence as it is."""
    found = active_level(waveform, rate)
    return waveform * np.float32(level / found) if found else waveform


def from_decibel(decibel: float) -> float:
    """Return what amplitudes are to be multiplied by, for so many dB.

    >>> from_decibel(20), from_decibel(-20), from_decibel(0)
    (10.0, 0.1, 1.0)
    """
    return float(10 ** (decibel / 20))


def _power(energy: NDArray[np.float64], sizes: NDArray[Any], active: NDArray[np.bool_]) -> float:
    return float(energy[active].sum() / max(1, sizes[active].sum()))
