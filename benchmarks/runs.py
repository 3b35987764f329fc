"""One run of a contender, or of sertify's accuracy gate, and how far their answers agree."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.material import Material
from benchmarks.processes import run_module
from benchmarks.qualifying import JUDGED, REFUSED, Qualification, answers, write_candidates

__all__ = ["Run", "agreement", "contender", "sertify"]

ABSENT = 77
"""Exit status of a contender one of whose packages is not installed; its ``MISSING``."""
SHOWN = 20


@dataclass(frozen=True)
class Run:
    """What a contender took, and what it said.

    ``wall`` is of the whole process and ``loop`` of answering alone, in seconds; ``peak`` in bytes;
    ``confidence`` is the probability of the label, of the first clips. ``absent`` says why there
    is nothing.
    """

    wall: float = 0.0
    loop: float | None = None
    peak: int = 0
    labels: tuple[str, ...] = ()
    confidence: tuple[float, ...] = ()
    logits: tuple[tuple[float, ...], ...] = ()
    absent: str = ""


def contender(name: str, model: Path, data: Path) -> Run:
    """Run one of those that are not sertify."""
    arguments = (name, "--model", model, "--data", data)
    done = run_module("benchmarks.contenders", *arguments, accept=(0, ABSENT))
    if done.code == ABSENT:
        return Run(absent=done.last_line)
    said = json.loads(done.last_line)
    logits = np.array(said["logits"] or np.empty((0, 1)))
    return Run(
        wall=done.wall,
        loop=said["loop"],
        peak=said["peak"] or done.peak,
        labels=tuple(said["labels"]),
        confidence=tuple(_probabilities(logits).max(axis=1).tolist()),
        logits=tuple(map(tuple, logits.tolist())) if said["logits"] else (),
    )


def sertify(material: Material, model: Path, data: Path, variant: str = "", dtype: str = "") -> Run:
    """Run the accuracy gate for the first time; with ``variant``, of the model converted to it.

    A ``variant`` or ``dtype`` that this sertify does not know is absent.
    """
    folder = material.fresh(f"gate-{model.name}{variant}{dtype}")
    keys = {"variants": [variant]} if variant else {}
    file = write_candidates(folder / "candidates.yaml", {"model": model}, **keys)
    run = Qualification(file, data, folder)
    options = ("--dtype", dtype) if dtype else ()
    accept = (*JUDGED, *REFUSED) if variant or dtype else JUDGED
    done = run.run("-m", "accuracy", *options, accept=accept)
    found = {} if done.code in REFUSED else answers(run.reports)
    if found:
        (said,) = found.values()
        return Run(done.wall, None, done.peak, said.predicted, said.confidence[:SHOWN])
    if variant or dtype:
        asked = f"`variants: [{variant}]`" if variant else f"`--dtype {dtype}`"
        return Run(absent=f"{asked}: {_why(done.output)}")
    raise SystemExit(f"sertify judged no clip of {data}, but should all:\n{done.output[-2000:]}")


def _why(output: str) -> str:
    """Return the line in which pytest says what is wrong."""
    told = [
        line
        for line in output.splitlines()
        if "usage:" not in line and any(word in line for word in ("BLOCKED ", "ERROR:", "error: "))
    ]
    return told[0].strip()[:160] if told else "it is not judged"


def agreement(one: Run, other: Run) -> dict[str, float]:
    """Return the share of equal labels, and the largest difference of the probabilities."""
    same = [a == b for a, b in zip(one.labels, other.labels, strict=True)]
    shown = zip(one.confidence, other.confidence, strict=False)
    return {
        "labels": sum(same) / len(same),
        "confidence": max((abs(a - b) for a, b in shown), default=0.0),
    }


def _probabilities(logits: Any) -> Any:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)
