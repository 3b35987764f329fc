"""Make `msp_goldens.json`: what the published implementations answer for the replicas of `msp.py`.

Neither is in a package registry. Clone both, and give transformers 4 a folder of its own:

    git clone https://github.com/underdogliu/vox-profile-release vox
    git clone https://github.com/msplabresearch/MSP-Podcast_Challenge odyssey
    pip install --no-deps --target packages transformers==4.48.3 tokenizers==0.21.0 \
        huggingface_hub==0.28.1 loralib==0.1.2 speechbrain==1.0.3 hyperpyyaml==1.2.3 \
        "ruamel.yaml<0.19" sentencepiece requests urllib3 certifi charset_normalizer
    echo '__version__, list_audio_backends = "2.0", lambda: ["any"]' > packages/torchaudio.py
    python -m tests.meta.models.msp_goldens write replicas
    PYTHONPATH=packages python tests/meta/models/msp_goldens.py ask replicas vox odyssey

The goldens are of commit fdf523c (Vox-Profile) and 3f60a42 (Odyssey). Of Odyssey, that is the code
of the challenge: what the published repositories hold beside it puts the same two modules after
each other, and its names are those of their checkpoints.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOLDENS = Path(__file__).with_suffix(".json")


def write(folder: Path) -> None:
    """Write all replicas, and what they are built on with weights of its own."""
    import numpy as np

    from tests.meta.models import msp

    for name, odyssey in msp.ODYSSEY.items():
        odyssey.write(folder / "odyssey" / name)
        msp.write_backbone(folder, odyssey.ssl_type)
    for name, vox in msp.VOX_PROFILE.items():
        vox.write(folder / "vox" / name)
        msp.write_backbone(folder, vox.source, weights=True)
    msp.write_backbone(folder, "openai/whisper-tiny", weights=True)
    np.savez(folder / "clips.npz", *msp.CLIPS)


def ask(folder: Path, vox: Path, odyssey: Path) -> None:
    """Ask the published implementations about all replicas of a folder."""
    import numpy as np
    import torch

    torch.Tensor.cuda = lambda self: self  # type: ignore[method-assign, misc, assignment]
    emotion = vox.resolve() / "src/vox_profile/model/emotion"
    wrappers = {
        "wavlm": _module(emotion / "wavlm_emotion.py").WavLMWrapper,
        "whisper": _module(emotion / "whisper_emotion.py").WhisperWrapper,
    }
    sys.path.insert(0, str(odyssey.resolve()))
    os.chdir(folder)  # where the names of the backbones are folders
    clips = [torch.from_numpy(clip)[None] for clip in np.load("clips.npz").values()]
    answers: dict[str, list[list[float]]] = {}
    with torch.inference_mode():
        for path in sorted(Path("vox").iterdir()):
            wrapper = wrappers[path.name.partition("-")[0]]
            # Strictly: the replica has what the published class has, and nothing else.
            model = wrapper.from_pretrained(path, strict=True).eval()
            answers[f"vox-profile {path.name}"] = [model(clip)[0][0].tolist() for clip in clips]
        for path in sorted(Path("odyssey").iterdir()):
            answers[f"odyssey {path.name}"] = _baseline(path, clips)
    rounded = {name: [[round(x, 7) for x in row] for row in rows] for name, rows in answers.items()}
    GOLDENS.write_text(json.dumps(rounded, indent=0) + "\n")


def _baseline(path: Path, clips: Any) -> list[list[float]]:
    """Answer as the evaluation script of the challenge does."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel

    net: Any = importlib.import_module("net")
    config = json.loads((path / "config.json").read_text())
    weights = path / "model.safetensors"
    pickled = path / "pytorch_model.bin"
    tensors = load_file(weights) if weights.is_file() else torch.load(pickled, weights_only=True)
    size, layers = config["hidden_size"], config["classifier_hidden_layers"]
    parts = {
        "ssl_model": AutoModel.from_config(AutoConfig.from_pretrained(config["ssl_type"])),
        "pool_model": net.AttentiveStatisticsPooling(size),
        "ser_model": net.EmotionRegression(size * 2, size, layers, config["num_classes"]),
    }
    network = torch.nn.ModuleDict(parts).eval()
    network.load_state_dict(tensors, strict=True)
    rows = []
    for clip in clips:
        values = (clip - config["mean"]) / (config["std"] + 0.000001)
        mask = torch.ones(1, clip.shape[1])
        frames = parts["ssl_model"](values, attention_mask=mask).last_hidden_state
        rows.append(parts["ser_model"](parts["pool_model"](frames, mask))[0].tolist())
    return rows


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    made, *places = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {"write": write, "ask": ask}
    commands[made](*map(Path, places))
