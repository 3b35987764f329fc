"""How somebody who waits is told what is being done."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from sertify.corpora.clips import Clip


class Announce(Protocol):
    """Tells somebody who waits what is being done."""

    def __call__(
        self, what: str, unit: str = "", clips: "Sequence[Clip]" = ()
    ) -> AbstractContextManager[Callable[[float, float], None]]:
        """Begin to tell of a piece of work; what this gives takes how much is done, and of what.

        ``clips`` are those that are answered, where the pace is to be told in times of real time.
        """
        ...


def silently(
    what: str,  # noqa: ARG001
    unit: str = "",  # noqa: ARG001
    clips: "Sequence[Clip]" = (),  # noqa: ARG001
) -> AbstractContextManager[Callable[[float, float], None]]:
    """Tell nobody."""
    return nullcontext(lambda done, total: None)  # noqa: ARG005


_PATIENCE, _PAUSE = 1.0, 0.2  # seconds before somebody who waits is told, and between two times


@contextmanager
def on_one_line(terminal: TextIO) -> Iterator[Callable[[str, float, float], None] | None]:
    """Tell of work on the line of a terminal, where it takes long; remove it then.

    Gives None where it is no terminal.
    """
    if not terminal.isatty():
        yield None
        return
    told = time.monotonic() - _PAUSE + _PATIENCE
    width, over = 0, False

    def heed(what: str, done: float, total: float) -> None:
        nonlocal told, width
        if over or time.monotonic() - told < _PAUSE:
            return
        told, text = time.monotonic(), f"{what}: {round(done):,} of {round(total):,}"
        with suppress(OSError, ValueError):  # a terminal that is gone
            terminal.write(f"\r{text:{width}}")
            terminal.flush()
        width = len(text)

    try:
        yield heed
    finally:
        over = True  # a thread that was given up may go on
        with suppress(OSError, ValueError):
            if width:
                terminal.write(f"\r{'':{width}}\r")
                terminal.flush()
