"""How pytest was called: values of options that it takes for paths of tests, and odd letters.

Every run of pytest imports this, also of other projects, so it imports next to nothing.
"""

import os
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.config.findpaths import locate_config  # which settings count, pytest alone can tell

from sertify.plugin.reach import leads_to_checks, reaches_checks

_ADDED = "PYTEST_ADDOPTS"
# Of the options that take paths, those that nobody else has.
_OURS = ("candidates", "data", "confirm", "reports", "compare", "noise", "rooms")
# Files in which pytest looks for its settings; those of a corpus are none of the project's.
_SETTINGS = (
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
    *("pyproject.toml", "tox.ini", "setup.cfg", "setup.py"),
)


def called_anew(config: pytest.Config) -> Any:
    """Call pytest again with all values joined to their options; None where that changes nothing.

    pytest looks for its root folder and settings before it knows the options of plugins, and takes
    the value of one for a path of tests. What is not there yet may be when a worker looks.
    """
    if not _is_ours(config):
        return None
    call, options = config.invocation_params, with_values(config)
    args = joined(call.args, call.dir, options)
    added = joined(shlex.split(os.environ.get(_ADDED, "")), call.dir, options)
    if args is None and added is None:
        return None
    with _adding(added):
        return pytest.main([*(args or call.args)], call.plugins)


def joined(args: Sequence[Any], here: Path, options: Collection[str]) -> list[str] | None:
    """Return the arguments with ``--data PATH`` written as ``--data=PATH``, where that matters.

    ``options`` are those that take one value. None where it matters nowhere.
    """
    result: list[str] = []
    for arg in map(str, args):
        if result and result[-1] in options and _misleads(here / arg, here):
            result[-1] += f"={arg}"
        else:
            result.append(arg)
    return None if len(result) == len(args) else result


def _misleads(path: Path, here: Path) -> bool:
    """Whether pytest, given this path of tests, could find other settings than without it."""
    path, here = path.resolve(), here.resolve()
    if not path.is_relative_to(here):
        return not path.name.startswith("-")
    between = [path, *path.parents][: len(path.parts) - len(here.parts)]
    return any((folder / name).exists() for folder in between for name in _SETTINGS)


def _is_ours(config: pytest.Config) -> bool:
    """Whether checks are meant, also where settings were not found that lead to them."""
    if any(config.getoption(name) for name in _OURS) or reaches_checks(config):
        return True
    here = config.invocation_params.dir
    root, _, settings, _ = locate_config(here, [here])
    paths = getattr(settings.get("testpaths"), "value", ())
    return leads_to_checks(root or here, paths.split() if isinstance(paths, str) else paths)


def with_values(config: pytest.Config) -> frozenset[str]:
    """Return the long options that take one value, also those of other plugins."""
    actions = config._parser.optparser._actions
    return frozenset(
        name
        for action in actions
        if action.nargs in (None, "?")
        for name in action.option_strings
        if name.startswith("--")
    )


@contextmanager
def _adding(args: Sequence[str] | None) -> Iterator[None]:
    """Let pytest and its workers add other arguments than the environment says."""
    before = os.environ.get(_ADDED)
    if args is not None:
        os.environ[_ADDED] = shlex.join(args)
    try:
        yield
    finally:
        if args is not None and before is not None:
            os.environ[_ADDED] = before
