"""An audformat database is read as its header says, and runs no code."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest

from sertify.corpora.reading import read_corpus
from tests.meta.trees import by_name, complaint, plant

audformat = pytest.importorskip("audformat")
pandas = pytest.importorskip("pandas")

FILES = ["wav/a.wav", "wav/b.wav"]
PEOPLE = {3: {"gender": "male"}, 8: {"gender": "female", "language": "eng"}}


@pytest.fixture
def database() -> Any:
    """A database of two files and speakers, without a table of labels."""
    made = audformat.Database("emodb", source="here", usage="unrestricted", languages=["de"])
    made.schemes["emotion"] = audformat.Scheme(labels=["anger", "sadness"])
    made.schemes["speaker"] = audformat.Scheme("int", labels=PEOPLE)
    made.splits["test"] = audformat.Split("test")
    return made


def add(database: Any, name: str, index: Any, split: str | None = None, **columns: Any) -> None:
    """Add a table; each column is its scheme, or None, and its values."""
    made = audformat.Table(index, split_id=split)
    database[name] = made
    for column, (scheme, values) in columns.items():
        made[column] = audformat.Column(scheme_id=scheme)
        made[column].set(values)


def saved(database: Any, root: Path, form: str = "csv") -> Path:
    plant(root, *FILES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # audformat calls what its pandas deprecates
        database.save(str(root), storage_format=form)
    return root


EMOTION = ("emotion", ["anger", "sadness"])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_of_files_is_read(database: Any, tmp_path: Path, form: str) -> None:
    index = audformat.filewise_index(FILES)
    add(database, "emotion", index, "test", emotion=EMOTION, speaker=("speaker", [3, 8]))
    corpus = read_corpus(saved(database, tmp_path, form))
    first, second = corpus.clips
    assert (corpus.layout, corpus.public) == ("audformat", "emodb")
    assert (first.name, first.path) == ("wav/a.wav", tmp_path / "wav/a.wav")
    assert (first.label, first.speaker, first.gender, first.language) == (
        "anger",
        "3",
        "male",
        "de",
    )
    assert (second.label, second.speaker, second.gender) == ("sadness", "8", "female")
    assert (first.split, second.language) == ("test", "en")
    told = read_corpus(tmp_path, language="nl")
    assert [clip.language for clip in told.clips] == ["nl", "en"]


def test_stretches_of_files_are_read(database: Any, tmp_path: Path) -> None:
    index = audformat.segmented_index(
        [*FILES, FILES[0]], ["0s", "0s", "1.5s"], ["1s", None, "2.25s"]
    )
    add(database, "turns", index, emotion=("emotion", ["anger", None, "sadness"]))
    add(database, "files", audformat.filewise_index(FILES), speaker=("speaker", [3, 8]))
    clips = by_name(read_corpus(saved(database, tmp_path)))
    assert list(clips) == ["wav/a.wav#t=0,1", "wav/a.wav#t=1.5,2.25", "wav/b.wav"]
    assert [(clip.start, clip.end) for clip in clips.values()] == [(0, 1), (1.5, 2.25), (0, None)]
    assert [clip.label for clip in clips.values()] == ["anger", "sadness", None]
    assert [clip.speaker for clip in clips.values()] == ["3", "3", "8"]
    assert [clip.gender for clip in clips.values()] == ["male", "male", "female"]
    assert {clip.path for clip in clips.values()} == {tmp_path / name for name in FILES}


def test_the_stretch_counts_in_the_fingerprint(database: Any, tmp_path: Path) -> None:
    prints = set()
    for end in ("1s", "2s"):
        index = audformat.segmented_index(FILES, ["0s", "0s"], [end, end])
        add(database, "turns", index, emotion=EMOTION)
        prints.add(read_corpus(saved(database, tmp_path / end), name="calls").fingerprint)
    assert len(prints) == 2


def test_speakers_may_be_described_in_a_table(database: Any, tmp_path: Path) -> None:
    index = pandas.Index([3, 8], dtype="Int64", name="person")
    database["people"] = audformat.MiscTable(index)
    database["people"]["sex"] = audformat.Column()
    database["people"]["sex"].set(["male", "female"])
    database.schemes["who"] = audformat.Scheme("int", labels="people")
    index = audformat.filewise_index(FILES)
    add(database, "emotion", index, emotion=EMOTION, speaker=("who", [3, 8]))
    assert [clip.gender for clip in read_corpus(saved(database, tmp_path)).clips] == [
        "male",
        "female",
    ]


@pytest.mark.parametrize("home", ["emotion", "files"])
def test_clusters_are_columns_of_the_database(database: Any, tmp_path: Path, home: str) -> None:
    index = audformat.filewise_index(FILES)
    session: dict[str, Any] = {"session": (None, ["1", "2"])}
    add(database, "emotion", index, emotion=EMOTION, **(session if home == "emotion" else {}))
    if home == "files":
        add(database, home, index, **session)
    root = saved(database, tmp_path)
    assert [clip.cluster for clip in read_corpus(root, cluster=["Session"]).clips] == ["1", "2"]
    assert "has the columns emotion, session; did you mean 'session'?" in complaint(
        root, cluster=["sessions"]
    )


# ------------------------------------------------------------------ which labels


def test_several_columns_of_labels_are_refused_and_one_can_be_named(
    database: Any, tmp_path: Path
) -> None:
    index = audformat.filewise_index(FILES)
    add(database, "gold", index, emotion=EMOTION)
    add(
        database,
        "raw",
        index,
        emotion=("emotion", ["sadness", "sadness"]),
        mood=(None, ["calm", "bored"]),
    )
    root = saved(database, tmp_path)
    assert complaint(root) == (
        "calls/db.yaml: has several columns of labels (gold:emotion, raw:emotion);"
        " choose one with layout audformat:TABLE:COLUMN"
    )
    assert [clip.label for clip in read_corpus(root, layout="audformat:gold").clips] == [
        "anger",
        "sadness",
    ]
    moods = read_corpus(root, layout="audformat:raw:mood")
    assert [clip.label for clip in moods.clips] == ["calm", "bored"]
    assert "has no column of labels silver (gold:emotion, raw" in complaint(
        root, layout="audformat:silver"
    )


def test_a_database_without_labels_is_refused(database: Any, tmp_path: Path) -> None:
    add(database, "files", audformat.filewise_index(FILES), speaker=("speaker", [3, 8]))
    message = complaint(saved(database, tmp_path))
    assert message.startswith("calls/db.yaml: has no column of labels (files:speaker); choose one")


def test_a_header_of_another_name_is_found(database: Any, tmp_path: Path) -> None:
    add(database, "emotion", audformat.filewise_index(FILES), emotion=EMOTION)
    saved(database, tmp_path)
    (tmp_path / "db.yaml").rename(tmp_path / "mine.yaml")
    (tmp_path / "db.emotion.csv").rename(tmp_path / "mine.emotion.csv")
    plant(tmp_path, candidates_yaml="candidates: []")
    assert read_corpus(tmp_path).layout == "audformat"


# ------------------------------------------------------------------ mistakes, and worse

HEADER = """name: x
source: y
usage: unrestricted
tables:
  emotion:
    type: filewise
    columns: {emotion: {}}
"""


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"db_yaml": "{"}, "calls/db.yaml: cannot be read as YAML: line "),
        ({"db_yaml": b"\xff"}, "calls/db.yaml: cannot be read as YAML: line 1: not UTF-8 text"),
        ({"db_yaml": "tables: {}"}, "calls/db.yaml: audformat cannot read it: KeyError: 'source'"),
        ({"db_yaml": "tables: {a: 3}"}, "calls/db.yaml: audformat cannot read it: "),
        ({"db_yaml": HEADER}, "calls/db.yaml: there is neither db.emotion.csv nor db.emotion.parq"),
    ],
)
def test_a_mistake_in_a_database_is_told(
    tmp_path: Path, texts: dict[str, str], message: str
) -> None:
    assert complaint(plant(tmp_path, **texts)).startswith(message)


@pytest.mark.parametrize("name", ["../x.wav", "/etc/passwd", "wav/../../x.wav"])
def test_a_file_has_to_lie_below_the_database(tmp_path: Path, name: str) -> None:
    plant(tmp_path, db_yaml=HEADER)
    (tmp_path / "db.emotion.csv").write_text(f"file,emotion\n{name},sad\n")
    message = f"calls/db.yaml: table emotion lists {name!r}, but should list paths relative to"
    assert complaint(tmp_path).startswith(message)


def test_a_file_is_listed_once(tmp_path: Path) -> None:
    plant(tmp_path, db_yaml=HEADER)
    (tmp_path / "db.emotion.csv").write_text("file,emotion\na.wav,sad\na.wav,anger\n")
    assert complaint(tmp_path) == "calls/db.yaml: table emotion lists a.wav more than once"


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


def test_neither_a_pickle_nor_a_header_runs_code(tmp_path: Path) -> None:
    root, target = tmp_path / "calls", tmp_path / "ran"
    plant(root, db_yaml=HEADER)
    (root / "db.emotion.pkl").write_bytes(pickle.dumps(Bomb(target)))
    assert "a .pkl is not read, because it could run code" in complaint(root)
    (root / "db.emotion.csv").write_text("file,emotion\na.wav,sad\n")
    assert read_corpus(root).clips[0].label == "sad"
    (root / "db.yaml").write_text(f"{HEADER}x: !!python/object/apply:os.mkdir ['{target}']\n")
    assert "tag !!python/object/apply:os.mkdir is not allowed" in complaint(root)
    assert not target.exists()


def test_audformat_asked_for_has_to_be_there(tmp_path: Path) -> None:
    message = "--data calls: has no db.yaml, which layout audformat needs"
    assert complaint(plant(tmp_path, "a.wav"), layout="audformat") == message


def test_its_public_corpus_is_known_by_the_names_of_its_files(
    database: Any, tmp_path: Path
) -> None:
    database.name = "ours"
    files = ["wav/03a01Fa.wav", "wav/08a01Wa.wav"]
    starts = pandas.to_timedelta([1, 2], unit="s")
    index = audformat.segmented_index(files, starts, starts * 2)
    add(database, "emotion", index, emotion=EMOTION)
    corpus = read_corpus(saved(database, tmp_path))
    assert (corpus.layout, corpus.public) == ("audformat", "emodb")
    assert [clip.label for clip in corpus.clips] == ["anger", "sadness"]


@pytest.mark.parametrize(("header", "tag"), [("deu", "de"), ("German", "de"), ("gsw", "gsw")])
def test_the_language_of_the_header_is_a_short_code(
    database: Any, tmp_path: Path, header: str, tag: str
) -> None:
    database.languages = [header]
    add(database, "emotion", audformat.filewise_index(FILES), emotion=EMOTION)
    assert {clip.language for clip in read_corpus(saved(database, tmp_path)).clips} == {tag}


def test_columns_stand_with_labels_files_and_speakers(database: Any, tmp_path: Path) -> None:
    people = {3: {"age": 23, "gender": "male"}, 8: {"age": 61, "accent": "scots"}}
    database.schemes["speaker"] = audformat.Scheme("int", labels=people)
    index = audformat.filewise_index(FILES)
    style = (None, ["acted", "read"])
    add(database, "emotion", index, emotion=EMOTION, style=style, speaker=("speaker", [3, 8]))
    add(database, "files", index, channel=(None, ["near", "far"]), style=(None, ["x", "y"]))
    assert [dict(clip.columns) for clip in read_corpus(saved(database, tmp_path)).clips] == [
        {"style": "acted", "channel": "near", "age": "under 30"},
        {"style": "read", "channel": "far", "age": "50 to 69"},
    ]


@pytest.mark.parametrize("content", [None, b"", b"file,channel\nwav/a.wav\0,x,y,z\n"])
def test_a_table_that_nobody_asks_for_may_be_broken(
    database: Any, tmp_path: Path, content: bytes | None
) -> None:
    index = audformat.filewise_index(FILES)
    add(database, "emotion", index, emotion=EMOTION, speaker=("speaker", [3, 8]))
    add(database, "files", index, channel=(None, ["near", "far"]))
    table = saved(database, tmp_path) / "db.files.csv"
    table.unlink()
    if content is not None:
        table.write_bytes(content)
    assert len(read_corpus(tmp_path).clips) == 2
