"""Speech of which packets are lost on the way."""

from collections.abc import Iterator

import numpy as np

from sertify.corpora.perturbing.takes import Take
from sertify.corpora.survey import Waveform

_PACKET = 0.02  # seconds
# Seconds after which what was made up fades, and is gone, as in ITU-T G.711 Appendix I.
_FADES, _GONE = 0.01, 0.06
_BLEND = 0.0025  # seconds from what was made up to what is heard again


def loss(take: Take, severity: float) -> Waveform:
    """Lose so many percent of the packets of 20 ms, and make them up from the one before.

    That is played backwards and forwards, so that it begins where the sound broke off, and fades
    from 10 to 60 ms. Before the first packet that arrives is silence. Which are lost is
    chance, one by one. The number of a clip is rounded up or down by chance, so that short clips
    lose as much on average. What is lost at a low rate is lost at a higher one too.
    """
    length = max(1, round(_PACKET * take.rate))
    heard = take.waveform.copy()
    for first, stop in _runs(_lost(take, -(-heard.size // length), severity / 100)):
        _make_up(heard, take.rate, first * length, min(stop * length, heard.size))
    return heard


def _lost(take: Take, packets: int, share: float) -> list[int]:
    """Return the numbers of those that are lost, in order."""
    number = int(packets * share + take.generator.random())
    return sorted(take.generator.permutation(packets)[:number].tolist())


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first of each run of numbers, and the one after its last."""
    first = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[first], numbers[at - 1] + 1
            first = at


def _make_up(heard: Waveform, rate: int, begin: int, end: int) -> None:
    """Fill a stretch in place, from what is before it."""
    length, blend = max(1, round(_PACKET * rate)), round(_BLEND * rate)
    last = heard[max(0, begin - length) : begin]
    after = heard[end : end + blend]
    size = end - begin + after.size
    times = np.arange(size) / rate
    fade = ((_GONE - times) / (_GONE - _FADES)).clip(0, 1).astype(np.float32)
    made = np.resize(np.append(last[::-1], last), size) * fade if last.size else 0 * fade
    share = np.linspace(0, 1, after.size, dtype=np.float32)
    heard[end : end + blend] = share * after + (1 - share) * made[end - begin :]
    heard[begin:end] = made[: end - begin]
