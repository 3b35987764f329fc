"""The names of emotions: the canonical ones, and what models and corpora call them.

Only names that mean one emotion are known. What would be a guess is left to whoever knows the
label: ``emotions:`` of a candidate in ``candidates.yaml``, ``label_map`` of a corpus. That is a
family such as "positive", a state next to an emotion such as "anxiety", two emotions in one label,
and the codes of corpora: W is anger in EmoDB and 05 in RAVDESS, but other corpora mean something
else by one or two letters and by numbers, so the readers of those corpora decode them, never this
table, emotions.toml beside this.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold, quoted

_TABLE = read_words(__file__)
_CODE = re.compile(r"[a-z]{1,2}|\d+")
_CODED = "is a code, which means one emotion in one corpus and another one in the next"
_JOINT = re.compile(r"\s*[/|+&,;]\s*|\s+(?:and|or)\s+")


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split(", ")) if names else ()


EMOTIONS: tuple[str, ...] = tuple(_TABLE["names"])
"""The canonical emotions."""

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        emotion: MappingProxyType({code: _split(names) for code, names in by_language.items()})
        for emotion, by_language in _TABLE["names"].items()
    }
)
"""What each emotion is called besides its canonical name, by the code of the language."""

_DIMENSIONS = frozenset(
    {"arousal", "valence", "dominance", "activation", "pleasure", "vad", "avd", "pad"}
    | {"emoact", "emoval", "emodom"}  # as MSP-Podcast calls them
)
_GENERIC = re.compile(r"(label|class|output|emotion|e)? ?\d+")

_EMOTION_BY_ALIAS = {
    fold(alias): emotion
    for emotion, by_language in ALIASES.items()
    for aliases in ((emotion,), *by_language.values())
    for alias in aliases
}

AMBIGUOUS: Mapping[str, str] = MappingProxyType(
    {fold(name): why for why, names in _TABLE["ambiguous"].items() for name in _split(names)}
)
"""Why a name, folded, is not taken for an emotion, although it is about emotions."""


def emotion_of(label: str) -> str | None:
    """Return the canonical emotion that `label` names, None where that would be a guess.

    >>> emotion_of("ANGRY"), emotion_of("슬픔"), emotion_of("positive")
    ('anger', 'sadness', None)
    """
    return _EMOTION_BY_ALIAS.get(fold(label))


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
    if folded in AMBIGUOUS:
        return AMBIGUOUS[folded]
    if _CODE.fullmatch(folded):
        return _CODED
    parts = _JOINT.split(folded)
    joined = dict.fromkeys(emotion_of(part) or part for part in parts)
    known = all(name in EMOTIONS or name in AMBIGUOUS for name in joined)
    return f"joins {' and '.join(joined)}" if known and len(joined) > 1 else None


def is_undecided(label: str) -> bool:
    """Whether `label` says that nobody knows which emotion it is.

    >>> is_undecided("unk"), is_undecided("neutral"), is_undecided("positive")
    (True, False, False)
    """
    return AMBIGUOUS.get(fold(label)) == AMBIGUOUS["unknown"]


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
