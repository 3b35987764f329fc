"""What all conditions have in common: length, repetition, and what any clip may be."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sertify.corpora.perturbing.applying import PERTURBATIONS, is_heard, perturb
from sertify.corpora.survey import Waveform
from sertify.vocabulary.conditions import CONDITION_KINDS, Condition
from tests.meta.corpora.perturbing.spoken import (
    EVERY,
    RATES,
    clips,
    heard,
    sounds_for,
    speech,
    white,
)

RANDOM = ("babble", "pink", "white", "bursts", "environment", "mulaw", "loss", "reverb")


@pytest.fixture(params=EVERY, ids=str)
def condition(request: pytest.FixtureRequest) -> Condition:
    found: Condition = request.param
    return found


def test_each_kind_that_is_listed_is_there() -> None:
    assert sorted(PERTURBATIONS) == sorted(CONDITION_KINDS)


def test_speech_is_changed_and_keeps_its_length(condition: Condition) -> None:
    found = perturb(speech(), 16_000, condition, 1, sounds_for(condition, 16_000))
    assert found.shape == speech().shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert found.flags.c_contiguous
    assert found.flags.writeable
    assert not np.array_equal(found, speech())


def test_it_is_the_same_each_time(condition: Condition) -> None:
    sounds = sounds_for(condition, 16_000)
    once, again = (perturb(speech(), 16_000, condition, b"a", sounds) for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("seconds", [0, 0.0007, 0.1])
def test_clips_of_a_moment_keep_their_length(condition: Condition, seconds: float) -> None:
    for rate in (8_000, 16_000, 44_100):
        clip = white(rate)[: round(seconds * rate) or 1]
        found = perturb(clip, rate, condition, 1, sounds_for(condition, rate))
        assert found.shape == clip.shape
        assert np.isfinite(found).all()


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate != 16_000])
def test_models_of_any_rate_are_served(rate: int) -> None:
    for condition in EVERY:
        found = perturb(speech(rate), rate, condition, 1, sounds_for(condition, rate))
        assert found.shape == speech(rate).shape, condition
        assert np.isfinite(found).all(), condition
        assert np.array_equal(found, speech(rate)) is not is_heard(condition, rate), condition


@pytest.mark.parametrize("clip", [np.zeros(800, np.float32), np.zeros(0, np.float32)], ids=len)
def test_silence_stays_silence(condition: Condition, clip: Waveform) -> None:
    assert np.array_equal(perturb(clip, 16_000, condition, 1), clip)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_clips_may_be_soft_or_loud(condition: Condition, factor: float) -> None:
    clip = speech() * np.float32(factor)
    found = perturb(clip, 16_000, condition, 1, sounds_for(condition, 16_000))
    assert np.isfinite(found).all()
    assert 0 < np.abs(found).max() < 10 * np.abs(clip).max()


def test_a_click_is_no_trouble(condition: Condition) -> None:
    clip = np.zeros(16_000, np.float32)
    clip[8_000] = 1
    found = perturb(clip, 16_000, condition, 1, sounds_for(condition, 16_000))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 10


@pytest.mark.parametrize("kind", RANDOM)
def test_another_clip_is_heard_in_other_noise(kind: str) -> None:
    severity = CONDITION_KINDS[kind].severities[-1]
    one, other = (heard(speech(), kind, severity, seed=seed) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_reading_threads_do_not_disturb_each_other() -> None:
    def all_heard(_: int) -> list[bytes]:
        return [
            perturb(speech(), 16_000, one, 1, sounds_for(one, 16_000)).tobytes() for one in EVERY
        ]

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(all_heard, range(3)))
    assert found == [all_heard(0)] * 3


def test_a_digest_may_be_the_seed() -> None:
    condition = Condition("white", 10)
    one, other = (perturb(speech(), 16_000, condition, seed) for seed in (b"a" * 32, b"b" * 32))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("kind", ["babble", "pink", "white", "bursts", "environment"])
def test_noise_differs_in_its_level_only(kind: str) -> None:
    soft, loud = (heard(speech(), kind, decibel) - speech() for decibel in (10, 0))
    assert np.allclose(loud, soft * 10**0.5, atol=1e-5)


def test_a_lowpass_at_the_end_of_the_band_changes_nothing() -> None:
    assert np.array_equal(heard(speech(8_000), "lowpass", 4_000, 8_000), speech(8_000))
    assert not np.array_equal(heard(speech(8_000), "lowpass", 3_000, 8_000), speech(8_000))


def test_other_clips_do_not_matter_but_to_babble() -> None:
    condition = Condition("reverb", 0.5)
    alone = perturb(speech(), 16_000, condition, 1)
    assert np.array_equal(alone, perturb(speech(), 16_000, condition, 1, clips()[1:]))
