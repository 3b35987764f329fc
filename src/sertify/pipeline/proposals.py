"""The entry of candidates.yaml for a repository, as far as its files tell what to write."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.candidates.spelling import is_hub_id
from sertify.hub.card_labels import labels_in_card
from sertify.hub.repositories import weight_files
from sertify.pipeline.inspection import Inspection
from sertify.vocabulary.emotions import is_undecided
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.languages import language_tag
from sertify.vocabulary.outcomes import Outcome
from sertify.vocabulary.public_corpora import declared_corpus
from sertify.vocabulary.text import clean

_PLAIN_EXTRACTOR = {"sampling_rate": 16_000}
_STOCK = "transformers"
# Whole weights by another name; what else a training leaves begins otherwise.
_WEIGHTS = re.compile(
    r"(?!adapter|training_args|optimizer|scheduler|rng_state)[^/]+\.(safetensors|bin)"
)
_UNNAMED = ("no_labels", "label_count_mismatch")
_MOST = 3  # remedies, each for what is wrong after the one before


@dataclass(frozen=True)
class Proposal:
    """What a repository is with nothing but its name, and what it is by the entry proposed.

    ``entry`` is None where nothing is known that could be written down. ``perhaps`` are names of
    its outputs that the text of its model card has, for a reader to check.
    """

    plain: Inspection
    inspection: Inspection
    entry: Mapping[str, Any] | None
    perhaps: tuple[str, ...] = ()


def propose(entry: Mapping[str, Any], look: Callable[[Mapping[str, Any]], Inspection]) -> Proposal:
    """Look at what an entry names, then at what would help if something is wrong with that."""
    plain = found = look(entry)
    for _ in range(_MOST):
        for remedy in _remedies(found):
            better = _looked_at(look, {**entry, **remedy})
            if better is not None and _helps(better, found):
                entry, found = {**entry, **remedy}, better
                break
        else:
            break
    return Proposal(plain, found, _completed(entry, found), _perhaps(found))


def _looked_at(
    look: Callable[[Mapping[str, Any]], Inspection], entry: Mapping[str, Any]
) -> Inspection | None:
    """Look at what an entry names; None where nobody may write it: files may say anything."""
    try:
        return look(entry)
    except ConfigurationError:
        return None


def _helps(better: Inspection, found: Inspection) -> bool:
    blocked = better.flaw is not None and better.flaw.outcome is Outcome.BLOCKED
    return not blocked and better.reason != found.reason


def _remedies(found: Inspection) -> Iterator[dict[str, Any]]:
    """Yield keys of an entry that may help, the best first."""
    if found.reason == "no_feature_extractor":
        yield from ({"feature_extractor": base} for base in _bases(found))
        yield {"feature_extractor": _PLAIN_EXTRACTOR}
    elif found.reason == "unknown_labels":
        yield from ({"emotions": emotions} for emotions in _undecided(found))
    elif found.reason in ("no_config", "no_weights") and found.snapshot is not None:
        yield from _elsewhere(found.snapshot.files, found.candidate)


def _bases(found: Inspection) -> Iterator[str]:
    """Yield the model that this one was trained from, as its config names it."""
    name = (found.config or {}).get("_name_or_path")
    is_id = isinstance(name, str) and "/" in name and is_hub_id(name)
    if is_id and name != found.candidate.model and found.candidate.feature_extractor is None:
        yield str(name)


def _undecided(found: Inspection) -> Iterator[dict[str, str]]:
    """Yield the labels that stand for no emotion, if there are no others that are unknown."""
    labels = found.outline.labels if found.outline else ()
    unknown = [name for name in labels if name and found.candidate.emotion_of(name) is None]
    if all(map(is_undecided, unknown)):
        yield {**found.candidate.emotions, **dict.fromkeys(unknown, "other")}


def _perhaps(found: Inspection) -> tuple[str, ...]:
    if found.snapshot is None or found.outline is None or found.reason not in _UNNAMED:
        return ()
    outputs = found.outline.outputs or len(found.outline.labels)
    return labels_in_card(found.snapshot.folder, outputs) or ()


def _elsewhere(files: Iterable[str], candidate: Candidate) -> Iterator[dict[str, Any]]:
    """Yield where the weights are, if it can be only there: in a folder, or by another name."""
    if candidate.subfolder is None:
        whole = [folder for folder, names in _folders(files).items() if _is_checkpoint(names)]
        yield from ({"subfolder": folder} for folder in whole if len(whole) == 1)
    if candidate.weights is None:
        others = [name for name in files if _WEIGHTS.fullmatch(name)]
        yield from ({"weights": name} for name in others if len(others) == 1)


def _folders(files: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of files by the folder that they are in; those at the top are in none."""
    folders: dict[str, list[str]] = {}
    for folder, _, name in (file.rpartition("/") for file in files):
        folders.setdefault(folder, []).append(name)
    folders.pop("", None)
    return folders


def _is_checkpoint(names: Collection[str]) -> bool:
    return "config.json" in names and bool(weight_files(names))


def _completed(entry: Mapping[str, Any], found: Inspection) -> Mapping[str, Any] | None:
    """Add to an entry what is expected of it, and what its model card says."""
    snapshot, flaw = found.snapshot, found.flaw
    if flaw is not None and flaw.outcome is Outcome.BLOCKED:
        return None
    keys = ("name", "model", "revision", "subfolder", "weights")
    expected = {"status": "rejected", "reason": found.reason} if flaw else {}
    declared = {} if snapshot is None else _declared(found)
    loader = found.outline.loader.name if found.outline else _STOCK
    given = {"loader": loader} if loader != _STOCK else {}
    first = {key: entry[key] for key in keys if key in entry}
    return {**first, **expected, **declared, **given, **entry}


def _declared(found: Inspection) -> dict[str, Any]:
    assert found.snapshot is not None
    card = found.snapshot.card
    tags = (language_tag(language) for language in card.languages)
    corpora = (declared_corpus(name) or clean(name) for name in card.datasets)
    declared = {
        "languages": [*dict.fromkeys(filter(None, tags))],
        "licence": clean(card.licence).strip(),
        "trained_on": [*dict.fromkeys(filter(None, (*corpora, *card.mentions)))],
    }
    return {key: value for key, value in declared.items() if value}
