"""On a terminal long work shows that it goes on; in a log it leaves no trace."""

import doctest
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from _pytest._io import TerminalWriter
from hypothesis import given
from hypothesis import strategies as st

from sertify.plugin import progress
from sertify.plugin.progress import BOARD, FOLDER, Board, Work, told
from sertify.plugin.screen import Display, Screen
from tests.meta import virtual_terminal
from tests.meta.runs import ROOT

ONE = ("-k", "nearly and wav2vec2")
BY_A_WORKER = re.compile(r"\d candidates at work: |-tiny \(\d of 2\): ")
# What takes time to import, and what would be written into the project.
_SPARED = ("-pno:hypothesispytest", "-pno:cacheprovider")
SEVERAL = ("-n2", "-mdegeneracy", "-k", "wav2vec2-tiny or hubert-tiny")


def command(reports: Path, *args: str) -> list[str]:
    fixed = ("--candidates=fixtures/candidates.yaml", f"--reports={reports}", "--threads=1")
    return [sys.executable, "-m", "pytest", "tests/checks", *_SPARED, *fixed, *args]


def environment(**changed: str) -> dict[str, str]:
    without = {name: value for name, value in os.environ.items() if name != "CI"}
    # pytest asks the environment first for how wide its terminal is.
    return without | {"TERM": "xterm", "COLUMNS": "100"} | changed


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def log_of(lines: list[str]) -> list[str]:
    """Return what a terminal shows of the tests themselves, above the first heading."""
    start = next(n for n, line in enumerate(lines) if line.startswith(("collected", "2 workers")))
    headings = (n for n, line in enumerate(lines) if n > start and line.startswith(("-", "=")))
    return lines[start : next(headings)]


@pytest.mark.slow(6)
def test_progress_tells_what_is_done_and_goes_away(tmp_path: Path) -> None:
    session = virtual_terminal.Session(command(tmp_path, *ONE), environment())
    shown = {lines[-1] for lines in session.follow()}
    assert session.process.returncode == 0, session.output
    assert any(line.startswith("wav2vec2-tiny (1 of 1): starting a process") for line in shown)
    assert any(" of 56 clips" in line for line in shown)
    log = log_of(session.screen.text)
    assert log[2].startswith("tests/checks/test_degeneracy.py . ")
    assert log[2].endswith("[100%]")
    assert log[3:] == [""]


@pytest.fixture
def begun(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[pytest.Config, Display]]]:
    """Begin a run of pytest on a terminal, as far as the display is concerned."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    displays: list[Display] = []

    def begin(*args: str) -> tuple[pytest.Config, Display]:
        monkeypatch.setattr("sys.stdout", file)
        config = pytester.parseconfigure(*args)
        displays.append(Display(config))
        displays[-1].pytest_sessionstart()
        return config, displays[-1]

    with os.fdopen(theirs, "w") as file:
        yield begin
        for display in displays:
            display.pytest_unconfigure()
    os.close(ours)


@pytest.mark.parametrize(
    ("args", "name", "value", "there"),
    [
        ([], "TERM", "xterm", True),
        (["-v"], "CI", "", True),
        (["-q"], "TERM", "xterm", False),
        (["-s"], "TERM", "xterm", False),
        (["--capture=tee-sys"], "TERM", "xterm", False),
        (["-pno:terminal"], "TERM", "xterm", False),
        ([], "CI", "true", False),
        ([], "TERM", "dumb", False),
    ],
)
def test_progress_is_absent_where_it_would_be_noise(
    begun: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    name: str,
    value: str,
    there: bool,
) -> None:
    monkeypatch.setenv(name, value)
    config, _ = begun(*args)
    assert (config.stash.get(BOARD, None) is not None) == there


def test_what_workers_are_doing_is_told_together(begun: Callable[..., Any]) -> None:
    _, display = begun()
    node = SimpleNamespace(workerinput={}, gateway=SimpleNamespace(id="gw0"))
    display.pytest_configure_node(node)
    folder = Path(node.workerinput[FOLDER])
    clips = Work("ast", 1, 2, unit="clips", done=1, total=4)
    Board(folder / "gw0").note(display, clips)
    Board(folder / "gw1").note(display, replace(clips, name="hubert", done=2))
    (folder / "gw2").write_text("{")
    assert told(display.works()) == "2 candidates at work: 3 of 8 clips"
    display.pytest_testnodedown(node)
    assert [one.name for one in display.works()] == ["hubert"]


@pytest.mark.slow(6)
def test_progress_is_absent_from_a_log(tmp_path: Path) -> None:
    run = subprocess.run(command(tmp_path, *ONE), capture_output=True, env=environment())
    assert run.returncode == 0
    assert run.stderr == b""
    assert not {b"\r", b"\x1b"} & {bytes([byte]) for byte in run.stdout}
    assert b"clips," not in run.stdout.partition(b"= sertify =")[0]


def workers(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [one for one in map(int, found) if "-c" in _words(one)]


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


@pytest.mark.slow(10)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for workers in /proc")
def test_a_lost_worker_leaves_no_progress_behind(tmp_path: Path) -> None:
    session = virtual_terminal.Session(command(tmp_path, *SEVERAL), environment())
    killed = False
    for lines in session.follow():
        if not killed and BY_A_WORKER.search(lines[-1]):
            os.kill(workers(session.process.pid)[0], signal.SIGKILL)
            killed = True
    assert killed, session.output
    assert any("worker_crashed" in line for line in session.screen.text), session.output
    assert not any(BY_A_WORKER.search(line) for line in session.screen.text)
    assert (tmp_path / "results.json").is_file()


class Terminal:
    """The two ends of a pipe: pytest's writer with a line of ours, and what both have sent."""

    def __init__(self, width: int) -> None:
        self.end, start = os.pipe()
        self.writer = TerminalWriter(os.fdopen(start, "w", encoding="utf-8", newline=""))
        self.writer.fullwidth = width
        self.screen = Screen(self.writer)

    def seen(self, width: int) -> list[str]:
        """Close it, and return what a terminal would show."""
        self.screen.close()
        self.writer._file.close()
        with os.fdopen(self.end, "rb") as file:
            text = file.read().decode()
        shown = virtual_terminal.Screen(width)
        shown.feed(text.replace("\n", "\r\n"))  # as terminals do
        return [line for line in shown.text if line]


TEXTS = st.text(st.sampled_from("a한.\n"), max_size=30)
ACTIONS = st.lists(st.tuples(st.booleans(), TEXTS), max_size=12)


@given(ACTIONS, st.integers(10, 20))
def test_what_pytest_writes_is_there_as_if_nothing_else_were(
    actions: list[tuple[bool, str]], width: int
) -> None:
    both, alone = Terminal(width), Terminal(width)
    for is_log, text in actions:
        if is_log:
            both.writer.write(text)
            alone.writer.write(text)
        else:
            both.screen.show(f"<{text}>")
    assert both.seen(width) == alone.seen(width)


def test_the_line_is_cut_to_the_terminal_and_harmless() -> None:
    terminal = Terminal(20)
    terminal.writer.write("..")
    terminal.screen.show("한국어-감정-모델\x1b[2J\n: 3 of 4 clips, 0:42 left")
    os.set_blocking(terminal.end, False)
    sent = os.read(terminal.end, 1000).decode()
    shown = virtual_terminal.Screen(20)
    shown.feed(sent.replace("\n", "\r\n"))
    assert shown.text == ["..", "한국어-감…0:42 left"]
    assert terminal.seen(20) == []


def test_a_terminal_that_is_gone_disturbs_nobody() -> None:
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    screen = Screen(TerminalWriter(file))
    screen.show("1 of 2")
    os.close(ours)
    screen.show("2 of 2")
    screen.show("")
    screen.close()
    file.close()


def test_a_worker_leaves_a_note_while_it_works(tmp_path: Path) -> None:
    note = tmp_path / "gw0"
    board, outer, inner = Board(note), object(), object()
    board.note(outer, Work("ast", what="examining it"))
    board.note(inner, Work("ast", what="loading its weights"))
    assert '"loading its weights"' in note.read_text()
    board.note(inner, None)
    assert '"examining it"' in note.read_text()
    board.note(outer, None)
    assert [*tmp_path.iterdir()] == []


def test_a_note_that_cannot_be_left_disturbs_nobody(tmp_path: Path) -> None:
    board = Board(tmp_path / "gone" / "gw0")
    board.note(board, Work("ast", what="examining it"))
    assert board.current == Work("ast", what="examining it")


@given(st.floats(0, 1e13), st.floats(1, 1e13), st.floats(0, 1e10))
def test_sizes_and_times_are_short_whatever_they_are(
    done: float, total: float, pace: float
) -> None:
    for unit in ("B", "clips"):
        text = told(
            [Work("", what="downloading", unit=unit, done=int(done), total=int(total), pace=pace)]
        )
        assert "downloading" in text
        assert "-" not in text


def test_words_keep_their_promises() -> None:
    assert not doctest.testmod(progress).failed
