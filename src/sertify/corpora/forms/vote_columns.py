"""The columns of a table that hold votes: annotators side by side, row by row, or counted."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sertify.corpora.clips import Clip
from sertify.corpora.columns import OtherColumns, in_common
from sertify.corpora.forms.roles import Table
from sertify.corpora.votes import Votes
from sertify.vocabulary.emotions import emotion_of, is_undecided
from sertify.vocabulary.files import read_words
from sertify.vocabulary.text import fold, listed

_WORDS = {name: frozenset(map(fold, words)) for name, words in read_words(__file__).items()}
# A number, or a letter at the end; 번 is Korean for "number".
_WHICH = re.compile(r"(?<!\d)\d{1,2}(?!\d)번?|(?<= )[a-j]$")
_MOST_LABELS = 40
_Row = Mapping[str, float]
_Columns = Mapping[str, Sequence[str | None]]
_Found = tuple[list[_Row], list[str], bool]


def voted(
    clips: Sequence[Clip], table: Table, roles: Mapping[str, int], mapped: frozenset[str]
) -> tuple[list[Clip], Votes | None]:
    """Return the clips of the rows of a table, each once, and the votes that are in the table.

    ``clips`` has the clip of each row, ``roles`` the columns that are known by other names, and
    ``mapped`` the folded labels that a label map says something of.
    """
    columns = {name: table.values(index) for index, name in enumerate(table.columns)}
    label = table.columns[roles["label"]] if "label" in roles else None
    if label is not None and (who := _annotator(columns, clips)) is not None:
        return _row_by_row(clips, columns, label, who)
    found = _in_columns(table, roles, mapped)
    if found is None:
        return [*clips], None
    rows, names, counts = found
    decisive = label is None or label in names or fold(label) in _WORDS["before"]
    of = {clip.name: row for clip, row in zip(clips, rows, strict=True)}
    votes = Votes(of, listed(names, most=8), counts, decisive)
    return [replace(clip, label=None) for clip in clips] if decisive else [*clips], votes


def tells_labels(table: Table, roles: Mapping[str, int], mapped: frozenset[str]) -> bool:
    """Whether a table has a column of labels, or votes on them."""
    return "label" in roles or _in_columns(table, roles, mapped) is not None


def _in_columns(table: Table, roles: Mapping[str, int], mapped: frozenset[str]) -> _Found | None:
    taken = {index for role, index in roles.items() if role != "label"}
    free = {
        name: table.values(index) for index, name in enumerate(table.columns) if index not in taken
    }
    return _side_by_side(free, mapped) or _by_emotion(free)


def without_votes(
    doubts: Iterable[str], table: Table, roles: Mapping[str, int], mapped: frozenset[str]
) -> tuple[str, ...]:
    """Return what is doubtful about columns, but for labels in those that hold votes."""
    known = _in_columns(table, roles, mapped) is not None
    return tuple(text for text in doubts if not (known and "may hold labels" in text))


def may_be_votes(column: str) -> bool:
    """Whether the name of a column is one that votes may stand in."""
    stem, numbered = _WHICH.subn(" ", fold(column), count=1)
    words = {*stem.split()}
    known = words & (_WORDS["annotators"] | (_WORDS["labels"] if numbered else frozenset()))
    return (
        (numbered > 0 and bool(known))
        or fold(column) in _WORDS["annotator_of_row"]
        or _emotion_in(column) is not None
    )


def _emotion_in(column: str) -> str | None:
    """Return the word of an emotion that the name of a column of shares or counts has."""
    words = fold(column).replace(".", " ").split()
    rest = " ".join(word for word in words if word not in _WORDS["beside"])
    return rest if emotion_of(rest) is not None or is_undecided(rest) else None


def _annotator(columns: _Columns, clips: Sequence[Clip]) -> str | None:
    """Return the column of who says what a row says, where clips are listed several times."""
    if len({clip.name for clip in clips}) == len(clips):
        return None
    return next((name for name in columns if fold(name) in _WORDS["annotator_of_row"]), None)


def _row_by_row(
    clips: Sequence[Clip], columns: _Columns, label: str, who: str
) -> tuple[list[Clip], Votes]:
    first: dict[str, Clip] = {}
    told: defaultdict[str, list[OtherColumns]] = defaultdict(list)
    said: defaultdict[str, set[tuple[str | None, str]]] = defaultdict(set)
    for clip, annotator, vote in zip(clips, columns[who], columns[label], strict=True):
        first.setdefault(clip.name, replace(clip, label=None))
        told[clip.name].append(clip.columns)
        if vote is not None:
            said[clip.name].add((annotator, vote))
    of = {name: Counter(vote for _, vote in votes) for name, votes in said.items()}
    clips = [replace(clip, columns=in_common(told[name])) for name, clip in first.items()]
    return clips, Votes(of, f"{label} of each {who}")


def _side_by_side(columns: _Columns, mapped: frozenset[str]) -> _Found | None:
    """Return the votes where each annotator has a column, like rater_1 or 1번 감정."""
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in columns:
        stem, found = _WHICH.subn(" ", fold(name), count=1)
        if found:
            groups[tuple(stem.split())].append(name)
    for words, names in groups.items():
        explicit = bool(_WORDS["annotators"].intersection(words))
        enough = len(names) >= (2 if explicit else 3)
        if not enough or not (explicit or _WORDS["labels"].intersection(words)):
            continue
        votes = {vote for name in names for vote in columns[name] if vote is not None}
        if _are_labels(votes, mapped, explicit=explicit):
            rows = zip(*(columns[name] for name in names), strict=True)
            ballots = [Counter(vote for vote in row if vote is not None) for row in rows]
            return [*ballots], names, True
    return None


def _are_labels(values: set[str], mapped: frozenset[str], *, explicit: bool) -> bool:
    known = sum(
        emotion_of(value) is not None or is_undecided(value) or fold(value) in mapped
        for value in values
    )
    if 2 * known >= len(values):
        return known > 0
    words = not any(_number(value) is not None for value in values)
    return explicit and words and len(values) <= _MOST_LABELS


def _by_emotion(columns: _Columns) -> _Found | None:
    """Return the votes where each emotion has a column of shares or counts."""
    found: dict[str, str] = {}
    counting = False
    for name in columns:
        rest = _emotion_in(name)
        if rest is None:
            continue
        numbers = [_number(value) for value in columns[name] if value is not None]
        if numbers and all(number is not None and number >= 0 for number in numbers):
            found[name] = rest
            counting = counting or bool({*fold(name).split()} & _WORDS["counting"])
    if len({emotion_of(rest) for rest in found.values()} - {None}) < 3:
        return None
    values = zip(*(columns[name] for name in found), strict=True)
    rows = [
        {rest: _number(value) or 0.0 for rest, value in zip(found.values(), row, strict=True)}
        for row in values
    ]
    return [*rows], [*found], _are_counts(rows, named=counting)


def _are_counts(rows: Sequence[_Row], *, named: bool) -> bool:
    """Whether numbers count annotators: whole, above 1, and as many for each clip or called so."""
    if any(number != int(number) for row in rows for number in row.values()):
        return False
    sums = {sum(row.values()) for row in rows} - {0}
    several = max((max(row.values()) for row in rows), default=0) > 1
    return several and (named or (len(sums) == 1 and sums != {100}))


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
