"""Say where two results.json differ in content, but for what differs from run to run.

    python -m benchmarks.same_results BEFORE AFTER [--without-speed]

prints each place with both values, and ends with status 1 if there is any. Times, dates, memory,
paths and the command are not compared. Without speed, neither are its gate and what follows from
it: verdicts, and the choice.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["differences"]

_VARY = {"created", "judged_at", "command", "path", "environment", "changes"}
_UNITS = {"s", "s/s", "MB", "J", "threads", "cores"}
_MEASURED = {"real_time_factor", "contention", "noise"}
_OF_SPEED = {"speed", "selection", "verdict", "message", "stale", *_MEASURED}


def differences(before: Any, after: Any, *, without_speed: bool = False) -> Iterator[str]:
    """Yield each place where the content of two results.json differs, with both values."""
    yield from _differences(before, after, "", _OF_SPEED if without_speed else {*_MEASURED})


def _differences(before: Any, after: Any, at: str, left_out: set[str]) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - _VARY - left_out):
            if not _varies(before.get(key)) or not _varies(after.get(key)):
                here = f"{at}.{key}".removeprefix(".")
                yield from _differences(before.get(key), after.get(key), here, left_out)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            if not _varies(old) or not _varies(new):
                yield from _differences(old, new, f"{at}.{place}", left_out)
    elif not _same(before, after):
        yield f"{at}: {before!r} before, {after!r} after"


def _same(before: Any, after: Any) -> bool:
    numbers = all(isinstance(each, int | float) for each in (before, after))
    return math.isclose(before, after, rel_tol=1e-9) if numbers else before == after


def _varies(value: Any) -> bool:
    """Whether it is a measurement that differs from run to run, or was not made."""
    measured = isinstance(value, dict) and "unit" in value
    return value is None or (measured and (value["unit"] in _UNITS or value["name"] in _MEASURED))


def main() -> int:
    """Compare what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--without-speed", action="store_true")
    given = parser.parse_args()
    contents = [json.loads(path.read_text("utf-8")) for path in (given.before, given.after)]
    found = [*differences(*contents, without_speed=given.without_speed)]
    print("\n".join(found) or "the same")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
