"""Whether an emotion is preferred: against shares by hand, and in small simulations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import skew
from sertify.statistics import diversity
from sertify.statistics.leaning import leaning

EMOTIONS = ("anger", "fear", "joy", "neutral")
clips = st.lists(st.tuples(st.sampled_from(EMOTIONS), st.sampled_from(EMOTIONS)), min_size=1)


@given(clips)
def test_an_excess_is_at_most_the_difference_of_the_shares(pairs: list[tuple[str, str]]) -> None:
    truth, said = zip(*pairs, strict=True)
    true, predicted = diversity.shares(truth), diversity.shares(said)
    found = leaning(truth, said, EMOTIONS)
    most = max(abs(predicted.get(name, 0) - true.get(name, 0)) for name in EMOTIONS)
    assert 0 <= found.excess <= most + 1e-9
    assert 0 <= found.interval.low <= found.excess + 1e-9
    assert found.excess - 1e-9 <= found.interval.high <= 1


@given(clips)
def test_who_is_always_right_leans_nowhere(pairs: list[tuple[str, str]]) -> None:
    truth = [label for label, _ in pairs]
    assert leaning(truth, truth, EMOTIONS).excess == pytest.approx(0)


@given(clips, st.permutations(EMOTIONS), st.randoms())
def test_neither_the_order_of_clips_nor_the_names_of_emotions_matter(
    pairs: list[tuple[str, str]], names: list[str], random: np.random.RandomState
) -> None:
    other = dict(zip(EMOTIONS, names, strict=True))
    truth, said = zip(*pairs, strict=True)
    random.shuffle(pairs)
    true, predicted = zip(*[(other[a], other[b]) for a, b in pairs], strict=True)
    again = leaning(true, predicted, EMOTIONS)
    found = leaning(truth, said, EMOTIONS)
    assert again.excess == pytest.approx(found.excess)
    assert again.interval.low == pytest.approx(found.interval.low)


def test_the_shares_that_are_expected_are_those_of_the_clips_and_of_even_errors() -> None:
    # Of 10 clips 8 are neutral; the mean recall is (0.5 + 1) / 2, so that errors would leave
    # neutral 0.8 x 0.75 + 0.2 x 0.25 / 3 of the predictions, more than the 0.4 that it got.
    truth = ["neutral"] * 8 + ["anger"] * 2
    found = leaning(truth, ["neutral"] * 4 + ["fear"] * 4 + ["anger"] * 2, EMOTIONS)
    assert found.label == "fear"
    assert found.excess == pytest.approx(0.4 - 0.25 / 3)
    spread = ["neutral"] * 4 + ["fear", "fear", "joy", "anger"] + ["anger"] * 2
    found = leaning(truth, spread, EMOTIONS)
    assert found.label == "neutral"
    assert found.excess == pytest.approx(0.8 * 0.75 + 0.2 * 0.25 / 3 - 0.4)


def test_an_emotion_that_never_occurs_can_be_preferred() -> None:
    found = leaning(["anger"] * 50, ["anger"] * 25 + ["joy"] * 25, EMOTIONS)
    assert found.label == "joy"
    assert found.excess == pytest.approx(0.5 - 0.5 / 3)


def test_a_weight_counts_like_as_many_clips() -> None:
    truth, said = ["anger", "joy", "joy", "fear"] * 5, ["anger", "fear", "joy", "fear"] * 5
    weighed = leaning(truth, said, EMOTIONS, weights=[3, 1, 1, 1] * 5)
    plenty = leaning(
        truth + ["anger"] * 10, said + ["anger"] * 10, EMOTIONS
    )  # recall is by emotion, so more clips of one do not change it
    assert weighed.excess == pytest.approx(plenty.excess)
    assert leaning(truth, said, EMOTIONS, weights=[2.0] * 20) == leaning(truth, said, EMOTIONS)


def test_one_speaker_cannot_tell_and_few_speakers_tell_little() -> None:
    truth, said = ["anger", "joy"] * 30, ["joy"] * 60
    alone = leaning(truth, said, EMOTIONS, ["anna"] * 60).interval
    assert (alone.low, alone.high) == (0, 1)
    groups = ["anna"] * 20 + ["ben"] * 20 + ["cleo"] * 20
    by_speaker = leaning(truth[:50] + ["joy"] * 10, said, EMOTIONS, groups).interval
    by_clip = leaning(truth[:50] + ["joy"] * 10, said, EMOTIONS).interval
    assert by_speaker.high - by_speaker.low > by_clip.high - by_clip.low


def test_a_label_that_nobody_named_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^predictions outside the label set: calm, pride$"):
        leaning(["joy"] * 2, ["pride", "calm"], EMOTIONS)


# ------------------------------------------------------------------ on skewed speech


def rejected(name: str, share: float, emotions: int = 7, pools: int = 40) -> tuple[float, float]:
    """Return the share of pools in which a model is found constant, and skewed."""
    rng, rows = np.random.default_rng(7), skew.confusions(emotions, share)[name]
    found = [skew.drawn(rows, share, rng) for _ in range(pools)]
    constant = [bool(skew.varied(*one[:2], emotions, blind=False)) for one in found]
    return float(np.mean(constant)), float(np.mean([skew.skewed(*one, emotions) for one in found]))


@pytest.mark.parametrize("name", ["always right", "recall .8", "recall .55"])
@pytest.mark.parametrize("share", [0.14, 0.6, 0.9, 0.97])
def test_no_skew_of_the_speech_turns_down_who_errs_evenly(name: str, share: float) -> None:
    assert max(rejected(name, share)) <= 0.05


@pytest.mark.parametrize("share", [0.14, 0.5, 0.9, 0.97])
def test_who_says_one_thing_is_found_out_on_any_speech(share: float) -> None:
    assert rejected("always neutral", share, pools=5)[0] == 1


@pytest.mark.parametrize("share", [0.14, 0.5])
def test_who_says_neutral_for_half_of_the_rest_leans(share: float) -> None:
    assert rejected("half of the rest as neutral", share)[1] == 1


@pytest.mark.parametrize("emotions", [2, 5, 10])
def test_at_the_limit_a_rejection_is_rare(emotions: int) -> None:
    for share in (1 / emotions, 0.6):
        for rows in skew.at_limit(emotions, share):
            rng = np.random.default_rng(emotions)
            found = [skew.skewed(*skew.drawn(rows, share, rng), emotions) for _ in range(40)]
            assert np.mean(found) <= 0.05
