"""An object that does to its process whatever can be done to one; imported there only."""

import ctypes
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sertify.models import tested
from sertify.models.processes.serving import streams


class Unspeakable(Exception):
    """It cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no")


class Misbehaving:
    """Each method is a way to misbehave, or tells what is there."""

    def __init__(self, *inputs: Any) -> None:
        self.inputs = inputs

    def echo(self, value: Any) -> Any:
        return value

    def fail_untested(self) -> None:
        """Raise, in a process where nothing but a version of long ago was tested."""
        tested.NEWEST = (5, 0)
        raise ValueError("odd")

    def abort(self) -> None:
        os.abort()

    def segfault(self) -> None:
        ctypes.string_at(0)

    def kill(self, number: int) -> None:
        os.kill(os.getpid(), number)

    def exit(self, code: int) -> None:
        os._exit(code)

    def leave(self) -> None:
        sys.exit(0)

    def interrupt(self) -> None:
        raise KeyboardInterrupt

    def close_generator(self) -> None:
        raise GeneratorExit

    def unspeakable(self) -> None:
        raise Unspeakable

    def surrogate(self) -> None:
        raise ValueError("\udce4 \x1b[31m")

    def sleep(self, seconds: float = 600) -> None:
        time.sleep(seconds)

    def hang(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        while True:
            pass

    def allocate(self, size: int) -> int:
        return int(np.ones(size, np.uint8)[-1])

    def hold(self, size: int) -> None:
        held = np.ones(size, np.uint8)
        time.sleep(600)
        held.sum()

    def recurse(self) -> None:
        self.recurse()

    def print(self, size: int) -> None:
        for _ in range(size // 1000):
            os.write(1, b"x" * 999 + b"\n")
        print("the end", file=sys.stderr)  # noqa: T201

    def start(self, *, leave: bool = False) -> int:
        return subprocess.Popen(["sleep", "600"], start_new_session=leave).pid

    def spoil(self) -> None:
        os.environ["SPOILT"] = "yes"
        os.chdir("/")
        sys.modules["json"] = None  # type: ignore[assignment]
        threading.Thread(target=time.sleep, args=(600,)).start()
        np.random.seed(1)
        os.umask(0o777)

    def state(self) -> dict[str, Any]:
        return {
            "environment": os.environ.get("SPOILT"),
            "folder": str(Path.cwd()),
            "json": sys.modules.get("json") is not None,
            "threads": threading.active_count(),
            "random": float(np.random.random()),
            "umask": os.umask(0o22),
            "descriptors": len([*Path("/proc/self/fd").iterdir()]),
        }

    note: Callable[[Any], None]

    def three_forwards(self, seconds: float) -> None:
        for _ in range(3):
            self.note("forward")
            time.sleep(seconds)

    def fork_and_abort(self) -> None:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        os.abort()

    def unsendable(self) -> Any:
        return lambda: 0

    def of_a_class_that_is_not_here(self) -> Any:
        module = ModuleType("only_there")
        sys.modules["only_there"] = module
        exec("class Thing: pass", module.__dict__)
        return module.Thing()

    def half_a_message(self) -> None:
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            number = int(name)
            with suppress(OSError):
                if number > 2 and stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, b"\0\0\1\0")
        time.sleep(600)

    @streams
    def never_ends(self, items: Iterable[Any], say: Callable[[str], None]) -> Iterator[Any]:  # noqa: ARG002
        yield from enumerate(items)
        time.sleep(600)

    @streams
    def double(
        self,
        items: Iterable[Any],
        say: Callable[[str], None],
        fail_at: int = -1,
        how: str = "",
        pause: float = 0.0,
    ) -> Iterator[Any]:
        for place, item in enumerate(items):
            time.sleep(pause)
            if place == fail_at:
                getattr(self, how)()
            say(f"at {place}")
            yield place, item * 2

    @streams
    def count(self, items: Iterable[Any], say: Callable[[str], None]) -> Iterator[Any]:  # noqa: ARG002
        for place, item in enumerate(items):
            yield place, item[:1]
