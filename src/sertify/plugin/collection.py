"""Which checks there are: one of each for every candidate, a candidate's checks in a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from sertify.candidates.reading import Candidate, Suite, read_suite
from sertify.gates.parts import Part, parts
from sertify.plugin.checks import ITEM, CheckItem
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
    over = next((name for name in _VARIANTS if name in metafunc.fixturenames), None)
    if over is None:
        names = [candidate.name for candidate in candidates]
        metafunc.parametrize("candidate", names, ids=names, indirect=True, scope="session")
        return
    pairs = [
        (one.name, value) for one in candidates for value in _VARIANTS[over](metafunc.config, one)
    ]
    ids = [name + _suffix(value) for name, value in pairs]
    # Without the scope a candidate would end with each check, and its model be loaded for the next.
    metafunc.parametrize(
        f"candidate, {over}", pairs, ids=ids, indirect=["candidate"], scope="session"
    )


def _lengths(config: pytest.Config, candidate: Candidate) -> tuple[float, ...]:
    segmenting = config.stash[OPTIONS].segmenting
    return candidate.requirements.segments if segmenting is None else (segmenting.seconds,)


def _parts(config: pytest.Config, candidate: Candidate) -> tuple[Part, ...]:
    names = [source.name for source in config.stash[OPTIONS].data]
    return parts(names, candidate.requirements)


_VARIANTS: Mapping[str, Callable[[pytest.Config, Candidate], Sequence[Any]]] = {
    "seconds": _lengths,
    "part": _parts,
}


def _suffix(value: Any) -> str:
    name = value.name if isinstance(value, Part) else f"{value:g}s"
    return f"@{name}" if name else ""


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note what each check is, sort by candidate and gate, and leave out what is not asked for."""
    checks = [*_note(items)]
    if not checks:
        return
    sort(config, checks)
    _find_last_owners(checks)
    others = [item for item in items if ITEM not in item.stash]
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
    order = {one.name: place for place, one in enumerate(config.stash[CANDIDATES].all())}

    def place(item: pytest.Item) -> tuple[bool, int, int]:
        check = item.stash.get(ITEM, None)
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
    over = next((name for name in _VARIANTS if name in _parameters(first)), None)
    candidates = first.config.stash[CANDIDATES]
    siblings = {one.name: _siblings(first, over, one) for one in candidates.all()}
    for item in items:
        parameters = _parameters(item)
        candidate = candidates.named(parameters["candidate"])
        item.stash[ITEM] = CheckItem(
            candidate=candidate,
            gate=gate,
            check=name if over is None else name + _suffix(parameters[over]),
            owns=codes,
            siblings=siblings[candidate.name],
        )
        yield item


def _parameters(item: Any) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _siblings(item: Any, over: str | None, candidate: Candidate) -> tuple[str, ...]:
    """Return the checks of a gate, and of this check the one of each length or part."""
    values = () if over is None else _VARIANTS[over](item.config, candidate)
    checks = (name for name in vars(item.module) if name.startswith("test_"))
    return (*checks, *(item.originalname + _suffix(value) for value in values))


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
