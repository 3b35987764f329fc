"""Time to decision: a pool of candidates of graded accuracy, judged with and without --race.

    python -m benchmarks.race --size tiny --clips 400                  # minutes, to try it
    python -m benchmarks.race --size base --clips 400 --out race.json  # hours on a few cores

The checkpoints are untrained, of one backbone. Their heads are fitted to the very clips, with more
or less noise: no skill, but answers that are right as often as those of good and bad models. What
they cost depends on their size alone. Speed has no part: it takes as long in both ways.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
import yaml

from benchmarks.clips import LABELS, RATE, read_clips
from benchmarks.material import SIZES, Material
from benchmarks.processes import ROOT
from benchmarks.qualifying import Qualification, stored
from sertify.corpora.reading import read_corpus

__all__ = ["compare", "graded"]

NOISE = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 3.0, 5.0)
"""Of the heads, in standard deviations of their weights; one candidate each."""
_RIDGE = 1e-3
_OFF = ("top_share", "entropy", "effective_emotions", "consistency", "class_share",
        "real_time_factor")  # fmt: skip


def compare(material: Material, number: int, limit: float, threads: int) -> dict[str, Any]:
    """Judge a pool twice, and return what either way took, heard and decided."""
    data = material.corpus(material.clips)
    pool = graded(material, data, number)
    arguments = {"full": ["--threads", str(threads)]}
    arguments["race"] = [*arguments["full"], "--race"]
    found = {way: _judge(material, pool, data, limit, arguments[way]) for way in arguments}
    kept = {name for name, one in found["race"]["candidates"].items() if one["reason"] != "behind"}
    full = found["full"]["candidates"]
    best = max(full, key=lambda name: full[name]["uar"] or 0.0)
    raced = found["race"]["candidates"]
    same = [raced[name]["gate"] == full[name]["gate"] for name in kept]
    return {
        "candidates": number, "clips": material.clips, "model": material.size.models[0],
        "share_of_answers": found["race"]["answers"] / found["full"]["answers"],
        "share_of_time": found["race"]["seconds"] / found["full"]["seconds"],
        "best_is_kept": best in kept, "others_as_in_full": all(same), **found,
    }  # fmt: skip


def graded(material: Material, data: Path, number: int) -> dict[str, Path]:
    """Return checkpoints of graded accuracy on these clips, by name, in random order."""
    base = material.model(material.size.models[0])
    root = material.work / "graded" / f"{base.name}-{data.name}"
    pool = {f"model-{place:02d}": root / f"noise-{noise:g}" for place, noise in
            enumerate(np.random.default_rng(0).permutation(NOISE[:number]))}  # fmt: skip
    if missing := [folder for folder in pool.values() if not folder.is_dir()]:
        _write(base, data, missing)
    return pool


def _write(base: Path, data: Path, folders: list[Path]) -> None:
    network = transformers.AutoModelForAudioClassification.from_pretrained(base).eval()
    heard = _features(network, base, data)
    by_name = {clip.name: clip.label for clip in read_corpus(data).clips}
    truth = np.array([LABELS.index(str(by_name[name])) for name in sorted(by_name)])
    centre = heard.mean(axis=0)
    inputs = heard - centre
    square = inputs.T @ inputs
    square += _RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    weight = np.linalg.solve(square, inputs.T @ (np.eye(len(LABELS))[truth] - 1 / len(LABELS))).T
    for folder in folders:
        noise = float(folder.name.removeprefix("noise-"))
        drawn = np.random.default_rng(round(100 * noise)).normal(0, weight.std(), weight.shape)
        _save(network, base, folder, weight + noise * drawn, centre)


def _features(network: Any, base: Path, data: Path) -> Any:
    """Return what the head is given for each clip, (clips, channels)."""
    extractor = transformers.AutoFeatureExtractor.from_pretrained(base)
    found: list[Any] = []
    hook = network.classifier.register_forward_pre_hook(lambda _, given: found.append(given[0][0]))
    for samples in read_clips(data):
        with torch.inference_mode():
            network(**extractor(samples, sampling_rate=RATE, return_tensors="pt"))
    hook.remove()
    return torch.stack(found).double().numpy()


def _save(network: Any, base: Path, folder: Path, weight: Any, centre: Any) -> None:
    draft = folder.with_name(f"{folder.name}.draft")
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(weight))
        network.classifier.bias.copy_(torch.from_numpy(-weight @ centre))
    network.save_pretrained(draft)
    shutil.copy(base / "preprocessor_config.json", draft)
    draft.rename(folder)


def _judge(
    material: Material, pool: dict[str, Path], data: Path, limit: float, arguments: list[str]
) -> dict[str, Any]:
    folder = material.fresh(f"race{'-'.join(arguments)}")
    content = {
        "requirements": dict.fromkeys(_OFF) | {"uar": {"min": limit, "confidence": 0.95}},
        "candidates": [{"name": name, "model": str(where)} for name, where in pool.items()],
    }
    file = folder / "candidates.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    run = Qualification(file, data, folder)
    done = run.run("-m", "accuracy", *arguments)
    results = json.loads((run.reports / "results.json").read_text("utf-8"))
    return {
        "seconds": done.wall,
        "answers": stored(run.cache)["answers"],
        "candidates": {one["name"]: _told(one) for one in results["candidates"]},
    }


def _told(one: dict[str, Any]) -> dict[str, Any]:
    uar, gate = one["numbers"].get("uar"), one["gates"]["accuracy"]["outcome"]
    return {
        "gate": gate,
        "reason": one["reason"],
        "uar": uar and uar["value"],
        "message": one["message"],
    }


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--size", choices=[*SIZES], default="tiny", help="of the models")
    parser.add_argument("--candidates", type=int, default=len(NOISE), help=f"at most {len(NOISE)}")
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--limit", type=float, default=0.3, help="the UAR that is required")
    parser.add_argument("--threads", type=int, default=1, help="that a model may use")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks" / "engine")
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    material = Material(given.work.resolve(), SIZES[given.size], given.clips, rounds=1)
    found = compare(material, given.candidates, given.limit, given.threads)
    for way in ("full", "race"):
        print(f"{way}: {found[way]['seconds']:.1f} s, {found[way]['answers']:,} answers")
        for name, one in found[way]["candidates"].items():
            print(f"  {name} {one['gate']} {one['reason'] or ''} {one['message']}")
    print({key: found[key] for key in ("share_of_answers", "share_of_time", "best_is_kept",
                                       "others_as_in_full")})  # fmt: skip
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main()
