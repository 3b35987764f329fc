"""Which checks there are: one of each for every candidate, a candidate's checks in a row."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates import Candidate, read_candidates
from sertify.errors import ConfigurationError
from sertify.outcomes import GATES
from sertify.plugin.checks import ITEM, CheckItem

__all__ = ["CANDIDATES", "Candidates", "arrange", "owned_codes", "parametrize"]


class Candidates:
    """The candidates of the run, read when they are first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> tuple[Candidate, ...]:
        """Return them in the order of the file; a mistake in it ends the run."""
        return tuple(self._by_name.values())

    def named(self, name: str) -> Candidate:
        """Return the candidate of that name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Candidate]:
        try:
            return {candidate.name: candidate for candidate in read_candidates(self.path)}
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error


CANDIDATES = pytest.StashKey[Candidates]()


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a check each candidate, and a check of speed each length of audio as well."""
    gated = any(mark.name in GATES for mark in metafunc.definition.iter_markers())
    if not gated or "candidate" not in metafunc.fixturenames:
        return
    candidates = metafunc.config.stash[CANDIDATES].all()
    if "seconds" not in metafunc.fixturenames:
        names = [candidate.name for candidate in candidates]
        metafunc.parametrize("candidate", names, ids=names, indirect=True, scope="session")
        return
    pairs = [(one.name, seconds) for one in candidates for seconds in one.requirements.segments]
    ids = [f"{name}@{seconds:g}s" for name, seconds in pairs]
    # Strings and numbers, for they also stand in the JSON of pytest-benchmark.
    metafunc.parametrize("candidate, seconds", pairs, ids=ids, indirect=["candidate"])


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note what each check is, sort by candidate and gate, and leave out what is not asked for."""
    checks = [item for item in items if _note(item)]
    if not checks:
        return
    order = {one.name: place for place, one in enumerate(config.stash[CANDIDATES].all())}
    checks.sort(key=lambda item: (order[item.stash[ITEM].candidate.name], item.stash[ITEM].order))
    _find_last_owners(checks)
    others = [item for item in items if ITEM not in item.stash]
    if config.getoption("benchmark_only", default=False):
        # Else pytest-benchmark skips them one by one, which reads as if they had been reached.
        dropped = [item for item in checks if "benchmark" not in _fixtures(item)]
        config.hook.pytest_deselected(items=dropped)
        checks = [item for item in checks if "benchmark" in _fixtures(item)]
    items[:] = others + checks


def owned_codes(item: pytest.Item) -> frozenset[str]:
    """Return the reason codes that a check says it may find."""
    return frozenset(code for mark in item.iter_markers("owns") for code in mark.args)


def _note(item: Any) -> bool:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    gate = next((gate for gate in GATES if item.get_closest_marker(gate)), None)
    if gate is None or "candidate" not in parameters:
        return False
    seconds = parameters.get("seconds")
    item.stash[ITEM] = CheckItem(
        candidate=item.config.stash[CANDIDATES].named(parameters["candidate"]),
        gate=gate,
        check=item.originalname if seconds is None else f"{item.originalname}@{seconds:g}s",
        owns=owned_codes(item),
        siblings=_siblings(item) if seconds is None else _variants(item),
    )
    return True


def _siblings(item: Any) -> tuple[str, ...]:
    return tuple(name for name in vars(item.module) if name.startswith("test_"))


def _variants(item: Any) -> tuple[str, ...]:
    """Return the checks of a gate, and of this check the one of each length of audio."""
    candidate = item.config.stash[CANDIDATES].named(item.callspec.params["candidate"])
    lengths = (f"{item.originalname}@{one:g}s" for one in candidate.requirements.segments)
    return (*_siblings(item), *lengths)


def _find_last_owners(checks: Iterable[pytest.Item]) -> None:
    last: dict[str, pytest.Item] = {}
    for item in checks:
        own = item.stash[ITEM]
        if own.owns & set(own.candidate.reasons):
            last[own.candidate.name] = item
    for item in last.values():
        item.stash[ITEM] = replace(item.stash[ITEM], last_owner=True)


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
