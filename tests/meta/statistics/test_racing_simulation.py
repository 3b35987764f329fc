"""Simulated pools, in small: a race says what all clips say, for fewer answers."""

from dataclasses import replace

import pytest

from benchmarks.racing import Setting, simulate

POOL = Setting(candidates=8, speakers=10, clips=8)


@pytest.mark.slow(3)
@pytest.mark.parametrize("setting", [POOL, replace(POOL, close=True), replace(POOL, uneven=True)])
def test_who_is_the_best_tied_or_near_is_never_stopped(setting: Setting) -> None:
    found = simulate(setting, 12, seed=3)
    assert found["leader_changed"]["rate"] == 0
    assert found["tied_changed"]["rate"] == 0
    assert found["choice_open"]["rate"] == 0
    assert found["false_fail"]["rate"] <= 0.02
    assert found["passing_failed"] == 0
    assert found["heard"] < (1 if setting.close else 0.8)


def test_a_seed_gives_one_result() -> None:
    first, second = (simulate(POOL, 2, seed=4) for _ in range(2))
    assert first | {"seconds": 0} == second | {"seconds": 0}
