"""The charts of the page: what each shows; the Vega-Lite files beside this say how."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from sertify.gates.parts import TOGETHER
from sertify.report.formats import number, standing
from sertify.report.page import tables
from sertify.report.page.fairness import MOST_GROUPINGS, by_column, column_drawings, gap_drawing
from sertify.report.page.robustness import condition_drawings, heard_in_conditions
from sertify.report.page.streaming import streaming_drawing
from sertify.report.results.model.candidate import CandidateResult
from sertify.report.results.model.fields import EstimateResult, Measured
from sertify.report.results.model.operating import OperatingPointResult
from sertify.report.results.model.results import Results
from sertify.report.sentences import UAR, is_seen, is_starred
from sertify.statistics.annotators import human_reference
from sertify.statistics.fronts import pareto_front

_LOOKS = {
    "use": ("var(--good)", "diamond"),
    "tied": ("var(--good)", "circle"),
    "qualified": ("var(--good)", "circle"),
    "now qualifies": ("var(--bad)", "circle"),
    "undecided": ("var(--unsure)", "triangle-up"),
    "baseline": ("var(--muted)", "square"),
    "rejected": ("var(--bad)", "cross"),
}
_NAMED = 12
_BOTH = ("uar", "segment_time")

_Candidates = Sequence[CandidateResult]
Row = dict[str, Any]


def charts(
    shown: Results, candidates: _Candidates, anchors: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the drawings of the page by the id of their figure, with what they are drawn by.

    A drawing names its Vega-Lite specification, ``params`` and ``rows`` (and ``references``) of
    data; candidates are told by their anchor, and have one look in all. None where nothing was
    measured.
    """
    every = _drawings(shown, candidates, anchors)
    drawings = {figure: drawing for figure, drawing in every if drawing["rows"]}
    if not drawings:
        return None
    specs = {drawing["spec"]: _read(f"{drawing['spec']}.vl") for drawing in drawings.values()}
    names = {anchor: name for name, anchor in anchors.items()}
    looks = {anchors[each.name]: _look(each, shown, rank) for rank, each in enumerate(candidates)}
    told = {"specs": specs, "names": names, "looks": looks, "drawings": drawings}
    return {"config": _read("config")} | told


def _look(candidate: CandidateResult, shown: Results, rank: int) -> Row:
    hue, shape = _LOOKS[standing(candidate, shown.selection)]
    return {"rank": rank, "hue": hue, "shape": shape}


def _drawings(
    shown: Results, candidates: _Candidates, anchors: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    yield "chart-uar", _forest(shown, candidates, anchors)
    yield "chart-trade-off", {"spec": "trade_off", "rows": _trade_off(shown, candidates, anchors)}
    yield from condition_drawings(heard_in_conditions(candidates), anchors)
    yield from column_drawings(by_column(candidates), anchors)
    yield "chart-streaming", streaming_drawing(candidates, anchors)
    for candidate in candidates:
        yield f"{anchors[candidate.name]}-heard", streaming_drawing([candidate], anchors)
        for kind, drawing in _of_candidate(candidate):
            yield f"{anchors[candidate.name]}-{kind}", drawing


def _of_candidate(candidate: CandidateResult) -> Iterator[tuple[str, Row]]:
    recalls = [
        {"name": emotion} | _interval(recall, f"recall of {emotion}")
        for emotion, recall in tables.measured_recalls(candidate).items()
        if recall.value is not None
    ]
    yield "recalls", {"spec": "bars", "rows": recalls}
    yield "classes", {"spec": "classes", "rows": [*_classes(candidate)]}
    yield "groups", {"spec": "bars", "rows": [*_groups(candidate)]}
    yield "abstaining", _abstaining(candidate.operating_point)
    times = ("time_p50", "time_p95")
    yield "latency", _over_length(candidate, "s", {name: name[5:] for name in times})
    memory = {"peak_memory": "all of the process", "memory_above_model": "above the model"}
    yield "memory", _over_length(candidate, "MB", memory)
    for place, column in enumerate(candidate.fairness[:MOST_GROUPINGS]):
        yield f"gaps-{place}", gap_drawing(column)


def _forest(shown: Results, candidates: _Candidates, anchors: Mapping[str, str]) -> Row:
    """Draw the UAR on each part of the speech, of those that count or of those of the candidate."""
    rows = [
        {"id": anchors[candidate.name]}
        | _interval(measured, f"{candidate.name}: {title}")
        | {"part": part.part, "measure": measure, "chance": getattr(part.chance, measure)}
        | {"seen": is_seen(part, shown.corpus)}
        for candidate in candidates
        for part in candidate.parts
        for measure, title in UAR.items()
        if (measured := part.numbers.get(measure)) and measured.value is not None
    ]
    parts = [*dict.fromkeys(row["part"] for row in rows)]
    references = [line for part in parts for line in _references(shown, part, rows)]
    params = {"part": parts[0] if parts else "", "measure": "uar"}
    return {"spec": "uar", "params": params, "rows": rows, "references": references}


def _references(shown: Results, part: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield what guessing scores on a part of the speech, the most frequent class, and a person."""
    for value, names in _guesses(shown, part, rows).items():
        guessing = shown.references.get("random", {})
        # Of several corpora, nobody knows the range of those who guess.
        alone = shown.corpus is not None and shown.corpus.name == part and "guessing" in names
        band = {"low": guessing.get("uar_low"), "high": guessing.get("uar_high")} if alone else {}
        place = {"part": part, "measure": "uar", "value": value}
        yield place | band | {"name": ", ".join(names)}
    human = _human(shown, part)
    if human is not None:
        yield {"part": part, "measure": "uar", "value": human, "name": "one annotator"}


def _human(shown: Results, part: str) -> float | None:
    """Return what one annotator scores on a part of the speech, where that is known."""
    if part == TOGETHER:
        return shown.references.get("human", {}).get("uar")
    listeners = next((one.listeners for one in shown.corpora if one.name == part), None)
    parts = (one for candidate in shown.candidates for one in candidate.parts)
    frame = next((one.frame for one in parts if one.part == part), ())
    scores = human_reference(listeners.counts, frame) if listeners else None
    return scores["uar"] if scores else None


def _guesses(shown: Results, part: str, rows: Iterable[Row]) -> dict[float, list[str]]:
    chances = {row["chance"] for row in rows if (row["part"], row["measure"]) == (part, "uar")}
    names: dict[float, list[str]] = {}
    for name, key in {"guessing": "random", "majority class": "majority"}.items():
        whole = shown.references.get(key, {}).get("uar")
        value = whole if part == TOGETHER else next(iter(chances), None)
        if value is not None:
            # Recall that is averaged over the emotions gives both the same: one line.
            names.setdefault(round(value, 6), []).append(name)
    return names


def _trade_off(shown: Results, candidates: _Candidates, anchors: Mapping[str, str]) -> list[Row]:
    points = {each.name: point for each in candidates if (point := _point(each))}
    measured = [candidate for candidate in candidates if candidate.name in points]
    disturbed = any("noise" in check.details for each in measured for check in each.checks("speed"))
    # Who has seen some of the speech is measured on the rest of it, which may be the easier one.
    eligible = {
        candidate.name: points[candidate.name]
        for candidate in measured
        if not disturbed and candidate.verdict == "qualified"
        if not any(part.seen for part in candidate.parts[:1])
    }
    best = pareto_front([(uar, -time) for uar, time in eligible.values()])
    front = {name for name, first in zip(eligible, best, strict=True) if first}
    return [
        {
            "id": anchors[name],
            **_interval(candidate.numbers["uar"], ""),
            "time": points[name][1],
            "front": name in front,
            "seen": is_starred(candidate, shown.corpus),
            "disturbed": disturbed,
            "chosen": name == shown.selection.candidate,
            "label": name if name in front or len(measured) <= _NAMED else "",
            "said": "{}: {} in {}".format(name, *(number(candidate.numbers[key]) for key in _BOTH)),
        }
        for candidate in measured
        if (name := candidate.name)
    ]


def _point(candidate: CandidateResult) -> tuple[float, float] | None:
    """Return what candidates are weighed by: UAR and time; None where one is not known."""
    uar, time = map(candidate.value, _BOTH)
    return (uar, time) if uar is not None and time else None  # of 0 s, there is no logarithm


def _classes(candidate: CandidateResult) -> Iterator[Row]:
    for _, confusion, shares in tables.confusions(candidate)[:1]:
        for emotion in confusion["columns"] if shares else ():
            for kind, key in {"true": "truth", "predicted": "predicted"}.items():
                value = shares[key].get(emotion, 0)
                said = f"{emotion}, {kind}: {100 * value:.1f} %"
                yield {"name": emotion, "kind": kind, "value": value, "said": said}


def _groups(candidate: CandidateResult) -> Iterator[Row]:
    for group in candidate.groups:
        if group.uar is not None:
            name = f"{group.kind} {group.name} ({group.clips:,} clips)"
            yield {"name": name} | _interval(group.uar, f"{name}: UAR")


def _abstaining(found: OperatingPointResult | None) -> Row:
    """Draw how many answers are right by how many stay, with what is wished and what that gives."""
    rows = [
        {
            **dict(point),
            "said": f"below {point.threshold:.2f}: {100 * point.coverage:.0f} % stay,"
            f" precision {point.precision:.2f}",
        }
        for point in (found.curve if found else ())
    ]
    lines: list[Row] = []
    if found and rows:
        lines.append({"wished": found.wished, "name": f"wished: {found.wished:g}"})
    if found and found.point and found.point.precision:
        stays, right = found.point.coverage, found.point.precision
        ends = {"least": stays.low, "most": stays.high, "low": right.low, "high": right.high}
        place = {"coverage": stays.value, "precision": right.value}
        lines.append({**place, **ends, "said": found.sentence})
    return {"spec": "abstaining", "rows": rows, "references": lines}


def _over_length(candidate: CandidateResult, unit: str, kinds: Mapping[str, str]) -> Row:
    """Draw measurements of speed over the length of the segments."""
    rows = [
        {
            "seconds": seconds,
            "kind": kinds[measured.name],
            "value": measured.value,
            "said": f"{number(seconds)} s, {kinds[measured.name]}: {number(measured)}",
        }
        for check in candidate.checks("speed")
        for measured in check.measurements
        if measured.name in kinds and measured.value is not None
        if (seconds := check.value("segment")) is not None
    ]
    return {"spec": "lines", "params": {"unit": unit}, "rows": rows}


def _interval(measured: Measured | EstimateResult, name: str) -> Row:
    bounds = {"low": measured.low, "high": measured.high}
    return {"value": measured.value, **bounds, "said": f"{name} {number(measured)}"}


def _read(name: str) -> Any:
    return json.loads(files(__package__).joinpath("vega_lite", f"{name}.json").read_text("utf-8"))
