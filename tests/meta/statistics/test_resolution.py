"""The smallest difference that a corpus can show is what comparing two models there finds."""

import math

import numpy as np
import pytest

from sertify.statistics.comparisons import difference
from sertify.statistics.paired import paired
from sertify.statistics.resolution import DISAGREEMENT, finest_difference


@pytest.mark.parametrize("speakers", [8, 24])
@pytest.mark.parametrize("clips", [{"a": 60, "b": 60}, {"a": 240, "b": 48, "c": 24}])
def test_it_is_that_of_two_models_which_disagree_so_often(
    speakers: int, clips: dict[str, int]
) -> None:
    generator = np.random.default_rng(0)
    truth = [emotion for emotion, number in clips.items() for _ in range(number)]
    who = [f"s{n % speakers}" for n in range(len(truth))]
    found = []
    for _ in range(40):
        drawn = generator.random(len(truth))
        either = DISAGREEMENT / 2
        one = [t if u < 0.6 else "no" for t, u in zip(truth, drawn, strict=True)]
        other = [
            t if either <= u < 0.6 + either else "no" for t, u in zip(truth, drawn, strict=True)
        ]
        both = paired(truth, {"one": one, "other": other}, who)
        found.append(difference([both], "one", "other").detectable)
    expected = finest_difference([clips], speakers)
    assert np.mean(found) == pytest.approx(expected, rel=0.15)


def test_more_corpora_clips_and_speakers_show_more() -> None:
    one = {"a": 20, "b": 20}
    assert finest_difference([one, one], 10) < finest_difference([one], 10)
    assert finest_difference([{"a": 80, "b": 80}], 10) == finest_difference([one], 10) / 2
    assert finest_difference([one], 40) < finest_difference([one], 4)


def test_too_little_shows_nothing() -> None:
    assert finest_difference([], 10) == math.inf
    assert finest_difference([{}], 10) == math.inf
    assert finest_difference([{"a": 5}], 1) == math.inf
