"""Time to decision: a pool of candidates of graded accuracy, judged with and without --race.

A decision takes the whole of a run: all gates. So who is stopped is spared the changed clips and
the timing, too. Models and clips are those of ``graded.py``.
"""

import json
import shutil
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks import graded
from benchmarks.clips import Lengths
from benchmarks.drawn import draw
from benchmarks.material import Material
from benchmarks.processes import Finished
from benchmarks.qualifying import Qualification, stored
from benchmarks.rows import Row, of_ratios, of_values
from benchmarks.runs import contender

__all__ = ["CLIPS", "POOLS", "clips_heard", "pools", "race"]

CLIPS, POOLS, CANDIDATES = 400, 20, 12
SIZES: Mapping[str, Mapping[str, int]] = {
    "tiny": {"wide": CANDIDATES},
    "base": {"wav2vec2-base": 9, "hubert-large": 3},
}
"""How many candidates of a pool have which trunk, by the size of the models."""
SHORT, SHORTEST = Lengths(0.5, 1.0), Lengths(0.3, 0.5)
"""Of the clips of a pool of real size, and of the small ones."""

# Heads that are fitted to noise hear a shift of 10 ms, and what a run takes is no part of a choice
# that should be the same again, on a busy machine, too.
_REQUIREMENTS = {"consistency": None, "real_time_factor": None, "segments": [1.0]}
_SELECTION = {"weights": {"speed": 0, "diversity": 1, "language": 2}}


@dataclass(frozen=True)
class Decision:
    """What a run of a pool decided, and how many clips each candidate was asked about."""

    selected: str | None
    tied: tuple[str, ...]
    heard: Mapping[str, int]
    answers: int
    done: Finished

    @property
    def told(self) -> dict[str, Any]:
        """Itself in JSON types."""
        spent = {"wall": self.done.wall, "processor": self.done.processor}
        return {"selected": self.selected, "tied": self.tied, "heard": self.heard,
                "answers": self.answers} | spent  # fmt: skip


def race(material: Material) -> list[Row]:
    """Judge a pool of real size with --race and without it, and ask bare loops the same.

    The loop is timed with one model of each size, and counted as often as there are such models.
    """
    trunks = {name: material.model(name) for name in SIZES[material.size.name]}
    clips = material.corpus(min(CLIPS, 2 * material.clips), SHORT)
    pool = _pool(material, trunks, clips, "race", 0)
    loops = {name: contender("bare", trunk, clips).wall for name, trunk in trunks.items()}
    bare = sum(loops[name] * number for name, number in SIZES[material.size.name].items())
    fast = _decision(pool, "race/fast", "--race")
    full = _decision(pool, "race/full")
    raw = {"race": fast.told, "full": full.told, "loops": loops}
    what = f"time to decision with `--race`: {CANDIDATES} candidates, {len(_audio(clips))} clips"
    rows = [
        (Row("race", what, "the same without", 0.45, "ratio", raw=raw), full.done.wall),
        (Row("race-bare", what, "bare loop over all", 0.45, "ratio"), bare),
    ]
    return [of_ratios(row, [fast.done.wall], [theirs]) for row, theirs in rows]


def pools(material: Material, number: int = POOLS) -> list[Row]:
    """Judge small pools with --race and without it, and compare who is selected."""
    trunk = material.model("wide")
    clips = material.corpus(min(CLIPS, 2 * material.clips), SHORTEST)
    if material.size.name == "tiny":
        number = material.rounds
    raw = []
    for seed in range(1, number + 1):
        pool = _pool(material, {"wide": trunk}, clips, "pools", seed)
        fast = _decision(pool, "pools/run", "--race")
        # What was answered is known: only the rest is asked, and nothing is decided otherwise.
        shutil.rmtree(pool.folder / "pools" / "run" / "reports")
        full = _decision(pool, "pools/run")
        raw.append({"race": fast.told, "full": full.told})
        print(f"  pool {seed}: {fast.answers / full.answers:.2f}, {fast.selected}", flush=True)
    shares = [one["race"]["answers"] / one["full"]["answers"] for one in raw]
    others = [one for one in raw if one["race"]["selected"] != one["full"]["selected"]]
    what = f"{CANDIDATES} small candidates, {len(_audio(clips))} clips, with `--race`"
    same = Row("race-same", f"{what}: of {number} pools those that decide otherwise", "none",
               0, "pools")  # fmt: skip
    asked = Row("race-asked", f"{what}: answers", "the same without", 0.45, "ratio")
    return [
        replace(of_values(same, [float(len(others))], {}), rounds=number),
        of_values(asked, shares, {"pools": raw, "mean": statistics.fmean(shares)}),
    ]


@dataclass(frozen=True)
class _Pool:
    folder: Path
    speech: Path
    models: Mapping[str, Path]


def _pool(
    material: Material, trunks: Mapping[str, Path], clips: Path, name: str, seed: int
) -> _Pool:
    drawn = draw(len(_audio(clips)), CANDIDATES, seed)
    counts = SIZES[material.size.name] if len(trunks) > 1 else {next(iter(trunks)): CANDIDATES}
    # Sizes are spread over the names, which are in random order already.
    sizes = [size for size, number in counts.items() for _ in range(number)]
    order = [sizes[(5 * place) % CANDIDATES] for place in range(CANDIDATES)]
    own = {one: trunks[size] for one, size in zip(drawn.said, order, strict=True)}
    speech, models = graded.write(material, drawn, own, clips, f"{name}-pool")
    return _Pool(material.fresh(f"{name}-runs"), speech, models)


def _decision(pool: _Pool, name: str, *arguments: str) -> Decision:
    folder = pool.folder / name
    content = {
        "requirements": _REQUIREMENTS,
        "selection": _SELECTION,
        "candidates": [{"name": one, "model": str(path)} for one, path in pool.models.items()],
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "candidates.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    run = Qualification(file, pool.speech, folder)
    done = run.run(*arguments)
    results = json.loads((run.reports / "results.json").read_text("utf-8"))
    heard = {
        one["name"]: clips_heard(one, len(_audio(pool.speech))) for one in results["candidates"]
    }
    chosen = results["selection"]
    answers = stored(run.cache)["answers"]
    selected, tied = (chosen["candidate"], chosen["tied"]) if chosen else (None, ())
    return Decision(selected, tuple(tied), heard, answers, done)


def clips_heard(candidate: Mapping[str, Any], clips: int) -> int:
    """Return how many clips a candidate was asked about: all, where no race has stopped it."""
    for gate in candidate["gates"].values():
        for check in gate.get("checks", ()):
            if raced := (check.get("details") or {}).get("race"):
                return int(raced["clips"])
    return clips


def _audio(folder: Path) -> list[Path]:
    return [*(folder / "audio").iterdir()]
