"""How time, memory and files grow with the clips and with the candidates."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

from benchmarks.clips import Lengths
from benchmarks.material import Material
from benchmarks.qualifying import Qualification, write_candidates

__all__ = ["BRIEF", "MEASURES", "Grid", "exponent", "exponents", "grow", "table"]

MEASURES = {
    "wall": "s", "peak": "bytes", "store": "bytes", "evidence": "bytes", "index.html": "bytes",
    "results.json": "bytes",
}  # fmt: skip
"""What is measured of each run, and its unit; ``store`` is pytest's cache with the predictions."""

BRIEF = Lengths(0.3, 1.0)
"""Of the clips: what a model takes for them is known, so that it is kept small."""

Point = Mapping[str, float]


@dataclass(frozen=True)
class Grid:
    """The sizes at which runs are measured."""

    clips: tuple[int, ...] = (100, 1_000, 4_000)
    candidates: tuple[int, ...] = (1, 4, 16)


def grow(material: Material, grid: Grid) -> list[dict[str, float]]:
    """Measure a first run of the accuracy gate at each point of the grid, with small models."""
    return [
        _measure(material, clips, candidates)
        for clips in grid.clips
        for candidates in grid.candidates
    ]


def _measure(material: Material, clips: int, candidates: int) -> dict[str, float]:
    folder = material.fresh(f"growth-{clips}-{candidates}")
    file = write_candidates(folder / "candidates.yaml", material.models("tiny", candidates))
    qualification = Qualification(file, material.corpus(clips, BRIEF), folder)
    done = qualification.run("-m", "accuracy")
    reports = qualification.reports
    return {
        "clips": clips,
        "candidates": candidates,
        "wall": done.wall,
        "peak": done.peak,
        "store": _size([qualification.cache]),
        "evidence": _size(reports.glob("evidence.sqlite*")),
        "index.html": _size([reports / "index.html"]),
        "results.json": _size([reports / "results.json"]),
    }


def _size(paths: Iterable[Path]) -> int:
    files = [one for path in paths for one in (path, *path.rglob("*")) if one.is_file()]
    return sum(path.stat().st_size for path in files)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of log(value) over log(size): 1 is linear, 0 constant.

    Where a value is 0 there is none, and the result is not a number.

    Examples
    --------
    >>> round(exponent([100, 1000, 10000], [3, 30, 300]), 6)
    1.0
    """
    if min(values) <= 0 or len(set(sizes)) < 2:
        return math.nan
    return linear_regression([*map(math.log, sizes)], [*map(math.log, values)]).slope


def exponents(points: Sequence[Point]) -> dict[str, dict[str, float | None]]:
    """Return the exponents over clips, for the most candidates, and the other way round.

    A constant cost makes an exponent smaller than what it is for very many, so the largest of the
    other size is the most telling.
    """
    return {
        over: {name: _finite(exponent(*_line(points, over, name))) for name in MEASURES}
        for over in ("clips", "candidates")
    }


def _line(points: Sequence[Point], over: str, measure: str) -> tuple[list[float], list[float]]:
    fixed = "candidates" if over == "clips" else "clips"
    most = max(point[fixed] for point in points)
    kept = [point for point in points if point[fixed] == most]
    return [point[over] for point in kept], [point[measure] for point in kept]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def table(exponents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return exponents as a table in Markdown."""
    lines = ["| | over clips | over candidates |", "|---|---|---|"]
    for name in MEASURES:
        cells = (_cell(exponents[over].get(name)) for over in ("clips", "candidates"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
