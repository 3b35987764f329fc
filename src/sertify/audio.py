"""Audio files to mono waveforms at the rate a model wants."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

__all__ = ["SUFFIXES", "UnreadableAudio", "noise", "read"]

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})
"""File name endings that count as audio, in lower case."""

LONGEST = 600
"""Seconds above which a clip is not judged whole: a small file can hold days of silence."""

SILENCE = 1e-4
"""Peak amplitude (-80 dB of full scale) below which a clip holds nothing to judge."""

# Frames. What a header says of the length may be wrong by terabytes, so none is allocated for it.
_BLOCK = 2**16
# Hz. A header beyond is broken, and resampling from 1 Hz would take gigabytes.
_RATES = range(1_000, 1_000_000)


class UnreadableAudio(Exception):
    """A clip that cannot be judged; its text is one word.

    That is ``undecodable``, ``empty``, ``silent``, ``too_short`` or ``too_long``.
    """


def read(path: Path, sampling_rate: int, least: int = 1) -> NDArray[np.float32]:
    """Decode a file, mix it to mono and resample it.

    Parameters
    ----------
    sampling_rate
        Hz of the result.
    least
        Samples of the result below which the clip is too short.

    Returns
    -------
    Samples of shape (n,), n >= least.

    Raises
    ------
    UnreadableAudio
        Where there is nothing to judge.
    """
    mono, rate = _decode(path)
    if not mono.size:
        raise UnreadableAudio("empty")
    if np.abs(mono).max() < SILENCE:
        raise UnreadableAudio("silent")
    if rate != sampling_rate:
        mono = soxr.resample(mono, rate, sampling_rate)
    if mono.size < least:
        raise UnreadableAudio("too_short")
    return np.ascontiguousarray(mono, dtype=np.float32)


def noise(seconds: float, sampling_rate: int) -> NDArray[np.float32]:
    """Return white noise 20 dB below full scale, the same on every call; its shape is (n,)."""
    generator = np.random.default_rng(0)
    samples = generator.standard_normal(round(seconds * sampling_rate), dtype=np.float32)
    return (0.1 * samples).clip(-1, 1)


def _decode(path: Path) -> tuple[NDArray[np.float32], int]:
    """Return the mean of the channels, of shape (n,), and its sampling rate."""
    if not path.is_file():  # reading from a pipe could take for ever
        raise UnreadableAudio("undecodable")
    blocks = [np.zeros(0, np.float32)]
    try:
        with soundfile.SoundFile(path) as file:
            rate: int = file.samplerate
            if rate not in _RATES:
                raise UnreadableAudio("undecodable")
            while (block := file.read(_BLOCK, "float32", always_2d=True)).size:
                blocks.append(_mean(block))
                if len(blocks) * _BLOCK > LONGEST * rate:
                    raise UnreadableAudio("too_long")
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
        raise UnreadableAudio("undecodable") from error
    mono = np.concatenate(blocks)
    if not np.isfinite(mono).all():
        raise UnreadableAudio("undecodable")
    return mono, rate


def _mean(block: NDArray[np.float32]) -> NDArray[np.float32]:
    # Infinities of opposite sign make NaN, which is no news here.
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float32] = block.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mean
