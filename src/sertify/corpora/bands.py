"""Groups of clips that only their sound tells: how high the voice is, how noisy it is around."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sertify.corpora.noisiness import snr_of
from sertify.corpora.pitch import pitch_of
from sertify.corpora.survey import Waveform


@dataclass(frozen=True)
class SignalGroup:
    """A group of clips by a number that is estimated from their sound.

    Parameters
    ----------
    version
        Raised where the estimate changes, so that what was kept of another is not used.
    estimate
        Returns the number of a waveform at a rate, None where it cannot be told.
    band
        Returns the name of the group of a number.
    by_speaker
        Whether it is of a voice, so that one number counts for all clips of a speaker.
    remark
        That it is an estimate, and of what, in a sentence.
    """

    version: int
    estimate: Callable[[Waveform, int], float | None]
    band: Callable[[float], str]
    by_speaker: bool
    remark: str


def pitch_band(frequency: float) -> str:
    """Return the group of a voice by its median fundamental frequency in Hz.

    The limits are those of audEERING's ser-tests.

    >>> pitch_band(145), pitch_band(146), pitch_band(190), pitch_band(191)
    ('low', 'middle', 'middle', 'high')
    """
    return "low" if frequency <= 145 else "middle" if frequency <= 190 else "high"


def snr_band(ratio: float) -> str:
    """Return the group of a clip by its ratio of speech to noise in dB.

    >>> snr_band(14.9), snr_band(15), snr_band(24.9), snr_band(25)
    ('noisy', 'middle', 'middle', 'clean')
    """
    return "noisy" if ratio < 15 else "middle" if ratio < 25 else "clean"


SIGNAL_GROUPS: Mapping[str, SignalGroup] = {
    "pitch": SignalGroup(
        1,
        pitch_of,
        pitch_band,
        True,
        "pitch is estimated from the sound: of each speaker the median of up to 20 clips, neutral"
        " ones where there are 3; low up to 145 Hz, high above 190 Hz",
    ),
    "snr": SignalGroup(
        1,
        snr_of,
        snr_band,
        False,
        "snr is estimated from the sound of each clip: noisy below 15 dB of speech above noise,"
        " clean from 25 dB on",
    ),
}
"""What is estimated where a corpus does not say it, by the name of the group."""
