"""Speech that was coded with loss and decoded again, in memory, by libsndfile."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import soundfile
import soxr

from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.text import text_of_error

WIDEBAND = 16_000
"""Hz at which speech is coded, as all that models hear lies below half of it."""

# Seconds of silence behind a clip: of less than a frame, a codec may make nothing.
_BEHIND = 0.05
# Samples by which LAME and its decoder are late together (576 + 529), if no header says so.
_LATE = 1_105
# Below full scale, so that rounding to integers does not clip.
_MOST = 0.99
# As libsndfile has it: kbit/s at the compression levels 0 and 1, of Opus and of MP3 at 16 kHz.
_OPUS_RATES, _MP3_RATES = (256, 6), (160, 8)


@dataclass(frozen=True)
class Coding:
    """How to code: the rate, and what soundfile calls the rest of it."""

    rate: int
    format: str
    subtype: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def opus(take: Take, severity: float) -> Waveform:
    """Code with Opus at 16 kHz, with about so many kbit/s, which vary."""
    options = {"compression_level": _compression(severity, _OPUS_RATES)}
    return coded(take.waveform, take.rate, Coding(WIDEBAND, "OGG", "OPUS", options))


def mp3(take: Take, severity: float) -> Waveform:
    """Code as MP3 at 16 kHz, with so many kbit/s."""
    options = {"compression_level": _compression(severity, _MP3_RATES), "bitrate_mode": "CONSTANT"}
    return coded(take.waveform, take.rate, Coding(WIDEBAND, "MP3", "MPEG_LAYER_III", options))


def coded(waveform: Waveform, rate: int, coding: Coding) -> Waveform:
    """Return a waveform as decoded, neither longer nor later; what would clip is coded softer."""
    padded = np.append(waveform, np.zeros(round(_BEHIND * rate), np.float32))
    there = resampled(padded, rate, coding.rate)
    factor = np.float32(headroom(there))
    back = resampled(round_trip(there * factor, coding) / factor, coding.rate, rate)
    return back[: waveform.size]


def round_trip(waveform: Waveform, coding: Coding) -> Waveform:
    """Code and decode samples at the rate of the coding; as many come back, at their places.

    Raises ``ConfigurationError`` where libsndfile was built without the codec.
    """
    try:
        decoded = _decoded(_encoded(waveform, coding))
    except (soundfile.LibsndfileError, ValueError) as error:
        raise ConfigurationError(
            f"{coding.subtype} at {coding.rate} Hz cannot be coded by libsndfile"
            f" {soundfile.__libsndfile_version__}: {text_of_error(error)}; install soundfile by"
            " pip, which brings one that can, or leave the condition out"
        ) from error
    if coding.format == "MP3" and decoded.size > waveform.size:
        decoded = decoded[_LATE:]  # no header has told the decoder where it begins
    return sized(decoded, waveform.size)


def headroom(waveform: Waveform) -> float:
    """Return what a waveform is to be multiplied by so that it does not clip; 1 where it won't."""
    return min(1.0, _MOST / max(float(np.abs(waveform).max(initial=0)), _MOST))


def resampled(waveform: Waveform, rate: int, wanted: int) -> Waveform:
    """Return a waveform at another rate, without delay."""
    if rate == wanted:
        return waveform
    return np.asarray(soxr.resample(waveform, rate, wanted), np.float32)


def sized(waveform: Waveform, size: int) -> Waveform:
    """Return so many samples: the first ones, or all and then silence."""
    return np.append(waveform[:size], np.zeros(max(0, size - waveform.size), np.float32))


def _encoded(waveform: Waveform, coding: Coding) -> io.BytesIO:
    file = io.BytesIO()
    soundfile.write(
        file, waveform, coding.rate, coding.subtype, format=coding.format, **coding.options
    )
    return file


def _decoded(file: io.BytesIO) -> Waveform:
    file.seek(0)
    samples, _ = soundfile.read(file, dtype="float32")
    return np.asarray(samples)


def _compression(kilobits: float, rates: tuple[int, int]) -> float:
    most, least = rates
    # At 1.0, MP3 is refused.
    return min((most - kilobits) / (most - least), 0.999)
