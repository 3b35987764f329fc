"""What a model card's text and code call the outputs of a model: for a reader to check."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sertify.hub.card import text_of_card
from sertify.vocabulary.emotions import AMBIGUOUS, emotion_of, is_generic
from sertify.vocabulary.text import fold

_NAME = r"[\"']([^\"'\n]{1,60})[\"']"
_BY_NUMBER = re.compile(rf"\b(\d{{1,3}})[\"']?\s{{0,5}}:\s{{0,5}}{_NAME}")
_BY_NAME = re.compile(rf"{_NAME}\s{{0,5}}:\s{{0,5}}(\d{{1,3}})\b")
_LIST = re.compile(rf"\[\s*{_NAME}(?:\s*,\s*{_NAME})*(?:\s*,)?\s*\]")
_NEXT = re.compile(r"[\s,\"']{0,40}")  # what is between two of a mapping


def labels_in_card(folder: Path, outputs: int) -> tuple[str, ...] | None:
    """Return the names of so many outputs that README.md has in a list or a mapping.

    None where it has none, or several: most of the names have to be about emotions.
    """
    text = text_of_card(folder)
    found = {names for names in _named(text) if len(names) == outputs and _are_emotions(names)}
    return found.pop() if len(found) == 1 else None


def _named(text: str) -> Iterator[tuple[str, ...]]:
    for written in _LIST.finditer(text):
        yield tuple(re.findall(_NAME, written[0]))
    for pattern, number, name in ((_BY_NUMBER, 1, 2), (_BY_NAME, 2, 1)):
        for run in _runs(text, [*pattern.finditer(text)]):
            places = {int(pair[number]): pair[name] for pair in run}
            if len(places) == len(run) and {*places} == {*range(len(run))}:
                yield tuple(places[place] for place in range(len(run)))


def _runs(text: str, pairs: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield the pairs that follow each other."""
    run: list[re.Match[str]] = []
    for pair in pairs:
        if run and not _NEXT.fullmatch(text, run[-1].end(), pair.start()):
            yield run
            run = []
        run.append(pair)
    if run:
        yield run


def _are_emotions(names: Sequence[str]) -> bool:
    about = sum(emotion_of(name) is not None or fold(name) in AMBIGUOUS for name in names)
    return (
        len({*names}) == len(names) and 2 * about > len(names) and not any(map(is_generic, names))
    )
