"""How many requests a second are answered in time, and whether these are enough."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sertify.candidates.latency import Serving
from sertify.gates.speed import disturbance, told_by, wait_for_quiet
from sertify.statistics.percentiles import percentile_interval, samples_needed
from sertify.vocabulary.outcomes import Judgement, Measurement, Outcome
from sertify.vocabulary.text import counted

# How often the longest wait has to fit into a trial, so that a line that only grows is seen.
_LONG = 20
LATE = 5
"""Late requests that the decisive trial has room for, where the budget has."""
DECIDES = 0.25
"""The share of the budget that it takes at least, so that a larger budget tells more."""


def requests_needed(asked: Serving, rate: float, late: int = 0) -> int:
    """Return the fewest requests that tell that a rate holds, if so many are late.

    >>> requests_needed(Serving(min=4, latency=0.5), 4, 1)
    130
    >>> requests_needed(Serving(min=4, latency=30), 4)
    2400
    """
    long = math.ceil(_LONG * asked.latency * rate - 1e-9)  # but for rounding
    return max(samples_needed(asked.percentile, late), long)


@dataclass(frozen=True)
class Trial:
    """What became of requests that came at random times, so many a second in the mean.

    ``latencies`` are the seconds from each to its answer, waiting included; fewer than ``requests``
    where it was given up, for no number of prompt answers could have made up for the late ones.
    ``contention`` and ``other_load`` are those of a `Timing`.
    """

    rate: float
    requests: int
    latencies: tuple[float, ...]
    contention: float | None = None
    other_load: float | None = None

    def late(self, asked: Serving) -> int:
        """Return how many took longer than is asked."""
        return sum(took > asked.latency for took in self.latencies)

    def outcome(self, asked: Serving) -> Outcome:
        """Return whether the rate holds, for sure."""
        told = told_by(self.requests, self.late(asked), asked.percentile)
        short = self.requests < requests_needed(asked, self.rate)
        return Outcome.INCONCLUSIVE if short and told is Outcome.PASS else told


@dataclass(frozen=True)
class Served:
    """What was tried to find the largest rate that holds; the first trial is at the least asked.

    ``capacity`` is how many were answered a second when all came at once, ``lengths`` are the
    seconds of audio in requests, ``hands`` how many were answered at a time.
    """

    asked: Serving
    trials: tuple[Trial, ...]
    capacity: float
    lengths: tuple[float, ...]
    hands: int
    threads: int
    cores: int
    load_average: float | None = None

    @property
    def decisive(self) -> Trial:
        """The trial at the rate that is asked for."""
        return self.trials[0]

    @property
    def rate(self) -> float:
        """The largest rate that held; 0 where none did."""
        held = (one.rate for one in self.trials if one.outcome(self.asked) is Outcome.PASS)
        return max(held, default=0.0)

    @property
    def disturbance(self) -> str:
        """What speaks against the decisive trial, for the machine had other work; empty if none."""
        trial = self.decisive
        return disturbance(trial.contention, trial.other_load, self.threads, self.cores)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The largest rate that held, and how long answers took at the rate that is asked for."""
        took, percentile = self.decisive.latencies, self.asked.percentile
        best = max((one for one in self.trials if one.rate == self.rate), key=_size, default=None)
        n = best.requests if best else None
        others = {
            "request_capacity": (self.capacity, "1/s"),
            "request_length": (fmean(self.lengths), "s"),
            "threads": (self.threads, "threads"),
            "load_average": (self.load_average, "threads"),
            "contention": (self.decisive.contention, "1"),
            "other_load": (self.decisive.other_load, "cores"),
        }
        return (
            Measurement("requests_per_second", self.rate, "1/s", n=n),
            *_response_times(took, sorted({50, percentile})),
            *(Measurement(name, value, unit) for name, (value, unit) in others.items() if value),
        )

    @property
    def details(self) -> dict[str, Any]:
        """The conditions of the measurement, and each trial."""
        noise = {"noise": self.disturbance} if self.disturbance else {}
        return {
            "scenario": "server",
            "latency": self.asked.latency,
            "percentile": self.asked.percentile,
            "budget": self.asked.budget,
            "at_a_time": self.hands,
            "trials": [
                {
                    "rate": one.rate,
                    "requests": one.requests,
                    "answered": len(one.latencies),
                    "late": one.late(self.asked),
                    "outcome": str(one.outcome(self.asked)),
                }
                for one in self.trials
            ],
        } | noise


def judge_served(served: Served) -> Judgement:
    """Reject a model that answers fewer requests in time than is asked; on a busy machine, wait.

    It is judged by what was measured at the rate that is asked for.
    """
    asked, trial = served.asked, served.decisive
    outcome, late = trial.outcome(asked), trial.late(asked)
    requirement = str(asked)
    measured, details = served.measurements, served.details
    if outcome is Outcome.PASS:
        return Judgement(outcome, measured, requirement=requirement, details=details)
    took = f"{late:,} of {counted(len(trial.latencies), 'request')} at {trial.rate:g} a second"
    took = f"{took} took longer"
    if outcome is Outcome.INCONCLUSIVE:
        least = requests_needed(asked, trial.rate, late)
        seconds = least / trial.rate
        planned = least <= requests_needed(asked, trial.rate, LATE)
        budget = math.ceil(seconds if planned else seconds / DECIDES)
        message = (
            f"requests_per_second should be {asked}, which cannot be told: {took}; to meet it takes"
            f" at least {least:,} requests if no more do, in {math.ceil(seconds):,} s: give it a"
            f" budget of {budget:,} s"
        )
        details["takes_at_least"] = least
        return Judgement(outcome, measured, "too_slow", message, requirement, details)
    found = f"{served.rate:.3g}" if served.rate else "none that was tried"
    message = f"requests_per_second={found}, but should be {asked}; {took}"
    judgement = Judgement(outcome, measured, "too_slow", message, requirement, details)
    fastest = min(trial.latencies)
    return wait_for_quiet(judgement, served.disturbance, fastest, asked.latency)


def _response_times(took: Sequence[float], percentiles: Sequence[int]) -> list[Measurement]:
    """Return those percentiles that there are enough requests for."""
    import numpy as np

    found = {each: percentile_interval(took, each) for each in percentiles}
    values = {each: float(np.percentile(took, each)) for each in found}
    return [
        Measurement(f"response_time_p{each}", values[each], "s", ends.low, ends.high, len(took))
        for each, ends in found.items()
        if ends is not None
    ]


def _size(trial: Trial) -> int:
    return trial.requests
