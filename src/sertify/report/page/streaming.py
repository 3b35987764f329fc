"""What the page shows of candidates while clips are still being spoken."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.while_spoken import HeardSoFarResult, StreamingResult

MOST_LENGTHS = 24
"""Numbers of seconds that a table has room for; results.json has the others."""

_Row = dict[str, Any]


def heard_in_part(candidates: Sequence[CandidateResult]) -> list[CandidateResult]:
    """Return the candidates that were asked while clips were being spoken."""
    return [one for one in candidates if one.streaming]


def seconds_heard(candidates: Sequence[CandidateResult]) -> list[float]:
    """Return after how many seconds of speech any was asked, few first."""
    return sorted({point.seconds for one in candidates for point in _points(one)})


def point_at(candidate: CandidateResult, seconds: float) -> HeardSoFarResult | None:
    """Return what a candidate says after so many seconds."""
    return next((point for point in _points(candidate) if point.seconds == seconds), None)


def need_of(found: StreamingResult) -> str:
    """Say how many seconds are needed, and between which these clips leave it."""
    told = [point.seconds for point in found.points if point.told and point.drop]
    if not told:
        return ""
    needed, beyond = found.needed, f"> {told[-1]:g}"
    value, low, high = (
        beyond if end is None else f"{end:g}" for end in (needed.value, needed.low, needed.high)
    )
    return f"{value} s [{low}, {high}]"


def streaming_drawing(candidates: Sequence[CandidateResult], anchors: Mapping[str, str]) -> _Row:
    """Draw the UAR after so many seconds, with what it is on whole clips."""
    rows = [row for one in candidates for row in _rows(one, anchors[one.name])]
    ends = [end for row in rows for end in (row["low"], row["high"], row["whole"])]
    params: _Row = {"floor": min(ends), "ceiling": max(ends)} if ends else {}
    params["alone"] = len({row["id"] for row in rows}) == 1
    return {"spec": "heard_so_far", "params": params, "rows": rows}


def _rows(candidate: CandidateResult, anchor: str) -> Iterator[_Row]:
    found = candidate.streaming
    if found is None or found.uar_whole is None:
        return
    whole = found.uar_whole
    for point in found.points:
        drop = point.drop
        if point.told and drop and drop.low is not None and drop.high is not None:
            after = {
                "value": whole - drop.value,
                "low": whole - drop.high,
                "high": whole - drop.low,
            }
            yield {
                "id": anchor,
                "seconds": point.seconds,
                "whole": round(whole, 4),
                "longer": point.longer,
                **{name: round(min(max(value, 0.0), 1.0), 4) for name, value in after.items()},
            }


def _points(candidate: CandidateResult) -> Sequence[HeardSoFarResult]:
    return candidate.streaming.points if candidate.streaming else ()
