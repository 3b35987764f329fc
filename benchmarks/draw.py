"""Pictures of the recorded result, as SVG that can be read on light and on dark pages.

python -m benchmarks.draw
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from benchmarks.growth import MEASURES
from benchmarks.processes import ROOT

__all__ = ["bars", "curves", "write"]

FOLDER = ROOT / "docs" / "performance"
_STYLE = """\
svg { --ink: #1f2328; --faint: #d0d7de; --a: #0969da; --b: #bc4c00; --c: #1a7f37; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --faint: #3d444d; --a: #58a6ff; --b: #f0883e; --c: #56d364; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.line { fill: none; stroke-width: 2; } .grid { stroke: var(--faint); }
.limit { stroke: var(--ink); stroke-dasharray: 4 3; stroke-width: 1.5; }
.bar { fill: var(--a); } .bad { fill: var(--b); } .range { stroke: var(--ink); }
"""
_COLOURS = ("var(--a)", "var(--b)", "var(--c)")
_DASHES = ("", "6 3", "2 3")  # colours alone would not do
_PANEL, _GAP, _HEIGHT = 200, 90, 150
_ROW, _LABEL, _BARS = 26, 330, 300

Values = Mapping[str, Any]


def write(result: Values) -> None:
    """Write the pictures of a result into ``docs/performance``; what is missing is not drawn."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ratios = [row for row in result["rows"] if row["unit"] == "ratio" and row["measured"]]
    if ratios:
        (FOLDER / "ratios.svg").write_text(bars(ratios), encoding="utf-8")
    if result["growth"]:
        (FOLDER / "growth.svg").write_text(curves(result["growth"]), encoding="utf-8")


def bars(rows: Sequence[Values]) -> str:
    """Draw each ratio as a bar, with its range and, dashed, what is wanted at most."""
    longest = max(max(row["high"], row["wanted"]) for row in rows)
    scale = _BARS / longest
    body = [line for place, row in enumerate(rows) for line in _bar(row, place * _ROW, scale)]
    title = "Ratios, less is better; dashed: at most wanted"
    return _svg(_LABEL + _BARS + 70, _ROW * len(rows) + 10, title, body)


def _bar(row: Values, top: float, scale: float) -> Iterator[str]:
    middle, name = top + _ROW / 2, f"{row['name']} : {row['against']}".replace("`", "")
    end, low, high = (_LABEL + scale * row[key] for key in ("measured", "low", "high"))
    limit = _LABEL + scale * row["wanted"]
    kind = "bar" if row["ok"] else "bar bad"
    yield _text(_LABEL - 8, middle + 4, name, "end")
    box = f'x="{_LABEL}" y="{top + 4}" width="{end - _LABEL:.1f}" height="18"'
    yield f'<rect class="{kind}" {box}/>'
    yield _line("range", low, middle, high, middle)
    yield _line("limit", limit, top, limit, top + _ROW)
    yield _text(max(high, limit) + 6, middle + 4, f"{row['measured']:.2f}")


def curves(points: Sequence[Values]) -> str:
    """Draw each measure over the clips, a line a number of candidates; both axes are logs."""
    body: list[str] = []
    for place, (name, unit) in enumerate(MEASURES.items()):
        left, top = 70 + place % 3 * (_PANEL + _GAP), 60 + place // 3 * (_HEIGHT + 80)
        body += _panel(points, name, unit, left, top)
    body += _legend(sorted({point["candidates"] for point in points}))
    title = "Growth with clips and candidates"
    return _svg(3 * (_PANEL + _GAP) + 40, 2 * (_HEIGHT + 80) + 20, title, body)


def _panel(
    points: Sequence[Values], name: str, unit: str, left: float, top: float
) -> Iterator[str]:
    kept = [point for point in points if point[name] > 0]
    yield _text(left, top - 12, f"{name}, {unit}")
    if not kept:
        yield _text(left, top + 20, "nothing was written")
        return
    x, y = (_Axis.of([point[key] for point in kept], size)
            for key, size in (("clips", _PANEL), (name, _HEIGHT)))  # fmt: skip
    for power in y.powers:
        height = top + _HEIGHT - y.at(power)
        yield _line("grid", left, height, left + _PANEL, height)
        yield _text(left - 6, height + 4, _short(power), "end")
    for power in x.powers:
        yield _text(left + x.at(power), top + _HEIGHT + 18, _short(power), "middle")
    for turn, number in enumerate(sorted({point["candidates"] for point in points})):
        own = [point for point in kept if point["candidates"] == number]
        path = " ".join(
            f"{left + x.at(one['clips']):.1f},{top + _HEIGHT - y.at(one[name]):.1f}" for one in own
        )
        yield f'<polyline class="line" points="{path}" {_stroke(turn)}/>'


class _Axis:
    """A logarithmic axis over whole powers of ten."""

    def __init__(self, low: int, high: int, size: float) -> None:
        self.powers = [10.0**power for power in range(low, high + 1)]
        self._low, self._scale = low, size / (high - low)

    @classmethod
    def of(cls, values: Sequence[float], size: float) -> "_Axis":
        low = math.floor(math.log10(min(values)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(values)))), size)

    def at(self, value: float) -> float:
        return (math.log10(value) - self._low) * self._scale


def _legend(numbers: Sequence[float]) -> Iterator[str]:
    for turn, number in enumerate(numbers):
        left = 70 + 150 * turn
        yield f'<line class="line" x1="{left}" y1="12" x2="{left + 30}" y2="12" {_stroke(turn)}/>'
        yield _text(left + 36, 16, f"{number:g} candidate{'s' if number > 1 else ''}")


def _stroke(turn: int) -> str:
    colour, dash = _COLOURS[turn % 3], _DASHES[turn % 3]
    return f'stroke="{colour}" stroke-dasharray="{dash}"'


def _short(value: float) -> str:
    """Write a power of ten as people do.

    Examples
    --------
    >>> _short(10_000), _short(1e8), _short(0.1)
    ('10k', '100M', '0.1')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, title: str, body: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    lines = (head, f"<title>{escape(title)}</title>", f"<style>{_STYLE}</style>", *body, "</svg>")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write(json.loads((ROOT / "benchmarks" / "results" / "engine.json").read_text("utf-8")))
