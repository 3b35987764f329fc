"""The names of emotions: the canonical ones, and what models and corpora call them.

Only names that mean one emotion are known. What would be a guess is left to whoever knows the
label: ``emotions:`` of a candidate in ``candidates.yaml``, ``label_map`` of a corpus. That is a
family such as "positive", a state next to an emotion such as "anxiety", two emotions in one label,
and the codes of corpora: W is anger in EmoDB and 05 in RAVDESS, but other corpora mean something
else by one or two letters and by numbers, so the readers of those corpora decode them, never this
table. Whoever adds a name here adds it to ``docs/emotions.md``.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from sertify.vocabulary.text import fold

# English, German, Korean, Russian.
_NAMES = {
    "anger": (
        "ang, angry",
        "ärger, aerger, ärgerlich, aergerlich, wut, wütend, wuetend, zorn, zornig",
        "화남, 화, 화나요, 화난, 분노",
        "гнев, злость, злой, злая, сердитый",
    ),
    "disgust": (
        "dis, disgusted",
        "ekel, angeekelt, angewidert",
        "혐오, 혐오감, 혐오스러움, 역겨움",
        "отвращение",
    ),
    "fear": (
        "fea, fearful, fearfull, scared, afraid, frightened",
        "angst, ängstlich, aengstlich, furcht",
        "두려움, 공포, 무서움",
        "страх, испуг, испуганный",
    ),
    "happiness": (
        "hap, happy, hapiness, happyness, joy, joyful, joyfull",
        "freude, freudig, fröhlich, froehlich, glück, glücklich, gluecklich",
        "행복, 행복함, 기쁨, 즐거움",
        "радость, радостный, счастье, счастливый",
    ),
    "sadness": (
        "sad",
        "trauer, traurig, traurigkeit",
        "슬픔, 슬퍼요, 슬픈",
        "грусть, грустный, печаль, печальный",
    ),
    "surprise": (
        (
            "sur, surprised, suprise, suprised, surprized, ps, pleasant surprise, "
            "pleasant surprised, pleasantly surprised"
        ),
        "überraschung, ueberraschung, überrascht, ueberrascht",
        "놀람, 놀라움, 놀란",
        "удивление, удивленный, удивлённый",
    ),
    "neutral": (
        "neu, neutrality, no emotion, without emotion, emotionless",
        "neutralität, keine emotion",
        "중립, 중립적, 무감정",
        "нейтральный, нейтральная, нейтральное, нейтрально, нейтральность, без эмоций",
    ),
    "calm": (
        "calmness",
        "ruhe, ruhig, gelassen",
        "평온, 평온함, 차분, 차분함",
        "спокойствие, спокойный",
    ),
    "boredom": ("bor, bored", "langeweile, gelangweilt", "지루함, 지루", "скука"),
    "contempt": ("contemptuous", "verachtung", "경멸", "презрение"),
    "excitement": ("exc, excited", "aufregung, aufgeregt", "흥분", "возбуждение"),
    "frustration": ("fru, frustrated", "frustriert", "좌절, 좌절감", "фрустрация"),
    "enthusiasm": ("enthusiastic", "begeisterung, begeistert", "열정", "энтузиазм"),
    "other": ("oth, others", "andere, sonstige", "기타", "другое"),
}
_LANGUAGES = ("en", "de", "ko", "ru")

_REASONS = {
    "says how pleasant it is, which many emotions share": "positive, negative, pos, neg, "
    "positiv, negativ, 긍정, 부정, позитив, негатив, позитивный, негативный",
    "is counted as fear by some, and as a state of its own by others": "anxiety, anxious, "
    "nervous, nervousness, worried, worry, nervös, besorgt, 불안, 걱정, 긴장, тревога",
    "is surprise to some, embarrassment or confusion to others": "embarrassed, embarrassment, "
    "confused, confusion, verlegen, verwirrt, 당황, 당혹, смущение, растерянность",
    "is counted as anger by some, as disgust by others": "annoyed, annoyance, irritated, "
    "irritation, dislike, hate, hatred, genervt, 싫음, 짜증, 미움, раздражение",
    "is counted as sadness by some, and as a state of its own by others": "depressed, "
    "disappointed, disappointment, hurt, enttäuscht, 우울, 상처, 실망, разочарование",
    "is counted as happiness by some, and as a state of its own by others": "amused, amusement, "
    "content, satisfied, satisfaction, love, pride, relief, zufrieden, 사랑, 만족, удовольствие",
    "is a state of the speaker that goes with many emotions": "stressed, stress, tired, "
    "sleepy, sleepiness, relaxed, tense, sarcastic, gestresst, müde, 스트레스, стресс, усталость",
    "says that nobody knows, or that those who listened did not agree": "unknown, unk, xxx, "
    "undefined, mixed, no agreement, unbekannt, 모름, неизвестно",
}
_CODE = re.compile(r"[a-z]{1,2}|\d+")
_CODED = "is a code, which means one emotion in one corpus and another one in the next"
_JOINT = re.compile(r"\s*[/|+&,;]\s*|\s+(?:and|or)\s+")


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split(", ")) if names else ()


EMOTIONS: tuple[str, ...] = tuple(_NAMES)
"""The canonical emotions."""

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        emotion: MappingProxyType(
            {code: _split(names) for code, names in zip(_LANGUAGES, texts, strict=True)}
        )
        for emotion, texts in _NAMES.items()
    }
)
"""What each emotion is called besides its canonical name, by the code of the language."""

_DIMENSIONS = frozenset(
    {"arousal", "valence", "dominance", "activation", "pleasure", "vad", "avd", "pad"}
    | {"emoact", "emoval", "emodom"}  # as MSP-Podcast calls them
)
_GENERIC = re.compile(r"(label|class|output|emotion|e)? ?\d+")


_EMOTION_BY_ALIAS: Mapping[str, str] = MappingProxyType(
    {fold(name): name for name in EMOTIONS}
    | {
        fold(alias): emotion
        for emotion, by_language in ALIASES.items()
        for aliases in by_language.values()
        for alias in aliases
    }
)

AMBIGUOUS: Mapping[str, str] = MappingProxyType(
    {fold(name): why for why, names in _REASONS.items() for name in _split(names)}
)
"""Why a name, folded, is not taken for an emotion, although it is about emotions."""


def emotion_of(label: str) -> str | None:
    """Return the canonical emotion that `label` names, None where that would be a guess.

    Examples
    --------
    >>> emotion_of("ANGRY"), emotion_of("슬픔"), emotion_of("positive")
    ('anger', 'sadness', None)
    """
    return _EMOTION_BY_ALIAS.get(fold(label))


def refusal(label: str) -> str | None:
    """Say why `label` is not taken for an emotion, and what to write instead.

    None where it is taken for one, and where nothing is known about it.

    Examples
    --------
    >>> print(refusal("sur/fea"))
    'sur/fea' joins surprise and fear; say which emotion it is: \
emotions: {'sur/fea': …} of a candidate, label_map: {'sur/fea': …} of a corpus
    """
    why = None if emotion_of(label) else _why(fold(label))
    if why is None:
        return None
    written = f"{{{label!r}: …}}"
    return (
        f"{label!r} {why}; say which emotion it is:"
        f" emotions: {written} of a candidate, label_map: {written} of a corpus"
    )


def _why(folded: str) -> str | None:
    if folded in AMBIGUOUS:
        return AMBIGUOUS[folded]
    if _CODE.fullmatch(folded):
        return _CODED
    parts = _JOINT.split(folded)
    joined = dict.fromkeys(emotion_of(part) or part for part in parts)
    known = all(name in EMOTIONS or name in AMBIGUOUS for name in joined)
    return f"joins {' and '.join(joined)}" if known and len(joined) > 1 else None


def is_generic(label: str) -> bool:
    """Whether `label` only numbers an output, as transformers does where a config names none.

    Examples
    --------
    >>> is_generic("LABEL_0"), is_generic("neutral")
    (True, False)
    """
    return _GENERIC.fullmatch(fold(label)) is not None


def is_dimension(label: str) -> bool:
    """Whether `label` is an axis on which emotions are rated rather than an emotion.

    Examples
    --------
    >>> is_dimension("Arousal"), is_dimension("anger")
    (True, False)
    """
    return fold(label) in _DIMENSIONS
