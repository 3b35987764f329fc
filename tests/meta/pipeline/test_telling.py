"""Whoever waits at a terminal is told how far it is; nobody else is."""

import io

import pytest

from sertify.pipeline import telling
from sertify.pipeline.telling import on_one_line


class Terminal(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def test_work_that_takes_long_is_told_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_PATIENCE", 0.0)
    monkeypatch.setattr(telling, "_PAUSE", 0.0)
    terminal = Terminal()
    with on_one_line(terminal) as heed:
        assert heed is not None
        heed("reading", 1_000, 2_000)
        heed("reading", 2, 3)
    line = "reading: 1,000 of 2,000"
    blank = " " * len("reading: 2 of 3")
    assert terminal.getvalue() == f"\r{line}\r{'reading: 2 of 3':{len(line)}}\r{blank}\r"


def test_work_that_is_done_at_once_is_not_told() -> None:
    terminal = Terminal()
    with on_one_line(terminal) as heed:
        assert heed is not None
        heed("reading", 1, 2)
    assert terminal.getvalue() == ""


def test_a_file_is_told_nothing() -> None:
    with on_one_line(io.StringIO()) as heed:
        assert heed is None


def test_nothing_is_told_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_PATIENCE", 0.0)
    terminal = Terminal()
    with on_one_line(terminal) as heed:
        pass
    assert heed is not None
    heed("reading", 1, 2)
    assert terminal.getvalue() == ""


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_PATIENCE", 0.0)
    terminal = Terminal()
    with on_one_line(terminal) as heed:
        assert heed is not None
        monkeypatch.setattr(terminal, "write", gone)
        heed("reading", 1, 2)


def gone(_: str) -> int:
    raise OSError("no terminal")
