"""Speech and what is measured of it, for the tests of perturbations."""

from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import welch

from sertify.corpora.audio import read_audio
from sertify.corpora.perturbing.applying import perturb
from sertify.corpora.perturbing.levels import active_level
from sertify.corpora.survey import Waveform
from sertify.vocabulary.conditions import CONDITION_KINDS, Condition
from tests.meta.runs import SPEECH

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000)
EVERY = [
    Condition(kind.name, severity)
    for kind in CONDITION_KINDS.values()
    for severity in kind.severities or (None,)
]


@cache
def clips(rate: int = 16_000) -> tuple[Waveform, ...]:
    """Return nine clips of speech, which cannot be changed in place."""
    paths = sorted((SPEECH / "audio").glob("*.flac"))[::12][:9]
    found = tuple(read_audio(path, rate) for path in paths)
    for clip in found:
        clip.flags.writeable = False
    return found


def speech(rate: int = 16_000) -> Waveform:
    """Return one of them, of about a second."""
    return clips(rate)[0]


def white(rate: int, seconds: float = 4, seed: int = 0) -> Waveform:
    """Return white noise 20 dB below full scale."""
    noise = np.random.default_rng(seed).standard_normal(round(rate * seconds), dtype=np.float32)
    return np.float32(0.1) * noise


def tone(rate: int, hertz: float, seconds: float = 2) -> Waveform:
    """Return a sine 20 dB below full scale."""
    times = np.arange(round(rate * seconds)) / rate
    return (0.1 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def sounds_for(condition: Condition, rate: int) -> tuple[Waveform, ...]:
    """Return what a condition needs: voices, noises that are music, or a room of two walls."""
    room = np.zeros(rate // 5, np.float32)
    room[[20, rate // 10]] = 0.9, -0.4
    noise = soxr.resample(white(4_000), 4_000, rate)
    return {"": (), "voices": clips(rate)[1:], "noises": (noise,), "responses": (room,)}[
        condition.needs
    ]


def heard(
    waveform: Waveform, kind: str, severity: float | None = None, rate: int = 16_000, seed: int = 1
) -> Waveform:
    """Return a waveform in a condition."""
    condition = Condition(kind, severity)
    return perturb(waveform, rate, condition, seed, sounds_for(condition, rate))


def level_in_decibel(waveform: Waveform, rate: int = 16_000) -> float:
    """Return the active level, in dB below full scale."""
    return float(20 * np.log10(active_level(waveform, rate)))


def spectrum(waveform: Waveform, rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies in Hz, and the power there in dB."""
    hertz, power = welch(waveform.astype(np.float64), rate, nperseg=2**12)
    return hertz, 10 * np.log10(power + 1e-30)


def gain_at(hertz: float, before: Waveform, after: Waveform, rate: int) -> float:
    """Return by how many dB a frequency is stronger after than before."""
    at, was = spectrum(before, rate)
    return float(np.interp(hertz, at, spectrum(after, rate)[1] - was))


def slope(waveform: Waveform, rate: int, low: float, high: float) -> float:
    """Return by how many dB an octave the power rises between two frequencies."""
    hertz, power = spectrum(waveform, rate)
    within = (hertz > low) & (hertz < high)
    return float(np.polyfit(np.log2(hertz[within]), power[within], 1)[0])
