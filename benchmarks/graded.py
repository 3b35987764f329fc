"""Pools of candidates of graded accuracy: real networks, with heads that say what was drawn.

    python -m benchmarks.graded FOLDER CHECKPOINT CLIPS       # the features of clips, to a file

The candidates of a pool share an untrained trunk. What each should say of each clip is drawn by
``drawn.py``, with speakers and emotions that are hard for all or for one; as there are almost as
many features as clips, a linear head can be fitted to say just that. So a pool errs as real ones
do, and a clip costs what it costs with trained weights. The trunk is one shard of a checkpoint,
which all share on the disk; the head is another.
"""

import argparse
import csv
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression

from benchmarks.clips import LABELS, RATE, read_clips
from benchmarks.drawn import Drawn
from benchmarks.material import Material
from benchmarks.processes import run_module

__all__ = ["features", "fitted", "trained", "write"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


def features(checkpoint: Path, clips: Path) -> Path:
    """Return a file of what the head of a checkpoint is given for each clip, (clips, channels)."""
    path = checkpoint.with_name(f"{checkpoint.name}-{clips.name}.npy")
    if not path.is_file():
        run_module("benchmarks.graded", path, checkpoint, clips)
    return path


def write(
    material: Material, drawn: Drawn, trunks: Mapping[str, Path], clips: Path, name: str
) -> tuple[Path, dict[str, Path]]:
    """Write labelled clips and the candidates of a pool, each on its trunk; say where they are."""
    root = material.fresh(name)
    shutil.copytree(clips / "audio", root / "speech" / "audio", copy_function=os.link)
    files = sorted(path.name for path in (clips / "audio").iterdir())
    rows = zip(files, drawn.truth, drawn.speakers, strict=True)
    lines = ["file_name,label,speaker", *(f"audio/{file},{what},{who}" for file, what, who in rows)]
    (root / "speech" / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for one, trunk in trunks.items():
        head = fitted(np.load(features(trunk, clips)), drawn.said[one])
        _save(trunk, root / one, head)
    return root / "speech", {one: root / one for one in trunks}


def trained(material: Material, trunk: Path, clips: Path) -> Path:
    """Return a checkpoint whose head is fitted to the labels of clips."""
    with (clips / "metadata.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["file_name"]: row["label"] for row in csv.DictReader(file)}
    folder = material.fresh(f"trained-{trunk.name}") / trunk.name
    said = [labels[f"audio/{path.name}"] for path in sorted((clips / "audio").iterdir())]
    _save(trunk, folder, fitted(np.load(features(trunk, clips)), said))
    return folder


def fitted(heard: Floats, said: Sequence[str]) -> dict[str, torch.Tensor]:
    """Return the weights of a head that says these labels of clips of such features."""
    centre = heard.mean(axis=0)
    _, sizes, axes = np.linalg.svd(heard - centre, full_matrices=False)
    known = sizes > sizes[0] * 1e-4
    turn = axes[known].T / sizes[known] * np.sqrt(len(heard))
    wanted = [LABELS.index(one) for one in said]
    model = LogisticRegression(C=1e4, max_iter=300).fit((heard - centre) @ turn, wanted)
    weight, bias = np.zeros((len(LABELS), heard.shape[1])), np.full(len(LABELS), -1e3)
    weight[model.classes_] = model.coef_ @ turn.T
    bias[model.classes_] = model.intercept_ - weight[model.classes_] @ centre
    found = {"classifier.weight": weight, "classifier.bias": bias}
    return {name: torch.tensor(value, dtype=torch.float32) for name, value in found.items()}


def _save(trunk: Path, folder: Path, head: Mapping[str, torch.Tensor]) -> None:
    folder.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(trunk / name, folder)
    body, names = _body(trunk)
    first, second = (f"model-0000{number}-of-00002.safetensors" for number in (1, 2))
    os.link(body, folder / first)
    save_file(dict(head), folder / second, {"format": "pt"})
    listed = dict.fromkeys(names, first) | dict.fromkeys(head, second)
    text = json.dumps({"metadata": {}, "weight_map": listed})
    (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")


def _body(trunk: Path) -> tuple[Path, list[str]]:
    """Return a file of a checkpoint without its head, and the names of its tensors."""
    path = trunk.with_name(f"{trunk.name}-trunk.safetensors")
    tensors = load_file(trunk / "model.safetensors")
    kept = {name: one for name, one in tensors.items() if not name.startswith("classifier.")}
    if not path.is_file():
        save_file(kept, path.with_suffix(".draft"), {"format": "pt"})
        path.with_suffix(".draft").rename(path)
    return path, [*kept]


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("clips", type=Path)
    given = parser.parse_args()
    network = transformers.AutoModelForAudioClassification.from_pretrained(given.checkpoint).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(given.checkpoint)
    found: list[Any] = []
    network.classifier.register_forward_pre_hook(lambda _, heard: found.append(heard[0][0]))
    for clip in read_clips(given.clips):
        with torch.inference_mode():
            network(**extractor(clip, sampling_rate=RATE, return_tensors="pt"))
    np.save(given.out, torch.stack(found).double().numpy())


if __name__ == "__main__":
    _main()
