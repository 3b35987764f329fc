"""A telephone passes its band, at the levels that G.711 has."""

import numpy as np
import pytest

from sertify.corpora.perturbing.codecs import Coding, round_trip
from sertify.corpora.perturbing.phones import compressed
from tests.meta.corpora.perturbing.spoken import (
    RATES,
    clips,
    gain_at,
    heard,
    level_in_decibel,
    slope,
    speech,
    tone,
    white,
)

LINES = ("mulaw", "alaw", "gsm")


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("line", ["mulaw", "alaw"])
def test_only_its_band_is_heard(line: str, rate: int) -> None:
    found = heard(white(rate), line, 60, rate)
    middle = gain_at(1_000, white(rate), found, rate)
    assert gain_at(500, white(rate), found, rate) == pytest.approx(middle, abs=1)
    assert gain_at(3_000, white(rate), found, rate) == pytest.approx(middle, abs=1.5)
    # What is left there is the noise of 8 bits.
    assert gain_at(100, white(rate), found, rate) < middle - 20
    assert gain_at(3_900, white(rate), found, rate) < middle - 20
    if rate > 8_000:
        assert gain_at(5_000, white(rate), found, rate) < middle - 50


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("factor", [0.01, 1, 30])
def test_speech_keeps_its_level(line: str, factor: float) -> None:
    for clip in clips():
        loud = np.float32(factor) * clip
        assert level_in_decibel(heard(loud, line, 25)) == pytest.approx(
            level_in_decibel(loud), abs=0.1
        )


def test_what_is_outside_of_its_band_is_not_made_loud() -> None:
    hum = tone(16_000, 50)
    assert level_in_decibel(heard(hum, "mulaw", 60)) < level_in_decibel(hum) - 20


@pytest.mark.parametrize("decibel", [25, 20])
def test_the_noise_of_the_line_is_pink_and_so_far_below(decibel: int) -> None:
    # Above a tone of 26 dB below full scale nothing is compressed, and most of A-law is louder.
    steady = tone(8_000, 1_000, 20)
    found = heard(steady, "alaw", decibel, 8_000)
    without = np.fft.rfft(found * np.hanning(found.size))
    without[19_900:20_100] = 0
    noise = np.fft.irfft(without) / np.sqrt(3 / 8)
    ratio = level_in_decibel(steady, 8_000) - 10 * np.log10(np.mean(noise**2))
    assert ratio == pytest.approx(decibel, abs=0.5)
    assert slope(noise.astype(np.float32), 8_000, 400, 900) == pytest.approx(-3, abs=1)


def test_the_compressor_halves_what_is_above_its_level() -> None:
    soft, loud = np.float32(0.5) * tone(8_000, 1_000), 8 * tone(8_000, 1_000)
    assert np.allclose(compressed(soft, 8_000), soft)
    above = level_in_decibel(loud, 8_000) + 26
    found = level_in_decibel(compressed(loud, 8_000)[800:], 8_000) + 26
    assert found == pytest.approx(above / 2, abs=0.1)


def mulaw_steps() -> set[float]:
    """Return the amplitudes of ITU-T G.711, table 2a/2b, of 14 bits, as parts of full scale."""
    return {((2 * step + 33) * 2**chord - 33) / 2**13 for chord in range(8) for step in range(16)}


def alaw_steps() -> set[float]:
    """Return those of table 1a/1b, of 13 bits."""
    first = {(2 * step + 1) / 2**12 for step in range(16)}
    others = {
        (2 * step + 33) * 2 ** (chord - 1) / 2**12 for chord in range(1, 8) for step in range(16)
    }
    return first | others


@pytest.mark.parametrize(
    ("subtype", "steps"), [("ULAW", mulaw_steps()), ("ALAW", alaw_steps())], ids=["u", "A"]
)
def test_samples_are_those_of_the_law(subtype: str, steps: set[float]) -> None:
    ramp = np.linspace(-0.99, 0.99, 20_001, dtype=np.float32)
    found = round_trip(ramp, Coding(8_000, "WAV", subtype))
    assert set(np.abs(found).tolist()) <= steps
    assert len(set(found.tolist())) > 240
    assert np.abs(found - ramp).max() < 0.033  # half of the largest step


def test_gsm_has_no_block_too_many() -> None:
    for size in (1, 159, 160, 321, 8_000):
        clip = white(8_000)[:size]
        assert heard(clip, "gsm", 25, 8_000).size == size


def test_noise_is_that_of_the_clip() -> None:
    one, other = (heard(speech(), "mulaw", 10, seed=seed) for seed in (1, 2))
    assert 0.3 < np.corrcoef(one, other)[0, 1] < 0.999
