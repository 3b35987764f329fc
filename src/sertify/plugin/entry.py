"""Makes sertify a plugin of pytest: options and markers always, all else in a run of checks.

Every run of pytest imports this, also of other projects, so it imports next to nothing.
"""

import os
from importlib import import_module
from typing import Any

import pytest

from sertify.pipeline.places import INSTALLED
from sertify.plugin.arguments import add_options, is_worker
from sertify.plugin.calling import called_anew, with_values
from sertify.plugin.letters import make_sendable, plain
from sertify.plugin.reach import arguments, hint, reaches_checks
from sertify.vocabulary.outcomes import GATES


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of sertify."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Any:
    """Call pytest anew where it mistook the value of an option for a path of tests."""
    return None if is_worker(config) else called_anew(config)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Choose what ``-n auto`` stands for in a run of checks; 0 is this process alone."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or not reaches_checks(config):
        return None
    workers: int = import_module("sertify.plugin.workers").fastest(config)
    return workers


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Hand all paths over to workers as they are."""
    if reaches_checks(config):
        make_sendable(config, with_values(config))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand over how pytest was called, which only the name of the program is taken from."""
    node.workerinput["mainargv"] = plain(node.workerinput["mainargv"])


@pytest.hookimpl(tryfirst=True)  # so are the hooks of the checks, which are called at once
def pytest_configure(config: pytest.Config) -> None:
    """Register markers, and where the run is one of checks, what is needed for it."""
    for gate in GATES:
        config.addinivalue_line("markers", f"{gate}: the {gate} gate of a candidate")
    config.addinivalue_line("markers", "owns(*codes): the reason codes that a check may find")
    if reaches_checks(config):
        import_module("sertify.plugin.early").begin_early(config)
        if not INSTALLED:
            config.args = arguments(config)  # in a clone no module leads to the checks
        if is_worker(config):
            config.option.cacheclear = False  # the others may have begun to fill it again
        # The names of fixtures are everyday words, which are left to other projects' tests.
        for name in ("fixtures", "hooks"):
            module = import_module(f"sertify.plugin.{name}")
            config.pluginmanager.register(module, f"sertify-{name}")


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say how checks are run, where a run was meant to reach them and does not."""
    if not reaches_checks(config) and (text := hint(config, exitstatus)):
        terminalreporter.write_line(text, yellow=True)
