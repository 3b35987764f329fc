"""Filters have their corners and slopes, and no delay."""

import numpy as np
import pytest
from scipy.signal import butter, correlate, sosfiltfilt

from tests.meta.corpora.perturbing.spoken import (
    RATES,
    gain_at,
    heard,
    level_in_decibel,
    slope,
    speech,
    white,
)


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 11_025])
def test_a_lowpass_takes_away_what_is_above(rate: int) -> None:
    found = heard(white(rate), "lowpass", 4_000, rate)
    assert gain_at(3_000, white(rate), found, rate) == pytest.approx(0, abs=0.2)
    assert gain_at(4_000, white(rate), found, rate) == pytest.approx(-6, abs=0.5)
    assert gain_at(5_300, white(rate), found, rate) < -35


@pytest.mark.parametrize("rate", RATES)
def test_a_highpass_takes_away_what_is_below(rate: int) -> None:
    found = heard(white(rate), "highpass", 300, rate)
    assert gain_at(450, white(rate), found, rate) == pytest.approx(0, abs=0.2)
    assert gain_at(300, white(rate), found, rate) == pytest.approx(-6, abs=1)
    assert gain_at(180, white(rate), found, rate) < -30


def test_they_are_those_of_butterworth_forth_and_back() -> None:
    found = heard(white(16_000), "highpass", 300)
    sections = butter(8, 300, "highpass", fs=16_000, output="sos")
    expected = sosfiltfilt(sections, white(16_000).astype(np.float64))
    apart = (found - expected)[4_000:-4_000]
    assert np.std(apart) < 1e-3 * np.std(expected)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("decibel", [-6, 6, 3])
def test_a_tilt_is_so_steep_and_keeps_the_level(decibel: int, rate: int) -> None:
    found = heard(white(rate, 10), "tilt", decibel, rate)
    high = min(0.45 * rate, 7_500)
    assert slope(found, rate, 150, high) == pytest.approx(decibel, abs=0.2)
    assert level_in_decibel(found, rate) == pytest.approx(level_in_decibel(white(rate, 10), rate))


@pytest.mark.parametrize(
    ("kind", "severity"), [("lowpass", 4_000), ("highpass", 300), ("tilt", 6), ("tilt", -6)]
)
def test_none_comes_late(kind: str, severity: float) -> None:
    found = heard(speech(), kind, severity)
    assert correlate(found, speech()).argmax() == speech().size - 1


def test_nothing_comes_round_from_the_end() -> None:
    clip = np.zeros(16_000, np.float32)
    clip[-200:] = white(16_000)[:200]
    found = heard(clip, "highpass", 300)
    assert np.abs(found[:8_000]).max() < 1e-4 * np.abs(found).max()
