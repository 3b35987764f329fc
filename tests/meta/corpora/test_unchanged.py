"""What is heard of a clip is what its digest tells of."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.corpora.audio import UnreadableAudio, Waveform
from sertify.corpora.clips import Clip
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.vocabulary.errors import Blocked

RATE = 16_000


def write(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).standard_normal(RATE).astype(np.float32) / 10
    soundfile.write(path, noise, RATE)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    write(tmp_path / "a.wav", 1)
    (found,) = read_corpus(tmp_path).clips
    return found


@pytest.fixture
def recordings() -> Iterator[Recordings]:
    with closing(Recordings()) as opened:
        yield opened


def whole(recordings: Recordings, clip: Clip) -> list[Waveform]:
    return [recordings.read(clip, RATE)]


def in_segments(recordings: Recordings, clip: Clip) -> list[Waveform]:
    return list(recordings.segments(clip, RATE, 0.5, 0.5))


HEAR = pytest.mark.parametrize("hear", [whole, in_segments], ids=lambda hear: hear.__name__)
Hear = Callable[[Recordings, Clip], list[Waveform]]


def other_sound(path: Path) -> None:
    write(path, 2)


def no_sound(path: Path) -> None:
    path.write_bytes(b"no audio")


@HEAR
@pytest.mark.parametrize(
    "change", [other_sound, no_sound, Path.unlink], ids=lambda one: one.__name__
)
def test_a_clip_that_was_written_over_blocks(
    clip: Clip, recordings: Recordings, hear: Hear, change: Callable[[Path], None]
) -> None:
    change(clip.path)
    with pytest.raises(Blocked, match=r"a\.wav changed after it was read for the first") as caught:
        hear(recordings, clip)
    assert caught.value.reason.code == "changed_while_judged"


@HEAR
def test_one_that_is_written_while_it_is_heard_blocks(
    clip: Clip, recordings: Recordings, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = soundfile.SoundFile.read

    def slowly(self: soundfile.SoundFile, *args: object, **options: object) -> object:
        found = read(self, *args, **options)
        other_sound(clip.path)
        return found

    monkeypatch.setattr(soundfile.SoundFile, "read", slowly)
    with pytest.raises(Blocked):
        hear(recordings, clip)


def touch(path: Path) -> None:
    os.utime(path)


def copy(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


@HEAR
@pytest.mark.parametrize("change", [touch, copy], ids=lambda change: change.__name__)
def test_one_that_only_looks_new_is_heard(
    clip: Clip, recordings: Recordings, hear: Hear, change: Callable[[Path], None]
) -> None:
    change(clip.path)
    assert hear(recordings, clip)


def test_one_that_comes_later_blocks(tmp_path: Path, recordings: Recordings) -> None:
    write(tmp_path / "a.wav", 1)
    (tmp_path / "metadata.csv").write_text("file_name,emotion\na.wav,anger\nb.wav,anger\n")
    for clip in missing(tmp_path):
        with pytest.raises(UnreadableAudio):
            recordings.read(clip, RATE)
        write(clip.path, 2)
        with pytest.raises(Blocked):
            recordings.read(clip, RATE)


def missing(folder: Path) -> Iterator[Clip]:
    found = [clip for clip in read_corpus(folder).clips if not clip.identified]
    assert len(found) == 1
    yield from found


def test_what_was_heard_before_is_still_that(clip: Clip, recordings: Recordings) -> None:
    (first,) = whole(recordings, clip)
    other_sound(clip.path)
    assert (whole(recordings, clip)[0] == first).all()
