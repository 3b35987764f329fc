"""How processes are started: from one that has imported beforehand what all of them need."""

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

_WIDTH = 2**20  # bytes

_BEFOREHAND = ("sertify.models.beforehand",)


def warm_up() -> None:
    """Begin to import, beside this process, what those to come have at once."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        process_context()
        with hidden_main():
            forkserver.ensure_running()


def process_context() -> Any:
    """Return what starts processes: where the system can, from one that has imported all once."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_BEFOREHAND])
    return context


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
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
