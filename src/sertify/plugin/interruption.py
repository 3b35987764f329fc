"""Ctrl-C and SIGTERM: one stops the run, and the next does not cost the reports of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

import pytest

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = b"\nsertify: the reports are being written; once more, and they are lost\n"


class Interruption:
    """Lives in the process that pytest was started in, as long as nobody else minds signals."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._ending = False
        self._warned = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Begin to mind them."""
        for number in _SIGNALS if current_thread() is main_thread() else ():
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                self._before[number] = signal.signal(number, self._met)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around all that is written
    def pytest_sessionfinish(self) -> Any:
        """Begin to end."""
        self._ending = True
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Let signals mean what they did."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let a signal stop what takes long at the end of a run, and is no writing."""
        before, self._ending = self._ending, False
        try:
            yield
        finally:
            self._ending = before

    def _met(self, number: int, _frame: object) -> None:
        if not self._ending:
            self._ending = True  # before pytest knows that it is interrupted, another may come
            raise KeyboardInterrupt(signal.Signals(number).name)
        if self._warned:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._warned = True
        os.write(2, _PATIENCE)
