"""A folder of audio becomes a corpus, or a message that says which line to mend."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sertify.corpora.clips import Clip, Corpus
from sertify.corpora.flaws import Flaw
from sertify.corpora.reading import read_corpus
from sertify.pipeline.stages import PROBE_CLIPS
from sertify.vocabulary.errors import ConfigurationError

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a corpus folder of files whose content is their name; what is read need not be audio."""

    def call(*files: str, csv: str | bytes | None = None, folder: str = "calls") -> Path:
        root = tmp_path / folder
        root.mkdir()
        for name in files:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        if csv is not None:
            content = csv if isinstance(csv, bytes) else csv.encode()
            (root / "metadata.csv").write_bytes(content)
        return root

    return call


def complaint(path: Path) -> str:
    """Return what is said of a folder, without the folder's own path."""
    with pytest.raises(ConfigurationError) as caught:
        read_corpus(path)
    return str(caught.value).replace(str(path), "calls")


def labels(corpus: Corpus) -> dict[str, str | None]:
    return {clip.name: clip.label for clip in corpus.clips}


# ------------------------------------------------------------------ metadata.csv


@pytest.mark.parametrize("column", ["file_name", "path"])
def test_either_name_of_the_file_column_will_do(make: Make, column: str) -> None:
    root = make("a.wav", "sub/b.wav", csv=f"{column},label\nsub/b.wav,sad\na.wav,angry\n")
    corpus = read_corpus(root)
    assert corpus.name == "calls"
    assert corpus.clips == (
        Clip("a.wav", root / "a.wav", "angry", corpus="calls"),
        Clip("sub/b.wav", root / "sub" / "b.wav", "sad", corpus="calls"),
    )


def test_all_columns_reach_the_clip_and_others_are_ignored(make: Make) -> None:
    header = "gender,text,file_name,language,label,speaker"
    root = make("a.wav", csv=f'{header}\nfemale,"Well, yes",a.wav,de,Ärger,s1\n')
    assert read_corpus(root).clips == (
        Clip("a.wav", root / "a.wav", "Ärger", "s1", "de", "female", corpus="calls"),
    )


def test_a_quoted_name_may_hold_a_comma(make: Make) -> None:
    root = make("a, b.wav", csv='file_name,label\n"a, b.wav",sad\n')
    assert labels(read_corpus(root)) == {"a, b.wav": "sad"}


@pytest.mark.parametrize(
    "csv",
    [
        b"\xef\xbb\xbffile_name,label\na.wav,sad\n",
        b"file_name,label\r\na.wav,sad\r\n",
        b"file_name,label\na.wav,sad",
        b"file_name,label\n\na.wav,sad\n\n",
        b"file_name,label\na.wav, sad \n",
        b"file_name,label\n./a.wav,sad\n",
        b"file_name,label\nsub/../a.wav,sad\n",
        b"file_name;label\na.wav;sad\n",
        b"\xef\xbb\xbffile_name;label;text\r\na.wav;sad;Well, yes\r\n",
        b"file_name\tlabel\na.wav\tsad\n",
        b'"file_name";"label"\n"a.wav";"sad"\n',
        b"file_name,label,text\na.wav,sad,so; so\n",
        b"file_name,label\n.\\a.wav,sad\n",
    ],
    ids=[
        "mark",
        "crlf",
        "no end",
        "blank lines",
        "blanks",
        "dot",
        "dots",
        "semicolons",
        "semicolons of Windows",
        "tabs",
        "quotes",
        "a semicolon in a cell",
        "a backslash",
    ],
)
def test_ways_of_writing_the_same(make: Make, csv: bytes) -> None:
    assert labels(read_corpus(make("a.wav", csv=csv))) == {"a.wav": "sad"}


def test_metadata_decides_over_folders(make: Make) -> None:
    root = make("angry/a.wav", "angry/b.wav", csv="file_name,label\nangry/a.wav,sad\n")
    assert labels(read_corpus(root)) == {"angry/a.wav": "sad"}


def test_a_row_may_lack_a_label(make: Make) -> None:
    corpus = read_corpus(make("a.wav", "b.wav", csv="file_name,label\na.wav,sad\nb.wav,\n"))
    assert labels(corpus) == {"a.wav": "sad", "b.wav": None}
    assert corpus.labelled


def test_without_a_label_column_there_are_no_labels(make: Make) -> None:
    corpus = read_corpus(make("a.wav", csv="file_name,speaker\na.wav,s1\n"))
    assert corpus.clips[0].speaker == "s1"
    assert corpus.clips[0].emotion is None
    assert not corpus.labelled


def test_a_listed_file_that_is_missing_stays_listed(make: Make) -> None:
    corpus = read_corpus(make("a.wav", csv="file_name,label\na.wav,sad\ngone.wav,sad\n"))
    assert labels(corpus) == {"a.wav": "sad", "gone.wav": "sad"}


def test_labels_are_told_in_the_words_of_the_taxonomy(make: Make) -> None:
    rows = "".join(f"{n}.wav,{label}\n" for n, label in enumerate(["ANG", "Tense", "other"]))
    corpus = read_corpus(make(csv=f"file_name,label\n{rows}"), label_map={"tense": "fear"})
    assert [clip.emotion for clip in corpus.clips] == ["anger", "fear", "other"]
    assert corpus.labelled


# ------------------------------------------------------------------ mistakes in it


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        ("", "has no column of file names (its columns: none), but should have file_name"),
        (
            "item|label\na.wav|sad\n",
            "has no column of file names (its columns: item, label), but should have file_name",
        ),
        ("file_name,label\n", "lists no file"),
        (
            "file_name,label\na.wav,x\n\n./a.wav,y\n",
            "lines 2 and 4 both list a.wav, but differ: label x and y",
        ),
        (b"file_name,label\na.wav,\xff\xfe\n", "is not a table in UTF-8: 'utf-8' codec can't"),
        ("file_name,label\n".encode("utf-16"), "lists no file"),
        ('file_name,label\n"a.wav,x\n', "is not a CSV file: unexpected end of data"),
    ],
)
def test_a_mistake_in_the_file_is_told(make: Make, csv: str | bytes, message: str) -> None:
    assert complaint(make("a.wav", csv=csv)).startswith(f"calls/metadata.csv: {message}")


@pytest.mark.parametrize(
    ("row", "what"), [("a.wav", "fewer fields"), ("a.wav,sad,s1,more", "more fields")]
)
def test_a_row_of_another_length_is_told_with_its_line(make: Make, row: str, what: str) -> None:
    root = make(csv=f"file_name,label,speaker\nb.wav,sad,s1\n{row}\n")
    number = row.count(",") + 1
    assert complaint(root) == (
        f"calls/metadata.csv:3: has {what} than the header: {number}, but should have 3"
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret.wav",
        "sub/../../secret.wav",
        "/etc/passwd",
    ],
)
def test_a_file_has_to_lie_below_the_folder(make: Make, tmp_path: Path, name: str) -> None:
    root = make(csv=f"path,label\n{name},sad\n")
    (tmp_path / "secret.wav").touch()
    rule = "but should be a path relative to calls and below it"
    assert complaint(root) == f"calls/metadata.csv:2: path is {name!r}, {rule}"


def test_the_absolute_path_of_a_clip_is_one_within_the_folder(make: Make) -> None:
    root = make("a.wav")
    (root / "metadata.csv").write_text(f"path,label\n{root}/a.wav,sad\n")
    assert labels(read_corpus(root)) == {"a.wav": "sad"}


@pytest.mark.parametrize("table", [True, False])
def test_links_to_files_elsewhere_are_followed(make: Make, tmp_path: Path, table: bool) -> None:
    listed = "file_name,label\nsad/a.wav,sad\nfear/c.wav,fear\n"
    root = make("sad/b.wav", csv=listed if table else None)
    store = tmp_path / "blobs"
    (store / "angry").mkdir(parents=True)
    (store / "0123").write_text("sound")
    (store / "angry" / "c.wav").write_text("other sound")
    (root / "sad" / "a.wav").symlink_to("../../blobs/0123")
    (root / "fear").symlink_to(store / "angry")
    clips = {clip.name: clip for clip in read_corpus(root).clips}
    assert {"sad/a.wav", "fear/c.wav"} <= clips.keys()
    assert all(clip.identified for clip in clips.values())


def test_a_listed_link_that_leads_nowhere_is_missing(make: Make) -> None:
    root = make("a.wav", csv="file_name,label\na.wav,sad\nloop.wav,sad\ngone.wav,sad\n")
    (root / "loop.wav").symlink_to("loop.wav")
    (root / "gone.wav").symlink_to("nowhere")
    assert [clip.identified for clip in read_corpus(root).clips] == [True, False, False]


@pytest.mark.parametrize(
    ("place", "says"),
    [("nowhere", "a link that leads nowhere"), (".git/annex/objects/x", "run `git annex get`")],
)
def test_a_link_that_leads_nowhere_is_a_missing_clip(make: Make, place: str, says: str) -> None:
    root = make("sad/a.wav")
    (root / "sad" / "b.wav").symlink_to(place)
    (root / "sad" / "b.txt").symlink_to(place)
    flaws = {clip.name: clip.flaw for clip in read_corpus(root).clips}
    assert flaws.keys() == {"sad/a.wav", "sad/b.wav"}
    assert flaws["sad/b.wav"] == Flaw("missing", says)


def test_a_link_within_the_folder_is_a_file_of_it(make: Make) -> None:
    root = make("a.wav", csv="path,label\nlink.wav,sad\n")
    (root / "link.wav").symlink_to("a.wav")
    assert labels(read_corpus(root)) == {"link.wav": "sad"}


def test_a_name_that_no_file_can_have_stays_listed(make: Make) -> None:
    name = "a" * 300 + ".wav"
    assert labels(read_corpus(make(csv=f"path,label\n{name},sad\n"))) == {name: "sad"}


# ------------------------------------------------------------------ without metadata.csv


def test_a_folder_a_label(make: Make) -> None:
    corpus = read_corpus(make("sad/a.wav", "angry/x/b.FLAC", "angry/notes.txt"))
    assert labels(corpus) == {"angry/x/b.FLAC": "angry", "sad/a.wav": "sad"}
    assert corpus.labelled


def test_plain_files_have_no_label(make: Make) -> None:
    corpus = read_corpus(make("a.wav", "b.mp3"))
    assert labels(corpus) == {"a.wav": None, "b.mp3": None}
    assert not corpus.labelled


def test_a_plain_file_beside_folders_has_no_label(make: Make) -> None:
    corpus = read_corpus(make("sad/a.wav", "b.wav"))
    assert labels(corpus) == {"sad/a.wav": "sad", "b.wav": None}
    assert corpus.labelled


def test_a_stray_folder_is_no_label_of_many_plain_files(make: Make) -> None:
    corpus = read_corpus(make("stray/a.wav", "b.wav", "c.wav"))
    assert labels(corpus) == {"stray/a.wav": None, "b.wav": None, "c.wav": None}
    assert not corpus.labelled
    assert corpus.layout == "plain files"
    assert any("folders are not taken for labels: stray" in one for one in corpus.warnings)


def test_a_folder_whose_name_is_not_utf_8_is_a_label(make: Make) -> None:
    name = os.fsdecode(b"\xe4rger")
    corpus = read_corpus(make(f"{name}/a.wav"), label_map={name: "anger"})
    assert labels(corpus) == {f"{name}/a.wav": name}
    assert len(corpus.fingerprint) == 16


def test_links_that_lead_round_in_circles_are_not_followed(make: Make) -> None:
    root = make("sad/a.wav")
    (root / "sad" / "again").symlink_to(root)
    (root / "sad" / "b.wav").symlink_to("b.wav")
    (root / "metadata.csv").symlink_to("metadata.csv")
    (root / "db.yaml").symlink_to("db.yaml")
    assert labels(read_corpus(root)) == {"sad/a.wav": "sad"}


def test_a_folder_called_like_metadata_is_a_folder(make: Make) -> None:
    root = make("metadata.csv/a.wav", "db.yaml/b.wav", "list.csv/c.wav", "d.wav/e.wav")
    assert len(read_corpus(root, layout="unlabelled").clips) == 4


def test_parts_with_their_own_metadata_are_to_be_given_one_by_one(make: Make) -> None:
    root = make("anna/metadata.csv", "ben/metadata.csv", "ben/a.wav")
    assert complaint(root) == (
        "--data calls: has no metadata.csv, but its folders anna, ben have one;"
        " give one of them, such as --data calls/anna"
    )


def test_a_folder_has_to_hold_audio(make: Make) -> None:
    message = "--data calls: holds no audio, such as .wav, .flac or .mp3"
    assert complaint(make("notes.txt")) == message


def test_a_folder_has_to_be_there(make: Make) -> None:
    root = make("a.wav")
    assert complaint(root / "nowhere") == "--data calls: there is no such folder"
    assert complaint(root / "a.wav") == (
        "--data calls: is a file, but should be a folder,"
        " or a file such as .csv, .tsv, .txt, .jsonl, .parquet, .arrow, .zip, .tar"
    )


# ------------------------------------------------------------------ fingerprint

CSV = "file_name,label,speaker,language,gender\na.wav,sad,s1,de,female\nb.wav,angry,s2,de,male\n"


def test_the_fingerprint_is_that_of_the_content_wherever_it_lies(make: Make) -> None:
    root = make("a.wav", "b.wav", csv=CSV)
    reordered = "\n".join(CSV.splitlines()[index] for index in (0, 2, 1))
    other = make("a.wav", "b.wav", csv=reordered, folder="elsewhere")
    assert read_corpus(root).fingerprint == read_corpus(other).fingerprint


@pytest.mark.parametrize(("written", "instead"), [(",de,female", ",de,"), ("b.wav", "c.wav")])
def test_the_fingerprint_does_not_change_with_what_is_not_judged(
    make: Make, written: str, instead: str
) -> None:
    root = make("a.wav", "b.wav", csv=CSV)
    other = make("a.wav", folder="other", csv=CSV.replace(written, instead))
    for name in ("b.wav", "c.wav"):
        shutil.copy(root / "b.wav", other / name)
    assert read_corpus(root).fingerprint == read_corpus(other).fingerprint


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("sad", "angry"),
        ("s1", "s2"),
        (",de,female", ",en,female"),
        ("b.wav,angry,s2,de,male\n", ""),
    ],
    ids=["label", "speaker", "language", "clips"],
)
def test_the_fingerprint_changes_with_what_is_judged(
    make: Make, written: str, instead: str
) -> None:
    root = make("a.wav", "b.wav", csv=CSV)
    other = make("a.wav", "b.wav", folder="other", csv=CSV.replace(written, instead))
    assert read_corpus(root).fingerprint != read_corpus(other).fingerprint


def test_the_fingerprint_changes_with_the_sound(make: Make) -> None:
    root = make("a.wav", "b.wav", csv=CSV)
    before = read_corpus(root).fingerprint
    (root / "a.wav").write_text("re-recorded")
    during = read_corpus(root).fingerprint
    (root / "a.wav").unlink()
    assert len({before, during, read_corpus(root).fingerprint}) == 3


# ------------------------------------------------------------------ sample


@pytest.fixture
def corpus(make: Make) -> Corpus:
    """Return 4 labels of 3 speakers: 10 clips each, but 40 of neutral."""
    numbers = {"sad": 10, "angry": 10, "happy": 10, "neutral": 40}
    rows = [
        f"{label}-{speaker}-{index}.wav,{label},{speaker}"
        for label, number in numbers.items()
        for speaker in "ABC"
        for index in range(number)
    ]
    return read_corpus(make(csv="\n".join(["file_name,label,speaker", *rows])))


def count(corpus: Corpus, fact: str) -> list[int]:
    """Return how many clips each label or speaker has, the fewest first."""
    facts: Counter[Any] = Counter(getattr(clip, fact) for clip in corpus.clips)
    return sorted(facts.values())


@pytest.mark.parametrize("size", [4, 8, 24, 40])
@pytest.mark.parametrize("seed", range(5))
def test_a_sample_has_equally_many_of_each_label(corpus: Corpus, size: int, seed: int) -> None:
    sample = corpus.sample(size, seed)
    assert count(sample, "label") == [size // 4] * 4
    assert sample.name == corpus.name


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_has_equally_many_of_each_speaker_of_a_label(corpus: Corpus, seed: int) -> None:
    sample = corpus.sample(24, seed)
    assert count(sample, "speaker") == [8, 8, 8]


def test_a_sample_is_the_same_for_a_seed_and_another_for_another(corpus: Corpus) -> None:
    assert corpus.sample(8) == corpus.sample(8, seed=0)
    assert corpus.sample(8).fingerprint == corpus.sample(8).fingerprint
    assert corpus.sample(8).clips != corpus.sample(8, seed=1).clips


def test_a_smaller_sample_is_part_of_a_larger_one(corpus: Corpus) -> None:
    samples = [set(corpus.sample(size).clips) for size in (1, 5, 30, 60)]
    assert samples[0] < samples[1] < samples[2] < samples[3]


def test_a_sample_of_more_than_there_are_is_all_there_are(corpus: Corpus) -> None:
    assert corpus.sample(10_000) == corpus


def test_a_sample_of_unlabelled_clips_is_just_some_of_them(make: Make) -> None:
    corpus = read_corpus(make(*(f"{n}.wav" for n in range(9))))
    assert len(corpus.sample(4).clips) == 4


def test_the_probe_has_each_emotion_of_the_embedded_speech_eight_times() -> None:
    embedded = read_corpus(Path(__file__).parents[3] / "fixtures" / "speech" / "test")
    assert count(embedded.sample(PROBE_CLIPS), "emotion") == [8] * 7
