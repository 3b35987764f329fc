"""Sound of phones and of videos is what soundfile reads of the same sound, or has a flaw."""

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertify.corpora import media, sight, trees
from sertify.corpora.audio import read_audio, segments
from sertify.corpora.clips import Clip
from sertify.corpora.flaws import Flaw, UnreadableAudio
from sertify.corpora.hearable import flaw_of, require_hearable
from sertify.corpora.reading import read_corpus
from sertify.corpora.suffixes import UNREAD_SUFFIXES
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.rows import Row, check, noise, noises

RATE = 16_000
KINDS: dict[str, tuple[str, str, int]] = {
    ".m4a": ("ipod", "aac", RATE),
    ".m4b": ("ipod", "aac", RATE),
    ".mp4": ("mp4", "aac", 44_100),
    ".mov": ("mov", "aac", RATE),
    ".3gp": ("3gp", "aac", RATE),
    ".aac": ("adts", "aac", RATE),
    ".ac3": ("ac3", "ac3", 48_000),
    ".mka": ("matroska", "aac", RATE),
    ".mkv": ("matroska", "libopus", 48_000),
    ".webm": ("webm", "libopus", 48_000),
    ".avi": ("avi", "mp3", RATE),
    ".amr": ("amr", "libopencore_amrnb", 8_000),
    ".wma": ("asf", "wmav2", 44_100),
}
"""FFmpeg's container and codec of each ending, and a rate that the codec knows."""


def speech(seconds: float = 2.0) -> NDArray[np.float32]:
    """Return a tone of which each tenth of a second is of another height and loudness."""
    times = np.arange(round(seconds * RATE)) / RATE
    steps = np.floor(10 * times)
    loud = 0.1 + 0.3 * ((7 * steps) % 10) / 10
    return (loud * np.sin(2 * np.pi * (300 + 40 * steps) * times)).astype(np.float32)


def encode(
    path: Path, samples: NDArray[np.float32], *, sound: bool = True, pictures: int = 0
) -> Path:
    """Write samples in the format of an ending, maybe beside pictures."""
    kind, codec, rate = KINDS[path.suffix]
    with av.open(str(path), "w", format=kind) as container:
        if pictures:
            video = container.add_stream("mpeg4", rate=10)
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio: Any = container.add_stream(codec, rate=rate, layout="mono") if sound else None
        for _ in range(pictures):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(frame))
        if pictures:
            container.mux(video.encode())
        if audio is not None:
            # AMR is none but 12.2 kbit/s for phones; the others are nearly transparent.
            audio.bit_rate = 12_200 if kind == "amr" else 128_000
            if not pictures:  # which opened it
                audio.codec_context.open()
            frame_of = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
            frame_of.sample_rate, frame_of.pts, frame_of.time_base = RATE, 0, Fraction(1, RATE)
            to_codec = av.AudioResampler(
                audio.codec_context.format, "mono", rate, audio.codec_context.frame_size or None
            )
            for piece in (*to_codec.resample(frame_of), *to_codec.resample(None)):
                container.mux(audio.encode(piece))
            container.mux(audio.encode())
    return path


@pytest.fixture
def without_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PyAV not be installed."""
    for module in (media, sight, trees):
        monkeypatch.setattr(module, "can_decode_media", lambda: False)


def delay(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    """Return by how many samples one is behind the other, by where they agree most."""
    lags = range(-3000, 3000, 1)
    middle = one[8000:16_000]
    scores = [float(np.dot(middle, other[8000 + lag : 16_000 + lag])) for lag in lags]
    return lags[int(np.argmax(scores))]


def test_every_ending_has_a_format() -> None:
    assert {*KINDS} == UNREAD_SUFFIXES


@pytest.mark.parametrize("suffix", KINDS)
def test_what_is_decoded_is_what_soundfile_reads_of_the_same_sound(
    suffix: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "clip.wav", speech(), RATE, subtype="FLOAT")
    expected = read_audio(tmp_path / "clip.wav", RATE)
    heard = read_audio(encode(tmp_path / f"clip{suffix}", speech()), RATE)
    assert heard.dtype == np.float32
    # Encoders put some silence before and behind.
    assert heard.size == pytest.approx(expected.size, abs=4000)
    late = delay(expected, heard)
    assert -1000 <= late <= 2500
    part = slice(2000, 28_000)
    other = heard[part.start + late : part.stop + late]
    assert np.corrcoef(expected[part], other)[0, 1] > (0.9 if suffix == ".amr" else 0.98)
    assert np.std(other) == pytest.approx(np.std(expected[part]), rel=0.25)


@pytest.mark.parametrize("suffix", KINDS)
def test_a_stretch_and_segments_are_those_of_the_whole(suffix: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"clip{suffix}", speech())
    rate = KINDS[suffix][2]
    whole = read_audio(path, rate)
    np.testing.assert_array_equal(
        read_audio(path, rate, start=0.5, end=1.25), whole[round(0.5 * rate) : round(1.25 * rate)]
    )
    parts = [*segments(path, rate, 0.25, 0.25)]
    np.testing.assert_array_equal(np.concatenate(parts), whole[: sum(map(len, parts))])
    with pytest.raises(UnreadableAudio, match="empty"):
        read_audio(path, rate, start=5)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_the_sound_of_a_video_is_heard(suffix: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"clip{suffix}", speech(), pictures=20)
    assert read_audio(path, RATE).size == pytest.approx(2 * RATE, abs=4000)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_video_without_sound_is_told(suffix: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"clip{suffix}", speech(), sound=False, pictures=20)
    with pytest.raises(UnreadableAudio, match="no_sound"):
        read_audio(path, RATE)


def cut(path: Path, share: float) -> Path:
    """Keep the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: round(share * len(content))])
    return path


@pytest.mark.parametrize("suffix", KINDS)
def test_half_a_file_is_never_heard_as_a_whole_one_that_tells_its_length(
    suffix: str, tmp_path: Path
) -> None:
    path = cut(encode(tmp_path / f"clip{suffix}", speech(8)), 0.5)
    flaw = flaw_of(Clip("x", path))
    # These tell none: what is left of them may be one that is shorter.
    if suffix in (".aac", ".ac3", ".amr"):
        assert flaw is None or flaw.code == "undecodable"
    else:
        assert flaw is not None
        assert flaw.code in ("truncated", "undecodable")


@pytest.mark.parametrize("suffix", KINDS)
def test_damage_is_a_flaw_or_no_matter_but_never_an_error(
    suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = encode(tmp_path / f"clip{suffix}", speech())
    content = path.read_bytes()
    for seed in range(25):
        random = np.random.default_rng(seed)
        damaged = bytearray(content)
        for at in random.integers(0, len(damaged), 30):
            damaged[at] = random.integers(256)
        path.write_bytes(damaged[: random.integers(20, len(damaged) + 1)])
        flaw = flaw_of(Clip("x", path))
        assert flaw is None or flaw.code
    assert capfd.readouterr() == ("", "")


def test_a_playlist_leads_nowhere(tmp_path: Path) -> None:
    noise(tmp_path / "secret.wav")
    lists = {
        "a.m4a": "#EXTM3U\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "b.mp4": f"ffconcat version 1.0\nfile {tmp_path / 'secret.wav'}\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        assert flaw_of(Clip(name, tmp_path / name)) == Flaw("other_format", "a text")


def test_what_is_named_wav_but_is_not_is_told(tmp_path: Path) -> None:
    encode(tmp_path / "clip.m4a", speech()).rename(tmp_path / "clip.wav")
    flaw = flaw_of(Clip("x", tmp_path / "clip.wav"))
    assert flaw == Flaw("other_format", "an MPEG-4 file, such as .m4a, .mp4 or .mov")


def test_a_wav_file_that_is_named_m4a_is_read(tmp_path: Path) -> None:
    noise(tmp_path / "clip.wav").rename(tmp_path / "clip.m4a")
    assert read_audio(tmp_path / "clip.m4a", RATE).size == round(0.3 * RATE)


def test_what_lies_in_a_larger_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    content = encode(tmp_path / "clip.m4a", speech()).read_bytes()
    (tmp_path / "shard.tar").write_bytes(b"before" + content + b"after")
    clip = Clip("x", tmp_path / "shard.tar", offset=6, size=len(content))
    np.testing.assert_array_equal(
        read_audio(clip.content, RATE), read_audio(tmp_path / "clip.m4a", RATE)
    )


def calls(*suffixes: str) -> Callable[[Path], None]:
    """Return what writes a clip of each ending into folders of emotions."""

    def write(root: Path) -> None:
        for number, suffix in enumerate(suffixes):
            folder = root / ("angry", "sad")[number % 2]
            folder.mkdir(exist_ok=True)
            if suffix == ".wav":
                noise(folder / f"{number}{suffix}")
            else:
                encode(folder / f"{number}{suffix}", speech())

    return write


ROWS = (
    Row("all m4a", calls(".m4a", ".m4a"), clips=2, emotions={"anger": 1, "sadness": 1}),
    Row("all kinds", calls(*sorted(KINDS), ".wav"), clips=14),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_corpora_of_them_are_read(row: Row, tmp_path: Path) -> None:
    corpus = check(row, tmp_path)
    assert corpus is not None
    assert [clip.flaw for clip in corpus.clips] == [None] * len(corpus.clips)
    assert [flaw_of(clip) for clip in corpus.clips] == [None] * len(corpus.clips)
    require_hearable(corpus)


@pytest.mark.usefixtures("without_pyav")
def test_without_pyav_they_are_not_read_and_it_is_named(tmp_path: Path) -> None:
    calls(".m4a", ".m4a", ".amr")(tmp_path)
    told = r"holds no audio, .*; not read: 2 \.m4a, 1 \.amr; pip install 'sertify\[media\]', or"
    with pytest.raises(ConfigurationError, match=told):
        read_corpus(tmp_path)


@pytest.mark.usefixtures("without_pyav")
def test_without_pyav_those_beside_others_are_left_out_and_it_is_named(tmp_path: Path) -> None:
    calls(".wav", ".m4a", ".wav", ".wav")(tmp_path)
    corpus = read_corpus(tmp_path)
    assert corpus.left_out == (("ends in .m4a", 1),)
    assert any("not read: 1 .m4a; pip install 'sertify[media]'" in one for one in corpus.warnings)


@pytest.mark.usefixtures("without_pyav")
def test_without_pyav_those_of_a_table_have_a_flaw(tmp_path: Path) -> None:
    calls(".m4a", ".m4a")(tmp_path)
    noises(tmp_path, "c.wav")
    rows = "angry/0.m4a,angry\nsad/1.m4a,sad\nc.wav,sad\n"
    (tmp_path / "metadata.csv").write_text(f"file_name,label\n{rows}")
    corpus = read_corpus(tmp_path)
    assert corpus.left_out == ()
    needed = Flaw("needs_media", "an MPEG-4 file, such as .m4a, .mp4 or .mov")
    assert [clip.flaw for clip in corpus.clips] == [needed, None, needed]
    require_hearable(corpus)
    with pytest.raises(UnreadableAudio, match="needs_media") as caught:
        read_audio(corpus.clips[0].content, RATE)
    assert not caught.value.lasting


def test_pyav_is_imported_only_where_it_decodes() -> None:
    code = (
        "import sys, sertify.corpora.reading, sertify.corpora.audio; assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
