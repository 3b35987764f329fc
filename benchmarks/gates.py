"""The accuracy gate's first run against what users would run instead, in rounds.

In each round all contenders answer the same clips, each in a fresh process, and the order moves on
by one from round to round.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import soundfile

from benchmarks import flops
from benchmarks.material import Material
from benchmarks.processes import run_module
from benchmarks.rows import Row, of_ratios, skipped
from benchmarks.runs import Run, agreement, contender, sertify

__all__ = ["gates", "rotated"]

OTHERS = ("bare", "pipeline-1", "pipeline-8", "evaluate", "onnxruntime")
VARIANTS = ("onnx", "openvino")
# What a batch of one length moves the probabilities by is a thousand times less.
_EXACT = 1e-3


def gates(material: Material) -> Iterator[tuple[list[Row], dict[str, Any]]]:
    """Yield for each model its rows, and how near to the machine's limit it was answered."""
    data = material.corpus(material.clips)
    for name in material.size.models:
        model = material.exported(name)
        rounds = _rounds(material, model, data)
        yield _rows(name, rounds), _limit(name, model, data, rounds)


def rotated(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """Yield the order of each round: it begins with another name each time.

    Examples
    --------
    >>> list(rotated(["a", "b", "c"], 2))
    [['a', 'b', 'c'], ['b', 'c', 'a']]
    """
    for turn in range(rounds):
        start = turn % len(names)
        yield [*names[start:], *names[:start]]


def _rounds(material: Material, model: Path, data: Path) -> list[dict[str, Run]]:
    """Return each round's runs by their names; what is absent in the first is not tried again."""
    names = [*OTHERS, "sertify", *VARIANTS]
    rounds: list[dict[str, Run]] = []
    for order in rotated(names, material.rounds):
        gone = {name for name, run in rounds[0].items() if run.absent} if rounds else set()
        found = {
            name: rounds[0][name] if name in gone else _one(material, name, model, data)
            for name in order
        }
        rounds.append(found)
    return rounds


def _one(material: Material, name: str, model: Path, data: Path) -> Run:
    if name == "sertify":
        return sertify(material, model, data)
    if name in VARIANTS:
        return sertify(material, model, data, name)
    return contender(name, model, data)


def _rows(model: str, rounds: Sequence[Mapping[str, Run]]) -> list[Row]:
    exact = [name for name in ("pipeline-1", "pipeline-8") if _exact(rounds[0], name)]
    fastest = [min(one[name].wall for name in exact) for one in rounds]
    ours = [one["sertify"].wall for one in rounds]
    first = f"{model}: accuracy gate, first run"
    bare = Row(
        f"gate-bare/{model}",
        first,
        "bare loop",
        0.90,
        "ratio",
        raw={"runs": [_told(one) for one in rounds]},
    )
    pipe = Row(
        f"gate-pipeline/{model}",
        first,
        "faster exact pipeline",
        0.85,
        "ratio",
        remark=f"exact: {', '.join(exact)}",
    )
    hub = Row(f"gate-evaluate/{model}", first, "evaluate's evaluator", 0.80, "ratio")
    absent = rounds[0]["evaluate"].absent
    rows = [
        of_ratios(bare, ours, [one["bare"].wall for one in rounds]),
        of_ratios(pipe, ours, fastest),
        skipped(hub, absent)
        if absent
        else of_ratios(hub, ours, [one["evaluate"].wall for one in rounds]),
    ]
    for variant in VARIANTS:
        row = Row(f"{variant}-pipeline/{model}", f"{model}: `variants: [{variant}]`, first run",
                  "faster exact pipeline", 0.7, "ratio")  # fmt: skip
        absent = rounds[0][variant].absent
        walls = [one[variant].wall for one in rounds]
        rows.append(skipped(row, absent) if absent else of_ratios(row, walls, fastest))
    return rows


def _exact(found: Mapping[str, Run], name: str) -> bool:
    agreed = agreement(found[name], found["bare"])
    return agreed["labels"] == 1 and agreed["confidence"] < _EXACT


def _told(found: Mapping[str, Run]) -> dict[str, Any]:
    """Return a round in JSON types: without the labels, but with how many are equal."""
    told = {}
    for name, run in found.items():
        fields = asdict(run)
        for large in ("labels", "confidence", "logits"):
            del fields[large]
        told[name] = fields | ({} if run.absent else {"agrees": agreement(run, found["bare"])})
    return told


def _limit(
    name: str, model: Path, data: Path, rounds: Sequence[Mapping[str, Run]]
) -> dict[str, Any]:
    """Say what share of the machine's limit was reached: its time for the operations alone."""
    samples = [soundfile.info(path).frames for path in (data / "audio").iterdir()]
    operations = sum(flops.model(model, size) for size in samples)
    rate = json.loads(run_module("benchmarks.gemm").last_line)["rate"]
    least = operations / rate
    bare, ours = (median(one[who].wall for one in rounds) for who in ("bare", "sertify"))
    return {
        "model": name,
        "flops": operations,
        "seconds_of_audio": sum(samples) / 16_000,
        "gemm_flops_per_second": rate,
        "least_seconds": least,
        "share": {
            "bare loop, without start": least / median(one["bare"].loop or 0 for one in rounds),
            "bare loop": least / bare,
            "sertify": least / ours,
        },
    }
