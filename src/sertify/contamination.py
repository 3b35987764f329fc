"""Whether a model has seen a corpus in its training, and whether it is for its languages."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sertify.known_corpora import known_corpus
from sertify.taxonomy import fold

if TYPE_CHECKING:
    from sertify.hub import Card  # only a name here: collecting must not wait for the hub

__all__ = ["language_fit", "seen_in_training"]

# ISO 639-2 codes, as cards and corpora write them next to those of ISO 639-1.
_CODES = (
    "ara:ar ben:bn chi:zh cmn:zh deu:de ell:el eng:en fas:fa fra:fr fre:fr ger:de gre:el hin:hi"
    " ita:it jpn:ja kor:ko per:fa pol:pl por:pt rus:ru spa:es tur:tr ukr:uk urd:ur vie:vi zho:zh"
)
_SHORT: Mapping[str, str] = MappingProxyType(dict(one.split(":") for one in _CODES.split()))
_ALL = frozenset({"mul", "multilingual"})
_UNKNOWN = frozenset({"", "und", "unknown"})


def seen_in_training(
    candidate_trained_on: tuple[str, ...] | None,
    card: "Card | None",
    corpus_public: str | None,
    corpus_name: str,
) -> str:
    """Say why a corpus counts as seen by a model in its training; "" where nothing says so.

    Parameters
    ----------
    candidate_trained_on
        ``trained_on`` of ``candidates.yaml``; it replaces what the card says, so an empty one
        means that the model has seen no such corpus. None where it is not written.
    card
        The model card, None where there is none.
    corpus_public
        The public corpus that this one is, or is part of, by any of its names; None for no public
        one.
    corpus_name
        What the corpus is called here. It counts as well, so that "our-call-center" is found.
    """
    ours = _names(filter(None, [corpus_public, corpus_name]))
    if candidate_trained_on is not None:
        found = _first(candidate_trained_on, ours)
        return found and f"candidates.yaml says it was trained on {found}"
    if card is None:
        return ""
    if found := _first(card.datasets, ours):
        return f"its model card lists {found} among its datasets"
    found = _first(card.mentions, ours)
    return found and f"its model card speaks of training on {found}"


def language_fit(
    model_languages: Iterable[str] | None, corpus_languages: Iterable[str] | None
) -> float | None:
    """Return the share of a corpus' languages that a model is for, None where either is unknown.

    Regions do not matter (``ko-KR`` is ``ko``), and a multilingual model is for all.

    Examples
    --------
    >>> language_fit(["en"], ["en-GB", "kor"]), language_fit(["multilingual"], ["ko"])
    (0.5, 1.0)
    """
    models, corpus = _languages(model_languages), _languages(corpus_languages) - _ALL
    if not models or not corpus:
        return None
    return 1.0 if models & _ALL else len(corpus & models) / len(corpus)


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_name(name) for name in names)


def _name(name: str) -> str:
    # The slash keeps what only looks like a known corpus, as "someone/urdu" does, apart from it.
    return known_corpus(name) or f"/{fold(name)}"


def _first(names: Iterable[str], wanted: frozenset[str]) -> str:
    return next((name for name in names if _name(name) in wanted), "")


def _languages(tags: Iterable[str] | None) -> frozenset[str]:
    bases = (fold(tag).partition(" ")[0] for tag in tags or ())
    return frozenset(_SHORT.get(base, base) for base in bases) - _UNKNOWN
