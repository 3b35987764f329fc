"""The work folder: what is measured on, made when it is first asked for."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clips import Lengths, write_clips
from benchmarks.processes import run_module

__all__ = ["SHORT", "SIZES", "Material", "Size"]

SHORT = Lengths(1.0, 2.0)
"""Of the clips of corpora so large that longer ones would fill the disk."""


@dataclass(frozen=True)
class Size:
    """Names of the checkpoints that each part is measured with."""

    name: str
    models: tuple[str, ...]
    large: str


SIZES = {
    "tiny": Size("tiny", ("tiny",), "tiny-layer-norm"),
    "base": Size("base", ("wav2vec2-base", "wavlm-base-plus"), "hubert-large"),
}


@dataclass(frozen=True)
class Material:
    """Where checkpoints and clips are, and how much is measured.

    Attributes
    ----------
    speech
        Folder of recordings that clips are cut from; without it, they are generated.
    """

    work: Path
    size: Size
    clips: int
    rounds: int
    speech: Path | None = None

    def model(self, name: str, seed: int = 0) -> Path:
        """Return the folder of a checkpoint."""
        folder = self.work / "models" / f"{name}-{seed}"
        if not (folder / "preprocessor_config.json").is_file():
            run_module("benchmarks.checkpoints", name, folder, "--seed", str(seed))
        return folder

    def exported(self, name: str) -> Path:
        """Return the folder of a checkpoint beside which its export to ONNX is."""
        folder = self.model(name)
        run_module("benchmarks.checkpoints", name, folder, "--onnx")
        return folder

    def models(self, name: str, number: int) -> dict[str, Path]:
        """Return checkpoints of one shape and different weights, by their names."""
        return {f"{name}-{seed}": self.model(name, seed) for seed in range(number)}

    def corpus(self, clips: int, lengths: Lengths | None = None) -> Path:
        """Return a folder of so many clips; by default they are of 1 to 8 seconds."""
        lengths = lengths or Lengths()
        origin = f"-{self.speech.name}" if self.speech else ""
        name = f"{clips}-of-{lengths.shortest:g}-to-{lengths.longest:g}-s{origin}"
        return write_clips(self.work / "clips" / name, clips, lengths, self.speech)

    def fresh(self, name: str) -> Path:
        """Return an empty folder."""
        folder = self.work / "runs" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder
