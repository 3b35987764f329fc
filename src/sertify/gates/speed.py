"""What a segment costs, and whether that is fast enough."""

from dataclasses import dataclass, replace
from statistics import median

from sertify.vocabulary.outcomes import Bound, Judgement, Measurement, Outcome, judge

# Above these, a measured time is not the model's alone.
_MOST_WAITING = 0.1
_MOST_BESIDE = 0.5
# Below this, its threads have waited for each other, as they will wherever it runs.
_NOBODY = 0.1
# How much longer answers took beside one other process, on two cores.
_DISTURBED = 5


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
    overlap: the seconds of new audio in each.

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

    def _percentiles(self) -> list[Measurement]:
        import numpy as np

        return [
            Measurement(f"time_p{q}", float(np.percentile(self.rounds, q)), "s", n=len(self.rounds))
            for q in (50, 90, 95, 99)
        ]


def judge_timing(timing: Timing, bound: Bound | None) -> Judgement:
    """Reject a model that is slower than required; on a machine with other work, wait with that.

    What was noticed of other work stands in the details as ``noise``. It excuses nobody whose
    fastest answer would be too slow if it took a fifth of the time.
    """
    measured = timing.measurements
    factor = next(number for number in measured if number.name == "real_time_factor")
    judgement = judge(factor, bound, "too_slow")
    suffix = f" ({timing.length:g} s of audio, {timing.threads} threads)"
    message = judgement.message + suffix if judgement.message else ""
    judgement = replace(judgement, measurements=measured, message=message)
    return _allow_for_other_work(judgement, timing, bound) if timing.disturbance else judgement


def _allow_for_other_work(judgement: Judgement, timing: Timing, bound: Bound | None) -> Judgement:
    judgement = replace(judgement, details={"noise": timing.disturbance})
    if judgement.outcome is not Outcome.FAIL or bound is None or bound.max is None:
        return judgement
    fastest = min(timing.rounds) / (timing.hop or timing.length)
    if fastest > _DISTURBED * bound.max:
        return judgement
    message = f"{judgement.message}; but {timing.disturbance}: measure again on a quiet machine"
    return replace(judgement, outcome=Outcome.INCONCLUSIVE, message=message)
