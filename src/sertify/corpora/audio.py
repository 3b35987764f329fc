"""Audio files to mono waveforms at the rate a model wants."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sertify.corpora.contents import Content

Waveform = NDArray[np.float32]
"""Mono samples of shape (n,)."""

SUFFIXES = frozenset(
    {".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3"}
    | {".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".sph"}
)
"""File name endings that count as audio, in lower case."""

UNREAD_SUFFIXES = frozenset(
    {".m4a", ".m4b", ".aac", ".ac3", ".amr", ".wma", ".mka", ".webm", ".mp4"}
    | {".3gp", ".mkv", ".mov", ".avi"}
)
"""Endings of files that hold sound which is not read."""

LONGEST = 600
"""Seconds above which a clip is not judged whole: a small file can hold days of silence."""

SILENCE = 1e-4
"""Peak amplitude (-80 dB of full scale) below which a clip holds nothing to judge."""

# Frames. What a header says of the length may be wrong by terabytes, so none is allocated for it.
_BLOCK = 2**16
# libsndfile's word for what the system refused, such as one file more that is open.
_SYSTEM_ERROR = 2
# Hz. A header beyond is broken, and resampling from 1 Hz would take gigabytes.
_RATES = range(1_000, 1_000_000)


class UnreadableAudio(Exception):
    """A clip that cannot be judged; its text is one word.

    That is ``undecodable``, ``empty``, ``silent``, ``too_short`` or ``too_long``. It is not
    ``lasting`` where the file could not be read, whatever it holds.
    """

    def __init__(self, flaw: str, *, lasting: bool = True) -> None:
        super().__init__(flaw)
        self.lasting = lasting


def read_audio(
    source: Path | Content,
    sampling_rate: int,
    least: int = 1,
    start: float = 0.0,
    end: float | None = None,
) -> Waveform:
    """Decode a recording or a stretch of it, mix it to mono and resample it.

    Returns samples of shape (n,), n >= least.

    Raises ``UnreadableAudio`` where there is nothing to judge; ``empty`` where the stretch holds
    nothing of the file.

    Parameters
    ----------
    sampling_rate
        Hz of the result.
    least
        Samples of the result below which the clip is too short.
    start, end
        Seconds of the file between which the clip lies; None, or what is beyond the file, is its
        end. What is outside is neither decoded nor judged.
    """
    rate, size, blocks = 0, 0, [np.zeros(0, np.float32)]
    for rate, block in _blocks(_content(source), start, end):
        blocks.append(block)
        size += block.size
        if size > LONGEST * rate:
            raise UnreadableAudio("too_long")
    mono = np.concatenate(blocks)
    if not mono.size:
        raise UnreadableAudio("empty")
    if np.abs(mono).max() < SILENCE:
        raise UnreadableAudio("silent")
    if rate != sampling_rate:
        mono = soxr.resample(mono, rate, sampling_rate)
    if mono.size < least:
        raise UnreadableAudio("too_short")
    return np.ascontiguousarray(mono, dtype=np.float32)


def segments(
    source: Path | Content,
    sampling_rate: int,
    seconds: float,
    hop: float,
    least: int = 1,
    start: float = 0.0,
    end: float | None = None,
) -> Iterator[Waveform]:
    """Cut a file of any length, or a stretch of it, into segments without holding it in memory.

    Segment k begins at sample round(k * (hop * sampling_rate)) of what :func:`read_audio` returns.
    The rest that is shorter than a segment comes last, if it is at least half of one or there is
    no other. Silent segments are left out. The shape is (round(seconds * sampling_rate),); the last
    may have fewer samples.

    Raises ``UnreadableAudio`` as :func:`read_audio` does, but for ``too_long``. ``silent`` and
    ``too_short`` are said of the segments once none is left. What makes a file ``undecodable`` may
    show only after some.

    Parameters
    ----------
    seconds, hop
        Length of a segment, and the time from the beginning of one to that of the next; each at
        least a sample long. Where the hop is shorter, segments overlap; where it is longer, what
        lies between is not heard.
    least
        Samples below which a segment is too short, and left out.
    """
    length, step = round(seconds * sampling_rate), hop * sampling_rate
    if length < 1 or step < 1:
        message = f"segments of {seconds:g} s every {hop:g} s, but neither should be below a sample"
        raise ValueError(message)
    flaws, kept = {"empty"}, False
    for segment in _cut(
        _resampled(_blocks(_content(source), start, end), sampling_rate), length, step
    ):
        if segment.size and np.abs(segment).max() < SILENCE:
            flaws.add("silent")
        elif segment.size < least:
            flaws.add("too_short")
        elif 2 * segment.size >= length or not kept:
            kept = True
            yield segment
    if not kept:
        raise UnreadableAudio(next(why for why in ("too_short", "silent", "empty") if why in flaws))


def duration_of(content: Content) -> float | None:
    """Return the seconds that the header of a file tells; None where it tells none."""
    with contextlib.suppress(OSError, RuntimeError):  # as which libsndfile's errors are known
        if content.path.is_file():
            if content.whole:
                return float(soundfile.info(content.path).duration)
            with content.open() as file:
                return float(soundfile.info(file).duration)
    return None


def white_noise(seconds: float, sampling_rate: int) -> Waveform:
    """Return white noise 20 dB below full scale, the same on every call; its shape is (n,)."""
    generator = np.random.default_rng(0)
    samples = generator.standard_normal(round(seconds * sampling_rate), dtype=np.float32)
    return (0.1 * samples).clip(-1, 1)


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # it has no types
    """Seeks only where frames do not depend on each other; elsewhere libsndfile loses sound by it.

    soundfile seeks not only on demand, but around each block that it reads of a seekable file.
    """

    def seekable(self) -> bool:
        exact: bool = self.subtype.startswith(("PCM", "FLOAT", "DOUBLE"))
        return exact


def _content(source: Path | Content) -> Content:
    return source if isinstance(source, Content) else Content(source)


def _blocks(content: Content, start: float, end: float | None) -> Iterator[tuple[int, Waveform]]:
    """Yield the sampling rate and the mean of the channels, piece by piece."""
    if not content.path.is_file():  # reading from a pipe could take for ever
        raise UnreadableAudio("undecodable", lasting=False)
    try:
        with contextlib.ExitStack() as stack:
            opened = content.path if content.whole else stack.enter_context(content.open())
            file = stack.enter_context(_Stream(opened))
            if file.samplerate not in _RATES:
                raise UnreadableAudio("undecodable")
            left = _seek(file, start, end)
            while (block := file.read(min(left, _BLOCK), "float32", always_2d=True)).size:
                left -= len(block)
                yield file.samplerate, _mean(block)
    except OSError as error:
        raise UnreadableAudio("undecodable", lasting=False) from error
    except soundfile.LibsndfileError as error:
        raise UnreadableAudio("undecodable", lasting=error.code != _SYSTEM_ERROR) from error
    except (TypeError, ValueError) as error:
        raise UnreadableAudio("undecodable") from error


def _seek(file: _Stream, start: float, end: float | None) -> int:
    """Go to the start; return how many frames to read at most."""
    first = round(start * file.samplerate)
    if first:
        if not 0 < first < file.frames:
            return 0
        _skip(file, first)
    # The header is not asked for the end: it may lie.
    return sys.maxsize if end is None else max(0, round(end * file.samplerate) - first)


def _skip(file: _Stream, frames: int) -> None:
    if file.seekable():
        file.seek(frames)
        return
    while frames and (read := len(file.read(min(frames, _BLOCK), "float32", always_2d=True))):
        frames -= read


def _mean(block: Waveform) -> Waveform:
    # Infinities of opposite sign make NaN, which is no news here.
    with np.errstate(invalid="ignore"):
        mean: Waveform = block.mean(axis=1, dtype=np.float64).astype(np.float32)
    if not np.isfinite(mean).all():
        raise UnreadableAudio("undecodable")
    return mean


def _resampled(blocks: Iterable[tuple[int, Waveform]], sampling_rate: int) -> Iterator[Waveform]:
    stream = None
    for rate, block in blocks:
        if rate == sampling_rate:
            yield block
        else:
            stream = stream or soxr.ResampleStream(rate, sampling_rate, num_channels=1)
            yield stream.resample_chunk(block)
    if stream:
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _cut(blocks: Iterable[Waveform], length: int, step: float) -> Iterator[Waveform]:
    """Yield the segments, then the rest if it holds anything that none of them does."""
    index, begin, pending = 0, 0, None
    for block in blocks:
        pending = block if pending is None else np.concatenate([pending, block])
        while (at := round(index * step) - begin) + length <= pending.size:
            yield pending[at : at + length].copy()
            index += 1
        begin += min(at, pending.size)
        pending = pending[at:]
    if pending is None:
        return
    at, size = round(index * step), begin + pending.size
    heard = round((index - 1) * step) + length
    if not index or size > max(at, heard):
        yield pending[at - begin :].copy()
