"""Audio files to mono waveforms at the rate a model wants."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from sertify.corpora.contents import Content
from sertify.corpora.decoding import UNKNOWN_LENGTH, blocks
from sertify.corpora.flaws import UnreadableAudio as UnreadableAudio
from sertify.corpora.suffixes import SUFFIXES as SUFFIXES
from sertify.corpora.suffixes import UNREAD_SUFFIXES as UNREAD_SUFFIXES
from sertify.corpora.survey import SILENCE as SILENCE
from sertify.corpora.survey import Tally, Writing, heard, is_constant
from sertify.corpora.survey import Waveform as Waveform

LONGEST = 600
"""Seconds above which a clip is not judged whole: a small file can hold days of silence."""

Note = Callable[[str], None]
"""Is told what is remarkable in how a clip was heard: a code of ``REMARKS``, and a detail."""


def unheeded(_: str) -> None:
    """Take a note that nobody reads."""


def read_audio(
    source: Path | Content,
    sampling_rate: int,
    least: int = 1,
    start: float = 0.0,
    end: float | None = None,
    note: Note = unheeded,
) -> Waveform:
    """Decode a recording or a stretch of it, mix it to mono and resample it.

    Integers that are written as floating point are divided by their full scale; of channels that
    cancel each other out only the loudest is heard. That is noted.

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
    content, tally, means = _content(source), Tally(), [np.zeros(0, np.float32)]
    for rate, block in blocks(content, start, end):
        means.append(tally.add(rate, block))
        if tally.frames > LONGEST * rate:
            raise UnreadableAudio("too_long")
    writing = _noted(tally, note)
    if writing.channel is None:
        mono = np.concatenate(means) * np.float32(writing.scale)
    else:
        del means
        again = heard(blocks(content, start, end), writing)
        mono = np.concatenate([block for _, block in again])
    if tally.rate != sampling_rate:
        mono = soxr.resample(mono, tally.rate, sampling_rate)
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
    note: Note = unheeded,
) -> Iterator[Waveform]:
    """Cut a file of any length, or a stretch of it, into segments without holding it in memory.

    Segment k begins at sample round(k * (hop * sampling_rate)) of what :func:`read_audio` returns.
    The rest that is shorter than a segment comes last, if it is at least half of one or there is
    no other. Silent segments are left out. The shape is (round(seconds * sampling_rate),); the last
    may have fewer samples.

    Raises ``UnreadableAudio`` as :func:`read_audio` does, but for ``too_long``: the file is decoded
    twice, and flaws show before there is a segment. ``too_short`` is said of the segments once none
    is left.

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
    content, tally, flaws, kept = _content(source), Tally(), set[str](), False
    for found in blocks(content, start, end):
        tally.add(*found)
    again = heard(blocks(content, start, end), _noted(tally, note))
    for segment in _cut(_resampled(again, sampling_rate), length, step):
        if not _varies(segment):
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
            with content.open() as file:
                found = soundfile.info(file)
            # A file that was streamed is as long as can be, or empty.
            return float(found.duration) if 0 < found.frames < UNKNOWN_LENGTH else None
    return None


def white_noise(seconds: float, sampling_rate: int) -> Waveform:
    """Return white noise 20 dB below full scale, the same on every call; its shape is (n,)."""
    generator = np.random.default_rng(0)
    samples = generator.standard_normal(round(seconds * sampling_rate), dtype=np.float32)
    return (0.1 * samples).clip(-1, 1)


def _content(source: Path | Content) -> Content:
    return source if isinstance(source, Content) else Content(source)


def _noted(tally: Tally, note: Note) -> Writing:
    writing = tally.writing()
    for remark in writing.remarks:
        note(remark)
    return writing


def _varies(segment: Waveform) -> bool:
    """Whether there is anything to hear: neither silence nor, of more than a moment, a constant."""
    if not segment.size:
        return True
    low, high = float(segment.min()), float(segment.max())
    return max(-low, high) >= SILENCE and (not is_constant(low, high) or segment.size < 100)


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
