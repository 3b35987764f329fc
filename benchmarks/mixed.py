"""``--dtype mixed`` against fp32 and the bare loop, on a head that is as sure as trained ones.

The head is fitted to the clips' own labels: of random heads most clips are near a tie.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks import graded
from benchmarks.gates import rotated
from benchmarks.material import Material
from benchmarks.rows import Row, of_ratios, of_values, skipped
from benchmarks.runs import Run, contender, sertify

__all__ = ["mixed"]


def mixed(material: Material) -> list[Row]:
    """Judge a model with and without it, in rounds, and count the labels that differ."""
    name = material.size.models[0]
    data = material.corpus(material.clips)
    model = graded.trained(material, material.model(name), data)
    rounds = _rounds(material, model, data)
    what = f"{name}, fitted head: accuracy gate with `--dtype mixed`"
    rows = (
        Row("mixed-bare", what, "bare loop", 0.7, "ratio"),
        Row("mixed-fp32", what, "`--dtype float32`", 1, "ratio"),
        Row("mixed-labels", f"{what}: labels that differ", "`--dtype float32`", 0, "labels"),
    )
    absent = rounds[0]["mixed"].absent
    if absent:
        return [skipped(row, absent) for row in rows]
    walls = {way: [one[way].wall for one in rounds] for way in rounds[0]}
    differ = [_differ(one["mixed"], one["fp32"]) for one in rounds]
    return [
        of_ratios(rows[0], walls["mixed"], walls["bare"]),
        of_ratios(rows[1], walls["mixed"], walls["fp32"]),
        of_values(rows[2], differ, {}),
    ]


def _rounds(material: Material, model: Path, data: Path) -> list[dict[str, Run]]:
    ways: dict[str, Callable[[], Run]] = {
        "mixed": lambda: sertify(material, model, data, dtype="mixed"),
        "fp32": lambda: sertify(material, model, data, dtype="float32"),
        "bare": lambda: contender("bare", model, data),
    }
    rounds: list[dict[str, Run]] = []
    for order in rotated([*ways], material.rounds):
        rounds.append({way: ways[way]() for way in order})
        if rounds[0]["mixed"].absent:
            break
    return rounds


def _differ(one: Run, other: Run) -> float:
    return float(sum(a != b for a, b in zip(one.labels, other.labels, strict=True)))
