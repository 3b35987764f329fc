"""Whether a run of pytest reaches the checks, and what it is told where it was meant to.

Every run of pytest imports this, also of other projects, so it imports next to nothing.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from sertify.pipeline.places import CHECKS, INSTALLED, MODULE
from sertify.vocabulary.outcomes import GATES


def arguments(config: pytest.Config) -> list[str]:
    """Return what pytest is to collect, with paths in place of the modules of checks."""
    if not config.option.pyargs:
        return config.args
    return [_located(arg) for arg in config.args]


def reaches_checks(config: pytest.Config) -> bool:
    """Whether the arguments of pytest reach the checks; a run of other tests is left alone."""
    if not CHECKS.is_dir():
        return False
    here = config.invocation_params.dir
    paths = [(here / arg.partition("::")[0]).resolve() for arg in arguments(config)]
    checks = CHECKS.resolve()
    # From a folder that holds an environment pytest does not go down into what is installed there.
    above = [] if INSTALLED else [checks, *checks.parents]
    return any(path in above or path.is_relative_to(checks) for path in paths)


def _located(arg: str) -> str:
    name, colons, rest = arg.partition("::")
    if name not in ("sertify", MODULE) and not name.startswith(f"{MODULE}."):
        return arg
    path = CHECKS.joinpath(*name.split(".")[2:])
    return f"{path if path == CHECKS else path.with_suffix('.py')}{colons}{rest}"


# Options that other plugins hardly have; what they are where nobody gave them is false.
_OPTIONS = ("candidates", "data", "confirm", "hold_out", "no_weights", "lock", "locked")

# Of the gates' markers, other projects' tests hardly have this one.
_UNMISTAKABLE = "loadability"


def hint(config: pytest.Config, exitstatus: int) -> str | None:
    """Return how checks are run, where a run that reaches none was meant to."""
    words = re.findall(r"\w+", config.option.markexpr or "")
    nothing = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if not any(config.getoption(name) for name in _OPTIONS) and not (
        nothing and _means_gates(words, config)
    ):
        return None
    return (
        f"sertify: no check was collected here; run `pytest --pyargs {MODULE}` with the same"
        f" options{_or_elsewhere(config)}"
    )


def _or_elsewhere(config: pytest.Config) -> str:
    """Name the folder whose settings lead to the checks, where pytest was called below it."""
    root = config.rootpath
    leads = leads_to_checks(root, config.getini("testpaths"))
    return f", or pytest in {root}" if leads else ""


def leads_to_checks(root: Path, testpaths: Iterable[str]) -> bool:
    """Whether the setting of that name leads plain ``pytest`` to the checks."""
    return any(path == MODULE or root / path == CHECKS for path in testpaths)


def _means_gates(words: Collection[str], config: pytest.Config) -> bool:
    """Whether ``-m`` speaks of gates; other projects may have markers of the same names."""
    at_hand = (config.rootpath / "candidates.yaml").is_file()
    return _UNMISTAKABLE in words or (at_hand and any(gate in words for gate in GATES))
