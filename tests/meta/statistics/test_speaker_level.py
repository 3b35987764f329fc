"""What is told of each speaker: by another library, by hand, and in small simulations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from sertify.statistics.speaker_level import speaker_level, spearman

numbers = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20)


def speech(true: list[list[int]], said: list[list[int]]) -> tuple[list[str], list[str], list[str]]:
    """Return clips of speakers who say, and are heard to say, so many of joy, fear and anger."""
    names = ("joy", "fear", "anger")
    truth, prediction, who = [], [], []
    for n, (own, heard) in enumerate(zip(true, said, strict=True)):
        truth += [name for name, times in zip(names, own, strict=True) for _ in range(times)]
        prediction += [name for name, times in zip(names, heard, strict=True) for _ in range(times)]
        who += [f"speaker {n}"] * sum(own)
    return truth, prediction, who


@given(numbers)
def test_rank_correlation_is_that_of_scipy(drawn: list[tuple[int, int]]) -> None:
    first, second = (np.array(some, float) for some in zip(*drawn, strict=True))
    found = spearman(first / 7, second / 9)
    if np.ptp(first) and np.ptp(second):
        assert found == pytest.approx(spearmanr(first, second).statistic)
    else:
        assert math.isnan(found)


def test_errors_are_those_of_shares_of_each_speaker() -> None:
    found = speaker_level(*speech([[8, 8, 8], [16, 8, 8]], [[12, 8, 4], [16, 16, 0]]))
    assert found.speakers == 2
    errors = {name: share.error for name, share in found.shares.items()}
    assert errors == pytest.approx(
        {"joy": (4 / 24 + 0) / 2, "fear": (0 + 8 / 32) / 2, "anger": (4 / 24 + 8 / 32) / 2}
    )
    joy = found.shares["joy"].rank
    assert joy == pytest.approx(-1 if 12 / 24 > 16 / 32 else math.nan, nan_ok=True)


def test_speakers_with_few_clips_of_an_emotion_do_not_count() -> None:
    clips = speech([[8, 8, 8], [50, 50, 7]], [[8, 8, 8], [107, 0, 0]])
    found = speaker_level(*clips)
    assert (found.speakers, found.shares["joy"].error) == (1, 0)
    ends = found.shares["joy"].error_interval
    assert (ends.low, ends.high) == (0, 1)
    assert speaker_level(*clips, least=7).speakers == 2
    assert speaker_level(*clips, least=9) == type(found)(0, {})


def test_where_all_say_as_much_of_each_nobody_ranks_higher() -> None:
    found = speaker_level(*speech([[8, 8, 8]] * 5, [[n, 24 - n, 0] for n in range(5)]))
    share = found.shares["joy"]
    assert math.isnan(share.rank)
    assert (share.rank_interval.low, share.rank_interval.high) == (-1, 1)
    assert found.shares["anger"].error == pytest.approx(1 / 3)


def test_who_is_always_right_has_no_error_and_the_right_order() -> None:
    counts = [[8 + n, 20 - n, 9] for n in range(6)]
    share = speaker_level(*speech(counts, counts)).shares["joy"]
    assert (share.error, share.rank) == pytest.approx((0, 1))
    assert 0 < share.error_interval.high < 0.6
    assert 0.2 < share.rank_interval.low < 0.9
    assert share.rank_interval.high == pytest.approx(1)


@pytest.mark.parametrize("speakers", [8, 24])
def test_intervals_cover(speakers: int) -> None:
    """Normal shares, whose rank correlation is 6 / pi * asin(r / 2)."""
    rng, covered = np.random.default_rng(0), {"rank": 0, "error": 0}
    true = {"rank": 6 / math.pi * math.asin(0.3), "error": 0.1 * math.sqrt(2 / math.pi) * 0.8**0.5}
    for _ in range(200):
        shares = rng.multivariate_normal(
            [0.4, 0.4], 0.01 * np.array([[1, 0.6], [0.6, 1]]), speakers
        )
        counts = np.clip(np.rint(shares * 500), 8, 900).astype(int)
        own, heard = ([[n, 1000 - n, 8] for n in some] for some in counts.T.tolist())
        share = speaker_level(*speech(own, heard), labels=["anger", "fear", "joy"]).shares["joy"]
        for name, ends in (("rank", share.rank_interval), ("error", share.error_interval)):
            # A twelfth of the shares is lost to the scale of 500 of 1008 clips.
            scale = 1 if name == "rank" else 500 / 1008
            covered[name] += ends.low <= true[name] * scale <= ends.high
    assert min(covered.values()) >= 184


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^2 clips, but 1 groups$"):
        speaker_level(["joy"] * 2, ["joy"] * 2, ["ann"])
