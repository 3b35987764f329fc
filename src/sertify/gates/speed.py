"""What a segment costs, and whether that is fast enough."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from sertify.candidates.latency import PERCENTILES, LatencyLimit
from sertify.statistics.percentiles import most_beyond, percentile_interval, samples_needed
from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge
from sertify.vocabulary.text import counted

BUDGET = 120
"""Seconds of rounds that are measured of a segment, at most, because a percentile needs them."""

# Above these, a measured time is not the model's alone.
_MOST_WAITING = 0.1
_MOST_BESIDE = 0.5
# Below this, its threads have waited for each other, as they will wherever it runs.
_NOBODY = 0.1
# How much longer answers took beside one other process, on two cores.
_DISTURBED = 5
# Rounds that may be above what a percentile is held against: with fewer, a model that is well below
# would often be in doubt; each more takes the more rounds.
_ABOVE = 5
_MEDIAN = 50
_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


def disturbance(
    contention: float | None, other_load: float | None, threads: int, cores: int
) -> str:
    """Say what speaks against a time measured with so many threads; empty where nothing does.

    >>> disturbance(0.02, 1.9, threads=2, cores=8)
    ''
    >>> disturbance(0.02, 1.9, threads=2, cores=2)
    'other processes kept 1.9 of 2 cores busy'
    >>> disturbance(0.3, 0.02, threads=2, cores=2)
    ''
    """
    reasons = []
    alone = other_load is not None and other_load < _NOBODY
    if contention is not None and contention > _MOST_WAITING and not alone:
        reasons.append(f"its threads waited for a core for {contention:.0%} of the time")
    if other_load is not None and other_load > max(0, cores - threads) + _MOST_BESIDE:
        reasons.append(f"other processes kept {other_load:.1f} of {cores} cores busy")
    return ", and ".join(reasons)


@dataclass(frozen=True)
class Timing:
    """What one length of audio costs.

    ``length`` is seconds of audio, ``rounds`` the seconds that each repetition took,
    ``load_time`` seconds, ``peak_memory`` and ``size_on_disk`` MB. ``hop`` is where segments
    overlap: the seconds of new audio in each. ``usual`` is False for a length that is measured only
    because a limit of latency names it: nothing else that is required is about it.

    What follows is None where it was not measured. ``throughput`` is seconds of audio answered per
    second when many segments are asked at once, ``cold_start`` seconds from files to the first
    answer, ``memory_above_model`` MB of the peak that the process did not hold before it answered,
    ``load_average`` that of the last minute before, ``contention`` the share of the time in which
    its threads were ready but waited for a core, ``other_load`` how many of the ``cores`` other
    processes kept busy, ``energy`` J per segment.
    """

    length: float
    rounds: tuple[float, ...]
    load_time: float
    peak_memory: float
    size_on_disk: float
    parameters: int
    threads: int
    hop: float | None = None
    usual: bool = True
    throughput: float | None = None
    cold_start: float | None = None
    memory_above_model: float | None = None
    load_average: float | None = None
    contention: float | None = None
    other_load: float | None = None
    cores: int | None = None
    energy: float | None = None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Time per segment, its percentiles, the real-time factor and the costs of the model."""
        units = {
            "throughput": "s/s", "load_time": "s", "cold_start": "s", "peak_memory": "MB",
            "memory_above_model": "MB", "size_on_disk": "MB", "parameters": "weights",
            "threads": "threads", "load_average": "threads", "contention": "1",
            "other_load": "cores", "energy": "J",
        }  # fmt: skip
        return (
            *self._percentiles(),
            Measurement("real_time_factor", median(self.rounds) / (self.hop or self.length)),
            Measurement("segment", self.length, "s"),
            *(
                Measurement(name, value, unit)
                for name, unit in units.items()
                if (value := getattr(self, name)) is not None
            ),
        )

    @property
    def disturbance(self) -> str:
        """What speaks against the times, for the machine had other work; empty where nothing."""
        cores = self.cores or self.threads
        return disturbance(self.contention, self.other_load, self.threads, cores)

    def _percentiles(self) -> Iterator[Measurement]:
        """Yield the median, and of the others those that the rounds suffice for, each as sure."""
        import numpy as np

        n = len(self.rounds)
        for percentile in PERCENTILES:
            found = percentile_interval(self.rounds, percentile)
            if found is not None or percentile == _MEDIAN:
                value = float(np.percentile(self.rounds, percentile))
                low, high = (found.low, found.high) if found else (None, None)
                yield Measurement(f"time_p{percentile}", value, "s", low, high, n)
        yield Measurement("time_max", max(self.rounds), "s", n=n)

    @property
    def rounds_needed(self) -> dict[str, int]:
        """The fewest rounds that it takes, by what there are too few for."""
        fewest = {f"time_p{each}": samples_needed(each) for each in PERCENTILES}
        return {name: least for name, least in fewest.items() if least > len(self.rounds)}


def rounds_asked(limits: Sequence[LatencyLimit]) -> int:
    """Return how many rounds to measure where these limits are to be judged; 0 where none is.

    >>> rounds_asked([LatencyLimit(max=1, percentile=90), LatencyLimit(max=1)])
    259
    """
    return max((samples_needed(limit.percentile, _ABOVE) for limit in limits), default=0)


def judge_timing(
    timing: Timing, bound: Bound | None, limits: Sequence[LatencyLimit] = ()
) -> Judgement:
    """Reject a model that is slower than required; on a machine with other work, wait with that.

    The bound is one on the real-time factor. The worst of what is required counts. What was noticed
    of other work stands in the details as ``noise``. It excuses nobody whose fastest answer would
    be too slow if it took a fifth of the time.
    """
    judged = [_judge_factor(timing, bound), *(_judge_latency(timing, each) for each in limits)]
    worst = min(judged, key=lambda one: _WORST_FIRST.index(one.outcome))
    details = dict(worst.details)
    if timing.disturbance:
        details["noise"] = timing.disturbance
    if timing.rounds_needed:
        details["rounds_needed"] = timing.rounds_needed
    return replace(
        worst,
        measurements=timing.measurements,
        requirement="; ".join(one.requirement for one in judged if one.requirement),
        details=details,
    )


def _judge_factor(timing: Timing, bound: Bound | None) -> Judgement:
    new = timing.hop or timing.length
    factor = Measurement("real_time_factor", median(timing.rounds) / new)
    judgement = judge(factor, bound, "too_slow")
    if judgement.outcome is not Outcome.FAIL:
        return judgement
    judgement = replace(judgement, message=judgement.message + _measured_with(timing))
    most = math.inf if bound is None or bound.max is None else bound.max * new
    return wait_for_quiet(judgement, timing.disturbance, min(timing.rounds), most)


def _judge_latency(timing: Timing, limit: LatencyLimit) -> Judgement:
    """Hold a percentile against its limit, by how many rounds took longer."""
    n, name = len(timing.rounds), f"time_p{limit.percentile}"
    above = sum(took > limit.max for took in timing.rounds)
    requirement = f"p{limit.percentile} {limit}"
    outcome = told_by(n, above, limit.percentile)
    if outcome is Outcome.PASS:
        return Judgement(outcome, requirement=requirement)
    should = f"should be {limit}{_measured_with(timing)}"
    took = f"{above} of {counted(n, 'round')} took longer"
    if outcome is Outcome.INCONCLUSIVE:
        least = samples_needed(limit.percentile, above)
        message = (
            f"{name} {should}, which cannot be told: {took}; to meet it takes at least {least:,}"
            f" rounds if no more do ({BUDGET} s are spent on them at most, unless"
            f" --benchmark-min-rounds={least} asks for more)"
        )
        details = {"takes_at_least": least}
        return Judgement(outcome, (), "too_slow", message, requirement, details)
    message = f"{name} is more than {limit.max:g} s, but {should}; {took}"
    judgement = Judgement(outcome, (), "too_slow", message, requirement)
    return wait_for_quiet(judgement, timing.disturbance, min(timing.rounds), limit.max)


def told_by(samples: int, above: int, percentile: int) -> Outcome:
    """Return whether a percentile is met, by how many samples are above its limit: for sure.

    >>> [str(told_by(n, above, 95)) for n, above in ((89, 0), (90, 0), (90, 1), (90, 12))]
    ['INCONCLUSIVE', 'PASS', 'INCONCLUSIVE', 'FAIL']
    """
    if above <= most_beyond(samples, 1 - percentile / 100):
        return Outcome.PASS
    beyond = samples - above <= most_beyond(samples, percentile / 100)
    return Outcome.FAIL if beyond else Outcome.INCONCLUSIVE


def wait_for_quiet(judgement: Judgement, noise: str, fastest: float, most: float) -> Judgement:
    """Leave a failure open that other work may have caused.

    Not so where the fastest answer takes more than five times the most that it may, in seconds.
    """
    if not noise or judgement.outcome is not Outcome.FAIL or fastest > _DISTURBED * most:
        return judgement
    message = f"{judgement.message}; but {noise}: measure again on a quiet machine"
    return replace(judgement, outcome=Outcome.INCONCLUSIVE, message=message)


def _measured_with(timing: Timing) -> str:
    return f" ({timing.length:g} s of audio, {timing.threads} threads)"
