"""Candidates whose own code does to its process whatever can be done to one."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.meta.runs import EMBEDDED, FIXTURES

CODE = """
import ctypes, os, signal, subprocess, sys, time
import numpy, pytest, torch
from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

class Odd(BaseException):
    pass

class Mute(Exception):
    def __str__(self):
        raise RuntimeError("says nothing")

def raises(error):
    raise error

def marks():
    if "MARK" in os.environ:
        open(os.environ["MARK"], "w").close()

def hangs():
    marks()
    time.sleep(900)

def hangs_hard():
    marks()
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass

def spoils():
    torch.set_default_dtype(torch.float16)
    torch.set_num_threads(7)
    torch.manual_seed(7)
    numpy.random.seed(7)
    os.environ.clear()
    os.chdir("/")
    os.umask(0o777)
    sys.path.clear()
    sys.modules["json"] = None
    subprocess.Popen(["sleep", "987"], start_new_session=True)

def prints():
    for _ in range(20_000):
        os.write(1, b"x" * 10_000)

ACTS = {
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "terminate": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "exit": lambda: os._exit(0),
    "pytest-exit": lambda: pytest.exit("done", returncode=0),
    "system-exit": lambda: sys.exit(0),
    "interrupt": lambda: raises(KeyboardInterrupt()),
    "odd": lambda: raises(Odd("odd")),
    "mute": lambda: raises(Mute()),
    "surrogate": lambda: raises(LookupError("half \\\\udce4 a pair \\\\x00 \\\\x1b[31m")),
    "hang": hangs,
    "hang-hard": hangs_hard,
    "memory": lambda: numpy.ones(40_000_000_000, numpy.uint8).sum(),
    "deaf": lambda: (os.closerange(3, 500), time.sleep(900)),
    "spoils": spoils,
    "prints": prints,
}

def act(config, at):
    if config.at == at:
        ACTS[config.act]()

class DeadlyConfig(Wav2Vec2Config):
    model_type = "deadly"

    def __init__(self, act="", at="", **others):
        super().__init__(**others)
        self.act, self.at = act, at
        act_now = at == "config" and act
        if act_now:
            ACTS[act]()

class DeadlyForSequenceClassification(Wav2Vec2ForSequenceClassification):
    config_class = DeadlyConfig

    def forward(self, *inputs, **named):
        act(self.config, "forward")
        if "ONEDNN_PRIMITIVE_CACHE_CAPACITY" not in os.environ:
            act(self.config, "speed")
        return super().forward(*inputs, **named)
"""


def write_pool(
    folder: Path, deeds: Mapping[str, tuple[str, str]], sound: int, forward: float = 4
) -> Path:
    """Write a candidates.yaml of models that do a deed at a time, each ``sound`` a sound one.

    What hangs may take ``forward`` seconds.
    """
    entries: list[dict[str, Any]] = []
    for number, (name, (act, at)) in enumerate(deeds.items()):
        if number % sound == 0:
            entries.append({"name": f"sound-{number}", "model": _sound()})
        limits = {"load": 60, "forward": 60, "memory": "2 GB"}
        if act.startswith("hang"):
            limits |= {"load": 4} if at == "config" else {"forward": forward}
        model = str(_deadly(folder / name, act, at))
        entries.append({"name": name, "model": model, "trust_remote_code": True, "limits": limits})
    entries.append({"name": "sound-last", "model": _sound()})
    path = folder / "candidates.yaml"
    embedded = YAML(typ="safe").load(EMBEDDED)["requirements"] | {"segments": [1]}
    YAML().dump({"requirements": embedded, "candidates": entries}, path)
    return path


def _sound() -> str:
    return str(FIXTURES / "models" / "wav2vec2-tiny")


def _deadly(folder: Path, act: str, at: str) -> Path:
    shutil.copytree(_sound(), folder)
    config = json.loads((folder / "config.json").read_text())
    classes = {
        "AutoConfig": "DeadlyConfig",
        "AutoModelForAudioClassification": "DeadlyForSequenceClassification",
    }
    config |= {
        "model_type": "deadly",
        "architectures": ["DeadlyForSequenceClassification"],
        "auto_map": {auto: f"deadly.{name}" for auto, name in classes.items()},
        "act": act,
        "at": at,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "deadly.py").write_text(CODE)
    return folder
