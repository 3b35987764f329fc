"""Requests that come when they come, and wait until somebody has time for them."""

import threading
import time
import warnings
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import NamedTuple

import torch

from sertify.corpora.audio import Waveform

Request = tuple[float, Waveform]
"""When it comes, in seconds from the beginning, and what it is about."""


class Took(NamedTuple):
    """Seconds from when a request was to come until it was answered, and of these, of its answer.

    Nothing that was late in coming hides how long it would have waited.
    """

    latency: float
    service: float


def answer_in_turn(
    ask: Callable[[Waveform], None],
    requests: Iterable[Request],
    hands: int,
    threads: int,
    too_late: Callable[[float], bool],
) -> list[Took]:
    """Answer each request after those before it, in so many hands of so many threads of torch.

    Requests come whether the ones before are answered or not. Once ``too_late`` says so of a
    latency, it is given up. Returns what each took that was answered. Raises what ``ask`` raises.
    """
    line: SimpleQueue[Request | None] = SimpleQueue()
    answered: list[Took] = []
    problems: list[BaseException] = []
    over = threading.Event()
    began = time.perf_counter()

    def work() -> None:
        torch.set_num_threads(threads)  # of this thread's forwards
        try:
            while (request := line.get()) is not None and not over.is_set():
                due, waveform = request
                started = time.perf_counter()
                ask(waveform)
                ended = time.perf_counter()
                answered.append(Took(ended - began - due, ended - started))
                if too_late(answered[-1].latency):
                    over.set()
        except BaseException as error:
            problems.append(error)
            over.set()

    crew = [threading.Thread(target=work, daemon=True) for _ in range(hands)]
    with warnings.catch_warnings(action="ignore"):  # once, for it is no matter of a thread alone
        for thread in crew:
            thread.start()
        for due, waveform in requests:
            if over.wait(max(0.0, began + due - time.perf_counter())):
                break
            line.put((due, waveform))
        for _ in crew:
            line.put(None)
        for thread in crew:
            thread.join()
    if problems:
        raise problems[0]
    return answered
