"""The names of emotions: which are known, and which are left to their author."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.vocabulary.emotions import (
    ALIASES,
    AMBIGUOUS,
    EMOTIONS,
    emotion_of,
    is_dimension,
    is_generic,
    refusal,
)
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.text import fold

DOCUMENT = (Path(__file__).parents[3] / "docs" / "emotions.md").read_text("utf-8")

KNOWN = {
    "anger": ["ang", "angry", "ANGRY", "화남", "분노", "화나요", "гнев", "Wut", "AERGER"],
    "disgust": ["dis", "Disgusted", "혐오", "отвращение", "Ekel"],
    "fear": ["fearful", "fearfull", "scared", "두려움", "공포", "страх", "Angst"],
    "happiness": ["hap", "happy", "joy", "joyful", "행복", "기쁨", "즐거움", "радость", "Freude"],
    "sadness": ["sad", "SAD", "슬픔", "грусть", "Trauer"],
    "surprise": [
        "ps",
        "suprised",
        "Pleasant_Surprise",
        "pleasant-surprised",
        "놀라움",
        "удивлённый",
    ],
    "neutral": ["neu", " Neutral ", "no_emotion", "중립", "무감정", "нейтральный"],
    "calm": ["calm", "평온", "спокойствие"],
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


ROWS = {line for line in DOCUMENT.splitlines() if line.startswith("|")}


@pytest.mark.parametrize("code", ALIASES)
def test_the_document_has_the_names_of_each_language(code: str) -> None:
    names = (f"**{emotion}** {', '.join(aliases)}" for emotion, aliases in ALIASES[code].items())
    cell = "; ".join(names)
    rows = [line.split(" | ") for line in ROWS if line.endswith(f" | {cell} |")]
    assert [language_tag(row[0].strip("| ")) for row in rows] == [code]


def test_the_document_has_the_canonical_names() -> None:
    assert f"The names are {', '.join(EMOTIONS)}." in DOCUMENT


@pytest.mark.parametrize("why", sorted(set(AMBIGUOUS.values())))
def test_the_document_has_what_is_refused_and_why(why: str) -> None:
    names = ", ".join(name for name, reason in AMBIGUOUS.items() if reason == why)
    assert f"| {why} | {names} |" in ROWS


def test_the_document_has_no_more_than_the_table() -> None:
    assert (
        len(ROWS) == len(ALIASES) + len(set(AMBIGUOUS.values())) + 3
    )  # two heads, and the rule below each


LANGUAGES = "en,de,fr,es,it,pt,tr,pl,el,ru,ko,zh,ja,ar,fa,hi,ur,bn,id,vi"
MOST = {"anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"}


def test_twenty_languages_have_names_of_the_usual_emotions() -> None:
    assert ",".join(ALIASES) == LANGUAGES
    for code, names in ALIASES.items():
        assert MOST <= names.keys() <= set(EMOTIONS), code


# Each as somebody may write it: other scripts, genders, cases, without marks, in full width.
FOREIGN = {
    "anger": "Colère COLERE fâchée ira rabbia raiva öfke KIZGIN Kızgın złość zlosc θυμός ΘΥΜΟΣ "
    "愤怒 憤怒 生气/angry 怒り غضب غَضَب خشم عصبانی عصباني गुस्सा ग़ुस्सा gussa غصہ রাগ marah tức_giận "
    "tuc_gian",
    "disgust": "dégoût degout asco disgusto nojo iğrenme tiksinti wstręt αηδία 厌恶 嫌悪 قرف jijik",
    "fear": "peur miedo paura medo korku strach φόβος 恐惧 恐怖 خوف ترس डर ڈر ভয় takut sợ_hãi",
    "happiness": "joie alegría alegria gioia felicità felicita mutlu SEVİNÇ radość χαρά "
    "开心 ｊｏｙ 喜び سعادة شادى खुशी ख़ुशी خوشی আনন্দ bahagia vui",
    "sadness": "triste tristesse tristeza tristezza üzgün smutek λύπη 难过 悲しみ حزن غم दुःख اداس "
    "দুঃখ sedih buồn",
    "surprise": "surpris sorpresa surpresa şaşkın ŞAŞKIN zaskoczenie έκπληξη 吃惊 驚き "
    "مفاجأة مفاجاه تعجب आश्चर्य حیرت حيرت বিস্ময় kaget ngạc_nhiên",
    "neutral": "neutre neutro neutrale nötr NÖTR neutralny ουδέτερο 中立/neutral 普通 ニュートラル "
    "ﾆｭｰﾄﾗﾙ محايد خنثی तटस्थ নিরপেক্ষ netral 일반 평범 감정없음 감정_없음 bình_thường",
    "calm": "calme calma sakin spokój 冷静 آرام ruhig",
}


@pytest.mark.parametrize(
    ("label", "emotion"),
    [(label, emotion) for emotion, labels in FOREIGN.items() for label in labels.split()],
)
def test_a_word_of_another_language_names_its_emotion(label: str, emotion: str) -> None:
    assert emotion_of(label) == emotion
    assert emotion_of(unicodedata.normalize("NFD", label)) == emotion


def test_no_name_means_two_emotions() -> None:
    named = [
        (alias, emotion)
        for names in ALIASES.values()
        for emotion, aliases in names.items()
        for alias in aliases
    ]
    assert [(alias, emotion_of(alias)) for alias, _ in named] == named


@pytest.mark.parametrize(
    "label",
    [
        "chan",
        "gian",
        "su",
        "so",
        "ir",
        "normal",
        "غصه",
        "enojado",
        "平静",
        "triste/ira",
        "j",
        "sad/",
    ],
)
def test_a_word_that_may_be_something_else_is_no_emotion(label: str) -> None:
    assert emotion_of(label) is None


@pytest.mark.parametrize("label", AMBIGUOUS)
def test_what_is_refused_is_written_as_it_is_looked_up_and_no_emotion(label: str) -> None:
    assert fold(label) == label
    assert emotion_of(label) is None


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("Positive", "says how pleasant it is"),
        ("불안", "is counted as fear by some"),
        ("당황", "is surprise to some, embarrassment or confusion to others"),
        ("amused", "is counted as happiness by some"),
        ("Stressed", "is a state of the speaker"),
        ("happy/excited", "joins happiness and excitement"),
        ("neutral & calm", "joins neutral and calm"),
        ("joy and love", "joins happiness and love"),
        ("W", "is a code"),
        ("05", "is a code"),
        ("su", "is a code"),
        ("Inquiète", "is counted as fear by some"),
        ("inquiete", "is counted as fear by some"),
        ("焦慮", "is counted as fear by some"),
        ("平静", "is counted as neutral by some, as calm by others"),
        ("hayal kirikligi", "is counted as sadness by some"),
        ("نفرت", "is counted as anger by some, as disgust by others"),
        ("قَلَق", "is counted as fear by some"),
        ("غصه", "means grief in Persian, and is how some write anger in Urdu"),
        ("enojada", "means anger in Spanish, and disgust in Portuguese"),
        ("positivo", "says how pleasant it is"),
        ("triste/愤怒", "joins sadness and anger"),
    ],
)
def test_a_refusal_says_why_and_what_to_write(label: str, why: str) -> None:
    message = refusal(label) or ""
    assert message.startswith(f"{label!r} {why}")
    assert f"emotions: {{{label!r}: …}} of a candidate" in message
    assert f"label_map: {{{label!r}: …}} of a corpus" in message


@pytest.mark.parametrize(
    "label", ["happy", "ps", "calm", "LABEL_0", "zebra", "zebra/horse", "joy/happy", ""]
)
def test_a_known_name_and_a_name_of_nothing_are_not_refused(label: str) -> None:
    assert refusal(label) is None
