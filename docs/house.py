"""Draws the rooms of src/sertify and what they import of each other, as the code is.

    python docs/house.py

The rooms and their order are those of the import contract in pyproject.toml.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

import grimp

DOCS = Path(__file__).parent
PICTURE = DOCS / "images" / "house.svg"
DOORS = ("command", "plugin")

_STYLE = """\
svg { --ink: #1f2328; --line: #8c959f; --room: #ddf4ff; --door: #fff1e5; --up: #cf222e; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --line: #6e7681; --room: #0c2d4a; --door: #4a2c12; --up: #ff7b72; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
rect { fill: var(--room); stroke: var(--ink); } .door { fill: var(--door); }
path { fill: none; stroke: var(--line); } .up { stroke: var(--up); }
circle { fill: var(--line); }
.number { font-size: 10px; stroke: #fff; stroke-width: 3; paint-order: stroke; }
@media (prefers-color-scheme: dark) { .number { stroke: #0d1117; } }
"""
_TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path d="M0 0 8 4 0 8"/></marker>'
)
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 78, 26, 84, 42

Imports = Mapping[tuple[str, str], int]


def rooms() -> tuple[str, ...]:
    """Return the rooms from the top down."""
    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return tuple(next(one["layers"] for one in contracts if one["type"] == "layers"))


def imports() -> Imports:
    """Return how many imports lead from the modules of one room to those of another."""
    graph = grimp.build_graph("sertify", cache_dir=None)
    pairs = (
        (importer.split(".")[1], imported.split(".")[1])
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if "." in importer and "." in imported
    )
    return Counter((a, b) for a, b in pairs if a != b and {a, b} <= {*rooms()})


def draw(counts: Imports) -> str:
    """Draw each room as a step of a staircase; arrows go right and down, to what is imported."""
    steps = {room: place for place, room in enumerate(rooms())}
    width, height = len(steps) * _ACROSS, len(steps) * _DOWN
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>The rooms, and how many imports lead from each to those below it</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
        *(line for pair in sorted(counts) for line in _arrow(steps, *pair)),
        *(line for room, step in steps.items() for line in _box(room, step)),
        *(line for pair, count in sorted(counts.items()) for line in _number(steps, pair, count)),
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def _arrow(steps: Mapping[str, int], importer: str, imported: str) -> Iterator[str]:
    start, end = steps[importer], steps[imported]
    down = end > start
    left = start * _ACROSS + (_WIDTH if down else 0)
    top = end * _DOWN + (0 if down else _HEIGHT)
    bend = f"H{_middle(end)} V{top}"
    kind = "down" if down else "up"
    yield (
        f'<path class="{kind}" d="M{left} {start * _DOWN + _HEIGHT // 2} {bend}"'
        ' marker-end="url(#tip)"/>'
    )


def _box(room: str, step: int) -> Iterator[str]:
    left, top = step * _ACROSS, step * _DOWN
    kind = "door" if room in DOORS else "room"
    size = f'width="{_WIDTH}" height="{_HEIGHT}" rx="4"'
    yield f'<rect class="{kind}" x="{left}" y="{top}" {size}/>'
    yield f'<text x="{_middle(step)}" y="{top + 17}">{escape(room)}</text>'


def _number(steps: Mapping[str, int], pair: tuple[str, str], count: int) -> Iterator[str]:
    start, end = (steps[room] for room in pair)
    across, down = _middle(end), start * _DOWN + _HEIGHT // 2
    yield f'<circle cx="{across}" cy="{down}" r="2"/>'
    yield f'<text class="number" x="{across + 10}" y="{down - 4}">{count}</text>'


def _middle(step: int) -> int:
    return step * _ACROSS + _WIDTH // 2


if __name__ == "__main__":
    PICTURE.write_text(draw(imports()), "utf-8")
    print(PICTURE)
