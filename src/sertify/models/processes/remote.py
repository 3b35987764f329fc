"""An object that lives in a process of its own, and is asked from this one."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from sertify.models.processes.feeder import Feeder
from sertify.models.processes.output import Output
from sertify.models.processes.quota import Deed, Quota
from sertify.models.processes.serving import DUMP, Errand, serve
from sertify.models.processes.starting import hidden_main, process_context, wide_pipe
from sertify.vocabulary.errors import Blocked
from sertify.vocabulary.logins import without_logins
from sertify.vocabulary.text import amount

# Seconds after which a silent process is looked at, and that it gets to tell where it hangs.
_TICK, _LAST_WORDS = 0.25, 1.0


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
    """

    def __init__(
        self,
        module: str,
        name: str,
        *inputs: Any,
        quota: Quota | None = None,
        dump: Path | None = None,
    ) -> None:
        self._quota, self._dump = quota or Quota(), dump
        if dump is not None:
            with suppress(OSError):
                dump.unlink()  # of another run
        self._end: Blocked | None = None
        self.closed = self._gone = False
        self._room = TemporaryDirectory(prefix="sertify-", ignore_cleanup_errors=True)
        context = process_context()
        self._connection, theirs = context.Pipe()
        mouth, speech = context.Pipe(duplex=False)
        ear, self._arrays = wide_pipe(context)
        refused = self._limit if self._quota.refuses else None
        errand = Errand(module, name, inputs, dict(os.environ), self._room.name, refused)
        self._process = context.Process(
            target=serve, args=(theirs, ear, speech, errand), daemon=True
        )
        with hidden_main():
            self._process.start()
        self.pid: int | None = self._process.pid
        for end in (theirs, ear, speech):
            end.close()
        self._output = Output(mouth)
        self._shared = _held(self._process.pid, above=True)
        self._most = 0

    @property
    def _limit(self) -> int | None:
        return self._quota.memory

    def ask(self, method: str, *inputs: Any, deed: Deed = "load", times: int = 1) -> Any:
        """Errand a method of the object and return what it returns.

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
            kind, content = self._next(deed, time.monotonic(), times)
            while kind == "at":
                kind, content = self._next(content, time.monotonic(), times)
        result, error = content
        if error is not None:
            raise error
        return result

    def stream(
        self, method: str, *inputs: Any, items: Iterable[Any], say: Callable[[str], None]
    ) -> Iterator[Any]:
        """Errand a method that answers arrays one by one, and yield what it answers as that comes.

        The arrays are sent as the process takes them; ``say`` is told what it has to say. Each
        answer is a forward, for which the limit holds. Raises as :meth:`ask`, and what ``items``
        raises.
        """
        with self._closing_on_trouble():
            self._send((method, inputs), "forward")
            feeder = Feeder(self._arrays, items)
            try:
                while True:
                    kind, content = self._next("forward", feeder.last)
                    if kind == "answer":
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

    def _next(
        self, deed: Deed, since: float | Callable[[], float], times: int = 1
    ) -> tuple[str, Any]:
        """Wait for the next message, and look after the process meanwhile."""
        try:
            while not self._connection.poll(_TICK):
                self._look(deed, since() if callable(since) else since, times)
            message: tuple[str, Any] = self._connection.recv()
        except (EOFError, OSError) as gone:
            raise self._fallen(deed) from gone
        if message[0] == "done" and message[1][1] is not None:
            self._note_failure(message[1][1])
        return message

    def _look(self, deed: Deed, since: float, times: int) -> None:
        self._most = max(self._most, _held(self.pid) - self._shared)
        late = self._quota.exceeded(deed, since, times)
        if late:
            raise self._ended("timed_out", late)
        if self._limit is not None and self._most > 1.05 * self._limit:
            held = f"its process held {amount(self._most)} in {deed}"
            raise self._ended("out_of_memory", f"{held}, of {amount(self._limit)} allowed")

    def _ended(self, code: str, message: str) -> Blocked:
        """End the process, after it has said what it was at."""
        if DUMP is not None and self._process.is_alive():
            with suppress(OSError):
                os.kill(self.pid or 0, DUMP)
                time.sleep(_LAST_WORDS)
        self._kill()
        return self._final(code, message)

    def _fallen(self, deed: Deed) -> Blocked:
        """Say how a process ended by itself."""
        self._process.join(_LAST_WORDS)
        if self._process.is_alive():
            return self._ended("crashed", f"its process stopped to listen in {deed}")
        self._kill()
        code = self._process.exitcode or 0
        if code >= 0:
            return self._final(
                "exited", f"its process ended itself with exit code {code} in {deed}"
            )
        known = {int(each): each.name for each in signal.Signals}
        name = known.get(-code, f"signal {-code}")
        how = signal.strsignal(-code) or name
        held = f"; it held {amount(self._most)}" if self._most else ""
        if self._limit is not None and name == "SIGKILL" and 2 * self._most > self._limit:
            text = f"the system ended its process ({name}) in {deed}{held}"
            return self._final("out_of_memory", text)
        return self._final("crashed", f"{how.lower()} ({name}) in {deed}{held}")

    def _final(self, code: str, message: str) -> Blocked:
        self._end = Blocked(code, f"{message}{self._dumped(message)}")
        return self._end

    def _note_failure(self, error: Exception) -> None:
        """Say what was allowed, and let an error that nobody expected be looked into."""
        if isinstance(error, Blocked):
            if error.reason.code == "out_of_memory" and self._limit is not None:
                error.message += f", of {amount(self._limit)} allowed"
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
        if self._gone:
            return  # its number may be another's by now
        self._gone = True
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


def _held(pid: int | None, *, above: bool = False) -> int:
    """Return the bytes that a process holds, or the one that it was started from."""
    try:
        process = psutil.Process(pid)
        if above and (parent := process.parent()) is not None and parent.pid != os.getpid():
            process = parent
        elif above:
            return 0
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
