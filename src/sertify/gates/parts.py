"""The parts of the speech that a candidate is judged on: each corpus, all together, a language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sertify.candidates.requirements import Requirements
from sertify.vocabulary.languages import language_tag

TOGETHER = "together"
"""What several corpora are called as a whole."""

LANGUAGE = "language-"
"""How the name of the clips in a language begins."""


class Spoken(Protocol):
    """What is of a corpus, and may be known to be in a language: a clip."""

    @property
    def corpus(self) -> str:
        """The name of the corpus."""

    @property
    def language(self) -> str | None:
        """The language, however it is written."""


@dataclass(frozen=True)
class Part:
    """Clips by the corpus or the language they are of; all of them where neither is named.

    ``name`` stands in the names of checks; it is empty where there is only one corpus.
    """

    name: str = ""
    corpus: str | None = None
    language: str | None = None

    def takes(self, clip: Spoken) -> bool:
        """Whether a clip is part of it."""
        if self.language is not None:
            return is_language(clip.language, self.language)
        return self.corpus in (None, clip.corpus)


def parts(corpora: Sequence[str], requirements: Requirements) -> tuple[Part, ...]:
    """Return what a candidate is judged on, given the names of the corpora at hand.

    That is their whole, each corpus where there are several, and whatever requirements name: a
    requirement about speech that is not at hand must not pass for one that is met.
    """
    several = [*corpora] if len(corpora) > 1 else []
    asked = [corpus for corpus, _ in requirements.scopes if corpus]
    languages = [language for _, language in requirements.scopes if language]
    return (
        Part(TOGETHER if several else ""),
        *(Part(name, corpus=name) for name in dict.fromkeys(several + asked)),
        *(Part(LANGUAGE + tag, language=tag) for tag in languages),
    )


def is_language(spoken: str | None, wanted: str) -> bool:
    """Whether a clip's language is the wanted one or a variety of it, however either is written.

    >>> is_language("ko_KR", "kor"), is_language("en", "en-GB"), is_language(None, "ko")
    (True, False, False)
    """
    return spoken is not None and _comparable(spoken).startswith(_comparable(wanted))


def _comparable(language: str) -> str:
    return f"{(language_tag(language) or language).casefold()}-"
