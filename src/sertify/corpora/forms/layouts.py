"""Public corpora that say in their file names, or in a table of theirs, who speaks how.

Each table of layouts.toml holds what the corpus's own documentation says of its names. Labels are
in the words of the taxonomy, as far as it has them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sertify.corpora.columns import OtherColumns
from sertify.corpora.forms.roles import gender_of
from sertify.vocabulary.files import read_words

_Codes = Mapping[str, str]


@dataclass(frozen=True)
class Listed:
    """How a table of a corpus lists its clips.

    Parameters
    ----------
    names
        What the files of the table may be called, each with the split that it is of, or "".
    file
        How the name of a clip is made of the columns.
    label, speaker, gender, split
        The columns that hold these; "" where none does.
    unknown
        What stands in a column where nothing is known.
    """

    names: Mapping[str, str]
    file: str
    label: str
    speaker: str = ""
    gender: str = ""
    split: str = ""
    unknown: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which it is another table."""
        return (*re.findall(r"\{(\w+)\}", self.file), self.label)

    @property
    def read(self) -> tuple[str, ...]:
        """All columns that are read."""
        return tuple(filter(None, [*self.needed, self.speaker, self.gender, self.split]))


@dataclass(frozen=True, eq=False)
class Layout:
    """How a corpus names its files.

    Parameters
    ----------
    name
        What its authors call it.
    public
        Its canonical name in `sertify.vocabulary.public_corpora`.
    pattern
        What a path, relative to the corpus and without its ending, matches as a whole; None where
        the names tell nothing. Its groups are ``label``, ``speaker``, ``gender``, ``split`` and
        whatever `speaker` needs; groups that are called like a label stand for it. ``recording`` is
        what files of one recording have in common, where that is not the name.
    labels
        The label by its code in the path, the annotations or the table; a code that is not here
        is none.
    genders
        By the group ``gender``, or by ``speaker`` where there is none.
    languages
        By the group ``speaker``; needed only where a corpus has several.
    speaker
        How the name of a speaker is made of the groups.
    excluded
        Why names are left out, and the pattern of these, which matches as a whole, too.
    annotations
        Glob of the text files that have the labels which are not in the path.
    line
        What is searched in them: groups ``name`` (that of a file without its ending), ``label``.
    states
        Those of its labels that are no emotions.
    remark
        What has to be known of the corpus.
    table
        The table that tells of its clips, where it has one.
    columns
        Groups of the pattern that tell something else of a clip, each with what its codes stand
        for; one without any is read as it is. A code that is not here says nothing.
    """

    name: str
    public: str
    pattern: re.Pattern[str] | None = None
    labels: _Codes = field(default_factory=dict)
    genders: _Codes = field(default_factory=dict)
    languages: _Codes = field(default_factory=dict)
    speaker: str = "{speaker}"
    excluded: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    annotations: str = ""
    line: re.Pattern[str] | None = None
    states: tuple[str, ...] = ()
    remark: str = ""
    table: Listed | None = None
    columns: Mapping[str, _Codes] = field(default_factory=dict)

    def match(self, stem: str) -> Mapping[str, str | None] | None:
        """Return the groups of a path without its ending, None where it is not named so."""
        found = self.pattern.fullmatch(stem) if self.pattern else None
        return found.groupdict() if found else None

    def why_excluded(self, stem: str) -> str | None:
        """Return why a path is left out by design."""
        fitting = (why for why, names in self.excluded.items() if names.fullmatch(stem))
        return next(fitting, None)

    def recording(self, stem: str) -> str | None:
        """Return what the files of one recording have in common: the name, or a part of it."""
        if self.pattern is None or "recording" not in self.pattern.groupindex:
            return stem.rpartition("/")[2]
        return (self.match(stem) or {}).get("recording")

    def code(self, parts: Mapping[str, str | None]) -> str | None:
        """Return the code of the label that groups tell."""
        return parts.get("label") or next((name for name in self.labels if parts.get(name)), None)

    def label(self, code: str) -> str | None:
        """Return the label that a code stands for."""
        return self.labels.get(code) or self.labels.get(code.lower())

    def gender(self, parts: Mapping[str, str | None]) -> str | None:
        """Return the gender of a speaker: female or male."""
        told = parts.get("gender")
        known = self.genders.get(told or parts.get("speaker") or "")
        return known or next((full for full in [gender_of(told)] if full in _GENDERS), None)

    def told(self, parts: Mapping[str, str | None]) -> OtherColumns:
        """Return what else the groups of a path tell."""
        found = {name: (parts.get(name), codes) for name, codes in self.columns.items()}
        return OtherColumns(
            {
                name: codes.get(code) if codes else code
                for name, (code, codes) in found.items()
                if code
            }
        )


_GENDERS = ("female", "male")
_PARITY = {
    word: " ".join(f"{number}" if wide else f"{number:02}" for wide in (0, 1) for number in numbers)
    for word, numbers in (("odd", range(1, 1000, 2)), ("even", range(2, 1000, 2)))
}


def _path(pattern: str) -> re.Pattern[str]:
    # Lazily, so that a folder which a group asks for is left to it.
    return re.compile(rf"(?:.*?/)??(?:{pattern})", re.DOTALL)


def _by_code(codes: Mapping[str, str]) -> dict[str, str]:
    """Turn the codes of each value, "odd" and "even" among them, into the value of each code."""
    told = ((value, _PARITY.get(text, text).split()) for value, text in codes.items())
    return {code: value for value, those in told for code in those}


def _table(row: Mapping[str, Any]) -> Listed:
    names = row["names"].split()
    splits = row.get("splits", "").split() or [""] * len(names)
    rest = {key: value for key, value in row.items() if key not in ("names", "splits")}
    return Listed(names=dict(zip(names, splits, strict=True)), **rest)


def _layout(public: str, row: Mapping[str, Any]) -> Layout:
    return Layout(
        row["name"],
        public,
        _path(row["pattern"]) if "pattern" in row else None,
        row.get("labels", {}),
        _by_code(row.get("genders", {})),
        _by_code(row.get("languages", {})),
        row.get("speaker", "{speaker}"),
        {why: _path(pattern) for why, pattern in row.get("excluded", {}).items()},
        row.get("annotations", ""),
        re.compile(row["line"]) if "line" in row else None,
        tuple(row["states"].split(", ")) if "states" in row else (),
        row.get("remark", ""),
        _table(row["table"]) if "table" in row else None,
        row.get("columns", {}),
    )


LAYOUTS = tuple(_layout(public, row) for public, row in read_words(__file__).items())
"""The corpora whose names are known, in the order in which they are told."""
