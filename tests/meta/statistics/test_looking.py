"""Looks at growing speech, and held-out speakers, simulated in small."""

import pytest

from benchmarks import confirmation, looks
from sertify.vocabulary.outcomes import Outcome


@pytest.mark.slow(2)
def test_looking_again_lets_hardly_more_pass_than_looking_once() -> None:
    sizes = (6, 9, 12, 15, 18)
    *_, uncorrected = looks.passing(sizes, 200, 0, spending=False)
    good, *_, corrected = looks.passing(sizes, 200, 0, spending=True)
    assert uncorrected > 0.04
    assert corrected <= 0.035
    assert good >= 0.9


@pytest.mark.slow(2)
def test_a_good_model_is_hardly_ever_red_and_one_that_got_worse_is_caught() -> None:
    good = confirmation.told(24, 0.3, "best", 100, 0)
    assert good.chosen >= 95
    assert good.outcomes[Outcome.FAIL] <= 4
    assert good.outcomes[Outcome.PASS] == pytest.approx(100 * good.powers, abs=15)
    bad = confirmation.told(24, 0.3, "middle", 100, 0)
    assert bad.outcomes[Outcome.FAIL] >= 88
    assert bad.outcomes[Outcome.PASS] == 0
