"""What goes on in a process that was started for an object: it does what it is asked for."""

import ctypes
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertify.models.processes.network import Reach, limit_network
from sertify.models.tested import doubt
from sertify.vocabulary.errors import Blocked, SertifyError
from sertify.vocabulary.text import safe, text_of_error

DUMP = getattr(signal, "SIGUSR2", None)
"""The signal at which a process writes down where all of its threads are."""

END = b"."
"""What is sent in place of an array when there are no more: no array has so few bytes."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Errand:
    """What a process is started for.

    Attributes
    ----------
    module, name, inputs
        The class of its object, and what that is made of.
    environment
        The variables of who asks, which may have changed since the first process began.
    room
        A folder of its own, which goes with it.
    memory
        Bytes beyond which the system is to refuse more; None where it is not to.
    network
        What of the network it, and what it starts, may use.
    """

    module: str
    name: str
    inputs: tuple[Any, ...]
    environment: Mapping[str, str]
    room: str
    memory: int | None
    network: Reach = "closed"


def serve(connection: Connection, arrays: Connection, speech: Connection, errand: Errand) -> None:
    """Do what the other process asks for, until it is gone.

    The object is given a function ``note``, which it may tell what it is about to do next.
    """
    _settle(speech, errand)
    try:
        subject = getattr(import_module(errand.module), errand.name)(*errand.inputs)
        subject.note = lambda deed: connection.send(("at", deed))
    except BaseException as error:
        failure: BaseException = error
        subject = None
    with suppress(EOFError, OSError):
        while True:
            method, given = connection.recv()
            if subject is None:
                connection.send(("done", (None, _told(failure))))
            elif getattr(getattr(subject, method, None), "streams", False):
                _stream(connection, arrays, getattr(subject, method), given)
            else:
                _send(connection, ("done", _reply(subject, method, given)))


def streams(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a method that takes arrays and `say`, and then what it is called with.

    What it yields is sent as it comes.
    """
    function.streams = True  # type: ignore[attr-defined]
    return function


def _settle(speech: Connection, errand: Errand) -> None:
    """Be nobody's heir: of nothing of this process is there anything left when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the other process's to handle
    for stream in (1, 2):
        os.dup2(speech.fileno(), stream)
    speech.close()
    os.environ.clear()
    os.environ.update(errand.environment)
    for variable in ("TMPDIR", "TEMP", "TMP"):
        os.environ[variable] = errand.room
    try:
        os.chdir(errand.room)
    except OSError:
        os._exit(1)  # who asked is gone already, with the room
    sys.stdout = os.fdopen(1, "w", 1, "utf-8", "backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    faulthandler.enable(2)
    if DUMP is not None:
        faulthandler.register(DUMP, 2)
    if hasattr(os, "setsid"):
        os.setsid()
    _limit(errand.memory)
    _die_with_parent()
    limit_network(errand.network, Path(errand.room))


def _limit(memory: int | None) -> None:
    """Have the system refuse what goes beyond, where it can, and end this process first."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900", "ascii")
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of all memory would fill the disk
    if memory is not None and sys.platform == "linux":
        import psutil

        held: int = psutil.Process().memory_info().data
        most = held + memory
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([most, *known]), hard))


def _die_with_parent() -> None:
    """End when the other process does, whatever this one hangs in.

    This one hangs on what it was started from, and that on a pipe that only who asks may hold.
    """
    starting = forkserver._forkserver
    if (held := getattr(starting, "_forkserver_alive_fd", None)) is not None:
        os.close(held)
        starting._forkserver_alive_fd = None  # type: ignore[attr-defined]
    parent = os.getppid()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                return
            os._exit(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _send(connection: Connection, message: Any) -> None:
    """Send a message, or why it cannot be sent."""
    try:
        connection.send(message)
    except OSError:
        raise
    except Exception as error:
        connection.send(("done", (None, _told(error))))


def _reply(subject: Any, method: str, inputs: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return getattr(subject, method)(*inputs), None
    except BaseException as error:
        return None, _told(error)


def _told(error: BaseException) -> Exception:
    """Return an error that can be sent: others may be of a class that is unknown there."""
    if isinstance(error, SertifyError):
        return error
    text = text_of_error(error)
    if isinstance(error, MemoryError):
        asked = f": {safe(error)}" if safe(error) else ""
        return Blocked("out_of_memory", f"not enough memory{asked}")
    if isinstance(error, SystemExit):
        return Blocked("exited", f"its code asked to end the process ({text})")
    blocked = Blocked("unexpected_error", f"{text}{doubt()}")
    with suppress(Exception):
        blocked.trace = "".join(traceback.format_exception(error))  # type: ignore[attr-defined]
    return blocked


def _stream(
    connection: Connection, arrays: Connection, method: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    """Answer arrays as they come; all are taken, also where an error ends it."""
    ended = threading.Event()

    def items() -> Iterator[NDArray[np.float32]]:
        while (content := arrays.recv_bytes()) != END:
            yield np.frombuffer(bytearray(content), np.float32)
        ended.set()

    error: Exception | None = None
    try:
        for answer in method(items(), lambda text: connection.send(("say", text)), *inputs):
            connection.send(("answer", answer))
    except BaseException as problem:
        error = _told(problem)
        connection.send(("failed", None))
    # Who sends must not wait for ever; where nothing more comes, that is seen by what reads it.
    while not ended.is_set() and arrays.recv_bytes() != END:
        pass
    connection.send(("done", (None, error)))
