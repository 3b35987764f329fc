"""Data sets of Hugging Face whose recordings lie in the rows of Parquet and Arrow files."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from sertify.corpora.audio import read_audio
from sertify.corpora.reading import read_corpus
from tests.meta.corpora.embedded import (
    AUDIO,
    class_label,
    recording,
    table_of,
    write_arrow,
    write_parquet,
)
from tests.meta.corpora.rows import RATE, Row, check, noise, noises
from tests.meta.runs import SPEECH

LABELS = class_label("anger", "neutral", "sadness")
FEATURES = {"audio": AUDIO, "label": LABELS}
SHARD = "data/train-00000-of-00001.parquet"


def cells(root: Path, *names: str) -> list[dict[str, Any]]:
    return [recording(root, name) for name in names]


def pushed(root: Path) -> None:
    """As push_to_hub writes it: two splits, class names in the schema."""
    for split, names in (("train", ("a.wav", "b.wav", "c.wav")), ("test", ("d.wav", "e.wav"))):
        columns: dict[str, Any] = {"audio": cells(root, *names), "label": [0, 1, 2][: len(names)]}
        write_parquet(root / f"data/{split}-00000-of-00001.parquet", columns, FEATURES)


def one(columns: Any, features: Any = None, name: str = SHARD) -> Any:
    """Return what writes one file of the columns that a function makes of a folder."""
    return lambda root: write_parquet(root / name, columns(root), features)


def declared(front: str) -> Any:
    def write(root: Path) -> None:
        columns: dict[str, Any] = {"audio": cells(root, "a.wav", "b.wav"), "label": [0, 1]}
        write_parquet(root / "one/x.parquet", columns)
        columns = {"audio": cells(root, "c.wav", "d.wav"), "label": [1, 0]}
        write_parquet(root / "two/y.parquet", columns)
        (root / "README.md").write_text(f"---\n{front}\n---\n# Speech\n")

    return write


CLASSES = """dataset_info:
  features:
  - name: audio
    dtype: audio
  - name: label
    dtype:
      class_label:
        names:
          '0': anger
          '1': fear"""
CONFIGS = """configs:
- config_name: one
  data_files: one/*.parquet
- config_name: {}
  data_files:
  - split: test
    path: two/*"""


def saved(root: Path) -> None:
    columns: dict[str, Any] = {"audio": cells(root, "a.wav", "b.wav", "c.wav"), "label": [2, 0, -1]}
    write_arrow(root / "data-00000-of-00001.arrow", columns, FEATURES)


def saved_splits(root: Path) -> None:
    """As save_to_disk of a DatasetDict writes it, with a file of an earlier time."""
    (root / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for split, names in (("train", ("a.wav", "b.wav")), ("test", ("c.wav",))):
        columns: dict[str, Any] = {
            "audio": cells(root, *names),
            "label": [0, 1][: len(names)],
        }
        write_arrow(root / split / "cache-1.arrow", columns, FEATURES)
        write_arrow(root / split / "data-00000-of-00001.arrow", columns, FEATURES)


def cached(root: Path) -> None:
    for name in ("x-train.arrow", "cache-0123.arrow"):
        columns: dict[str, Any] = {"audio": cells(root, "a.wav", "b.wav"), "label": [0, 1]}
        write_arrow(root / name, columns, {"audio": AUDIO, "label": class_label("anger", "fear")})
    (root / "state.json").unlink()


def feather(root: Path) -> None:
    table = table_of({"audio": cells(root, "a.wav", "b.wav"), "label": [0, 1]}, FEATURES)
    place = str(root / "x.arrow")
    with pyarrow.OSFile(place, "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)


def samples(kind: Any, rate: Any = 16_000) -> Any:
    wave = [0.1, -0.1] * 4000
    whole = [round(value * 32767) for value in wave]
    values = pyarrow.array([whole if kind == pyarrow.int16() else wave] * 2, pyarrow.list_(kind))
    return lambda _: {"speech": values, "sampling_rate": [rate] * 2, "label": ["anger", "fear"]}


def with_array(_: Path) -> dict[str, Any]:
    cell = {"path": "x.wav", "array": [0.1, -0.1] * 4000, "sampling_rate": 16_000}
    return {"audio": [cell, {**cell, "path": "y.wav"}], "label": ["anger", "fear"]}


def beside(root: Path) -> None:
    pushed(root)
    noises(root, "examples/one.wav")


def of_paths(root: Path) -> None:
    audio = [{"bytes": None, "path": f"/home/me/{name}.wav"} for name in "ab"]
    write_parquet(root / SHARD, {"audio": audio, "label": [0, 1]}, FEATURES)


def below(root: Path) -> None:
    noises(root, "wav/a.wav", "wav/b.wav")
    audio = [{"bytes": None, "path": f"wav/{name}.wav"} for name in "abc"]
    write_parquet(root / "all.parquet", {"audio": audio, "label": [0, 1, 1]}, FEATURES)


def broken(name: str, *others: str) -> Any:
    def write(root: Path) -> None:
        noises(root, *others)
        (root / name).write_bytes(b"ARROW1 PAR1 and no more")

    return write


def some_of_three(root: Path) -> Any:
    for number in (0, 2):
        columns: dict[str, Any] = {"audio": cells(root, f"{number}.wav"), "label": ["fear"]}
        name = f"data/train-{number:05}-of-00003-{number}a.parquet"
        write_parquet(root / name, columns, {"audio": AUDIO})


def not_downloaded(name: str) -> Any:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:a\n"
    return lambda root: (root / name).write_text(text) and None


def named_as_emodb(root: Path) -> dict[str, Any]:
    return {"audio": cells(root, "03a01Fa.wav", "08a02Wb.wav", "03a04Ta.wav", "08b01Na.wav")}


ROWS = [
    Row(
        "as push_to_hub writes it",
        pushed,
        layout="Parquet with recordings",
        clips=5,
        labels={
            "a.wav": "anger",
            "b.wav": "neutral",
            "c.wav": "sadness",
            "d.wav": "anger",
            "e.wav": "neutral",
        },
        left_out={},
        quiet=("beside",),
    ),
    Row("one split of it", pushed, clips=2, left_out={"other split": 3}, options={"split": "test"}),
    Row(
        "a split that it has not", pushed, refused="no split 'dev'.*train", options={"split": "dev"}
    ),
    Row(
        "labels as text, speakers, a language",
        one(
            lambda root: {
                "file": cells(root, "a.wav", "b.wav"),
                "emotion": ["happy", "sad"],
                "speaker_id": [7, 8],
                "lang": ["de", "de"],
            },
            name="any.parquet",
        ),
        emotions={"happiness": 1, "sadness": 1},
        speakers=frozenset({"7", "8"}),
    ),
    Row(
        "a class that is not known",
        one(lambda root: {"audio": cells(root, "a.wav", "b.wav"), "label": [0, -1]}, FEATURES),
        labels={"a.wav": "anger", "b.wav": None},
    ),
    Row(
        "a class without a name",
        one(lambda root: {"audio": cells(root, "a.wav", "b.wav"), "label": [0, 3]}, FEATURES),
        refused=r"train-00000-of-00001\.parquet: rows from 1: label holds 3, .* classes are 0 to 2",
    ),
    Row(
        "several labels of a recording",
        one(lambda root: {"audio": cells(root, "a.wav"), "label": [["anger", "fear"]]}),
        refused="label is a list, but should be text or a number",
    ),
    Row(
        "class names in README.md only",
        declared(CLASSES),
        emotions={"anger": 2, "fear": 2},
    ),
    Row(
        "several data sets, one of them the usual one",
        declared(f"{CLASSES}\n{CONFIGS.format('default')}"),
        labels={"c.wav": "fear", "d.wav": "anger"},
    ),
    Row(
        "several data sets, none of them usual",
        declared(CONFIGS.format("two")),
        refused=r"README\.md declares the data sets one, two in it; give the folder of one of them",
    ),
    Row(
        "a split that README.md declares",
        declared(f"{CLASSES}\n{CONFIGS.format('default')}"),
        clips=2,
        options={"split": "test"},
    ),
    Row(
        "bytes of files without a struct",
        one(
            lambda root: {
                "wav": [cell["bytes"] for cell in cells(root, "a.wav", "b.wav")],
                "label": ["anger", "fear"],
            }
        ),
        labels={f"{SHARD}#1": "anger", f"{SHARD}#2": "fear"},
    ),
    Row(
        "bytes of files with their names in a column",
        one(
            lambda root: {
                "file_name": ["x/a.wav", "y/b.wav"],
                "wav": [cell["bytes"] for cell in cells(root, "a.wav", "b.wav")],
                "label": ["anger", "fear"],
            }
        ),
        labels={"a.wav": "anger", "b.wav": "fear"},
    ),
    Row(
        "bytes that are no audio",
        one(lambda _: {"audio": [b"\x00\x01\x02"], "label": ["anger"]}),
        refused="audio holds bytes that are no audio file",
    ),
    Row("samples with a rate", one(with_array), labels={"x.wav": "anger", "y.wav": "fear"}),
    Row("samples and a column of rates", one(samples(pyarrow.float32())), clips=2),
    Row("samples of 16 bits", one(samples(pyarrow.int16())), clips=2),
    Row(
        "samples without a rate",
        one(lambda _: {"speech": [[0.1, 0.2]], "label": ["anger"]}),
        refused="speech holds samples, but no column sampling_rate says at which rate",
    ),
    Row(
        "embeddings are no recordings",
        one(lambda _: {"embedding": [[0.1, 0.2]], "label": ["anger"]}),
        refused="holds no audio",
    ),
    Row(
        "votes of annotators",
        one(
            lambda root: {
                "audio": cells(root, "a.wav", "b.wav", "c.wav"),
                "annotator_1": ["anger", "fear", "fear"],
                "annotator_2": ["anger", "fear", "anger"],
            }
        ),
        emotions={"anger": 1, "fear": 1},
        left_out={"no majority": 1},
    ),
    Row(
        "a column for each emotion",
        one(
            lambda root: {
                "audio": cells(root, "a.wav", "b.wav"),
                "anger": [0.9, 0.1],
                "fear": [0.1, 0.8],
                "sadness": [0.0, 0.1],
                "happy_words": [["x"], []],
            }
        ),
        labels={"a.wav": "anger", "b.wav": "fear"},
    ),
    Row(
        "recordings of which the first is empty",
        one(lambda root: {"audio": [b"", cells(root, "a.wav")[0]["bytes"]], "label": ["fear"] * 2}),
        clips=2,
    ),
    Row(
        "recordings of a phone",
        one(lambda _: {"audio": [b"\0\0\0\x1cftypM4A \0\0"], "label": ["fear"]}),
        clips=1,
    ),
    Row(
        "pictures that begin like films",
        one(lambda _: {"face": [b"\0\0\0\x1cftypavif\0\0"], "label": ["fear"]}),
        refused="holds no audio",
    ),
    Row(
        "samples for a model without a rate",
        one(lambda _: {"input_values": [[0.1, 0.2]], "label": ["fear"]}),
        refused="input_values holds samples, but no column sampling_rate says at which rate",
    ),
    Row(
        "pictures are no recordings",
        one(
            lambda root: {
                "image": [{"bytes": b"\x89PNG", "path": None}],
                "audio": cells(root, "a.wav"),
                "label": ["anger"],
            },
            {"image": {"_type": "Image"}, "audio": AUDIO},
        ),
        labels={"a.wav": "anger"},
    ),
    Row(
        "two columns of recordings",
        one(lambda root: {"near": cells(root, "a.wav"), "far": cells(root, "b.wav")}),
        refused=r"the columns near, far each hold recordings; choose one, such as with layout"
        r" parquet:near",
    ),
    Row(
        "one of two columns of recordings",
        one(lambda root: {"near": cells(root, "a.wav"), "far": cells(root, "b.wav")}),
        labels={"b.wav": None},
        options={"layout": "parquet:far"},
    ),
    Row(
        "a column of recordings that is not there",
        one(lambda root: {"audio": cells(root, "a.wav")}),
        refused="has no column 'near' of recordings",
        options={"layout": "parquet:near"},
    ),
    Row(
        "the same name twice",
        one(lambda root: {"audio": cells(root, "x/1.wav", "y/1.wav"), "label": ["anger", "fear"]}),
        labels={f"{SHARD}#1": "anger", f"{SHARD}#2": "fear"},
    ),
    Row(
        "names that lead elsewhere",
        one(
            lambda root: {
                "audio": [
                    {**recording(root, "a.wav"), "path": path}
                    for path in ("../../etc/x.wav", "/root/y.wav", "C:\\z.wav", "..", "a\0.wav", "")
                ]
            },
            FEATURES,
        ),
        labels=dict.fromkeys(["x.wav", "y.wav", "z.wav", f"{SHARD}#4", f"{SHARD}#5", f"{SHARD}#6"]),
    ),
    Row(
        "recordings beside the data set",
        beside,
        clips=5,
        left_out={"beside the data set": 1},
        says=(r"1 recording beside the Parquet files left out: examples/one\.wav",),
    ),
    Row(
        "paths only",
        below,
        clips=3,
        labels={"a.wav": "anger", "b.wav": "neutral", "c.wav": "neutral"},
    ),
    Row("paths that lead nowhere", of_paths, refused=r"audio holds only paths, such as .*a\.wav"),
    Row(
        "no row",
        one(lambda _: {"audio": pyarrow.array([], pyarrow.struct({"bytes": pyarrow.binary()}))}),
        refused="Parquet files have no row",
    ),
    Row(
        "no Parquet",
        broken("x.parquet"),
        refused=r"x\.parquet: is not a Parquet file",
    ),
    Row(
        "no Parquet among recordings",
        broken("x.parquet", "anger/a.wav", "fear/b.wav"),
        emotions={"anger": 1, "fear": 1},
        says=(r"x\.parquet: is not a Parquet file",),
    ),
    Row(
        "names of a public corpus, and no labels",
        one(named_as_emodb, {"audio": AUDIO}),
        emotions={"anger": 1, "happiness": 1, "sadness": 1, "neutral": 1},
        speakers=frozenset({"03", "08"}),
        says=("label, speaker, gender.* told by the names of the recordings, as in EmoDB",),
    ),
    Row(
        "as save_to_disk writes it",
        saved,
        layout="Arrow with recordings",
        labels={"a.wav": "sadness", "b.wav": "anger", "c.wav": None},
    ),
    Row("several splits of save_to_disk", saved_splits, clips=3),
    Row("one split of save_to_disk", saved_splits, clips=1, options={"split": "test"}),
    Row("the cache of datasets", cached, clips=2, options={"split": "train"}),
    Row("a file of Arrow", feather, clips=2, emotions={"anger": 1, "neutral": 1}),
    Row(
        "no Arrow",
        broken("x.arrow"),
        refused=r"x\.arrow: is not an Arrow file",
    ),
    Row(
        "some of the files that their names tell of",
        some_of_three,
        clips=2,
        says=("only 2 of the 3 Parquet files are read; data/train-00001-of-00003 is not there",),
    ),
    Row(
        "one of the files, which is given",
        lambda root: some_of_three(root) or root / "data/train-00000-of-00003-0a.parquet",
        clips=1,
        quiet=("is not there",),
    ),
    Row(
        "a Parquet file that was not downloaded",
        not_downloaded("x.parquet"),
        refused=r"x\.parquet: is not a Parquet file: a Git LFS pointer .*`git lfs pull`",
    ),
    Row(
        "an Arrow file that was not downloaded",
        not_downloaded("x.arrow"),
        refused=r"x\.arrow: is not an Arrow file: a Git LFS pointer .*`git lfs pull`",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_read_of_it(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)


def test_it_is_the_same_corpus_as_the_folder_that_it_was_made_of(tmp_path: Path) -> None:
    folder = read_corpus(SPEECH)
    facts = ("label", "speaker", "gender", "language", "split")
    columns: dict[str, Any] = {
        fact: [getattr(clip, fact) for clip in folder.clips] for fact in facts
    }
    names = sorted({str(clip.label) for clip in folder.clips})
    columns["label"] = [names.index(str(clip.label)) for clip in folder.clips]
    columns["audio"] = [
        {"bytes": clip.path.read_bytes(), "path": clip.path.name} for clip in folder.clips
    ]
    write_parquet(tmp_path / SHARD, columns, {"audio": AUDIO, "label": class_label(*names)})
    packed = read_corpus(tmp_path, name=folder.name)
    assert packed.fingerprint == folder.fingerprint
    unpacked = {clip.path.name: clip for clip in folder.clips}
    for clip in packed.clips:
        same = unpacked[clip.name.rpartition("/")[2]]
        assert (clip.digest, clip.label) == (same.digest, same.label)
        assert (read_audio(clip.content, RATE) == read_audio(same.content, RATE)).all()


def test_only_the_recordings_of_the_clips_that_are_drawn_are_unpacked(tmp_path: Path) -> None:
    pushed(tmp_path)
    corpus = read_corpus(tmp_path, limit=3)
    places = {clip.path for clip in corpus.clips}
    assert len(places) == 1
    assert places.pop().stat().st_size == sum(clip.size or 0 for clip in corpus.clips)


def test_what_is_unpacked_goes_with_the_corpus(tmp_path: Path) -> None:
    pushed(tmp_path)
    corpus = read_corpus(tmp_path)
    place = corpus.clips[0].path
    assert place.is_file()
    del corpus
    assert not place.exists()


_MEASURED = """
import resource, sys
from pathlib import Path
from sertify.corpora.reading import read_corpus
import pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
corpus = read_corpus(Path(sys.argv[1]))
print(len(corpus.clips), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow(3)
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """One group of rows of 200 MB, which are never in memory at once."""
    content = noise(tmp_path / "a.wav", seconds=30).read_bytes()
    (tmp_path / "a.wav").unlink()
    columns = {"audio": [{"bytes": content, "path": f"{number}.wav"} for number in range(210)]}
    (tmp_path / "data").mkdir()
    table = table_of(columns, {"audio": AUDIO})
    parquet.write_table(table, tmp_path / "data/x.parquet", row_group_size=10_000)
    command = [sys.executable, "-c", _MEASURED, str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert out[0] == "210"
    assert int(out[1]) * (1 if sys.platform == "darwin" else 1024) < 120_000_000
