"""The gaps of a model without a bias: in small simulations, and by hand."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from benchmarks import chances, fairness
from sertify.statistics.grouped import grouped
from sertify.statistics.unbiased import chance_gaps

SETTINGS = {setting.name: setting for setting in fairness.SETTINGS}


@pytest.mark.slow(4)
@pytest.mark.parametrize(
    "name", ["6 speakers a group, 4 emotions", "10 speakers, each in both groups"]
)
def test_the_largest_gap_is_above_what_chance_shows_in_few_corpora(name: str) -> None:
    found = chances.above(name, 80, seed=3, draws=200)
    assert np.mean(found["placed"]) <= 0.08
    # Clips that are drawn one by one know nothing of how alike those of a speaker are.
    assert "each in both" in name or np.mean(found["drawn"]) >= 0.12


def test_a_bias_stands_out_of_chance() -> None:
    setting = replace(SETTINGS["10 speakers a group, 4 emotions"], bias=1.5)
    found = chance_gaps(fairness.drawn(np.random.default_rng(0), setting))
    assert found["uar"].value > found["uar"].most > found["uar"].mean > 0
    assert found["uar"].as_large < 0.05


def test_places_change_and_nothing_else_does() -> None:
    """With two speakers, there are two ways to place them, and one gap."""
    truth, said = ["anger", "joy"] * 10, ["anger"] * 10 + ["anger", "joy"] * 5
    speech = grouped(truth, said, ["f"] * 10 + ["m"] * 10, ["ann"] * 10 + ["ben"] * 10)
    found = chance_gaps(speech, ["uar", "share"], draws=50)
    assert (found["uar"].value, found["uar"].mean, found["uar"].most) == (0.5, 0.5, 0.5)
    assert found["uar"].as_large == 1
    both = grouped(truth, said, ["f", "f", "m", "m"] * 5, ["ann"] * 10 + ["ben"] * 10)
    # Of the four placements of two speakers who are in both groups, two show what was measured.
    assert chance_gaps(both, ["uar"], draws=999)["uar"].as_large == pytest.approx(0.5, abs=0.05)


def test_a_seed_gives_one_result() -> None:
    speech = fairness.drawn(np.random.default_rng(0), SETTINGS["6 speakers a group, 4 emotions"])
    found, again, other = (chance_gaps(speech, ["uar"], seed=seed) for seed in (0, 0, 1))
    assert found == again != other


def test_groups_without_a_common_emotion_have_no_gap_by_chance() -> None:
    with pytest.raises(ValueError, match=r"^no emotion has clips in each group, but one should$"):
        chance_gaps(grouped(["anger", "joy"], ["joy"] * 2, ["f", "m"]))


def test_of_what_is_never_said_there_is_no_precision_by_chance() -> None:
    truth, sexes = ["anger", "joy"] * 20, ["f", "f", "m", "m"] * 10
    for speakers in (None, [f"s{n % 8}" for n in range(40)]):
        found = chance_gaps(grouped(truth, [""] * 40, sexes, speakers), draws=20)
        assert np.isnan(astuple(found["precision"])).all()
        assert found["recall"].as_large == 1
