"""How fast sertify is, against what users would use instead, and what it costs as things grow.

    python -m benchmarks.engine                       # all of it: hours
    python -m benchmarks.engine --size tiny --clips 10 --rounds 1 --out /tmp/engine.json
    python -m benchmarks.engine --only collect gates

The recorded result is ``benchmarks/results/engine.json``; where that is what is written, so are the
tables of ``docs/performance.md`` and its pictures.
"""

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks import cases, documents, draw
from benchmarks.gates import gates
from benchmarks.growth import Grid, exponents, grow
from benchmarks.material import SIZES, Material
from benchmarks.mixed import mixed
from benchmarks.processes import ROOT
from benchmarks.race import pools, race
from benchmarks.rows import Row, table
from sertify.evidence.environment import describe_environment

__all__ = ["PARTS", "RECORD", "measure"]

RECORD = ROOT / "benchmarks" / "results" / "engine.json"
SCHEMA = "sertify.benchmarks/1"

_CASES: Mapping[str, Callable[[Material], list[Row]]] = {
    "collect": cases.collect,
    "start": cases.start,
    "memory": cases.memory,
    "again": cases.again,
    "workers": cases.workers,
    "judging": cases.judging,
    "mixed": mixed,
    "race": race,
    "pools": pools,
}
PARTS = (*_CASES, "gates", "growth")
_OPTIONAL = ("pytest", "pytest-xdist", "onnxruntime", "openvino", "evaluate", "datasets")

Result = dict[str, Any]


def measure(
    material: Material, parts: Sequence[str], grid: Grid, known: Result
) -> Iterator[Result]:
    """Measure some parts, and yield the result after each; what is ``known`` of others is kept."""
    result: Result = {"rows": [], "limit": [], "growth": [], "exponents": {}, **known}
    settings: Result = {
        "size": material.size.name,
        "clips": material.clips,
        "rounds": material.rounds,
    }
    result |= {"schema": SCHEMA, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    result |= {"machine": _machine(), "settings": settings}
    for part in parts:
        print(f"{part} ...", flush=True)
        settings["load"] = _load()
        if part == "gates":
            for rows, limit in gates(material):
                _keep(result, rows, settings)
                result["limit"] = _replaced(result["limit"], [limit], "model")
        elif part == "growth":
            result["growth"] = grow(material, grid)
            result["exponents"] = exponents(result["growth"])
        else:
            _keep(result, _CASES[part](material), settings)
        yield result


def _keep(result: Result, rows: list[Row], settings: Mapping[str, Any]) -> None:
    told = [row.to_json() | {"settings": dict(settings)} for row in rows]
    result["rows"] = _replaced(result["rows"], told, "name")
    print(table(told), flush=True)


def _replaced(old: list[Result], new: list[Result], key: str) -> list[Result]:
    fresh = {one[key]: one for one in new}
    kept = [fresh.pop(one[key], one) for one in old]
    return [*kept, *fresh.values()]


def _machine() -> dict[str, str]:
    """Describe versions and machine, but not where or whose it is."""
    described = describe_environment("cpu", threads=1)
    del described["threads"]
    described["platform"] = f"{platform.system()} {platform.machine()}"
    return described | {name: _version(name) for name in _OPTIONAL}


def _load() -> float | None:
    """Return how many processes wanted a core before it began: on a quiet machine about 0."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(","))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="NAME",
        help=f"some of {', '.join(PARTS)}; the rest stays as it is in OUT",
    )
    parser.add_argument("--size", choices=[*SIZES], default="base", help="of the models")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="of gates (default: all)")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--speech", type=Path, metavar="PATH", help="cut clips from recordings")
    parser.add_argument("--grid-clips", type=_numbers, default=Grid.clips, metavar="N,N,...")
    parser.add_argument(
        "--grid-candidates", type=_numbers, default=Grid.candidates, metavar="N,N,..."
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=ROOT / ".benchmarks" / "engine",
        help="folder for models, clips and runs (default: .benchmarks/engine)",
    )
    parser.add_argument("--out", type=Path, default=RECORD, help="the JSON file to write")
    given = parser.parse_args()
    if given.size == "tiny" and given.out.resolve() == RECORD:
        parser.error(
            "--size tiny is to try the scripts, and no record; give another file with --out"
        )
    return given


def _main() -> None:
    given = _arguments()
    size = SIZES[given.size]
    size = replace(size, models=tuple(given.models or size.models))
    material = Material(given.work.resolve(), size, given.clips, given.rounds,
                        given.speech and given.speech.resolve())  # fmt: skip
    whole = set(given.only) == set(PARTS)
    known: Result = {} if whole or not given.out.is_file() else json.loads(given.out.read_text())
    grid = Grid(given.grid_clips, given.grid_candidates)
    # Written after each part: what took hours must outlast what fails later.
    for result in measure(material, given.only, grid, known):
        _write(result, given.out)


def _write(result: Result, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if out.resolve() == RECORD:
        documents.rewrite(result)
        draw.write(result)


if __name__ == "__main__":
    _main()
