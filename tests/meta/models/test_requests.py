"""Requests that come at random: when they come, how long they wait, and which rates are tried."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sertify.candidates.latency import Serving
from sertify.gates.serving import Served, Trial, judge_served, requests_needed
from sertify.models.speed.arrivals import Request, answer_in_turn
from sertify.models.speed.rates import (
    arrivals,
    expected_rate,
    rates_tried,
    requests_planned,
    waiting,
)
from sertify.statistics.percentiles import samples_needed
from sertify.vocabulary.outcomes import Outcome

NOTHING = np.zeros(1, np.float32)
ASKED = Serving(min=4, latency=0.5)


def never(_: float) -> bool:
    return False


# ------------------------------------------------------------------ when they come


def test_requests_come_as_in_a_poisson_process_and_as_many_a_second_as_asked() -> None:
    due = arrivals(20_000, 8.0)
    gaps = np.array([later - earlier for earlier, later in pairwise(due)])
    assert gaps.min() >= 0
    assert due[-1] == pytest.approx(20_000 / 8, rel=0.001)
    assert gaps.mean() == pytest.approx(1 / 8, rel=0.001)
    assert gaps.std() == pytest.approx(1 / 8, rel=0.03)  # as of an exponential distribution
    in_seconds = np.bincount([int(at) for at in due])[:2500]
    assert in_seconds.var() == pytest.approx(8, rel=0.1)  # as of Poisson's
    assert due == arrivals(20_000, 8.0) != arrivals(20_000, 8.0, seed=1)
    assert set(arrivals(3, math.inf)) == {0.0}


def test_requests_come_whether_those_before_are_answered_or_not_and_wait_for_their_turn() -> None:
    all_came = threading.Event()
    answered: list[float] = []

    def coming() -> Iterator[Request]:
        for number in range(5):
            yield 0.0, np.full(1, number, np.float32)
        all_came.set()

    def ask(waveform: NDArray[np.float32]) -> None:
        assert all_came.wait(60), "a request waits for the answer to the one before"
        answered.append(float(waveform[0]))

    took = answer_in_turn(ask, coming(), hands=1, threads=1, too_late=never)
    assert answered == [0, 1, 2, 3, 4]
    assert all(one.latency >= one.service for one in took)
    assert [one.latency for one in took] == sorted(one.latency for one in took)


def test_what_a_request_has_waited_before_it_was_begun_counts() -> None:
    def ask(_: NDArray[np.float32]) -> None:
        time.sleep(0.02)

    took = answer_in_turn(ask, [(0.0, NOTHING)] * 4, hands=1, threads=1, too_late=never)
    for place, one in enumerate(took, 1):
        assert one.latency >= 0.02 * place
        assert one.service >= 0.02


def test_it_is_given_up_once_too_many_are_late_and_an_error_ends_it() -> None:
    late = 0

    def too_late(_: float) -> bool:
        nonlocal late
        late += 1
        return late >= 3

    coming = [(0.0, NOTHING)] * 50 + [(3600.0, NOTHING)]
    assert len(answer_in_turn(lambda _: None, coming, 1, 1, too_late)) == 3

    def fail(_: NDArray[np.float32]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_in_turn(fail, coming, 2, 1, never)


# ------------------------------------------------------------------ how long they wait, in theory


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_waiting_is_that_of_the_queues_of_which_all_is_known(load: float) -> None:
    due = arrivals(200_000, load)
    alike = waiting([1.0] * len(due), due, 1)
    assert fmean(alike) == pytest.approx(1 + load / 2 / (1 - load), rel=0.05)
    drawn = np.random.default_rng(2).exponential(size=len(due))
    took = waiting(drawn, due, 1)
    assert np.percentile(took, 95) == pytest.approx(-math.log(0.05) / (1 - load), rel=0.1)


def test_two_hands_answer_as_fast_as_two_do() -> None:
    assert waiting([3.0] * 4, [0.0, 1.0, 1.0, 9.0], 2) == [3.0, 3.0, 5.0, 3.0]


# ------------------------------------------------------------------ which rates are tried


class Machine:
    """A model that takes a tenth of a second for each answer, and a clock that runs with it."""

    def __init__(self, hands: int, budget: float) -> None:
        self.hands, self.left = hands, budget

    def run(self, rate: float, requests: int) -> Trial:
        due = arrivals(requests, rate)
        self.left -= due[-1]
        return Trial(rate, requests, tuple(waiting([0.1] * requests, due, self.hands)))


def found(machine: Machine, asked: Serving) -> list[Trial]:
    expected = expected_rate([0.1], machine.hands, asked)
    return [*rates_tried(asked, machine.run, expected, 10 * machine.hands, lambda: machine.left)]


def largest(tried: list[Trial], asked: Serving) -> float:
    held = (one.rate for one in tried if one.outcome(asked) is Outcome.PASS)
    return max(held, default=0.0)


@pytest.mark.parametrize("hands", [1, 2])
@pytest.mark.parametrize("least", [2, 4, 7, 50])
def test_the_largest_rate_that_holds_is_found_in_few_trials(hands: int, least: float) -> None:
    asked = Serving(min=least, latency=0.5, budget=600)
    tried = found(Machine(hands, 600), asked)
    assert tried[0].rate == least
    assert len(tried) <= 8
    # Of one hand 95 % of answers take less than .5 s up to 86 % load; no trial is sure of the last.
    best = largest(tried, asked)
    assert 6 * hands <= best <= 9.5 * hands
    missed = [one.rate for one in tried if one.outcome(asked) is not Outcome.PASS]
    assert min(missed, default=10 * hands) > best


def test_a_rate_beyond_what_can_be_answered_is_found_out_however_long_one_may_wait() -> None:
    patient = Serving(min=11, latency=5.0, budget=1e4)
    assert found(Machine(1, 1e4), patient)[0].outcome(patient) is Outcome.FAIL


@pytest.mark.parametrize("budget", [1, 20, 60])
def test_no_more_seconds_are_planned_than_the_budget_has(budget: float) -> None:
    asked = Serving(min=4, latency=0.5, budget=budget)
    machine = Machine(1, budget)
    tried = found(machine, asked)
    assert tried[0].rate == 4
    assert machine.left >= 0
    if budget == 1:  # four requests, which say nothing
        (only,) = tried
        assert only.outcome(asked) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("percentile", [90, 95, 99])
def test_a_rate_is_tried_with_the_requests_that_its_percentile_takes(percentile: Any) -> None:
    asked = Serving(min=1, latency=0.1, percentile=percentile)
    assert requests_planned(asked, 1, 5, 1e6) == samples_needed(percentile, 5)
    assert requests_planned(asked, 1000, 5, 1e6) == max(2000, samples_needed(percentile, 5))


def test_a_budget_that_the_message_says_has_room_for_what_it_takes() -> None:
    for late, latency in ((0, 0.5), (5, 0.5), (9, 0.5), (30, 0.5), (9, 30.0)):
        small = Serving(min=4, latency=latency, budget=2)
        least = requests_needed(small, 4, late)
        short = Trial(4, least - 1, (0.0,) * (least - 1 - late) + (latency * 2,) * late)
        message = judge_served(Served(small, (short,), 9.0, (1.0,), 1, 1, 1)).message
        budget = float(message.rpartition("budget of ")[2].removesuffix(" s").replace(",", ""))
        machine, asked = Machine(1, budget), Serving(min=4, latency=latency, budget=budget)
        assert found(machine, asked)[0].requests >= least


@pytest.mark.parametrize("least", [0.3, 3.0, 4.0])
def test_a_line_that_only_grows_is_not_taken_for_one_that_holds(least: float) -> None:
    asked = Serving(min=11, latency=30.0, budget=120)  # it answers ten a second
    first, *others = found(Machine(1, 120), asked)
    assert first.outcome(asked) is Outcome.INCONCLUSIVE
    assert not others
    exact = Serving(min=least, latency=0.1, budget=max(2.0, 100 / least))
    assert found(Machine(1, exact.budget), exact)[0].requests >= requests_needed(exact, least)


def test_a_trial_that_was_given_up_is_one_that_cannot_hold() -> None:
    late: Callable[[int], Trial] = lambda n: Trial(4, 90, (0.6,) * n)  # noqa: E731
    assert late(0).outcome(ASKED) is Outcome.PASS
    assert late(1).outcome(ASKED) is Outcome.INCONCLUSIVE
    assert late(90).outcome(ASKED) is Outcome.FAIL
