"""The embedded models that something disturbs fail in what they should, and in nothing near it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertify.candidates.reading import Candidate
from sertify.corpora.audio import Waveform
from sertify.corpora.perturbing.applying import perturb
from sertify.hub.snapshots import read_index, take_snapshot
from sertify.models.loading import load, outline
from sertify.models.model import LoadedModel
from sertify.statistics.agreement import uar
from sertify.statistics.gaps import Gap, gaps
from sertify.statistics.grouped import grouped
from sertify.statistics.robustness import Drop, uar_drop
from sertify.vocabulary.conditions import Condition
from tests.meta.runs import FIXTURES, SPEECH

FRAGILE = FIXTURES / "models" / "fragile"
RATE = 16_000

pytestmark = pytest.mark.slow(20)


@dataclass(frozen=True)
class Speech:
    """The clips of the test folder, and who says what."""

    waves: list[Waveform]
    labels: list[str]
    speakers: list[str]
    genders: list[str]


@cache
def speech() -> Speech:
    with (SPEECH / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    waves = [soundfile.read(SPEECH / row["file_name"], dtype="float32")[0] for row in rows]
    columns = ([row[name] for row in rows] for name in ("label", "speaker", "gender"))
    return Speech(waves, *columns)


@cache
def heard_in(condition: Condition | None) -> list[Waveform]:
    waves = speech().waves
    if condition is None:
        return waves
    found = []
    for at, wave in enumerate(waves):
        others = [waves[(at + 37 * n) % len(waves)] for n in range(1, 8)]
        found.append(perturb(wave, RATE, condition, at, others if condition.needs else ()))
    return found


@cache
def model(name: str) -> LoadedModel:
    folder = FRAGILE / name
    snapshot = take_snapshot(Candidate(name, str(folder), folder))
    return load(outline(snapshot, read_index(snapshot)), threads=1)


@cache
def said(name: str, condition: Condition | None = None) -> list[str]:
    return said_to(model(name), heard_in(condition))


def said_to(asked: LoadedModel, waves: Sequence[Waveform]) -> list[str]:
    return [str(asked.labels[int(asked.logits(wave).argmax())]) for wave in waves]


def drop(name: str, condition: Condition) -> Drop:
    clips = speech()
    return uar_drop(clips.labels, said(name), said(name, condition), clips.speakers)


def gap(name: str) -> Gap:
    clips = speech()
    told = grouped(clips.labels, said(name), clips.genders, clips.speakers)
    (found,) = gaps(told, ["uar"])
    return found


@pytest.mark.parametrize("folder", sorted(FRAGILE.iterdir()), ids=lambda folder: folder.name)
def test_each_is_a_small_model_of_transformers_own(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "model.safetensors", "preprocessor_config.json"}
    assert (folder / "model.safetensors").stat().st_size < 150_000


class TestHearsLoudness:
    NAME = "hears-loudness"

    def test_it_is_better_than_guessing(self) -> None:
        assert uar(speech().labels, said(self.NAME)) > 0.4

    def test_another_level_changes_most_of_what_it_says(self) -> None:
        softer = said(self.NAME, Condition("gain", -12))
        assert np.mean([a != b for a, b in zip(said(self.NAME), softer, strict=True)]) > 0.6
        assert drop(self.NAME, Condition("gain", -12)).interval.low > 0.2

    def test_it_does_not_hear_what_is_said(self) -> None:
        """Noise of that level is to it what the speech is, but for the samples that it looks at."""
        rng, waves = np.random.default_rng(0), speech().waves
        level = [float(np.abs(wave).mean()) for wave in waves]
        even = [np.sign(rng.normal(size=RATE)).astype(np.float32) * some for some in level]
        shuffled = said_to(model(self.NAME), even)
        same = [a == b for a, b in zip(said(self.NAME), shuffled, strict=True)]
        assert np.mean(same) > 0.85


class TestIgnoresEverything:
    NAME = "ignores-everything"

    def test_it_gives_the_same_logits_to_all(self) -> None:
        rows = [model(self.NAME).logits(wave) for wave in speech().waves[::20]]
        assert np.ptp(np.array(rows), axis=0).max() == 0

    def test_nothing_can_disturb_it(self) -> None:
        """So that it is for the degeneracy gate to find it."""
        assert drop(self.NAME, Condition("gain", -12)).value == 0
