"""Which rates of requests to try, so that few trials tell the largest one that holds."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from sertify.candidates.latency import Serving
from sertify.gates.serving import DECIDES, LATE, Trial, requests_needed
from sertify.vocabulary.outcomes import Outcome

# Late ones among the requests that only look for the largest rate.
_LATE_BESIDE = 2
# Requests that no trial needs more of to tell a percentile.
_MANY = 5000
# Where the largest rate that held and the least that did not are as near, it is found.
_NEAR = 1.1
_SIMULATED = 3000


def arrivals(requests: int, rate: float, seed: int = 0) -> list[float]:
    """Return when requests come in a Poisson process of which it is known how many came, in s.

    They are then distributed evenly. An infinite rate is all at once.
    """
    places = np.sort(np.random.default_rng(seed).random(requests))
    return [float(place) for place in places * requests / rate]


def rates_tried(
    asked: Serving,
    run: Callable[[float, int], Trial],
    expected: float,
    capacity: float,
    left: Callable[[], float],
) -> Iterator[Trial]:
    """Run at the rate that is asked for, then at others, as long as there are seconds left.

    The first may take the whole budget, for it decides: nothing else does how many requests it has.

    ``run`` is given a rate and a number of requests, ``expected`` is about the largest rate that
    should hold, ``capacity`` what no rate can be beyond for long.
    """
    planned = requests_planned(asked, asked.min, LATE, asked.budget)
    share = min(_MANY, int(DECIDES * asked.budget * asked.min + 1e-9))
    first = run(asked.min, max(planned, share))
    yield first
    held = first.outcome(asked) is Outcome.PASS
    low, high = (asked.min, capacity) if held else (0.0, asked.min)
    rate = expected
    while high > low * _NEAR:
        if not low < rate < high:
            rate = math.sqrt(low * high) if low else high / 2
        rate = float(f"{rate:.3g}")
        requests = requests_planned(asked, rate, _LATE_BESIDE, left())
        if requests < requests_needed(asked, rate):
            return
        trial = run(rate, requests)
        yield trial
        held = trial.outcome(asked) is Outcome.PASS
        low, high = (rate, high) if held else (low, rate)
        rate = 0.0


def requests_planned(asked: Serving, rate: float, late: int, seconds: float) -> int:
    """Return how many requests to send of which so many may be late, in the seconds that are left.

    >>> asked = Serving(min=1, latency=0.5)
    >>> requests_planned(asked, 4, 2, 1000), requests_planned(asked, 4, 2, 5)
    (165, 20)
    """
    return max(1, min(requests_needed(asked, rate, late), int(seconds * rate + 1e-9)))


def expected_rate(services: Sequence[float], hands: int, asked: Serving) -> float:
    """Return about the largest rate that holds where answers take as long as these, in s.

    >>> round(expected_rate([0.1], 1, Serving(min=1, latency=0.1)), 1)  # none may ever wait
    0.0
    >>> 5 < expected_rate([0.1], 1, Serving(min=1, latency=0.5)) < 10
    True
    """
    random = np.random.default_rng(1)
    drawn = random.choice(np.asarray(services), _SIMULATED)
    low, high = 0.0, hands / float(drawn.mean())
    for _ in range(12):
        rate = (low + high) / 2
        late = np.percentile(waiting(drawn, arrivals(_SIMULATED, rate), hands), asked.percentile)
        low, high = (rate, high) if late <= asked.latency else (low, rate)
    return low


def waiting(services: Iterable[float], due: Iterable[float], hands: int) -> list[float]:
    """Return the seconds from each request to its answer, by when they come and what they take.

    >>> waiting([2.0, 2.0, 2.0], [0.0, 1.0, 5.0], 1)
    [2.0, 3.0, 2.0]
    """
    free = [0.0] * hands
    took = []
    for at, service in zip(due, services, strict=True):
        ended = max(float(at), free[0]) + float(service)
        heapq.heapreplace(free, ended)
        took.append(ended - float(at))
    return took
