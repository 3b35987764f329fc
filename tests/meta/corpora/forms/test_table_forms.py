"""Tables of recordings as people have them: what is read of each, or why it is refused."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from sertify.corpora.reading import read_corpus
from tests.meta.corpora.rows import Row, check, noise, noises

CSV = "file_name,label,speaker\na.wav,angry,anna\nb.wav,sad,ben\n"


def write(*names: str, **texts: str | bytes) -> "Write":
    return Write(names, texts)


class Write:
    """Writes noise, and tables whose names are given with ``_`` for the dot."""

    def __init__(self, names: tuple[str, ...], texts: dict[str, str | bytes]) -> None:
        self.names, self.texts = names, texts

    def __call__(self, root: Path) -> Path | None:
        noises(root, *self.names)
        for name, text in self.texts.items():
            path = root / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return None

    def given(self, name: str) -> "Given":
        """Give one of the files instead of the folder."""
        return Given(self, name)


class Given:
    """Writes as another one does, and returns the path of a file of it."""

    def __init__(self, write: Write, name: str) -> None:
        self.write, self.name = write, name

    def __call__(self, root: Path) -> Path:
        self.write(root)
        return root / self.name


FILES = [
    Row(
        "a table is given instead of its folder",
        write("a.wav", "b.wav", labels_csv=CSV, other_csv=CSV).given("labels.csv"),
        layout="labels.csv",
        emotions={"anger": 1, "sadness": 1},
        speakers=frozenset({"anna", "ben"}),
    ),
    Row(
        "a table that is given needs no labels",
        write("a.wav", data_csv="file\na.wav\n").given("data.csv"),
        emotions={"": 1},
    ),
    Row(
        "a table that is given beside the folder of its files",
        write("audio/a.wav", text__data_csv="file,label\na.wav,sad\n").given("text/data.csv"),
        labels={"a.wav": "sad"},
        says=(r"data\.csv lists no file that lies below its folder, .*/text; if they lie else",),
    ),
    Row(
        "a file that is no table is refused",
        write("a.wav").given("a.wav"),
        refused=r"--data PATH: is a file, but should be a folder, or a file such as \.csv",
    ),
    Row(
        "a table is read as a table only",
        write("a.wav", data_csv="file\na.wav\n").given("data.csv"),
        options={"layout": "emodb"},
        refused="PATH: is a table, which layout emodb does not read; give its folder",
    ),
]


EMOTIONS = {"anger": 1, "sadness": 1}
PEOPLE = frozenset({"anna", "ben"})


def table(*rows: str, sign: str = ",") -> str:
    """Return the text of a table whose fields are given with commas."""
    return "".join(f"{row.replace(',', sign)}\n" for row in rows)


def listing(header: str, *files: str, sign: str = ",") -> str:
    """Return a table of two files, one angry and by anna, the other sad and by ben."""
    facts = ("angry,anna", "sad,ben")
    return table(
        header, *(f"{file},{fact}" for file, fact in zip(files, facts, strict=True)), sign=sign
    )


def named(header: str, *files: str, **other: str | bytes) -> Write:
    """Write two files below audio, and a table of another name with such names for them."""
    return write("audio/a.wav", "audio/b.wav", labels_csv=listing(header, *files), **other)


def both(name: str, write: Write, *says: str, layout: str = "labels.csv", **more: Any) -> Row:
    """Return a row of two clips, which are angry and sad."""
    given = {"emotions": EMOTIONS, "speakers": PEOPLE} | more
    return Row(name, write, layout=layout, says=says, **given)


HEADER = "file_name,label,speaker"
PATHS = {"audio/a.wav": "angry", "audio/b.wav": "sad"}
RESOLVED = [
    both(
        "bare names beside a folder of audio",
        named(HEADER, "a.wav", "b.wav"),
        r"labels\.csv: 2 names are found in the folder audio: a\.wav as audio/a\.wav",
        labels=PATHS,
    ),
    both(
        "names without an ending",
        named("wav_id,emotion,speaker", "a", "b"),
        "2 names are found with another ending or without one, in the folder audio: a as audio/a",
        labels=PATHS,
    ),
    both(
        "paths of the root of somebody else",
        named(HEADER, "/home/kim/data/audio/a.wav", "/home/kim/data/audio/b.wav"),
        r"2 names are found .*: /home/kim/data/audio/a\.wav as audio/a\.wav",
        labels=PATHS,
    ),
    both(
        "paths of Windows",
        named(HEADER, r"C:\data\audio\a.wav", r"C:\data\audio\b.wav"),
        r"as audio/a\.wav",
        labels=PATHS,
    ),
    both(
        "paths of Windows below the folder need no word",
        named(HEADER, r"audio\a.wav", r".\audio\b.wav"),
        quiet=("names are found",),
        labels=PATHS,
    ),
    both(
        "paths that lead up and down again",
        named(HEADER, "../my-speech/audio/a.wav", "../my-speech/audio/b.wav"),
        labels=PATHS,
    ),
    both(
        "composed names of decomposed files, as a Mac leaves them",
        write(
            unicodedata.normalize("NFD", "감정1.wav"),
            unicodedata.normalize("NFD", "감정2.wav"),
            labels_csv=listing(HEADER, "감정1.wav", "감정2.wav"),
        ),
        "2 names are found in another form of Unicode",
    ),
    both(
        "decomposed names of composed files",
        write(
            "é1.wav",
            "é2.wav",
            labels_csv=listing(HEADER, *(unicodedata.normalize("NFD", f"é{n}.wav") for n in "12")),
        ),
        "another form of Unicode",
        labels={"é1.wav": "angry", "é2.wav": "sad"},
    ),
    both(
        "names in other letters",
        named(HEADER, "Audio/A.WAV", "Audio/B.WAV"),
        "2 names are found in other letters, small or capital",
        labels=PATHS,
    ),
    both(
        "names of what was converted",
        named(HEADER, "a.mp3", "b.mp3"),
        "with another ending",
        labels=PATHS,
    ),
    both(
        "files of one name in the folders of two speakers",
        write(
            "x/anna/1.wav",
            "x/ben/1.wav",
            labels_csv=listing(HEADER, "/d/anna/1.wav", "/d/ben/1.wav"),
        ),
        labels={"x/anna/1.wav": "angry", "x/ben/1.wav": "sad"},
    ),
    Row(
        "a bare name of two files is none of them",
        write("x/1.wav", "y/1.wav", "y/2.wav", metadata_csv=listing(HEADER, "1.wav", "2.wav")),
        labels={"1.wav": "angry", "y/2.wav": "sad"},
        says=(r"1 of 2 names is found in the folder y: 2\.wav as y/2\.wav",),
    ),
    Row(
        "of two splits, only one is here",
        write(
            "test/1.wav",
            "test/2.wav",
            train_csv=listing(HEADER, "train/1.wav", "train/2.wav"),
            test_csv=listing(HEADER, "test/2.wav", "test/1.wav"),
        ),
        labels={"test/2.wav": "angry", "test/1.wav": "sad"},
        says=(r"test\.csv is read; train\.csv not read: it lists no file that is there",),
        options={"split": "test"},
    ),
    Row(
        "numbers of which a spreadsheet took the zeros",
        write("x/0001.wav", "x/0002.wav", labels_csv="id,label\n1,angry\n2,sad\n"),
        refused=r"labels\.csv not read: .*no column file_name; no file is called like the values of"
        r" its column id, such as 1$",
    ),
    *(
        Row(
            f"the files of {given} are not those of {here}",
            write(f"{here}/1.wav", f"{here}/2.wav", metadata_csv=table),
            labels={f"{given}/1.wav": "angry", f"{given}/2.wav": "sad"},
        )
        for given, here in [("spk1", "spk3"), ("a/train", "test/a"), ("s01/x", "s02/x")]
        for table in [listing(HEADER, f"{given}/1.wav", f"{given}/2.wav")]
    ),
    Row(
        "labels that are not those of the folders",
        write(
            "angry/1.wav",
            "sad/2.wav",
            "3.wav",
            out_csv="file,label\nangry/1.wav,sad\nsad/2.wav,sad\n3.wav,angry\n",
        ),
        labels={"angry/1.wav": "sad", "sad/2.wav": "sad", "3.wav": "angry"},
        says=(r"1 clip lies in the folder of another emotion \(angry/1.wav\) than out.csv says",),
    ),
    Row(
        "what a model said of a public corpus",
        write(
            *(f"03-01-0{n}-01-01-01-0{who}.wav" for n in "345" for who in "12"),
            predictions_csv=table(
                "file,label",
                *(f"03-01-0{n}-01-01-01-0{who}.wav,angry" for n in "345" for who in "12"),
            ),
        ),
        emotions={"anger": 6},
        says=(
            r"4 clips are named \(03-01-03.*with another emotion in RAVDESS than predictions\.csv",
        ),
    ),
    Row(
        "a table without labels beside folders of them",
        write("angry/1.wav", "sad/2.wav", metadata_csv="id|text\n1|well\n2|no\n"),
        emotions={"": 2},
        says=(r"metadata\.csv tells no labels, but 2 clips .* emotions: --layout folders reads",),
    ),
    Row(
        "a table below with paths from above",
        write("wav/1.wav", "wav/2.wav", x__labels_csv=listing(HEADER, "wav/1.wav", "wav/2.wav")),
        labels={"wav/1.wav": "angry", "wav/2.wav": "sad"},
        quiet=("found",),
    ),
    both(
        "a number that is written with more digits is the same",
        write("Spk01/1.wav", "Spk01/2.wav", labels_csv=listing(HEADER, "spk1/1.wav", "spk1/2.wav")),
        labels={"Spk01/1.wav": "angry", "Spk01/2.wav": "sad"},
    ),
    Row(
        "where most names are right, the others are not looked for elsewhere",
        write("a.wav", "y/b.wav", metadata_csv=listing(HEADER, "a.wav", "b.wav")),
        labels={"a.wav": "angry", "b.wav": "sad"},
        quiet=("names are found",),
    ),
    Row(
        "a path that leads out is missing where others are found",
        write("a.wav", metadata_csv=listing(HEADER, "/x/a.wav", "/etc/passwd")),
        labels={"a.wav": "angry", "etc/passwd": "sad"},
    ),
    Row(
        "a path that leads out is refused where nothing is found",
        write("c.wav", metadata_csv=listing(HEADER, "/x/a.wav", "../b.wav")),
        refused=r"metadata\.csv:2: file_name is '/x/a\.wav', but should be a path relative to",
    ),
    both(
        "a file called like a comment",
        write("#a.wav", "b.wav", labels_csv=listing(HEADER, "#a.wav", "b.wav")),
    ),
]

WRITTEN = [
    both(
        f"a table with {name} between its fields",
        write("a.wav", "b.wav", **{f"labels_{end}": listing(HEADER, "a.wav", "b.wav", sign=sign)}),
        layout=f"labels.{end}",
    )
    for name, sign, end in [
        ("tabs", "\t", "tsv"),
        ("tabs in a .csv", "\t", "csv"),
        ("bars", "|", "csv"),
        ("bars in a .txt", "|", "txt"),
        ("semicolons", ";", "csv"),
    ]
]
TEXTS: list[tuple[str, str | bytes]] = [
    ("blank rows", table(HEADER, "", "a.wav,angry,anna", " , ,", ",,", "b.wav,sad,ben", "")),
    (
        "comments",
        table("# kept by ben", HEADER, "# first, take", "a.wav,angry,anna", "#", "b.wav,sad,ben"),
    ),
    ("a header behind a #", table(f"#{HEADER}", "a.wav,angry,anna", "b.wav,sad,ben")),
    ("Excel's line about its sign", "sep=;\n" + listing(HEADER, "a.wav", "b.wav", sign=";")),
    ("empty columns at the end", table(f"{HEADER},,", "a.wav,angry,anna,,", "b.wav,sad,ben,,")),
    ("UTF-8 with a mark", listing(HEADER, "a.wav", "b.wav").encode("utf-8-sig")),
    ("UTF-16", listing(HEADER, "a.wav", "b.wav").encode("utf-16")),
    (
        "a quote that nobody ends, between tabs",
        table("file\tlabel\tspeaker\ttext", 'a.wav\tangry\tanna\t"no', "b.wav\tsad\tben\tyes"),
    ),
    (
        "a comma in a field, between semicolons",
        table("file;label;speaker;text", "a.wav;angry;anna;no, no", "b.wav;sad;ben;yes"),
    ),
    (
        "blanks behind commas, before quoted fields",
        table(
            "file, label, text, speaker", '"a.wav", "angry", "no, no", "anna"', "b.wav, sad, , ben"
        ),
    ),
]
WRITTEN += [both(name, write("a.wav", "b.wav", labels_csv=text)) for name, text in TEXTS]
WRITTEN += [
    both(
        f"a table in {encoding}",
        write("a.wav", "b.wav", labels_csv=table(*rows).encode(encoding)),
        rf"labels\.csv is not in UTF-8, and was read as {said}: save it as UTF-8",
        emotions=None,
        speakers=None,
        labels=dict(row.split(",")[:2] for row in rows[1:]),
    )
    for encoding, said, rows in [
        ("cp949", r"cp949 \(Korean\)", ("파일명,감정,화자", "a.wav,분노,안나", "b.wav,슬픔,벤")),
        ("gbk", r"gb18030 \(Chinese\)", ("文件,情感", "a.wav,愤怒", "b.wav,悲伤")),
        (
            "cp1252",
            r"cp1252 \(Western European\)",
            ("file,label,speaker", "a.wav,Ärger,anna", "b.wav,traurig,Jörg"),
        ),
        ("cp1251", r"cp1251 \(Russian\)", ("file,label", "a.wav,гнев", "b.wav,грусть")),
    ]
]
WRITTEN += [
    Row(
        "a row of fewer fields names its line",
        write("a.wav", metadata_csv=table(HEADER, "", "a.wav,angry")),
        refused=r"metadata\.csv:3: has fewer fields than the header: 2, but should have 3",
    ),
    Row(
        "a row of more fields names its line",
        write("a.wav", metadata_csv=table(HEADER, "a.wav,angry,anna,more")),
        refused=r"metadata\.csv:2: has more fields than the header: 4, but should have 3",
    ),
    Row(
        "a table whose first line is a row",
        write("a.wav", "b.wav", labels_csv="a.wav,angry\nb.wav,sad\n"),
        emotions={"": 2},
        says=(r"labels\.csv not read: its first line should name the columns, such as file_name,",),
    ),
    Row(
        "metadata whose first line is a row",
        write("a.wav", "b.wav", metadata_csv="a.wav,angry\nb.wav,sad\n"),
        refused=r"metadata\.csv: its first line should name the columns, such as file_name,label",
    ),
    Row(
        "an encoding that is not sure is refused",
        write("a.wav", metadata_csv=table("file,label", "a.wav,złość").encode("cp1250")),
        refused=r"metadata\.csv: is not a table in UTF-8: .*; save it as UTF-8",
    ),
]

SEVERAL = [
    both(
        "a table of other things beside it",
        write("a.wav", "b.wav", labels_csv=CSV, rooms_csv="room,size\nhall,3\n"),
        r"labels\.csv is read; rooms\.csv not read: it has no column file_name or label",
    ),
    both(
        "tables of parts are read together",
        write(
            "a.wav",
            "b.wav",
            train_csv=f"{HEADER}\na.wav,angry,anna\n",
            test_csv=f"{HEADER}\nb.wav,sad,ben\n",
        ),
        layout="test.csv, train.csv",
    ),
    Row(
        "one of the parts is a split",
        write(
            "a.wav",
            "b.wav",
            train_csv=f"{HEADER}\na.wav,angry,anna\n",
            test_csv=f"{HEADER}\nb.wav,sad,ben\n",
        ),
        labels={"b.wav": "sad"},
        left_out={"other split": 1},
        options={"split": "test"},
    ),
    Row(
        "a part without labels is not read",
        write(
            "a.wav",
            "b.wav",
            train_csv=f"{HEADER}\na.wav,angry,anna\n",
            test_csv="file_name\nb.wav\n",
        ),
        layout="train.csv",
        labels={"a.wav": "angry"},
        says=(r"train\.csv is read; test\.csv not read: it has no column label",),
    ),
    both(
        "a table that lists more goes before those of its parts",
        write("a.wav", "b.wav", all_csv=CSV, train_csv=f"{HEADER}\na.wav,angry,anna\n"),
        r"all\.csv is read; train\.csv not read: all\.csv lists these files as well",
        layout="all.csv",
    ),
    Row(
        "tables that differ in their labels are not chosen from",
        write(
            "sad/a.wav",
            "sad/b.wav",
            x_csv="file,label\na.wav,sad\nb.wav,sad\n",
            y_csv="file,label\na.wav,sad\nb.wav,angry\n",
        ),
        layout="folder per label",
        says=(
            r"x\.csv, y\.csv not read: they have the same files as x\.csv, but other labels; give",
        ),
    ),
    both(
        "metadata goes before other tables",
        write("a.wav", "b.wav", metadata_csv=CSV, labels_csv=CSV.replace("sad", "happy")),
        layout="metadata.csv",
    ),
    both(
        "two kinds of metadata that say the same are one",
        write(
            "a.wav",
            "b.wav",
            metadata_csv=CSV,
            metadata_tsv=CSV.replace(",", "\t"),
        ),
        layout="metadata.csv",
    ),
    both(
        "metadata in a folder below, of files beside it",
        write("data/a.wav", "data/b.wav", data__metadata_csv=CSV),
        layout="data/metadata.csv",
        labels={"data/a.wav": "angry", "data/b.wav": "sad"},
    ),
    both(
        "metadata in a folder below, of files in another one",
        write("audio/a.wav", "audio/b.wav", info__metadata_csv=CSV),
        r"info/metadata\.csv: 2 names are found in the folder audio",
        layout="info/metadata.csv",
        labels=PATHS,
    ),
    both(
        "another table in a folder below",
        write("audio/a.wav", "audio/b.wav", info__labels_csv=CSV),
        layout="info/labels.csv",
        labels=PATHS,
    ),
    Row(
        "metadata for each part",
        write(
            "train/1.wav",
            "test/1.wav",
            train__metadata_csv=f"{HEADER}\n1.wav,angry,anna\n",
            test__metadata_csv=f"{HEADER}\n1.wav,sad,ben\n",
        ),
        layout="test/metadata.csv, train/metadata.csv",
        labels={"train/1.wav": "angry"},
        left_out={"other split": 1},
        options={"split": "train"},
    ),
    Row(
        "metadata in folders that are no parts",
        write("anna/a.wav", "ben/b.wav", anna__metadata_csv=CSV, ben__metadata_csv=CSV),
        refused="has no metadata.csv, but its folders anna, ben have one; give one of them",
    ),
    Row(
        "a sheet is to be saved as a table",
        write("a.wav", labels_xlsx=b"PK"),
        says=(r"labels\.xlsx not read: save it as \.csv",),
    ),
]

COLUMNS = [
    both(
        f"columns called {header}",
        write(
            "audio/a.wav", "audio/b.wav", labels_csv=listing(header, "audio/a.wav", "audio/b.wav")
        ),
        quiet=("may hold",),
    )
    for header in [
        "audio_path,emotions,SpkrID",
        "wav_path,emo,speakerId",
        "audio_filepath,labels,speaker_name",
        "audio_file,label_name,client_id",
        "fname,EmoClass,participant",
        "파일명,감정,화자",
        "path_to_file,상황,화자",
        "wavname,gold,actor",
        "name,emotion_name,speaker",
        "id,emotion,speaker",
        "file_id,emotion,speaker",
        "utterance_id,emotion,speaker",
        "utt_id,emotion,speaker",
    ]
]
COLUMNS += [
    both(
        "an id that is no file is not taken for one",
        write(
            "a.wav",
            "b.wav",
            labels_csv=table("id,file,label,speaker", "1,a.wav,angry,anna", "2,b.wav,sad,ben"),
        ),
        labels={"a.wav": "angry", "b.wav": "sad"},
    ),
    both(
        "the column of which the files are found",
        write(
            "a.wav",
            "b.wav",
            labels_csv=table(
                "path,filename,label,speaker", "x/0,a.wav,angry,anna", "x/1,b.wav,sad,ben"
            ),
        ),
        labels={"a.wav": "angry", "b.wav": "sad"},
    ),
    both(
        "a name of a label goes before its number",
        write(
            "a.wav",
            "b.wav",
            labels_csv=table(
                "file,label,label_name,speaker", "a.wav,3,angry,anna", "b.wav,0,sad,ben"
            ),
        ),
        "label is read from the column 'label_name' of labels.csv, not from 'label', whose numbers",
    ),
    both(
        "the only column that holds emotions is the label",
        write(
            "a.wav",
            "b.wav",
            labels_csv=table(
                "file,class,emotion,speaker", "a.wav,speech,angry,anna", "b.wav,call,sad,ben"
            ),
        ),
        "not from 'class', which differs",
    ),
    Row(
        "labels that a label map knows are emotions as well",
        write("a.wav", metadata_csv=table("file,label,emotion", "a.wav,row,angry")),
        emotions={"disgust": 1},
        options={"label_map": {"row": "disgust"}},
    ),
    Row(
        "metadata below that lacks labels is told of",
        write("sad/a.wav", "sad/b.wav", data__metadata_csv="file,speaker\na.wav,anna\n"),
        emotions={"sadness": 2},
        says=(r"data/metadata\.csv not read: it has no column label",),
    ),
    Row(
        "two columns of emotions that differ are refused",
        write("a.wav", metadata_csv=table("file,emotion,target", "a.wav,angry,sad")),
        refused="the columns emotion, target could each be the label, but differ; rename the right",
    ),
    both(
        "speakers under two names",
        write(
            "a.wav",
            "b.wav",
            labels_csv=table(
                "file,label,speaker_name,client_id", "a.wav,angry,anna,7", "b.wav,sad,ben,9"
            ),
        ),
    ),
    Row(
        "columns that look like labels and speakers are named",
        write("a.wav", metadata_csv=table("file,gender,felt,spk_code", "a.wav,여,angry,s1")),
        emotions={"": 1},
        says=(
            "'felt' of metadata.csv may hold labels",
            "'spk_code' of metadata.csv may hold speakers",
        ),
    ),
    Row(
        "what others felt in it is named, another language is not",
        write(
            "a.wav",
            metadata_csv=table("file,label,native,heard,spk", "a.wav,angry,wütend,sad,s1"),
        ),
        says=("'heard' of metadata.csv may hold labels",),
        quiet=("'native'",),
    ),
    Row(
        "columns about something else are not named",
        write("a.wav", metadata_csv=table("file,label,speaker,text,age", "a.wav,angry,s1,hi,30")),
        quiet=("may hold",),
    ),
]

TWICE = [
    both(
        "a row that is repeated counts once",
        write("a.wav", "b.wav", labels_csv=CSV + "a.wav,angry,anna\n"),
        "1 row repeats another one: each file is counted once",
        left_out={"listed twice": 1},
    ),
    Row(
        "a file with two labels names the lines",
        write("a.wav", "b.wav", metadata_csv=CSV + "\na.wav,happy,anna\n"),
        refused=r"metadata\.csv: lines 2 and 5 both list a\.wav, but differ: label angry and happy",
    ),
]


def stretches(header: str, *rows: str) -> Write:
    """Write one second of noise, and a table of stretches of it."""
    return Stretches(("a.wav",), {"metadata_csv": table(header, *rows)})


class Stretches(Write):
    """Writes files of a second."""

    def __call__(self, root: Path) -> None:
        super().__call__(root)
        for name in self.names:
            noise(root / name, seconds=1.0)


CUT = {"a.wav#t=0,0.4": "angry", "a.wav#t=0.5,0.9": "sad"}
SPANS = [
    Row(
        f"stretches in columns called {names}",
        stretches(f"file,label,{names}", *rows),
        labels=CUT,
    )
    for names, rows in [
        ("start,end", ("a.wav,angry,0,0.4", "a.wav,sad,0.5,0.9")),
        ("begin,stop", ("a.wav,angry,0.0,0.40", "a.wav,sad,.5,.9")),
        ("Start_Time,End_Time", ("a.wav,angry,00:00:00,0:0.4", "a.wav,sad,0:0.5,0:0.9")),
        ("onset,offset", ("a.wav,angry,0,0.4", "a.wav,sad,0.5,0.9")),
        ("offset,duration", ("a.wav,angry,0,0.4", "a.wav,sad,0.5,0.4")),
        ("start_ms,end_ms", ("a.wav,angry,0,400", "a.wav,sad,500,900")),
        ("start (s),end (s)", ("a.wav,angry,0,0.4", "a.wav,sad,0.5,0.9")),
    ]
]
SPANS += [
    Row(
        "milliseconds without a word of it",
        stretches("file,label,start,end", "a.wav,angry,0,400", "a.wav,sad,500,900"),
        labels=CUT,
        says=("start and end of metadata.csv are read as milliseconds",),
    ),
    Row(
        "a row without numbers is all of the file",
        stretches("file,label,start,end", "a.wav,angry,,", "a.wav,sad,0.5,0.9"),
        labels={"a.wav": "angry", "a.wav#t=0.5,0.9": "sad"},
    ),
    Row(
        "a duration alone is that of the file",
        stretches("file,label,duration", "a.wav,angry,1.0"),
        labels={"a.wav": "angry"},
    ),
    Row(
        "the times of a film are not those of its cuttings",
        stretches("file,label,start,end", "a.wav,angry,3600,3601"),
        labels={"a.wav": "angry"},
        says=("start and end of metadata.csv are beyond the ends of the files",),
    ),
    Row(
        "the first minute of a film in seconds is no stretch of milliseconds",
        stretches("file,label,start,end", "a.wav,angry,24,26"),
        labels={"a.wav": "angry"},
        says=("start and end of metadata.csv are beyond the ends of the files",),
    ),
    Row(
        "a column with a name without end",
        stretches(f"file,label,{'(' * 100_000}", "a.wav,angry,x"),
        labels={"a.wav": "angry"},
    ),
    Row(
        "dates are no stretches",
        stretches("file,label,start,end", "a.wav,angry,May 1st,May 2nd"),
        labels={"a.wav": "angry"},
        says=("hold no numbers",),
    ),
    *(
        Row(
            f"a stretch from {span.replace(',', ' to ')}",
            stretches("file,label,start,end", "a.wav,angry,0,0.4", f"a.wav,sad,{span}"),
            refused=rf"metadata\.csv:3: {message}",
        )
        for span, message in [
            ("0.5,0.5", "end is 0.5, but should be after start, which is 0.5"),
            ("0.5,0.4", "end is 0.4, but should be after start, which is 0.5"),
            ("-1,0.4", "start is '-1', but should be seconds, 0 or more"),
            ("soon,0.4", "start is 'soon', but should be seconds, 0 or more"),
        ]
    ),
    Row(
        "stretches beyond the file",
        stretches("file,label,start,end", "a.wav,angry,0,99999", "a.wav,sad,0.5,99999"),
        refused=r"metadata\.csv:2: the stretch ends at 99999 s, but should end within a\.wav",
    ),
]

ROWS = [*FILES, *RESOLVED, *WRITTEN, *SEVERAL, *COLUMNS, *TWICE, *SPANS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_read_of_a_table(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)


def test_a_large_table_of_other_things_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sertify.corpora.forms.choosing._LARGEST", 10)
    monkeypatch.setattr("sertify.corpora.forms.tables.delimited", pytest.fail)
    noises(tmp_path, "angry/a.wav", "sad/b.wav")
    for name in ("features.csv", "x/features.tsv"):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / name).write_text("# of pitch\nfile,F0_mean,F0_std\nangry/a.wav,1,2\n")
    corpus = read_corpus(tmp_path)
    assert [clip.label for clip in corpus.clips] == ["angry", "sad"]
    assert "features.csv not read: it has 47 bytes, and no column label" in corpus.warnings
