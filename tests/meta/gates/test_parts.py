"""The parts of the speech that candidates are judged on."""

from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.requirements import Requirements
from sertify.corpora.clips import Clip
from sertify.gates.parts import TOGETHER, Part, is_language, parts
from sertify.vocabulary.outcomes import Bound

CALLS, STUDIO = Part("calls", corpus="calls"), Part("studio", corpus="studio")
KOREAN = Part("language-ko", language="ko")


def asking(*scopes: dict[str, Any]) -> Requirements:
    return Requirements(recall=tuple(Bound(min=0.1, **scope) for scope in scopes))


@pytest.mark.parametrize(
    ("corpora", "requirements", "wanted"),
    [
        ([], Requirements(), (Part(),)),
        (["calls"], Requirements(), (Part(),)),
        (["calls", "studio"], Requirements(), (Part(TOGETHER), CALLS, STUDIO)),
        (["calls"], asking({"corpus": "calls"}), (Part(), CALLS)),
        (["calls"], asking({"language": "ko"}, {"corpus": "calls"}), (Part(), CALLS, KOREAN)),
        (
            ["studio", "calls"],
            asking({"corpus": "calls"}, {"language": "ko"}),
            (Part(TOGETHER), STUDIO, CALLS, KOREAN),
        ),
    ],
)
def test_the_whole_each_of_several_corpora_and_what_requirements_name(
    corpora: list[str], requirements: Requirements, wanted: tuple[Part, ...]
) -> None:
    assert parts(corpora, requirements) == wanted


def test_a_requirement_about_speech_that_is_not_there_is_judged_all_the_same() -> None:
    assert parts(["calls"], asking({"corpus": "studio"})) == (Part(), STUDIO)


@pytest.mark.parametrize(
    ("part", "takes"),
    [
        (Part(), [True, True, True]),
        (Part(TOGETHER), [True, True, True]),
        (CALLS, [True, True, False]),
        (KOREAN, [True, False, False]),
        (Part("language-KO-kr", language="KO-kr"), [True, False, False]),
        (Part("language-k", language="k"), [False, False, False]),
    ],
)
def test_a_part_takes_its_clips(part: Part, takes: list[bool]) -> None:
    facts = [("calls", "ko-KR"), ("calls", "kok"), ("studio", None)]
    clips = [Clip("x.wav", Path(), corpus=corpus, language=language) for corpus, language in facts]
    assert [part.takes(clip) for clip in clips] == takes


@pytest.mark.parametrize(
    ("spoken", "wanted", "met"),
    [
        *(
            (spoken, wanted, True)
            for spoken in ("ko", "kor", "ko_KR", "Korean", "KO")
            for wanted in ("ko", "kor")
        ),
        ("en-GB", "en-GB", True),
        ("eng_gb", "en-GB", True),
        ("en-GB-oxendict", "en-GB", True),
        ("en", "en-GB", False),
        ("en-US", "en-GB", False),
        ("kok", "ko", False),
        ("xyz", "xyz", True),
        ("Klingon", "ko", False),
    ],
)
def test_a_language_is_met_however_it_is_written(spoken: str, wanted: str, met: bool) -> None:
    assert is_language(spoken, wanted) is met
