"""Begins a project: candidates.yaml, and settings that let plain ``pytest`` run the checks."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from _pytest.config.findpaths import locate_config  # which settings count, pytest alone can tell

from sertify.vocabulary.errors import ConfigurationError

_SETTINGS = """\
# Lets plain `pytest`, called here, run the checks of sertify on candidates.yaml.
[pytest]
addopts = --pyargs
testpaths = sertify.checks
"""
_PLAIN = "pytest"
_ASKING = "pytest --pyargs sertify.checks"
_ELSEWHERE = " --candidates candidates.yaml --reports reports"
# Like the cache of pytest: what git is to leave alone says so itself.
_IGNORED = """\
# What runs write is made again by the next one. Delete this file to keep it under version control.
*
"""


def begin(folder: Path, *, replace: bool = False) -> Iterator[str]:
    """Write what a project lacks, and yield what was done and what comes next, line by line.

    Nothing is overwritten; ``replace`` allows it for candidates.yaml alone.

    Raises
    ------
    ConfigurationError
        If the folder is not there, or settings in it cannot be read.
    OSError
        If a file cannot be written.
    """
    if folder.is_file():
        raise ConfigurationError(f"{folder}: is a file; give the folder that it lies in")
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder; make it, or give another")
    settings = _settings(folder)
    template = files(__package__).joinpath("candidates.yaml").read_text("utf-8")
    yield _written(folder / "candidates.yaml", template, replace, "--force replaces it")
    if not (folder / "reports").exists():
        (folder / "reports").mkdir()
        yield _written(folder / "reports" / ".gitignore", _IGNORED)
    if settings is None and _has_tests(folder):
        yield "There are tests here, which plain `pytest` goes on to run."
        yield from _next(folder, _ASKING)
    elif settings is None:
        yield _written(folder / "pytest.ini", _SETTINGS)
        yield from _next(folder, _PLAIN)
    elif settings.parent == folder.resolve() and "sertify.checks" in _text(settings):
        yield f"{settings}: runs the checks already"
        yield from _next(folder, _PLAIN)
    else:
        yield from _beside(folder, settings)


def _settings(folder: Path) -> Path | None:
    """Return the file that configures pytest in a folder; it may lie above."""
    try:
        _, path, content, _ = locate_config(folder, [folder.resolve()])
    except (pytest.UsageError, pytest.fail.Exception, ValueError) as error:
        raise ConfigurationError(f"pytest cannot read its settings: {error}; mend them") from error
    return path if path is not None and (content or path.name != "pyproject.toml") else None


def _has_tests(folder: Path) -> bool:
    """Whether pytest finds tests in a folder by itself, which settings of ours would hide."""
    names = ("tests", "test", "conftest.py")
    return any((folder / name).exists() for name in names) or any(folder.glob("test_*.py"))


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _written(path: Path, text: str, replace: bool = False, hint: str = "") -> str:
    done = "replaced" if replace and path.exists() else "written"
    try:
        with path.open("w" if replace else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return f"{path}: is there already, and left alone" + (f"; {hint}" if hint else "")
    return f"{path}: {done}"


def _beside(folder: Path, settings: Path) -> Iterator[str]:
    """Yield how checks are run where pytest has settings, which are somebody's own."""
    above = settings.parent != folder.resolve()
    yield f"{settings}: configures pytest, and is left alone"
    yield from _next(folder, _ASKING + (_ELSEWHERE if above else ""))
    if not above:
        yield "For plain `pytest` to run the checks as well, add there: --pyargs to addopts, and"
        yield "sertify.checks to testpaths."


def _next(folder: Path, command: str) -> Iterator[str]:
    here = folder.resolve() == Path.cwd()
    yield ""
    yield "Next:" if here else f"Next, in {folder}:"
    yield f"  {command} -m loadability --no-weights   # what are these models? without a download"
    yield f"  {command} --data PATH                   # which one is best on my recordings?"
