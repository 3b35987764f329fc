"""The summary at the end of a run: one line a candidate, then the sentence."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sertify.report import sentences
from sertify.report.changes import since
from sertify.report.formats import as_expected, moved, number, ranked, standing
from sertify.report.text_columns import aligned, fitted, wrapped
from sertify.vocabulary.outcomes import Outcome
from sertify.vocabulary.text import clean, listed

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
_NUMBERS = {"uar_all": "UAR, all clips", "segment_time": "time", "real_time_factor": "RTF"}
_HEADINGS = ("candidate", *_GATES.values(), *_NUMBERS.values(), "verdict")
_RIGHT = ("time", "RTF")
_SPARED = ("RTF", "time")
_NAME, _PART = 24, 12
_MOST, _LONGEST = 8, 200
_WIDEST = 20
_MARKUP: Mapping[str, Mapping[str, bool]] = {
    "use": {"green": True, "bold": True},
    "tied": {"green": True},
    "qualified": {"green": True},
    "now qualifies": {"red": True},
    "undecided": {"yellow": True},
    "rejected": {"red": True},
}
_CONFIRMED: Mapping[str | None, Mapping[str, bool]] = {
    "PASS": {"green": True},
    "FAIL": {"red": True, "bold": True},
    "INCONCLUSIVE": {"yellow": True},
    "BLOCKED": {"yellow": True},
}
_QUIET: Mapping[str, bool] = {"light": True}

Line = tuple[str, Mapping[str, bool]]


def lines(results: Mapping[str, Any], width: int = 100) -> Iterator[Line]:
    """Yield each line of the summary with its markup for pytest's ``write_line``.

    No line is wider than ``width`` columns of a terminal, in which an East Asian character may
    take two.
    """
    shown = clean(results)
    yield from _candidates(shown, width)
    yield from _by_part(shown, width)
    if any(_is_seen(candidate, shown) for candidate in shown["candidates"]):
        yield sentences.SEEN, _QUIET
    yield "", {}
    changed = ((text, _QUIET) for text in since.in_lines(shown, width))
    below = (*_cures(shown), *changed, *_speech(shown), *_remarks(shown))
    for text, markup in (*_choice(shown), *below):
        for line in wrapped(text, width):
            yield line, markup


def _candidates(shown: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Yield the table of the candidates, and what its signs mean."""
    rows = [_row(candidate, shown) for candidate in ranked(shown)]
    rows += [_reference(name, scores) for name, scores in shown["references"].items()]
    table = aligned([_HEADINGS, *rows], width, tight=_GATES.values(), right=_RIGHT, spared=_SPARED)
    markups = [{"bold": True}, *(_markup(candidate, shown) for candidate in ranked(shown))]
    markups += [_QUIET] * len(shown["references"])
    yield from zip(table, markups, strict=True)
    if any(_SIGNS[Outcome.INCONCLUSIVE] in row for row in rows):
        yield "? inconclusive: the data cannot tell", _QUIET
    if any(_PARTLY in row for row in rows):
        yield f"{_PARTLY}: what was checked of it passes, but not all of it was", _QUIET


def _by_part(shown: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Yield a table of the UAR on each part of the speech, where there are several."""
    judged = [one for one in ranked(shown) if len(one["parts"]) > 1]
    names = [*dict.fromkeys(part["part"] for one in judged for part in one["parts"][1:])]
    kept = names[: (width - _NAME - 1) // (_PART + 2)]
    if not kept:
        return
    rows = [(one["name"], *_on_parts(one, kept, shown["corpus"])) for one in judged]
    headings = (sentences.UAR["uar_all"], *(fitted(name, _PART) for name in kept))
    more = len(names) - len(kept)
    yield "", {}
    markups = ({"bold": True}, *({} for _ in rows))
    yield from zip(aligned([headings, *rows], width), markups, strict=True)
    if more:
        yield f"and {more} more parts of the speech in the report", _QUIET


def _on_parts(
    candidate: Mapping[str, Any], names: Iterable[str], corpus: Mapping[str, Any] | None
) -> Iterator[str]:
    parts = {part["part"]: part for part in candidate["parts"]}
    for name in names:
        part = parts.get(name)
        measured = part["numbers"].get("uar_all") if part else None
        seen = part is not None and sentences.is_seen(part, corpus)
        yield number(measured).partition(" ")[0] + sentences.MARK * seen


def _is_seen(candidate: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    return any(sentences.is_seen(part, shown["corpus"]) for part in candidate["parts"])


def _choice(shown: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what to use and how sure that is; what is no selection never looks like one."""
    selection, unlabelled = shown["selection"], shown["unlabelled"]
    yield selection["sentence"], {"bold": True}
    if firm := sentences.firmness(selection):
        yield firm, _QUIET
    if confirmed := sentences.confirmation(selection):
        yield confirmed, _CONFIRMED.get((selection["confirmation"] or {}).get("outcome"), _QUIET)
    if unlabelled:
        yield f"{sentences.NO_SELECTION}: {unlabelled['sentence']}", {"yellow": True}


def _cures(shown: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what was found of each that fell short against expectation, and what would mend it."""
    found = [one for one in ranked(shown) if one["reason"] and one["reason"] not in one["expected"]]
    for one in found[:_MOST]:
        message = one["message"] or one["reason"]
        said = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
        mends = one["cure"] and one["status"] != "baseline"
        cure = f" → {one['cure']}" if mends else ""
        yield f"{one['name']}: {said}{cure}", {}
    yield from _folded(len(found))


def _folded(number: int) -> Iterator[Line]:
    if number > _MOST:
        yield f"and {number - _MOST} more in the report", _QUIET


def _speech(shown: Mapping[str, Any]) -> Iterator[Line]:
    """Yield how many clips did not count, and what weakens conclusions from the others."""
    for corpus in sentences.speech_of(shown):
        if unjudged := sentences.clips(corpus):
            yield unjudged, {"yellow": True}
    for doubt in sentences.doubts(shown):
        yield doubt, {"yellow": True}


def _remarks(shown: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what is to be known of how candidates were come by, once, with their names."""
    found: dict[str, list[str]] = {}
    for candidate in shown["candidates"]:
        for remark in candidate["remarks"]:
            found.setdefault(remark, []).append(candidate["name"])
    for remark, names in [*found.items()][:_MOST]:
        yield f"{listed(names)}: {remark}", _QUIET
    yield from _folded(len(found))
    for text in moved(shown):
        yield text, {"yellow": True}


def _row(candidate: Mapping[str, Any], shown: Mapping[str, Any]) -> tuple[str, ...]:
    signs = (_sign(candidate["gates"].get(gate, {})) for gate in _GATES)
    uar, *numbers = (_short(candidate["numbers"].get(name)) for name in _NUMBERS)
    if sentences.is_starred(candidate, shown["corpus"]):
        uar += sentences.MARK
    place = standing(candidate, shown["selection"])
    why = _why(candidate)
    if place in ("rejected", "undecided"):
        place = why or place
    elif place == "baseline" and why:
        place = fitted(f"{place}: {why}", _WIDEST)
    return candidate["name"], *signs, uar, *numbers, place


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
