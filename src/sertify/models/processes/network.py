"""Closes the network to a process, and to all that it starts.

A hook says in words what was asked for, to Python code. Where Linux can, a filter of system calls
refuses sockets to whatever else asks; it cannot be taken back, and what the process starts has it
as well. Sockets of this machine's own files (`AF_UNIX`) stay, for processes talk by them.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

_HERE = {int(getattr(socket, name, -1)) for name in ("AF_UNIX", "AF_NETLINK")} - {-1}
"""Families of sockets that lead nowhere else: between processes, and to the kernel."""


Reach = Literal["closed", "cache", "open"]
"""What of the network is there for a process: nothing, what the hub's cache has of it, or all."""


class NetworkRefused(OSError):
    """What code is told that asks for the network; `wanted` says what it asked for."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"the network is closed here; it was asked for {wanted}")
        self.wanted = wanted


def limit_network(reach: Reach, room: Path) -> None:
    """Let this process use no more of the network than ``reach``, from now on and for good.

    Its ``room`` is where it may keep what it gets, and what transformers makes of code.
    """
    _set("HF_MODULES_CACHE", str(room / "modules"), "transformers.dynamic_module_utils")
    if reach == "open":
        return
    _set("HF_HUB_OFFLINE", "1", "huggingface_hub.constants", value=True)
    if reach == "closed":  # what is there by chance must not decide
        _set("HF_HUB_CACHE", str(room / "hub"), "huggingface_hub.constants")
        os.environ["TORCH_HOME"] = str(room / "torch")
    close_network()


def _set(variable: str, text: str, module: str, value: Any = None) -> None:
    """Set a variable, also for a module that was imported beforehand and read it then."""
    os.environ[variable] = text
    if module in sys.modules:
        setattr(sys.modules[module], variable, text if value is None else value)


def close_network() -> None:
    """Refuse from now on, for good, what asks for another machine, or for this one as one."""
    sys.addaudithook(_refuse)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            _filter_system_calls()


def _of_host(host: Any, *_: Any) -> str:
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    return str(name or "this machine")


def _of_address(_: Any, address: Any) -> str:
    if not isinstance(address, tuple):  # a path, or nothing where one is connected already
        return ""
    return ":".join(map(str, address[:2]))


def _of_socket(_: Any, family: int, *__: Any) -> str:
    return "" if family in _HERE else "a socket of the network"


_ASKED: Mapping[str, Callable[..., str]] = {
    "socket.__new__": _of_socket,
    "socket.connect": _of_address,
    "socket.bind": _of_address,
    "socket.sendto": _of_address,
    "socket.sendmsg": _of_address,
    "socket.getaddrinfo": _of_host,
    "socket.gethostbyname": _of_host,
    "socket.gethostbyaddr": _of_host,
    "socket.getnameinfo": lambda address: _of_address(None, address),
}
"""What an event of Python's asks for; "" where that is not the network."""


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    asked = _ASKED.get(event)
    if asked is not None and (wanted := asked(*given)):
        raise NetworkRefused(wanted)


# ------------------------------------------------------------------ a filter of system calls

_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2  # of prctl
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE, _FIRST = 0, 4, 16  # where these are in what a filter is shown
# Of a machine: its mark, and the numbers of socket and io_uring_setup, which makes sockets, too.
_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_X32 = 0x40000000  # the numbers of a second set of calls of x86_64 begin here


def _filter_system_calls() -> None:
    """Refuse sockets but those of `_HERE`; OSError where the system has no such filters."""
    if platform.machine() not in _CALLS or sys.maxsize < 2**32:
        return
    program = _program(*_CALLS[platform.machine()])
    length = len(program) // 8
    content = ctypes.create_string_buffer(program, len(program))
    # A count, and behind what aligns it a pointer.
    given = ctypes.create_string_buffer(struct.pack("@HxxxxxxQ", length, ctypes.addressof(content)))
    _prctl(_NO_NEW_PRIVS, 1)
    _prctl(_SECCOMP, _FILTER, ctypes.addressof(given))


def _program(machine: int, make_socket: int, make_ring: int) -> bytes:
    """Return the filter, in the instructions of the classic Berkeley Packet Filter."""
    here = sorted(_HERE)
    refused = _ERRNO | errno.ENETUNREACH
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, refused),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, refused),
        (_EQUAL, 0, 1, make_ring),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 1, 0, make_socket),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST),
        *((_EQUAL, len(here) - place, 0, family) for place, family in enumerate(here)),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _prctl(*given: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(value) for value in (*given, 0, 0, 0, 0)[:5]]
    if library.prctl(ctypes.c_int(given[0]), *values[1:]) != 0:
        raise OSError(ctypes.get_errno(), "the system refuses a filter")
