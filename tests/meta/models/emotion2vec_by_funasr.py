"""What FunASR's own emotion2vec answers to replicas of it; a script for a process apart.

From the top of the project, where PACKAGES is a folder for what it alone needs:

    pip install --no-deps --target PACKAGES funasr==1.4.0 omegaconf==2.4.0 \
        antlr4-python3-runtime==4.9.3 kaldiio==2.18.1
    python tests/meta/models/emotion2vec_replicas.py ROOT
    PYTHONPATH=PACKAGES python tests/meta/models/emotion2vec_by_funasr.py ROOT
    cp ROOT/answers.json tests/meta/models/emotion2vec_golden.json

ROOT has a folder for each replica and clips, `clip-*.npy`. What is written is what FunASR's
AutoModel makes of each replica: its labels, and for each clip the logits of all outputs, and the
probabilities of those labels.
"""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch


def answers(folder: Path, clips: list[Any]) -> dict[str, Any]:
    """Return what FunASR makes of clips with the replica in a folder."""
    from funasr import AutoModel  # type: ignore[import-not-found]

    whole = AutoModel(model=str(folder), device="cpu", disable_update=True, disable_pbar=True)
    logits: list[list[float]] = []
    whole.model.proj.register_forward_hook(lambda _, __, made: logits.append(made[0].tolist()))
    told = [whole.generate(clip, extract_embedding=False)[0] for clip in clips]
    return {
        "labels": told[0]["labels"],
        "logits": logits,
        "probabilities": [one["scores"] for one in told],
    }


def leave_out_packages() -> None:
    """Let FunASR be imported without what it would read and resample files of audio with."""
    for name in ("torchaudio", "librosa"):
        sys.modules[name] = ModuleType(name)
    sys.modules["torchaudio"].__version__ = "2.11.0"  # type: ignore[attr-defined]


def write_answers(root: Path) -> None:
    """Write answers.json beside the replicas."""
    leave_out_packages()
    torch.set_num_threads(1)
    clips = [np.load(path) for path in sorted(root.glob("clip-*.npy"))]
    folders = sorted(path.parent for path in root.glob("*/config.yaml"))
    made = {folder.name: answers(folder, clips) for folder in folders}
    lines = (
        f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in made.items()
    )
    (root / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    write_answers(Path(sys.argv[1]))
