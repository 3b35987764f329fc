"""A recording as a whole, before it is heard: whether it can be judged, and how it is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.corpora.decoding import Block
from sertify.corpora.flaws import Flaw, UnreadableAudio

Waveform = NDArray[np.float32]
"""Mono samples of shape (n,)."""

SILENCE = 1e-4
"""Peak amplitude (-80 dB of full scale) below which a clip holds nothing to judge."""

_INTEGERS = (2**15, 2**23, 2**31)
"""What full scale is of integers of 16, 24 and 32 bits."""

# Below, integers of 16 bits would be a whisper of -50 dB, and samples that are only too loud few.
_LEAST_INTEGER = 100.0
# Of the samples: rounding may have touched some.
_FRACTIONAL = 0.01
_LOUD_PEAK, _LOUD_SHARE = 1.5, 0.001
# Of the mean of n channels, as a share of the loudest one; it has 1/n where others are silent.
_CANCELLED = 0.1
# Seconds: of less, nobody can tell whether it varies.
_LEAST_VARIED = 0.01


@dataclass(frozen=True)
class Writing:
    """How a recording is written.

    Parameters
    ----------
    scale
        What its samples are to be multiplied by.
    channel
        The one that is to be heard; None for the mean of all.
    remarks
        Codes of ``REMARKS``, with what is known of this clip.
    """

    scale: float = 1.0
    channel: int | None = None
    remarks: tuple[str, ...] = ()

    def mono(self, block: Block) -> Waveform:
        """Return what is to be heard of a block."""
        heard = mean_of(block) if self.channel is None else block[:, self.channel]
        return np.ascontiguousarray(heard * np.float32(self.scale))


def mean_of(block: Block) -> Waveform:
    """Return the mean of the channels of a block."""
    if block.shape[1] == 1:
        return block[:, 0]
    mean: Waveform = block.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mean


@dataclass
class Tally:
    """What is counted of a recording, block by block."""

    rate: int = 0
    frames: int = 0
    _samples: int = 0
    _peak: float = 0.0
    _low: float = np.inf
    _high: float = -np.inf
    _over: int = 0
    _loud: int = 0
    _fractional: int = 0
    _sums: Any = 0.0
    _squares: Any = 0.0

    def add(self, rate: int, block: Block) -> Waveform:
        """Count a block; return the mean of its channels."""
        if not np.isfinite(block).all():
            raise UnreadableAudio("not_finite")
        self.rate, self.frames = rate, self.frames + len(block)
        self._samples += block.size
        mean = mean_of(block)
        self._low, self._high = min(self._low, mean.min()), max(self._high, mean.max())
        self._count_loud(block)
        if block.shape[1] > 1:
            wide = np.column_stack([block, mean]).astype(np.float64)
            self._sums = self._sums + wide.sum(axis=0)
            self._squares = self._squares + np.square(wide).sum(axis=0)
        return mean

    def _count_loud(self, block: Block) -> None:
        peak = max(float(block.max()), -float(block.min()))
        self._peak = max(self._peak, peak)
        if peak > 1:
            self._over += int(np.count_nonzero(np.abs(block) > 1))
            self._loud += block.size
            self._fractional += int(np.count_nonzero(block != np.rint(block)))

    def writing(self) -> Writing:
        """Return how the recording is written.

        Raises ``UnreadableAudio`` where it is ``empty``, ``silent`` or ``constant``.
        """
        if not self.frames:
            raise UnreadableAudio("empty")
        scale, remarks = self._scale()
        channel = self._channel(scale)
        if channel is not None:
            return Writing(scale, channel, (*remarks, "louder_channel"))
        self._require_hearable(scale)
        return Writing(scale, None, remarks)

    def _require_hearable(self, scale: float) -> None:
        low, high = self._low * scale, self._high * scale
        if max(-low, high) < SILENCE:
            raise UnreadableAudio("silent")
        if high - low < 2 * SILENCE and self.frames >= _LEAST_VARIED * self.rate:
            raise UnreadableAudio("constant", f"all are {(low + high) / 2:.3g}")

    def _scale(self) -> tuple[float, tuple[str, ...]]:
        fits = (full for full in _INTEGERS if self._peak <= full)
        integral = self._fractional <= _FRACTIONAL * self._loud
        if self._peak >= _LEAST_INTEGER and integral and (full := next(fits, 0)):
            bits = full.bit_length()
            return 1 / full, (str(Flaw("rescaled", f"{bits} bits, its peak is {self._peak:.0f}")),)
        if self._peak > _LOUD_PEAK or self._over > _LOUD_SHARE * self._samples:
            return 1.0, (str(Flaw("beyond_full_scale", f"its peak is {self._peak:.3g}")),)
        return 1.0, ()

    def _channel(self, scale: float) -> int | None:
        """Return the loudest channel where the mean of all is near silence beside it."""
        if np.ndim(self._sums) == 0:
            return None
        means = self._sums / self.frames
        *channels, mean = np.sqrt(np.maximum(0, self._squares / self.frames - means**2))
        loudest = int(np.argmax(channels))
        heard = channels[loudest] * scale >= SILENCE
        cancelled = mean < _CANCELLED / len(channels) * channels[loudest]
        return loudest if heard and cancelled else None


def heard(found: Iterable[tuple[int, Block]], writing: Writing) -> Iterator[tuple[int, Waveform]]:
    """Yield the sampling rate, and what is to be heard of each block."""
    for rate, block in found:
        yield rate, writing.mono(block)
