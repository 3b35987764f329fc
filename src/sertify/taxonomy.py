"""The names of emotions: the canonical ones, and what models and corpora call them.

Only names that mean one emotion are known. A family such as "positive" or "negative", a single
letter, and a mood next to an emotion ("stressed", "amused") are left to whoever wrote the label:
``emotions:`` in ``candidates.yaml`` says what they meant.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EMOTIONS", "emotion_of", "fold", "is_dimension", "is_generic"]

_NAMES = {
    "anger": "ang, angry, 화남, 분노, 화, гнев, злость, ärger, wut, wütend, ärgerlich",
    "disgust": "dis, disgusted, 혐오, 역겨움, отвращение, ekel, angeekelt",
    "fear": "fea, fearful, scared, afraid, 두려움, 공포, страх, angst, ängstlich",
    "happiness": "hap, happy, joy, joyful, 행복, 기쁨, "
    "радость, счастье, freude, fröhlich, glücklich",
    "sadness": "sad, 슬픔, грусть, печаль, trauer, traurig, traurigkeit",
    "surprise": "sur, surprised, suprised, suprise, ps, pleasant surprise, pleasant surprised, "
    "pleasantly surprised, 놀람, 놀라움, удивление, überraschung, überrascht",
    "neutral": "neu, neutrality, 중립, нейтральный, нейтрально, нейтральность",
    "calm": "calmness, 차분함, 평온, спокойствие, спокойный, ruhe, ruhig, gelassen",
    "boredom": "bor, bored, 지루함, скука, langeweile, gelangweilt",
    "contempt": "contemptuous, 경멸, презрение, verachtung",
    "excitement": "exc, excited, 흥분, возбуждение, aufregung, aufgeregt",
    "frustration": "fru, frustrated, 좌절, фрустрация, frustriert",
    "enthusiasm": "enthusiastic, 열정, энтузиазм, begeisterung, begeistert",
    "other": "oth, others, 기타, другое, andere, sonstige",
}

EMOTIONS: tuple[str, ...] = tuple(_NAMES)
"""The canonical emotions."""

_DIMENSIONS = frozenset(
    {"arousal", "valence", "dominance", "activation", "pleasure", "vad", "avd", "pad"}
    | {"emoact", "emoval", "emodom"}  # as MSP-Podcast calls them
)
_GENERIC = re.compile(r"(label|class|output|emotion|e)? ?\d+")


def fold(label: str) -> str:
    """Return `label` without what does not distinguish one from another: case, ``_``, ``-``, space.

    Examples
    --------
    >>> fold(" Pleasant_Surprise ")
    'pleasant surprise'
    """
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", label).casefold()).strip()


def _by_alias() -> dict[str, str]:
    names = {emotion: [emotion, *others.split(", ")] for emotion, others in _NAMES.items()}
    return {fold(name): emotion for emotion, aliases in names.items() for name in aliases}


_EMOTION_BY_ALIAS: Mapping[str, str] = MappingProxyType(_by_alias())


def emotion_of(label: str) -> str | None:
    """Return the canonical emotion that `label` names, None where that would be a guess.

    Examples
    --------
    >>> emotion_of("ANGRY"), emotion_of("슬픔"), emotion_of("positive")
    ('anger', 'sadness', None)
    """
    return _EMOTION_BY_ALIAS.get(fold(label))


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
