"""An object that lives in a process of its own, and is asked from this one."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from sertify.models.processes.feeder import Feeder
from sertify.models.processes.network import Reach
from sertify.models.processes.output import Output
from sertify.models.processes.quota import Deed, Quota
from sertify.models.processes.serving import DUMP, Errand, serve
from sertify.models.processes.starting import hidden_main, process_context, room_prefix, wide_pipe
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.text import amount, text_of_error

# Seconds after which a process is looked at, and that it gets to tell where it hangs.
_TICK, _LAST_WORDS = 0.25, 1.0
# The exit code of a process that nobody could wait for.
_NOBODY_KNOWS = 255


class Remote:
    """An object of class ``name`` of ``module``, made of ``inputs`` in a process of its own.

    The module is imported there only. The process ends with :meth:`close` or with this one, however
    that ends, and with it all that it has started.

    Parameters
    ----------
    quota
        What it may take. Where it takes more it is ended.
    dump
        The file that tells of its end where that is not ours.
    network
        What of the network it may use.
    """

    def __init__(
        self,
        module: str,
        name: str,
        *inputs: Any,
        quota: Quota | None = None,
        dump: Path | None = None,
        network: Reach = "closed",
    ) -> None:
        self._quota, self._dump = quota or Quota(), dump
        if dump is not None:
            with suppress(OSError):
                dump.unlink()  # of another run
        self._end: Blocked | None = None
        self.closed = self._gone = False
        self._waiting: _Waiting | None = None
        self._over, self._lock = threading.Event(), threading.RLock()
        self._room = TemporaryDirectory(prefix=room_prefix(), ignore_cleanup_errors=True)
        context = process_context()
        self._connection, theirs = context.Pipe()
        mouth, speech = context.Pipe(duplex=False)
        ear, self._arrays = wide_pipe(context)
        refused = self._quota.memory if self._quota.refuses else None
        errand = Errand(module, name, inputs, dict(os.environ), self._room.name, refused, network)
        self._process = context.Process(
            target=serve, args=(theirs, ear, speech, errand), daemon=True
        )
        with hidden_main():
            self._process.start()
        self.pid: int | None = self._process.pid
        for end in (theirs, ear, speech):
            end.close()
        self._output = Output(mouth)
        self._starter = _starter(self.pid)
        self._shared, self._most = _held(self._starter), 0
        threading.Thread(target=self._watch, name="watchman", daemon=True).start()

    def ask(self, method: str, *inputs: Any, deed: Deed = "load", times: int = 1) -> Any:
        """Call a method of the object and return what it returns.

        ``deed`` says which limit holds for it, and how many times over.

        Raises
        ------
        SertifyError
            What it raises of these.
        Blocked
            ``unexpected_error`` for any other error; ``crashed``, ``exited``, ``timed_out`` or
            ``out_of_memory`` where the process has ended, or is ended for that.
        """
        with self._closing_on_trouble():
            self._send((method, inputs), deed)
            at: Deed | None = deed
            while at is not None:
                now = time.monotonic()
                kind, content = self._next(_Waiting(at, functools.partial(float, now), times))
                at = content if kind == "at" else None
        result, error = content
        if error is not None:
            raise error
        return result

    def stream(
        self, method: str, *inputs: Any, items: Iterable[Any], say: Callable[[str], None]
    ) -> Iterator[Any]:
        """Call a method that answers arrays one by one, and yield what it answers as that comes.

        The arrays are sent as the process takes them; ``say`` is told what it has to say. Each
        answer is a forward, for which the limit holds. Raises as :meth:`ask`, and what ``items``
        raises.
        """
        with self._closing_on_trouble():
            self._send((method, inputs), "forward")
            feeder = Feeder(self._arrays, items)
            try:
                while True:
                    kind, content = self._next(_Waiting("forward", feeder.last))
                    if kind == "failed":
                        feeder.stop()
                    elif kind == "answer":
                        feeder.note_answer()
                        yield content
                    elif kind == "say":
                        say(content)
                    else:
                        break
            except BaseException:
                feeder.stop()
                raise
            feeder.join()
        if feeder.error is not None:
            raise feeder.error
        if content[1] is not None:
            raise content[1]

    @property
    def fallen(self) -> bool:
        """Whether the process has ended, or had to be ended, before anybody closed it."""
        return self._end is not None

    def close(self) -> None:
        """End the other process, whatever it is doing, and what it has started."""
        self.closed = True
        self._kill()
        self._connection.close()
        self._arrays.close()
        self._room.cleanup()

    @contextmanager
    def _closing_on_trouble(self) -> Iterator[None]:
        if self._end is not None:
            raise self._end
        try:
            yield
        except BaseException:
            self.close()  # else the next to ask would be told this answer
            raise

    def _send(self, message: Any, deed: Deed) -> None:
        try:
            self._connection.send(message)
        except OSError as gone:
            raise self._fallen(deed) from gone

    def _next(self, waiting: "_Waiting") -> tuple[str, Any]:
        """Wait for the next message, which may never come: the watchman sees to that."""
        self._waiting = waiting
        try:
            wait([self._connection, self._process.sentinel])
            # What the process has started may hold its end of the connection open.
            if not self._connection.poll(0):
                raise EOFError
            message: tuple[str, Any] = self._connection.recv()
        except (EOFError, OSError) as gone:
            raise self._fallen(waiting.deed) from gone
        except Exception as error:
            raise Blocked("unexpected_error", f"it answers {text_of_error(error)}") from error
        finally:
            self._waiting = None
        if message[0] == "done" and message[1][1] is not None:
            self._note_failure(message[1][1])
        return message

    def _watch(self) -> None:
        """End the process where it takes more than it may, whatever it is in the middle of."""
        while not self._over.wait(_TICK):
            self._most = max(self._most, _held(self.pid) - self._shared)
            waiting = self._waiting
            if waiting is not None and (excess := self._excess(waiting)):
                self._end_for(*excess)

    def _excess(self, waiting: "_Waiting") -> tuple[str, str] | None:
        """Return the reason and the message where it has taken more than it may."""
        late = self._quota.exceeded(waiting.deed, waiting.since(), waiting.times)
        if late:
            return "timed_out", late
        if self._quota.memory is not None and self._most > 1.05 * self._quota.memory:
            held = f"its process held {amount(self._most)} in {waiting.deed}"
            return "out_of_memory", f"{held}{self._allowed()}"
        return None

    def _end_for(self, code: str, message: str) -> Blocked:
        """End the process, after it has said what it was at."""
        if DUMP is not None and not self._over.is_set():
            with suppress(OSError):
                os.kill(self.pid or 0, DUMP)
                self._over.wait(_LAST_WORDS)
        end = self._final(code, message)
        self._kill()
        return end

    def _allowed(self) -> str:
        return f", of {amount(self._quota.memory or 0)} allowed (`limits: {{memory: ...}}`)"

    def _fallen(self, deed: Deed) -> Blocked:
        """Say how a process ended by itself, or why it was ended."""
        with self._lock:
            self._process.join(_LAST_WORDS)
            alive = self._process.is_alive()
            code = self._process.exitcode or 0
        if self._end is not None:
            return self._end
        if alive:
            return self._end_for("crashed", f"its process stopped to listen in {deed}")
        self._kill()
        if code == _NOBODY_KNOWS and not psutil.pid_exists(self._starter or 0):
            text = "what its process was started from was ended from outside"
            return self._final("crashed", f"{text}, in {deed}")
        if code >= 0:
            return self._final(
                "exited", f"its process ended itself with exit code {code} in {deed}"
            )
        return self._final(*self._killed(-code, deed))

    def _killed(self, number: int, deed: Deed) -> tuple[str, str]:
        names = {int(each): each.name for each in signal.Signals}
        name = names.get(number, f"signal {number}")
        held = f"; it held {amount(self._most)}" if self._most > 0 else ""
        if (
            self._quota.memory is not None
            and name == "SIGKILL"
            and 2 * self._most > self._quota.memory
        ):
            return "out_of_memory", f"the system ended its process ({name}) in {deed}{held}"
        how = signal.strsignal(number) or name
        return "crashed", f"{how.lower()} ({name}) in {deed}{held}"

    def _final(self, code: str, message: str) -> Blocked:
        with self._lock:
            self._end = self._end or Blocked(code, f"{message}{self._dumped(message)}")
            return self._end

    def _note_failure(self, error: Exception) -> None:
        """Say what was allowed, and let an error that nobody expected be looked into."""
        if isinstance(error, Blocked):
            if error.reason.code == "out_of_memory" and self._quota.memory is not None:
                error.message += self._allowed()
            if trace := error.__dict__.pop("trace", ""):
                error.message += self._dumped(trace)
            error.args = (error.reason.code, error.message)

    def _dumped(self, text: str) -> str:
        """Write down what is known of an end; return where, as the end of a message."""
        if self._dump is None:
            return ""
        content: str = without_logins(f"{text}\n\n{self._output.text()}")
        try:
            self._dump.parent.mkdir(parents=True, exist_ok=True)
            self._dump.write_text(content, "utf-8", errors="backslashreplace")
        except OSError:
            return ""  # what ended it is of more interest than why that is not written
        return f"; see {self._dump.parent.name}/{self._dump.name}"

    def _kill(self) -> None:
        with self._lock:
            if self._gone:
                return  # its number may be another's by now
            self._gone = True
            self._over.set()
            with suppress(psutil.Error):
                for child in psutil.Process(self.pid).children(recursive=True):
                    with suppress(psutil.Error):
                        child.kill()
            if hasattr(os, "killpg"):
                with suppress(OSError):  # gone, or not yet the first of its group
                    os.killpg(self.pid or 0, signal.SIGKILL)
            if self._process.is_alive():
                self._process.kill()
            self._process.join()


@dataclass(frozen=True)
class _Waiting:
    """What is waited for, since when by ``time.monotonic``, and how many of it."""

    deed: Deed
    since: Callable[[], float]
    times: int = 1


def _starter(pid: int | None) -> int | None:
    """Return what a process was started from, where that is not this one."""
    try:
        above = psutil.Process(pid).ppid()
    except psutil.Error:
        return None
    return None if above == os.getpid() else above


def _held(pid: int | None) -> int:
    """Return the bytes that a process holds; 0 where there is none."""
    try:
        return 0 if pid is None else int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
