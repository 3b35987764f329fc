"""Rates on even speech, and how far two are apart: by other libraries, by hand, and by chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import ttest_ind, ttest_rel
from sklearn.metrics import precision_score

from sertify.statistics import agreement, diversity
from sertify.statistics.contrasts import Contrast, Rate
from sertify.statistics.intervals import t_quantile
from sertify.statistics.jackknife import metric_intervals
from sertify.statistics.rates import heard_as

EMOTIONS = ("anger", "fear", "joy")
LABELS = (*EMOTIONS, "calm")
clips = st.lists(
    st.tuples(st.sampled_from(EMOTIONS), st.sampled_from(LABELS), st.integers(0, 4)),
    min_size=6,
    max_size=60,
)
Clips = list[tuple[str, str, int]]
Floats = NDArray[np.float64]


def columns(drawn: Clips) -> tuple[list[str], list[str], list[int]]:
    truth, said, who = (list(column) for column in zip(*drawn, strict=True))
    return truth, said, who


def of_rates(some: list[float], place: int = 0, places: int | None = None) -> Rate:
    """Return the mean rate of speakers, who stand at a place among others."""
    rates, n = np.array(some), len(some)
    deviations = np.zeros(places or n)
    deviations[place : place + n] = (rates - rates.mean()) / math.sqrt(n * (n - 1))
    spread = float(np.linalg.norm(deviations))
    return Rate(float(rates.mean()), spread, spread, 1000, n - 1, n, deviations)


# ------------------------------------------------------------------ rates


@given(clips)
def test_uar_and_recall_are_the_metrics(drawn: Clips) -> None:
    truth, said, who = columns(drawn)
    emotions = sorted(set(truth))
    told = heard_as(truth, said, emotions, [*LABELS], np.array(who), 5)
    assert told.rate("uar").value == pytest.approx(agreement.uar(truth, said))
    for emotion, recall in agreement.recalls(truth, said).items():
        assert told.rate(f"recall:{emotion}").value == pytest.approx(recall)


@given(clips)
def test_shares_and_precision_are_those_of_clips_that_are_weighed_to_be_even(drawn: Clips) -> None:
    truth, said, _ = columns(drawn)
    weights, emotions = diversity.evening(truth), sorted(set(truth))
    told = heard_as(truth, said, emotions, sorted(set(said) - {*emotions}))
    shares = diversity.shares(said, weights)
    for label in told.labels:
        assert told.rate(f"share:{label}").value == pytest.approx(shares.get(label, 0))
    for emotion in emotions:
        expected = precision_score(
            truth, said, labels=[emotion], average=None, sample_weight=weights,
            zero_division=np.nan,
        )  # fmt: skip
        assert told.rate(f"precision:{emotion}").value == pytest.approx(expected[0], nan_ok=True)


@given(clips)
def test_intervals_of_uar_and_recall_are_those_of_one_model(drawn: Clips) -> None:
    truth, said, who = columns(drawn)
    told = heard_as(truth, said, sorted(set(truth)), LABELS[3:], np.array(who), 5)
    for metric in ("uar", *(f"recall:{emotion}" for emotion in sorted(set(truth)))):
        rate = told.rate(metric)
        if rate.units > 1 and len(set(who)) > 1:
            ours = rate.interval(t_quantile(0.95, rate.freedom))
            theirs = metric_intervals(truth, said, who, [metric])[metric]
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize(
    "metric", ["uar", "recall:joy", "share:calm", "share:joy", "precision:joy"]
)
def test_deviations_are_those_of_leaving_out_one_speaker_after_the_other(metric: str) -> None:
    rng = np.random.default_rng(4)
    truth, said = (rng.choice(some, 300).tolist() for some in (EMOTIONS, LABELS))
    who = rng.integers(6, size=300)
    rate = heard_as(truth, said, EMOTIONS, ["calm"], who, 6).rate(metric)
    left = []
    for speaker in range(6):
        kept = [n for n in range(300) if who[n] != speaker]
        told = heard_as([truth[n] for n in kept], [said[n] for n in kept], EMOTIONS, ["calm"])
        left.append(told.rate(metric).value)
    expected = (np.array(left) - np.mean(left)) * math.sqrt(5 / 6)
    np.testing.assert_allclose(rate.deviations, expected, atol=1e-12)
    assert rate.spread == pytest.approx(np.linalg.norm(expected))


@given(clips)
def test_rates_and_their_ends_lie_within_bounds(drawn: Clips) -> None:
    truth, said, who = columns(drawn)
    told = heard_as(truth, said, sorted(set(truth)), sorted(set(said) - set(truth)), np.array(who))
    kinds = [f"{kind}:{label}" for kind in ("share", "precision") for label in told.labels]
    for metric in ("uar", *kinds):
        rate = told.rate(metric)
        ends = rate.interval(t_quantile(0.95, rate.freedom))
        assert math.isnan(rate.value) or 0 <= ends.low <= rate.value + 1e-9
        assert math.isnan(rate.value) or rate.value - 1e-9 <= ends.high <= 1


def test_of_one_speaker_nothing_is_known() -> None:
    rate = heard_as(["joy"] * 9, ["joy"] * 9, ["joy"], codes=np.zeros(9, np.int64)).rate("uar")
    ends = rate.interval(2.0)
    assert (rate.value, ends.low, ends.high) == (1, 0, 1)
    two = heard_as(["joy"] * 9, ["joy"] * 9, ["joy"], codes=np.arange(9) % 2).rate("uar")
    assert 0 < two.interval(2.0).low < 1


@pytest.mark.parametrize("metric", ["accuracy", "recall:calm", "recall", "share:", "share:pride"])
def test_what_is_no_rate_is_refused(metric: str) -> None:
    told = heard_as(["joy"] * 2, ["joy", "calm"], ["joy"], ["calm"])
    with pytest.raises(
        ValueError, match=f"^metric '{metric}', but should be uar, or recall, share"
    ):
        told.rate(metric)
    assert told.rate("share:calm").value == 0.5


def test_emotions_without_clips_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^no clips of fear, but there should be some$"):
        heard_as(["joy"], ["joy"], ["joy", "fear"])


# ------------------------------------------------------------------ how far two are apart

two_groups = st.tuples(
    *(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=12) for _ in range(2))
)


def test_of_independent_speakers_it_is_the_test_of_welch() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(0.5, 0.04, 12), rng.normal(0.46, 0.06, 9)
    ours = Contrast(of_rates(one.tolist(), 0, 21), of_rates(other.tolist(), 12, 21))
    theirs = ttest_ind(one, other, equal_var=False)
    assert ours.freedom == pytest.approx(theirs.df)
    assert ours.p() == pytest.approx(theirs.pvalue, rel=0.05)
    expected, ends = theirs.confidence_interval(), ours.interval()
    assert (ends.low, ends.high) == pytest.approx((expected.low, expected.high), abs=0.002)


def test_of_shared_speakers_it_is_the_paired_test() -> None:
    rng = np.random.default_rng(2)
    one = rng.normal(0.5, 0.1, 12)
    other = one - rng.normal(0.03, 0.04, 12)
    ours, theirs = Contrast(of_rates(one.tolist()), of_rates(other.tolist())), ttest_rel(one, other)
    assert (ours.freedom, ours.p()) == pytest.approx((11, theirs.pvalue), rel=0.2)
    expected, ends = theirs.confidence_interval(), ours.interval()
    assert (ends.low, ends.high) == pytest.approx((expected.low, expected.high), abs=0.003)


@given(two_groups)
def test_turned_round_it_is_its_mirror_image(rates: tuple[list[float], list[float]]) -> None:
    one, other = rates
    places = len(one) + len(other)
    first, second = of_rates(one, 0, places), of_rates(other, len(one), places)
    found, turned = Contrast(first, second), Contrast(second, first)
    assert found.value == -turned.value
    ends, others = found.interval(), turned.interval()
    assert (ends.low, ends.high) == pytest.approx((-others.high, -others.low))
    assert found.p() == pytest.approx(turned.p())
    assert -1 <= ends.low <= found.value + 1e-9
    assert found.value - 1e-9 <= ends.high <= 1


@given(two_groups, st.floats(0, 0.2))
def test_an_interval_that_is_as_sure_as_the_p_value_ends_at_the_limit(
    rates: tuple[list[float], list[float]], limit: float
) -> None:
    one, other = rates
    places = len(one) + len(other)
    found = Contrast(of_rates(one, 0, places), of_rates(other, len(one), places))
    p = found.p(limit)
    if 1e-9 < p < 1:
        ends = found.interval(1 - p)
        assert min(abs(ends.low - limit), abs(ends.high + limit)) < 1e-4
    elif p == 1:
        assert abs(found.value) <= limit + 1e-9


def test_two_rates_that_do_not_vary_are_no_certainty() -> None:
    some = [heard_as(["joy"] * 6, ["joy"] * 6, ["joy"], codes=np.arange(6) % 3, units=6)]
    some.append(heard_as(["joy"] * 6, ["joy"] * 6, ["joy"], codes=3 + np.arange(6) % 3, units=6))
    alike = Contrast(*(one.rate("uar") for one in some))
    ends = alike.interval()
    assert (alike.value, alike.p()) == (0, 1)
    assert ends.low < -0.3
    assert ends.high > 0.3


def test_a_group_of_one_speaker_may_be_anything() -> None:
    one = heard_as(["joy"] * 6, ["joy"] * 6, ["joy"], codes=np.zeros(6, np.int64), units=4)
    some = heard_as(["joy"] * 6, [""] * 6, ["joy"], codes=1 + np.arange(6) % 3, units=4)
    found = Contrast(one.rate("uar"), some.rate("uar"))
    ends = found.interval()
    assert (found.value, found.p(), ends.low, ends.high) == (1, 1, -1, 1)
