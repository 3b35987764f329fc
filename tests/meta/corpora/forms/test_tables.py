"""Metadata as people write it is read, or the columns that are unclear are named."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from sertify.corpora.forms.roles import COLUMN_NAMES
from sertify.corpora.forms.spans import STRETCH_NAMES
from sertify.corpora.reading import read_corpus
from sertify.vocabulary.errors import ConfigurationError
from tests.meta.trees import by_name, complaint, plant

ROLES = [(role, name) for role, others in COLUMN_NAMES.items() for name in (role, *others)]


def spellings(name: str) -> list[str]:
    return [name, name.upper(), name.replace("_", " ").title(), f" {name.replace('_', '-')} "]


# ------------------------------------------------------------------ names of columns


@pytest.mark.parametrize(("role", "name"), ROLES)
def test_each_name_of_a_column_will_do(tmp_path: Path, role: str, name: str) -> None:
    columns = {one: one for one in COLUMN_NAMES}
    values = {"file_name": "a.wav", "label": "sad", "speaker": "s1", "gender": "female"}
    values |= {"language": "de", "split": "test"}
    for spelling in spellings(name):
        header = ",".join((columns | {role: spelling}).values())
        row = ",".join(values[one] for one in columns)
        clip = read_corpus(plant(tmp_path, "a.wav", metadata_csv=f"{header}\n{row}\n")).clips[0]
        facts = (clip.name, clip.label, clip.speaker, clip.gender, clip.language, clip.split)
        assert facts == tuple(values.values())


@pytest.mark.parametrize("letter", ["F", "f", "Female", "female"])
def test_a_gender_is_told_in_full(tmp_path: Path, letter: str) -> None:
    root = plant(tmp_path, metadata_csv=f"file,sex\na.wav,{letter}\n")
    assert read_corpus(root).clips[0].gender == "female"


def test_two_columns_that_could_be_meant_and_differ_are_refused(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,emotion,category\na.wav,sad,call\nb.wav,sad,sad\n")
    assert complaint(root) == (
        "calls/metadata.csv: the columns emotion, category could each be the label, but differ;"
        " rename the right one to label"
    )


def test_one_column_twice_is_refused_where_it_differs(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,Label,label\na.wav,sad,angry\n")
    assert "the columns Label, label could each be the label, but differ" in complaint(root)


def test_two_columns_of_one_content_are_one(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,path,emotion,class\na.wav,a.wav,sad,sad\n")
    corpus = read_corpus(root)
    assert by_name(corpus)["a.wav"].label == "sad"
    assert "class" not in " ".join(corpus.warnings)


def test_an_empty_column_is_none(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,label,emotion\na.wav,,sad\n")
    assert read_corpus(root).clips[0].label == "sad"


def test_the_file_name_of_the_convention_goes_before_a_path(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="path,file_name,label\n/srv/x.wav,a.wav,sad\n")
    assert list(by_name(read_corpus(root))) == ["a.wav"]


def test_a_column_called_label_is_the_label_and_one_that_differs_is_told(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,emotion,label\na.wav,tense,sad\n")
    corpus = read_corpus(root)
    assert corpus.clips[0].label == "sad"
    assert corpus.warnings[0] == (
        "label is read from the column 'label' of metadata.csv, not from 'emotion', which differs"
    )


def test_the_names_of_columns_are_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "corpora.md").read_text("utf-8")
    for role, others in COLUMN_NAMES.items():
        assert f"| `{role}` | {', '.join(f'`{name}`' for name in others)} |" in text
    for role, names in STRETCH_NAMES.items():
        assert f"| {role} | {', '.join(f'`{name}`' for name in names)} |" in text


# ------------------------------------------------------------------ cells of a CSV


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "None", "null", "NULL", "NA", "N/A", "<NA>", " NA "]
)
def test_what_pandas_and_r_write_for_nothing_is_nothing(tmp_path: Path, cell: str) -> None:
    header = "file,label,speaker,language,gender,split"
    root = plant(tmp_path, "a.wav", metadata_csv=f"{header}\na.wav{f',{cell}' * 5}\n")
    corpus = read_corpus(root)
    (clip,) = corpus.clips
    facts = (clip.label, clip.speaker, clip.language, clip.gender, clip.split)
    assert facts == (None,) * 5
    assert not any("emotion" in one or "language" in one for one in corpus.warnings)


def test_none_may_be_a_label_and_null_a_file(tmp_path: Path) -> None:
    root = plant(
        tmp_path, "null", "b", metadata_csv="file,label,speaker\nnull,none,Nan\nb,neu,na\n"
    )
    clips = by_name(read_corpus(root, label_map={"none": "neutral"}))
    assert {(clip.emotion, clip.speaker) for clip in clips.values()} == {
        ("neutral", "Nan"),
        ("neutral", "na"),
    }
    assert clips["null"].label == "none"


def test_a_path_of_windows_leads_to_its_file(tmp_path: Path) -> None:
    table = "file,label\naudio\\a.wav,sad\naudio\\b.wav,angry\n"
    root = plant(tmp_path / "calls", "audio/a.wav", metadata_csv=table)
    assert list(by_name(read_corpus(root))) == ["audio/a.wav", "audio\\b.wav"]
    other = plant(tmp_path / "other", "audio/a.wav", list_csv=table)
    assert read_corpus(other).layout == "list.csv"


def test_a_backslash_in_the_name_of_a_file_is_kept(tmp_path: Path) -> None:
    root = plant(tmp_path, "a/b.wav", "a\\b.wav", metadata_csv="file,label\na\\b.wav,sad\n")
    assert list(by_name(read_corpus(root))) == ["a\\b.wav"]


def test_a_path_of_windows_leads_out_of_no_folder(tmp_path: Path) -> None:
    plant(tmp_path, "x.wav")
    root = plant(tmp_path / "calls", metadata_csv="file,label\n..\\x.wav,sad\n")
    assert not read_corpus(root).clips[0].path.exists()


def test_a_name_that_is_too_long_is_no_file(tmp_path: Path) -> None:
    root = plant(tmp_path, "sad/a.wav", list_csv=f"file,label\n{'a' * 5000},sad\n")
    assert "it lists no file that is there" in read_corpus(root).warnings[0]


# ------------------------------------------------------------------ languages


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        *((value, "ko") for value in ("ko", "kor", "KO", "Korean")),
        *((value, "ko-KR") for value in ("ko-KR", "ko_KR", "kor_kr")),
        ("GERMAN", "de"),
        ("ger", "de"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("yue", "yue"),
        ("mul", "mul"),
    ],
)
def test_a_language_becomes_its_short_code(tmp_path: Path, written: str, tag: str) -> None:
    root = plant(tmp_path, metadata_csv=f"file,lang\na.wav,{written}\nb.wav,\n")
    corpus = read_corpus(root, language=written)
    assert {clip.language for clip in corpus.clips} == {tag}
    assert "language" not in " ".join(corpus.warnings)


def test_what_is_no_language_is_told_and_kept(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,lang\na.wav,xyz\nb.wav,xyz\n")
    corpus = read_corpus(root)
    assert {clip.language for clip in corpus.clips} == {"xyz"}
    (warning,) = corpus.warnings
    assert warning == (
        "language 'xyz' is not a language code such as ko (2 clips), so these clips count for no"
        " language; write the ISO 639 code"
    )
    root = plant(tmp_path / "two", metadata_csv="file,lang\na.wav,jp\nb.wav,Klingonisch\n")
    assert (
        read_corpus(root)
        .warnings[0]
        .startswith("languages 'Klingonisch', 'jp' are not language codes such as ko (2 clips), so")
    )


# ------------------------------------------------------------------ other formats

THREE = {"3": "anger"}
ROWS: list[dict[str, Any]] = [
    {"file_name": "a.wav", "label": 3, "speaker": 7.0, "extra": {"any": ["thing"]}},
    {"file_name": "b.wav", "label": None, "speaker": None, "extra": None},
]


def lines(*rows: object) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def write_parquet(root: Path, **columns: list[Any]) -> Path:
    parquet.write_table(pyarrow.table(columns), plant(root) / "metadata.parquet")
    return root


def test_json_lines_are_read_and_numbers_are_text(tmp_path: Path) -> None:
    root = plant(tmp_path, "a.wav", metadata_jsonl=lines(*ROWS) + "\n")
    corpus = read_corpus(root, label_map=THREE)
    clips = by_name(corpus)
    assert corpus.layout == "metadata.jsonl"
    assert (clips["a.wav"].label, clips["a.wav"].speaker) == ("3", "7")
    assert (clips["b.wav"].label, clips["b.wav"].speaker) == (None, None)


def test_parquet_is_read_as_the_same(tmp_path: Path) -> None:
    columns = {key: [row[key] for row in ROWS] for key in ROWS[0]}
    root = write_parquet(tmp_path / "calls", **columns)
    other = plant(tmp_path / "lines", metadata_jsonl=lines(*ROWS))
    as_lines = read_corpus(other, name="calls", label_map=THREE)
    as_parquet = read_corpus(root, label_map=THREE)
    assert as_parquet.layout == "metadata.parquet"
    assert as_parquet.fingerprint == as_lines.fingerprint
    assert [clip.label for clip in as_parquet.clips] == ["3", None]


def test_a_category_and_a_date_of_parquet_are_text(tmp_path: Path) -> None:
    labels = pyarrow.array(["sad", "sad"]).dictionary_encode()
    root = tmp_path / "calls"
    write_parquet(root, file=["a.wav", "b.wav"], label=labels, subject=[date(2024, 5, 1)] * 2)
    assert {(clip.label, clip.speaker) for clip in read_corpus(root).clips} == {
        ("sad", "2024-05-01")
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "calls/metadata.jsonl: lists no file"),
        ('{"file_name": "a.wav"}\n{"file', "calls/metadata.jsonl:2: is not JSON: Unterminated"),
        ("[" * 100_000, "calls/metadata.jsonl:1: is not JSON: "),
        ("1" * 10_000, "calls/metadata.jsonl:1: is not JSON: Exceeds the limit"),
        ("[1]", "calls/metadata.jsonl:1: should be an object such as"),
        ('{"label": "sad"}', "calls/metadata.jsonl: has no column of file names"),
        ('{"file_name": null}', "calls/metadata.jsonl:1: file_name is '', but should be a path"),
        ('{"file_name": ["a.wav"]}', "calls/metadata.jsonl:1: file_name is a list, but should"),
        ('{"audio": {"path": "a"}}', "calls/metadata.jsonl:1: audio is an object, but should be"),
        ('{"file": "a", "label": "\\ud800"}', "calls/metadata.jsonl:1: label is '\\ud800', which"),
        ('{"file": "a", "label": "\\u0000"}', "calls/metadata.jsonl:1: label is '\\x00', but"),
        (b"\xff\xfe{", "calls/metadata.jsonl: is not a JSON Lines file in UTF-8: 'utf-8' codec"),
    ],
)
def test_a_mistake_in_json_lines_is_told(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(plant(tmp_path, metadata_jsonl=text)).startswith(message)


@pytest.mark.parametrize("name", ["metadata_csv", "metadata_jsonl", "metadata_parquet"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer is in its place; run"),
        ("<html><title>Sign in</title>", "a web page is in its place; download it again"),
    ],
)
def test_a_table_that_was_not_downloaded_is_told(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    assert message in complaint(plant(tmp_path, **{name: text}))


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    message = complaint(plant(tmp_path, metadata_parquet="PAR1 not"))
    assert message.startswith("calls/metadata.parquet: is not a Parquet file: ")


def test_what_is_no_audio_within_parquet_is_refused(tmp_path: Path) -> None:
    root = write_parquet(tmp_path / "calls", audio=[b"none"], label=["sad"])
    message = "--data calls: metadata.parquet: audio holds bytes that are no audio file"
    assert complaint(root) == message


@pytest.mark.parametrize(
    ("module", "file", "message"),
    [
        ("pyarrow", "metadata.parquet", "Parquet needs pyarrow: pip install 'sertify[parquet]'"),
        ("audformat", "db.yaml", "needs audformat: pip install 'sertify[audformat]'"),
    ],
)
def test_an_extra_that_is_not_installed_is_named(
    tmp_path: Path, module: str, file: str, message: str
) -> None:
    (tmp_path / file).write_text("{name: x, tables: {}}")
    code = (
        f"import sys; sys.modules[{module!r}] = sys.modules['iso639'] = None\n"
        "from pathlib import Path; from sertify.corpora.reading import read_corpus\n"
        "from sertify.vocabulary.errors import ConfigurationError\n"
        "try: read_corpus(Path(sys.argv[1]))\n"
        "except ConfigurationError as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == f"{tmp_path / file}: {message}\n"


def test_two_kinds_of_metadata_are_refused(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file\na.wav\n", metadata_jsonl='{"file": "b.wav"}')
    assert complaint(root) == (
        "--data calls: has metadata.csv and metadata.jsonl, which differ, but should have one of"
        " them"
    )


# ------------------------------------------------------------------ a table of another name

TABLE = "file,label\nx/a.wav,sad\nx/b.wav,angry\n"


def test_the_only_table_is_read_whatever_its_name(tmp_path: Path) -> None:
    corpus = read_corpus(plant(tmp_path, "x/a.wav", "x/b.wav", labels_csv=TABLE))
    assert corpus.layout == "labels.csv"
    assert by_name(corpus)["x/a.wav"].label == "sad"


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (
            {"a_csv": TABLE, "b_csv": TABLE.replace("sad", "happy")},
            "a.csv, b.csv not read: they have the same files as a.csv, but other labels",
        ),
        ({"a_csv": "file,text\nx/a.wav,hi\n"}, "a.csv not read: it has no column label"),
        ({"a_csv": "item,label\nx/a.wav,hi\n"}, "a.csv not read: it has no column file_name"),
        ({"a_csv": "file,label\ny/c.wav,hi\n"}, "a.csv not read: it lists no file that is there"),
        ({"a_jsonl": "nothing"}, "a.jsonl:1: is not JSON"),
    ],
)
def test_another_table_leaves_it_to_the_folders(
    tmp_path: Path, texts: dict[str, str], why: str
) -> None:
    texts = {name: text.replace("x/", "sad/") for name, text in texts.items()}
    corpus = read_corpus(plant(tmp_path, "sad/a.wav", "sad/b.wav", **texts))
    assert corpus.layout == "folder per label"
    assert why in corpus.warnings[0]
    # What is said of them helps where the folders do not.
    message = complaint(plant(tmp_path / "other", "x/a.wav", "x/b.wav", **texts))
    assert why.replace("sad/", "x/") in message or "not read" in message


def test_metadata_asked_for_need_not_have_labels(tmp_path: Path) -> None:
    root = plant(tmp_path, "x/a.wav", list_csv="file,speaker\nx/a.wav,s1\n")
    corpus = read_corpus(root, layout="metadata")
    assert (corpus.layout, corpus.clips[0].label) == ("list.csv", None)


def test_metadata_asked_for_has_to_be_there(tmp_path: Path) -> None:
    root = plant(tmp_path, "a.wav")
    assert complaint(root, layout="metadata") == (
        "--data calls: has no metadata.csv, which layout metadata needs"
    )


# ------------------------------------------------------------------ hostile content


def test_a_huge_field_is_refused(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv=f"file,label\na.wav,{'x' * 200_000}\n")
    assert complaint(root).endswith("field larger than field limit (131072)")


def test_a_nul_is_refused(tmp_path: Path) -> None:
    root = plant(tmp_path, metadata_csv="file,label\na.wav,s\0d\n")
    assert complaint(root) == ("calls/metadata.csv:2: a field is 's\\x00d', but should hold no NUL")


@given(content=st.binary(max_size=60), suffix=st.sampled_from(["csv", "jsonl", "parquet"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / f"metadata.{suffix}").write_bytes(content)
    with pytest.raises(ConfigurationError, match="metadata"):
        read_corpus(root)


CELLS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.mktemp("any")
    objects = [dict(zip(("file", "label", "speaker"), row, strict=True)) for row in rows]
    (root / "metadata.jsonl").write_text(lines(*objects))
    try:
        corpus = read_corpus(root)
    except ConfigurationError as error:
        assert "metadata.jsonl" in str(error) or "label_map" in str(error)  # noqa: PT017
    else:
        assert corpus.requested == len(rows)
        assert all(warning.isprintable() for warning in corpus.warnings)
