"""Folders of audio: which level of them has the labels, and what is no label at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.meta.corpora.rows import Row, check, noises

FILES = ("x", "y")


def tree(*folders: str, also: tuple[str, ...] = ()) -> Callable[[Path], None]:
    """Write two recordings into each folder."""

    def write(root: Path) -> None:
        noises(root, *(f"{folder}/{name}.wav" for folder in folders for name in FILES), *also)

    return write


def linked(root: Path) -> None:
    noises(root.parent / "store", "a.wav", "angry/b.wav", "angry/c.wav")
    noises(root, "sad/x.wav", "sad/y.wav")
    (root / "sad" / "z.wav").symlink_to("../../store/a.wav")
    (root / "angry").symlink_to(root.parent / "store" / "angry")
    (root / "sad" / "round").symlink_to(root)


AB = ("angry", "sad")
TWO = {"anger": 2, "sadness": 2}
FOUR = {"anger": 4, "sadness": 4}

EMOTIONS = ("anger", "fear")
ROWS = [
    Row(
        "each recording in two formats",
        lambda root: noises(root, *(f"{x}/{y}/1.{x}" for x in ("wav", "flac") for y in EMOTIONS)),
        clips=4,
        says=("2 clips have name, label and length of another in another format: flac/anger/1.fl",),
    ),
    Row(
        "the same name in two formats, but of other labels",
        lambda root: noises(root, "anger/1.wav", "fear/1.flac", "anger/2.wav"),
        quiet=("in another format",),
    ),
    Row("a folder per label", tree(*AB), "folder per label", 4, TWO, speakers=frozenset()),
    Row("one folder", tree("angry"), clips=2, emotions={"anger": 2}),
    Row("Korean folders", tree("분노", "슬픔"), clips=4, emotions=TWO),
    Row("numbered folders", tree("01_angry", "02_sad"), emotions=TWO, says=("1st level",)),
    Row("folders of words", tree("angry voices", "sad_clips"), emotions=TWO),
    Row(
        "people's names above",
        tree("anna/angry", "ben/sad"),
        emotions=TWO,
        says=("if those of the 1st level are speakers, give --layout folders:speaker/label",),
    ),
    Row(
        "splits, sessions and numbered speakers",
        tree("train/day1/spk1/angry", "test/day2/spk2/sad"),
        emotions=TWO,
        says=(r"4th level, splits those of the 1st, speakers those of the 3rd: \w+/day",),
        quiet=("--layout",),
    ),
    Row(
        "emotions in folders of emotions",
        tree("angry/sad", "sad/angry"),
        emotions=TWO,
        says=(r"4 clips lie in the folder of another emotion \(angry/sad/x.wav",),
        quiet=("--layout",),
    ),
    Row("a wrapper", tree("My Corpus/angry", "My Corpus/sad"), emotions=TWO, says=("2nd level",)),
    Row(
        "two wrappers",
        tree("My Corpus/audio/angry", "My Corpus/audio/sad"),
        emotions=TWO,
        says=("3rd level: My Corpus/audio/angry/x.wav is angry",),
    ),
    Row(
        "splits above labels",
        tree("train/angry", "train/sad", "test/angry", "test/sad"),
        emotions=FOUR,
        speakers=frozenset(),
    ),
    Row(
        "one split above labels",
        tree("train/angry", "train/sad", "test/angry", "test/sad"),
        clips=4,
        emotions=TWO,
        left_out={"other split": 4},
        options={"split": "test"},
    ),
    Row(
        "a split by another of its names",
        tree("train/angry", "train/sad", "dev/angry", "dev/sad"),
        clips=4,
        options={"split": "validation"},
    ),
    Row(
        "a split that is not there",
        tree("train/angry", "train/sad"),
        refused="has no split 'test'; its splits are train",
        options={"split": "test"},
    ),
    Row(
        "splits below labels",
        tree("angry/train", "angry/test", "sad/train", "sad/test"),
        clips=4,
        emotions=TWO,
        options={"split": "test"},
    ),
    Row(
        "speakers above labels",
        tree("Actor_01/angry", "Actor_01/sad", "Actor_02/angry", "Actor_02/sad"),
        emotions=FOUR,
        speakers=frozenset({"Actor_01", "Actor_02"}),
    ),
    Row(
        "speakers below labels",
        tree("angry/0011", "angry/0012", "sad/0011"),
        speakers=frozenset({"0011", "0012"}),
    ),
    Row(
        "names above labels",  # they may be people, or anything
        tree("liuchanhg/angry", "liuchanhg/sad", "wangzhe/angry", "wangzhe/sad"),
        emotions=FOUR,
        speakers=frozenset(),
    ),
    Row(
        "names above labels that somebody calls speakers",
        tree("liuchanhg/angry", "liuchanhg/sad", "wangzhe/angry", "wangzhe/sad"),
        emotions=FOUR,
        speakers=frozenset({"liuchanhg", "wangzhe"}),
        options={"layout": "folders:speaker/label"},
    ),
    Row(
        "languages above labels, as somebody says",
        tree("ko/angry", "de/sad"),
        emotions=TWO,
        options={"layout": "folders:language/label"},
    ),
    Row(
        "levels of which none is the label",
        tree(*AB),
        refused="layout folders:speaker/split names no label",
        options={"layout": "folders:speaker/split"},
    ),
    Row(
        "a level that is nothing",
        tree(*AB),
        refused="names a level 'spaeker'; did you mean 'speaker'",
        options={"layout": "folders:spaeker/label"},
    ),
    Row(
        "a level twice",
        tree(*AB),
        refused="names label twice",
        options={"layout": "folders:label/label"},
    ),
    Row(
        "a speaker called Joy",
        tree("Joy/angry", "Joy/sad", "Anna/angry", "Anna/sad"),
        emotions=FOUR,
    ),
    Row(
        "labels at two depths",
        tree("set1/angry", "set1/sad", "calm"),
        emotions=TWO | {"calm": 2},
    ),
    Row(
        "intensities below labels",
        tree("angry/strong", "angry/weak", "sad/strong", "sad/weak"),
        "folder per label",
        emotions=FOUR,
        quiet=("level",),
    ),
    Row(
        "notebook checkpoints",
        tree(*AB, also=(".ipynb_checkpoints/x-checkpoint.wav", "angry/.ipynb_checkpoints/x.wav")),
        clips=4,
        emotions=TWO,
        left_out={"in a hidden folder": 2},
    ),
    Row(
        "what a Mac packs",
        tree(*AB, also=("__MACOSX/angry/z.wav", "angry/._x.wav")),
        emotions=TWO,
        left_out={"in a hidden folder": 1},
    ),
    Row(
        "caches and bins",
        tree(*AB, also=(".cache/x.wav", ".Trash/angry/x.wav", ".Trash-1000/files/y.wav")),
        emotions=TWO,
        left_out={"in a hidden folder": 3},
    ),
    Row(
        "one file in a folder of another name",
        tree(*AB * 5, *(f"sad/{n}" for n in range(10)), also=("notes/z.wav",)),
        emotions={"anger": 2, "sadness": 22},
        left_out={"unknown label": 1},
        says=(r"'notes' \(1 clip\) is no known emotion, so 1 clip is left out of every score",),
    ),
    Row(
        "one folder is misspelt",
        tree(*AB, *(f"sad/{n}" for n in range(10)), also=("Angray/z.wav",)),
        left_out={"unknown label": 1},
        says=(r"'Angray' \(1 clip; did you mean 'angry'\?\)",),
    ),
    Row(
        "many folders are no emotion",
        tree(*AB, "angry/1", "complaint"),
        refused=(
            r"2 of 8 labelled clips have labels that are no known emotion: 'complaint'"
            r" \(2 clips\)\. Say in candidates.yaml what they mean .*label_map: \{'complaint': …\}"
        ),
    ),
    Row(
        "many folders are no emotion, and a label map says what they mean",
        tree(*AB, "complaint"),
        emotions={"anger": 4, "sadness": 2},
        options={"label_map": {"complaint": "anger"}},
    ),
    Row(
        "many folders are no emotion, and a label map leaves them out",
        tree(*AB, "complaint"),
        emotions=TWO,
        left_out={"left out by label_map": 2},
        options={"label_map": {"complaint": None}},
    ),
    Row(
        "no folder is an emotion",
        tree("anna", "ben"),
        refused=(
            r"at no level are most of its folders named for emotions: the 1st level has anna \(2\),"
            r" ben \(2\)\. If they are labels, .*\{'anna': …, 'ben': …\}.*--layout unlabelled"
        ),
    ),
    Row(
        "no folder is an emotion, and there are no labels",
        tree("anna", "ben"),
        "plain files",
        clips=4,
        emotions={"": 4},
        options={"layout": "unlabelled"},
    ),
    Row(
        "codes as folders",
        tree("0", "1"),
        emotions={"neutral": 2, "anger": 2},
        options={"label_map": {"0": "neutral", "1": "anger"}},
    ),
    Row("codes as folders without a word", tree("0", "1"), refused="label_map: {'0': …, '1': …}"),
    Row(
        "nobody knows",
        tree(*AB, "unknown"),
        emotions=TWO,
        left_out={"label that says nobody knows": 2},
        says=(r"2 clips left out: label that says nobody knows: 'unknown' \(2\)",),
    ),
    Row(
        "an ambiguous folder",
        tree(*AB, "anxious"),
        refused="'anxious' is counted as fear by some, and as a state of its own by others",
    ),
    Row("links", linked, clips=5, emotions={"anger": 2, "sadness": 3}),
    Row("nothing", lambda _: None, refused="holds no audio, such as .wav, .flac or .mp3"),
    Row("plain files", lambda root: noises(root, "a.wav", "b.wav"), "plain files", 2, {"": 2}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_folders(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)
