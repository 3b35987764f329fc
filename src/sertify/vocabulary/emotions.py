"""The names of emotions: the canonical ones, and what models and corpora call them.

Only names that mean one emotion are known. What would be a guess is left to whoever knows the
label: ``emotions:`` of a candidate in ``candidates.yaml``, ``label_map`` of a corpus. That is a
family such as "positive", a state next to an emotion such as "anxiety", two emotions in one label,
and the codes of corpora: W is anger in EmoDB and 05 in RAVDESS, but other corpora mean something
else by one or two letters and by numbers, so the readers of those corpora decode them, never this
table, emotions.toml beside this.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold, quoted

_TABLE = read_words(__file__)
_CODE = re.compile(r"[a-z]{1,2}|\d+")
_CODED = "is a code, which means one emotion in one corpus and another one in the next"
_JOINT = re.compile(r"\s*[/|+&,;]\s*|\s+(?:and|or)\s+")
_LONGEST = 100
"""Characters of a label that may name an emotion; the names have a third of that."""


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split(", ")) if names else ()


EMOTIONS: tuple[str, ...] = _split(_TABLE["emotions"])
"""The canonical emotions."""

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        code: MappingProxyType({emotion: _split(names) for emotion, names in by_emotion.items()})
        for code, by_emotion in _TABLE["names"].items()
    }
)
"""What each emotion is called besides its canonical name, by the code of the language."""

# What people leave out or write otherwise: accents, Arabic and Persian vowels and letters, nukta.
_OMITTED = dict.fromkeys([*range(0x300, 0x370), *range(0x64B, 0x660), 0x670, 0x640, 0x93C, 0x9BC])
_WRITTEN = str.maketrans("ıłđيىكة", "ildییکه") | str.maketrans({"\u200c": " ", "\u200d": None})
_MARKED = "vi"
"""The language whose words are others without their marks."""


def _plain(name: str) -> str:
    """Return a folded name without what people leave out or write in more than one way.

    >>> _plain("colère"), _plain("złość"), _plain("عصباني")
    ('colere', 'zlosc', 'عصبانی')
    """
    bare = unicodedata.normalize("NFD", name).translate(_OMITTED)
    return unicodedata.normalize("NFC", bare).translate(_WRITTEN)


def _keys(code: str, name: str) -> set[str]:
    return {fold(name)} if code == _MARKED else {fold(name), _plain(fold(name))}


_EMOTION_BY_ALIAS = {fold(emotion): emotion for emotion in EMOTIONS} | {
    key: emotion
    for code, by_emotion in ALIASES.items()
    for emotion, names in by_emotion.items()
    for name in names
    for key in _keys(code, name)
}

AMBIGUOUS: Mapping[str, str] = MappingProxyType(
    {
        fold(name): why
        for why, by_language in _TABLE["ambiguous"].items()
        for names in by_language.values()
        for name in _split(names)
    }
)
"""Why a name, folded, is not taken for an emotion, although it is about emotions."""

_WHY = {
    key: why
    for why, by_language in _TABLE["ambiguous"].items()
    for code, names in by_language.items()
    for name in _split(names)
    for key in _keys(code, name)
}

_DIMENSIONS = frozenset(
    {"arousal", "valence", "dominance", "activation", "pleasure", "vad", "avd", "pad"}
    | {"emoact", "emoval", "emodom"}  # as MSP-Podcast calls them
)
_GENERIC = re.compile(r"(label|class|output|emotion|e)? ?\d+")


def emotion_of(label: str) -> str | None:
    """Return the canonical emotion that `label` names, None where that would be a guess.

    >>> emotion_of("ANGRY"), emotion_of("슬픔"), emotion_of("positive")
    ('anger', 'sadness', None)

    Names that are joined are one where they mean the same emotion.

    >>> emotion_of("Colere"), emotion_of("生气/angry"), emotion_of("sad/calm")
    ('anger', 'anger', None)
    """
    folded = fold(label)
    return _emotion(folded) or _of_all(_JOINT.split(folded) if len(folded) <= _LONGEST else ())


def _emotion(folded: str) -> str | None:
    return _looked_up(_EMOTION_BY_ALIAS, folded)


def _of_all(parts: Sequence[str]) -> str | None:
    """Return the emotion that several names all mean."""
    emotions = {_emotion(part) for part in parts} if len(parts) > 1 else {None}
    return emotions.pop() if len(emotions) == 1 else None


def _looked_up(table: Mapping[str, str], folded: str) -> str | None:
    if len(folded) > _LONGEST:
        return None
    return table.get(folded) or table.get(_plain(folded))


def nearest(label: str) -> str | None:
    """Return the name of an emotion that `label` is nearly spelt like, None where there is none.

    >>> nearest("Angray"), nearest("complaint")
    ('angry', None)
    """
    near = get_close_matches(fold(label), _EMOTION_BY_ALIAS, 1, cutoff=0.8)
    return near[0] if near else None


def refusal(label: str) -> str | None:
    """Say why `label` is not taken for an emotion, and what to write instead.

    None where it is taken for one, and where nothing is known about it.

    >>> print(refusal("sur/fea"))
    'sur/fea' joins surprise and fear; say which emotion it is: \
emotions: {'sur/fea': …} of a candidate, label_map: {'sur/fea': …} of a corpus
    """
    why = None if emotion_of(label) else _why(fold(label))
    if why is None:
        return None
    name = quoted(label)
    written = f"{{{name}: …}}"
    places = f"emotions: {written} of a candidate, label_map: {written} of a corpus"
    return f"{name} {why}; say which emotion it is: {places}"


def _why(folded: str) -> str | None:
    if why := _looked_up(_WHY, folded):
        return why
    if _CODE.fullmatch(folded):
        return _CODED
    parts = _JOINT.split(folded)
    joined = dict.fromkeys(_emotion(part) or part for part in parts)
    known = all(name in EMOTIONS or _looked_up(_WHY, name) for name in joined)
    return f"joins {' and '.join(joined)}" if known and len(joined) > 1 else None


def is_undecided(label: str) -> bool:
    """Whether `label` says that nobody knows which emotion it is.

    >>> is_undecided("unk"), is_undecided("neutral"), is_undecided("positive")
    (True, False, False)
    """
    return _looked_up(_WHY, fold(label)) == AMBIGUOUS["unknown"]


def is_generic(label: str) -> bool:
    """Whether `label` only numbers an output, as transformers does where a config names none.

    >>> is_generic("LABEL_0"), is_generic("neutral")
    (True, False)
    """
    return _GENERIC.fullmatch(fold(label)) is not None


def is_dimension(label: str) -> bool:
    """Whether `label` is an axis on which emotions are rated rather than an emotion.

    >>> is_dimension("Arousal"), is_dimension("anger")
    (True, False)
    """
    return fold(label) in _DIMENSIONS
