"""The summary at the end of a run: one line a candidate, then the sentence."""

from collections.abc import Iterable, Iterator, Mapping

from sertify.report import sentences
from sertify.report.changes import since
from sertify.report.formats import as_expected, moves, number, ranked, standing
from sertify.report.open_questions import open_questions
from sertify.report.results.model.candidate import CandidateResult, GateChecks
from sertify.report.results.model.fields import Measured
from sertify.report.results.model.results import Results
from sertify.report.text_columns import aligned, fitted, wrapped
from sertify.vocabulary.outcomes import ALWAYS, Outcome
from sertify.vocabulary.text import listed

_GATES = {
    "loadability": "load",
    "labels": "label",
    "degeneracy": "degen",
    "accuracy": "acc",
    "robustness": "rob",
    "fairness": "fair",
    "streaming": "stream",
    "speed": "speed",
}
_SIGNS = {"PASS": "ok", "FAIL": "FAIL", "INCONCLUSIVE": "?", "BLOCKED": "blocked"}
_PARTLY = "part"
_TOLERATED = "(?)"
_OWN = "its own"
_NUMBERS = {"segment_time": "time", "real_time_factor": "RTF"}
_RIGHT = (_OWN, "time", "RTF")
_SPARED = ("RTF", "time", _OWN)
_EARLY = ("labels", "loadability", "degeneracy")
_NAME, _PART = 24, 12
_MOST, _LONGEST = 8, 200
_WIDEST, _WIDEST_REASON = 26, 32
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


def lines(results: Results, width: int = 100) -> Iterator[Line]:
    """Yield each line of the summary with its markup for pytest's ``write_line``.

    No line is wider than ``width`` columns of a terminal, in which an East Asian character may
    take two.
    """
    shown = results.cleaned()
    yield from _candidates(shown, width)
    yield from _by_part(shown, width)
    parts = (part for candidate in shown.candidates for part in candidate.parts)
    if any(sentences.is_seen(part, shown.corpus) for part in parts):
        yield sentences.SEEN, _QUIET
    yield "", {}
    changed = ((text, _QUIET) for text in since.in_lines(shown, width))
    below = (*_cures(shown), *changed, *_speech(shown), *_remarks(shown))
    for text, markup in (*_choice(shown), *below):
        for line in wrapped(text, width):
            yield line, markup


def _candidates(shown: Results, width: int) -> Iterator[Line]:
    """Yield the table of the candidates, and what its signs mean."""
    gates = _asked(shown)
    rows = [_row(candidate, shown, gates) for candidate in ranked(shown)]
    rows += [_reference(name, scores, gates) for name, scores in shown.references.items()]
    # The verdict names the gate that was not passed, too.
    spared = (*_SPARED, *(gates[gate] for gate in _EARLY if len(gates) > len(ALWAYS)))
    headings = [_headings(shown, gates), *rows]
    table = aligned(headings, width, tight=gates.values(), right=_RIGHT, spared=spared)
    markups = [{"bold": True}, *(_markup(candidate, shown) for candidate in ranked(shown))]
    markups += [_QUIET] * len(shown.references)
    yield from zip(table, markups, strict=True)
    if any(_SIGNS["INCONCLUSIVE"] in row for row in rows):
        yield "? inconclusive: the data cannot tell", _QUIET
    if any(_TOLERATED in row for row in rows):
        yield f"{_TOLERATED} the data cannot tell, and nothing is held against it", _QUIET
    if any(_PARTLY in row for row in rows):
        yield f"{_PARTLY}: what was checked of it passes, but not all of it was", _QUIET


def _asked(shown: Results) -> Mapping[str, str]:
    """Return the gates that are always asked, and of the others those that somebody asks."""
    asked = {*ALWAYS, *(gate for candidate in shown.candidates for gate in candidate.gates)}
    return {gate: heading for gate, heading in _GATES.items() if gate in asked}


def _headings(shown: Results, gates: Mapping[str, str]) -> tuple[str, ...]:
    uar = ", ".join(filter(None, ("UAR", sentences.over(shown))))
    return "candidate", *gates.values(), uar, _OWN, *_NUMBERS.values(), "verdict"


def _by_part(shown: Results, width: int) -> Iterator[Line]:
    """Yield a table of the UAR on each part of the speech, where there are several."""
    judged = [candidate for candidate in ranked(shown) if len(candidate.parts) > 1]
    names = [*dict.fromkeys(part.part for candidate in judged for part in candidate.parts[1:])]
    kept = names[: (width - _NAME - 1) // (_PART + 2)]
    if not kept:
        return
    rows = [(candidate.name, *_on_parts(candidate, kept, shown)) for candidate in judged]
    headings = (sentences.UAR["uar"], *(fitted(name, _PART) for name in kept))
    yield "", {}
    markups = ({"bold": True}, *({} for _ in rows))
    yield from zip(aligned([headings, *rows], width), markups, strict=True)
    if more := len(names) - len(kept):
        yield f"and {more} more parts of the speech in the report", _QUIET


def _on_parts(candidate: CandidateResult, names: Iterable[str], shown: Results) -> Iterator[str]:
    parts = {part.part: part for part in candidate.parts}
    for name in names:
        part = parts.get(name)
        measured = part.numbers.get("uar") if part else None
        seen = part is not None and sentences.is_seen(part, shown.corpus)
        yield number(measured).partition(" ")[0] + sentences.MARK * seen


def _choice(shown: Results) -> Iterator[Line]:
    """Yield what to use and how sure that is; what is no selection never looks like one."""
    if unfinished := sentences.unfinished(shown.run):
        yield f"{unfinished} {sentences.GO_ON}", {"red": True, "bold": True}
    selection = shown.selection
    (first, *second), others = sentences.of_verdict(selection)
    yield first, {"bold": True}
    outcome = selection.confirmation.outcome if selection.confirmation else None
    yield from ((text, _CONFIRMED.get(outcome, _QUIET)) for text in second)
    yield from ((text, _QUIET) for text in open_questions(shown))
    yield from ((text, _QUIET) for text in others)
    if shown.unlabelled:
        yield f"{sentences.NO_SELECTION}: {shown.unlabelled.sentence}", {"yellow": True}


def _cures(shown: Results) -> Iterator[Line]:
    """Yield what was found of each that fell short against expectation, and what would mend it."""
    short = [each for each in ranked(shown) if each.reason and each.reason not in each.expected]
    for candidate in short[:_MOST]:
        message = candidate.message or candidate.reason or ""
        said = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
        mends = candidate.cure and candidate.status != "baseline"
        yield f"{candidate.name}: {said}{f' → {candidate.cure}' if mends else ''}", {}
    yield from _folded(len(short))


def _folded(number: int) -> Iterator[Line]:
    if number > _MOST:
        yield f"and {number - _MOST} more in the report", _QUIET


def _speech(shown: Results) -> Iterator[Line]:
    """Yield how many clips did not count, and what weakens conclusions from the others."""
    unjudged = filter(None, map(sentences.clips, shown.speech))
    yield from ((text, {"yellow": True}) for text in (*unjudged, *sentences.doubts(shown)))


def _remarks(shown: Results) -> Iterator[Line]:
    """Yield what is to be known of how candidates were come by, once, with their names."""
    names: dict[str, list[str]] = {}
    for candidate in shown.candidates:
        for remark in candidate.remarks:
            names.setdefault(remark, []).append(candidate.name)
    for remark, those in [*names.items()][:_MOST]:
        yield f"{listed(those)}: {remark}", _QUIET
    yield from _folded(len(names))
    yield from ((text, {"yellow": True}) for text in moves(shown))


def _row(candidate: CandidateResult, shown: Results, gates: Mapping[str, str]) -> tuple[str, ...]:
    signs = (_sign(candidate.gates.get(gate)) for gate in gates)
    uar = _short(candidate.numbers.get("uar"))
    own = candidate.value("uar_own")
    numbers = [_short(own), *(_short(candidate.numbers.get(name)) for name in _NUMBERS)]
    if sentences.is_starred(candidate, shown.corpus):
        uar += sentences.MARK
    place = standing(candidate, shown.selection)
    why = _why(candidate)
    if place in ("rejected", "undecided"):
        place = fitted(why or place, _WIDEST_REASON)
    elif place == "baseline" and why:
        place = fitted(f"{place}: {why}", _WIDEST)
    return candidate.name, *signs, uar, *numbers, place


def _sign(gate: GateChecks | None) -> str:
    if gate is not None and gate.outcome:
        if gate.tolerated:
            return _TOLERATED
        return _SIGNS.get(gate.outcome, "-")
    return _PARTLY if gate is not None and gate.checks else "-"


def _why(candidate: CandidateResult) -> str | None:
    gate = candidate.gates.get(candidate.gate or "")
    unsure = gate is not None and gate.outcome is Outcome.INCONCLUSIVE
    return f"{candidate.reason}?" if candidate.reason and unsure else candidate.reason


def _reference(name: str, scores: Mapping[str, float], gates: Mapping[str, str]) -> tuple[str, ...]:
    label = sentences.REFERENCES.get(name, name).lower()
    return label, *("" for _ in gates), _short(scores.get("uar")), "", "", "", "reference"


def _markup(candidate: CandidateResult, shown: Results) -> Mapping[str, bool]:
    expected = as_expected(candidate)
    return _QUIET if expected else _MARKUP.get(standing(candidate, shown.selection), {})


def _short(measured: Measured | float | None) -> str:
    text = "" if measured is None else number(measured)
    return text.replace("[0.", "[.").replace(", 0.", ", .")
