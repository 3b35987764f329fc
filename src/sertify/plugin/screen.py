"""One line of the terminal that is rewritten in place, below what pytest writes."""

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Any

import pytest

from sertify.plugin.progress import BOARD, FOLDER, Board, Work, told
from sertify.report.text_columns import fitted, width_of
from sertify.vocabulary.text import clean

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_CLEAR = "\r\x1b[K"


class Screen:
    r"""Stands between pytest's terminal writer and its file, so that neither overwrites the other.

    pytest may be in the middle of a line, such as one of dots: ours is then below it, and is wiped
    before pytest goes on where it was. It is written to a file of its own, which pytest's capturing
    does not redirect. A terminal that is gone is not written to again.

    Parameters
    ----------
    writer
        pytest's ``TerminalWriter``, at the start of a line. Raises ``OSError`` or ``ValueError``
        where its file is none of the operating system.
    """

    def __init__(self, writer: Any) -> None:
        self._writer, self._file = writer, writer._file
        self._terminal = os.dup(self._file.fileno())
        self._lock = Lock()
        self._column = 0
        self._shown = ""
        writer._file = self

    def __getattr__(self, name: str) -> Any:
        """Be the file of pytest's writer in all else."""
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        """Write what pytest has to say, in place of the line."""
        with self._lock:
            self._wipe()
            written: int = self._file.write(text)
            self._file.flush()
            self._column = _after(self._column, text, self._width())
            return written

    def show(self, text: str) -> None:
        """Show a text in the line, cut to its width; an empty one removes it."""
        with self._lock:
            width = self._width()
            text = fitted(clean(text), width - 1)
            if text == self._shown:
                return
            if not text:
                self._wipe()
            elif self._shown:
                self._send(_CLEAR + text)
            elif self._column == width:
                return  # what would bring the cursor back there would not make the next line begin
            else:
                self._send("\n" * bool(self._column) + _CLEAR + text)
            self._shown = text

    def close(self) -> None:
        """Remove the line, and let pytest's writer have its file back."""
        with self._lock:
            self._wipe()
            self._writer._file = self._file
            if self._terminal >= 0:
                os.close(self._terminal)
            self._terminal = -1

    def _wipe(self) -> None:
        if self._shown:
            self._send(_CLEAR + f"\x1b[A\x1b[{self._column + 1}G" * bool(self._column))
            self._shown = ""

    def _width(self) -> int:
        """Return the width of the terminal, which may change; where it tells none, pytest's."""
        try:
            columns = os.get_terminal_size(self._terminal).columns
        except (OSError, ValueError):  # some systems know that of the standard streams only
            columns = 0
        return max(2, min(columns or 1000, int(self._writer.fullwidth)))

    def _send(self, text: str) -> None:
        if self._terminal < 0:
            return
        try:
            os.write(self._terminal, text.encode(errors="replace"))
        except OSError:
            os.close(self._terminal)
            self._terminal = -1


def _after(column: int, text: str, width: int) -> int:
    """Return the column behind a text that begins in one; the width itself at the end of a line."""
    *ended, last = re.split(r"[\r\n]", _ESCAPES.sub("", text))
    column = 0 if ended else column
    for character in last:
        wide = width_of(character)
        column = wide if column + wide > width else column + wide
    return column


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
        here = [self._board.current] if self._board.current else []
        left = sorted(Path(self._notes.name).iterdir()) if self._notes is not None else []
        return here + [work for path in left if (work := _read(path))]


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
