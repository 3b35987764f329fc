"""What several annotators say is a label where most agree, in each way that people write it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from sertify.corpora.reading import read_corpus
from tests.meta.corpora.rows import Row, check, noises

Rows = Sequence[Sequence[object]]
THREE: Rows = [
    ("a.wav", "angry", "angry", "sad"),
    ("b.wav", "sad", "sad", "sad"),
    ("c.wav", "happy", "neutral", "sad"),
    ("d.wav", "neutral", "neutral", "happy"),
]
VOTED = {"a.wav": "angry", "b.wav": "sad", "d.wav": "neutral"}
SAID = (r"labels are what most votes say", r"1 clip left out: no majority, .*: c.wav")


def table(columns: str, rows: Rows, name: str = "metadata.csv") -> Callable[[Path], None]:
    def write(root: Path) -> None:
        noises(root, *{str(row[0]) for row in rows})
        lines = [columns, *(",".join(map(str, row)) for row in rows)]
        (root / name).write_text("\n".join([*lines, ""]), "utf-8")

    return write


def votes(columns: str, rows: Rows = THREE, **more: object) -> Row:
    """Return the row of a table of three annotators, of whom one clip has no majority."""
    facts: dict[str, object] = {"labels": VOTED, "left_out": {"no majority": 1}, "says": SAID}
    return Row(columns, table(columns, rows), **facts | more)  # type: ignore[arg-type]


LONG = [(row[0], f"w{place}", said) for row in THREE for place, said in enumerate(row[1:])]
COUNTS = [("a.wav", 2, 1, 0), ("b.wav", 0, 3, 0), ("c.wav", 1, 1, 1), ("d.wav", 0, 0, 3)]
SHARES = [("a.wav", 0.6, 0.4, 0), ("b.wav", 0.1, 0.8, 0.1), ("c.wav", 0.5, 0.5, 0)]
HOT = [("a.wav", 1, 0, 0), ("b.wav", 0, 1, 0), ("d.wav", 0, 0, 1), ("e.wav", 0, 0, 0)]


def manifest(root: Path) -> None:
    noises(root, *VOTED, "c.wav")
    rows = [
        {"audio_filepath": row[0], **{f"rater_{place}": said for place, said in enumerate(row[1:])}}
        for row in THREE
    ]
    (root / "m.json").write_text("".join(json.dumps(row) + "\n" for row in rows))


ROWS = [
    # ---------------------------------------------------------------- side by side
    votes("file_name,rater1,rater2,rater3"),
    votes("file_name,annotator_a,annotator_b,annotator_c"),
    votes("file_name,Annotator 1 Label,Annotator 2 Label,Annotator 3 Label"),
    votes("file_name,vote_1,vote_2,vote_3"),
    votes("file_name,emotion1,emotion2,emotion3"),
    votes("file_name,1번 감정,2번 감정,3번 감정"),
    votes("file_name,1번 감정,2번감정,3번 감정"),
    votes("file_name,평가자1,평가자2,평가자3"),
    votes(
        "file_name,rater1,rater1_strength,rater2,rater3",
        [(row[0], row[1], 5, *row[2:]) for row in THREE],
    ),
    Row(
        "two-annotators",
        table("file_name,rater1,rater2", [row[:3] for row in THREE]),
        labels=VOTED,
        left_out={"no majority": 1},
    ),
    Row(
        "two-emotions-are-a-first-and-a-second-choice",
        table("file_name,label,emotion1,emotion2", [(r[0], r[1], r[2], r[3]) for r in THREE]),
        labels={row[0]: row[1] for row in THREE},  # type: ignore[misc]
        quiet=("votes",),
    ),
    Row(
        "a-label-beside-votes",
        table("file_name,label,rater1,rater2,rater3", [(r[0], "fear", *r[1:]) for r in THREE]),
        emotions={"fear": 4},
        left_out={},
        quiet=("votes",),
    ),
    Row(
        "a-scene-beside-votes",
        table("file_name,상황,1번 감정,2번 감정,3번 감정", [(r[0], "fear", *r[1:]) for r in THREE]),
        labels=VOTED,
    ),
    Row(
        "numbers-are-no-votes",
        table("file_name,label,rater1_valence,rater2_valence", [("a.wav", "sad", 3, 4)]),
        labels={"a.wav": "sad"},
        quiet=("votes",),
    ),
    Row(
        "codes-with-a-label-map",
        table("file_name,rater1,rater2,rater3", [("a.wav", 1, 1, 2), ("b.wav", 2, 3, 3)]),
        emotions={"anger": 1, "sadness": 1},
        options={"label_map": {"1": "anger", "2": "neutral", "3": "sadness"}},
    ),
    Row(
        "a-label-map-goes-before-the-majority",
        table(
            "file_name,rater1,rater2,rater3",
            [("a.wav", "mad", "angry", "sad"), ("b.wav", "sad", "mad", "mad")],
        ),
        emotions={"anger": 2},
        options={"label_map": {"mad": "anger"}},
    ),
    Row(
        "words-of-one-emotion-are-one-vote-each",
        table("file_name,rater1,rater2,rater3,rater4", [("a.wav", "joy", "happy", "sad", "")]),
        emotions={"happiness": 1},
    ),
    Row(
        "nobody-voted",
        table("file_name,rater1,rater2", [("a.wav", "sad", "sad"), ("b.wav", "", "")]),
        labels={"a.wav": "sad", "b.wav": None},
    ),
    Row(
        "most-say-that-nobody-knows",
        table(
            "file_name,rater1,rater2,rater3",
            [("a.wav", "sad", "sad", "unknown"), ("b.wav", "unknown", "unknown", "sad")],
        ),
        labels={"a.wav": "sad"},
        left_out={"label that says nobody knows": 1},
    ),
    Row(
        "a-label-that-no-vote-is",
        table("file_name,rater1,rater2,rater3", THREE),
        refused="label_map names 'angre', but no clip has that label; did you mean 'angry'",
        options={"label_map": {"angre": "anger"}},
    ),
    Row("votes-in-a-manifest", manifest, labels=VOTED, left_out={"no majority": 1}),
    # ---------------------------------------------------------------- row by row
    Row(
        "a-row-for-each-annotator",
        table("file_name,annotator,label", LONG),
        labels=VOTED,
        left_out={"no majority": 1},
        says=(r"labels are what most votes say: label of each annotator",),
    ),
    Row(
        "a-row-for-each-worker",
        table("file_name,WorkerId,emotion", [*LONG, LONG[0]]),
        labels=VOTED,
    ),
    Row(
        "a-file-twice-without-annotators",
        table("file_name,label", [("a.wav", "sad"), ("a.wav", "angry")]),
        refused="a.wav",
    ),
    # ---------------------------------------------------------------- counts and shares
    Row(
        "counts",
        table("file_name,angry,sad,neutral", COUNTS),
        labels=VOTED,
        left_out={"no majority": 1},
    ),
    Row("counts-by-name", table("file_name,n_angry,n_sad,n_neutral", COUNTS), labels=VOTED),
    Row(
        "shares",
        table("file_name,prob_angry,prob_sad,prob_neutral", SHARES),
        labels={"a.wav": "angry", "b.wav": "sad"},
        left_out={"no majority": 1},
    ),
    Row(
        "shares-that-floats-make-unequal",
        table(
            "file_name,angry,sad,neutral",
            [("a.wav", 0.1 + 0.2, 0.3, 0.4), ("b.wav", 0.1 + 0.2, 0.3, 0)],
        ),
        labels={"a.wav": "neutral"},
        left_out={"no majority": 1},
    ),
    Row(
        "one-hot",
        table("file_name,angry,sad,neutral", HOT),
        labels={"a.wav": "angry", "b.wav": "sad", "d.wav": "neutral", "e.wav": None},
    ),
    Row(
        "dimensions-are-no-shares",
        table("file_name,label,arousal,valence,dominance", [("a.wav", "sad", 0.1, 0.2, 0.3)]),
        labels={"a.wav": "sad"},
        quiet=("votes",),
    ),
    Row(
        "shares-below-0-are-none",
        table("file_name,label,angry,sad,neutral", [("a.wav", "sad", -1, 2, 3)]),
        labels={"a.wav": "sad"},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_votes(tmp_path: Path, row: Row) -> None:
    check(row, tmp_path)


def ballots(root: Path, **options: object) -> Mapping[tuple[tuple[str, int], ...], int]:
    return dict(read_corpus(root, **options).ballots)  # type: ignore[arg-type]


FOUND = {
    (("anger", 2), ("sadness", 1)): 1,
    (("sadness", 3),): 1,
    (("happiness", 1), ("neutral", 1), ("sadness", 1)): 1,
    (("happiness", 1), ("neutral", 2)): 1,
}


@pytest.mark.parametrize(
    "write",
    [
        table("file_name,rater1,rater2,rater3", THREE),
        table("file_name,annotator,label", LONG),
        table("file_name,label,rater1,rater2,rater3", [(r[0], "fear", *r[1:]) for r in THREE]),
        manifest,
    ],
)
def test_ballots_are_kept_with_those_of_ties(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    assert ballots(tmp_path) == FOUND
    assert ballots(tmp_path, limit=1) == FOUND


@pytest.mark.parametrize(
    ("rows", "counted"),
    [(COUNTS, True), (SHARES, False), (HOT, False), ([("a.wav", 60, 30, 10)], False)],
)
def test_only_counts_of_annotators_are_ballots(tmp_path: Path, rows: Rows, counted: bool) -> None:
    table("file_name,angry,sad,neutral", rows)(tmp_path)
    assert bool(ballots(tmp_path)) is counted


def test_ballots_are_of_the_split_that_is_kept(tmp_path: Path) -> None:
    rows = [(*row, "test" if row[0] in ("a.wav", "c.wav") else "train") for row in THREE]
    table("file_name,rater1,rater2,rater3,split", rows)(tmp_path)
    assert sum(ballots(tmp_path, split="test").values()) == 2
