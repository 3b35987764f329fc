"""Audio files of any kind become the waveform that a model wants, or a word for why not."""

import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertify.audio import SUFFIXES, UnreadableAudio, noise, read

FORMATS = ("wav", "flac", "ogg", "mp3")


def tone(rate: int, hertz: float = 440, seconds: float = 1) -> NDArray[np.float32]:
    """Return a sine 6 dB below full scale."""
    times = np.arange(round(rate * seconds)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def frequency(waveform: NDArray[np.float32], rate: int) -> float:
    """Return the frequency of the strongest component, to 1 Hz."""
    windowed = waveform * np.hanning(waveform.size)
    return float(np.abs(np.fft.rfft(windowed, n=rate)).argmax())


def level(waveform: NDArray[np.float32]) -> float:
    """Return the root mean square of the middle half, where no filter rings."""
    quarter = waveform.size // 4
    return float(np.sqrt(np.mean(waveform[quarter : -quarter or None] ** 2)))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write samples into a file."""

    def call(samples: Any, rate: int = 16_000, name: str = "clip.wav", **options: Any) -> Path:
        soundfile.write(tmp_path / name, samples, rate, **options)
        return tmp_path / name

    return call


def reason(path: Path, sampling_rate: int = 16_000, least: int = 1) -> str:
    """Return why a file cannot be judged."""
    with pytest.raises(UnreadableAudio) as caught:
        read(path, sampling_rate, least)
    return str(caught.value)


# ------------------------------------------------------------------ what can be read


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_format_is_decoded(write: Callable[..., Path], suffix: str) -> None:
    waveform = read(write(tone(16_000), name=f"clip.{suffix}"), 16_000)
    assert waveform.shape == pytest.approx((16_000,), abs=600)  # mp3 pads with silence
    assert frequency(waveform, 16_000) == 440
    assert level(waveform) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_opus_is_decoded(write: Callable[..., Path]) -> None:
    path = write(tone(48_000), 48_000, "clip.opus", format="OGG", subtype="OPUS")
    assert frequency(read(path, 16_000), 16_000) == 440


def test_every_suffix_that_counts_as_audio_has_a_test_of_its_format() -> None:
    assert {f".{suffix}" for suffix in (*FORMATS, "opus")} == SUFFIXES


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_full_scale_is_1_whatever_the_sample_type(write: Callable[..., Path], subtype: str) -> None:
    waveform = read(write(tone(16_000), subtype=subtype), 16_000)
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, tone(16_000), atol=1 / 128)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("wanted", [8_000, 16_000, 24_000])
def test_resampling_keeps_length_frequency_and_level(
    write: Callable[..., Path], rate: int, wanted: int
) -> None:
    waveform = read(write(tone(rate), rate), wanted)
    assert waveform.shape == (wanted,)
    assert frequency(waveform, wanted) == 440
    assert level(waveform) == pytest.approx(level(tone(rate)), rel=1e-3)


def test_resampling_removes_what_the_rate_cannot_hold(write: Callable[..., Path]) -> None:
    waveform = read(write(tone(48_000, hertz=15_000), 48_000), 16_000)
    assert level(waveform) < 1e-4


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_channels_are_averaged(write: Callable[..., Path], channels: int) -> None:
    parts = np.stack([tone(16_000) * (channel + 1) / channels for channel in range(channels)], 1)
    waveform = read(write(parts, subtype="FLOAT"), 16_000)
    np.testing.assert_allclose(waveform, parts.mean(axis=1), atol=1e-6)
    assert waveform.flags.c_contiguous


def test_a_long_file_is_read_to_its_end(write: Callable[..., Path]) -> None:
    ramp = np.linspace(-0.5, 0.5, 200_001, dtype=np.float32)
    np.testing.assert_array_equal(read(write(ramp, subtype="FLOAT"), 16_000), ramp)


def test_the_least_number_of_samples_is_enough(write: Callable[..., Path]) -> None:
    assert read(write(tone(8_000)[:200], 8_000), 16_000, least=400).shape == (400,)


def test_half_of_a_wav_file_is_half_a_clip(write: Callable[..., Path]) -> None:
    path = write(tone(16_000))
    path.write_bytes(path.read_bytes()[:16_044])
    assert read(path, 16_000).shape == (8_000,)


# ------------------------------------------------------------------ what cannot


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0), "empty"),
        (np.zeros((0, 2)), "empty"),
        (np.zeros(16_000), "silent"),
        (np.full(16_000, 9e-5), "silent"),
        (np.stack([tone(16_000), -tone(16_000)], axis=1), "silent"),
        (np.array([0.1, np.nan, 0.1]), "undecodable"),
        (np.array([0.1, np.inf, 0.1]), "undecodable"),
        (np.array([[np.inf, -np.inf]]), "undecodable"),
        (tone(16_000)[:399], "too_short"),
        (np.array([0.5]), "too_short"),
    ],
)
def test_a_clip_without_enough_sound_is_told_by_a_word(
    write: Callable[..., Path], samples: Any, why: str
) -> None:
    assert reason(write(samples, subtype="FLOAT"), least=400) == why


def test_too_short_is_judged_after_resampling(write: Callable[..., Path]) -> None:
    assert reason(write(tone(48_000)[:1_000], 48_000), least=400) == "too_short"
    assert reason(write([0.5, 0.5], 96_000)) == "too_short"


@pytest.mark.parametrize("content", [b"", b"not audio", b"RIFF", bytes(1_000)])
def test_what_is_no_audio_is_undecodable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    assert reason(path) == "undecodable"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_truncated_header_is_undecodable(write: Callable[..., Path], suffix: str) -> None:
    path = write(tone(16_000), name=f"clip.{suffix}")
    path.write_bytes(path.read_bytes()[:20])
    assert reason(path) == "undecodable"


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
def test_damage_that_the_format_can_tell_is_undecodable(
    write: Callable[..., Path], suffix: str
) -> None:
    path = write(tone(16_000), name=f"clip.{suffix}")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(content)
    assert reason(path) == "undecodable"


def test_a_folder_and_a_missing_file_are_undecodable(tmp_path: Path) -> None:
    assert reason(tmp_path) == "undecodable"
    assert reason(tmp_path / "missing.wav") == "undecodable"


# ------------------------------------------------------------------ headers that lie


def rate_of_wav(hertz: int) -> Callable[[bytearray], None]:
    """Return what overwrites the sampling rate."""

    def change(content: bytearray) -> None:
        content[24:28] = struct.pack("<I", hertz)

    return change


def length_of_wav(content: bytearray) -> None:
    """Claim 4 GB."""
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = b"\xff" * 4


def length_of_flac(content: bytearray) -> None:
    """Claim 2 ** 36 - 1 samples, which are 256 GB."""
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4


@pytest.fixture
def forge(write: Callable[..., Path]) -> Callable[..., Path]:
    """Write a second of sound, then change its header."""

    def call(change: Callable[[bytearray], None], suffix: str = "wav") -> Path:
        path = write(tone(16_000), name=f"clip.{suffix}")
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(content)
        return path

    return call


@pytest.mark.parametrize("hertz", [0, 1, 999, 1_000_000, 2**31 - 1])
def test_a_sampling_rate_of_no_audio_is_undecodable(forge: Callable[..., Path], hertz: int) -> None:
    assert reason(forge(rate_of_wav(hertz))) == "undecodable"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert reason(tmp_path / "pipe.wav") == "undecodable"


def test_days_of_silence_in_a_small_file_are_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(1_000 * 601, np.float32), 1_000)
    assert reason(path) == "too_long"
    soundfile.write(path, np.zeros(1_000 * 500, np.float32), 1_000)
    assert reason(path) == "silent"


def test_a_wav_file_may_be_shorter_than_it_says(forge: Callable[..., Path]) -> None:
    np.testing.assert_allclose(read(forge(length_of_wav), 16_000), tone(16_000), atol=1e-4)


def test_a_flac_file_may_not(forge: Callable[..., Path]) -> None:
    assert reason(forge(length_of_flac, "flac")) == "undecodable"


@pytest.mark.parametrize(
    ("change", "suffix"),
    [(rate_of_wav(1), "wav"), (rate_of_wav(999), "wav"), (length_of_flac, "flac")],
)
def test_a_header_that_lies_takes_no_memory(
    forge: Callable[..., Path], change: Callable[[bytearray], None], suffix: str
) -> None:
    path = forge(change, suffix)
    tracemalloc.start()
    try:
        reason(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


# ------------------------------------------------------------------ noise


def test_noise_is_the_same_on_every_call_and_20_db_below_full_scale() -> None:
    first, second = noise(1, 16_000), noise(1, 16_000)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (16_000,)
    assert first.dtype == np.float32
    assert first.std() == pytest.approx(0.1, rel=0.02)
    assert np.abs(first).max() <= 1
