"""Shows on the terminal what this process and its workers are doing, in one line."""

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest

from sertify.plugin.progress import BOARD, FOLDER, Board
from sertify.plugin.screen import Screen
from sertify.plugin.works import Work, told

__all__ = ["Display"]

_INTERVAL = 0.2


class Display:
    """Lives in the process that pytest was started in; nothing that goes wrong here ends the run.

    Nothing is shown where the output is no terminal or a dumb one, in CI, under ``-q``, and under
    ``-s``, where others write to the terminal without a word to pytest.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._screen: Screen | None = None
        self._notes: TemporaryDirectory[str] | None = None
        self._board = Board()
        self._ended = Event()

    @pytest.hookimpl(tryfirst=True)  # before pytest-xdist starts its workers
    def pytest_sessionstart(self) -> None:
        """Begin, where somebody looks."""
        writer = _writer(self._config)
        if writer is None:
            return
        with suppress(OSError, ValueError, AttributeError, RuntimeError):
            self._notes = TemporaryDirectory(prefix="sertify-", ignore_cleanup_errors=True)
            self._screen = Screen(writer)
            self._config.stash[BOARD] = self._board
            Thread(target=self._run, name="progress", daemon=True).start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where to leave a note of what it is doing."""
        if self._notes is not None:
            node.workerinput[FOLDER] = self._notes.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Forget what a worker was doing that has ended, however it did."""
        if self._notes is not None:
            with suppress(OSError):
                (Path(self._notes.name) / node.gateway.id).unlink(missing_ok=True)

    def pytest_unconfigure(self) -> None:
        """End."""
        self._ended.set()
        if self._screen is not None:
            self._screen.close()
        if self._notes is not None:
            self._notes.cleanup()

    def _run(self) -> None:
        while self._screen is not None and not self._ended.wait(_INTERVAL):
            with suppress(Exception):  # else a thread would die with a traceback on the terminal
                self._screen.show(told(self.works()))

    def works(self) -> list[Work]:
        """Return what is being done in this process, and by its workers."""
        own = [self._board.current] if self._board.current else []
        left = sorted(Path(self._notes.name).iterdir()) if self._notes is not None else []
        return own + [work for path in left if (work := _read(path))]


def _read(path: Path) -> Work | None:
    """Return what a worker has left; None where it has ended meanwhile."""
    with suppress(OSError, ValueError, TypeError):
        return None if path.suffix else Work(**json.loads(path.read_text("utf-8")))
    return None


def _writer(config: pytest.Config) -> Any:
    """Return pytest's writer to the terminal, where progress can and should be shown on it."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    dumb = os.environ.get("TERM", "dumb") in ("", "dumb") or os.environ.get("CI")
    shared = config.getoption("capture") in ("no", "tee-sys")
    if reporter is None or dumb or shared or config.get_verbosity() < 0:
        return None
    return reporter._tw if reporter.isatty else None
