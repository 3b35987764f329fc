"""How names, numbers and verdicts are written, so that every report says them alike."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_ABSENT = "\N{EN DASH}"
_UNSAID = ("1", "weights")
_STANDINGS = ("use", "tied", "qualified", "now qualifies", "undecided", "baseline", "rejected")


def number(measured: Mapping[str, Any] | float | None) -> str:
    """Write a measurement or a bare ratio, with its unit and interval; a dash where it is absent.

    Examples
    --------
    >>> number({"name": "uar", "value": 0.8312, "unit": "1", "low": 0.7911, "high": 0.8723})
    '0.83 [0.79, 0.87]'
    >>> number({"name": "time_5s", "value": 0.01234, "unit": "s"})
    '0.012 s'
    >>> number({"name": "parameters", "value": 94_371_712, "unit": "weights"})
    '94.4 M'
    """
    if not isinstance(measured, Mapping):
        measured = {"value": measured}
    value, unit = measured.get("value"), measured.get("unit") or "1"
    if value is None:
        return _ABSENT
    scale, prefix = (1e6, "M") if abs(value) >= 1e6 else (1.0, "")
    places = _places(value / scale, unit)
    word = "" if unit in (*_UNSAID, measured.get("name")) else unit
    text = " ".join(filter(None, (f"{value / scale:,.{places}f}", prefix, word)))
    return text + _interval(measured, scale, places)


def moved(results: Mapping[str, Any]) -> Iterator[str]:
    """Say of each candidate that has moved on since it was locked, from where to where."""
    commits = {one["name"]: one["commit"] or "" for one in results["candidates"]}
    for name, commit in results["moved"].items():
        old, new = (_brief(one) for one in (commit, commits.get(name, "")))
        yield f"{name} has moved on since candidates.lock.yaml, from {old} to {new}"


def _brief(commit: str) -> str:
    return "+".join(one.removeprefix("sha256:")[:7] for one in commit.split("+"))


def moment(stamp: str) -> str:
    """Write an ISO 8601 time to the minute, with its zone.

    Examples
    --------
    >>> moment("2026-11-22T18:00:00+09:00")
    '2026-11-22 18:00 UTC+09:00'
    """
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M %Z}".rstrip()


def headline(selection: Mapping[str, Any]) -> tuple[str, str]:
    """Split the selection's sentence into what to do and why.

    Examples
    --------
    >>> headline({"candidate": "a", "sentence": "Use a: highest UAR"})
    ('Use a', 'Highest UAR')
    """
    sentence = selection["sentence"]
    chosen = selection["candidate"]
    head = f"Use {chosen}" if chosen else re.split(r"[:;.](?:\s|$)", sentence, maxsplit=1)[0]
    why = sentence.removeprefix(head).lstrip(" :;,.")
    # Without a choice, what follows may open with a candidate's name.
    return head, why[:1].upper() + why[1:] if chosen else why


def standing(candidate: Mapping[str, Any], selection: Mapping[str, Any]) -> str:
    """Say where a candidate stands: its verdict, or what the selection makes of it."""
    if candidate["name"] == selection["candidate"]:
        return "use"
    if candidate["name"] in selection["tied"]:
        return "tied"
    passed = all(gate["outcome"] == "PASS" for gate in candidate["gates"].values())
    repaired = candidate["status"] == "rejected" and passed
    return "now qualifies" if repaired else str(candidate["verdict"])


def as_expected(candidate: Mapping[str, Any]) -> bool:
    """Tell whether a candidate was rejected for a reason that candidates.yaml names."""
    return candidate["verdict"] == "rejected" and candidate["reason"] in candidate["expected"]


def ranked(results: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the candidates by standing, then by UAR over all clips, then as they were written."""

    def rank(candidate: Mapping[str, Any]) -> tuple[int, float]:
        uar = candidate["numbers"].get("uar_all", {}).get("value")
        place = _STANDINGS.index(standing(candidate, results["selection"]))
        return place, -(uar or 0.0)

    return sorted(results["candidates"], key=rank)


def _interval(measured: Mapping[str, Any], scale: float, places: int) -> str:
    low, high = (measured.get(end) for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f" [{low / scale:,.{places}f}, {high / scale:,.{places}f}]"


def _places(value: float, unit: str) -> int:
    """Decimals that leave about three significant digits, two below 0.1; whole counts have none."""
    size = abs(value)
    if not math.isfinite(value) or (unit != "1" and size == int(size)):
        return 0
    if 0 < size < 0.1:
        return min(9, 1 - math.floor(math.log10(size)))
    return 2 if size < 10 else 1 if size < 100 else 0
