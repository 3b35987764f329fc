"""What a run is told that asks for checks and collects none."""

import re
from collections.abc import Collection

import pytest

from sertify.plugin.places import CHECKS, MODULE
from sertify.vocabulary.outcomes import GATES

__all__ = ["hint"]

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
    lead = any(path == MODULE or root / path == CHECKS for path in config.getini("testpaths"))
    return f", or pytest in {root}" if lead else ""


def _means_gates(words: Collection[str], config: pytest.Config) -> bool:
    """Whether ``-m`` speaks of gates; other projects may have markers of the same names."""
    at_hand = (config.rootpath / "candidates.yaml").is_file()
    return _UNMISTAKABLE in words or (at_hand and any(gate in words for gate in GATES))
