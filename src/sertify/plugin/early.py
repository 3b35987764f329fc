"""Begins ahead of its time what a run waits for longest: the process that imports torch.

Every run of checks imports this before all else, so it imports next to nothing.
"""

import atexit
import gc
import os
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from _pytest.cacheprovider import Cache  # where it lies is not public

from sertify.plugin.arguments import is_worker

REMEMBERED = "answers.sqlite"
"""The file, in sertify's folder of pytest's cache, that has what earlier runs have computed."""

# Where one of these is given, no check is run.
_NO_RUN = (
    "collectonly",
    "help",
    "markers",
    "showfixtures",
    "show_fixtures_per_test",
    "setupplan",
    "cacheshow",
)
# What a run needs behind its wait for the process. What it needs before that it imports itself: of
# two threads that import what imports each other, one would get half of it.
_LATER = (
    "sertify.pipeline.scores",
    "sertify.pipeline.operating",
    "sertify.pipeline.golden",
    "sertify.pipeline.preparing",
    "sertify.pipeline.consistency",
    "scipy.special",
)
# New objects, and rounds, before the garbage collector looks at all: of thousands of checks and
# modules none is garbage, and it looked at them again and again.
_SELDOM = (50_000, 20, 100)
_BEGUN = pytest.StashKey[bool]()
_OFTEN = pytest.StashKey[tuple[int, int, int]]()
_HELPER = pytest.StashKey["_Helper"]()
_INNER = "PYTEST_CURRENT_TEST"  # a run within a test of another, which goes on behind it


def begin_early(config: pytest.Config) -> None:
    """Begin to import what models need, before it is read what they are; unless all is known."""
    if _INNER not in os.environ:
        config.stash[_OFTEN] = gc.get_threshold()
        gc.set_threshold(*_SELDOM)
        if not gc.get_freeze_count():
            config.add_cleanup(gc.unfreeze)  # after those of pytest; the process may live on
    if _runs_here(config) and not _remembers(config):
        from sertify.models.processes.starting import warm_up

        config.stash[_BEGUN] = warm_up()


def go_on(config: pytest.Config) -> None:
    """Import, while there is a wait for that, what is needed behind it."""
    if config.stash.get(_BEGUN, False):
        config.stash[_HELPER] = helper = _Helper()
        helper.start()
    config.stash[_BEGUN] = False


def give_up(config: pytest.Config) -> None:
    """End what was begun, and nobody has asked for; else it would outlive the run."""
    if config.stash.get(_BEGUN, False):
        from sertify.models.processes.starting import cool_down

        cool_down()
    config.stash[_BEGUN] = False


def leave_all(config: pytest.Config) -> None:
    """Leave what there is to the end of the process, which would look at it five times over."""
    give_up(config)
    if (helper := config.stash.get(_HELPER, None)) is not None:
        helper.stop()
    if (often := config.stash.get(_OFTEN, None)) is not None:
        gc.collect()  # what complains when it is dropped does so now
        gc.freeze()
        atexit.register(gc.freeze)  # again: until then there may be other runs
        gc.set_threshold(*often)


class _Helper(threading.Thread):
    """Imports what is needed later, until the run is over: at its exit Python breaks it off."""

    def __init__(self) -> None:
        super().__init__(name="later", daemon=True)
        self._over = threading.Event()

    def run(self) -> None:
        for name in _LATER:
            if self._over.is_set():
                return
            with suppress(Exception):  # whoever needs it says so
                import_module(name)

    def stop(self) -> None:
        """Wait for the end of what it is importing."""
        self._over.set()
        self.join()


def _runs_here(config: pytest.Config) -> bool:
    """Whether it is this process that asks models, and not workers of its own, or nobody."""
    option: Any = config.option
    shared = getattr(option, "dist", "no") != "no" and not is_worker(config)
    return not (shared or any(getattr(option, name, False) for name in _NO_RUN))


def _remembers(config: pytest.Config) -> bool:
    option: Any = config.option
    if not config.pluginmanager.hasplugin("cacheprovider"):
        return False
    if option.no_cache or getattr(option, "cacheclear", False):
        return False
    folder = Cache.cache_dir_from_config(config, _ispytest=True) / Cache._CACHE_PREFIX_DIRS
    return (folder / "sertify" / REMEMBERED).exists()
