"""Speech that is softer, louder, or too loud for what recorded it."""

import numpy as np

from sertify.corpora.perturbing.levels import from_decibel
from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform


def gain(take: Take, severity: float) -> Waveform:
    """Multiply by so many dB; what goes beyond full scale is kept."""
    return take.waveform * np.float32(from_decibel(severity))


def clipping(take: Take, severity: float) -> Waveform:
    """Cut off so many percent of the samples, the loudest ones, at the level of the next loudest.

    Of those that are not 0, at least half stay as they are.
    """
    sizes = np.abs(take.waveform)
    number = min(round(sizes.size * severity / 100), int(np.count_nonzero(sizes)) // 2)
    at = sizes.size - 1 - number
    most = np.partition(sizes, at)[at]
    return take.waveform.clip(-most, most)
