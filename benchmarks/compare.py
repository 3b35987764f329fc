"""Say which measurements of a benchmark became worse.

    python -m benchmarks.compare OLD NEW

prints each one that is worse by more than 15 %, and ends with status 1 if there is any. A ratio is
compared with its old value, what has a unit with the limit that it has to keep: 0.02 s instead of
0.01 s of 0.3 s is noise.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["TOLERANCE", "compare"]

TOLERANCE = 0.15

Row = Mapping[str, Any]


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what became worse, and what cannot be compared, in sentences."""
    before, after = ({row["name"]: row for row in result["rows"]} for result in (old, new))
    pairs = [(row, after.get(name)) for name, row in before.items()]
    worse = [text for one, other in pairs if other for text in _worse(one, other)]
    return worse, [text for one, other in pairs for text in _incomparable(one, other)]


def _worse(old: Row, new: Row) -> Iterator[str]:
    if [*_incomparable(old, new)] or old["measured"] is None:
        return
    scale = old["measured"] if old["unit"] == "ratio" else old["wanted"] or 1
    change = (new["measured"] - old["measured"]) / scale
    if change > TOLERANCE:
        kind = "" if old["unit"] == "ratio" else " of its limit"
        yield (
            f"{old['name']}: {new['measured']:.3g}, but was {old['measured']:.3g}"
            f" (worse by {100 * change:.0f} %{kind})"
        )


def _incomparable(old: Row, new: Row | None) -> Iterator[str]:
    if old["measured"] is None:
        return
    if new is None or new["measured"] is None:
        why = new["remark"] if new else "it is not in the new result"
        yield f"{old['name']}: no longer measured: {why}"
    elif _basis(old) != _basis(new):
        yield f"{old['name']}: measured with {_basis(new)}, but should be with {_basis(old)}"


def _basis(row: Row) -> dict[str, Any]:
    return {name: row["settings"][name] for name in ("size", "clips")}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    given = parser.parse_args()
    if not given.old.is_file():
        parser.error(f"{given.old} is not there; record it with `python -m benchmarks.engine`")
    worse, incomparable = compare(*(json.loads(one.read_text()) for one in (given.old, given.new)))
    print("\n".join([*worse, *incomparable]) or "nothing became worse by more than 15 %")
    raise SystemExit(bool(worse))


if __name__ == "__main__":
    _main()
