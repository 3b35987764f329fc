"""Whether a model has seen a corpus in its training."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sertify.candidates.reading import Candidate, Suite
from sertify.vocabulary.public_corpora import declared_corpus, known_corpus
from sertify.vocabulary.text import fold

if TYPE_CHECKING:
    # Only names here: collecting must wait for neither of them.
    from sertify.corpora.clips import Corpus
    from sertify.hub.card import Card


def seen_corpora(
    suite: Suite, candidate: Candidate, card: "Card", corpus: "Corpus"
) -> dict[str, str]:
    """Return why a corpus, by its name, was part of the candidate's training, where it was."""
    if suite.preferences.count_seen:
        return {}
    why = {
        part.name: seen_in_training(candidate.trained_on, card, part.public, part.name)
        for part in corpus.corpora
    }
    return {name: reason for name, reason in why.items() if reason}


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
        known = _first(candidate_trained_on, ours)
        return known and f"candidates.yaml says it was trained on {known}"
    if card is None:
        return ""
    declared = {declared_corpus(name) or name: name for name in card.datasets}
    if known := declared.get(_first(declared, ours), ""):
        return f"its model card lists {known} among its datasets"
    known = _first(card.mentions, ours)
    return known and f"its model card speaks of training on {known}"


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(_name(name) for name in names)


def _name(name: str) -> str:
    # The slash keeps what only looks like a known corpus, as "someone/urdu" does, apart from it.
    return known_corpus(name) or f"/{fold(name)}"


def _first(names: Iterable[str], wanted: frozenset[str]) -> str:
    return next((name for name in names if _name(name) in wanted), "")
