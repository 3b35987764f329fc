"""A folder of noises or responses is read, as far as it can be."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.corpora.perturbing import sound_folders
from sertify.corpora.perturbing.sound_folders import read_sounds
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.perturbing.spoken import white


def write(path: Path, seconds: float = 1, rate: int = 8_000, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, white(rate, seconds, seed), rate)


def test_all_below_it_are_read_at_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "street.wav")
    write(tmp_path / "inside" / "café.flac", 2, 48_000)
    (tmp_path / "README.txt").write_text("recorded by ben")
    found = read_sounds(tmp_path, 16_000)
    sizes = dict(zip(found.names, (one.size for one in found.waveforms), strict=True))
    assert sizes == {"street.wav": 16_000, "inside/café.flac": 32_000}
    assert {one.dtype for one in found.waveforms} == {np.dtype(np.float32)}
    assert found.unread == ""


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path / "street.wav")
    (tmp_path / "broken.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt ")
    (tmp_path / "page.wav").write_text("<!doctype html>")
    soundfile.write(tmp_path / "silent.wav", np.zeros(8_000), 8_000)
    found = read_sounds(tmp_path, 16_000)
    assert found.names == ("street.wav",)
    for name in ("broken.wav", "page.wav", "silent.wav"):
        assert name in found.unread


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"holds no audio, such as \.wav or \.flac; give a"
    ):
        read_sounds(tmp_path, 16_000)
    with pytest.raises(ConfigurationError, match="nowhere is no folder; give a folder of"):
        read_sounds(tmp_path / "nowhere", 16_000)
    (tmp_path / "page.wav").write_text("<!doctype html>")
    with pytest.raises(
        ConfigurationError, match=r"none of its 1 recording can be used: 1 web_page"
    ):
        read_sounds(tmp_path, 16_000)


def test_a_long_recording_is_not_read_whole(tmp_path: Path) -> None:
    write(tmp_path / "rain.wav", 45)
    assert [one.size for one in read_sounds(tmp_path, 8_000).waveforms] == [30 * 8_000]


def test_there_is_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_folders, "MOST_SECONDS", 2.5)
    for number in range(8):
        write(tmp_path / f"{number}.wav", seed=number)
    found = read_sounds(tmp_path, 8_000)
    assert len(found.names) == 3
    assert found.names == read_sounds(tmp_path, 8_000).names
    assert found.names != ("0.wav", "1.wav", "2.wav")


def test_other_sounds_have_another_digest(tmp_path: Path) -> None:
    write(tmp_path / "a" / "street.wav")
    write(tmp_path / "b" / "street.wav")
    write(tmp_path / "c" / "street.wav", seed=1)
    one, same, other = (read_sounds(tmp_path / name, 8_000).digest for name in "abc")
    assert one == same
    assert one != other
