"""What the outputs of a model are called, however candidates.yaml or config.json says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sertify.hub.plausible import MOST_LABELS
from sertify.vocabulary.emotions import emotion_of, is_generic
from sertify.vocabulary.errors import Rejected
from sertify.vocabulary.text import fold, quoted

IDS, NAMES = "id2label", "label2id"


@dataclass(frozen=True)
class Names:
    """What outputs are called.

    ``by_index`` has the name of each output that has one; where these are no names but numbers,
    ``named`` is false. ``source`` says where they stand, and ``remark``, in whole sentences, what
    the reader of the report should know of how they were read.
    """

    by_index: Mapping[int, str] = field(default_factory=dict)
    source: str = ""
    remark: str = ""

    @property
    def named(self) -> bool:
        """Whether any output is called something that is not its number."""
        return not all(map(is_generic, self.by_index.values()))

    def labels(self, outputs: int) -> tuple[str | None, ...]:
        """Return the names in index order, None for an output between that has none.

        Where no output has a name, all ``outputs`` are numbered as transformers does.
        """
        if not self.named and self.by_index.keys() != {*range(outputs)}:
            return tuple(f"LABEL_{index}" for index in range(outputs))
        return tuple(
            self.by_index.get(index) for index in range(max(self.by_index, default=-1) + 1)
        )


def names_of(
    given: Iterable[str] | None,
    content: Mapping[str, Any],
    made: Mapping[int, Any] | None = None,
    file: str = "config.json",
) -> Names:
    """Return the names that candidates.yaml gives, else those of config.json, whose content it is.

    ``file`` stands for config.json where that has another name. ``made`` are those of a class of
    the repository's own, for a config.json without any.

    Raises ``Rejected``: ``bad_config`` where they cannot be read, ``contradictory_labels`` where
    id2label and label2id have a name at different outputs.
    """
    if given is not None:
        return Names(dict(enumerate(given)), "`labels:` of candidates.yaml")
    stated = content.get(IDS) is not None or content.get(NAMES) is not None
    first = _Table.read(IDS, content.get(IDS) if stated else made, file)
    second = _Table.read(NAMES, content.get(NAMES), file)
    if first.problem:
        raise Rejected("bad_config", first.problem)
    return _chosen(first, second)


@dataclass(frozen=True)
class _Table:
    """One of the two tables, of a file: all names that each index has in it."""

    key: str
    file: str
    rows: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    remark: str = ""
    problem: str = ""

    @classmethod
    def read(cls, key: str, value: Any, file: str) -> "_Table":
        """Read it as it is, as a list, or turned round."""
        blank = cls(key, file)
        if isinstance(value, list):
            remark = f"{blank.source} is a list, and was read in its order."
            return replace(blank, remark=remark).with_rows(enumerate(value))
        pairs = [*value.items()] if isinstance(value, Mapping) else []
        turned = [(index, name) for name, index in pairs]
        usual, other = (pairs, turned) if key == IDS else (turned, pairs)
        if _indexed(other) and not _indexed(usual):
            what = "names to indexes" if key == IDS else "indexes to names"
            remark = f"{blank.source} leads from {what}, and was read so."
            return replace(blank, remark=remark).with_rows(other)
        return blank.with_rows(usual)

    def with_rows(self, pairs: Iterable[tuple[Any, Any]]) -> "_Table":
        """Return it with indexes and names; what is wrong with one is its problem."""
        rows: dict[int, tuple[str, ...]] = {}
        for written, name in pairs:
            index = _index(written)
            if index is None:
                wrong = f"{quoted(name)} for {quoted(written)}"
                wanted = "should have a name for the index of each output"
                return replace(self, problem=f"{self.file}: {self.key} has {wrong}, but {wanted}")
            if index >= MOST_LABELS:
                wrong = f"the index {index:,}, but only outputs below {MOST_LABELS:,} are read"
                return replace(self, problem=f"{self.file}: {self.key} has {wrong}")
            if name is not None:
                rows[index] = (*rows.get(index, ()), str(name))
        return replace(self, rows=rows)

    @property
    def source(self) -> str:
        """What it is called."""
        return f"{self.key} of {self.file}"

    @property
    def names(self) -> Names:
        """The first name of each output."""
        firsts = {index: names[0] for index, names in self.rows.items()}
        return Names(firsts, self.source, self.remark)

    @property
    def places(self) -> dict[str, set[int]]:
        """The indexes of each name, whatever word for the same emotion it is."""
        places: dict[str, set[int]] = {}
        for index, names in self.rows.items():
            for name in names:
                places.setdefault(_meaning(name), set()).add(index)
        return places


def _indexed(pairs: Iterable[tuple[Any, Any]]) -> bool:
    return all(_index(index) is not None for index, _ in pairs)


def _index(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is int and 0 <= value < 10**9 else None


def _chosen(first: _Table, second: _Table) -> Names:
    if first.names.named:
        _require_one_name(first)
        _require_agreement(first, second)
        found, gaps = first.names.by_index, _in_gaps(first, second)
        whole = replace(first, rows={**first.rows, **{at: (name,) for at, name in gaps.items()}})
        remarks = [first.remark, _difference(whole, second)]
        for at, name in sorted(gaps.items()):
            remarks.append(f"{first.source} has no name for output {at}; label2id calls it {name}.")
        return Names({**found, **gaps}, first.names.source, " ".join(filter(None, remarks)))
    if not second.names.named:
        return first.names
    _require_one_name(second)
    why = "only numbers the outputs" if first.rows else "is absent"
    remark = f"{first.source} {why}, so the names are those of its label2id."
    return Names(second.names.by_index, second.names.source, f"{second.remark} {remark}".strip())


def _in_gaps(first: _Table, second: _Table) -> dict[int, str]:
    """Return the names that only label2id has, of outputs between those that id2label names."""
    names = second.names.by_index if second.names.named else {}
    return {at: name for at, name in names.items() if at not in first.rows and at < max(first.rows)}


def _require_one_name(table: _Table) -> None:
    for index, names in table.rows.items():
        if len(names) > 1:
            both = f"{quoted(names[0])} and {quoted(names[1])}"
            message = f"{table.source} calls output {index} {both}"
            raise Rejected("contradictory_labels", message)


def _require_agreement(first: _Table, second: _Table) -> None:
    """Reject a name that both have, at different indexes: which of them is right, nobody knows."""
    if not second.names.named:
        return
    places = second.places
    for meaning, indexes in first.places.items():
        others = places.get(meaning, indexes)
        if not indexes & others:
            here, there = min(indexes), min(others)
            message = f"{meaning} is output {here} in {first.source}, but {there} in"
            raise Rejected("contradictory_labels", f"{message} its label2id")


def _difference(first: _Table, second: _Table) -> str:
    """Say where label2id has another name than id2label, or none; "" where it has none at all."""
    if not second.names.named:
        return ""
    for index in sorted({*first.rows, *second.rows}):
        one, other = first.rows.get(index, ()), second.rows.get(index, ())
        if {*map(_meaning, one)}.isdisjoint(map(_meaning, other)):
            both = " and ".join(quoted(names[0]) if names else "no name" for names in (one, other))
            differ = f"id2label and {second.source} differ, first for output {index}"
            return f"{differ} ({both}); id2label was taken, as transformers does."
    return ""


def _meaning(name: str) -> str:
    return emotion_of(name) or fold(name)
