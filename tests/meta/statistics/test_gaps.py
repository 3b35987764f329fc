"""Gaps between groups: by hand, by chance, and in small simulations with and without a bias."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from benchmarks import fairness
from sertify.statistics.gaps import KINDS, Gap, gaps
from sertify.statistics.grouped import grouped, worst_group
from sertify.statistics.intervals import Interval
from sertify.statistics.jackknife import metric_intervals

EMOTIONS = ("anger", "fear", "joy")
SETTINGS = {setting.name: setting for setting in fairness.SETTINGS}
label, value = st.sampled_from(EMOTIONS), st.sampled_from(["f", "m", "x", None])
clips = st.lists(st.tuples(label, label, value, st.integers(0, 7)), min_size=4, max_size=60)
Clips = list[tuple[str, str, str | None, int]]


def gap(value: float, half: float, speakers: tuple[int, int] = (9, 20)) -> Gap:
    """Return a gap, and intervals of which that of all gaps is half as wide again."""
    near, far = (Interval(value - one, value + one) for one in (half, 1.5 * half))
    return Gap("uar", "f", "m", value, near, 0.95, far, 0.99, 0.1, 0.3, speakers, 20.0)


# ------------------------------------------------------------------ values


@given(clips)
def test_gaps_are_differences_of_what_groups_have_by_themselves(drawn: Clips) -> None:
    truth, said, values, who = (list(column) for column in zip(*drawn, strict=True))
    for found in gaps(grouped(truth, said, values, who), ["recall"]):
        emotion = found.metric.partition(":")[2]
        recalls = []
        for group in (found.one, found.other):
            kept = [n for n, own in enumerate(values) if own == group]
            pairs = [[some[n] for n in kept] for some in (truth, said)]
            recalls.append(recall_score(*pairs, labels=[emotion], average=None)[0])
        assert found.value == pytest.approx(recalls[0] - recalls[1])


@given(clips)
def test_each_is_bounded_and_all_at_once_more_widely(drawn: Clips) -> None:
    truth, said, values, who = (list(column) for column in zip(*drawn, strict=True))
    for found in gaps(grouped(truth, said, values, who)):
        near, far = found.interval, found.simultaneous
        assert -1 <= far.low <= near.low + 1e-12 <= found.value + 1e-9
        assert found.value - 1e-9 <= near.high <= far.high + 1e-12 <= 1 + 1e-9
        assert found.p <= found.p_corrected <= 1


@given(clips, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_speakers_matter(drawn: Clips, random: Random) -> None:
    several = []
    for _ in range(2):
        truth, said, values, who = (list(column) for column in zip(*drawn, strict=True))
        found = gaps(grouped(truth, said, values, [f"speaker {one}" for one in who]))
        several.append({(one.metric, one.one, one.other): one for one in found})
        random.shuffle(drawn)
    assert several[0].keys() == several[1].keys()
    for key, one in several[0].items():
        other = several[1][key]
        numbers = [(g.value, g.interval.low, g.interval.high, g.p) for g in (one, other)]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-6)


def test_who_is_angrier_is_no_gap_to_a_model_that_hears_all_alike() -> None:
    """The very same confusions, but women are angry in four of five clips, men in one."""
    angry = ["anger", "anger", "anger", "joy"], ["joy", "joy", "joy", "anger"]
    truth, said, values = [], [], []
    for sex, times in (("f", (8, 2)), ("m", (2, 8))):
        for emotion, heard, n in zip(("anger", "joy"), angry, times, strict=True):
            truth += [emotion] * 4 * n
            said += heard * n
            values += [sex] * 4 * n
    found = gaps(grouped(truth, said, values))
    assert {one.metric for one in found} >= {"share:anger", "precision:joy", "uar"}
    assert [one.value for one in found] == pytest.approx([0] * len(found))
    shares = [
        np.mean([s == "anger" for s, v in zip(said, values, strict=True) if v == sex])
        for sex in "fm"
    ]
    assert shares[0] - shares[1] == pytest.approx(0.3)  # what a plain difference would say


def test_what_is_said_beside_the_emotions_is_a_share() -> None:
    truth, values = ["anger", "joy"] * 20, ["f"] * 20 + ["m"] * 20
    said = ["calm"] * 20 + ["anger", "joy"] * 10
    found = {one.metric: one for one in gaps(grouped(truth, said, values), ["share"])}
    assert found["share:calm"].value == 1
    assert found["share:joy"].value == -0.5


def test_pairs_are_compared_over_what_both_have() -> None:
    truth = ["anger", "joy"] * 9 + ["anger", "fear"] * 9 + ["fear", "fear"] * 9
    values = ["f"] * 18 + ["m"] * 18 + ["x"] * 18
    found = {(g.metric, g.one, g.other) for g in gaps(grouped(truth, truth, values), ["recall"])}
    assert found == {("recall:anger", "f", "m"), ("recall:fear", "m", "x")}
    assert gaps(grouped(truth, truth, ["f"] * 54)) == []
    assert gaps(grouped(truth, truth, [None] * 54)) == []


def test_speakers_in_both_groups_are_compared_with_themselves() -> None:
    rng = np.random.default_rng(1)
    truth, who = ["anger", "joy"] * 200, np.arange(400) // 40
    hard = rng.uniform(0.2, 1, 10)[who] > rng.random(400)
    said = np.where(hard, truth, "fear").tolist()
    within = gaps(grouped(truth, said, ["f", "f", "m", "m"] * 100, who.tolist()), ["uar"])[0]
    apart = gaps(grouped(truth, said, np.where(who < 5, "f", "m").tolist(), who.tolist()), ["uar"])
    assert (within.speakers, apart[0].speakers) == ((10, 10), (5, 5))
    widths = [one.interval.high - one.interval.low for one in (within, apart[0])]
    assert widths[0] < 0.5 * widths[1]


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((2, 1, 2, 2), "2 clips, but 1 predictions"),
        ((2, 2, 3, 2), "2 clips, but 3 values"),
        ((2, 2, 2, 1), "2 clips, but 1 groups"),
        ((0, 0, 0, 0), "no clips: a metric needs at least one"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    lengths: tuple[int, int, int, int], message: str
) -> None:
    columns = [["joy"] * n for n in lengths]
    with pytest.raises(ValueError, match=f"^{message}$"):
        grouped(*columns)


# ------------------------------------------------------------------ what is proven


@pytest.mark.parametrize(
    ("value", "half", "limit", "expected"),
    [
        (0.2, 0.05, 0.1, False),
        (-0.2, 0.05, 0.1, False),
        (0.2, 0.08, 0.1, None),  # beyond by itself, but not among all that were looked at
        (0.0, 0.09, 0.1, True),  # within by itself, which is enough
        (0.0, 0.12, 0.1, None),
        (0.2, 0.05, 0.3, True),
    ],
)
def test_a_gap_is_beyond_a_limit_within_it_or_open(
    value: float, half: float, limit: float, expected: bool | None
) -> None:
    found = gap(value, half)
    assert found.within(limit) is expected
    assert (found.speakers_to_settle(limit) is None) is (expected is not None)


def test_more_speakers_are_needed_the_closer_the_limit_is() -> None:
    far, near = (gap(0.1, 0.08).speakers_to_settle(limit) for limit in (0.03, 0.06))
    assert far is not None
    assert near is not None
    assert 9 < far < near
    assert gap(0.1, 0.3, (1, 20)).speakers_to_settle(0.05) is None


def test_what_nobody_can_tell_does_not_make_the_others_less_sure() -> None:
    truth, said = ["anger", "joy"] * 40, ["anger", "joy", "joy", "joy"] * 20
    values, who = ["f"] * 40 + ["m"] * 40, [n // 8 for n in range(80)]
    before = gaps(grouped(truth, said, values, who))
    alone = gaps(grouped([*truth, "joy"], [*said, "joy"], [*values, "x"], [*who, 99]))
    lone = [one for one in alone if one.other == "x"]
    assert lone
    assert {(one.p, one.p_corrected, one.interval, one.within(0.9)) for one in lone} == {
        (1, 1, Interval(-1, 1), None)
    }
    assert [one for one in alone if one.other == "m"] == before


@pytest.mark.slow(3)
@pytest.mark.parametrize(
    "name", ["6 speakers a group, 4 emotions", "6 speakers, each in both groups"]
)
def test_a_model_without_a_bias_has_gaps_in_few_corpora(name: str) -> None:
    found = fairness.judged(SETTINGS[name], 80, seed=2)
    assert np.mean(found.any_of_all) <= 0.075
    for kind in KINDS:
        assert np.mean(found.covered[kind]) >= 0.92


@pytest.mark.slow(2)
def test_speakers_who_are_not_named_make_gaps_of_nothing() -> None:
    found = fairness.judged(SETTINGS["10 speakers a group, not named"], 80, seed=0, kinds=["uar"])
    assert np.mean(found.uar_alone) >= 0.1


@pytest.mark.slow(2)
def test_a_bias_is_found_and_bounded() -> None:
    setting = replace(SETTINGS["10 speakers a group, 4 emotions"], bias=1.2)
    found = fairness.judged(setting, 60, seed=0)
    assert np.mean(found.any_of_all) >= 0.5
    assert np.mean(found.uar_alone) >= 0.8
    for kind in KINDS:
        assert np.mean(found.covered[kind]) >= 0.9


# ------------------------------------------------------------------ the worst group


@given(clips)
def test_the_worst_group_has_the_lowest_uar(drawn: Clips) -> None:
    truth, said, values, who = (list(column) for column in zip(*drawn, strict=True))
    speech = grouped(truth, said, values, who)
    rows = speech.common(speech.names)
    if not rows or not speech.names:
        with pytest.raises(ValueError, match=r"^no emotion has clips in each group"):
            worst_group(speech)
        return
    found = worst_group(speech)
    rates = {name: speech.heard_as(name, rows).rate("uar").value for name in speech.names}
    assert found.value == min(rates.values()) == rates[found.name]
    assert 0 <= found.interval.low <= found.value + 1e-9


def test_of_one_group_it_is_the_interval_of_uar() -> None:
    rng = np.random.default_rng(0)
    truth, said = (rng.choice(EMOTIONS, 200).tolist() for _ in range(2))
    who = [n % 8 for n in range(200)]
    found = worst_group(grouped(truth, said, ["f"] * 200, who)).interval
    expected = metric_intervals(truth, said, who, ["uar"])["uar"]
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_lowest_of_equal_groups_is_bounded() -> None:
    rng, missed = np.random.default_rng(1), 0
    for _ in range(200):
        right = rng.random(400) < 0.6
        said = np.where(right, "joy", "fear").tolist()
        ends = worst_group(grouped(["joy"] * 400, said, [*"abcd"] * 100)).interval
        missed += not ends.low <= 0.6 <= ends.high
    assert missed <= 10
