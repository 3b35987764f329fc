"""Names of outputs are found in the text of a model card where it has one list of them."""

from pathlib import Path

import pytest

from sertify.hub.card_labels import labels_in_card

FIVE = ("neutral", "angry", "positive", "sad", "other")
WRITTEN = {
    "a mapping": "num2emotion = {0: 'neutral', 1: 'angry', 2: 'positive', 3: 'sad', 4: 'other'}",
    "in JSON": '{"0": "neutral", "1": "angry", "2": "positive", "3": "sad", "4": "other"}',
    "by name": "{'sad': 3, 'neutral': 0, 'angry': 1,\n 'positive': 2, 'other': 4}",
    "a list": "labels = ['neutral', 'angry', 'positive',\n          'sad', 'other',]",
    "twice the same": "['neutral','angry','positive','sad','other'] and\n"
    "{0: 'neutral', 1: 'angry', 2: 'positive', 3: 'sad', 4: 'other'}",
    "beside others": "['wav2vec2', 'audio', 'a', 'b', 'c']\n"
    "['neutral', 'angry', 'positive', 'sad', 'other'] ['neutral', 'sad']",
}
NOT = {
    "nothing": "It has five emotions.",
    "another number": "['neutral', 'angry', 'sad', 'other']",
    "in two orders": "['neutral', 'angry', 'positive', 'sad', 'other']\n"
    "['angry', 'neutral', 'positive', 'sad', 'other']",
    "with a gap": "{0: 'neutral', 1: 'angry', 2: 'positive', 3: 'sad', 5: 'other'}",
    "of other things": "['a.wav', 'b.wav', 'c.wav', 'neutral', 'sad']",
    "twice one": "['neutral', 'angry', 'angry', 'sad', 'other']",
    "generic": "['LABEL_0', 'neutral', 'angry', 'sad', 'other']",
    "apart": "0: 'neutral' is the first, 1: 'angry', 2: 'positive', 3: 'sad', 4: 'other'",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_names_are_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(f"---\nlicense: mit\n---\n```python\n{text}\n```\n")
    assert labels_in_card(tmp_path, 5) == FIVE


@pytest.mark.parametrize("text", NOT.values(), ids=NOT)
def test_what_is_not_sure_is_not_guessed(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text)
    assert labels_in_card(tmp_path, 5) is None


def test_without_a_card_there_are_none(tmp_path: Path) -> None:
    assert labels_in_card(tmp_path, 5) is None


@pytest.mark.parametrize(
    "piece",
    [
        *("['a',", "'a' ", "[ 'a'     ,    ", "1:'", "0: 'a', ", "'a':1 ", "[", "['a'" + " " * 999),
        "['a'" + " " * 190_000,
        "['a'," + " " * 190_000,
        "[" + " " * 190_000,
    ],
    ids=len,
)
def test_a_long_card_is_read_as_quickly_as_a_short_one(tmp_path: Path, piece: str) -> None:
    (tmp_path / "README.md").write_text(piece * (200_000 // len(piece)))
    assert labels_in_card(tmp_path, 5) is None  # of which a bad pattern would never come to an end
