"""An object that lives in a process of its own, and is asked from this one."""

import multiprocessing
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from sertify.vocabulary.errors import Blocked, SertifyError


class Remote:
    """An object of class ``name`` of ``module``, made of ``inputs`` in a process of its own.

    The module is imported there only. The process ends with :meth:`close` or with this one, however
    that ends.
    """

    def __init__(self, module: str, name: str, *inputs: Any) -> None:
        context = _context(module)
        self._connection, theirs = context.Pipe()
        given = (theirs, module, name, inputs)
        self._process = context.Process(target=_serve, args=given, daemon=True)
        with _hidden_main():
            self._process.start()
        self.pid: int | None = self._process.pid
        theirs.close()

    def ask(self, method: str, *inputs: Any) -> Any:
        """Call a method of the object and return what it returns.

        Raises what it raises of sertify's own errors, ``RuntimeError`` for any other, and
        ``Blocked`` with ``worker_crashed`` where the process is dead.
        """
        try:
            self._connection.send((method, inputs))
            result, error = self._connection.recv()
        except (EOFError, ConnectionError) as gone:
            raise self._crash(method) from gone
        except BaseException:
            self.close()  # else the next to ask would be told this answer
            raise
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """End the other process, whatever it is doing."""
        self._connection.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _crash(self, method: str) -> Blocked:
        self._process.join()
        code = self._process.exitcode or 0
        names = {int(known): known.name for known in signal.Signals}
        how = f"of {names.get(-code, f'signal {-code}')}" if code < 0 else f"with exit code {code}"
        return Blocked("worker_crashed", f"the process that measures it died {how} (at: {method})")


def _context(module: str) -> Any:
    """Start processes from one that has imported a module once, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Keep a new process from importing the main module of this one: it may start tests anew."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(connection: Connection, module: str, name: str, inputs: tuple[Any, ...]) -> None:
    """Do what the other process asks for, until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the other process's to handle
    subject = getattr(import_module(module), name)(*inputs)
    with suppress(EOFError, ConnectionError):
        while True:
            method, given = connection.recv()
            connection.send(_reply(getattr(subject, method), given))


def _reply(function: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return function(*inputs), None
    except SertifyError as error:
        return None, error
    except Exception as error:
        # It may be of a class that cannot be sent, or that is unknown on the other side.
        return None, RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
