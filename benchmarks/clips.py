"""Speech-like clips of known lengths, written as a folder that sertify and all others read."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sertify.corpora.audio import SUFFIXES

__all__ = ["LABELS", "RATE", "Lengths", "change_one", "read_clips", "write_clips"]

RATE = 16_000
LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
SPEAKERS = 10

Floats = NDArray[np.float64]
Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Lengths:
    """Shortest and longest clip in seconds; no two clips have the same number of samples."""

    shortest: float = 1.0
    longest: float = 8.0

    def draw(self, clips: int, rng: np.random.Generator) -> list[int]:
        """Return the samples of each clip."""
        possible = np.arange(round(self.shortest * RATE), round(self.longest * RATE) + 1)
        drawn: list[int] = rng.choice(possible, clips, replace=False).tolist()
        return drawn


def write_clips(
    folder: Path, clips: int, lengths: Lengths, speech: Path | None = None, seed: int = 0
) -> Path:
    """Write so many clips with ``metadata.csv`` into a folder, and return it.

    A folder that is complete is left as it is. ``speech`` is a folder of recordings to cut clips
    from; without it they are noise of harmonics that come and go as syllables do.
    """
    if (folder / "metadata.csv").is_file():
        return folder
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sizes = lengths.draw(clips, rng)
    sounds = _noises(sizes, rng) if speech is None else _cuts(_recordings(speech), sizes, rng)
    rows = []
    for number, sound in enumerate(sounds):
        name = f"audio/{number:05d}.wav"
        soundfile.write(folder / name, 0.5 * sound / np.abs(sound).max(), RATE, "PCM_16")
        rows.append((name, LABELS[number % len(LABELS)], f"speaker-{number % SPEAKERS}"))
    # Last, and at once: a folder that has it is complete.
    draft = folder / "metadata.draft"
    with draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file_name", "label", "speaker"), *rows])
    draft.rename(folder / "metadata.csv")
    return folder


def read_clips(folder: Path) -> list[Waveform]:
    """Decode all clips of a folder, in the order of their names."""
    paths = sorted((folder / "audio").iterdir())
    return [soundfile.read(path, dtype="float32")[0] for path in paths]


def change_one(folder: Path) -> None:
    """Make the first clip half as loud."""
    path = min((folder / "audio").iterdir())
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(path, samples / 2, rate, "PCM_16")


def _noises(sizes: list[int], rng: np.random.Generator) -> Iterator[Floats]:
    for size in sizes:
        time = np.arange(size) / RATE
        pitch = rng.uniform(90, 280)
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(2 * np.pi * time))) / RATE
        harmonics = range(1, 12)
        voice = sum(rng.uniform(0.2, 1) / n * np.sin(n * phase) for n in harmonics)
        syllables = 0.05 + np.sin(np.pi * rng.uniform(2, 5) * time) ** 2
        yield syllables * (voice + rng.normal(0, rng.uniform(0.02, 0.4), size))


def _recordings(folder: Path) -> list[Floats]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"--speech {folder}: holds no audio, but should; give a folder that does")
    return [_mono(path) for path in paths]


def _mono(path: Path) -> Floats:
    samples, rate = soundfile.read(path, always_2d=True)
    mono: Floats = soxr.resample(samples.mean(axis=1), rate, RATE)
    return mono


def _cuts(recordings: list[Floats], sizes: list[int], rng: np.random.Generator) -> Iterator[Floats]:
    joined = np.concatenate(recordings)
    for size in sizes:
        start = rng.integers(joined.size)
        # Inaudible, but no silence: that would be rejected.
        yield np.take(joined, range(start, start + size), mode="wrap") + rng.normal(0, 1e-3, size)
