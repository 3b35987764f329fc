"""What the recordings of a corpus are, each decoded once: length, rate, and what is wrong."""

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import soundfile

from sertify.corpora.clips import Clip, Heed
from sertify.corpora.flaws import Flaw, UnreadableAudio
from sertify.corpora.hearable import tally_of
from sertify.vocabulary.machine import usable_cores


@dataclass(frozen=True)
class Sound:
    """What one clip holds; what its header does not tell is None.

    Parameters
    ----------
    rate
        Samples a second of the file.
    seconds
        Of the clip, as it was decoded.
    flaw
        Why it cannot be judged; None where it can.
    remarks
        What is remarkable in how it is heard, as `notes_on` takes it.
    """

    rate: int | None = None
    channels: int | None = None
    kind: str | None = None
    seconds: float | None = None
    flaw: Flaw | None = None
    remarks: tuple[str, ...] = ()


def sounds_of(clips: Sequence[Clip], heed: Heed | None = None) -> list[Sound]:
    """Return what each clip holds, in their order; several are decoded at a time.

    ``heed`` is told how many are done.
    """
    found = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for sound in pool.map(_sound, clips):
            found.append(sound)
            if heed is not None:
                heed("decoding the speech, clips", len(found), len(clips))
    return found


def _sound(clip: Clip) -> Sound:
    rate, channels, kind = _header(clip)
    try:
        tally = tally_of(clip)
        remarks = tally.writing().remarks
    except UnreadableAudio as error:
        return Sound(rate, channels, kind, flaw=clip.flaw or error.flaw)
    rate = rate or tally.rate
    return Sound(rate, channels, kind, tally.frames / tally.rate, remarks=remarks)


def _header(clip: Clip) -> tuple[int | None, int | None, str | None]:
    with contextlib.suppress(OSError, RuntimeError):  # as which libsndfile's errors are known
        if clip.path.is_file():
            with clip.content.open() as file, soundfile.SoundFile(file) as opened:
                return opened.samplerate, opened.channels, opened.format
    return None, None, None
