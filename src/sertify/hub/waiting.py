"""Waiting no longer than that for what may hang, in a name server or in the lock of a file too."""

import contextvars
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import TypeVar

from sertify.hub.bounds import late

_T = TypeVar("_T")

_AT_A_TIME = 8


def within(seconds: float, what: str, function: Callable[[], _T]) -> _T:
    """Return what a function returns; raise ``Blocked`` with ``timed_out`` where it takes longer.

    What hangs is left alone in its thread, for which the end of Python does not wait.
    """
    return each_within(seconds, what, lambda _: function(), [what])[0]


def each_within(
    seconds: float, what: str, function: Callable[[str], _T], names: Iterable[str]
) -> list[_T]:
    """Return what a function returns for each name, several at a time.

    Raises what the first call raises that fails, and ``Blocked`` with ``timed_out``.
    """
    free = threading.Semaphore(_AT_A_TIME)
    futures = [_started(free, function, name) for name in names]
    done, hanging = wait(futures, seconds, FIRST_EXCEPTION)
    for future in done:
        future.result()
    if hanging:
        raise late(what, seconds)
    return [future.result() for future in futures]


def _started(free: threading.Semaphore, function: Callable[[str], _T], name: str) -> "Future[_T]":
    future: Future[_T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        with free:
            try:
                future.set_result(context.run(function, name))
            except BaseException as error:
                future.set_exception(error)

    threading.Thread(target=run, name="hub", daemon=True).start()
    return future
