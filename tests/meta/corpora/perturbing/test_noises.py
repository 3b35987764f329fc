"""Noise is as loud as is asked, and of the spectrum of its name."""

import numpy as np
import pytest

from sertify.corpora.perturbing.applying import perturb
from sertify.corpora.perturbing.levels import active_level
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.perturbing.spoken import (
    RATES,
    clips,
    heard,
    level_in_decibel,
    slope,
    spectrum,
    speech,
    tone,
)

NOISES = ("babble", "pink", "white", "bursts", "environment")


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("decibel", [20, 10, 0, -10])
@pytest.mark.parametrize("kind", NOISES)
def test_the_ratio_is_that_of_the_active_levels(kind: str, decibel: int, rate: int) -> None:
    noise = heard(speech(rate), kind, decibel, rate) - speech(rate)
    ratio = level_in_decibel(speech(rate), rate) - level_in_decibel(noise, rate)
    assert ratio == pytest.approx(decibel, abs=0.1)


@pytest.mark.parametrize("kind", ["pink", "white"])
def test_of_steady_speech_and_noise_it_is_that_of_their_power(kind: str) -> None:
    steady = tone(16_000, 440)
    noise = heard(steady, kind, 10) - steady
    ratio = 10 * np.log10(np.mean(steady**2) / np.mean(noise**2))
    assert ratio == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_pink_noise_falls_by_3_db_an_octave(rate: int) -> None:
    steady = tone(rate, 440, 10)
    noise = heard(steady, "pink", 0, rate) - steady
    # audiomentations 0.43.1 has -2.83, auglib 1.1.0 -3.03 from 100 Hz to 7 kHz at 16 kHz.
    assert slope(noise, rate, 100, 0.44 * rate) == pytest.approx(-3.01, abs=0.15)


@pytest.mark.parametrize("rate", RATES)
def test_white_noise_does_not_fall(rate: int) -> None:
    steady = tone(rate, 440, 10)
    noise = heard(steady, "white", 0, rate) - steady
    assert slope(noise, rate, 100, 0.44 * rate) == pytest.approx(0, abs=0.15)


def test_bursts_are_short_and_of_the_middle_of_the_spectrum() -> None:
    steady = tone(16_000, 440, 20)
    noise = heard(steady, "bursts", 0) - steady
    frames = np.sqrt(np.mean(noise[: noise.size // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    quiet = np.mean(frames < 0.05 * frames.max())
    assert 0.4 < quiet < 0.95
    hertz, power = spectrum(noise, 16_000)
    within = (hertz > 300) & (hertz < 4_000)
    share = (10 ** (power[within] / 10)).sum() / (10 ** (power / 10)).sum()
    assert share > 0.8


@pytest.mark.parametrize("seed", range(20))
def test_each_clip_has_a_burst_in_it(seed: int) -> None:
    for clip in clips():
        noise = heard(clip, "bursts", 0, seed=seed) - clip
        assert level_in_decibel(noise) == pytest.approx(level_in_decibel(clip), abs=0.1)


def test_babble_is_made_of_voices_that_are_as_loud() -> None:
    loud, soft = (np.float32(factor) * tone(16_000, 100 * factor) for factor in (8, 1))
    others = (loud, soft, tone(16_000, 300))
    noise = perturb(speech(), 16_000, Condition("babble", 0), 1, others) - speech()
    _, power = spectrum(noise, 16_000)
    hertz = np.fft.rfftfreq(2**12, 1 / 16_000)
    peaks = [power[abs(hertz - frequency) < 6].max() for frequency in (100, 300, 800)]
    assert max(peaks) - min(peaks) < 3


def test_silent_voices_do_not_count() -> None:
    silence = np.zeros(16_000, np.float32)
    voices = (*clips()[1:4], silence, silence[:0])
    few = (*clips()[1:3], silence, silence[:0])
    assert perturb(speech(), 16_000, Condition("babble", 10), 1, voices).shape == speech().shape
    with pytest.raises(ConfigurationError) as caught:
        perturb(speech(), 16_000, Condition("babble", 10), 1, few)
    assert str(caught.value) == (
        "babble needs 3 other recordings that are not silent, but 2 are there;"
        " give more clips, or leave it out"
    )


@pytest.mark.parametrize(("kind", "what"), [("environment", "noise"), ("response", "impulse")])
def test_what_is_to_be_given_has_to_be_heard(kind: str, what: str) -> None:
    severity = 10 if kind == "environment" else None
    silence, click = np.zeros(16_000, np.float32), np.eye(1, 16_000, 5, np.float32)[0]
    condition = Condition(kind, severity)
    assert perturb(speech(), 16_000, condition, 1, (silence, click)).any()
    for sounds in ((), (silence,)):
        with pytest.raises(ConfigurationError, match=f"needs .*{what}.* none is there; give a"):
            perturb(speech(), 16_000, condition, 1, sounds)


@pytest.mark.parametrize("pause", [0, 1e-42, 1e-9])
@pytest.mark.parametrize("seed", range(10))
def test_a_pause_of_a_recording_is_no_noise(seed: int, pause: float) -> None:
    click = np.eye(1, 160_000, 99_999, np.float32)[0]
    recorded = np.maximum(click, np.float32(pause))
    noisy, expected = (
        perturb(speech(), 16_000, Condition("environment", 0), seed, (sound,))
        for sound in (recorded, click)
    )
    assert active_level(noisy - speech(), 16_000) > 0
    assert noisy == pytest.approx(expected, abs=1e-3)
