"""Rooms sound as long as is asked, and like those of acoustics."""

import numpy as np
import pytest

from sertify.corpora.perturbing.applying import perturb
from sertify.corpora.perturbing.rooms import Shoebox, any_shoebox, images, impulse_response
from sertify.corpora.survey import Waveform
from sertify.vocabulary.conditions import Condition
from tests.meta.corpora.perturbing.spoken import clips, heard, level_in_decibel, speech

ROOM = Shoebox(np.array([5.0, 4.0, 3.0]), np.array([1.0, 1.5, 1.2]), np.array([2.2, 2.5, 1.5]))


def reverberation_time(response: Waveform, rate: int, low: float = -35) -> float:
    """Return the seconds in which the decay of Schroeder (1965) falls by 60 dB, from -5 dB on."""
    energy = np.cumsum(np.square(response, dtype=np.float64)[::-1])[::-1]
    decay = 10 * np.log10(energy / energy[0])
    at = np.flatnonzero((decay <= -5) & (decay >= low))
    return float(-60 / np.polyfit(at / rate, decay[at], 1)[0])


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.5, 1, 2])
def test_sound_falls_in_the_time_that_is_asked_for(seconds: float, rate: int) -> None:
    for seed in range(20):
        generator = np.random.default_rng(seed)
        response = impulse_response(any_shoebox(generator), rate, seconds, generator)
        assert reverberation_time(response, rate) == pytest.approx(seconds, rel=0.1)
        assert response.size == round(seconds * rate)


def test_the_direct_sound_is_as_strong_as_in_acoustics() -> None:
    apart = []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        shoebox = any_shoebox(generator)
        power = np.square(impulse_response(shoebox, 16_000, 0.5, generator), dtype=np.float64)
        distance = np.linalg.norm(shoebox.mouth - shoebox.microphone)
        # The critical distance, of Sabine's formula.
        expected = 10 * np.log10(0.057**2 * shoebox.volume / 0.5 / distance**2)
        apart.append(10 * np.log10(power[:40].sum() / power[40:].sum()) - expected)
    assert np.mean(apart) == pytest.approx(0, abs=1.5)


def test_images_are_those_of_pyroomacoustics() -> None:
    """Of its version 0.10.1: the first of 601 images, all of which are as in it to 1e-6."""
    distances, amplitudes = images(ROOM, 0.8, 0.06)
    order = np.argsort(distances)
    assert distances.size == 601
    assert distances[order][:6] == pytest.approx(
        [1.5906, 3.1193, 3.3660, 3.6510, 4.1869, 4.1869], abs=1e-4
    )
    assert amplitudes[order][:6] == pytest.approx(
        [0.050030, 0.020409, 0.018913, 0.017437, 0.015205, 0.015205], abs=1e-6
    )


def test_walls_absorb_what_eyring_asks_for() -> None:
    absorbed = 1 - ROOM.reflection(0.5) ** 2
    by_eyring = 24 * np.log(10) / 343 * ROOM.volume / (-ROOM.surface * np.log(1 - absorbed))
    assert (ROOM.volume, ROOM.surface, by_eyring) == pytest.approx((60, 94, 0.5))


@pytest.mark.parametrize("seed", range(100))
def test_one_speaks_within_the_room_from_1_to_2_m_away(seed: int) -> None:
    shoebox = any_shoebox(np.random.default_rng(seed))
    assert 0.95 < np.linalg.norm(shoebox.mouth - shoebox.microphone) < 2.05
    for place in (shoebox.mouth, shoebox.microphone):
        assert (place >= 0.5).all()
        assert (place <= shoebox.size - 0.5).all()


@pytest.mark.parametrize("seconds", [0.3, 0.5, 1])
def test_speech_keeps_its_level_and_is_in_time(seconds: float) -> None:
    for clip in clips():
        found = heard(clip, "reverb", seconds)
        assert level_in_decibel(found) == pytest.approx(level_in_decibel(clip), abs=0.01)
        click = np.eye(1, 8_000, 100, np.float32)[0]
        assert int(np.abs(heard(click, "reverb", seconds)).argmax()) == 100


def test_a_response_that_is_given_is_used() -> None:
    echo = np.zeros(4_000, np.float32)
    echo[[100, 900]] = -1, 0.5
    found = perturb(speech(), 16_000, Condition("response"), 1, (echo,))
    expected = -speech()
    expected[800:] += np.float32(0.5) * speech()[:-800]
    assert np.corrcoef(found, expected)[0, 1] > 0.99999
    assert level_in_decibel(found) == pytest.approx(level_in_decibel(speech()), abs=0.01)


def test_each_clip_is_in_one_of_them() -> None:
    soft, loud = (np.eye(1, 200, place, np.float32)[0] for place in (0, 50))
    loud[150] = 0.5
    condition = Condition("response")
    found = {
        perturb(speech(), 16_000, condition, seed, (soft, loud)).tobytes() for seed in range(20)
    }
    assert len(found) == 2
