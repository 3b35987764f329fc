"""What a table says of clips beside their labels is kept with them, if it tells groups apart."""

import json
import os
import pickle
import re
import shutil
import sys
import tarfile
import tomllib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from sertify.corpora import columns as columns_module
from sertify.corpora.bands import SIGNAL_GROUPS
from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.columns import (
    MOST_COLUMNS,
    OtherColumns,
    column_for,
    columns_of_rows,
    in_common,
    settled,
)
from sertify.corpora.forms.layouts import LAYOUTS
from sertify.corpora.reading import read_corpus
from tests.meta.corpora.rows import noises
from tests.meta.trees import plant

ROWS: list[dict[str, Any]] = [
    {"file": "a.wav", "label": "sad", "accent": "US", "age": 23, "constant": "x", "text": "hi"},
    {"file": "b.wav", "label": "joy", "accent": "Scots", "age": 61, "constant": "x", "text": "ho"},
    {"file": "c.wav", "label": "joy", "accent": "unknown", "age": 35, "constant": "x", "text": "h"},
]
FILES = ("a.wav", "b.wav", "c.wav")
EXPECTED = [
    {"accent": "US", "age": "under 30", "text": "hi"},
    {"accent": "Scots", "age": "50 to 69", "text": "ho"},
    {"age": "30 to 49", "text": "h"},
]


def csv_of(rows: list[dict[str, Any]], separator: str = ",") -> str:
    lines = [separator.join(rows[0]), *(separator.join(map(str, row.values())) for row in rows)]
    return "\n".join(lines) + "\n"


def columns(corpus: Corpus) -> list[dict[str, str]]:
    return [dict(clip.columns) for clip in corpus.clips]


def as_csv(root: Path) -> None:
    (root / "metadata.csv").write_text(csv_of(ROWS))


def as_tsv(root: Path) -> None:
    (root / "labels.tsv").write_text(csv_of(ROWS, "\t"))


def as_lines(root: Path) -> None:
    odd = [{**row, "nested": {"a": [1]}, "words": ["x"]} for row in ROWS]
    (root / "metadata.jsonl").write_text("\n".join(map(json.dumps, odd)))


def as_parquet(root: Path) -> None:
    odd = [{**row, "vector": [0.5], "blob": b"x"} for row in ROWS]
    parquet.write_table(pyarrow.Table.from_pylist(odd), root / "metadata.parquet")


def as_nemo(root: Path) -> None:
    rows = [{**row, "audio_filepath": row["file"], "emotion": row["label"]} for row in ROWS]
    lines = [{k: v for k, v in row.items() if k not in ("file", "label")} for row in rows]
    (root / "manifest.json").write_text("\n".join(map(json.dumps, lines)))


def as_speechbrain(root: Path) -> None:
    rows = [
        {"ID": n, "duration": 1, "wav": row.pop("file"), **row}
        for n, row in enumerate(map(dict, ROWS))
    ]
    (root / "train.csv").write_text(csv_of(rows))


@pytest.mark.parametrize("write", [as_csv, as_tsv, as_lines, as_parquet, as_nemo, as_speechbrain])
def test_columns_of_tables_are_kept(write: Callable[[Path], None], tmp_path: Path) -> None:
    noises(tmp_path, *FILES)
    write(tmp_path)
    assert columns(read_corpus(tmp_path)) == EXPECTED


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_of_rows_with_recordings_are_kept(form: str, tmp_path: Path) -> None:
    noises(tmp_path, *FILES)
    rows = [
        {**row, "audio": {"bytes": (tmp_path / row["file"]).read_bytes(), "path": row["file"]}}
        for row in ROWS
    ]
    table = pyarrow.Table.from_pylist(
        [{k: v for k, v in row.items() if k != "file"} for row in rows]
    )
    target = tmp_path / "rows"
    target.mkdir()
    if form == "parquet":
        parquet.write_table(table, target / "data.parquet")
    else:
        path = str(target / "data.arrow")
        with pyarrow.OSFile(path, "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as one:
            one.write_table(table, max_chunksize=1)
    assert columns(read_corpus(target)) == EXPECTED


def test_rows_with_recordings_have_no_columns_of_too_many_values(tmp_path: Path) -> None:
    noises(tmp_path, "a.wav")
    sound = {"bytes": (tmp_path / "a.wav").read_bytes()}
    rows = [
        {"audio": sound, "label": "sad", "place": n % 50, "id": n // 2, "age": n % 60 + 20}
        for n in range(120)
    ]
    target = tmp_path / "rows"
    target.mkdir()
    parquet.write_table(pyarrow.Table.from_pylist(rows), target / "data.parquet", row_group_size=7)
    found = columns(read_corpus(target))
    assert {name for row in found for name in row} == {"place", "age"}
    assert {row["age"] for row in found} == {"under 30", "30 to 49", "50 to 69", "70 and over"}


def as_webdataset(root: Path) -> Path:
    with tarfile.open(root / "train-000000.tar", "w") as tar:
        for row in ROWS:
            told = json.dumps({key: value for key, value in row.items() if key != "file"}).encode()
            (root / "told.json").write_bytes(told)
            tar.add(root / row["file"], row["file"])
            tar.add(root / "told.json", row["file"].replace(".wav", ".json"))
    return root / "train-000000.tar"


def as_json_files(root: Path) -> Path:
    for row in ROWS:
        told = {"speech": {key: value for key, value in row.items() if key != "file"}}
        (root / row["file"]).with_suffix(".json").write_text(json.dumps(told))
    return root


def as_zip(root: Path) -> Path:
    as_csv(root)
    shutil.make_archive(str(root / "calls"), "zip", root)
    return root / "calls.zip"


@pytest.mark.parametrize("write", [as_webdataset, as_json_files, as_zip])
def test_columns_of_other_forms_are_kept(write: Callable[[Path], Path], tmp_path: Path) -> None:
    noises(tmp_path, *FILES)
    corpus = read_corpus(write(tmp_path))
    assert [clip.label for clip in corpus.clips] == ["sad", "joy", "joy"]
    assert columns(corpus) == EXPECTED


def test_columns_of_kaldi_are_its_other_tables(tmp_path: Path) -> None:
    noises(tmp_path, *FILES)
    texts = {
        "wav.scp": "u1 a.wav\nu2 b.wav\nu3 c.wav\n",
        "utt2emo": "u1 sad\nu2 joy\nu3 joy\n",
        "utt2spk": "u1 anna\nu2 ben\nu3 ben\n",
        "spk2age": "anna 23\nben 61\n",
        "utt2channel": "u1 near\nu2 far\nu3 near\n",
        "utt2duration": "u1 0.1\nu2 0.2\nu3 0.1\n",
        "spk2utt": "anna u1\nben u2 u3\n",
        "utt2broken": "u1 x\nu1 y\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert columns(read_corpus(tmp_path)) == [
        {"age": "under 30", "channel": "near"},
        {"age": "50 to 69", "channel": "far"},
        {"age": "50 to 69", "channel": "near"},
    ]


@pytest.mark.parametrize(
    ("public", "name", "expected"),
    [
        ("ravdess", "Actor_01/03-01-05-02-02-01-01.wav",
         {"intensity": "strong", "statement": "dogs are sitting by the door", "repetition": "1"}),
        ("emodb", "wav/03a01Fa.wav", {"text": "a01"}),
        ("crema-d", "1001_DFA_ANG_HI.wav", {"sentence": "DFA", "intensity": "high"}),
        ("crema-d", "1001_DFA_NEU_XX.wav", {"sentence": "DFA"}),
        ("iemocap", "Ses01F_impro01_F000.wav", {"session": "Ses01", "style": "improvised"}),
        ("cafe", "Colère/Fort/01-C-2-1.wav", {"intensity": "strong", "sentence": "1"}),
        ("emovo", "dis-f1-b1.wav", {"sentence": "b1"}),
        ("baved", "1/12-m-21-0-1-183.wav", {"age": "21", "word": "0", "intensity": "neutral"}),
    ],
)  # fmt: skip
def test_names_of_public_corpora_tell_columns(
    public: str, name: str, expected: dict[str, str]
) -> None:
    (layout,) = (one for one in LAYOUTS if one.public == public)
    parts = layout.match(name.rpartition(".")[0])
    assert parts is not None
    assert dict(layout.told(parts)) == expected


def test_each_group_that_a_layout_tells_is_in_its_pattern() -> None:
    for layout in LAYOUTS:
        groups = layout.pattern.groupindex if layout.pattern else {}
        assert {*layout.columns} <= {*groups}, layout.name


def test_a_folder_named_as_ravdess_has_its_columns(tmp_path: Path) -> None:
    names = ["03-01-05-01-02-01-01.wav", "03-01-06-02-01-01-02.wav", "03-01-04-02-02-02-02.wav"]
    noises(tmp_path, *names)
    found = columns(read_corpus(tmp_path))  # in the order of the names
    assert [row["intensity"] for row in found] == ["strong", "normal", "strong"]


def test_a_clip_that_several_listened_to_has_what_the_rows_agree_on(tmp_path: Path) -> None:
    rows = [
        f"{file},{who},{label},{accent}"
        for file, label, accent in (("a.wav", "sad", "us"), ("b.wav", "joy", "uk"))
        for who in ("kim", "lee", "mo")
    ]
    text = "\n".join(["file,annotator,label,accent", *rows])
    found = read_corpus(plant(tmp_path, "a.wav", "b.wav", metadata_csv=text))
    assert columns(found) == [{"accent": "us"}, {"accent": "uk"}]


def test_columns_of_several_tables_are_decided_once(tmp_path: Path) -> None:
    corpus = read_corpus(
        plant(
            tmp_path,
            "a.wav",
            "b.wav",
            train_csv="file,label,accent,age\na.wav,sad,us,7\n",
            test_csv="file,label,accent,age\nb.wav,joy,uk,40\n",
        )
    )
    assert columns(corpus) == [
        {"accent": "us", "age": "under 30"},
        {"accent": "uk", "age": "30 to 49"},
    ]


SPEAKERS = "Speaker_ID,Age,Sex,Race,dialect\nanna,23,F,x,us\nben,61,M,y,uk\ncarl,35,M,y,us\n"
SPOKEN = "file,label,speaker,dialect\na.wav,sad,anna,scots\nb.wav,joy,ben,\nc.wav,joy,carl,\n"


@pytest.mark.parametrize("name", ["speakers.csv", "info/Speaker-Info.CSV", "VideoDemographics.csv"])
def test_a_table_of_speakers_tells_of_their_clips(name: str, tmp_path: Path) -> None:
    plant(tmp_path, *FILES, metadata_csv=SPOKEN)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(SPEAKERS)
    corpus = read_corpus(tmp_path)
    assert columns(corpus) == [
        {"Age": "under 30", "Race": "x", "dialect": "scots"},
        {"Age": "50 to 69", "Race": "y", "dialect": "uk"},
        {"Age": "30 to 49", "Race": "y", "dialect": "us"},
    ]
    assert [clip.gender for clip in corpus.clips] == ["female", "male", "male"]
    assert [text for text in corpus.warnings if "speakers" in text and name in text]


def test_a_table_of_speakers_tells_nothing_of_nobody_and_of_whom_it_is_of_two_minds(
    tmp_path: Path,
) -> None:
    plant(tmp_path, *FILES, metadata_csv=SPOKEN.replace(",carl,", ",,"))
    rows = "anna,F\nanna,M\nben,M\nben,m\n,F\n"
    (tmp_path / "speakers.csv").write_text(f"speaker,sex\n{rows}")
    assert [clip.gender for clip in read_corpus(tmp_path).clips] == [None, "male", None]


OTHERS = [
    "Speaker_ID,Age\nzoe,23\nyan,61\nanna,20\n",
    "no table\0",
    "",
    "Speaker_ID,Age\nanna\n",
    "Speaker_ID\nanna\nben\ncarl\n",
    "Age,Race\n23,x\n61,y\n",
]


@pytest.mark.parametrize("text", OTHERS)
def test_a_table_of_others_tells_nothing(text: str, tmp_path: Path) -> None:
    plant(tmp_path, *FILES, metadata_csv=SPOKEN.replace("dialect", "text"))
    (tmp_path / "speakers.csv").write_text(text)
    corpus = read_corpus(tmp_path)
    assert columns(corpus) == [{}, {}, {}]
    assert [clip.gender for clip in corpus.clips] == [None, None, None]
    assert not [text for text in corpus.warnings if "tells of the speakers" in text]


def test_the_actors_of_crema_d_have_an_age(tmp_path: Path) -> None:
    names = ["1001_DFA_ANG_XX.wav", "1002_IEO_SAD_HI.wav", "1003_IEO_HAP_LO.wav"]
    noises(tmp_path / "AudioWAV", *names)
    table = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n"
    table += "1002,21,Female,Asian,Hispanic\n1003,21,Female,Asian,Not Hispanic\n"
    (tmp_path / "VideoDemographics.csv").write_text(table)
    corpus = read_corpus(tmp_path)
    assert corpus.public == "crema-d"
    assert dict(corpus.clips[0].columns) == {
        "Age": "50 to 69",
        "Race": "Caucasian",
        "Ethnicity": "Not Hispanic",
        "sentence": "DFA",
    }


def test_columns_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    more = plant(tmp_path / "x", *FILES, metadata_csv=csv_of(ROWS))
    rows = [{"file": row["file"], "label": row["label"]} for row in ROWS]
    less = plant(tmp_path / "y", *FILES, metadata_csv=csv_of(rows))
    one, other = read_corpus(more, name="calls"), read_corpus(less, name="calls")
    assert one.fingerprint == other.fingerprint
    assert one.clips[0].columns
    assert not other.clips[0].columns


# What ages in a column are, and what they become.
AGES = [
    (["23", "61"], {"23": "under 30", "61": "50 to 69"}),
    (["29", "30", "49", "50", "69", "70", "120"],
     {"29": "under 30", "30": "30 to 49", "49": "30 to 49", "50": "50 to 69", "69": "50 to 69",
      "70": "70 and over", "120": "70 and over"}),
    (["23.5", "61.0"], {"23.5": "under 30", "61.0": "50 to 69"}),
    (["20-29", "30-39"], {"20-29": "20-29", "30-39": "30-39"}),
    (["twenties", "fifties"], {"twenties": "twenties", "fifties": "fifties"}),
    (["1", "2", "3"], {"1": "1", "2": "2", "3": "3"}),
    (["23", "121"], {"23": "23", "121": "121"}),
    (["23", "-4"], {"23": "23", "-4": "-4"}),
    (["23", "inf"], {"23": "23", "inf": "inf"}),
    (["23", "old"], {"23": "23", "old": "old"}),
    (["23", "25"], {}),
]  # fmt: skip


@pytest.mark.parametrize(("ages", "expected"), AGES)
def test_ages_become_bands(ages: list[str], expected: dict[str, str]) -> None:
    rows = columns_of_rows({"Speaker_Age": ages})
    found = settled(rows)
    bands = {age: found[row.told].get("Speaker_Age") for age, row in zip(ages, rows, strict=True)}
    assert {age: band for age, band in bands.items() if band is not None} == expected


def test_what_tells_nothing_apart_is_not_kept() -> None:
    rows = columns_of_rows(
        {
            "few": [str(n % 50) for n in range(200)],
            "many": [str(n % 51) for n in range(200)],
            "one": ["x"] * 200,
            "none": [None] * 200,
            "long": ["x" * 201, "y"] * 100,
            "short": ["x" * 200, "y"] * 100,
            "unknown": ["N/A", "x"] * 100,
            "control": ["\x1b[31m", "x"] * 100,
        }
    )
    kept = settled(rows)
    assert {name for one in kept.values() for name in one} == {"few", "short"}


def test_no_more_columns_are_kept_than_is_sensible() -> None:
    rows = columns_of_rows({f"c{n}": ["a", "b"] for n in range(99)} | {"accents": ["us", "uk"]})
    (first, _) = (settled(rows)[row.told] for row in rows)
    assert len(first) == MOST_COLUMNS
    assert first["accents"] == "us"


def test_columns_cannot_be_changed_and_outlast_a_pickle() -> None:
    made = OtherColumns({"accent": "us", "age": None})
    assert pickle.loads(pickle.dumps(made)) == made == {"accent": "us"}
    assert len(made) == 1
    assert "age" not in made
    with pytest.raises(TypeError):
        made["accent"] = "uk"  # type: ignore[index]
    assert hash(made) == hash(OtherColumns({"accent": "us"}))


def test_rows_agree_on_what_none_contradicts() -> None:
    rows = [OtherColumns({"a": "1", "b": "2"}), OtherColumns({"a": "1", "b": "3", "c": "4"})]
    assert in_common(rows) == {"a": "1", "c": "4"}


@pytest.mark.parametrize(
    ("wanted", "names", "expected"),
    [
        ("Age", ["age_group", "text"], "age_group"),
        ("accent", ["dialect", "accents"], "accents"),
        ("dialect", ["accent"], "accent"),
        ("ethnicity", ["Race"], "Race"),
        ("channel", ["Channel"], "Channel"),
        ("channel", ["channels"], None),
    ],
)
def test_a_column_is_found_by_what_else_it_is_called(
    wanted: str, names: list[str], expected: str | None
) -> None:
    assert column_for(wanted, names) == expected


def test_the_page_has_the_names_of_columns() -> None:
    page = (Path(__file__).parents[3] / "docs" / "corpora.md").read_text("utf-8")
    section = page[page.index("\n## Groups") : page.index("\n## Labels that are no emotion")]
    told = {
        (cells := row.split("|"))[1].strip(" `"): tuple(re.findall("`(.+?)`", cells[2]))
        for row in section.splitlines()
        if row.startswith("| `")
    }
    known = tomllib.loads(Path(columns_module.__file__).with_suffix(".toml").read_text("utf-8"))
    for name, others in known["names"].items():
        assert told.pop(name) == (name, *others)
    assert {*told} == {*SIGNAL_GROUPS}
    for layout in LAYOUTS:
        for column in layout.columns:
            assert re.search(f"{re.escape(layout.name)}[^;:.]*`{column}`", section), layout.name


def test_a_hundred_thousand_rows_share_what_they_say() -> None:
    """So that a clip takes no more than a fifth more."""
    number = 100_000
    values = {f"c{column}": [f"{n % (column + 2)}" for n in range(number)] for column in range(5)}
    tracemalloc.start()
    clips = [Clip(f"{n}.wav", Path(f"{n}.wav"), "sad", f"{n % 90}") for n in range(1000)]
    of_clip = tracemalloc.get_traced_memory()[0] / len(clips)
    before = tracemalloc.get_traced_memory()[0]
    rows = columns_of_rows(values)
    kept = settled(rows)
    told = [kept[row.told] for row in rows]
    del rows, kept
    grown = (tracemalloc.get_traced_memory()[0] - before - sys.getsizeof(told)) / number
    tracemalloc.stop()
    assert {*told[61]} == {*values}
    assert grown < of_clip / 5


@pytest.mark.parametrize("value", ["a\\u0000b", "\\ud800", "x" * 300, "\\u001b[31m"])
def test_what_no_column_can_hold_is_refused_by_none(value: str, tmp_path: Path) -> None:
    lines = [
        f'{{"file": "a.wav", "label": "sad", "note": "{value}"}}',
        '{"file": "b.wav", "label": "joy", "note": "x"}',
        '{"file": "c.wav", "label": "joy", "note": "y"}',
    ]
    found = columns(read_corpus(plant(tmp_path, *FILES, metadata_jsonl="\n".join(lines))))
    assert found[1:] == [{"note": "x"}, {"note": "y"}]
    assert found[0] == {}


def as_folder(path: Path) -> None:
    path.mkdir()


def as_lost_link(path: Path) -> None:
    path.symlink_to("nowhere.csv")


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [as_folder, as_lost_link, as_pipe])
@pytest.mark.parametrize("name", ["speakers.csv", "utt2accent"])
def test_what_is_called_like_a_table_may_be_none(
    make: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    noises(tmp_path, *FILES)
    for table, text in (
        ("wav.scp", "u1 a.wav\nu2 b.wav\nu3 c.wav\n"),
        ("utt2emo", "u1 sad\nu2 joy\nu3 joy\n"),
        ("utt2spk", "u1 anna\nu2 ben\nu3 ben\n"),
    ):
        (tmp_path / table).write_text(text)
    make(tmp_path / name)
    assert columns(read_corpus(tmp_path)) == [{}, {}, {}]


def test_a_table_of_many_columns_is_read(tmp_path: Path) -> None:
    rows = [
        {"file": file, "label": label, **{f"c{n}": f"{place}" for n in range(3000)}}
        for place, (file, label) in enumerate(zip(FILES, ("sad", "joy", "joy"), strict=True))
    ]
    found = columns(read_corpus(plant(tmp_path, *FILES, metadata_csv=csv_of(rows))))
    assert [len(row) for row in found] == [MOST_COLUMNS] * 3


TEXTS = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["23", "61", "x", "N/A", "\0"]))


@given(
    st.dictionaries(st.sampled_from(["age", "a", "b", ""]), st.lists(TEXTS, min_size=4, max_size=4))
)
def test_what_is_kept_of_any_table_is_text_that_tells_apart(
    table: dict[str, list[str | None]],
) -> None:
    rows = columns_of_rows(table)
    assert len(rows) == (4 if table else 0)
    kept = [settled(rows)[row.told] for row in rows]
    for name in {name for one in kept for name in one}:
        values = [one.get(name) for one in kept]
        assert 2 <= len({*values} - {None}) <= 4
        assert all(value is None or (value.isprintable() and value.strip()) for value in values)
        pairs = zip(values, table[name], strict=True)
        assert all(value is None for value, written in pairs if written is None)
