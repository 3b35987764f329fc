"""Whether a corpus was seen in training, by whom it is said, and whether a model is for it."""

import pytest

from sertify.hub.card import Card
from sertify.pipeline.seen import seen_in_training
from sertify.vocabulary.languages import base_language, language_fit, language_tag

CARD = Card(datasets=("someone/other", "narad/ravdess"), mentions=("tess", "emodb"))


@pytest.mark.parametrize(
    ("trained_on", "card", "public", "name", "why"),
    [
        (("RAVDESS",), None, "ravdess", "a", "candidates.yaml says it was trained on RAVDESS"),
        (("emo_db",), CARD, None, "EmoDB", "candidates.yaml says it was trained on emo_db"),
        (("Our Call-Center",), None, None, "our-call-center",
         "candidates.yaml says it was trained on Our Call-Center"),
        (None, CARD, "ravdess", "a", "its model card lists narad/ravdess among its datasets"),
        (None, CARD, None, "RAVDESS", "its model card lists narad/ravdess among its datasets"),
        (None, CARD, "tess", "a", "its model card speaks of training on tess"),
        (None, CARD, "Emo-DB", "a", "its model card speaks of training on emodb"),
        (None, Card(datasets=("superb",)), "iemocap", "a",
         "its model card lists superb among its datasets"),
        (None, Card(datasets=("our_calls",)), None, "our-calls",
         "its model card lists our_calls among its datasets"),
    ],
)  # fmt: skip
def test_who_says_that_a_corpus_was_seen(
    trained_on: tuple[str, ...] | None, card: Card | None, public: str | None, name: str, why: str
) -> None:
    assert seen_in_training(trained_on, card, public, name) == why


@pytest.mark.parametrize(
    ("trained_on", "card", "public", "name"),
    [
        ((), CARD, "ravdess", "ravdess"),
        (("tess",), CARD, "ravdess", "a"),
        (None, None, "ravdess", "a"),
        (None, Card(), "ravdess", "a"),
        (None, CARD, "crema-d", "a"),
        (None, CARD, None, "our-call-center"),
        (None, Card(datasets=("someone/urdu",)), "urdu", "a"),
        (None, Card(datasets=("someone/data",)), None, "data"),
    ],
)
def test_a_corpus_that_nobody_says_was_seen(
    trained_on: tuple[str, ...] | None, card: Card | None, public: str | None, name: str
) -> None:
    assert seen_in_training(trained_on, card, public, name) == ""


@pytest.mark.parametrize(
    ("models", "corpora", "fit"),
    [
        (["ko"], ["ko-KR"], 1.0),
        (["kor"], ["ko_KR", "ko"], 1.0),
        (["zho"], ["zh", "de"], 0.5),
        (["EN-us"], ["de"], 0.0),
        (["multilingual"], ["ko", "de"], 1.0),
        (["mul"], ["ur"], 1.0),
        (["Korean", "de"], ["kor_KR"], 1.0),
        (["xyz"], ["xyz-A"], 1.0),
        (["ko"], ["unknown"], None),
        (["en"], ["en", "mul"], 1.0),
        ([], ["ko"], None),
        (None, ["ko"], None),
        (["ko"], [], None),
        (["ko"], None, None),
        (["und", ""], ["ko"], None),
        (["multilingual"], ["mul"], None),
    ],
)
def test_the_share_of_languages_that_a_model_is_for(
    models: list[str] | None, corpora: list[str] | None, fit: float | None
) -> None:
    assert language_fit(models, corpora) == fit


# Of several codes that are all of one language of ISO 639-1.
MACRO = frozenset({"arb", "cmn", "pes", "swh", "zsm"})


def test_the_codes_of_iso_639() -> None:
    for language in pytest.importorskip("iso639").iter_langs():
        if language.pt1:
            for code in filter(None, [language.pt1, language.pt2b, language.pt2t, language.pt3]):
                assert language_tag(code) == language.pt1, code
        elif language_tag(language.pt3) is not None and language.pt3 not in MACRO:
            assert language_tag(language.pt3) == language.pt3


@pytest.mark.parametrize(
    "value", ["", " ", "x", "xyz", "qq", "ko-", "-ko", "no emotion", "1", "de,en", "koreanisch"]
)
def test_what_is_no_language(value: str) -> None:
    assert language_tag(value) is None


@pytest.mark.parametrize("value", ["ko", "KO", "kor", "ko-KR", "ko_KR", "kor-Hang-KR", " Korean "])
def test_each_way_of_writing_a_language_is_one(value: str) -> None:
    assert base_language(value) == "ko"
