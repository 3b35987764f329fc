"""The height of a voice and the noise around it are estimated near what they are."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from sertify.corpora.audio import Waveform, read_audio
from sertify.corpora.bands import SIGNAL_GROUPS, pitch_band, snr_band
from sertify.corpora.noisiness import CLEANEST, NOISIEST, snr_of
from sertify.corpora.perturbing.levels import active_level
from sertify.corpora.pitch import pitch_of
from sertify.corpora.reading import read_corpus

RATE = 16_000
SPEECH = Path(__file__).parents[3] / "fixtures" / "speech" / "test"
SHARED = Path(__file__).parents[4] / "shared" / "corpora"
PRAAT = tomllib.loads(Path(__file__).with_name("praat.toml").read_text("utf-8"))


def clip(name: str) -> Waveform:
    return read_audio(SPEECH / name, RATE)


def voice(
    frequency: float,
    seconds: float = 1.5,
    tilt: float = 1.0,
    jitter: float = 0.01,
    rate: int = RATE,
) -> Waveform:
    """Return a buzz with formants, whose pitch wavers, as of a vowel."""
    random = np.random.default_rng(round(frequency))
    steps = np.cumsum(random.standard_normal(round(seconds * rate)))
    wavering = 1 + jitter * np.sin(2 * np.pi * 4 * np.arange(steps.size) / rate)
    phase = 2 * np.pi * np.cumsum(frequency * wavering) / rate
    harmonics = np.arange(1, int(0.45 * rate / frequency))
    formants = sum(np.exp(-(((harmonics * frequency - centre) / 150) ** 2))
                   for centre in (500, 1500, 2500))  # fmt: skip
    strength = (0.05 + formants) / harmonics**tilt
    buzz = (strength[:, None] * np.sin(harmonics[:, None] * phase)).sum(axis=0)
    made: Waveform = (0.3 * buzz / np.abs(buzz).max()).astype(np.float32)
    return made


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("frequency", [65, 80, 110, 145, 190, 220, 300, 400, 480])
def test_the_pitch_of_a_vowel_is_found(frequency: float, rate: int) -> None:
    found = pitch_of(voice(frequency, rate=rate), rate)
    assert found == pytest.approx(frequency, rel=0.02)


@pytest.mark.parametrize("frequency", [90, 130, 200, 260])
def test_a_strong_second_harmonic_is_not_the_pitch(frequency: float) -> None:
    time = np.arange(2 * RATE) / RATE
    harmonics = np.arange(1, 5)[:, None]
    strength = np.array([[0.2], [1.0], [0.3], [0.5]])
    buzz = (strength * np.sin(2 * np.pi * harmonics * frequency * time)).sum(axis=0)
    assert pitch_of(buzz.astype(np.float32), RATE) == pytest.approx(frequency, rel=0.02)


@pytest.mark.parametrize("frequency", [100, 170, 240])
def test_the_pitch_is_found_without_its_fundamental(frequency: float) -> None:
    """As over a phone, which passes nothing below 300 Hz."""
    spectrum = np.fft.rfft(voice(frequency))
    spectrum[: round(300 * 1.5)] = 0
    heard = np.fft.irfft(spectrum).astype(np.float32)
    assert pitch_of(heard, RATE) == pytest.approx(frequency, rel=0.03)


def test_half_of_a_clip_in_silence_changes_no_pitch() -> None:
    silent = np.zeros(2 * RATE, np.float32)
    assert pitch_of(np.concatenate([silent, voice(120)]), RATE) == pytest.approx(120, rel=0.02)


def test_the_pitch_outlasts_noise() -> None:
    noise = np.random.default_rng(0).standard_normal(round(1.5 * RATE)).astype(np.float32)
    spoken = voice(120)
    heard = spoken + noise * np.float32(active_level(spoken, RATE) * 10**-0.5)  # 10 dB
    assert pitch_of(heard, RATE) == pytest.approx(120, rel=0.03)


# What has no pitch.
MUTE = {
    "silence": np.zeros(RATE, np.float32),
    "noise": np.random.default_rng(0).standard_normal(RATE).astype(np.float32),
    "nothing": np.zeros(0, np.float32),
    "a moment": voice(120)[:700],
    "a constant": np.full(RATE, 0.3, np.float32),
    "a click": np.eye(1, RATE, 500, dtype=np.float32)[0],
    "a short voice in noise": np.concatenate(
        [np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32) / 5, voice(150, 0.2)]
    ),
}


@pytest.mark.parametrize("what", MUTE)
def test_what_is_hardly_voiced_has_no_pitch(what: str) -> None:
    assert pitch_of(MUTE[what], RATE) is None


def test_the_pitch_of_a_long_clip_is_that_of_its_whole() -> None:
    parts = [voice(110, 40), voice(210, 90)]
    assert pitch_of(np.concatenate(parts), RATE) == pytest.approx(210, rel=0.02)


def test_the_pitch_of_speech_is_what_praat_finds() -> None:
    ratios = np.array([pitch_of(clip(name), RATE) / known for name, known in PRAAT.items()])
    assert np.mean(np.abs(ratios - 1) < 0.1) >= 0.97
    assert np.median(np.abs(ratios - 1)) < 0.01


@pytest.mark.parametrize("name", ["emodb", "ravdess"])
def test_the_pitch_of_speakers_tells_women_from_men(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"there is no {SHARED / name}")
    by_speaker: dict[str, list[float]] = {"male": [], "female": []}
    corpus = read_corpus(SHARED / name)
    for speaker in sorted({one.speaker or "" for one in corpus.clips}):
        own = [one for one in corpus.clips if one.speaker == speaker and one.emotion == "neutral"]
        found = [pitch_of(read_audio(one.path, RATE), RATE) for one in own[:4]]
        by_speaker[own[0].gender or ""].append(float(np.median([f for f in found if f])))
    assert min(by_speaker["female"]) > max(by_speaker["male"])


def mixed(speech: Waveform, colour: str, ratio: float) -> Waveform:
    random = np.random.default_rng(0).standard_normal(speech.size)
    if colour == "pink":
        spectrum = np.fft.rfft(random)
        frequencies = np.fft.rfftfreq(speech.size, 1 / RATE)
        random = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 20)), speech.size)
    random *= active_level(speech, RATE) * 10 ** (-ratio / 20) / np.sqrt(np.mean(random**2))
    return speech + random.astype(np.float32)


NAMES = [*PRAAT][::4]


@pytest.mark.parametrize("colour", ["white", "pink"])
def test_noise_that_is_added_is_told(colour: str) -> None:
    """Within 3 dB, the noise of the clips themselves counted in; more noise is always told."""
    for name in NAMES:
        speech = clip(name)
        own = snr_of(speech, RATE)
        assert own is not None
        added = [20, 15, 10, 5, 0]
        truth = [-10 * np.log10(10 ** (-own / 10) + 10 ** (-ratio / 10)) for ratio in added]
        found = [snr_of(mixed(speech, colour, ratio), RATE) or np.nan for ratio in added]
        assert found == sorted(found, reverse=True), name
        assert np.abs(np.subtract(found, truth)).max() < 3, (name, found)


def test_silence_before_speech_makes_it_no_cleaner() -> None:
    heard = mixed(voice(120, 3), "white", 10)
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), heard])
    assert snr_of(padded, RATE) == pytest.approx(snr_of(heard, RATE), abs=0.5)


def test_the_ratio_does_not_depend_on_the_volume() -> None:
    heard = mixed(clip(NAMES[0]), "pink", 12)
    assert snr_of(heard / np.float32(10), RATE) == pytest.approx(snr_of(heard, RATE), abs=0.01)


def test_the_ratio_has_limits() -> None:
    random = np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    gain = np.where(np.arange(2 * RATE) % RATE < RATE // 2, 1, 1e-4)
    bursts = np.asarray(random * gain, np.float32)
    assert snr_of(bursts, RATE) == CLEANEST
    found = snr_of(random, RATE)
    assert found is not None
    assert NOISIEST <= found < 0


@pytest.mark.parametrize("what", ["silence", "nothing", "a moment"])
def test_nothing_is_told_of_what_is_too_little(what: str) -> None:
    assert snr_of(MUTE[what], RATE) is None


def test_bands_are_named_by_their_limits() -> None:
    assert [pitch_band(f) for f in (60, 145, 145.1, 190, 190.1, 500)] == [
        *("low", "low", "middle", "middle", "high", "high")
    ]
    assert [snr_band(r) for r in (-10, 14.9, 15, 24.9, 25, 60)] == [
        *("noisy", "noisy", "middle", "middle", "clean", "clean")
    ]


@pytest.mark.parametrize("name", SIGNAL_GROUPS)
def test_each_group_says_that_it_is_an_estimate(name: str) -> None:
    group = SIGNAL_GROUPS[name]
    assert f"{name} is estimated from the sound" in group.remark
    estimate = group.estimate(voice(120), RATE)
    assert estimate is not None
    assert group.band(estimate) in group.remark
