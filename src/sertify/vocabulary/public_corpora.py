"""The public corpora of emotional speech, and what people call them.

Only names that mean one corpus are here: "Korean emotional speech" or "emotional speech dataset"
is said of many. A corpus that is not here may still be public.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import normalized

_TABLE: Mapping[str, Sequence[str]] = read_words(__file__)

CORPORA: tuple[str, ...] = tuple(_TABLE)
"""The canonical names."""

_HOMONYMS = frozenset({"esd", "hikia", "meld", "resd", "tess", "enterface"})
"""Names that also mean something else, so that a text must show that it means the corpus."""

_WORDS = frozenset({"cafe", "crema", "nemo", "urdu"})
"""Names of which not even "the urdu dataset" shows it, only their capitals: URDU, CaFE, nEMO."""

_FILLERS = frozenset(
    {"audio", "corpus", "data", "database", "dataset", "emotion", "emotional", "only", "speech"}
    | {"and", "song", "16k", "16khz", "wav", "clips", "the", "of", "set"}
    | {"test", "train", "training", "dev", "val", "valid", "validation", "heldout", "held", "out"}
    | {"full", "release", "version", "small", "subset", "sample"}
)
_NUMBER = re.compile(r"v?\d+")
_SHORT_NAME = re.compile(r"(.*\S)\s*\(([^()]+)\)\s*")
_MOST_PARTS = 30  # of a name; what is longer is a text
_PART = re.compile(r"[^\W_]+")
_HOLDER = r"(?:data ?sets?|corpus|corpora|databases?)"
_HOLDER_BEFORE = re.compile(_HOLDER + r"[\W_]{1,3}(?:[\w.-]+/)?\Z", re.IGNORECASE)
_HOLDER_AFTER = re.compile(rf"[\W_]{{1,3}}(?:(?:audio|speech) )?{_HOLDER}\b", re.IGNORECASE)


def known_corpus(name: str) -> str | None:
    """Return the canonical name of the corpus that `name` is; None where that would be a guess.

    Case, punctuation, and the owner of a dataset's id do not matter; neither do words such as
    "speech" or "test", and numbers, around a name that is no other word. A short name may follow
    the long one in parentheses.

    >>> known_corpus("narad/ravdess"), known_corpus("CREMA_D"), known_corpus("someone/urdu")
    ('ravdess', 'crema-d', None)
    """
    owner, _, bare = name.rstrip("/").rpartition("/")
    if owner and _key(bare) in _WORDS:
        return _BY_KEY.get(_key(name))
    return _BY_KEY.get(_key(name)) or _with_short_name(bare) or _without_fillers(bare)


def mentioned(text: str) -> tuple[str, ...]:
    """Return the canonical names of the corpora that a text names, in the order of the text.

    A name that is also a word or another abbreviation counts in capitals (TESS), most of these
    also beside a word such as dataset ("the tess corpus").

    >>> mentioned("RAVDESS, TESS and the crema-d corpus; in Urdu, too")
    ('ravdess', 'tess', 'crema-d')
    """
    plain = normalized(text)
    corpora = (_corpus_at(plain, match) for match in _ANY_NAME.finditer(plain))
    return tuple(dict.fromkeys(corpus for corpus in corpora if corpus))


def language_of(corpus: str) -> str | None:
    """Return the language of a known corpus; None for one in several, and for an unknown one.

    >>> language_of("emodb"), language_of("esd")
    ('de', None)
    """
    languages, _ = _TABLE.get(known_corpus(corpus) or "", ("", ""))
    return languages if len(languages) == 2 else None


def _key(name: str) -> str:
    return "".join(_parts(name))


def _parts(name: str) -> list[str]:
    return _PART.findall(normalized(name).casefold())


def _with_short_name(name: str) -> str | None:
    """Return the corpus of "Emotional Speech Dataset (ESD)", not of "Emotional Speech (Urdu)"."""
    match = _SHORT_NAME.fullmatch(name)
    short = _key(match[2]) if match else ""
    if match is None or short not in _BY_KEY:
        return None
    long = _without_fillers(match[1])
    spelt_out = short == "".join(part[0] for part in _parts(match[1]))
    if long or short in _WORDS or (short in _HOMONYMS and not spelt_out):
        return long if long == _BY_KEY[short] else None
    return _BY_KEY[short]


def declared_corpus(name: str) -> str | None:
    """Return the public corpus that a data set of a model card is; None for one that is not known.

    Of the benchmark SUPERB, that is the corpus of its emotion task.

    >>> declared_corpus("superb"), declared_corpus("RAVDESS"), declared_corpus("librispeech_asr")
    ('iemocap', 'ravdess', None)
    """
    return _OF_BENCHMARKS.get(_key(name.rpartition("/")[2])) or known_corpus(name)


_OF_BENCHMARKS = {"superb": "iemocap"}


def _without_fillers(name: str) -> str | None:
    parts = _parts(name)
    for inner in _inner(parts) if len(parts) <= _MOST_PARTS else ():
        key = "".join(inner)
        if key in _BY_KEY and (len(inner) == len(parts) or key not in _WORDS | _HOMONYMS):
            return _BY_KEY[key]
    return None


def _inner(parts: Sequence[str]) -> list[Sequence[str]]:
    """Return `parts` less fillers at their ends, the longest first: some begin a name, too."""
    starts = 1 + sum(1 for _ in takewhile(_is_filler, parts))
    ends = 1 + sum(1 for _ in takewhile(_is_filler, reversed(parts)))
    stretches = (parts[i : len(parts) - j] for i in range(starts) for j in range(ends))
    return sorted(stretches, key=len, reverse=True)


def _is_filler(part: str) -> bool:
    return part in _FILLERS or _NUMBER.fullmatch(part) is not None


def _corpus_at(text: str, match: re.Match[str]) -> str | None:
    key = _key(match[0])
    if key not in _WORDS | _HOMONYMS or _in_capitals(match[0]):
        return _BY_KEY[key]
    start, end = match.span()
    before, after = text[max(0, start - 60) : start], text[end : end + 30]
    beside = _HOLDER_BEFORE.search(before) or _HOLDER_AFTER.match(after)
    return _BY_KEY[key] if beside and key in _HOMONYMS else None


def _in_capitals(name: str) -> bool:
    """Whether most letters are capitals, as in TESS, CaFE and nEMO, but not in NVIDIA's NeMo."""
    return sum(map(str.isupper, name)) > sum(map(str.islower, name))


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    # The longest first: ASVP-ESD is not ESD. Only Latin letters go on a name: Korean particles
    # follow it without a blank.
    every = sorted((_PART.findall(name) for name in names), key=lambda parts: -len("".join(parts)))
    either = "|".join(r"[\W_]{0,3}".join(parts) for parts in every)
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])", re.IGNORECASE)


_NAMES = {
    name: corpus
    for corpus, (_, aliases) in _TABLE.items()
    for name in filter(None, [corpus, *aliases.split(";")])
}
_BY_KEY = {_key(name): corpus for name, corpus in _NAMES.items()}
_ANY_NAME = _pattern(_NAMES)
