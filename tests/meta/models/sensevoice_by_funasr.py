"""What FunASR's own SenseVoiceSmall answers, for replicas of it; a script for an interpreter apart.

    pip install --no-deps --target PACKAGES funasr==1.4.0 torchaudio==2.11.0
    PYTHONPATH=PACKAGES python tests/meta/models/sensevoice_by_funasr.py FOLDER

FOLDER has a folder for each replica, and clips `*.npy`. What is written into each replica is
`answers.npz`: by the name of a clip, what the network hears, the logits of all tokens in the frame
of the emotion, and the token that FunASR takes there with `unknown` allowed and banned. Nothing
else of this project is needed.
"""

import json
import sys
import types
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch


def answers(folder: Path, clips: Mapping[str, Any]) -> dict[str, Any]:
    """Return what FunASR makes of clips with the replica in a folder."""
    model, frontend = _model_of(folder)
    heard: list[torch.Tensor] = []
    logits: list[torch.Tensor] = []
    model.ctc.ctc_lo.register_forward_hook(lambda _, __, told: logits.append(told.clone()))
    model.encoder.register_forward_pre_hook(lambda _, given: heard.append(given[0].clone()))
    picked = _kept(model.ctc)
    found: dict[str, Any] = {}
    for name, clip in clips.items():
        for banned in (False, True):
            with torch.inference_mode():
                model.inference(
                    data_in=[torch.from_numpy(clip)],
                    tokenizer=types.SimpleNamespace(decode=str),
                    frontend=frontend,
                    device="cpu",
                    ban_emo_unk=banned,
                )
            found[f"{name} {'banned' if banned else 'allowed'}"] = picked[-1][0, 1].argmax().numpy()
        found[f"{name} heard"] = heard[-1][0, 4:].numpy()
        found[f"{name} logits"] = logits[-1][0, 1].numpy()
    return found


def _kept(ctc: Any) -> list[torch.Tensor]:
    """Keep what FunASR takes the likeliest of, which is the tensor that it bans a token in."""
    kept: list[torch.Tensor] = []
    log_softmax = ctc.log_softmax

    def keep(frames: torch.Tensor) -> torch.Tensor:
        kept.append(log_softmax(frames))
        return kept[-1]

    ctc.log_softmax = keep
    return kept


def _model_of(folder: Path) -> tuple[Any, Any]:
    """Build the model of config.yaml as FunASR's AutoModel does, without what it needs for files.

    ``dither`` is 0: else what it hears differs from call to call.
    """
    _leave_out_packages()
    import yaml

    conf = yaml.safe_load((folder / "config.yaml").read_text())
    made = import_module("funasr.models.sense_voice.model")
    frontends = import_module("funasr.frontends.wav_frontend")
    given = conf["frontend_conf"] | {"cmvn_file": str(folder / "am.mvn"), "dither": 0.0}
    frontend = frontends.WavFrontend(**given)
    tensors = torch.load(folder / "model.pt", weights_only=True)
    options = {"encoder": conf["encoder"], "encoder_conf": conf["encoder_conf"]}
    options |= {"ctc_conf": conf["ctc_conf"], **conf["model_conf"]}
    size, outputs = frontend.output_size(), len(tensors["ctc.ctc_lo.bias"])
    model = made.SenseVoiceSmall(**options, input_size=size, vocab_size=outputs)
    model.load_state_dict(tensors, strict=True)
    if (folder / "tokens.json").is_file():  # the published place is written into the class
        tokens = json.loads((folder / "tokens.json").read_text())
        model.emo_dict["unk"] = tokens.index("<|EMO_UNKNOWN|>")
    return model.eval(), frontend


def _leave_out_packages() -> None:
    """Let FunASR import what it needs here alone: its package imports all of its models."""
    for name in ("funasr", "torchaudio"):
        folder = next(path / name for path in map(Path, sys.path) if (path / name).is_dir())
        package: Any = types.ModuleType(name)
        package.__path__, package.__version__ = [str(folder)], "2.11.0"
        sys.modules[name] = package
    unused = ("kaldiio", "librosa", "omegaconf", "rapidfuzz", "rapidfuzz.distance", "six")
    for name in unused:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["rapidfuzz.distance"].Levenshtein = None  # type: ignore[attr-defined]


def write_answers(root: Path) -> None:
    """Write FunASR's answers beside each replica."""
    clips = {path.stem: np.load(path) for path in sorted(root.glob("*.npy"))}
    for conf in sorted(root.glob("*/config.yaml")):
        np.savez(conf.with_name("answers.npz"), **answers(conf.parent, clips))


if __name__ == "__main__":
    write_answers(Path(sys.argv[1]))
