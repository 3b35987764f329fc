"""What goes on in a run while nothing else can be seen of it: noted here, shown by `display`."""

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pytest

from sertify.plugin.arguments import is_worker
from sertify.plugin.checks import CHECK

if TYPE_CHECKING:
    from sertify.corpora.clips import Clip


FOLDER = "sertify_progress"
"""Key of the input of a worker: the folder in which it leaves a note of what it is doing."""

_INTERVAL = 0.2
# Seconds before which a pace says more of the start than of the work.
_SETTLED = 0.5
# Clips whose length is looked up, the seconds that this may take, and the longest believed.
_SAMPLE, _PATIENCE, _LONGEST = 100, 0.1, 86_400.0


@dataclass(frozen=True)
class Work:
    """A piece of work under way: ``done`` of ``total`` units, at so many a second.

    Attributes
    ----------
    name, place, of
        The candidate, and which of how many it is.
    what
        What is done, such as ``loading the weights``.
    unit
        What is counted, ``B`` for bytes; nothing is, where ``total`` is 0.
    audio
        Seconds of audio in a unit; 0 where it holds none.
    """

    name: str
    place: int = 0
    of: int = 0
    what: str = ""
    unit: str = ""
    audio: float = 0.0
    done: float = 0
    total: float = 0
    pace: float = 0.0


class Board:
    """What this process is doing, the innermost last; a worker leaves it in a file as well.

    Whatever becomes of that file, the run goes on.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.current: Work | None = None
        self._path = path
        self._works: dict[int, Work] = {}
        self._lock = Lock()  # downloads are told of by threads of their own
        self._left = 0.0

    def note(self, owner: object, work: Work | None) -> None:
        """Note what an owner is doing; None where it has ended."""
        with self._lock:
            if work is None:
                self._works.pop(id(owner), None)
            else:
                self._works[id(owner)] = work
            before, self.current = self.current, next(reversed(self._works.values()), None)
            if self._path is not None and self._is_news(before):
                with suppress(OSError):
                    self._leave(self._path)

    def _is_news(self, before: Work | None) -> bool:
        if before is None or self.current is None or before.what != self.current.what:
            return True
        return time.monotonic() - self._left >= _INTERVAL

    def _leave(self, path: Path) -> None:
        self._left = time.monotonic()
        if self.current is None:
            path.unlink(missing_ok=True)
            return
        new = path.with_suffix(".new")  # whoever reads meanwhile finds the old one whole
        new.write_text(json.dumps(asdict(self.current)), encoding="utf-8")
        new.replace(path)


BOARD = pytest.StashKey[Board | None]()


class Progress(AbstractContextManager["Progress"]):
    """Tells what a candidate is busy with, and how far that is; nothing where nobody looks.

    Parameters
    ----------
    clips
        What is answered, where the pace is to be told in times of real time.
    """

    def __init__(
        self,
        config: pytest.Config,
        name: str,
        what: str = "",
        unit: str = "",
        clips: Sequence["Clip"] = (),
    ) -> None:
        self._board = _board_of(config)
        self._first: tuple[float, float] | None = None
        self._work = Work(name)
        if self._board is not None:
            place, of = _place(config, name)
            self._work = Work(name, place, of, what, unit, _mean_seconds(clips))

    def __enter__(self) -> Self:
        """Tell that it has begun."""
        self._note(self._work)
        return self

    def __call__(self, done: float, total: float) -> None:
        """Tell that ``done`` of ``total`` are done; what the first call tells took no time."""
        now = time.monotonic()
        began, before = self._first = self._first or (now, done)
        settled = now - began >= _SETTLED
        pace = max(0.0, (done - before) / (now - began)) if settled else 0.0
        self._note(replace(self._work, done=done, total=total, pace=pace))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell that it has ended."""
        self._note(None)

    def _note(self, work: Work | None) -> None:
        if self._board is not None:
            self._board.note(self, work)


def say_aloud(config: pytest.Config, text: str) -> None:
    """Say something in a line of its own, where pytest writes lines and is not asked to be quiet.

    pytest captures what is written during a test, and its own lines are no exception.
    """
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capturing = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or config.option.verbose < 0:
        return
    with capturing.global_and_fixture_disabled() if capturing else nullcontext():
        terminal.ensure_newline()
        terminal.write_line(text)


def _board_of(config: pytest.Config) -> Board | None:
    """Return what this process notes its work on; None where nobody looks at it."""
    if BOARD not in config.stash:
        given = config.workerinput if is_worker(config) else {}  # type: ignore[attr-defined]
        path = Path(given[FOLDER]) / given["workerid"] if FOLDER in given else None
        config.stash[BOARD] = Board(path) if path else None
    return config.stash[BOARD]


def _place(config: pytest.Config, name: str) -> tuple[int, int]:
    """Return which candidate of the run it is, and of how many."""
    items = getattr(config.pluginmanager.get_plugin("session"), "items", ())
    names = list(dict.fromkeys(i.stash[CHECK].candidate.name for i in items if CHECK in i.stash))
    return (names.index(name) + 1, len(names)) if name in names else (0, 0)


def _mean_seconds(clips: Sequence["Clip"]) -> float:
    """Return the mean length of clips, from the headers of some of them."""
    if not clips:
        return 0.0
    from sertify.corpora.audio import duration_of

    until = time.monotonic() + _PATIENCE
    spans = [
        min(whole, clip.end or whole) - clip.start
        for clip in clips[:: max(1, len(clips) // _SAMPLE)]
        if time.monotonic() < until and (whole := duration_of(clip.content)) is not None
    ]
    believed = [span for span in spans if 0 < span < _LONGEST]
    return sum(believed) / len(believed) if believed else 0.0


# Seconds, beyond which nobody waits.
_AGES = 359_999


def told(works: Sequence[Work]) -> str:
    """Say in one line what is being done; that of several candidates is summed up.

    Examples
    --------
    >>> told([Work("ast", 3, 13, "downloading", "B", 0, 412e6, 1.26e9, 38e6)])
    'ast (3 of 13): downloading 412 MB of 1.26 GB, 38 MB/s, 0:22 left'
    >>> clips = Work("ast", 1, 2, "", "clips", 2.0, 310, 1440, 19)
    >>> told([clips])
    'ast (1 of 2): 310 of 1,440 clips, 38x real time, 0:59 left'
    >>> told([clips, clips, Work("hubert", 2, 2, "loading the weights")])
    '3 candidates at work: 620 of 2,880 clips, 76x real time, 0:59 left; loading the weights'
    """
    alike: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        alike.setdefault((work.what, work.unit), []).append(work)
    summary = "; ".join(map(_summed, alike.values()))
    if len(works) != 1:
        return f"{len(works)} candidates at work: {summary}" if works else ""
    work = works[0]
    return (
        f"{work.name} ({work.place} of {work.of}): {summary}"
        if work.of
        else f"{work.name}: {summary}"
    )


def _summed(works: Sequence[Work]) -> str:
    """Say how far pieces of the same kind of work are."""
    what, unit = works[0].what, works[0].unit
    done, total, pace = (
        sum(getattr(work, key) for work in works) for key in ("done", "total", "pace")
    )
    if not total:
        return what or f"asking about {unit}"
    amount = f"{_size(done)} of {_size(total)}" if unit == "B" else f"{done:,} of {total:,} {unit}"
    parts = [f"{what} {amount}".lstrip()]
    if pace:
        real = sum(work.pace * work.audio for work in works)
        other = f"{_size(pace)}/s" if unit == "B" else f"{pace:.1f}/s"
        parts += [f"{real:.{int(real < 10)}f}x real time" if real else other]
        parts += [f"{_clock((total - done) / pace)} left"]
    return ", ".join(parts)


def _size(number: float) -> str:
    """Write a number of bytes: ``412 MB``, ``1.26 GB``."""
    if number < 999.5e6:
        return f"{number / 1e6:.0f} MB" if number >= 999.5e3 else f"{number / 1e3:.0f} kB"
    return f"{number / 1e9:.2f} GB"


def _clock(seconds: float) -> str:
    """Write a time: ``0:42``, ``1:02:03``."""
    minutes, rest = divmod(round(min(max(seconds, 0), _AGES)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
