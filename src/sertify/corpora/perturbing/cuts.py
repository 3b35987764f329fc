"""Speech that was cut badly.

What is missing is silence, as all perturbations keep the length. At most half of a clip is cut.
"""

import numpy as np

from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform


def cut_start(take: Take, severity: float) -> Waveform:
    """Begin so many milliseconds later, and end with as much silence."""
    kept, silence = _parts(take, severity)
    return np.append(take.waveform[-kept:], silence)


def cut_end(take: Take, severity: float) -> Waveform:
    """End so many milliseconds earlier, and then with silence."""
    kept, silence = _parts(take, severity)
    return np.append(take.waveform[:kept], silence)


def pause(take: Take, severity: float) -> Waveform:
    """Begin with so many milliseconds of silence; the end of the clip is left out for it."""
    kept, silence = _parts(take, severity)
    return np.append(silence, take.waveform[:kept])


def _parts(take: Take, milliseconds: float) -> tuple[int, Waveform]:
    """Return how many samples are left, and silence instead of the others."""
    size = take.waveform.size
    cut = min(round(milliseconds / 1000 * take.rate), size // 2)
    return size - cut, np.zeros(cut, np.float32)
