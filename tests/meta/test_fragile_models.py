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

pytestmark = pytest.mark.slow(1)


@dataclass(frozen=True)
class Speech:
    """Every other clip of the test folder, and who says what."""

    waves: list[Waveform]
    labels: list[str]
    speakers: list[str]
    genders: list[str]


@cache
def speech() -> Speech:
    with (SPEECH / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::2]
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


WRONG_IN = (
    ("fragile-to-noise", Condition("pink", 20)),
    ("fragile-to-phone", Condition("mulaw", 25)),
    ("fragile-to-phone", Condition("gsm", 25)),
    ("flips-at-lowpass", Condition("lowpass", 4000)),
)
RIGHT_IN = (
    ("fragile-to-noise", Condition("pink", 50)),
    ("fragile-to-noise", Condition("lowpass", 4000)),
    ("fragile-to-phone", Condition("lowpass", 4000)),
    ("flips-at-lowpass", Condition("pink", 20)),
    ("flips-at-lowpass", Condition("lowpass", 7000)),
)


class TestToldWrong:
    """Those that were trained: each beside `steady`, which heard the same and was told right."""

    @pytest.mark.parametrize("name", sorted({name for name, _ in WRONG_IN}))
    def test_each_is_as_good_as_the_sound_one_as_long_as_nothing_disturbs(self, name: str) -> None:
        clips = speech()
        assert uar(clips.labels, said(name)) > 0.7
        lost = uar_drop(clips.labels, said("steady"), said(name), clips.speakers)
        assert lost.interval.low < 0.05

    @pytest.mark.parametrize(("name", "condition"), WRONG_IN, ids=str)
    def test_each_is_wrong_in_what_it_was_told_wrong(self, name: str, condition: Condition) -> None:
        assert drop(name, condition).interval.low > 0.3
        assert drop("steady", condition).interval.high < drop(name, condition).interval.low

    @pytest.mark.parametrize(("name", "condition"), RIGHT_IN, ids=str)
    def test_each_holds_up_in_what_is_near(self, name: str, condition: Condition) -> None:
        assert drop(name, condition).interval.low < 0.1

    def test_the_flip_is_to_another_label(self) -> None:
        before, after = (
            said("flips-at-lowpass", one) for one in (None, Condition("lowpass", 4000))
        )
        assert np.mean([a != b for a, b in zip(before, after, strict=True)]) > 0.6


class TestUnfairToWomen:
    NAME = "unfair-to-women"

    def test_the_gap_is_proven(self) -> None:
        found = gap(self.NAME)
        assert (found.one, found.other) == ("female", "male")
        assert found.simultaneous.high < -0.1

    def test_the_sound_one_has_none_that_is_against_women(self) -> None:
        assert gap("steady").interval.high > 0

    def test_it_understands_men(self) -> None:
        clips = speech()
        men = [at for at, gender in enumerate(clips.genders) if gender == "male"]
        heard = said(self.NAME)
        assert uar([clips.labels[at] for at in men], [heard[at] for at in men]) > 0.6
