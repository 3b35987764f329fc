"""Each flaw of a recording has its word, and what is nearly one is heard."""

import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertify.corpora.audio import duration_of, read_audio, segments
from sertify.corpora.clips import Clip, Corpus, make_corpus
from sertify.corpora.contents import Content
from sertify.corpora.flaws import FLAWS, REMARKS, Flaw, UnreadableAudio
from sertify.corpora.formats import format_of
from sertify.corpora.hearable import flaw_of, require_hearable
from sertify.corpora.near import near_match, with_near_matches
from sertify.corpora.reading import read_corpus
from sertify.corpora.trees import tree_of
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.rows import RATE, Row, check, noise, noises

Write = Callable[[Path], None]
LFS = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def sound(seconds: float = 1, level: float = 0.1, seed: int = 0) -> NDArray[np.float64]:
    """Return noise of a level."""
    return level * np.random.default_rng(seed).standard_normal(round(seconds * RATE)).clip(-4, 4)


def content(text: str | bytes) -> Write:
    """Return what writes these bytes."""
    return lambda path: void(path.write_bytes(text.encode() if isinstance(text, str) else text))


def void(_: object) -> None:
    """Forget a result."""


def samples(values: Any, subtype: str = "FLOAT", kind: str = "WAV", rate: int = RATE) -> Write:
    """Return what writes these samples."""
    return lambda path: soundfile.write(path, values, rate, format=kind, subtype=subtype)


def changed(write: Write, change: Callable[[bytearray], Any]) -> Write:
    """Return what writes a file, and then changes its bytes, or writes others that are returned."""

    def both(path: Path) -> None:
        write(path)
        found = bytearray(path.read_bytes())
        path.write_bytes(change(found) or found)

    return both


def first(share: float) -> Callable[[bytearray], bytes]:
    """Keep the first part of a file."""
    return lambda found: bytes(found[: round(share * len(found))])


def data_size(size: int, riff: int | None = None) -> Callable[[bytearray], None]:
    """Let the header of a WAV file tell another length."""

    def change(found: bytearray) -> None:
        at = found.index(b"data") + 4
        found[at : at + 4] = struct.pack("<I", size)
        if riff is not None:
            found[4:8] = struct.pack("<I", riff)

    return change


def without_length(found: bytearray) -> None:
    """Let a FLAC file tell no length, as one that was streamed."""
    found[21] &= 0xF0
    found[22:26] = bytes(4)


def zipped() -> bytes:
    """Return a ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.wav", b"sound")
    return file.getvalue()


NOISE = sound()
PCM = samples(NOISE, "PCM_16")
LONG = sound(9)
INTEGERS = np.round(NOISE * 20_000)
STEREO = np.stack([NOISE, -NOISE], axis=1)


def aiff(share: float) -> Write:
    """Return what writes a part of an AIFF file."""
    return changed(samples(NOISE, "PCM_16", "AIFF"), first(share))


@dataclass(frozen=True)
class Case:
    """A recording, and its flaw or what is remarkable in how it is heard; none by default."""

    name: str
    write: Write
    flaw: str = ""
    remark: str = ""
    suffix: str = ".wav"
    frames: int | None = None


CASES = (
    Case("git lfs", content(LFS), "lfs_pointer"),
    Case("git lfs named flac", content(LFS), "lfs_pointer", suffix=".flac"),
    Case("web page", content("<!DOCTYPE html>\n<html><title>Sign in</title>"), "web_page"),
    Case("answer of a server", content("<?xml version='1.0'?><Error>No access"), "web_page"),
    Case("git-annex pointer", content("/annex/objects/MD5E-s4--a.wav"), "missing: run `git annex"),
    Case("web page after blanks", content("\n\n  <HTML lang=ko>"), "web_page"),
    Case("text", content("Quota exceeded. Try again later."), "other_format: a text"),
    Case("csv", content("file,label\na.wav,angry\n"), "other_format: a text"),
    Case("json", content('{"error": "no access"}'), "other_format: a text"),
    Case("korean text", content("접근이 거부되었습니다. " * 60), "other_format: a text"),
    Case("zip", content(zipped()), "other_format: a ZIP archive"),
    Case("gzip", content(b"\x1f\x8b\x08" + bytes(40)), "other_format: a gzip archive"),
    Case("pdf", content(b"%PDF-1.7\n"), "other_format: a PDF document"),
    Case("png", content(b"\x89PNG\r\n\x1a\n" + bytes(9)), "other_format: a PNG picture"),
    Case("numpy", content(b"\x93NUMPY\x01\0v\0"), "other_format: a NumPy array"),
    Case("pickle", content(b"\x80\x04\x95\x10" + bytes(9)), "other_format: a Python pickle"),
    Case(
        "m4a named wav",
        content(b"\0\0\0\x1cftypM4A \0\0\0\0" + bytes(90)),
        "other_format: an MPEG-4 file, such as .m4a, .mp4 or .mov",
    ),
    Case("aac named mp3", content(b"\xff\xf1\x50\x80" + bytes(90)), "other_format", suffix=".mp3"),
    Case("webm named ogg", content(b"\x1aE\xdf\xa3" + bytes(90)), "other_format", suffix=".ogg"),
    Case("zero bytes", content(b""), "empty: 0 bytes"),
    Case("no samples", samples(np.zeros(0), "PCM_16"), "empty"),
    Case("no samples, but a tag", changed(samples([], "PCM_16"), lambda x: tagged(x)), "empty"),
    Case("noise of no format", content(bytes(range(1, 256)) * 9), "undecodable"),
    Case("nan", samples(np.r_[NOISE, np.nan]), "not_finite"),
    Case("infinite", samples(np.r_[NOISE, -np.inf], "DOUBLE"), "not_finite"),
    Case("all nan", samples(np.full(99, np.nan)), "not_finite"),
    Case("silence", samples(np.zeros(RATE), "PCM_16"), "silent"),
    Case("nearly silence", samples(NOISE * 1e-4), "silent"),
    Case("whisper", samples(NOISE * 1e-2)),
    Case("constant", samples(np.full(RATE, 0.25)), "constant: all are 0.25"),
    Case("constant and dither", samples(0.25 + NOISE * 1e-5), "constant"),
    Case("constant integers", samples(np.full(RATE, 8000.0)), "constant"),
    Case("offset", samples(NOISE + 0.25)),
    Case("half a wav", changed(PCM, first(0.5)), "truncated"),
    Case("nine tenths of a wav", changed(PCM, first(0.9)), "truncated"),
    Case("a wav without its last samples", changed(PCM, lambda x: bytes(x[:-20])), frames=15_990),
    Case("half a rf64", changed(samples(NOISE, "PCM_16", "RF64"), first(0.5)), "truncated"),
    Case("half a w64", changed(samples(NOISE, "PCM_16", "W64"), first(0.5)), "truncated"),
    Case("half an aiff", aiff(0.5), "truncated", suffix=".aiff"),
    Case("half an au", changed(samples(NOISE, "PCM_16", "AU"), first(0.5)), "truncated"),
    Case("half a caf", changed(samples(NOISE, "PCM_16", "CAF"), first(0.5)), "truncated"),
    Case("half a sphere", changed(samples(NOISE, "PCM_16", "NIST"), first(0.5)), "truncated"),
    Case("half a flac", changed(samples(LONG, "PCM_16", "FLAC"), first(0.5)), "truncated"),
    Case("most of a flac", changed(samples(LONG, "PCM_16", "FLAC"), first(0.95)), "truncated"),
    Case("half an mp3", changed(samples(LONG, "MPEG_LAYER_III", "MP3"), first(0.5)), "truncated"),
    Case("half an ogg", changed(samples(LONG, "VORBIS", "OGG"), first(0.5)), "truncated"),
    Case("half an opus", changed(samples(LONG, "OPUS", "OGG"), first(0.5)), "truncated"),
    Case("whole rf64", samples(NOISE, "PCM_16", "RF64"), frames=RATE),
    Case("whole w64", samples(NOISE, "PCM_16", "W64"), frames=RATE),
    Case("whole aiff", aiff(1), suffix=".aiff", frames=RATE),
    Case("whole au", samples(NOISE, "PCM_16", "AU"), frames=RATE),
    Case("whole caf", samples(NOISE, "PCM_16", "CAF"), frames=RATE),
    Case("whole sphere", samples(NOISE, "PCM_16", "NIST"), frames=RATE),
    Case(
        "flac of unknown length",
        changed(samples(LONG, "PCM_16", "FLAC"), without_length),
        frames=9 * RATE,
    ),
    Case("wav of length 0", changed(PCM, data_size(0, 0)), frames=RATE),
    Case("wav of length 0, its header known", changed(PCM, data_size(0, 36)), frames=RATE),
    Case("wav of length 0, the rest true", changed(PCM, data_size(0, 2**32 - 1)), frames=RATE),
    Case("wav of unknown length", changed(PCM, data_size(2**32 - 1, 2**32 - 1)), frames=RATE),
    Case("wav of unknown length by SoX", changed(PCM, data_size(0x7FFFF000)), frames=RATE),
    Case("wav that counts its header in", changed(PCM, data_size(2 * RATE + 44)), frames=RATE),
    Case("integers of 16 bits", samples(INTEGERS), remark="rescaled: 16 bits"),
    Case("integers of 16 bits, as double", samples(INTEGERS, "DOUBLE"), remark="rescaled: 16"),
    Case("integers of 24 bits", samples(INTEGERS * 256), remark="rescaled: 24 bits"),
    Case("integers of 32 bits", samples(INTEGERS * 65536), remark="rescaled: 32 bits"),
    Case("quiet integers", samples(np.round(NOISE * 1000)), remark="rescaled: 16 bits"),
    Case("eight times full scale", samples(NOISE * 80), remark="beyond_full_scale: its peak is"),
    Case("thousands, but no integers", samples(NOISE * 20_000), remark="beyond_full_scale"),
    Case("a few samples over full scale", samples(np.r_[NOISE, 1.2, -1.2])),
    Case("many a little over full scale", samples(NOISE * 6), remark="beyond_full_scale"),
    Case("integers in range", samples(np.sign(NOISE))),
    Case("inverted channel", samples(STEREO), remark="louder_channel"),
    Case("inverted, and softer", samples(STEREO * [1, 0.98]), remark="louder_channel"),
    Case("inverted integers", samples(np.stack([INTEGERS, -INTEGERS], 1)), remark="rescaled"),
    Case("one channel", samples(np.stack([NOISE, 0 * NOISE], axis=1))),
    Case("channels that differ", samples(np.stack([NOISE, sound(seed=1)], axis=1))),
    Case("partly inverted", samples(STEREO * [1, 0.5])),
    Case("silent channels", samples(np.zeros((RATE, 2))), "silent"),
)


def tagged(found: bytearray) -> bytes:
    """Add what no sound is behind the samples."""
    tag = b"LIST" + struct.pack("<I", 200) + b"INFO" + bytes(196)
    whole = bytes(found) + tag
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def hear_whole(path: Path, note: Callable[[str], None]) -> NDArray[np.float32]:
    return read_audio(path, RATE, note=note)


def hear_segments(path: Path, note: Callable[[str], None]) -> NDArray[np.float32]:
    return np.concatenate([*segments(path, RATE, 0.1, 0.1, note=note)])


@pytest.mark.parametrize("hear", [hear_whole, hear_segments])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_flaw_has_its_word(
    case: Case, tmp_path: Path, hear: Callable[..., NDArray[np.float32]]
) -> None:
    path = tmp_path / f"clip{case.suffix}"
    case.write(path)
    remarks: list[str] = []
    if case.flaw:
        with pytest.raises(UnreadableAudio) as caught:
            hear(path, remarks.append)
        assert str(caught.value.flaw).startswith(case.flaw), caught.value.flaw
        assert caught.value.flaw.code in FLAWS
    else:
        heard = hear(path, remarks.append)
        assert case.frames is None or heard.size == pytest.approx(case.frames, abs=800)
        assert heard.std() > 1e-5
        assert [one.startswith(case.remark) for one in remarks[:1]] == [True] * bool(case.remark)
        assert {one.partition(":")[0] for one in remarks} <= {*REMARKS}
    assert (flaw_of(Clip("x", path)) is not None) == bool(case.flaw)


@pytest.mark.parametrize("factor", [1, 256, 65_536])
@pytest.mark.parametrize("hear", [hear_whole, hear_segments])
def test_integers_sound_as_if_they_were_written_right(
    tmp_path: Path, factor: int, hear: Callable[..., NDArray[np.float32]]
) -> None:
    samples(INTEGERS * factor, "DOUBLE")(tmp_path / "a.wav")
    samples(INTEGERS / 32_768)(tmp_path / "b.wav")
    one, other = (hear(tmp_path / name, void) for name in ("a.wav", "b.wav"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("hear", [hear_whole, hear_segments])
def test_of_channels_that_cancel_each_other_out_the_louder_is_heard(
    tmp_path: Path, hear: Callable[..., NDArray[np.float32]]
) -> None:
    samples(STEREO * [0.98, 1])(tmp_path / "a.wav")
    np.testing.assert_allclose(
        hear(tmp_path / "a.wav", void), -NOISE[: RATE - RATE % 1600], rtol=1e-6
    )


def test_what_was_streamed_has_no_duration_before_it_is_decoded(tmp_path: Path) -> None:
    streamed = [
        changed(samples(LONG, "PCM_16", "FLAC"), without_length),
        changed(PCM, data_size(0)),
    ]
    for write in streamed:
        write(tmp_path / "a.wav")
        assert duration_of(Content(tmp_path / "a.wav")) is None
    PCM(tmp_path / "a.wav")
    assert duration_of(Content(tmp_path / "a.wav")) == 1


def test_a_stretch_before_the_end_of_what_is_there_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    changed(PCM, first(0.5))(path)
    assert read_audio(path, RATE, start=0.1, end=0.4).shape == (round(0.3 * RATE),)
    for end in (0.6, None):
        with pytest.raises(UnreadableAudio, match="truncated"):
            read_audio(path, RATE, start=0.1, end=end)


def test_what_lies_in_a_larger_file_has_the_same_flaws(tmp_path: Path) -> None:
    for case in CASES:
        path = tmp_path / f"clip{case.suffix}"
        case.write(path)
        found = path.read_bytes()
        (tmp_path / "shard.bin").write_bytes(b"before" + found + b"after" * 2000)
        clip = Clip("x", tmp_path / "shard.bin", offset=6, size=len(found))
        flaw = flaw_of(clip)
        if "named" in case.name and "git" not in case.name:
            continue  # no name says what it should be
        assert str(flaw or "").startswith(case.flaw) if case.flaw else flaw is None, case.name


# ------------------------------------------------------------------ known from bytes alone


def test_what_the_first_bytes_tell_is_known_when_a_corpus_is_read(tmp_path: Path) -> None:
    noise(tmp_path / "good.wav")
    for name, text in {
        "a.wav": LFS,
        "b.wav": "<html>",
        "c.wav": "",
        "d.wav": "a text of it",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "e.wav").write_bytes(bytes(100))
    table = "file_name,label\n" + "".join(f"{n}.wav,angry\n" for n in ["good", *"abcdef"])
    (tmp_path / "metadata.csv").write_text(table)
    found = {clip.name: clip.flaw for clip in read_corpus(tmp_path).clips}
    assert found == {
        "good.wav": None,
        "a.wav": Flaw("lfs_pointer"),
        "b.wav": Flaw("web_page"),
        "c.wav": Flaw("empty", "0 bytes"),
        "d.wav": Flaw("other_format", "a text"),
        "e.wav": None,
        "f.wav": Flaw("missing"),
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    noise(tmp_path / "a.wav").chmod(0)
    (clip,) = read_corpus(tmp_path).clips
    assert clip.flaw == Flaw("unreadable")


def test_a_pipe_that_a_table_lists_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    clip = make_corpus("calls", tmp_path, [Clip("a.wav", tmp_path / "a.wav")]).clips[0]
    assert clip.flaw == Flaw("unreadable")


# ------------------------------------------------------------------ names that are nearly right

NEAR = {
    "clip00.wav": "audio/clip00.wav",
    "audio/Clip00.WAV": "audio/clip00.wav",
    "audio/clip00.flac": "audio/clip00.wav",
    "clip00": "audio/clip00.wav",
    "./clip00.wav": "audio/clip00.wav",
    "C:\\data\\audio\\clip00.wav": "audio/clip00.wav",
    "/home/anna/speech/clip00.wav": "audio/clip00.wav",
    "bare.wav": "audio/bare",
    "화남.wav": "audio/화남.wav",
    "clip0.wav": None,
    "twice.wav": None,
    "audio/notes.wav": None,
    "": None,
}


@pytest.mark.parametrize(("name", "near"), NEAR.items())
def test_the_file_that_was_meant_is_found(name: str, near: str | None, tmp_path: Path) -> None:
    apart = "audio/\u1112\u116a\u1102\u1161\u11b7.wav"  # as macOS writes the letters of Korean
    noises(tmp_path, "audio/clip00.wav", "a/twice.wav", "b/twice.wav", apart)
    (tmp_path / "audio" / "bare").write_text("x")
    (tmp_path / "audio" / "notes.txt").write_text("x")
    expected = apart if near == "audio/화남.wav" else near
    assert near_match(tree_of(tmp_path), name) == expected


def test_a_missing_clip_comes_with_the_file_that_was_meant(tmp_path: Path) -> None:
    noises(tmp_path, "audio/clip00.wav", "audio/clip01.wav")
    names = ("clip00.flac", "clip01.flac#t=0,0.1", "clip02.flac")
    clips = [Clip(name, tmp_path / name.partition("#")[0]) for name in names]
    corpus = with_near_matches(make_corpus("calls", tmp_path, clips))
    with pytest.raises(ConfigurationError) as caught:
        require_hearable(corpus)
    assert str(caught.value) == (
        f"--data {tmp_path}: none of its 3 clips can be judged: 3 missing: there is no such file:"
        " clip00.flac (audio/clip00.wav has that name),"
        " clip01.flac#t=0,0.1 (audio/clip01.wav has that name), clip02.flac;"
        " put it there, or mend its name in the table"
    )


# ------------------------------------------------------------------ corpora of which none is heard


def all_of(write: Write, number: int = 12) -> Callable[[Path], None]:
    """Return what fills a folder with files, and a table of them."""

    def fill(root: Path) -> None:
        for place in range(number):
            write(root / f"{place:02}.wav")

    return fill


REFUSED = {
    "pointers": (
        all_of(content(LFS)),
        r"none of its 12 clips can be judged: 12 lfs_pointer: .* and 9 more; run `git lfs pull` in",
    ),
    "pages": (all_of(content("<html>x")), r"12 web_page: a web page .* it may want a login"),
    "texts": (all_of(content("a text, no sound")), r"12 other_format: .*00\.wav \(a text\)"),
    "nothing": (all_of(content("")), r"12 empty: it holds no samples"),
    "nan": (all_of(samples(np.full(99, np.nan))), r"12 not_finite: .* division by a peak of 0"),
    "halves": (all_of(changed(PCM, first(0.5))), r"12 truncated: .*; copy or download it again"),
    "silence": (all_of(samples(np.zeros(RATE))), r"12 silent: "),
    "one": (all_of(content(LFS), 1), r"its only clip cannot be judged: 1 lfs_pointer: "),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_corpus_of_which_no_clip_can_be_judged_is_refused(name: str, tmp_path: Path) -> None:
    fill, told = REFUSED[name]
    fill(tmp_path)
    with pytest.raises(ConfigurationError, match=told):
        require_hearable(read_corpus(tmp_path))
    noise(tmp_path / "05b.wav")
    require_hearable(read_corpus(tmp_path))


def test_several_reasons_are_told_the_most_frequent_first(tmp_path: Path) -> None:
    all_of(samples(np.zeros(RATE)), 12)(tmp_path)
    all_of(content(LFS), 4)(tmp_path)
    with pytest.raises(
        ConfigurationError, match=r"12 clips can be judged: 8 silent: .*; 4 lfs_pointer: "
    ):
        require_hearable(read_corpus(tmp_path))


def test_only_a_handful_is_decoded_where_one_of_it_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noises(tmp_path, *(f"{n:03}.wav" for n in range(100)))
    opened: list[object] = []
    read = soundfile.SoundFile.__init__

    def counting(self: object, *args: object, **options: object) -> None:
        opened.append(args)
        read(self, *args, **options)

    corpus = read_corpus(tmp_path)
    monkeypatch.setattr(soundfile.SoundFile, "__init__", counting)
    require_hearable(corpus)
    assert len(opened) == 1


def test_what_is_too_long_as_a_whole_is_heard_in_segments(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sound(610 / 16), 1_000)
    corpus = read_corpus(tmp_path)
    with pytest.raises(ConfigurationError, match=r"too_long: .* judge in segments with --segment"):
        require_hearable(corpus)
    require_hearable(corpus, in_segments=True)


def test_silence_at_the_beginning_is_no_reason(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.r_[np.zeros(1_000 * 40), sound(1)], 1_000)
    require_hearable(read_corpus(tmp_path), in_segments=True)


def missing(*names: str) -> Callable[[Path], None]:
    """Return what writes a table of these files, and other ones."""

    def write(root: Path) -> None:
        noises(root, "audio/clip00.wav", "audio/clip01.wav")
        rows = "".join(f"{name},angry\n" for name in names)
        (root / "metadata.csv").write_text(f"file_name,label\n{rows}", encoding="utf-8")

    return write


ROWS = (
    Row("a table of other names", missing("clip00.wav", "clip01.wav"), clips=2),
    Row("a table with files that are there", missing("audio/clip00.wav", "c.wav"), clips=2),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_files_that_are_missing_stay(row: Row, tmp_path: Path) -> None:
    corpus = check(row, tmp_path)
    assert isinstance(corpus, Corpus)


def test_a_flaw_is_told_in_one_line_whatever_the_decoder_says() -> None:
    flaw = UnreadableAudio("undecodable", "a\nb\x1b[31m" + "x" * 1000).flaw
    assert "\n" not in str(flaw)
    assert "\x1b" not in str(flaw)
    assert len(str(flaw)) < 200


FORMATS = {
    "WAV": "PCM_16", "RF64": "PCM_16", "W64": "PCM_16", "AIFF": "PCM_16", "AU": "PCM_16",
    "CAF": "PCM_16", "NIST": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III",
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_header_is_a_flaw_or_no_matter_but_never_an_error(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "clip.wav"
    samples(NOISE, FORMATS[kind], kind)(path)
    whole = path.read_bytes()
    for seed in range(150):
        random = np.random.default_rng(seed)
        damaged = bytearray(whole)
        for at in random.integers(4, 90, random.integers(1, 9)):
            damaged[at] = random.choice([0, 1, 127, 128, 255])
        path.write_bytes(damaged[: random.integers(8, len(damaged) + 1)])
        flaw = flaw_of(Clip("x", path))
        assert flaw is None or flaw.code in FLAWS


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_sizes_that_lie_are_not_followed(size: int, tmp_path: Path) -> None:
    for kind, at in (("W64", 16), ("W64", 56), ("RF64", 20), ("CAF", 12), ("CAF", 56)):
        path = tmp_path / "clip.wav"
        samples(NOISE, "PCM_16", kind)(path)
        damaged = bytearray(path.read_bytes())
        damaged[at : at + 8] = struct.pack("<Q" if kind != "CAF" else ">Q", size)
        path.write_bytes(damaged)
        flaw = flaw_of(Clip("x", path))
        assert flaw is None or flaw.code in FLAWS


def test_the_page_about_corpora_lists_every_flaw_and_remark() -> None:
    page = (Path(__file__).parents[3] / "docs" / "corpora.md").read_text("utf-8")
    for code, told in {**FLAWS, **REMARKS}.items():
        assert f"| `{code}` | {told.text} | {told.cure} |" in page


def test_every_flaw_and_remark_has_a_case() -> None:
    words = {case.flaw.partition(":")[0] for case in CASES}
    others = {"missing", "unreadable", "needs_media", "no_sound", "too_short", "too_long"}
    assert words | others == {*FLAWS, ""}
    assert {case.remark.partition(":")[0] for case in CASES} - {""} == {*REMARKS}


@pytest.mark.parametrize("start", [b"", b"RIFF", b"ID3\x04", b"\xff\xfb\x90", b"fLaC", b"OggS"])
def test_what_may_be_sound_is_not_told_at_sight(start: bytes) -> None:
    found = format_of(start)
    assert found is None or not (found.flaw or found.demuxer)


def test_bytes_are_patched_where_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))
    for whole in (Content(path), Content(path, 10, 50)):
        with whole.open() as file:
            expected = bytearray(file.read())
        expected[4:6], expected[20:22] = b"xy", b"zz"
        with whole.open({4: b"xy", 20: b"zz"}) as file:
            assert file.read() == bytes(expected)
            file.seek(5)
            assert file.read(16) == bytes(expected[5:21])


def test_a_corpus_of_which_no_clip_is_left_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file,rater_1,rater_2\na.wav,angry,sad\n")
    with pytest.raises(ConfigurationError, match="leaves no clip to judge: 1 no majority"):
        require_hearable(read_corpus(tmp_path))
