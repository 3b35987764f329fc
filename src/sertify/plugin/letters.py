"""Names of files that are not in UTF-8, which nothing can be sent to a worker in.

Every run of pytest imports this, also of other projects, so it imports next to nothing.
"""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

# No argument of a command can begin so.
_MARK = "\0"


def make_sendable(config: pytest.Config, options: Collection[str]) -> None:
    """Let pytest-xdist hand over all arguments; complain of what it cannot.

    ``options`` are those that take one value.
    """
    call = config.invocation_params
    fixed = [str(call.dir), str(config.rootpath), *map(str, sys.path)]
    stuck = next((text for text in fixed if not _is_plain(text)), None)
    if stuck is not None:
        _refuse(stuck)
    config.invocation_params = replace(call, args=tuple(_sendable(call.args, options)))


def _sendable(args: Sequence[Any], options: Collection[str]) -> Iterator[str]:
    before = ""
    for arg in map(str, args):
        name, equals, value = arg.partition("=")
        if _is_plain(arg):
            yield arg
        elif before in options:
            yield _packed(arg)
        elif equals and name in options:
            yield f"{name}={_packed(value)}"
        else:
            _refuse(arg)
        before = arg


def plain(arguments: Sequence[str]) -> list[str]:
    """Return arguments that are only told, and not used."""
    return [arg.encode(errors="backslashreplace").decode() for arg in arguments]


def make_warning_sendable(recorded: Any) -> None:
    """Let a warning that quotes the name of a file reach the process that tells it."""
    text = str(recorded.message)
    if not _is_plain(text):
        recorded.message = UserWarning(*plain([text]))


def received(value: Any) -> Any:
    """Return the value of an option as it was given, also in a worker."""
    if isinstance(value, list):
        return [received(each) for each in value]
    if isinstance(value, str) and value.startswith(_MARK):
        return os.fsdecode(bytes.fromhex(value[1:]))
    return value


def _packed(value: str) -> str:
    return _MARK + os.fsencode(value).hex()


def _is_plain(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(text: str) -> None:
    (shown,) = plain([text])
    message = f"{shown} is not in UTF-8, which pytest-xdist needs; rename it, or run without -n"
    raise pytest.UsageError(message)
