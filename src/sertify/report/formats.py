"""How names, numbers and verdicts are written, so that every report says them alike."""

import math
import re
from collections.abc import Iterator
from datetime import datetime

from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.choice import (
    DifferenceResult,
    SelectionResult,
    SharedResult,
)
from sertify.report.results.model.fields import EstimateResult, Measured
from sertify.report.results.model.results import Results

_Number = Measured | EstimateResult | DifferenceResult | SharedResult

_ABSENT = "\N{EN DASH}"
_STANDINGS = ("use", "tied", "qualified", "now qualifies", "undecided", "baseline", "rejected")


def number(measured: _Number | float | None) -> str:
    """Write a measurement or a bare ratio, with its unit and interval; a dash where it is absent.

    >>> number(EstimateResult(value=0.8312, low=0.7911, high=0.8723))
    '0.83 [0.79, 0.87]'
    >>> number(Measured(name="time_5s", value=0.01234, unit="s"))
    '0.012 s'
    >>> number(Measured(name="parameters", value=94_371_712, unit="weights"))
    '94.4 M'
    """
    if isinstance(measured, _Number):
        value, low, high = measured.value, measured.low, measured.high
    else:
        value, low, high = measured, None, None
    if value is None:
        return _ABSENT
    name, unit = (measured.name, measured.unit) if isinstance(measured, Measured) else ("", "1")
    scale, prefix = (1e6, "M") if abs(value) >= 1e6 else (1.0, "")
    places = _places(value / scale, unit)
    word = "" if unit in ("1", "weights", name) else unit
    text = " ".join(filter(None, (f"{value / scale:z,.{places}f}", prefix, word)))
    if low is None or high is None:
        return text
    return f"{text} [{low / scale:z,.{places}f}, {high / scale:z,.{places}f}]"


def thousandths(measured: EstimateResult | float | None) -> str:
    """Write a difference of ratios, with its interval, finely enough for a limit of 0.075.

    >>> thousandths(EstimateResult(value=0.0533, low=-0.0001, high=0.1))
    '0.053 [0.000, 0.100]'
    """
    if measured is None:
        return _ABSENT
    if not isinstance(measured, EstimateResult):
        return f"{measured:z.3f}"
    if measured.low is None or measured.high is None:
        return f"{measured.value:z.3f}"
    return f"{measured.value:z.3f} [{measured.low:z.3f}, {measured.high:z.3f}]"


def moves(results: Results) -> Iterator[str]:
    """Say of each candidate that has moved on since it was locked, from where to where."""
    commits = {candidate.name: candidate.commit or "" for candidate in results.candidates}
    for name, commit in results.moved.items():
        places = f"from {commit} to {commits.get(name, '')}"
        yield f"{name} has moved on since candidates.lock.yaml, {brief(places)}"


def brief(text: str) -> str:
    """Shorten the commits in a text, as everybody does who writes them."""
    return re.sub(r"(?:sha256:)?\b([0-9a-f]{7})[0-9a-f]{25,}\b", r"\1", text)


def moment(stamp: str) -> str:
    """Write an ISO 8601 time to the minute, with its zone.

    >>> moment("2026-11-22T18:00:00+09:00")
    '2026-11-22 18:00 UTC+09:00'
    """
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M %Z}".rstrip()


def headline(sentence: str, chosen: str | None) -> tuple[str, str]:
    """Split the selection's sentence into what to do and why.

    >>> headline("Use a: the only candidate", "a")
    ('Use a', 'The only candidate')
    """
    head = f"Use {chosen}" if chosen else re.split(r"[:;.](?:\s|$)", sentence, maxsplit=1)[0]
    why = sentence.removeprefix(head).lstrip(" :;,.")
    # Without a choice, what follows may open with a candidate's name.
    return head, why[:1].upper() + why[1:] if chosen else why


def standing(candidate: CandidateResult, selection: SelectionResult) -> str:
    """Say where a candidate stands: its verdict, or what the selection makes of it."""
    if candidate.name == selection.candidate:
        return "use"
    if candidate.name in selection.tied:
        return "tied"
    passed = all(gate.outcome == "PASS" or gate.tolerated for gate in candidate.gates.values())
    return "now qualifies" if candidate.status == "rejected" and passed else candidate.verdict


def as_expected(candidate: CandidateResult) -> bool:
    """Tell whether a candidate was rejected for a reason that candidates.yaml names."""
    return candidate.verdict == "rejected" and candidate.reason in candidate.expected


def ranked(results: Results) -> list[CandidateResult]:
    """List the candidates by standing, then by UAR, then as they were written."""

    def rank(candidate: CandidateResult) -> tuple[int, float]:
        place = _STANDINGS.index(standing(candidate, results.selection))
        return place, -(candidate.value("uar") or 0.0)

    return sorted(results.candidates, key=rank)


def _places(value: float, unit: str) -> int:
    """Decimals that leave about three significant digits, two below 0.1; whole counts have none."""
    size = abs(value)
    if not math.isfinite(value) or (unit != "1" and size == int(size)):
        return 0
    if 1e-9 < size < 0.1:  # what is smaller is 0 but for rounding
        return min(9, 1 - math.floor(math.log10(size)))
    return 2 if size < 10 else 1 if size < 100 else 0
