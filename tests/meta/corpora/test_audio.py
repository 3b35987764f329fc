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

from sertify.corpora.audio import (
    SUFFIXES,
    UnreadableAudio,
    duration_of,
    read_audio,
    segments,
    white_noise,
)
from sertify.corpora.contents import Content
from sertify.corpora.reading import read_corpus
from sertify.corpora.sounding import sounds_of

FORMATS = (
    {"wav": "WAV", "wave": "WAV", "w64": "W64", "rf64": "RF64", "flac": "FLAC", "ogg": "OGG"}
    | {"oga": "OGG", "mp3": "MP3", "aif": "AIFF", "aiff": "AIFF", "aifc": "AIFF", "au": "AU"}
    | {"snd": "AU", "caf": "CAF", "sph": "NIST"}
)


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
        kind = FORMATS.get(name.rpartition(".")[2])
        soundfile.write(tmp_path / name, samples, rate, **{"format": kind, **options})
        return tmp_path / name

    return call


def reason(path: Path, sampling_rate: int = 16_000, least: int = 1) -> str:
    """Return why a file cannot be judged."""
    with pytest.raises(UnreadableAudio) as caught:
        read_audio(path, sampling_rate, least)
    return str(caught.value)


# ------------------------------------------------------------------ what can be read


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_format_is_decoded(write: Callable[..., Path], suffix: str) -> None:
    path = write(tone(16_000), name=f"clip.{suffix}")
    waveform = read_audio(path, 16_000)
    assert waveform.shape == pytest.approx((16_000,), abs=600)  # mp3 pads with silence
    assert frequency(waveform, 16_000) == 440
    assert level(waveform) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_opus_is_decoded(write: Callable[..., Path]) -> None:
    path = write(tone(48_000), 48_000, "clip.opus", format="OGG", subtype="OPUS")
    assert frequency(read_audio(path, 16_000), 16_000) == 440


def test_every_suffix_that_counts_as_audio_has_a_test_of_its_format() -> None:
    assert {f".{suffix}" for suffix in (*FORMATS, "opus")} == SUFFIXES


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_full_scale_is_1_whatever_the_sample_type(write: Callable[..., Path], subtype: str) -> None:
    waveform = read_audio(write(tone(16_000), subtype=subtype), 16_000)
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, tone(16_000), atol=1 / 128)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("wanted", [8_000, 16_000, 24_000])
def test_resampling_keeps_length_frequency_and_level(
    write: Callable[..., Path], rate: int, wanted: int
) -> None:
    waveform = read_audio(write(tone(rate), rate), wanted)
    assert waveform.shape == (wanted,)
    assert frequency(waveform, wanted) == 440
    assert level(waveform) == pytest.approx(level(tone(rate)), rel=1e-3)


def test_resampling_removes_what_the_rate_cannot_hold(write: Callable[..., Path]) -> None:
    waveform = read_audio(write(tone(48_000, hertz=15_000), 48_000), 16_000)
    assert level(waveform) < 1e-4


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_channels_are_averaged(write: Callable[..., Path], channels: int) -> None:
    parts = np.stack([tone(16_000) * (channel + 1) / channels for channel in range(channels)], 1)
    waveform = read_audio(write(parts, subtype="FLOAT"), 16_000)
    np.testing.assert_allclose(waveform, parts.mean(axis=1), atol=1e-6)
    assert waveform.flags.c_contiguous


def test_a_long_file_is_read_to_its_end(write: Callable[..., Path]) -> None:
    ramp = np.linspace(-0.5, 0.5, 200_001, dtype=np.float32)
    np.testing.assert_array_equal(read_audio(write(ramp, subtype="FLOAT"), 16_000), ramp)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_long_file_sounds_as_if_it_were_read_at_once(
    write: Callable[..., Path], suffix: str
) -> None:
    path = write(tone(44_100, seconds=4), 44_100, f"clip.{suffix}")
    whole, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(read_audio(path, 44_100), whole, atol=1e-6)


def test_the_least_number_of_samples_is_enough(write: Callable[..., Path]) -> None:
    assert read_audio(write(tone(8_000)[:200], 8_000), 16_000, least=400).shape == (400,)


# ------------------------------------------------------------------ what cannot


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0), "empty"),
        (np.zeros((0, 2)), "empty"),
        (np.zeros(16_000), "silent"),
        (np.full(16_000, 9e-5), "silent"),
        (np.full(16_000, 0.5), "constant"),
        (np.array([0.1, np.nan, 0.1]), "not_finite"),
        (np.array([0.1, np.inf, 0.1]), "not_finite"),
        (np.array([[np.inf, -np.inf]]), "not_finite"),
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


@pytest.mark.parametrize("content", [b"RIFF" + bytes(40), bytes(1_000)])
def test_what_is_no_audio_is_undecodable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    assert reason(path) == "undecodable"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_header_that_ends_early_is_no_sound(write: Callable[..., Path], suffix: str) -> None:
    path = write(tone(16_000), name=f"clip.{suffix}")
    path.write_bytes(path.read_bytes()[:20])
    assert reason(path) in ("undecodable", "truncated")


@pytest.mark.parametrize(("suffix", "seconds"), [("flac", 9), ("ogg", 1)])
def test_damage_that_the_format_can_tell_is_undecodable(
    write: Callable[..., Path], suffix: str, seconds: int
) -> None:
    samples = tone(16_000, seconds=seconds) * slope(16_000 * seconds)
    path = write(samples, name=f"clip.{suffix}")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(content)
    assert reason(path) == "undecodable"


def test_a_folder_is_not_read_and_a_missing_file_is_missing(tmp_path: Path) -> None:
    assert reason(tmp_path) == "unreadable"
    assert reason(tmp_path / "missing.wav") == "missing"
    assert reason(tmp_path / f"{'long' * 100}.wav") == "missing"
    assert reason(tmp_path / "a\0b.wav") == "missing"


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
    assert reason(tmp_path / "pipe.wav") == "unreadable"


def test_days_of_silence_in_a_small_file_are_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(1_000 * 601, np.float32), 1_000)
    assert reason(path) == "too_long"
    soundfile.write(path, np.zeros(1_000 * 500, np.float32), 1_000)
    assert reason(path) == "silent"


def test_a_wav_file_may_be_shorter_than_it_says(forge: Callable[..., Path]) -> None:
    np.testing.assert_allclose(read_audio(forge(length_of_wav), 16_000), tone(16_000), atol=1e-4)


def test_a_flac_file_may_not(forge: Callable[..., Path]) -> None:
    assert reason(forge(length_of_flac, "flac")) == "truncated"


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


# ------------------------------------------------------------------ a stretch of a file


def slope(frames: int) -> NDArray[np.float32]:
    """Return samples that are all different."""
    return np.linspace(-0.5, 0.5, frames, dtype=np.float32)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(("start", "end"), [(0, 0.5), (0.25, 4.75), (4.123, None), (4.5, 9)])
def test_a_stretch_is_cut_out_of_the_whole(
    write: Callable[..., Path], suffix: str, start: float, end: float | None
) -> None:
    path = write(tone(16_000, seconds=5) * slope(80_000), name=f"clip.{suffix}")
    part = slice(round(start * 16_000), None if end is None else round(end * 16_000))
    stretch = read_audio(path, 16_000, start=start, end=end)
    np.testing.assert_allclose(stretch, read_audio(path, 16_000)[part], atol=1e-6)


def test_a_stretch_is_in_seconds_whatever_the_rates(write: Callable[..., Path]) -> None:
    path = write(np.r_[tone(44_100, 440), tone(44_100, 880), tone(44_100, 440)], 44_100)
    stretch = read_audio(path, 16_000, start=1, end=2)
    assert stretch.shape == (16_000,)
    assert frequency(stretch, 16_000) == 880


def test_a_stretch_may_be_a_single_sample(write: Callable[..., Path]) -> None:
    path = write(slope(1_000), 1_000, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(path, 1_000, start=0.999), slope(1_000)[999:])


@pytest.mark.parametrize(("start", "end"), [(1, 2), (5, None), (0.5, 0.5), (0.5, 0.2), (-1, 1)])
def test_a_stretch_outside_the_file_is_empty(
    write: Callable[..., Path], start: float, end: float | None
) -> None:
    path = write(tone(16_000))
    for listen in (read_audio, whole_segments):
        with pytest.raises(UnreadableAudio, match="empty"):
            listen(path, 16_000, start=start, end=end)


def test_only_the_stretch_is_judged(write: Callable[..., Path]) -> None:
    samples = np.r_[[np.nan], tone(1_000, 100), np.zeros(1_000), slope(700_000)]
    path = write(samples, 1_000, subtype="FLOAT")
    stretch = read_audio(path, 1_000, start=0.001, end=1.001)
    np.testing.assert_array_equal(stretch, tone(1_000, 100))
    for start, end, why in [(0, 1, "not_finite"), (1.5, 1.9, "silent"), (2, None, "too_long")]:
        with pytest.raises(UnreadableAudio, match=why):
            read_audio(path, 1_000, start=start, end=end)


# ------------------------------------------------------------------ segments


def whole_segments(path: Path, sampling_rate: int, **options: Any) -> list[NDArray[np.float32]]:
    """Return the segments of a second."""
    return list(segments(path, sampling_rate, 1, 1, **options))


def cuts(
    write: Callable[..., Path], frames: int, seconds: float, hop: float, **options: Any
) -> list[tuple[int, int]]:
    """Return where the segments of so many samples begin and end, 1 kHz apart, in samples."""
    samples = slope(frames)
    path = write(samples, 1_000, subtype="FLOAT")
    found = []
    for segment in segments(path, 1_000, seconds, hop, **options):
        begin = int(np.searchsorted(samples, segment[0]))
        np.testing.assert_array_equal(segment, samples[begin : begin + segment.size])
        found.append((begin, begin + segment.size))
    return found


@pytest.mark.parametrize(
    ("frames", "seconds", "hop", "expected"),
    [
        (3_000, 1, 1, [(0, 1_000), (1_000, 2_000), (2_000, 3_000)]),
        # A rest of half a segment, and of less.
        (2_500, 1, 1, [(0, 1_000), (1_000, 2_000), (2_000, 2_500)]),
        (2_499, 1, 1, [(0, 1_000), (1_000, 2_000)]),
        # The only one.
        (1_000, 1, 1, [(0, 1_000)]),
        (300, 1, 1, [(0, 300)]),
        (1, 1, 1, [(0, 1)]),
        # Overlap: the last holds the end, and nothing comes after it.
        (2_000, 1, 0.5, [(0, 1_000), (500, 1_500), (1_000, 2_000)]),
        (2_001, 1, 0.5, [(0, 1_000), (500, 1_500), (1_000, 2_000), (1_500, 2_001)]),
        (1_600, 1, 0.25, [(0, 1_000), (250, 1_250), (500, 1_500), (750, 1_600)]),
        # Gaps.
        (5_000, 1, 2, [(0, 1_000), (2_000, 3_000), (4_000, 5_000)]),
        (4_499, 1, 2, [(0, 1_000), (2_000, 3_000)]),
        (4_500, 1, 2, [(0, 1_000), (2_000, 3_000), (4_000, 4_500)]),
        (2_000, 1, 2, [(0, 1_000)]),
        # The sample nearest to the time, without a drift.
        (12, 0.003, 0.0025, [(0, 3), (2, 5), (5, 8), (8, 11), (10, 12)]),
    ],
)
def test_segments_begin_and_end_at_their_samples(
    write: Callable[..., Path],
    frames: int,
    seconds: float,
    hop: float,
    expected: list[tuple[int, int]],
) -> None:
    assert cuts(write, frames, seconds, hop) == expected


@pytest.mark.parametrize(("seconds", "hop"), [(1, 1), (7, 3.3337), (0.5, 80), (100, 100), (70, 5)])
def test_segments_do_not_depend_on_how_the_file_is_read(
    write: Callable[..., Path], seconds: float, hop: float
) -> None:
    length, frames = round(seconds * 1_000), 200_000  # a block has 65536
    begins = (round(index * (hop * 1_000)) for index in range(frames))
    full = [(begin, begin + length) for begin in begins if begin + length <= frames]
    found = cuts(write, frames, seconds, hop)
    assert found[: len(full)] == full
    assert len(found) - len(full) in (0, 1)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("wanted", [8_000, 16_000])
def test_resampling_a_stream_is_resampling_the_whole(
    write: Callable[..., Path], rate: int, wanted: int
) -> None:
    generator = np.random.default_rng(0)
    path = write(0.1 * generator.standard_normal((rate * 9, 2)), rate, "clip.flac")
    whole = read_audio(path, wanted)
    parts = list(segments(path, wanted, 0.7, 0.7))
    np.testing.assert_allclose(np.concatenate(parts), whole[: sum(map(len, parts))], atol=1e-6)
    assert len(parts) == 13
    assert parts[-1].shape == pytest.approx((0.6 * wanted,), abs=1)
    assert all(part.dtype == np.float32 and part.flags.c_contiguous for part in parts)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_segments_of_a_stretch_are_those_of_the_stretch_alone(
    write: Callable[..., Path], rate: int
) -> None:
    path = write(tone(rate, seconds=5) * slope(rate * 5), rate)
    parts = whole_segments(path, 16_000, start=1.5, end=4.5)
    whole = read_audio(path, 16_000, start=1.5, end=4.5)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_a_segment_may_be_changed_without_changing_the_next(write: Callable[..., Path]) -> None:
    path = write(slope(3_000), 1_000, subtype="FLOAT")
    stream = segments(path, 1_000, 1, 0.5)
    next(stream)[:] = 7
    np.testing.assert_array_equal(next(stream), slope(3_000)[500:1_500])


def test_silent_segments_are_left_out(write: Callable[..., Path]) -> None:
    pause = np.zeros(1_000, np.float32)
    loud = [tone(1_000, 100), tone(1_000, 200), tone(1_000, 300)]
    path = write(np.r_[pause, loud[0], pause, pause, loud[1], loud[2], pause], 1_000)
    found = whole_segments(path, 1_000)
    np.testing.assert_allclose(np.array(found), np.array(loud), atol=1e-4)


def test_a_short_rest_after_silence_is_the_only_one(write: Callable[..., Path]) -> None:
    path = write(np.r_[np.zeros(5_000), tone(1_000, 100)[:200]], 1_000)
    assert [part.size for part in whole_segments(path, 1_000)] == [200]


def test_a_rest_below_the_least_is_left_out(write: Callable[..., Path]) -> None:
    path = write(tone(1_000, 100, seconds=1.6), 1_000)
    assert [part.size for part in whole_segments(path, 1_000, least=600)] == [1_000, 600]
    assert [part.size for part in whole_segments(path, 1_000, least=601)] == [1_000]


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0), "empty"),
        (np.zeros(16_000 * 5), "silent"),
        (np.full(100, 9e-5), "silent"),
        (tone(16_000)[:399], "too_short"),
        (np.r_[tone(16_000)[:399], np.zeros(15_601 + 16_000)], None),
        (np.r_[np.zeros(16_000), tone(16_000)[:399]], "too_short"),
    ],
)
def test_a_clip_without_a_segment_is_told_by_a_word(
    write: Callable[..., Path], samples: Any, why: str | None
) -> None:
    path = write(samples, subtype="FLOAT")
    if why is None:
        assert len(whole_segments(path, 16_000, least=400)) == 1
    else:
        with pytest.raises(UnreadableAudio, match=why):
            whole_segments(path, 16_000, least=400)


@pytest.mark.parametrize(("rate", "wanted"), [(16_000, 16_000), (96_000, 16_000)])
def test_a_segment_that_resampling_leaves_too_short_is_told(
    write: Callable[..., Path], rate: int, wanted: int
) -> None:
    with pytest.raises(UnreadableAudio, match="too_short"):
        whole_segments(write([0.5, 0.5], rate), wanted, least=3)


@pytest.mark.parametrize("flaw", [np.nan, np.inf])
def test_damage_in_the_middle_shows_before_there_is_a_segment(
    write: Callable[..., Path], flaw: float
) -> None:
    samples = slope(200_000)
    samples[150_000] = flaw
    stream = segments(write(samples, 1_000, subtype="FLOAT"), 1_000, 1, 1)
    with pytest.raises(UnreadableAudio, match="not_finite"):
        next(stream)


@pytest.mark.parametrize(
    ("change", "suffix", "seconds"),
    [(rate_of_wav(1), "wav", None), (length_of_flac, "flac", None), (length_of_wav, "wav", 1)],
)
def test_segments_believe_a_header_no_more_than_the_whole_does(
    forge: Callable[..., Path], change: Callable[[bytearray], None], suffix: str, seconds: Any
) -> None:
    path = forge(change, suffix)
    if seconds is None:
        with pytest.raises(UnreadableAudio, match=r"undecodable|truncated"):
            whole_segments(path, 16_000)
    else:
        assert [part.size for part in whole_segments(path, 16_000)] == [16_000]


def test_what_is_no_audio_has_no_segments(tmp_path: Path) -> None:
    (tmp_path / "clip.wav").write_bytes(b"not audio")
    os.mkfifo(tmp_path / "pipe.wav")
    flaws = {"clip.wav": "other_format", "pipe.wav": "unreadable", "missing.wav": "missing"}
    for name, flaw in flaws.items():
        with pytest.raises(UnreadableAudio, match=flaw):
            whole_segments(tmp_path / name, 16_000)


@pytest.mark.parametrize(("seconds", "hop"), [(0, 1), (1, 0), (-1, 1), (1, -1), (1e-5, 1)])
def test_segments_are_a_sample_long_and_apart(
    write: Callable[..., Path], seconds: float, hop: float
) -> None:
    with pytest.raises(ValueError, match="neither should be below a sample"):
        list(segments(write(tone(16_000)), 16_000, seconds, hop))


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"hour.{suffix}"
    minute = tone(8_000, seconds=60)
    with soundfile.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(60):
            file.write(minute)
    assert reason(path) == "too_long"
    tracemalloc.start()
    try:
        count = sum(1 for _ in segments(path, 16_000, seconds=10, hop=10))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 360
    assert peak < 5_000_000  # the hour has 230 MB


# ------------------------------------------------------------------ noise


def test_noise_is_the_same_on_every_call_and_20_db_below_full_scale() -> None:
    first, second = white_noise(1, 16_000), white_noise(1, 16_000)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (16_000,)
    assert first.dtype == np.float32
    assert first.std() == pytest.approx(0.1, rel=0.02)
    assert np.abs(first).max() <= 1


def test_names_that_are_not_in_utf_8_are_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"stra\xdfe.wav")
    try:
        soundfile.write(os.fsencode(path), tone(16_000), 16_000, format="WAV")
    except (OSError, RuntimeError):
        pytest.skip("needs a file system that takes any bytes for a name")
    assert frequency(read_audio(path, 16_000), 16_000) == 440
    assert duration_of(Content(path)) == 1
    (clip,) = read_corpus(tmp_path).clips
    assert [sound.seconds for sound in sounds_of([clip])] == [1]
