"""Folders in the ways of Hugging Face's audiofolder: splits above labels, or above tables."""

from pathlib import Path
from typing import Any

import pytest

from tests.meta.corpora.rows import Row, check, noises


def labelled(*above: str) -> Any:
    """Write a clip of each of two labels, for each split below some folders."""

    def write(root: Path) -> None:
        for folder in above:
            noises(root, f"{folder}/anger/1.wav", f"{folder}/fear/2.wav")

    return write


def tabled(root: Path) -> None:
    for split, label in (("train", "anger"), ("test", "fear")):
        noises(root, f"{split}/1.wav", f"{split}/2.wav")
        table = f"file_name,emotion\n1.wav,{label}\n2.wav,neutral\n"
        (root / split / "metadata.csv").write_text(table)


def one_table(root: Path) -> None:
    noises(root, "train/1.wav", "test/1.wav")
    table = "file_name,emotion\ntrain/1.wav,anger\ntest/1.wav,neutral\n"
    (root / "metadata.csv").write_text(table)


def only_train(root: Path) -> None:
    noises(root, "train/1.wav", "train/2.wav")
    (root / "train" / "metadata.csv").write_text("file_name,emotion\n1.wav,anger\n2.wav,fear\n")


ROWS = [
    Row(
        "splits above labels", labelled("train", "test"), clips=4, emotions={"anger": 2, "fear": 2}
    ),
    Row(
        "splits above labels in a folder of data",
        labelled("data/train", "data/validation"),
        clips=4,
        emotions={"anger": 2, "fear": 2},
    ),
    Row(
        "one split above labels",
        labelled("train", "test"),
        clips=2,
        left_out={"other split": 2},
        options={"split": "test"},
    ),
    Row("a table of each split", tabled, emotions={"anger": 1, "fear": 1, "neutral": 2}),
    Row(
        "one of the tables",
        tabled,
        emotions={"fear": 1, "neutral": 1},
        options={"split": "test"},
    ),
    Row("one table above the splits", one_table, emotions={"anger": 1, "neutral": 1}),
    Row(
        "one split below one table",
        one_table,
        emotions={"neutral": 1},
        left_out={"other split": 1},
        options={"split": "test"},
    ),
    Row("a split that is the only one", only_train, clips=2, options={"split": "train"}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_read_of_it(row: Row, tmp_path: Path) -> None:
    check(row, tmp_path)
