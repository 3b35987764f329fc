"""Looking again and again at growing speech lets hardly more pass than looking once."""

import numpy as np
import pytest

from sertify.statistics.intervals import normal_quantile
from sertify.statistics.spending import KEPT, confidence_left

GROWING = [6, 9, 12, 15, 18, 21, 24]


def test_the_first_look_is_at_what_was_asked_for() -> None:
    assert confidence_left(0.9, [10]) == 0.9
    assert confidence_left(0.9, [10, 10, 10.05]) == 0.9  # which is as good as the same


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_all_looks_together_err_as_seldom_as_promised(confidence: float) -> None:
    """Random walks, drawn here, are the oracle of the recursion."""
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(400_000, len(GROWING))) * np.sqrt(np.diff([0, *GROWING]))
    looks = steps.cumsum(axis=1) / np.sqrt(GROWING)
    bounds = [
        normal_quantile(confidence_left(confidence, GROWING[: n + 1])) for n in range(len(GROWING))
    ]
    passed = float((looks > bounds).any(axis=1).mean())
    promised = (1 - confidence) / 2 * (1 + KEPT * (1 - GROWING[0] / GROWING[-1]))
    assert passed == pytest.approx(promised, abs=4 * np.sqrt(promised / len(steps)))


def test_more_growth_asks_for_more_and_order_does_not_matter() -> None:
    levels = [confidence_left(0.95, GROWING[: n + 1]) for n in range(len(GROWING))]
    assert levels == sorted(levels)
    assert confidence_left(0.95, GROWING[::-1]) == levels[-1]
    assert levels[-1] < 0.9985


def test_looking_after_every_speaker_costs_little_more_than_looking_twice() -> None:
    often = confidence_left(0.95, [*range(100, 201)])
    assert confidence_left(0.95, [100, 200]) < often < 0.9975


@pytest.mark.parametrize(("confidence", "sizes"), [(1.0, [1]), (0.95, []), (0.95, [0, 3])])
def test_what_makes_no_sense_is_refused(confidence: float, sizes: list[float]) -> None:
    with pytest.raises(ValueError, match="but should"):
        confidence_left(confidence, sizes)
