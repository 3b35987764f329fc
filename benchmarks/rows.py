"""The table: what is measured, against what, what is wanted, and whether it is so."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

__all__ = ["Row", "of_ratios", "of_values", "skipped", "table"]


@dataclass(frozen=True)
class Row:
    """One line of the table; less is better in every one.

    Attributes
    ----------
    wanted
        At most this.
    unit
        ``ratio``, ``s``, ``GB``, ``answers``, ``labels`` or ``pools``.
    measured
        None where it could not be measured; ``remark`` then says why.
    low, high
        Range over the rounds.
    rounds
        How many there were.
    raw
        Each number that it was made of.
    """

    name: str
    what: str
    against: str
    wanted: float
    unit: str
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    remark: str = ""
    rounds: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool | None:
        """Whether it is as wanted; None where it was not measured."""
        return None if self.measured is None else self.measured <= self.wanted

    def to_json(self) -> dict[str, Any]:
        """Return the row in JSON types."""
        return asdict(self) | {"ok": self.ok}


def of_ratios(row: Row, ours: Sequence[float], theirs: Sequence[float]) -> Row:
    """Fill in the median of the ratios of each round, and their range.

    A round's runs follow each other, so that what slows the machine down slows down both.
    """
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return _filled(row, ratios, {"ours": [*ours], "theirs": [*theirs]})


def of_values(row: Row, values: Sequence[float], raw: Mapping[str, Any]) -> Row:
    """Fill in the median of the values of each round, and their range."""
    return _filled(row, values, raw)


def skipped(row: Row, why: str) -> Row:
    """Say why a row could not be measured."""
    return Row(row.name, row.what, row.against, row.wanted, row.unit, remark=why)


def _filled(row: Row, values: Sequence[float], raw: Mapping[str, Any]) -> Row:
    return Row(
        row.name, row.what, row.against, row.wanted, row.unit,
        measured=median(values), low=min(values), high=max(values), remark=row.remark,
        rounds=len(values), raw={**row.raw, **raw},
    )  # fmt: skip


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows, as JSON has them, as a table in Markdown."""
    lines = [
        "| what | against | wanted at most | measured (range; rounds) | |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        wanted = _number(row["wanted"], row["unit"])
        lines.append(
            f"| {row['what']} | {row['against']} | {wanted} | {_measured(row)} | {_verdict(row)} |"
        )
    return "\n".join(lines)


def _measured(row: Mapping[str, Any]) -> str:
    if row["measured"] is None:
        return f"not measured: {row['remark']}"
    text = _number(row["measured"], row["unit"])
    if row["low"] != row["high"]:
        ends = (_number(row[end], row["unit"]) for end in ("low", "high"))
        text += f" ({' to '.join(ends)}{_rounds(row)})"
    return f"{text}; {row['remark']}" if row["remark"] else text


def _rounds(row: Mapping[str, Any]) -> str:
    return f"; {row['rounds']}" if row.get("rounds") else ""  # older records do not say


def _verdict(row: Mapping[str, Any]) -> str:
    return {True: "ok", False: "**no**", None: ""}[row["ok"]]


def _number(value: float, unit: str) -> str:
    return f"{value:.3g}" if unit == "ratio" else f"{value:.3g} {unit}"
