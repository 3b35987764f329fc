"""Languages, however they are written, and whether a model is for those of a corpus."""

import re
from collections.abc import Iterable

from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold

_TABLE = {name: text.split() for name, text in read_words(__file__).items()}
_CODES = dict(pair.split(":") for pair in _TABLE["codes"])
_SHORT = _CODES | {code: code for code in (*_CODES.values(), *_TABLE["long"])}
_BY_NAME = dict(pair.split(":") for pair in _TABLE["names"])
_TAG = re.compile(r"([a-z]{2,3})((?:[_-][a-z0-9]{1,8})*)", re.IGNORECASE)
_ALL = frozenset({"mul"})
_UNKNOWN = frozenset({"", "und"})


def language_fit(
    model_languages: Iterable[str] | None, corpus_languages: Iterable[str] | None
) -> float | None:
    """Return the share of a corpus' languages that a model is for, None where either is unknown.

    Regions do not matter (``ko-KR`` is ``ko``), and a multilingual model is for all.

    >>> language_fit(["en"], ["en-GB", "kor"]), language_fit(["multilingual"], ["ko"])
    (0.5, 1.0)
    """
    models, corpus = _languages(model_languages), _languages(corpus_languages) - _ALL
    if not models or not corpus:
        return None
    return 1.0 if models & _ALL else len(corpus & models) / len(corpus)


def language_tag(value: str) -> str | None:
    """Return a language as a short code, with its variety; None for what is no known language.

    Codes are those of ISO 639-1, ISO 639-2 and a few of ISO 639-3; names are English.

    >>> language_tag("kor"), language_tag("ko_kr"), language_tag("German"), language_tag("xyz")
    ('ko', 'ko-KR', 'de', None)
    """
    match = _TAG.fullmatch(value.strip())
    if match is None:
        return _BY_NAME.get(fold(value))
    short = _SHORT.get(match[1].casefold())
    return short and short + "".join(f"-{_subtag(part)}" for part in re.split("[_-]", match[2])[1:])


def base_language(tag: str) -> str:
    """Return the code of a language without its variety; what is no known language folded.

    >>> base_language("ko_KR"), base_language("Korean"), base_language("xyz-A")
    ('ko', 'ko', 'xyz')
    """
    return (language_tag(tag) or "-".join(fold(tag).split())).partition("-")[0]


def _subtag(part: str) -> str:
    # As BCP 47 writes them: the script Hant, the region KR.
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.casefold()


def _languages(tags: Iterable[str] | None) -> frozenset[str]:
    return frozenset(map(base_language, tags or ())) - _UNKNOWN
