"""Packets are lost as often as is asked, and made up from what was heard before."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sertify.corpora.survey import Waveform
from tests.meta.corpora.perturbing.spoken import RATES, heard, speech, tone, white


def lost(clip: Waveform, found: Waveform, length: int) -> NDArray[np.bool_]:
    """Return of each packet whether most of it is other than it was."""
    whole = clip.size // length * length
    return np.asarray((clip != found)[:whole].reshape(-1, length).mean(axis=1) > 0.9)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("percent", [5, 10, 20])
def test_so_many_are_lost(percent: float, rate: int) -> None:
    clip = white(rate, 20)
    found = heard(clip, "loss", percent, rate)
    assert lost(clip, found, round(rate / 50)).mean() == pytest.approx(percent / 100, abs=0.002)


def test_short_clips_lose_as_much_on_average() -> None:
    clip = white(16_000, 0.1)
    shares = [lost(clip, heard(clip, "loss", 10, seed=seed), 320).mean() for seed in range(400)]
    assert np.mean(shares) == pytest.approx(0.1, abs=0.03)
    assert max(shares) == 0.2


def test_what_is_lost_at_a_low_rate_is_lost_at_a_higher_one() -> None:
    clip = white(16_000, 8)
    few, many = (lost(clip, heard(clip, "loss", percent), 320) for percent in (5, 20))
    assert few.sum() == 20
    assert not (few & ~many).any()


def test_none_is_lost_of_none() -> None:
    assert np.array_equal(heard(speech(), "loss", 0), speech())


def test_a_steady_tone_goes_on_for_a_while() -> None:
    clip = tone(16_000, 200)
    found = heard(clip, "loss", 5)
    begin = int(np.flatnonzero(lost(clip, found, 320))[0]) * 320
    made = np.sqrt(np.mean(found[begin : begin + 160] ** 2))
    assert made == pytest.approx(np.sqrt(np.mean(clip**2)), rel=0.1)


def test_nothing_clicks() -> None:
    clip = tone(16_000, 150, 20)
    found = heard(clip, "loss", 10)
    assert np.abs(np.diff(found)).max() < 4 * np.abs(np.diff(clip)).max()


def test_a_long_gap_is_silent_in_the_end() -> None:
    clip = white(16_000, 20)
    found = heard(clip, "loss", 50)
    gone = lost(clip, found, 320)
    runs = np.flatnonzero(gone[:-3] & gone[1:-2] & gone[2:-1] & gone[3:])
    start = (runs[runs > 0][0] + 3) * 320
    assert not found[start : start + 320].any()


def test_before_the_first_packet_is_silence() -> None:
    clip = white(16_000, 0.04)
    starts = [heard(clip, "loss", 50, seed=seed)[:320] for seed in range(20)]
    assert any(not start.any() for start in starts)
    assert any(np.array_equal(start, clip[:320]) for start in starts)
