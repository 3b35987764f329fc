"""The level of speech is that of what is spoken, not of the pauses."""

import numpy as np
import pytest

from sertify.corpora.perturbing.levels import active_level, at_level
from sertify.corpora.survey import Waveform
from tests.meta.corpora.perturbing.spoken import RATES, clips, level_in_decibel, speech, tone, white


@pytest.mark.parametrize("rate", RATES)
def test_noise_has_its_root_mean_square(rate: int) -> None:
    noise = white(rate)
    assert active_level(noise, rate) == pytest.approx(float(np.sqrt(np.mean(noise**2))), rel=1e-3)


@pytest.mark.parametrize("clip", clips(), ids=len)
@pytest.mark.parametrize("seconds", [0.5, 3])
def test_silence_around_speech_makes_it_no_softer(clip: Waveform, seconds: float) -> None:
    silence = np.zeros(round(seconds * 16_000), np.float32)
    longer = np.concatenate([silence, clip, silence])
    assert level_in_decibel(longer) == pytest.approx(level_in_decibel(clip), abs=0.05)


def test_a_loud_pause_is_none() -> None:
    speech_then_noise = np.append(tone(16_000, 440), np.float32(0.3) * tone(16_000, 440))
    both = 20 * np.log10(0.1 / 2**0.5 * ((1 + 0.09) / 2) ** 0.5)
    assert level_in_decibel(speech_then_noise) == pytest.approx(both, abs=0.01)


def test_a_soft_pause_is_one() -> None:
    speech_then_noise = np.append(tone(16_000, 440), np.float32(0.03) * tone(16_000, 440))
    assert level_in_decibel(speech_then_noise) == pytest.approx(
        level_in_decibel(tone(16_000, 440)), abs=0.01
    )


def test_silence_has_none() -> None:
    silence = np.zeros(100, np.float32)
    assert active_level(silence, 16_000) == 0
    assert np.array_equal(at_level(silence, 16_000, 1), silence)


def test_it_is_set_exactly() -> None:
    assert active_level(at_level(speech(), 16_000, 0.5), 16_000) == pytest.approx(0.5, rel=1e-5)
