"""KEMDy19 and KEMDy20: a table a session, with the votes of ten evaluators on each segment."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sertify.corpora.forms.decoding import decoded
from sertify.corpora.forms.manifests import Manifest, listing_of_all
from sertify.corpora.forms.roles import Table
from sertify.corpora.listings import Form, Listing, Wish
from sertify.corpora.trees import Tree
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.files import MOST_BYTES, read_start
from sertify.vocabulary.public_corpora import known_corpus
from sertify.vocabulary.text import fold

# Session01_F_res.csv of KEMDy19 has the segments of both speakers, but is about one of them.
_TABLE = re.compile(r"(?:^|/)annotation/Sess(?:ion)?\d{2}_(?:([FM])_res|eval)\.csv$")
# Sess01_impro01_F001 in KEMDy19, Sess01_script01_User001F_001 in KEMDy20.
_SEGMENT = re.compile(r"(Sess\d{2})_(?:script|impro)\d{2}_(?:([FM])\d{3}|(User\d{3}([FM]))_\d{3})")
_COLUMNS = ("segment", "session", "speaker", "gender", "language", "label")
_SLIPS = {"disqust": "disgust"}
"""What is written wrong in the tables as they are published."""


def read_kemdy(tree: Tree, wish: Wish) -> Listing | None:
    """Read the votes on the segments of all sessions; where there are none, what most said.

    Raises ``ConfigurationError`` where a table is none, or has no column of emotions.
    """
    names = [name for name in tree.files if _TABLE.search(name)]
    if not names:
        return None
    rows: dict[str, tuple[str | None, ...]] = {}
    evaluators = 0
    for name in names:
        for segment, total, votes in _segments(tree.root / name, _TABLE.search(name)):
            evaluators = max(evaluators, len(votes))
            rows.setdefault(segment, (*_speaker(segment), total, *votes))
    label = ("label",) if not evaluators else ()
    columns = (*_COLUMNS[:-1], *label, *(f"evaluator {n}" for n in range(1, evaluators + 1)))
    texts = (
        (segment, *facts[:4], *(facts[4:5] if label else _filled(facts[5:], evaluators)))
        for segment, facts in rows.items()
    )
    table = Table(tree.root / names[0], columns, tuple(enumerate(texts, start=1)))
    year = "KEMDy20" if any("User" in segment for segment in rows) else "KEMDy19"
    manifest = Manifest("", table, [*rows], unit="entry")
    listing = listing_of_all(tree, [manifest], year, wish)
    return Listing(**{**vars(listing), "public": known_corpus(year)})


KEMDY = Form("kemdy", "annotation/Sess01_eval.csv of KEMDy", read_kemdy)


def _segments(
    path: Path, match: re.Match[str] | None
) -> Iterator[tuple[str, str | None, tuple[str | None, ...]]]:
    """Yield each segment, what most say of it, and what each evaluator says."""
    lines = _lines(path)
    first = next((n for n, row in enumerate(lines) if any(map(_SEGMENT.fullmatch, row))), None)
    if first is None:
        raise ConfigurationError(f"{path}: lists no segment, such as Sess01_script01_User001F_001")
    where = next(place for place, cell in enumerate(lines[first]) if _SEGMENT.fullmatch(cell))
    # The upper row names evaluators, the lower one what each of their columns is.
    emotions = [
        place
        for place in range(len(lines[first]))
        if any(place < len(row) and fold(row[place]) == "emotion" for row in lines[:first])
    ]
    if not emotions:
        raise ConfigurationError(f"{path}: has no column Emotion above its segments")
    about = match[1] if match else None
    for row in lines[first:]:
        found = _SEGMENT.fullmatch(row[where]) if where < len(row) else None
        if found and about in (None, found[2], found[4]):
            said = [_said(row[place]) if place < len(row) else None for place in emotions]
            yield row[where], said[0], tuple(said[1:])


def _lines(path: Path) -> list[list[str]]:
    try:
        content = read_start(path)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it has more than the {MOST_BYTES:,} bytes that are read")
        rows = csv.reader(decoded(content)[0].splitlines())
        return [[cell.strip() for cell in row] for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read as CSV: {error}") from error


def _said(cell: str) -> str | None:
    return _SLIPS.get(cell.casefold(), cell) or None


def _speaker(segment: str) -> tuple[str, str, str, str]:
    """Return session, speaker, gender and language of a segment."""
    found = _SEGMENT.fullmatch(segment)
    session, of_pair, user, of_user = found.groups() if found else ("", "", "", "")
    return session, user or f"{session}_{of_pair}", of_user or of_pair, "ko"


def _filled(votes: Sequence[str | None], size: int) -> Sequence[str | None]:
    return (*votes, *(None for _ in range(size - len(votes))))
