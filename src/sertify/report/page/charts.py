"""The charts of the page: what each shows; the Vega-Lite files beside this say how."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from sertify.gates.parts import TOGETHER
from sertify.report.formats import number, standing
from sertify.report.page import tables
from sertify.report.sentences import UAR, is_seen, is_starred
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
_BOTH = ("uar_all", "segment_time")

Shown = Mapping[str, Any]
Row = dict[str, Any]


def charts(
    shown: Shown, candidates: Sequence[Shown], anchors: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the drawings of the page by the id of their figure, with what they are drawn by.

    A drawing names its Vega-Lite specification, ``params`` and ``rows`` (and ``references``) of
    data; candidates are told by their anchor. None where nothing was measured.
    """
    drawings = {
        figure: drawing
        for figure, drawing in _drawings(shown, candidates, anchors)
        if drawing["rows"]
    }
    if not drawings:
        return None
    specs = {drawing["spec"]: _read(f"{drawing['spec']}.vl") for drawing in drawings.values()}
    names = {anchor: name for name, anchor in anchors.items()}
    return {"config": _read("config"), "specs": specs, "names": names, "drawings": drawings}


def _drawings(
    shown: Shown, candidates: Sequence[Shown], anchors: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    looks = {
        candidate["name"]: {"id": anchors[candidate["name"]], "rank": rank}
        | dict(zip(("hue", "shape"), _LOOKS[standing(candidate, shown["selection"])], strict=True))
        for rank, candidate in enumerate(candidates)
    }
    yield "chart-uar", _forest(shown, candidates, looks)
    yield "chart-trade-off", {"spec": "trade_off", "rows": _trade_off(shown, candidates, looks)}
    for candidate in candidates:
        for kind, drawing in _of_candidate(candidate):
            yield f"{anchors[candidate['name']]}-{kind}", drawing


def _of_candidate(candidate: Shown) -> Iterator[tuple[str, Row]]:
    yield "recalls", {"spec": "bars", "rows": [*_recalls(candidate)]}
    yield "classes", {"spec": "classes", "rows": [*_classes(candidate)]}
    yield "groups", {"spec": "bars", "rows": [*_groups(candidate)]}
    times = ("time_p50", "time_p95")
    yield "latency", _over_length(candidate, "s", {name: name[5:] for name in times})
    memory = {"peak_memory": "all of the process", "memory_above_model": "above the model"}
    yield "memory", _over_length(candidate, "MB", memory)


def _forest(shown: Shown, candidates: Iterable[Shown], looks: Mapping[str, Row]) -> Row:
    """Draw the UAR on each part of the speech, of all emotions or of those of the candidate."""
    rows = [
        looks[candidate["name"]]
        | _interval(part["numbers"][measure], f"{candidate['name']}: {title}")
        | {"part": part["part"], "measure": measure, "chance": part.get("chance", {}).get(measure)}
        | {"seen": is_seen(part, shown["corpus"])}
        for candidate in candidates
        for part in candidate["parts"]
        for measure, title in UAR.items()
        if part["numbers"].get(measure, {}).get("value") is not None
    ]
    parts = [*dict.fromkeys(row["part"] for row in rows)]
    references = [one for part in parts for one in _references(shown, part, rows)]
    params = {"part": parts[0] if parts else "", "measure": "uar_all"}
    return {"spec": "uar", "params": params, "rows": rows, "references": references}


def _references(shown: Shown, part: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield what guessing scores on a part of the speech, and what the most frequent class does."""
    for value, names in _guesses(shown, part, rows).items():
        guessing = shown["references"].get("random", {})
        # Of several corpora, nobody knows the range of those who guess.
        alone = (shown["corpus"] or {}).get("name") == part and "guessing" in names
        band = {"low": guessing.get("uar_low"), "high": guessing.get("uar_high")} if alone else {}
        place = {"part": part, "measure": "uar_all", "value": value}
        yield place | band | {"name": ", ".join(names)}


def _guesses(shown: Shown, part: str, rows: Iterable[Row]) -> dict[float, list[str]]:
    chances = {row["chance"] for row in rows if (row["part"], row["measure"]) == (part, "uar_all")}
    found: dict[float, list[str]] = {}
    for name, key in {"guessing": "random", "majority class": "majority"}.items():
        whole = shown["references"].get(key, {}).get("uar")
        value = whole if part == TOGETHER else next(iter(chances), None)
        if value is not None:
            # Recall that is averaged over the emotions gives both the same: one line.
            found.setdefault(round(value, 6), []).append(name)
    return found


def _trade_off(shown: Shown, candidates: Iterable[Shown], looks: Mapping[str, Row]) -> list[Row]:
    measured = [one for one in candidates if _both(one)]
    disturbed = any(map(_is_disturbed, measured))
    seen = {one["name"] for one in measured if is_starred(one, shown["corpus"])}
    # Who has seen some of the speech is measured on the rest of it, which may be the easier one.
    eligible = [
        one
        for one in measured
        if not disturbed and one["verdict"] == "qualified"
        if not any(part["seen"] for part in one["parts"][:1])
    ]
    best = pareto_front([(uar, -time) for uar, time in map(_both, eligible)])
    front = {one["name"] for one, first in zip(eligible, best, strict=True) if first}
    chosen = shown["selection"]["candidate"]
    return [
        {
            **looks[one["name"]],
            **_interval(one["numbers"]["uar_all"], ""),
            "time": one["numbers"]["segment_time"]["value"],
            "front": one["name"] in front,
            "seen": one["name"] in seen,
            "disturbed": disturbed,
            "chosen": one["name"] == chosen,
            "label": one["name"] if one["name"] in front or len(measured) <= _NAMED else "",
            "said": "{}: {} in {}".format(
                one["name"], *(number(one["numbers"][name]) for name in _BOTH)
            ),
        }
        for one in measured
    ]


def _is_disturbed(candidate: Shown) -> bool:
    checks = candidate["gates"]["speed"]["checks"]
    return any("noise" in check["details"] for check in checks)


def _both(candidate: Shown) -> tuple[float, ...]:
    """Return what candidates are weighed by: UAR and time; nothing where one is not known."""
    found = [candidate["numbers"].get(name, {}).get("value") for name in _BOTH]
    uar, time = found
    return (uar, time) if uar is not None and time else ()  # of 0 s, there is no logarithm


def _recalls(candidate: Shown) -> Iterator[Row]:
    for emotion, recall in tables.recalls(candidate).items():
        if recall["value"] is not None:
            yield {"name": emotion} | _interval(recall, f"recall of {emotion}")


def _classes(candidate: Shown) -> Iterator[Row]:
    for _, confusion, shares in tables.confusions(candidate)[:1]:
        for emotion in confusion["columns"] if shares else ():
            for kind, key in {"true": "truth", "predicted": "predicted"}.items():
                value = shares[key].get(emotion, 0)
                said = f"{emotion}, {kind}: {100 * value:.1f} %"
                yield {"name": emotion, "kind": kind, "value": value, "said": said}


def _groups(candidate: Shown) -> Iterator[Row]:
    for group in candidate.get("groups", ()):
        if group["uar"] is not None:
            name = f"{group['kind']} {group['name']} ({group['clips']:,} clips)"
            yield {"name": name} | _interval(group["uar"], f"{name}: UAR")


def _over_length(candidate: Shown, unit: str, kinds: Mapping[str, str]) -> Row:
    """Draw measurements of speed over the length of the segments."""
    rows = []
    for check in candidate["gates"]["speed"]["checks"]:
        values = {one["name"]: one for one in check["measurements"]}
        seconds = values.get("segment", {}).get("value")
        for name, kind in kinds.items():
            if seconds is not None and values.get(name, {}).get("value") is not None:
                said = f"{number(seconds)} s, {kind}: {number(values[name])}"
                row = {"seconds": seconds, "kind": kind, "value": values[name]["value"]}
                rows.append(row | {"said": said})
    return {"spec": "lines", "params": {"unit": unit}, "rows": rows}


def _interval(measured: Shown, name: str) -> Row:
    bounds = {end: measured.get(end) for end in ("low", "high")}
    return {"value": measured["value"], **bounds, "said": f"{name} {number(measured)}"}


def _read(name: str) -> Any:
    return json.loads(files(__package__).joinpath("vega_lite", f"{name}.json").read_text("utf-8"))
