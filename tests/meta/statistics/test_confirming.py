"""What is foretold of a confirmation is what comes of it."""

import numpy as np
import pytest

from sertify.statistics.confirming import WANTED_POWER, Prospect, lower_beyond_chance
from sertify.statistics.intervals import t_quantile

UNITS, SPREAD, LIMIT = 12, 0.8, 0.4
BEFORE = Prospect(0.6, 0.5, 0.693, units=10, limit=LIMIT)


def logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("held", [2, 4, 8])
@pytest.mark.parametrize("confidence", [0.95, 0.8, None])
def test_the_power_is_the_share_of_confirmations_that_succeed(
    held: int, confidence: float | None
) -> None:
    """Speakers with normal logits are drawn twice, of true rates around the first estimate."""
    rng = np.random.default_rng(1)
    centre, error = 0.3, SPREAD / np.sqrt(UNITS)
    half = t_quantile(0.95, UNITS - 1) * error
    low, high = (logistic(centre + side * half) for side in (-1, 1))
    prospect = Prospect(logistic(centre), low, high, UNITS, LIMIT, confidence)
    true = centre + rng.standard_t(UNITS - 1, 100_000) * error
    drawn = true[:, None] + rng.normal(size=(len(true), held)) * SPREAD
    quantile = 0 if confidence is None else t_quantile(confidence, held - 1)
    lower = drawn.mean(axis=1) - quantile * drawn.std(axis=1, ddof=1) / np.sqrt(held)
    met = float((lower > np.log(LIMIT / (1 - LIMIT))).mean())
    assert prospect.power(held) == pytest.approx(met, abs=0.015)


def test_enough_is_the_least_that_is_enough() -> None:
    enough = BEFORE.enough()
    assert enough is not None
    assert BEFORE.power(enough) >= WANTED_POWER > BEFORE.power(enough - 1)


def test_what_is_at_the_limit_is_confirmed_by_no_number() -> None:
    assert Prospect(0.4, 0.3, 0.5, units=10, limit=0.4).enough() is None
    assert Prospect(0.41, 0.3, 0.53, units=10, limit=0.4).enough() is None


def test_one_speaker_says_nothing_of_others() -> None:
    assert BEFORE.power(1) == 0
    assert Prospect(0.6, 0.5, 0.7, units=1, limit=0.4).power(9) == 0


def test_a_perfect_model_has_a_prospect_too() -> None:
    assert Prospect(1.0, 0.9, 1.0, units=10, limit=0.4).power(4) > WANTED_POWER


def test_more_is_never_less() -> None:
    powers = [BEFORE.power(held) for held in (*range(2, 30), 100, 1000, 10_000)]
    assert powers == sorted(powers)
    assert powers[-1] > 0.999


def test_a_drop_by_chance_is_no_drop() -> None:
    """Both of one rate: the second is found to be lower in about one of forty cases."""
    rng = np.random.default_rng(2)
    values = rng.normal(0.6, 0.05, size=(100_000, 2))
    half = 1.96 * 0.05
    found = [
        lower_beyond_chance((one, one - half), (two, two + half)) for one, two in values[:20_000]
    ]
    assert np.mean(found) == pytest.approx(0.025, abs=0.004)
