"""What disturbed sound costs: by hand, by other metrics, and in small simulations."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.metrics import cohen_kappa_score

from benchmarks import disturbing
from sertify.statistics import agreement
from sertify.statistics.jackknife import kappa_interval
from sertify.statistics.robustness import corruption_errors, uar_drop, unchanged

EMOTIONS = ("anger", "fear", "joy")
label = st.sampled_from(EMOTIONS)
clips = st.lists(st.tuples(label, label, label, st.integers(0, 4)), min_size=2, max_size=40)
Clips = list[tuple[str, str, str, int]]


# ------------------------------------------------------------------ drops


@given(clips)
def test_a_drop_is_what_uar_loses(drawn: Clips) -> None:
    truth, clean, disturbed, who = (list(column) for column in zip(*drawn, strict=True))
    for groups in (who, None):
        found = uar_drop(truth, clean, disturbed, groups)
        before, after = (agreement.uar(truth, said) for said in (clean, disturbed))
        assert (found.clean, found.disturbed) == pytest.approx((before, after), abs=1e-12)
        assert found.value == pytest.approx(before - after, abs=1e-12)
        assert found.worsened - found.mended == pytest.approx(found.value)
        assert -1 <= found.interval.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.interval.high <= 1


@given(clips, st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(drawn: Clips, random: Random) -> None:
    ends = []
    for _ in range(2):
        truth, clean, disturbed, who = (list(column) for column in zip(*drawn, strict=True))
        found = uar_drop(truth, clean, disturbed, [f"speaker {one}" for one in who])
        ends.append((found.interval.low, found.interval.high))
        random.shuffle(drawn)
    assert ends[0] == pytest.approx(ends[1])


@pytest.mark.parametrize("speakers", [8, 24])
@pytest.mark.parametrize("changed", [0, 1])
def test_one_or_no_clip_that_changes_is_no_certainty(speakers: int, changed: int) -> None:
    """A drop is in doubt of which so few clips would still be seen in one of forty corpora."""
    truth = [*EMOTIONS] * 40
    groups = [n // 3 % speakers for n in range(120)]
    found = uar_drop(truth, truth, ["fear"] * changed + truth[changed:], groups)
    possible = next(p / 1000 for p in range(1, 1000) if binom.cdf(changed, 120, p / 1000) < 0.025)
    assert found.interval.high > 0.9 * possible
    assert found.interval.low < 0
    assert found.p > 0.3


def test_a_loss_that_many_speakers_share_is_proven() -> None:
    truth = [*EMOTIONS] * 40
    heard = ["fear" if n % 5 == 0 else true for n, true in enumerate(truth)]
    found = uar_drop(truth, truth, heard, [n // 15 for n in range(120)])
    assert found.value == pytest.approx(16 / 40 / 3)
    assert found.interval.low > 0.05
    assert found.p < 0.01


def test_a_model_may_gain() -> None:
    truth = [*EMOTIONS] * 40
    heard = ["fear" if n % 5 == 0 else true for n, true in enumerate(truth)]
    found = uar_drop(truth, heard, truth)
    assert (found.value, found.mended, found.worsened) == pytest.approx((-16 / 120, 16 / 120, 0))
    assert found.interval.high < 0


@pytest.mark.parametrize("speakers", [8, 24])
def test_intervals_hold_small_drops_which_usual_ones_miss(speakers: int) -> None:
    size = next(one for one in disturbing.SIZES if one[0] == speakers and one[2] > 2)
    found = disturbing.simulate(size, (0.02, 0.0), 200, seed=0)
    assert found["drop"].covered >= 0.95
    assert found["usual"].covered <= 0.94


@pytest.mark.parametrize("size", disturbing.SIZES[:3])
@pytest.mark.parametrize("loss", [(0.03, 0.03), (0.15, 0.05), (0.3, 0.1)])
def test_intervals_cover(size: tuple[int, int, int], loss: tuple[float, float]) -> None:
    found = disturbing.simulate(size, loss, 100, seed=0)
    assert found["drop"].covered >= 0.93
    assert found["unchanged"].covered >= 0.9
    assert np.mean(found["drop"].below) <= 0.05  # what would reject


def test_a_drop_is_refused_of_predictions_that_are_of_other_clips() -> None:
    with pytest.raises(ValueError, match=r"^2 clips, but 1 predictions$"):
        uar_drop(["joy"] * 2, ["joy"] * 2, ["joy"])
    with pytest.raises(ValueError, match=r"^no clips"):
        uar_drop([], [], [])


# ------------------------------------------------------------------ unchanged predictions


@given(clips)
def test_unchanged_is_kappa(drawn: Clips) -> None:
    _, clean, disturbed, who = (list(column) for column in zip(*drawn, strict=True))
    found = unchanged(clean, disturbed, who)
    assert found.share == pytest.approx(np.mean(np.array(clean) == np.array(disturbed)))
    if math.isnan(found.corrected):
        assert len({*clean, *disturbed}) == 1
        return
    assert found.corrected == pytest.approx(cohen_kappa_score(clean, disturbed), abs=1e-9)
    assert found.corrected == pytest.approx((found.share - found.chance) / (1 - found.chance))
    assert -1 <= found.interval.low <= found.corrected + 1e-9


def test_its_interval_is_that_of_two_raters() -> None:
    rng = np.random.default_rng(3)
    clean = rng.choice(EMOTIONS, 200).tolist()
    heard = [said if rng.random() < 0.8 else "joy" for said in clean]
    groups = [n % 10 for n in range(200)]
    ours, theirs = unchanged(clean, heard, groups).interval, kappa_interval(clean, heard, groups)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


@given(clips)
def test_a_clip_counts_as_often_as_it_stands_for(drawn: Clips) -> None:
    _, clean, disturbed, times = zip(*drawn, strict=True)
    weights = [n + 1 for n in times]
    found = unchanged(clean, disturbed, weights=weights)
    before, after = (np.repeat(some, weights).tolist() for some in (clean, disturbed))
    whole = unchanged(before, after)
    assert (found.share, found.chance) == pytest.approx((whole.share, whole.chance))
    assert found.corrected == pytest.approx(whole.corrected, nan_ok=True, abs=1e-9)


def test_who_always_says_one_thing_tells_nothing() -> None:
    found = unchanged(["joy"] * 9, ["joy"] * 9)
    assert (found.share, found.chance) == (1, 1)
    assert math.isnan(found.corrected)
    assert (found.interval.low, found.interval.high) == (-1, 1)


def test_who_answers_blindly_changes_as_much_as_chance() -> None:
    rng = np.random.default_rng(0)
    found = unchanged(*(rng.choice(EMOTIONS, 3000, p=[0.8, 0.1, 0.1]).tolist() for _ in range(2)))
    assert found.share == pytest.approx(0.66, abs=0.03)
    assert found.interval.low < 0 < found.interval.high


def test_all_unchanged_is_no_certainty() -> None:
    groups = [n % 8 for n in range(60)]
    found = unchanged([*EMOTIONS] * 20, [*EMOTIONS] * 20, groups)
    assert found.corrected == pytest.approx(1)
    assert 0.7 < found.interval.low < 0.95


# ------------------------------------------------------------------ relative corruption error


def test_losses_are_those_of_the_baseline_times_the_error() -> None:
    losses = {"noise": [0.1, 0.2, 0.3], "phone": [0.05], "room": [0.1]}
    baseline = {"noise": [0.1, 0.1, 0.2], "phone": [-0.01], "mp3": [0.1]}
    assert corruption_errors(losses, baseline) == pytest.approx({"noise": 1.5})
    assert corruption_errors(baseline, baseline) == pytest.approx({"noise": 1, "mp3": 1})


def test_other_severities_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^noise: 2 severities, but 1 of the baseline$"):
        corruption_errors({"noise": [0.1, 0.2]}, {"noise": [0.1]})
