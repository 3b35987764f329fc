"""The speech of a run: what candidates are judged on, and what may confirm the selected one."""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from sertify.candidates import Candidate, CorpusEntry, Suite
from sertify.contamination import seen_in_training
from sertify.corpora import Corpus, hold_out, join, read_corpus
from sertify.corpora.clips import MISSING
from sertify.errors import ConfigurationError
from sertify.plugin.options import Options, Source

if TYPE_CHECKING:
    from sertify.hub import Card  # collecting must not wait for the hub

__all__ = ["DATA", "Data", "read_data", "seen_corpora"]


@dataclass(frozen=True)
class Data:
    """The speech of a run; each is None where no option asks for it."""

    judged: Corpus | None = None
    confirming: Corpus | None = None


DATA = pytest.StashKey[Data]()


def read_data(options: Options, suite: Suite) -> Data:
    """Read what ``--data``, ``--confirm`` and ``--hold-out`` name.

    Raises
    ------
    ConfigurationError
        Where it cannot be read, or where the same clips would select a candidate and confirm it.
    """
    if options.confirm and options.hold_out:
        raise ConfigurationError("--confirm and --hold-out are two ways to one end; give one")
    if not options.data:
        if options.confirm or options.hold_out or options.split or options.limit:
            raise ConfigurationError(
                "--confirm, --hold-out, --split and --limit go with --data PATH"
            )
        return Data()
    judged = join([_read(source, options, suite) for source in options.data])
    confirming = None
    if options.confirm:
        confirming = _read(options.confirm, options, suite)
        _refuse_shared(judged, confirming)
    elif options.hold_out:
        judged, confirming = hold_out(judged, options.hold_out)
    return Data(_keyed(judged, options, suite), confirming)


def seen_corpora(
    suite: Suite, candidate: Candidate, card: "Card", corpus: Corpus
) -> dict[str, str]:
    """Return why a corpus, by its name, was part of the candidate's training, where it was."""
    if suite.preferences.count_seen:
        return {}
    why = {
        part.name: seen_in_training(candidate.trained_on, card, part.public, part.name)
        for part in corpus.corpora
    }
    return {name: reason for name, reason in why.items() if reason}


def _read(source: Source, options: Options, suite: Suite) -> Corpus:
    entry = suite.corpora.get(source.name, CorpusEntry())
    return read_corpus(
        source.path,
        name=source.name,
        layout=source.layout,
        split=options.split,
        limit=options.limit,
        label_map=entry.label_map,
        language=entry.language,
        public=entry.known_as,
    )


def _refuse_shared(judged: Corpus, confirming: Corpus) -> None:
    known = {clip.digest for clip in judged.clips} - {MISSING}
    shared = [clip.name for clip in confirming.clips if clip.digest in known]
    if shared:
        raise ConfigurationError(
            f"--confirm: {len(shared)} of its clips are in --data as well, such as {shared[0]};"
            " it should be speech that has no part in the selection"
        )


def _keyed(corpus: Corpus, options: Options, suite: Suite) -> Corpus:
    """Let the fingerprint tell what else decides what is found on a corpus."""
    terms = [f"{part.name} is {part.public}" for part in corpus.corpora if part.public]
    terms += ["seen counts"] if suite.preferences.count_seen else []
    if options.segmenting is not None:
        terms.append(f"segments {options.segmenting.seconds:g} {options.segmenting.hop:g}")
    if not terms:
        return corpus
    text = "\n".join([corpus.fingerprint, *terms])
    return replace(corpus, fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16])
