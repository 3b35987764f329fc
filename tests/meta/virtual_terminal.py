"""A terminal of its own for a program, and what its screen shows while that runs."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Screen", "Session"]

_TOKENS = re.compile(
    r"\x1b\[(?P<number>\d*)(?:;\d+)*(?P<command>[A-Za-z])"
    r"|\x1b\](?P<told>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<control>[\r\n\x08])|(?P<text>[^\x1b\r\n\x08]+)|(?P<other>.)",
    re.DOTALL,
)


@dataclass
class Screen:
    """As much of a VT100 as pytest and sertify use; anything else is an error.

    Lines that scroll off stay. A line that is full goes on in the next one with the next character.
    """

    width: int = 100
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0

    def feed(self, text: str) -> None:
        """Act on what a program writes."""
        for token in _TOKENS.finditer(text):
            if token["text"]:
                for character in token["text"]:
                    self._put(character)
            elif token["control"]:
                self._move(token["control"])
            elif token["command"]:
                self._command(token["command"], int(token["number"] or 0))
            elif token["told"] is None:
                raise ValueError(f"the terminal does not know {token[0]!r}")

    @property
    def text(self) -> list[str]:
        """The lines, without the spaces at their ends."""
        return ["".join(line).rstrip() for line in self.lines]

    def _put(self, character: str) -> None:
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + wide > self.width:
            self._move("\n")
            self.column = 0
        line = self.lines[self.row]
        line += [" "] * (self.column + wide - len(line))
        line[self.column : self.column + wide] = [character] + [""] * (wide - 1)
        self.column += wide

    def _move(self, control: str) -> None:
        if control == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append([])
        else:
            self.column = 0 if control == "\r" else max(0, self.column - 1)

    def _command(self, command: str, number: int) -> None:
        if command == "K" and number == 0:
            del self.lines[self.row][self.column :]
        elif command == "A":
            self.row = max(0, self.row - (number or 1))
        elif command == "G":
            self.column = (number or 1) - 1
        elif command != "m":
            raise ValueError(f"the terminal does not know CSI {number} {command}")


class Session:
    """A program on a terminal of its own.

    Attributes
    ----------
    output
        All that it has written so far.
    screen
        What that looks like.
    """

    def __init__(
        self, command: Iterable[str], environment: Mapping[str, str], width: int = 100
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        self.process = subprocess.Popen(
            [*command], env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.screen, self.output = Screen(width), ""

    def follow(self) -> Iterator[list[str]]:
        """Yield the lines of the screen after each change, until the program has ended."""
        rest = b""
        while part := self._read():
            text = (rest + part).decode(errors="surrogateescape")
            # What is in the middle of a character or an escape sequence waits for its end.
            cut = re.search(r"[\udc80-\udcff]+\Z|\x1b(\[[\d;]*)?\Z|\x1b\][^\x07\x1b]*\Z", text)
            text, held = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
            rest = held.encode(errors="surrogateescape")
            self.output += text
            self.screen.feed(text)
            yield self.screen.text
        self.process.wait(timeout=60)
        os.close(self._ours)

    def close(self) -> None:
        """Take the terminal away, as when its window is closed."""
        os.close(self._ours)

    def _read(self) -> bytes:
        try:
            return os.read(self._ours, 65536)
        except OSError:  # how Linux says that the other end has closed
            return b""
