"""What SenseVoiceSmall hears: Kaldi's log mel spectrum, several frames at a time, normalised.

The steps are those of Kaldi's ``compute-fbank-feats`` as FunASR's ``WavFrontend`` asks for them: a
Hamming window, pre-emphasis of 0.97, the power spectrum, triangular filters on the mel scale from
20 Hz to half the sampling rate. FunASR adds noise of one 16-bit step to each sample ("dither"),
anew for each call; here, none is added.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import pad
from transformers import BatchFeature

from sertify.corpora.audio import Waveform
from sertify.models.loaders.sensevoice_recipe import FilterBank
from sertify.vocabulary.text import quoted

NORMALIZATION = "am.mvn"
_LOWEST = 20.0  # Hz
_EMPHASIS = 0.97
_SMALLEST = torch.finfo(torch.float32).eps  # of an energy, before its logarithm
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class SenseVoiceFeatures:
    """Makes the network's input of clips of one length.

    ``shift`` and ``scale``, of shape (bank.width,), are added to each frame, and multiplied with
    the sum.
    """

    bank: FilterBank
    shift: torch.Tensor
    scale: torch.Tensor

    @property
    def sampling_rate(self) -> int:
        """Hz that clips have to have."""
        return self.bank.sampling_rate

    def __call__(self, clips: Sequence[Waveform], **_: object) -> BatchFeature:
        """Return ``features`` of shape (clips, frames, bank.width)."""
        waveforms = torch.from_numpy(np.stack([np.asarray(clip, np.float32) for clip in clips]))
        frames = stacked_frames(log_mel_frames(waveforms, self.bank), self.bank)
        return BatchFeature({"features": (frames + self.shift) * self.scale})


def log_mel_frames(waveforms: torch.Tensor, bank: FilterBank) -> torch.Tensor:
    """Return frames of shape (clips, frames, bank.bins) for clips of shape (clips, samples).

    Samples at the end that fill no frame are left out.
    """
    step = bank.sampling_rate * bank.shift // 1000
    frames = (waveforms * 2**15).unfold(1, bank.window, step)
    frames = frames - frames.mean(dim=2, keepdim=True)
    before = torch.cat([frames[..., :1], frames[..., :-1]], dim=2)
    window = torch.hamming_window(bank.window, periodic=False)
    frames = (frames - _EMPHASIS * before) * window
    length = 2 ** (bank.window - 1).bit_length()
    spectrum = torch.fft.rfft(pad(frames, (0, length - bank.window))).abs().square()
    energies = spectrum[..., :-1] @ mel_filters(bank, length // 2)
    result: torch.Tensor = energies.clamp(min=_SMALLEST).log()
    return result


def mel_filters(bank: FilterBank, frequencies: int) -> torch.Tensor:
    """Return what each of so many frequencies, from 0 Hz on, adds to each of ``bank.bins``.

    The sum of the frequencies' shares is not 1: a filter is a triangle of height 1, between the
    centres of its neighbours.
    """
    half = bank.sampling_rate / 2
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (_LOWEST, half))
    corners = low + torch.arange(bank.bins + 2) * ((high - low) / (bank.bins + 1))
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    hertz = half / frequencies * torch.arange(frequencies, dtype=torch.float32)
    mels = 1127 * (1 + hertz / 700).log()[:, None]
    rising, falling = (mels - left) / (centre - left), (right - mels) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0)


def stacked_frames(frames: torch.Tensor, bank: FilterBank) -> torch.Tensor:
    """Put frames side by side: (clips, n, bins) becomes (clips, n / step, bins * stacked).

    The first and the last frame are repeated where a stack would reach beyond them.
    """
    number = frames.shape[1]
    starts = torch.arange(0, number, bank.step) - (bank.stacked - 1) // 2
    places = starts[:, None] + torch.arange(bank.stacked)
    stacks = frames[:, places.clamp(0, number - 1)]
    return stacks.flatten(start_dim=2)


def read_normalization(text: str, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what is added to each value of a frame, and what the sum is multiplied with.

    ``text`` is that of am.mvn, a network as Kaldi's nnet1 writes it: perhaps a <Splice> that moves
    nothing, an <AddShift>, and a <Rescale>, each of ``width`` values. Raises ``ValueError`` where
    it is anything else.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, but at most {_MOST_CHARACTERS:,} are read")
    words = _Words(text)
    words.expect("<Nnet>")
    if words.next_is("<Splice>"):
        words.expect("<Splice>", str(width), str(width), "[", "0", "]")
    shift = words.vector("<AddShift>", width)
    scale = words.vector("<Rescale>", width)
    words.expect("</Nnet>", "")
    return shift, scale


class _Words:
    """The words of a text, each taken once; an empty one stands for its end."""

    def __init__(self, text: str) -> None:
        self._words = [*text.split(), ""]
        self._place = 0

    def next_is(self, word: str) -> bool:
        return self._words[self._place] == word

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.next_is(word):
                raise self._unexpected(word)
            self._place += 1

    def vector(self, component: str, width: int) -> torch.Tensor:
        self.expect(component, str(width), str(width), "<LearnRateCoef>", "0", "[")
        end = self._place + width
        numbers = self._words[self._place : end]
        for number in numbers:
            if not _NUMBER.fullmatch(number):
                raise self._unexpected(f"{width} numbers for {component}")
            self._place += 1
        self.expect("]")
        values = torch.tensor([float(number) for number in numbers])
        if not values.isfinite().all():
            raise ValueError(f"a number of {component} is too large")
        return values

    def _unexpected(self, wanted: str) -> ValueError:
        found = self._words[self._place]
        what = f"word {self._place + 1} is {quoted(found)}" if found else "it ends"
        return ValueError(f"{what}, but there should be {wanted or 'nothing more'}")
