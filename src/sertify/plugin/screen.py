"""One line of the terminal that is rewritten in place, below what pytest writes."""

import os
import re
from threading import Lock
from typing import Any

from sertify.report.formats import clean
from sertify.report.text_columns import fitted, width_of

__all__ = ["Screen"]

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
            told = os.get_terminal_size(self._terminal).columns
        except (OSError, ValueError):  # some systems know that of the standard streams only
            told = 0
        return max(2, min(told or 1000, int(self._writer.fullwidth)))

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
