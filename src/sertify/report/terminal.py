"""The summary at the end of a run: one line a candidate, then the sentence."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.outcomes import Outcome
from sertify.report.wording import as_expected, clean, moved, number, ranked, standing

__all__ = ["lines"]

_GATES = {
    "loadability": "load",
    "labels": "label",
    "degeneracy": "degen",
    "accuracy": "acc",
    "speed": "speed",
}
_SIGNS = {
    Outcome.PASS: "ok",
    Outcome.FAIL: "FAIL",
    Outcome.INCONCLUSIVE: "?",
    Outcome.BLOCKED: "blocked",
}
_PARTLY = "part"
_NUMBERS = {"uar_all": "UAR", "segment_time": "time", "real_time_factor": "RTF"}
_HEADINGS = ("candidate", *_GATES.values(), *_NUMBERS.values(), "verdict")
_RIGHT = ("time", "RTF")
_NARROWEST = 8
_MARKUP: Mapping[str, Mapping[str, bool]] = {
    "use": {"green": True, "bold": True},
    "tied": {"green": True},
    "qualified": {"green": True},
    "now qualifies": {"red": True},
    "undecided": {"yellow": True},
    "rejected": {"red": True},
}
_QUIET = {"light": True}

Line = tuple[str, Mapping[str, bool]]


def lines(results: Mapping[str, Any], width: int = 100) -> Iterator[Line]:
    """Yield each line of the summary with its markup for pytest's ``write_line``.

    No line is wider than ``width`` columns of a terminal, in which an East Asian character may
    take two.
    """
    shown = clean(results)
    rows = [_row(candidate, shown["selection"]) for candidate in ranked(shown)]
    rows += [_reference(name, scores) for name, scores in shown["references"].items()]
    table = _aligned([_HEADINGS, *rows], width)
    markups = [{"bold": True}, *(_markup(candidate, shown) for candidate in ranked(shown))]
    markups += [_QUIET] * len(shown["references"])
    yield from zip(table, markups, strict=True)
    if any(_SIGNS[Outcome.INCONCLUSIVE] in row for row in rows):
        yield "? inconclusive: the data cannot tell", _QUIET
    if any(_PARTLY in row for row in rows):
        yield f"{_PARTLY}: what was checked of it passes, but not all of it was", _QUIET
    yield "", {}
    for line in _wrapped(shown["selection"]["sentence"], width):
        yield line, {"bold": True}
    if unjudged := _unjudged(shown["corpus"]):
        yield _fitted(unjudged, width), {"yellow": True}
    for remark, names in _remarks(shown).items():
        for line in _wrapped(f"{', '.join(names)}: {remark}", width):
            yield line, _QUIET
    for text in moved(shown):
        for line in _wrapped(text, width):
            yield line, {"yellow": True}


def _remarks(shown: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is to be known of how candidates were come by, with their names."""
    found: dict[str, list[str]] = {}
    for candidate in shown["candidates"]:
        for remark in candidate["remarks"]:
            found.setdefault(remark, []).append(candidate["name"])
    return found


def _unjudged(corpus: Mapping[str, Any] | None) -> str:
    """Say how many clips of the corpus did not count, and why."""
    reasons = Counter(clip["reason"] for clip in (corpus or {}).get("rejected", ()))
    if corpus is None or not reasons:
        return ""
    why = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
    return f"{corpus['judged']} of {corpus['clips']} clips were judged; not: {why}"


def _row(candidate: Mapping[str, Any], selection: Mapping[str, Any]) -> tuple[str, ...]:
    signs = (_sign(candidate["gates"].get(gate, {})) for gate in _GATES)
    numbers = (_short(candidate["numbers"].get(name)) for name in _NUMBERS)
    place = standing(candidate, selection)
    verdict = _why(candidate) or place if place in ("rejected", "undecided") else place
    return candidate["name"], *signs, *numbers, verdict


def _sign(gate: Mapping[str, Any]) -> str:
    outcome = gate.get("outcome")
    return _SIGNS.get(outcome, "-") if outcome else _PARTLY if gate.get("checks") else "-"


def _why(candidate: Mapping[str, Any]) -> str | None:
    reason: str | None = candidate["reason"]
    gate = candidate["gates"].get(candidate["gate"], {})
    return f"{reason}?" if reason and gate.get("outcome") == Outcome.INCONCLUSIVE else reason


def _reference(name: str, scores: Mapping[str, Any]) -> tuple[str, ...]:
    label = "majority class" if name == "majority" else name
    return label, *("" for _ in _GATES), _short(scores.get("uar")), "", "", "reference"


def _markup(candidate: Mapping[str, Any], shown: Mapping[str, Any]) -> Mapping[str, bool]:
    return (
        _QUIET
        if as_expected(candidate)
        else _MARKUP.get(standing(candidate, shown["selection"]), {})
    )


def _short(measured: Any) -> str:
    text = "" if measured is None else number(measured)
    return text.replace("[0.", "[.").replace(", 0.", ", .")


def _aligned(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Lay out the columns that hold something; the first gives way where they are too wide."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    gaps = [1 if column[0] in _GATES.values() else 2 for column in columns[1:]]
    widths = [max(map(_width, column)) for column in columns]
    spare = width - sum(widths[1:]) - sum(gaps)
    widths[0] = min(widths[0], max(spare, _NARROWEST))
    cells = [
        [" " * gap + _padded(text, size, column[0] in _RIGHT) for text in column]
        for column, size, gap in zip(columns, widths, [0, *gaps], strict=True)
    ]
    return [_fitted("".join(line), width).rstrip() for line in zip(*cells, strict=True)]


def _padded(text: str, size: int, right: bool) -> str:
    text = _fitted(text, size)
    padding = " " * (size - _width(text))
    return padding + text if right else text + padding


def _fitted(text: str, size: int) -> str:
    """Cut out the middle of a text that is wider than ``size``: names differ at either end."""
    if _width(text) <= size:
        return text
    tail = _last(text, size // 2)
    return _last(text[::-1], size - 1 - _width(tail))[::-1] + "…" + tail


def _last(text: str, size: int) -> str:
    return next(text[i:] for i in range(len(text) + 1) if _width(text[i:]) <= size)


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and _width(longer) > width:
            yield _fitted(line, width)
            longer = word
        line = longer
    yield _fitted(line, width)


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
