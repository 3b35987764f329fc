"""How much more speech tells a gap from a limit: by simulation, and by what has to hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import chances
from sertify.statistics.intervals import t_quantile
from sertify.statistics.settling import factor_to_tell


@pytest.mark.parametrize("value", [0.0, 0.06, -0.15])
def test_so_much_speech_tells_as_often_as_is_said(value: float) -> None:
    """True values and errors are drawn as the present ones allow, and then new speech."""
    rng, error, limit, freedom, n = np.random.default_rng(0), 0.05, 0.1, 12, 40_000
    factor = factor_to_tell(value, error, limit, freedom)
    spread = error / np.sqrt(rng.chisquare(freedom, n) / freedom)
    true = value + spread * rng.standard_normal(n)
    found = true + spread / math.sqrt(factor) * rng.standard_normal(n)
    half = t_quantile(0.95, freedom * factor) * spread / math.sqrt(factor)
    told = (np.abs(found) + half < limit) | (np.abs(found) - half > limit)
    assert told.mean() == pytest.approx(0.8, abs=0.02)


@given(st.floats(0, 0.3), st.floats(0.01, 0.2), st.floats(2, 100))
def test_surer_or_closer_takes_more_and_either_side_the_same(
    value: float, limit: float, freedom: float
) -> None:
    found = factor_to_tell(value, 0.05, limit, freedom)
    assert found >= factor_to_tell(value, 0.05, limit, freedom, chance=0.5)
    assert found == pytest.approx(factor_to_tell(-value, 0.05, limit, freedom))
    assert found <= factor_to_tell(value, 0.05, limit, freedom, beyond=0.999) * 1.001


def test_what_hardly_any_speech_tells_is_infinite() -> None:
    assert math.isinf(factor_to_tell(0.0, 0.05, 0.0001, 20, chance=0.999))
    assert factor_to_tell(0.5, 0.05, 0.1, 20) < 2


@pytest.mark.slow(4)
def test_speakers_who_are_said_to_tell_do() -> None:
    _, n, told = chances.settled(10, 60, seed=1, chance=0.5)
    assert n >= 30
    assert 0.3 <= np.mean(told) <= 0.7
