"""Shows on a terminal that long work goes on, although pytest captures output."""

import os
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import pytest

from sertify.plugin.arguments import is_worker

__all__ = ["Progress"]

_INTERVAL = 0.2


class Progress(AbstractContextManager["Progress"]):
    """One line that is rewritten in place, with what is done and how fast; gone at the end.

    Nothing is shown where the output is no terminal, in CI, under ``-q`` or in a worker.
    """

    def __init__(self, config: pytest.Config, name: str, unit: str) -> None:
        self._terminal = _terminal(config)
        self._capture: Any = config.pluginmanager.getplugin("capturemanager")
        self._name, self._unit = name, unit
        self._started = time.monotonic()
        self._shown = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done."""
        now = time.monotonic()
        if self._terminal is None or (now - self._shown < _INTERVAL and done < total):
            return
        self._shown = now
        rate = done / max(now - self._started, 1e-9)
        self._write(f"{self._name}: {done:,} of {total:,} {self._unit}, {rate:.1f}/s")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clear the line."""
        if self._shown:
            self._write("")

    def _write(self, text: str) -> None:
        assert self._terminal is not None
        with self._capture.global_and_fixture_disabled():
            self._terminal.rewrite(text, erase=True)
            self._terminal.flush()


def _terminal(config: pytest.Config) -> Any:
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or is_worker(config) or os.environ.get("CI"):
        return None
    return reporter if reporter.isatty and config.get_verbosity() >= 0 else None
