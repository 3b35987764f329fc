"""What the recordings of a corpus are, each decoded once: length, rate, and what is wrong."""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import soundfile

from sertify.corpora.audio import UnreadableAudio, read_audio
from sertify.corpora.clips import Clip
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
        Why it could not be judged, in a word; "" where it could.
    """

    rate: int | None = None
    channels: int | None = None
    kind: str | None = None
    seconds: float | None = None
    flaw: str = ""


def sounds_of(
    clips: Sequence[Clip], progress: Callable[[int, int], None] | None = None
) -> list[Sound]:
    """Return what each clip holds, in their order; several are decoded at a time.

    ``progress`` is called with the number of clips done and their total.
    """
    found = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for sound in pool.map(_sound, clips):
            found.append(sound)
            if progress is not None:
                progress(len(found), len(clips))
    return found


def _sound(clip: Clip) -> Sound:
    rate, channels, kind = _header(clip)
    try:
        # At its own rate: nothing is heard of it, so it need not be resampled.
        samples = read_audio(clip.content, rate or 16_000, 1, clip.start, clip.end)
    except UnreadableAudio as error:
        return Sound(rate, channels, kind, flaw=str(error))
    return Sound(rate, channels, kind, samples.size / (rate or 16_000))


def _header(clip: Clip) -> tuple[int | None, int | None, str | None]:
    with contextlib.suppress(OSError, RuntimeError):  # as which libsndfile's errors are known
        if clip.path.is_file():
            with clip.content.open() as file, soundfile.SoundFile(file) as opened:
                return opened.samplerate, opened.channels, opened.format
    return None, None, None
