"""What a look foretells of all clips is what all clips say, as often as it promises."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sertify.pipeline.courses import positions
from sertify.statistics import curtailment
from sertify.statistics.curtailment import LOOKS, Foresight, Leader, Look, foresee, tells
from sertify.statistics.jackknife import uar_estimate

SPEAKERS, CLASSES, CLIPS = 10, 4, 12
CELLS = np.indices((SPEAKERS, CLASSES)).reshape(2, -1).repeat(CLIPS, axis=1)
SIZES = np.full((SPEAKERS, CLASSES), float(CLIPS))
Flags = NDArray[np.bool_]


def drawn(rng: np.random.Generator, hard: NDArray[np.float64] | float = 0.0) -> Flags:
    """Return hits of a model for which some speakers and classes are harder than others."""
    speakers, classes = CELLS
    easy = rng.normal(0, 0.5, SPEAKERS)[speakers] + rng.normal(0, 0.8, CLASSES)[classes]
    hits: Flags = rng.random(len(classes)) < 1 / (1 + np.exp(-easy - hard))
    return hits


def look(hits: Flags, share: float, seed: int, leader: Flags | None = None) -> Look:
    speakers, classes = CELLS
    order = positions([*zip(classes.tolist(), speakers.tolist(), strict=True)], seed)
    heard = np.array(order) < share
    known = None if leader is None else Leader(leader[heard], recalls(leader))
    return Look(classes[heard], speakers[heard], hits[heard], SIZES, known)


def recalls(hits: Flags) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.bincount(CELLS[1], hits) / np.bincount(CELLS[1])
    return found


def deviations(seed: int, *, leader: bool) -> list[float]:
    """Return by how many spreads the UAR of all clips misses what looks foretold of it."""
    rng, found = np.random.default_rng(seed), []
    for pool in range(150):
        hard = rng.normal(0, 2, CELLS.shape[1])
        hits, ahead = drawn(rng, hard), drawn(rng, hard + 1)
        for share in LOOKS:
            said = foresee(look(hits, share, pool, ahead if leader else None))
            found.append((recalls(hits).mean() - said.value) / said.spread)
    return found


@pytest.mark.parametrize("leader", [False, True])
def test_all_clips_lie_around_a_look_as_far_as_it_says(leader: bool) -> None:
    found = deviations(1, leader=leader)
    assert np.mean(found) == pytest.approx(0, abs=0.15)
    assert 0.8 <= np.std(found) <= 1.1


def test_what_the_leader_found_hard_tells_of_the_rest() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 4, CELLS.shape[1])
    hits, ahead = drawn(rng, hard), drawn(rng, hard + 1)
    alone, beside = (foresee(look(hits, 0.17, 0, one)) for one in (None, ahead))
    assert beside.spread < 0.8 * alone.spread


def test_one_who_errs_elsewhere_tells_nothing() -> None:
    rng = np.random.default_rng(0)
    hits, ahead = drawn(rng), np.ones(CELLS.shape[1], bool)
    alone, beside = (foresee(look(hits, 0.17, 0, one)) for one in (None, ahead))
    assert (beside.value, beside.spread) == (alone.value, alone.spread)


def test_all_clips_foretell_themselves() -> None:
    hits = drawn(np.random.default_rng(2))
    said = foresee(look(hits, 1.0, 0))
    value, interval = uar_estimate(CELLS[1], hits, CELLS[0])
    assert said.value == pytest.approx(value)
    assert said.spread == 0
    assert curtailment.reach([said], chances=4) == pytest.approx(value)
    assert curtailment.upper_end([said], 0.95, chances=4) == pytest.approx(interval.high, abs=0.01)


def test_of_few_clips_of_a_class_nothing_is_foretold() -> None:
    hits = drawn(np.random.default_rng(2))
    assert tells(look(hits, 0.08, 0))
    one = look(hits, 0.08, 0)
    kept = (one.classes > 0) | (np.cumsum(one.classes == 0) <= 2)
    fewer = replace(one, classes=one.classes[kept], units=one.units[kept], hits=one.hits[kept])
    assert not tells(fewer)


def test_without_speakers_more_clips_make_it_as_sure_as_they_are_many() -> None:
    hits = np.arange(400) % 2 < 1
    classes = np.arange(400) // 2 % 2
    part = np.arange(400) % 10 < 4
    said = foresee(Look(classes[part], np.flatnonzero(part), hits[part], np.eye(2)[classes]))
    assert said.gap_error == pytest.approx(np.sqrt(0.25 / 400), rel=0.1)
    assert said.gap_error < said.error < 1.3 * said.gap_error


FORESEEN = Foresight(0.3, 0.02, 0.03, 0.03, freedom=9, heard=200)


def test_the_upper_end_is_that_of_the_interval_to_come() -> None:
    value = curtailment.reach([FORESEEN], chances=4)
    assert value == pytest.approx(0.3 + 2.84 * 0.02, abs=0.001)  # t at 1 - 0.01 / 4
    assert curtailment.upper_end([FORESEEN], None, 4) == value
    assert value + 1.9 * 0.03 < curtailment.upper_end([FORESEEN], 0.95, 4) < value + 2.6 * 0.03


def test_several_corpora_are_surer_in_the_mean() -> None:
    both = curtailment.upper_end([FORESEEN, FORESEEN], 0.95, 4)
    assert 0.3 < both < curtailment.upper_end([FORESEEN], 0.95, 4) - 0.02


@pytest.mark.parametrize(
    ("leader", "worth", "rivals", "behind"),
    [
        (0.60, 0.05, 1, True),
        (0.45, 0.05, 1, True),
        (0.42, 0.05, 1, False),  # not significantly
        (0.45, 0.10, 1, False),  # the other aims may make up for it
        (0.45, 0.05, 49, False),  # of so many, one is so far behind by chance
        (0.25, 0.00, 1, False),
    ],
)
def test_behind_is_who_can_neither_be_tied_nor_chosen(
    leader: float, worth: float, rivals: int, behind: bool
) -> None:
    assert curtailment.is_behind([FORESEEN], leader, worth, rivals, len(LOOKS)) is behind
