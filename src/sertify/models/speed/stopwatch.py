"""Measures a candidate's answers in a process of their own."""

import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sertify.corpora.audio import white_noise
from sertify.gates.speed import BUDGET, Timing
from sertify.hub.repositories import supplied
from sertify.models.processes.network import Reach
from sertify.models.processes.quota import Quota
from sertify.models.processes.remote import Remote
from sertify.models.speed.machine_load import load_average

_FEWEST = 5
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
        least = min(rounds, int(BUDGET / self._answer())) if rounds else 0
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

    def _answer(self) -> float:
        return float(self.remote.ask("answer", deed="forward"))

    def close(self) -> None:
        """End the other process."""
        self.remote.close()
