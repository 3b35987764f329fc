"""Public corpora: by which names they are known, and what only sounds like one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sertify.vocabulary.public_corpora import known_corpus, language_of, mentioned


@pytest.mark.parametrize(
    ("name", "corpus"),
    [
        ("ravdess", "ravdess"),
        ("narad/ravdess", "ravdess"),
        ("ehcalabres/ravdess_speech", "ravdess"),
        ("https://huggingface.co/datasets/narad/ravdess/", "ravdess"),
        ("Ryerson Audio-Visual Database of Emotional Speech and Song", "ravdess"),
        ("RAVDESS Emotional speech audio", "ravdess"),
        ("Emo-DB", "emodb"),
        ("EMODB_16k", "emodb"),
        ("Berlin Database of Emotional Speech", "emodb"),
        ("CREMA_D", "crema-d"),
        ("cremad", "crema-d"),
        ("Toronto emotional speech set", "tess"),
        ("AbstractTTS/TESS", "tess"),
        ("Aniemore/resd", "resd"),
        ("Aniemore/resd_annotated", "resd"),
        ("xbgoose/dusha", "dusha"),
        ("amu-cai/nEMO", "nemo"),
        ("MSP Podcast", "msp-podcast"),
        ("eNTERFACE'05", "enterface05"),
        ("CMU_MOSEI", "cmu-mosei"),
        ("Oréau", "oreau"),
        ("KESDy18", "kesdy18"),
        ("감정 분류를 위한 대화 음성 데이터셋", "aihub-emotion"),
        ("urdu", "urdu"),
        ("ravdess_test", "ravdess"),
        ("ravdess-heldout", "ravdess"),
        ("someone/emodb_train", "emodb"),
        ("IEMOCAP_full_release", "iemocap"),
        ("test clips of CREMA-D, v2", "crema-d"),
        ("EmoDB 2.0", "emodb"),
        ("KEMDy 19 held out", "kemdy19"),
        ("savee (audio)", "savee"),
        ("Berlin Emotional Speech, small subset", "emodb"),
        ("Emotional Speech Dataset (ESD)", "esd"),
        ("Toronto emotional speech set (TESS)", "tess"),
        ("Multimodal EmotionLines Dataset (MELD)", "meld"),
        ("Canadian French Emotional speech (CaFE)", "cafe"),
        ("The Ryerson database (RAVDESS)", "ravdess"),
        ("someone/Ryerson (RAVDESS)", "ravdess"),
    ],
)
def test_a_name_is_that_of_a_known_corpus(name: str, corpus: str) -> None:
    assert known_corpus(name) == corpus


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "speech",
        "emotion-speech-dataset",
        "common_voice",
        "our-call-center",
        "ravdess2",
        "someone/urdu",
        "nvidia/nemo",
        "urdu speech",
        "tess-speech",
        "Korean emotional speech",
        "urdu_test",
        "test-urdu",
        "cafe audio 2",
        "audio/cafe_train",
        "tess_train",
        "Emotional speech dataset (Urdu)",
        "Background noise (cafe)",
        "Electrostatic discharge (ESD)",
        "SAVEE (RAVDESS)",
        "(RAVDESS)x",
        "a corpus like ravdess",
        "ravdess without speaker 2",
        "test 2.0",
    ],
)
def test_what_would_be_a_guess_is_no_known_corpus(name: str) -> None:
    assert known_corpus(name) is None


def test_decomposed_korean_is_known() -> None:
    name = unicodedata.normalize("NFD", "감정 분류를 위한 대화 음성 데이터셋")
    assert known_corpus(name) == "aihub-emotion"
    assert mentioned(name) == ("aihub-emotion",)


@pytest.mark.parametrize(
    ("text", "corpora"),
    [
        ("Trained on ravdess, Emo-DB and CREMA\\_D.", ("ravdess", "emodb", "crema-d")),
        ("RAVDESS, then SAVEE, then RAVDESS", ("ravdess", "savee")),
        ("wav2vec2_fine_tuned_on_RAVDESS_2", ("ravdess",)),
        ("RAVDESS와 TESS를 썼다", ("ravdess", "tess")),
        ("the tess dataset and the corpus resd", ("tess", "resd")),
        ("huggingface.co/datasets/someone/esd", ("esd",)),
        ("CaFE and nEMO and URDU", ("cafe", "nemo", "urdu")),
        ("ASVP-ESD", ("asvp-esd",)),
    ],
)
def test_corpora_that_a_text_names(text: str, corpora: tuple[str, ...]) -> None:
    assert mentioned(text) == corpora


@pytest.mark.parametrize(
    "text",
    [
        "",
        "in a cafe",
        "NVIDIA's NeMo",
        "a Nemo dataset",
        "an Urdu dataset",
        "crema",
        "we meld two",
        "Tess said",
        "RAVDESSA",
        "xravdess",
        "a Korean emotional speech dataset",
        "mesdames",
    ],
)
def test_words_that_are_no_corpus_there(text: str) -> None:
    assert mentioned(text) == ()


@pytest.mark.parametrize(
    ("corpus", "language"),
    [("emodb", "de"), ("xbgoose/dusha", "ru"), ("kesdy18", "ko"), ("tess", "en")],
)
def test_the_language_of_a_corpus(corpus: str, language: str) -> None:
    assert language_of(corpus) == language


@pytest.mark.parametrize("corpus", ["esd", "asvp-esd", "our-call-center", ""])
def test_several_languages_or_an_unknown_corpus_have_none(corpus: str) -> None:
    assert language_of(corpus) is None


@given(st.text())
def test_a_canonical_name_stands_for_itself(text: str) -> None:
    for corpus in (*mentioned(text), *filter(None, [known_corpus(text)]), "hi-kia", "esd"):
        assert known_corpus(corpus) == corpus
