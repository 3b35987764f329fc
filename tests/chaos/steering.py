"""Runs of pytest on the checks, in which a plugin does something at a moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.meta.runs import CHECKS, Outcome

Judge = Callable[..., Outcome]


def judge(
    pytester: pytest.Pytester, folder: Path, candidates: Path, *args: str | Path, plugin: Any = None
) -> Outcome:
    """Call pytest on the checks; reports and cache are in the folder."""
    places = ("--candidates", candidates, "--reports", folder / "reports")
    fixed = ("-o", f"cache_dir={folder / 'cache'}", "-p", "no:hypothesispytest", "--threads=1")
    plugins = [plugin] if plugin else []
    result = pytester.runpytest_inprocess(CHECKS, *places, *fixed, *args, plugins=plugins)
    return Outcome(int(result.ret), str(result.stdout) + str(result.stderr), folder / "reports")
