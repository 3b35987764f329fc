"""The simulation of whole corpora, in small: intervals cover, and chance does not qualify."""

from dataclasses import replace

import pytest

from benchmarks import simulation
from sertify.statistics import agreement

SETTINGS = {setting.name: setting for setting in simulation.SETTINGS}


@pytest.mark.slow(2)
@pytest.mark.parametrize("speakers", [3, 10])
def test_intervals_cover_and_what_should_not_qualify_does_not(speakers: int) -> None:
    setting = SETTINGS[f"{speakers} speakers, 7 classes"]
    found = simulation.simulate(setting, 200, seed=0)
    rates = [one["rate"] for name, one in found["coverage"].items() if name != "random"]
    assert all(0.9 <= rate <= 0.99 for rate in rates)
    assert 0.92 <= found["difference_coverage"] <= 0.98
    assert found["threshold_qualified"]["rate"] <= 0.05
    assert found["best_tied"]["rate"] >= 0.95
    assert found["random_qualified"]["rate"] == 0


@pytest.mark.slow(2)
def test_speakers_who_are_not_named_make_intervals_too_narrow() -> None:
    setting = replace(SETTINGS["10 speakers, 7 classes"], named=False)
    found = simulation.simulate(setting, 60, seed=0)
    assert found["coverage"]["threshold"]["rate"] <= 0.85


@pytest.mark.slow(2)
def test_intervals_cover_where_most_speech_is_neutral() -> None:
    setting = SETTINGS["24 uneven speakers, 4 classes, 90 % neutral"]
    found = simulation.simulate(setting, 100, seed=0)
    rates = [one["rate"] for name, one in found["coverage"].items() if name != "random"]
    assert all(0.88 <= rate <= 1 for rate in rates)
    assert sum(rates) / len(rates) >= 0.92


@pytest.mark.slow(2)
def test_speakers_of_a_session_are_alike_which_only_intervals_by_session_count() -> None:
    by_speaker, by_session = (
        simulation.simulate(SETTINGS[f"24 speakers in 6 sessions, by {unit}"], 100, 0)
        for unit in ("speaker", "session")
    )
    assert by_speaker["coverage"]["best"]["rate"] <= 0.88
    assert by_session["coverage"]["best"]["rate"] >= 0.9


def test_true_values_are_the_mean_of_many_speakers() -> None:
    setting = replace(SETTINGS["10 speakers, 7 classes"], speakers=4000)
    true = simulation.true_uars(setting)
    (corpus,) = simulation.corpora(setting, true, 1, seed=0)
    for name, expected in true.items():
        uar = agreement.uar(corpus.truth, corpus.predictions[name])
        assert uar == pytest.approx(expected, abs=0.015)


def test_a_seed_gives_one_result() -> None:
    setting = SETTINGS["5 speakers, 7 classes"]
    first, second = (simulation.simulate(setting, 3, seed=4) for _ in range(2))
    assert first | {"seconds": 0} == second | {"seconds": 0}
