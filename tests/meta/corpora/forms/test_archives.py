"""Archives: tar files of WebDataset, and those of whole folders."""

import contextlib
import gzip
import io
import json
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import soundfile

from sertify.corpora import tars, unpacking
from sertify.corpora.audio import read_audio
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.corpora.embedded import AUDIO, class_label, recording, write_arrow, write_parquet
from tests.meta.corpora.rows import RATE, Row, check, noises
from tests.meta.runs import SPEECH

Files = Mapping[str, bytes | str]


def sound(name: str) -> bytes:
    """Return a little noise as a file, another one for each name."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    file = io.BytesIO()
    soundfile.write(file, generator.standard_normal(RATE // 2) / 10, RATE, format="WAV")
    return file.getvalue()


def write_tar(path: Path, files: Files, mode: str = "w", also: Any = ()) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info in also:
            archive.addfile(info)
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, files: Files, packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def samples(*keys: str, **told: str) -> Files:
    """Return the files of samples, each with the same files that tell of it."""
    files: dict[str, bytes | str] = {}
    for key in keys:
        files[f"{key}.wav"] = sound(f"{key}.wav")
        files |= {f"{key}.{ending}": text for ending, text in told.items()}
    return files


def of(label: str, speaker: str) -> str:
    return json.dumps({"label": label, "speaker_id": speaker, "parts": [1], "known": True})


def shards(root: Path) -> None:
    write_tar(root / "train-000000.tar", samples("a", "b", json=of("anger", "1")))
    write_tar(root / "train-000001.tar", samples("c", json=of("fear", "2")))
    write_tar(root / "test-000000.tar", samples("d", json=of("fear", "3")))


def one_shard(root: Path) -> Path:
    shards(root)
    return root / "train-000000.tar"


def same_names(root: Path) -> None:
    for number, label in enumerate(("anger", "fear")):
        write_tar(root / f"{number}.tar", samples("a", cls=label))


def rar(root: Path) -> None:
    (root / "x.rar").write_bytes(b"Rar!")


def one_tar(files: Callable[[], Files], name: str = "x.tar", mode: str = "w") -> Any:
    def write(root: Path) -> None:
        write_tar(root / name, files(), mode)

    return write


def with_classes(root: Path) -> None:
    write_tar(root / "x.tar", {**samples("a", cls="0"), **samples("b", cls="1")})
    names = "{class_label: {names: {'0': anger, '1': fear}}}"
    front = f"dataset_info:\n  features:\n  - name: cls\n    dtype: {names}\n"
    (root / "README.md").write_text(f"---\n{front}---\n")


def folder() -> Files:
    return {
        "calls/anger/a.wav": sound("a.wav"),
        "calls/fear/b.wav": sound("b.wav"),
        "__MACOSX/calls/anger/._a.wav": b"no audio",
        "calls/.DS_Store": b"",
    }


def tabled() -> Files:
    table = "file_name,label\naudio/a.wav,anger\naudio/b.wav,fear\n"
    return {"metadata.csv": table, "audio/a.wav": sound("a"), "audio/b.wav": sound("b")}


def zipped(files: Callable[[], Files], name: str = "calls.zip", **options: int) -> Any:
    """Write an archive which is what ``--data`` gets."""
    return lambda root: write_zip(root / name, files(), **options)


def tarred(files: Callable[[], Files], name: str = "calls.tar", mode: str = "w") -> Any:
    return lambda root: write_tar(root / name, files(), mode)


def split_zips(root: Path) -> None:
    for split in ("train", "test"):
        files = {
            f"anger/{split}1.wav": sound(f"{split}1"),
            f"fear/{split}2.wav": sound(f"{split}2"),
        }
        write_zip(root / f"{split}.zip", files)


def zip_and_table(root: Path) -> None:
    write_zip(root / "audio.zip", {"a.wav": sound("a"), "b.wav": sound("b")})
    (root / "labels.csv").write_text("file_name,label\na.wav,anger\nb.wav,fear\n")


def parquet_in_zip(root: Path) -> Path:
    columns: dict[str, Any] = {
        "audio": [recording(root, "a.wav"), recording(root, "b.wav")],
        "label": [0, 1],
    }
    write_parquet(
        root / "x.parquet", columns, {"audio": AUDIO, "label": class_label("anger", "fear")}
    )
    return write_zip(root / "x.zip", {"x.parquet": (root / "x.parquet").read_bytes()})


def encrypted(root: Path) -> Path:
    path = write_zip(root / "x.zip", folder())
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(sign)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(sign, start + 4)
    path.write_bytes(content)
    return path


def with_link(root: Path) -> Path:
    (root.parent / "secret").mkdir()
    noises(root.parent / "secret", "s.wav")
    link = tarfile.TarInfo("calls/anger/link.wav")
    link.type, link.linkname = tarfile.SYMTYPE, str(root.parent / "secret/s.wav")
    hard = tarfile.TarInfo("calls/anger/hard.wav")
    hard.type, hard.linkname = tarfile.LNKTYPE, "../../etc/passwd"
    device = tarfile.TarInfo("calls/anger/null.wav")
    device.type = tarfile.CHRTYPE
    return write_tar(root / "x.tar", folder(), also=(link, hard, device))


def zip_with_link(root: Path) -> Path:
    path = write_zip(root / "x.zip", folder())
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("calls/anger/link.wav")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return path


def korean(root: Path) -> Path:
    path = write_zip(root / "x.zip", {"AAAA/a.wav": sound("a"), "BBBB/b.wav": sound("b")})
    names = {b"AAAA": "분노".encode("cp949"), b"BBBB": "공포".encode("cp949")}
    content = path.read_bytes()
    for plain, name in names.items():
        content = content.replace(plain, name)
    path.write_bytes(content)
    return path


def cut(root: Path) -> Path:
    path = write_tar(root / "x.tar", samples("a", "b", cls="anger"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def zip_beside(root: Path) -> None:
    noises(root, "anger/a.wav")
    write_zip(root / "more.zip", folder())


def compressed(root: Path) -> None:
    write_tar(root / "x.tar.gz", samples("a", "b", json=of("fear", "1")), "w:gz")


def kept(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def long_header(root: Path) -> Path:
    """Write a header that says that the names which follow have 40 MB."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 40_000_000
    path = root / "x.tar"
    path.write_bytes(info.tobuf() + bytes(40_000_512) + bytes(1024))
    return path


ROWS = [
    Row(
        "WebDataset with JSON",
        shards,
        layout="WebDataset",
        emotions={"anger": 2, "fear": 2},
        speakers=frozenset({"1", "2", "3"}),
        labels={"a.wav": "anger", "b.wav": "anger", "c.wav": "fear", "d.wav": "fear"},
        left_out={},
    ),
    Row("one split of it", shards, clips=1, left_out={"other split": 3}, options={"split": "test"}),
    Row("one shard of it", one_shard, clips=2),
    Row(
        "WebDataset with classes as text",
        one_tar(lambda: {**samples("x/a", cls="anger"), **samples("x/b", cls="fear")}),
        labels={"x/a.wav": "anger", "x/b.wav": "fear"},
    ),
    Row("WebDataset with numbers of classes", with_classes, emotions={"anger": 1, "fear": 1}),
    Row(
        "WebDataset with emotions in texts",
        one_tar(lambda: {**samples("a", txt="angry"), **samples("b", txt="sad")}),
        emotions={"anger": 1, "sadness": 1},
    ),
    Row(
        "WebDataset with what was said in texts",
        one_tar(lambda: {**samples("a", txt="Hello you."), **samples("b", txt="Good night.")}),
        emotions={"": 2},
    ),
    Row(
        "WebDataset with emotions in texts, which is said once",
        one_tar(lambda: {**samples("a", txt="angry"), **samples("b", txt="sad")}),
        quiet=("are not read",),
    ),
    Row(
        "WebDataset with dots in its names",
        one_tar(
            lambda: {
                **samples("anna.1", json=of("anger", "1")),
                **samples("anna.2", json=of("fear", "2")),
                **samples("anna.10", json=of("sad", "2")),
                "anna.json": '{"language": "ko"}',
            }
        ),
        labels={"anna.1.wav": "anger", "anna.2.wav": "fear", "anna.10.wav": "sad"},
        speakers=frozenset({"1", "2"}),
    ),
    Row(
        "WebDataset with texts called after a column",
        one_tar(lambda: {**samples("a.b", **{"emotion.txt": "sad", "txt": "Hello you."})}),
        emotions={"sadness": 1},
    ),
    Row(
        "WebDataset with the same recordings in two formats",
        one_tar(lambda: {**samples("a", "b", cls="anger"), "a.mp3": b"less", "b.mp3": b"less"}),
        labels={"a.wav": "anger", "b.wav": "anger"},
        left_out={"in another format": 2},
        says=("2 recordings left out, of which .* in another format: a.mp3, b.mp3",),
    ),
    Row(
        "WebDataset that lacks a recording",
        one_tar(lambda: {**samples("a", cls="anger"), "b.cls": "fear"}),
        clips=1,
        says=("1 sample without a recording: b.cls",),
    ),
    Row(
        "a tar of folders with what was said beside the recordings",
        one_tar(lambda: {**samples("anger/a", "anger/b", txt="Hello."), **samples("fear/c")}),
        layout="folder per label",
        emotions={"anger": 2, "fear": 1},
    ),
    Row(
        "a tar with a table and what was said beside the recordings",
        one_tar(lambda: {**tabled(), "audio/a.txt": "Hello."}),
        emotions={"anger": 1, "fear": 1},
    ),
    Row(
        "a tar of a public corpus and what was said beside its recordings",
        one_tar(lambda: samples("03-01-05-01-01-01-01", "03-01-06-01-01-01-02", txt="Dogs.")),
        emotions={"anger": 1, "fear": 1},
    ),
    Row(
        "WebDataset that is compressed",
        one_tar(lambda: samples("a", "b", json=of("fear", "1")), "x.tar.gz", "w:gz"),
        layout="WebDataset",
        emotions={"fear": 2},
    ),
    Row(
        "WebDataset with the same names in each file",
        same_names,
        emotions={"anger": 1, "fear": 1},
    ),
    Row(
        "WebDataset with what is no JSON",
        one_tar(lambda: samples("a", json="{")),
        refused=r"x\.tar: a\.json: is not JSON",
    ),
    Row(
        "WebDataset with names that lead elsewhere",
        one_tar(lambda: {**samples("../../a", cls="anger"), **samples("/b", cls="fear")}),
        emotions={"anger": 1, "fear": 1},
    ),
    Row(
        "a zip of folders",
        zipped(folder),
        layout="folder per label",
        clips=2,
        left_out={},
        emotions={"anger": 1, "fear": 1},
    ),
    Row("a zip that is not compressed", zipped(folder, packed=zipfile.ZIP_STORED), clips=2),
    Row(
        "a zip with a table",
        zipped(tabled),
        layout="metadata.csv",
        emotions={"anger": 1, "fear": 1},
    ),
    Row("a tar of folders", tarred(folder), layout="folder per label", clips=2),
    Row("a tar.gz of folders", tarred(folder, "calls.tar.gz", "w:gz"), clips=2),
    Row("a tar.xz of folders", tarred(folder, "calls.tar.xz", "w:xz"), clips=2),
    Row("a tar.bz2 of folders", tarred(folder, "calls.tar.bz2", "w:bz2"), clips=2),
    Row(
        "a tar with a table",
        tarred(tabled),
        layout="metadata.csv",
        emotions={"anger": 1, "fear": 1},
    ),
    Row("a folder with a zip of each split", split_zips, emotions={"anger": 2, "fear": 2}),
    Row("a folder with a zip and a table", zip_and_table, emotions={"anger": 1, "fear": 1}),
    Row("a zip of Parquet", parquet_in_zip, layout="Parquet with recordings", clips=2),
    Row("a zip with folders in Korean", korean, emotions={"anger": 1, "fear": 1}),
    Row(
        "a zip with paths of Windows",
        zipped(lambda: {"x\\anger\\a.wav": sound("a"), "x\\fear\\b.wav": sound("b")}),
        emotions={"anger": 1, "fear": 1},
    ),
    Row("a zip with a link", zip_with_link, clips=2),
    Row("a tar with links and a device", with_link, clips=2),
    Row(
        "a zip with a name that leads out of it",
        zipped(lambda: {**folder(), "../evil.wav": b"x"}),
        refused=r"calls\.zip|PATH: holds '\.\./evil\.wav', which is no name of a file inside",
    ),
    Row(
        "a tar with a name from the root",
        tarred(lambda: {**folder(), "/tmp/evil.wav": b"x"}),
        refused="PATH: holds '/tmp/evil.wav', which is no name of a file inside of a folder",
    ),
    Row(
        "a zip in a zip",
        lambda root: write_zip(
            root / "x.zip", {"y.zip": write_zip(root / "y.zip", folder()).read_bytes()}
        ),
        refused="PATH: holds archives, such as 'y.zip'; unpack it, and give one of them",
    ),
    Row("a zip without recordings", zipped(lambda: {"a.md": "x"}), refused="PATH: holds no audio"),
    Row("a zip with a password", encrypted, refused="PATH: needs a password; unpack it yourself"),
    Row(
        "no zip",
        lambda root: Path(shutil.copy(write_tar(root / "x.tar", folder()), root / "x.zip")),
        refused="PATH: cannot be unpacked as zip: File is not a zip file",
    ),
    Row(
        "no tar",
        lambda root: Path(shutil.copy(write_zip(root / "x.zip", folder()), root / "x.tar")),
        refused="PATH: cannot be unpacked as tar",
    ),
    Row(
        "a tar that is cut off",
        cut,
        refused="PATH: cannot be unpacked as tar: .* download it again",
    ),
    Row(
        "an archive beside recordings",
        zip_beside,
        clips=1,
        says=(r"more\.zip not read, as recordings lie beside it; if it holds others, unpack it",),
    ),
    Row("archives that are read", split_zips, clips=4, quiet=("not read",)),
    Row("a compressed tar that is read", compressed, clips=2, quiet=("not read",)),
    Row(
        "an archive that was not downloaded",
        lambda root: kept(root / "x.tar.gz", b"version https://git-lfs.github.com/spec/v1\n"),
        refused="PATH: cannot be unpacked as tar: a Git LFS pointer is in its place; run `git lfs",
    ),
    Row(
        "a file and a folder of one name",
        zipped(lambda: {"anger": "x", "anger/a.wav": sound("a")}),
        refused="PATH: cannot be unpacked as zip: File exists; ",
    ),
    Row(
        "a page in place of an archive",
        lambda root: kept(root / "x.zip", b"<!DOCTYPE html><title>Sign in</title>"),
        refused="PATH: cannot be unpacked as zip: a web page is in its place; download it again",
    ),
    Row("a tar with an endless header", long_header, refused="PATH: .* a header is too long"),
    Row(
        "an archive that is not read",
        rar,
        refused=r"PATH: holds no audio, but x\.rar: unpack it first",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_read_of_it(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)
    assert not (tmp_path / "evil.wav").exists()


def test_recordings_of_webdataset_are_read_in_place(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", samples("a", "b", cls="anger"))
    for clip in read_corpus(tmp_path).clips:
        assert clip.path == path
        with clip.content.open() as file:
            assert file.read() == sound(clip.name)
        assert read_audio(clip.content, RATE).size == RATE // 2


@pytest.mark.parametrize("name", ["speech.zip", "speech.tar.gz"])
def test_it_is_the_same_corpus_as_the_folder_that_it_was_made_of(tmp_path: Path, name: str) -> None:
    kind = {"speech.zip": "zip", "speech.tar.gz": "gztar"}[name]
    shutil.make_archive(str(tmp_path / "speech"), kind, SPEECH)
    whole, packed = read_corpus(SPEECH), read_corpus(tmp_path / name)
    assert (packed.name, packed.fingerprint) == ("speech", whole.fingerprint)
    place = packed.clips[0].path
    del packed
    assert not place.exists()


def bomb(path: Path) -> Path:
    """Write a few kilobytes that unpack to 20 MB."""
    zeros = bytes(20_000_000)
    if path.suffix == ".zip":
        return write_zip(path, {"anger/a.wav": zeros})
    plain = write_tar(path.with_suffix(".plain"), {"anger/a.wav": zeros})
    path.write_bytes(gzip.compress(plain.read_bytes()))
    return path


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_what_unpacks_to_far_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tars, "FEW_BYTES", 2**20)
    path = bomb(tmp_path / name)
    with pytest.raises(ConfigurationError, match="unpacks to more than 200 times as much"):
        read_corpus(path)


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_what_the_disk_has_no_space_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = bomb(tmp_path / name)
    usage = type("Usage", (), {"free": unpacking.LEFT_FREE + 1000})
    monkeypatch.setattr("sertify.corpora.tars.shutil.disk_usage", lambda _: usage)
    with pytest.raises(ConfigurationError, match=r"unpacks to .* free in .* set TMPDIR"):
        read_corpus(path)


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.arrow", "x.parquet"])
def test_what_is_broken_is_read_or_refused(tmp_path: Path, name: str) -> None:
    columns: dict[str, Any] = {"audio": [recording(tmp_path, "a.wav")], "label": [0]}
    features = {"audio": AUDIO, "label": class_label("anger")}
    write: dict[str, Callable[[Path], object]] = {
        ".zip": lambda path: write_zip(path, folder()),
        ".tar": lambda path: write_tar(path, samples("a", json=of("anger", "1"))),
        ".gz": lambda path: write_tar(path, folder(), "w:gz"),
        ".arrow": lambda path: write_arrow(path, columns, features),
        ".parquet": lambda path: write_parquet(path, columns, features),
    }
    path = tmp_path / name
    write[path.suffix](path)
    whole = path.read_bytes()
    random = Random(0)
    for _ in range(40):
        broken = bytearray(whole)
        at = random.choice([random.randrange(2000), random.randrange(len(whole))])
        broken[at % len(whole)] = random.randrange(256)
        path.write_bytes(broken if random.random() < 0.7 else broken[:at])
        with contextlib.suppress(ConfigurationError):
            read_corpus(path)
