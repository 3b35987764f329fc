"""UAR and its interval are the same of words and of numbers."""

import numpy as np
import pytest

from sertify.statistics import agreement
from sertify.statistics.intervals import Interval
from sertify.statistics.jackknife import metric_intervals, uar_estimate


def study(
    n: int, speakers: int, right: float, classes: int = 4
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make clips of uneven classes, by speakers of whom some are better understood."""
    chance = np.random.default_rng(n)
    truth = chance.choice(classes, n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    speaker = chance.integers(speakers, size=n)
    ease = right + 0.2 * chance.standard_normal(speakers)
    return truth, chance.random(n) < ease[speaker], speaker


def in_words(
    truth: np.ndarray, hits: np.ndarray, speaker: np.ndarray | None
) -> tuple[float, Interval]:
    words = [f"class {one}" for one in truth]
    said = [word if hit else "another" for word, hit in zip(words, hits, strict=True)]
    groups = None if speaker is None else speaker.tolist()
    return agreement.uar(words, said), metric_intervals(words, said, groups, ["uar"])["uar"]


@pytest.mark.parametrize("by_speaker", [True, False])
@pytest.mark.parametrize(
    ("n", "speakers", "right"), [(300, 3, 0.6), (500, 12, 0.3), (2000, 40, 0.7), (900, 300, 0.9)]
)
def test_it_is_that_of_words(n: int, speakers: int, right: float, by_speaker: bool) -> None:
    truth, hits, speaker = study(n, speakers, right)
    units = speaker if by_speaker else None
    value, found = uar_estimate(truth, hits, units)
    assert (value, found) == in_words(truth, hits, units)


@pytest.mark.parametrize("hit", [True, False])
@pytest.mark.parametrize("speakers", [1, 2, 6])
def test_what_does_not_vary_is_uncertain_all_the_same(hit: bool, speakers: int) -> None:
    truth = np.arange(24) % 3
    hits, speaker = np.full(24, hit), np.arange(24) // 3 % speakers
    value, found = uar_estimate(truth, hits, speaker)
    assert (value, found) == in_words(truth, hits, speaker)
    assert found.high - found.low > 0.1


def test_names_of_classes_and_speakers_make_no_difference() -> None:
    truth, hits, speaker = study(200, 5, 0.5)
    assert uar_estimate(truth * 7, hits, speaker - 1) == uar_estimate(truth, hits, speaker)


def test_one_clip_has_the_interval_of_one_trial() -> None:
    value, interval = uar_estimate(np.array([3]), np.array([True]))
    assert value == 1
    assert interval.low < 0.1
