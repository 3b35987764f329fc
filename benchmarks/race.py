"""Time to decision: a pool of candidates of graded accuracy, judged with and without --race.

    python -m benchmarks.race --size tiny --clips 400                  # minutes, to try it
    python -m benchmarks.race --size base --clips 400 --out race.json  # hours on a few cores

The checkpoints are untrained, of one backbone, and the clips are labelled by what a head of chance
makes of them, but for some. The candidates' heads are that one with more or less noise: no skill,
but answers that are right as often as those of good and bad models. What they cost depends on their
size alone. Speed is not measured: that takes as long in both ways.
"""

import argparse
import json
import os
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

__all__ = ["compare", "graded"]

NOISE = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2, 3.0, 5.0)
"""Of the heads, in standard deviations of their weights; one candidate each."""
MISLABELLED = 0.15
"""Of the clips: nobody is right on all."""
_COMPONENTS = 16
_OFF = ("top_share", "entropy", "effective_emotions", "consistency", "class_share",
        "real_time_factor")  # fmt: skip


def compare(material: Material, number: int, limit: float, threads: int) -> dict[str, Any]:
    """Judge a pool twice, and return what either way took, heard and decided."""
    data, pool = graded(material, number)
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


def graded(material: Material, number: int) -> tuple[Path, dict[str, Path]]:
    """Return labelled clips, and checkpoints of graded accuracy by name, in random order."""
    base, clips = material.model(material.size.models[0]), material.corpus(material.clips)
    root = material.work / "graded" / f"{base.name}-{clips.name}"
    order = np.random.default_rng(0).permutation(NOISE[:number])
    pool = {f"model-{place:02d}": root / f"noise-{noise:g}" for place, noise in enumerate(order)}
    missing = [folder for folder in pool.values() if not folder.is_dir()]
    if missing:
        _write(base, clips, root / "speech", missing)
    return root / "speech", pool


def _write(base: Path, clips: Path, speech: Path, folders: list[Path]) -> None:
    network = transformers.AutoModelForAudioClassification.from_pretrained(base).eval()
    heard, rng = _features(network, base, clips), np.random.default_rng(0)
    centre = heard.mean(axis=0)
    _, sizes, axes = np.linalg.svd(heard - centre, full_matrices=False)
    turn, _ = np.linalg.qr(rng.normal(size=(_COMPONENTS, len(LABELS))))
    weight = (turn.T / sizes[:_COMPONENTS]) @ axes[:_COMPONENTS]
    labels = ((heard - centre) @ weight.T).argmax(axis=1)
    wrong = rng.random(len(labels)) < MISLABELLED
    _label(clips, speech, np.where(wrong, rng.integers(len(LABELS), size=len(labels)), labels))
    for folder in folders:
        noise = float(folder.name.removeprefix("noise-"))
        drawn = np.random.default_rng(round(100 * noise)).normal(size=turn.shape) * turn.std()
        changed = ((turn + noise * drawn).T / sizes[:_COMPONENTS]) @ axes[:_COMPONENTS]
        _save(network, base, folder, changed, centre)


def _label(clips: Path, speech: Path, labels: Any) -> None:
    """Give the clips other labels, in a folder of their own."""
    if not speech.is_dir():
        shutil.copytree(clips / "audio", speech / "audio", copy_function=os.link)
    header, *rows = (clips / "metadata.csv").read_text("utf-8").splitlines()
    cells = (row.split(",") for row in sorted(rows))
    lines = [f"{name},{LABELS[label]},{who}" for (name, _, who), label in
             zip(cells, labels, strict=True)]  # fmt: skip
    (speech / "metadata.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")


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
