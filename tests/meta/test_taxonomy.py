"""The names of emotions: which are known, and which are left to their author."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.taxonomy import EMOTIONS, emotion_of, fold, is_dimension, is_generic

KNOWN = {
    "anger": ["ang", "angry", "ANGRY", "화남", "분노", "гнев", "Wut", "Ärger"],
    "disgust": ["dis", "Disgusted", "혐오", "отвращение", "Ekel"],
    "fear": ["fearful", "scared", "두려움", "공포", "страх", "Angst"],
    "happiness": ["hap", "happy", "joy", "joyful", "행복", "기쁨", "радость", "Freude"],
    "sadness": ["sad", "SAD", "슬픔", "грусть", "Trauer"],
    "surprise": ["ps", "suprised", "Pleasant_Surprise", "pleasant-surprised", "놀람", "удивление"],
    "neutral": ["neu", " Neutral ", "중립", "нейтральный"],
    "calm": ["calm", "спокойствие"],
    "boredom": ["bored", "Langeweile"],
    "contempt": ["contempt", "경멸"],
    "excitement": ["exc", "excited"],
    "frustration": ["fru", "frustrated"],
    "enthusiasm": ["enthusiasm", "энтузиазм"],
    "other": ["oth", "Others", "другое"],
}


@pytest.mark.parametrize(
    ("label", "emotion"),
    [(label, emotion) for emotion, labels in KNOWN.items() for label in labels],
)
def test_an_alias_names_its_emotion(label: str, emotion: str) -> None:
    assert emotion_of(label) == emotion


def test_every_emotion_has_aliases_and_names_itself() -> None:
    assert set(KNOWN) == set(EMOTIONS)
    assert [emotion_of(emotion) for emotion in EMOTIONS] == list(EMOTIONS)


@pytest.mark.parametrize(
    "label",
    ["positive", "negative", "pos", "a", "W", "stressed", "amused", "unknown", "", "  ", "😀"],
)
def test_what_would_be_a_guess_is_not_mapped(label: str) -> None:
    assert emotion_of(label) is None


def test_decomposed_korean_as_macos_writes_file_names_is_known() -> None:
    assert emotion_of(unicodedata.normalize("NFD", "슬픔")) == "sadness"


@given(st.sampled_from(EMOTIONS), st.text(" _-\t", max_size=3), st.booleans())
def test_case_and_surrounding_blanks_do_not_matter(emotion: str, blank: str, upper: bool) -> None:
    assert emotion_of(blank + (emotion.upper() if upper else emotion) + blank) == emotion


@given(st.text())
def test_folding_twice_changes_nothing_more(label: str) -> None:
    assert fold(fold(label)) == fold(label)


@pytest.mark.parametrize("label", ["LABEL_0", "label 12", "LABEL3", "0", "class_1", "e3"])
def test_a_numbered_output_is_generic(label: str) -> None:
    assert is_generic(label)


@pytest.mark.parametrize("label", ["neutral", "LABEL_", "LABEL_x", "", "e"])
def test_a_name_is_not_generic(label: str) -> None:
    assert not is_generic(label)


@pytest.mark.parametrize(
    "label", ["arousal", "Valence", "DOMINANCE", "activation", "VAD", "EmoAct"]
)
def test_an_axis_is_a_dimension_and_no_emotion(label: str) -> None:
    assert is_dimension(label)
    assert emotion_of(label) is None


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_emotion_is_neither_dimension_nor_generic(emotion: str) -> None:
    assert not is_dimension(emotion)
    assert not is_generic(emotion)
