"""Measures a candidate's answers in a process of their own."""

import functools
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from sertify.candidates.latency import Serving
from sertify.corpora.audio import white_noise
from sertify.gates.serving import Served, Trial
from sertify.gates.speed import BUDGET, Timing
from sertify.hub.repositories import supplied
from sertify.models.processes.network import Reach
from sertify.models.processes.quota import Quota
from sertify.models.processes.remote import Remote
from sertify.models.speed.machine_load import load_average
from sertify.models.speed.rates import expected_rate, rates_tried
from sertify.statistics.percentiles import most_beyond
from sertify.vocabulary.machine import usable_cores

_FEWEST = 5
# Requests at once before others are timed, and from which it is known how long answers take.
_WARMING, _BURST = 8, 40
WARM_UP = 2
"""Answers that are asked for before any is timed."""

Repeat = Callable[[Callable[[], float], int], Sequence[float]]
"""What calls something again and again, so many times at least, and returns the seconds of each.

These are what each call says that it took.
"""


def repeated(call: Callable[[], float], least: int = 0, seconds: float = 1.0) -> Sequence[float]:
    """Repeat a call for so many seconds, and so many times at least, as pytest-benchmark does."""
    rounds: list[float] = []
    while len(rounds) < max(least, _FEWEST) or sum(rounds) < seconds:
        rounds.append(call())
    return rounds


class Clock:
    """A clock that goes on only while a call to another process does its work there.

    What the way to it and back takes is no time. ``source`` is a clock in seconds.
    """

    def __init__(self, source: Callable[[], float] = time.perf_counter) -> None:
        self._source = source
        self._beside = 0.0

    def now(self) -> float:
        """Return the seconds since some moment, less those that do not count."""
        return self._source() - self._beside

    def call(self, work: Callable[[], float]) -> float:
        """Call what returns the seconds that its work has taken, which alone will count."""
        started = self._source()
        took = work()
        self._beside += self._source() - started - took
        return took


class Stopwatch:
    """A candidate's model in a process of its own, which ends with :meth:`close` or this one.

    ``inputs`` are those of :class:`sertify.models.speed.bench.Bench`; ``quota``,
    ``dump`` and ``network`` of :class:`Remote`.

    Raises
    ------
    Rejected, Blocked
        As outlining, loading and certifying the model does, and as `Remote.ask`, now or later.
    """

    def __init__(
        self,
        *inputs: Any,
        quota: Quota | None = None,
        dump: Path | None = None,
        network: Reach = "closed",
    ) -> None:
        self.clock = Clock()
        self._load_average = load_average()
        bench = ("sertify.models.speed.bench", "Bench")
        self.remote = Remote(*bench, *inputs, quota=quota, dump=dump, network=network)
        try:
            load = functools.partial(self.remote.ask, "load")
            self._rate, self._loaded = supplied(load, inputs[0].repositories)
        except BaseException:
            self.close()
            raise

    def timing(
        self, seconds: float, repeat: Repeat, hop: float | None = None, rounds: int = 0
    ) -> Timing:
        """Measure what a segment of so many seconds costs, after a warm-up.

        It is repeated as often as ``repeat`` does, and so many times at least as its `BUDGET` has
        room for.
        """
        memory = self.remote.ask(
            "prepare", white_noise(seconds, self._rate), deed="forward", times=WARM_UP
        )
        # Of three, as a single one may have been disturbed.
        least = min(rounds, int(BUDGET / median(self._answer() for _ in range(3)))) if rounds else 0
        took = tuple(repeat(self._answer, least))
        usage = self.remote.ask("usage", deed="forward")
        # As many as were measured one by one, so that what limits these limits those.
        asked = max(len(took), 2 * self._loaded["threads"])
        return Timing(
            length=seconds,
            rounds=took,
            hop=hop,
            load_average=self._load_average,
            throughput=self.remote.ask("throughput", asked, deed="forward", times=2 * asked),
            **self._loaded,
            **memory,
            **usage,
        )

    def serving(self, asked: Serving, lengths: Sequence[float]) -> Served:
        """Look for the largest rate of requests of these seconds that are answered in time."""
        until = time.monotonic() + asked.budget

        def run(rate: float, requests: int) -> Trial:
            most_late = requests - most_beyond(requests, asked.percentile / 100) - 1
            found = self._serve(lengths, requests, rate, asked.latency, most_late)
            given = (found["latencies"], found["contention"], found["other_load"])
            return Trial(rate, requests, *given)

        # Of a model that is far too slow, a few answers tell enough.
        patience = asked.budget / 10
        self._serve(lengths, _WARMING, math.inf, patience)
        burst = self._serve(lengths, _BURST, math.inf, patience)
        capacity = len(burst["latencies"]) / max(burst["latencies"])
        expected = expected_rate(burst["services"], burst["hands"], asked)
        tried = rates_tried(asked, run, expected, capacity, lambda: until - time.monotonic())
        return Served(
            asked,
            tuple(tried),
            capacity,
            tuple(lengths),
            burst["hands"],
            self._loaded["threads"],
            usable_cores(),
            self._load_average,
        )

    def _serve(
        self,
        lengths: Sequence[float],
        requests: int,
        rate: float,
        latency: float = math.inf,
        most_late: int = 0,
    ) -> dict[str, Any]:
        given = (tuple(lengths), requests, rate, latency, most_late)
        found: dict[str, Any] = self.remote.ask("serve", *given, deed="forward", times=requests)
        return found

    def _answer(self) -> float:
        return float(self.remote.ask("answer", deed="forward"))

    def close(self) -> None:
        """End the other process."""
        self.remote.close()
