"""What is measured of sertify beside its first run against others: start, memory, repetition."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.clips import change_one
from benchmarks.material import SHORT, Material
from benchmarks.processes import run, run_module
from benchmarks.qualifying import Qualification, new_rows, stored, write_candidates
from benchmarks.rows import Row, of_ratios, of_values, skipped
from benchmarks.runs import Run, contender, sertify

__all__ = ["again", "collect", "judging", "memory", "start", "workers"]

GB = 1e9
# Without sertify, whose start is what is measured.
_PLAIN = ("-p", "no:sertify.plugin", "-p", "no:cacheprovider")
_EMPTY = """\
import pytest

@pytest.mark.parametrize("candidate", [f"candidate-{n}" for n in range(100)])
def test_nothing(candidate):
    pass
"""


def collect(material: Material) -> list[Row]:
    """Collect the checks of a hundred candidates, and a hundred tests that are empty."""
    row = Row("collect", "collecting the checks of 100 candidates, seconds more than",
              "`pytest --collect-only` of 100 empty tests", 0.5, "s")  # fmt: skip
    folder = material.fresh("collect")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_nothing.py").write_text(_EMPTY)
    models = {f"candidate-{number}": folder / "nowhere" for number in range(100)}
    file = write_candidates(folder / "candidates.yaml", models)
    ours, theirs = [], []
    for _ in range(max(5, material.rounds)):  # a second each
        checks = Qualification(file, None, folder)
        ours.append(checks.run("--collect-only", accept=(0,)).wall)
        plain = [sys.executable, "-m", "pytest", "--collect-only", "-q", *_PLAIN]
        theirs.append(run(plain, folder=folder).wall)
    more = [one - other for one, other in zip(ours, theirs, strict=True)]
    return [of_values(row, more, {"ours": ours, "theirs": theirs})]


def start(material: Material) -> list[Row]:
    """Judge one candidate on few clips, and ask a bare loop the same: most of it is the start."""
    name = material.size.models[0]
    walls = {clips: _few(material, name, clips) for clips in (7, 60)}
    seven, sixty = (f"{name}: accuracy gate, {clips} clips" for clips in walls)
    ours, theirs = walls[7]["sertify"], walls[7]["bare"]
    more = [one - other for one, other in zip(ours, theirs, strict=True)]
    return [
        of_values(Row("start", f"{seven}, seconds more than", "bare loop", 1, "s"), more, walls[7]),
        of_values(Row("start-seven", seven, "-", 7.5, "s"), ours, {}),
        of_ratios(Row("start-sixty", sixty, "bare loop", 1, "ratio"),
                  walls[60]["sertify"], walls[60]["bare"]),
    ]  # fmt: skip


def _few(material: Material, name: str, clips: int) -> dict[str, list[float]]:
    """Return the seconds of each round by either way, which take turns in being first."""
    model, data = material.model(name), material.corpus(clips)
    ways: dict[str, Callable[[], Run]] = {
        "sertify": lambda: sertify(material, model, data),
        "bare": lambda: contender("bare", model, data),
    }
    walls: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(material.rounds):
        for way in sorted(ways, reverse=bool(turn % 2)):
            walls[way].append(ways[way]().wall)
    return walls


def memory(material: Material) -> list[Row]:
    """Judge a large model on clips of as many lengths; a small one also on ten times as many.

    What grows with the clips is no part of the model, and a small one shows more of it.
    """
    large, small, clips = material.size.large, "tiny-layer-norm", material.clips
    model = material.model(large)
    weights = sum(path.stat().st_size for path in model.glob("*.safetensors"))
    peak = _peak(material, model, clips)
    few, many = (_peak(material, material.model(small), number) for number in (clips, 10 * clips))
    return [
        of_values(
            Row("memory", f"{large}: peak memory on {clips} clips of as many lengths, less weights",
                "-", 0.8, "GB"),
            [(peak - weights) / GB],
            {"weights": weights, "peak": peak},
        ),
        of_ratios(
            Row("memory-flat", f"{small}: peak memory on {10 * clips} clips",
                f"the same on {clips}", 1.05, "ratio"),
            [many],
            [few],
        ),
    ]  # fmt: skip


def _peak(material: Material, model: Path, clips: int) -> int:
    folder = material.fresh(f"memory-{clips}")
    file = write_candidates(folder / "candidates.yaml", {"model": model})
    return Qualification(file, material.corpus(clips), folder).run("-m", "accuracy").peak


def again(material: Material) -> list[Row]:
    """Judge five candidates twice, then one of them after one clip has changed.

    With small models, of which a first run has little to save: for large ones it is easier.
    """
    clips, folder = 10 * material.clips, material.fresh("again")
    # A copy, for one of its clips will change.
    data = Path(shutil.copytree(material.corpus(clips, SHORT), folder / "clips"))
    file = write_candidates(folder / "candidates.yaml", material.models("tiny", 5))
    qualification = Qualification(file, data, folder)
    first, second = (qualification.run("-m", "not speed").wall for _ in range(2))
    row = Row("again", f"second run, nothing changed, 5 candidates x {clips} clips",
              "2 s + 1 % of the first", 2 + 0.01 * first, "s")  # fmt: skip
    changed = _changed_clip(qualification, data, clips)
    return [of_values(row, [second], {"first": first, "second": second}), changed]


def _changed_clip(qualification: Qualification, data: Path, clips: int) -> Row:
    row = Row("changed-clip", f"answers computed when 1 clip of {clips} has changed",
              f"{clips}", 1, "answers")  # fmt: skip
    before = stored(qualification.cache)
    if not before:
        return skipped(row, "there is no store of predictions in pytest's cache")
    change_one(data)
    qualification.run("-m", "accuracy", "-k", "tiny-0")
    after = stored(qualification.cache)
    raw = {"before": dict(before), "after": dict(after)}
    return of_values(row, [float(new_rows(before, after))], raw)


def workers(material: Material) -> list[Row]:
    """Judge four candidates in two processes, and one after the other."""
    name = material.size.models[0]
    models, data = material.models(name, 4), material.corpus(max(2, material.clips // 4))
    walls: dict[str, list[float]] = {"2": [], "0": []}
    for turn in range(material.rounds):
        for number in sorted(walls, reverse=bool(turn % 2)):
            folder = material.fresh(f"workers-{number}")
            file = write_candidates(folder / "candidates.yaml", models)
            qualification = Qualification(file, data, folder)
            walls[number].append(qualification.run("-m", "accuracy", "-n", number).wall)
    row = Row("workers", f"{name}: accuracy gate of 4 candidates, `-n 2`", "`-n 0`", 0.9, "ratio")
    return [of_ratios(row, walls["2"], walls["0"])]


def judging(material: Material) -> list[Row]:
    """Turn the predictions of 15 candidates on 50 times as many clips into a report."""
    clips = 50 * material.clips
    folder = material.fresh("judging")
    told: list[dict[str, Any]] = [
        json.loads(run_module("benchmarks.judging", folder / str(turn), "--clips", str(clips))
                   .last_line)
        for turn in range(material.rounds)
    ]  # fmt: skip
    row = Row("judging", f"statistics and report of 15 candidates x {clips} clips", "-", 5, "s")
    return [of_values(row, _column(told, "total"), {"stages": told})]


def _column(told: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [one[name] for one in told]
