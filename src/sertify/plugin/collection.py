"""Which checks there are: one of each for every candidate, a candidate's checks in a row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from _pytest.compat import NOTSET  # stands for the value where there is none

from sertify.candidates.reading import Candidate, Suite, read_suite
from sertify.pipeline.checks import (
    VARIED,
    Check,
    owned,
    siblings,
    suffix,
    varied_by,
    with_last_owners,
)
from sertify.plugin.checks import CHECK
from sertify.plugin.options import OPTIONS
from sertify.vocabulary.errors import ConfigurationError
from sertify.vocabulary.outcomes import GATES


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
    def suite(self) -> Suite:
        """All that the file says."""
        try:
            return read_suite(self.path)
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error

    @cached_property
    def _by_name(self) -> dict[str, Candidate]:
        return {candidate.name: candidate for candidate in self.suite.candidates}


CANDIDATES = pytest.StashKey[Candidates]()


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a check each candidate; of speed also each length, of accuracy each part of speech."""
    gated = any(mark.name in GATES for mark in metafunc.definition.iter_markers())
    if not gated or "candidate" not in metafunc.fixturenames:
        return
    candidates = metafunc.config.stash[CANDIDATES].all()
    over = varied_by(metafunc.fixturenames)
    if over is None:
        names = [candidate.name for candidate in candidates]
        metafunc.parametrize("candidate", names, ids=names, indirect=True, scope="session")
        return
    settings = metafunc.config.stash[OPTIONS]
    pairs = [
        (candidate.name, value)
        for candidate in candidates
        for value in VARIED[over](settings, candidate)
    ]
    ids = [name + suffix(value) for name, value in pairs]
    # Without the scope a candidate would end with each check, and its model be loaded for the next.
    metafunc.parametrize(
        f"candidate, {over}", pairs, ids=ids, indirect=["candidate"], scope="session"
    )


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note what each check is, sort by candidate and gate, and leave out what is not asked for."""
    items[:] = [item for item in items if not _is_for_nobody(item)]
    checks = [*_note(items)]
    if not checks:
        return
    sort(config, checks)
    noted = with_last_owners([item.stash[CHECK] for item in checks])
    for item, check in zip(checks, noted, strict=True):
        item.stash[CHECK] = check
    others = [item for item in items if CHECK not in item.stash]
    if config.getoption("benchmark_only", default=False):
        # Else pytest-benchmark skips them one by one, which reads as if they had been reached.
        dropped = [item for item in checks if "benchmark" not in _fixtures(item)]
        config.hook.pytest_deselected(items=dropped)
        checks = [item for item in checks if "benchmark" in _fixtures(item)]
    items[:] = others + checks


def sort(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort checks by candidate and gate, behind all that are none: one model at a time.

    Those of speed come last, when nothing else runs.
    """
    order = {
        candidate.name: place for place, candidate in enumerate(config.stash[CANDIDATES].all())
    }

    def place(item: pytest.Item) -> tuple[bool, int, int]:
        check = item.stash.get(CHECK, None)
        if check is None:
            return (False, -1, 0)
        return (check.gate == "speed", order[check.candidate.name], check.order)

    items.sort(key=place)


def owned_codes(item: pytest.Item) -> frozenset[str]:
    """Return the reason codes that a check says it may find."""
    return frozenset(code for mark in item.iter_markers("owns") for code in mark.args)


def _note(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Note on each check what it is, and yield it."""
    # What those of a function share is found out once: it takes time, and they are thousands.
    for _, group in groupby(items, key=lambda item: getattr(item, "function", item)):
        alike = [*group]
        gate = next((gate for gate in GATES if alike[0].get_closest_marker(gate)), None)
        if gate is not None and "candidate" in _parameters(alike[0]):
            yield from _note_alike(alike, gate)


def _note_alike(items: Sequence[Any], gate: str) -> Iterator[pytest.Item]:
    first, name, codes = items[0], items[0].originalname, owned_codes(items[0])
    over, config, asks = varied_by(_parameters(first)), first.config, tuple(first.fixturenames)
    candidates, settings = config.stash[CANDIDATES], config.stash[OPTIONS]
    defined = vars(first.module).items()
    tests = {name: test for name, test in defined if name.startswith("test_")}
    beside = {
        candidate.name: siblings(tests, name, over, settings, candidate)
        for candidate in candidates.all()
    }
    for item in items:
        given = _parameters(item)
        candidate = candidates.named(given["candidate"])
        item.stash[CHECK] = Check(
            candidate=candidate,
            gate=gate,
            name=name if over is None else name + suffix(given[over]),
            owns=owned(codes, None if over is None else given[over]),
            asks=asks,
            siblings=beside[candidate.name],
        )
        yield item


def _is_for_nobody(item: Any) -> bool:
    """Whether pytest made it of no values: a check that no candidate asks for."""
    if NOTSET not in _parameters(item).values():
        return False
    return any(item.get_closest_marker(gate) for gate in GATES)


def _parameters(item: Any) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
