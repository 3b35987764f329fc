"""Clips are grouped by what their corpus says; where it says nothing, by how they sound."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.corpora.audio import Waveform
from sertify.corpora.bands import SIGNAL_GROUPS
from sertify.corpora.clips import Corpus, with_facts
from sertify.corpora.joining import join
from sertify.corpora.reading import read_corpus
from sertify.corpora.recordings import Recordings
from sertify.evidence.cache import Cache, content_key
from sertify.pipeline.grouping import Grouping, digest_of_groups, group_values
from sertify.vocabulary.errors import NotReached
from tests.meta.corpora.rows import noises

RATE = 16_000
SPEECH = Path(__file__).parents[3] / "fixtures" / "speech" / "test"
FILES = ("a.wav", "b.wav", "c.wav")
TABLE = """\
file,label,speaker,gender,language,split,Accent,age,dialect group
a.wav,sad,anna,w,de,train,US,23,x
b.wav,joy,ben,M,en,dev, us ,61,y
c.wav,joy,carl,männlich,en,valid,Scots,N/A,y
"""


@pytest.fixture
def recordings() -> Iterator[Recordings]:
    with closing(Recordings()) as opened:
        yield opened


def corpus_of(root: Path, table: str = TABLE, name: str | None = None) -> Corpus:
    noises(root, *FILES)
    (root / "metadata.csv").write_text(table)
    return read_corpus(root, name=name)


def grouped(name: str, corpus: Corpus) -> Grouping:
    with closing(Recordings()) as opened:
        return group_values(name, corpus.clips, opened)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gender", ("female", "male", "male")),
        ("Sex", ("female", "male", "male")),
        ("language", ("de", "en", "en")),
        ("split", ("train", "validation", "validation")),
        ("accent", ("us", "us", "scots")),
        ("Dialect_Group", ("x", "y", "y")),
        ("age", ("under 30", "50 to 69", None)),
        ("corpus", ("calls", "calls", "calls")),
    ],
)
def test_groups_are_what_the_corpus_says(
    name: str, expected: tuple[str | None, ...], tmp_path: Path
) -> None:
    found = grouped(name, corpus_of(tmp_path, name="calls"))
    assert found.values == expected
    assert (found.name, found.estimated) == (name, False)


def test_clips_that_tell_nothing_are_counted(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path)
    assert grouped("accent", corpus).remark == ""
    assert grouped("age", corpus).remark == "1 of 3 clips tells no age"


@pytest.mark.parametrize("name", ["gender", "language", "split"])
def test_what_is_said_to_be_unknown_is_no_group(name: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path)
    said = {"a.wav": "Unknown", "b.wav": "n/a"}
    clips = tuple(
        with_facts(clip, **{name: said.get(clip.name, getattr(clip, name))})
        for clip in corpus.clips
    )
    found = grouped(name, replace(corpus, clips=clips))
    assert found.values[:2] == (None, None)
    assert found.remark == f"2 of 3 clips tell no {name}"


def test_a_column_of_another_name_is_told(tmp_path: Path) -> None:
    found = grouped("dialect", corpus_of(tmp_path))
    assert found.values == ("us", "us", "scots")
    assert found.remark == "dialect is read from 'Accent'"


def test_each_corpus_has_its_own_column(tmp_path: Path) -> None:
    one = corpus_of(tmp_path / "one", name="one")
    other = corpus_of(tmp_path / "other", TABLE.replace("Accent", "dialect"), "other")
    none = corpus_of(tmp_path / "none", TABLE.replace("Accent", "colour"), "none")
    found = grouped("accent", join([one, other, none]))
    assert sorted(map(str, found.values)) == ["None"] * 3 + ["scots"] * 2 + ["us"] * 4
    assert found.remark == "accent is read from 'dialect'; 3 of 9 clips tell no accent"
    assert {*grouped("corpus", join([one, other])).values} == {"one", "other"}


def message(name: str, corpus: Corpus) -> str:
    with pytest.raises(NotReached) as caught:
        grouped(name, corpus)
    assert caught.value.reason.code == "no_data"
    return caught.value.message


def test_what_no_clip_tells_is_told_with_what_there_is(tmp_path: Path) -> None:
    assert message("acent", corpus_of(tmp_path)) == (
        "no clip tells its 'acent': clips can be grouped by gender, language, corpus, split,"
        " Accent, age, dialect group, pitch, snr (a column that groups clips has 2 to 50 different"
        " values); did you mean 'Accent'?"
    )
    plain = corpus_of(tmp_path / "plain", "file,label\na.wav,sad\nb.wav,joy\nc.wav,joy\n")
    assert message("accent", plain) == (
        "no clip tells its 'accent': clips can be grouped by corpus, pitch, snr"
    )
    assert message("gender", plain).endswith("; pitch groups voices by how high they sound")
    assert message("speaker", plain).endswith("; a group is of several speakers")
    assert "\\x1b" in message("\x1b[31m", plain)


def tone(frequency: float) -> Waveform:
    time = np.arange(RATE) / RATE
    buzz = sum((np.sin(2 * np.pi * frequency * k * time) / k for k in range(1, 8)), 0 * time)
    return (buzz / 4).astype(np.float32)


def voices(root: Path, **frequencies: tuple[str, str, float]) -> Corpus:
    """Write a tone for each clip, by its name: speaker, label and frequency."""
    root.mkdir(parents=True, exist_ok=True)
    rows = ["file,speaker,label"]
    for name, (speaker, label, frequency) in frequencies.items():
        soundfile.write(root / f"{name}.wav", tone(frequency), RATE)
        rows.append(f"{name}.wav,{speaker},{label}")
    (root / "metadata.csv").write_text("\n".join(rows))
    return read_corpus(root)


def test_a_voice_is_of_one_pitch_whatever_is_said(tmp_path: Path) -> None:
    """That of three neutral clips, however many others there are."""
    spoken = {f"n{n}": ("anna", "neutral", 120.0 + n) for n in range(3)}
    shouted = {f"s{n}": ("anna", "angry", 250.0 + n) for n in range(5)}
    found = grouped("pitch", voices(tmp_path, **spoken, **shouted))
    assert {*found.values} == {"low"}
    assert found.estimated
    assert found.remark == SIGNAL_GROUPS["pitch"].remark


def test_a_voice_without_neutral_clips_is_of_the_pitch_of_all(tmp_path: Path) -> None:
    few = {f"n{n}": ("ben", "neutral", 120.0 + n) for n in range(2)}
    more = {f"s{n}": ("ben", "angry", 160.0 + n) for n in range(5)}
    assert {*grouped("pitch", voices(tmp_path, **few, **more)).values} == {"middle"}


def test_clips_of_nobody_are_of_their_own_pitch(tmp_path: Path) -> None:
    corpus = voices(tmp_path, a=("", "sad", 100.0), b=("", "sad", 170.0), c=("", "sad", 260.0))
    assert grouped("pitch", corpus).values == ("low", "middle", "high")


def test_a_clip_that_cannot_be_decoded_is_of_no_group(tmp_path: Path) -> None:
    corpus = voices(tmp_path, a=("", "sad", 100.0), b=("", "joy", 260.0))
    (tmp_path / "a.wav").write_bytes(b"RIFF0000WAVE no sound")
    again = read_corpus(tmp_path)
    for each in (again, corpus):  # known to be broken, and changed after it was read
        found = grouped("pitch", each)
        assert found.values == (None, "high")
        assert found.remark.endswith("; 1 of 2 clips tells no pitch")


def test_what_no_sound_tells_is_no_group(tmp_path: Path) -> None:
    assert message("pitch", corpus_of(tmp_path)) == "the sound of no clip tells its pitch"


def test_a_column_goes_before_the_sound(tmp_path: Path) -> None:
    found = grouped("pitch", corpus_of(tmp_path, TABLE.replace("Accent", "Pitch")))
    assert found.values == ("us", "us", "scots")
    assert not found.estimated


def test_noise_is_told_of_each_clip(tmp_path: Path, recordings: Recordings) -> None:
    corpus = read_corpus(SPEECH).sample(6)
    random = np.random.default_rng(0)
    (tmp_path / "noisy").mkdir()
    for clip in corpus.clips:
        samples = recordings.read(clip, RATE)
        level = float(np.sqrt(np.mean(np.square(samples))))
        heard = samples + level * random.standard_normal(samples.size).astype(np.float32)
        path = (tmp_path / "noisy" / Path(clip.name).name).with_suffix(".wav")
        soundfile.write(path, heard / 4, RATE)
    found = group_values("snr", read_corpus(tmp_path, layout="unlabelled").clips, recordings)
    assert {*found.values} == {"noisy"}
    assert "noisy" not in group_values("snr", corpus.clips, recordings).values


@pytest.mark.parametrize("name", SIGNAL_GROUPS)
def test_what_was_estimated_is_kept_by_content(
    name: str, tmp_path: Path, recordings: Recordings
) -> None:
    corpus = voices(tmp_path / "calls", a=("", "sad", 100.0), b=("", "joy", 260.0))
    with closing(Cache(tmp_path / "answers.sqlite")) as cache:
        first = group_values(name, corpus.clips, recordings, cache)
    shutil.copytree(tmp_path / "calls", tmp_path / "copy")
    again = read_corpus(tmp_path / "copy")
    for path in (tmp_path / "copy").glob("*.wav"):
        path.write_bytes(b"")  # what is known is not heard again
    with closing(Recordings()) as opened, closing(Cache(tmp_path / "answers.sqlite")) as cache:
        assert group_values(name, again.clips, opened, cache) == first
        with pytest.raises(NotReached):
            group_values(name, again.clips, opened, None)


@pytest.mark.parametrize("content", [b"", b"no number", b"NaN", b"[1]", b"true", b"1e999"])
def test_what_is_kept_wrongly_is_estimated_anew(
    content: bytes, tmp_path: Path, recordings: Recordings
) -> None:
    corpus = voices(tmp_path, a=("", "sad", 100.0), b=("", "joy", 260.0))
    key = content_key("signal group", "pitch", SIGNAL_GROUPS["pitch"].version, RATE)
    with closing(Cache(None)) as cache:
        for clip in corpus.clips:
            cache.keep(key, content_key(clip.digest, clip.start, clip.end), content)
        assert group_values("pitch", corpus.clips, recordings, cache).values == ("low", "high")
        kept = sorted(json.loads(answer) for answer in cache.answers(key).values())
    assert kept == pytest.approx([100, 260], rel=0.02)


def test_the_digest_changes_with_each_group_and_not_with_the_order(tmp_path: Path) -> None:
    clips = corpus_of(tmp_path, name="calls").clips
    names = ("gender", "accent", "age", "pitch", "colour")
    before = {name: digest_of_groups(name, clips) for name in names}
    assert len({*before.values()}) == len(names)
    assert {name: digest_of_groups(name, clips[::-1]) for name in names} == before
    changed = (replace(clips[0], gender="male"), *clips[1:])
    assert [digest_of_groups(name, changed) == before[name] for name in names] == [
        name != "gender" for name in names
    ]
    swapped = (replace(clips[0], gender="male"), replace(clips[1], gender="female"), clips[2])
    assert digest_of_groups("gender", swapped) != before["gender"]
