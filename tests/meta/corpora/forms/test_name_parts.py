"""Names of files that have words for emotions among their parts are read, or it is said how."""

from pathlib import Path

import pytest

from sertify.corpora.forms.name_parts import parts_of
from tests.meta.corpora.rows import Row, check, noises

SPOKEN = ("anna_anger_01", "anna_sad_02", "ben_anger_01", "ben_sad_02")


def files(*names: str, ending: str = ".wav") -> object:
    return lambda root: noises(root, *(f"{name}{ending}" for name in names))


def row(name: str, names: tuple[str, ...], *facts: object, **others: object) -> Row:
    return Row(name, files(*names), *facts, **others)  # type: ignore[arg-type]


TWICE = {"anger": 2, "sadness": 2}

ROWS = [
    row(
        "the split of the folders",
        ("train/a_anger_1", "train/a_sad_1", "dev/a_anger_2", "dev/x/a_sad_2"),
        "part 2 of the names",
        2,
        options={"split": "dev"},
    ),
    row(
        "the second part",
        SPOKEN,
        "part 2 of the names",
        4,
        TWICE,
        speakers=frozenset(),
        says=(
            "labels are the 2nd part of the names: anna_anger_01.wav is anger; --layout names:2:1",
        ),
    ),
    row(
        "the second part, and the first for the speaker, said",
        SPOKEN,
        "part 2 of the names",
        4,
        TWICE,
        speakers=frozenset({"anna", "ben"}),
        options={"layout": "names:2:1"},
        quiet=("labels are the",),
    ),
    row(
        "the first part", ("anger-1", "anger-2", "sad-3", "sad-4"), "part 1 of the names", 4, TWICE
    ),
    row(
        "words and digits in one part",
        ("anger01", "anger02", "12sad", "sad3b"),
        "part 1 of the names",
        4,
        TWICE,
    ),
    row(
        "blanks, brackets and dots",
        ("call 1 (angry)", "call 2 (angry)", "call.3.[sad]", "call-4-sad"),
        "part 3 of the names",
        4,
        TWICE,
    ),
    row(
        "the last part of names with several numbers of parts",
        ("a_b_anger", "a_anger", "c_d_e_sad", "sad"),
        "part -1 of the names",
        4,
        TWICE,
        says=("labels are the last part of the names: a_anger.wav is anger",),
    ),
    row(
        "Korean",
        ("화자1_화남_001", "화자1_슬픔_002", "화자2_화남_001", "화자2_슬픔_002"),
        "part 2 of the names",
        4,
        TWICE,
        speakers=frozenset({"화자1", "화자2"}),
        options={"layout": "names:2:1"},
    ),
    row(
        "German and French",
        ("a_Ärger", "b_colère", "c_Trauer", "d_triste"),
        "part 2 of the names",
        4,
        TWICE,
    ),
    row("Chinese", ("张_生气_1", "张_难过_1", "王_生气_1", "王_难过_1"), emotions=TWICE),
    row(
        "capitals",
        ("A_ANGER", "B_ANGER", "C_SAD", "D_SAD"),
        emotions=TWICE,
        options={"layout": "names:2"},
    ),
    row(
        "one in twenty has another word",
        (*(f"a{n}_anger" for n in range(10)), *(f"b{n}_sad" for n in range(9)), "c_noise"),
        "part 2 of the names",
        19,
        {"anger": 10, "sadness": 9},
        left_out={"unknown label": 1},
        says=("'noise' \\(1 clip\\) is no known emotion",),
    ),
    row(
        "one in four has another word: only proposed",
        (*SPOKEN, "a_anger", "carl_hello_1"),
        "plain files",
        6,
        {"": 6},
        says=(
            "5 names have a word for an emotion at their 2nd part: a_anger.wav is anger; if",
            "is the label, give --layout names:2$",
        ),
    ),
    row(
        "one in ten has another word, said to be the label",
        (*(f"a_anger_{n}" for n in range(5)), *(f"a_sad_{n}" for n in range(4)), "a_hello_1"),
        refused="1 of 10 labelled clips have labels that are no known emotion: 'hello'",
        options={"layout": "names:2"},
    ),
    row(
        "one in ten has another word, of which a label map says something",
        (*(f"a_anger_{n}" for n in range(5)), *(f"a_sad_{n}" for n in range(4)), "a_hello_1"),
        "part 2 of the names",
        10,
        {"anger": 5, "sadness": 4, "neutral": 1},
        options={"layout": "names:2", "label_map": {"hello": "neutral"}},
    ),
    row(
        "two places that say the same",
        ("anger_1_angry", "anger_2_angry", "sad_3_sadness", "sad_4_sadness"),
        "part 1 of the names",
        4,
        TWICE,
    ),
    row(
        "two places that say different things: both are proposed",
        ("anger_1_sad", "anger_2_fear", "sad_3_sad", "sad_4_joy"),
        "plain files",
        4,
        {"": 4},
        says=("give --layout names:1", "give --layout names:3"),
    ),
    row(
        "two places that say different things, and one is said to be it",
        ("anger_1_sad", "anger_2_fear", "sad_3_sad", "sad_4_joy"),
        emotions=TWICE,
        options={"layout": "names:1"},
    ),
    row(
        "one emotion only",
        ("a_sad_1", "b_sad_2", "c_sad_3"),
        "plain files",
        3,
        {"": 3},
        quiet=("part",),
    ),
    row("no words", ("a_1", "b_2", "calls_3"), "plain files", 3, {"": 3}, quiet=("part",)),
    row(
        "codes are no words",
        ("a_W_1", "a_F_2", "b_05_3", "b_su_4"),
        "plain files",
        4,
        {"": 4},
        quiet=("part",),
    ),
    row(
        "ambiguous words are none",
        ("a_positive_1", "a_negative_2", "b_anxious_3"),
        "plain files",
        3,
        {"": 3},
        quiet=("part",),
    ),
    row(
        "folders named for emotions go before names",
        ("angry/it_was_sad", "angry/all_is_anger", "sad/we_had_fear", "sad/we_had_joy"),
        "folder per label",
        4,
        TWICE,
    ),
    row(
        "folders that are no emotions",
        ("monday/anna_anger", "monday/ben_sad", "friday/anna_anger", "friday/ben_sad"),
        "part 2 of the names",
        4,
        TWICE,
    ),
    row(
        "folders that a label map says something of go before names",
        ("complaint/an_anger", "complaint/an_sad", "praise/the_joy", "praise/the_sad"),
        "folder per label",
        4,
        {"anger": 2, "happiness": 2},
        options={"label_map": {"complaint": "anger", "praise": "joy"}},
    ),
    row(
        "nothing is taken for a label, said",
        SPOKEN,
        "plain files",
        4,
        {"": 4},
        options={"layout": "unlabelled"},
    ),
    row(
        "a part that no name has",
        SPOKEN,
        refused="layout names:7: no name has a part 7; of anna_anger_01.wav the parts are"
        " 1 'anna', 2 'anger', 3 '01'",
        options={"layout": "names:7"},
    ),
    *(
        row(
            f"{wrong!r} is no number of a part",
            SPOKEN,
            refused="layout names needs the number of the part that is the label, .* such as"
            " names:2; of anna_anger_01.wav the parts are 1 'anna', 2 'anger', 3 '01'",
            options={"layout": f"names:{wrong}"},
        )
        for wrong in ("", "0", "x", "2:", "2:1:3", "2:0", "1000", "²")
    ),
    row(
        "names that are long, or have many parts",
        ("_".join("abcdefghij" * 5) + "_anger", "_".join("abcdefghij" * 5) + "_sad"),
        "part -1 of the names",
        2,
        {"anger": 1, "sadness": 1},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_names_that_have_words_for_emotions(tmp_path: Path, row: Row) -> None:
    check(row, tmp_path)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b_c-d.e f.wav", ["b", "c", "d", "e", "f"]),
        ("__a__.wav", ["a"]),
        (".wav", ["wav"]),
        ("", []),
        ("화자_슬픔.flac", ["화자", "슬픔"]),
    ],
)
def test_parts_of_a_name(name: str, parts: list[str]) -> None:
    assert parts_of(name) == parts
