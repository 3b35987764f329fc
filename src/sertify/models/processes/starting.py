"""How processes are started: from one that has imported beforehand what all of them need."""

import multiprocessing
import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import gettempdir
from types import ModuleType
from typing import Any

import psutil

_WIDTH = 2**20  # bytes
_ROOM = "sertify-"
# Threads that judge at a time would keep each other's.
_HIDING = threading.Lock()

_BEFOREHAND = ("sertify.models.beforehand",)


def warm_up() -> bool:
    """Begin to import, beside this process, what those to come have at once.

    Returns whether that had not begun yet.
    """
    begun = "forkserver" in multiprocessing.get_all_start_methods() and _server_pid() is None
    process_context()
    return begun


def cool_down() -> None:
    """End what :func:`warm_up` began, where nobody will ask for a process."""
    if (pid := _server_pid()) is not None:
        from multiprocessing import forkserver

        os.kill(pid, signal.SIGKILL)  # else it would end when all is imported
        forkserver._forkserver._stop()  # type: ignore[attr-defined]


def _server_pid() -> int | None:
    from multiprocessing import forkserver

    pid: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    return pid


def process_context() -> Any:
    """Return what starts processes: where the system can, from one that has imported all once."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_BEFOREHAND])
    # It would take an interrupt while it imports, and show where.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


@cache
def room_prefix() -> str:
    """Return how the names of folders for processes begin; those of runs that died are removed."""
    for folder in Path(gettempdir()).glob(f"{_ROOM}*-*"):
        pid = folder.name.removeprefix(_ROOM).partition("-")[0]
        with suppress(OSError, ValueError, OverflowError):
            if _is_ours(folder) and not psutil.pid_exists(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)
    return f"{_ROOM}{os.getpid()}-"


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def wide_pipe(context: Any) -> tuple[Connection, Connection]:
    """Return the ends, to read and to write, of a pipe that a clip of some seconds fits into."""
    reader, writer = context.Pipe(duplex=False)
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # who has many pipes may not have them wide
            fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _WIDTH)
    return reader, writer


@contextmanager
def hidden_main() -> Iterator[None]:
    """Keep a new process from importing the main module of this one: it may start tests anew."""
    with _HIDING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
