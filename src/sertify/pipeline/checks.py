"""Which checks there are of a candidate, for every door alike."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from sertify.candidates.latency import Serving
from sertify.candidates.reading import Candidate
from sertify.gates.parts import Part, parts
from sertify.pipeline.settings import Settings, conditions_of, segments_of
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way, parameters
from sertify.vocabulary.conditions import Condition
from sertify.vocabulary.outcomes import GATES
from sertify.vocabulary.reasons import QUALIFIED


@dataclass(frozen=True)
class Check:
    """One check of one candidate.

    Attributes
    ----------
    name
        That of its function, with the part of speech or the length of audio behind an @.
    owns
        The reason codes that it may find.
    asks
        The stages, and other values, that its function takes.
    siblings
        The checks of its gate.
    last_owner
        Whether it is the last that may find a reason which candidates.yaml announces.
    function, given
        What decides, and the part or length that it is given; a door may call it by itself.
    """

    candidate: Candidate
    gate: str
    name: str
    owns: frozenset[str]
    asks: tuple[str, ...]
    siblings: tuple[str, ...]
    last_owner: bool = False
    function: Callable[..., None] | None = field(default=None, compare=False)
    given: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def order(self) -> int:
        """The position of its gate."""
        return GATES.index(self.gate)


def _lengths(settings: Settings, candidate: Candidate) -> Sequence[float]:
    segments = segments_of(settings, candidate)
    return candidate.requirements.model_copy(update={"segments": segments}).lengths


def _parts(settings: Settings, candidate: Candidate) -> Sequence[Part]:
    return parts([source.name for source in settings.data], candidate.requirements)


def _streaming(_: Settings, candidate: Candidate) -> Sequence[str]:
    return ("",) if candidate.requirements.asks("streaming") else ()


def _columns(_: Settings, candidate: Candidate) -> Sequence[str]:
    return candidate.requirements.groups


def _servings(_: Settings, candidate: Candidate) -> Sequence[Serving]:
    asked = candidate.requirements.requests_per_second
    return () if asked is None else (asked,)


VARIED: Mapping[str, Callable[[Settings, Candidate], Sequence[Any]]] = MappingProxyType(
    {
        "seconds": _lengths,
        "part": _parts,
        "condition": conditions_of,
        "column": _columns,
        "streaming": _streaming,
        "serving": _servings,
    }
)
"""What a check may be made for several of: the parameter of its function, and its values."""


def varied_by(names: Iterable[str]) -> str | None:
    """Return which of its parameters a check is made for several values of."""
    return next((name for name in VARIED if name in names), None)


def suffix(value: Any) -> str:
    """Return what a value adds to the name of a check: ``@5s``, ``@ravdess``."""
    if isinstance(value, float | int):
        return f"@{value:g}s"
    name = {Part: "name", Condition: "code", Serving: "code"}.get(type(value))
    told = getattr(value, name) if name else value
    return f"@{told}" if told else ""


def owned(codes: Iterable[str], value: Any) -> frozenset[str]:
    """Return the reason codes that a check may find, given what it is made for: of what they are.

    >>> owned(["not_robust"], Condition("mulaw", 25)), owned(["too_slow"], 5.0)
    (frozenset({'not_robust:phone'}), frozenset({'too_slow'}))
    """
    of = value.family if isinstance(value, Condition) else value
    return frozenset(f"{code}:{of}" if code in QUALIFIED else code for code in codes)


def siblings(
    module: Mapping[str, Any],
    function: str,
    over: str | None,
    settings: Settings,
    candidate: Candidate,
) -> tuple[str, ...]:
    """Return the checks of a gate, and of one of its functions that of each part or length.

    ``module`` has what is defined beside the function, by name. What is made for nothing, as
    nobody asks for it, is none of them.
    """
    values = () if over is None else VARIED[over](settings, candidate)
    names = (
        name
        for name, beside in module.items()
        if name.startswith("test_")
        if (varied := _varied(beside)) is None or VARIED[varied](settings, candidate)
    )
    return (*names, *(function + suffix(value) for value in values))


@cache
def _varied(function: object) -> str | None:
    asks = parameters(function) if callable(function) else ()
    return varied_by(Way(STAGES).needs(*asks))


def with_last_owners(checks: Sequence[Check]) -> list[Check]:
    """Note on the last of each candidate's checks that may find what is announced that it is."""
    last = {
        check.candidate.name: place
        for place, check in enumerate(checks)
        if check.owns & set(check.candidate.reasons)
    }
    return [
        replace(check, last_owner=last.get(check.candidate.name) == place)
        for place, check in enumerate(checks)
    ]


def ask_models(checks: Iterable[Check]) -> bool:
    """Whether some of the checks need a candidate's own process."""
    return "workshop" in Way(STAGES).needs(*(name for check in checks for name in check.asks))


def read_checks(folder: Path) -> Iterator[ModuleType]:
    """Import the checks of a folder, gate by gate."""
    for gate in GATES:
        path = folder / f"test_{gate}.py"
        if path.is_file():
            spec = importlib.util.spec_from_file_location(f"_sertify_checks_{gate}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield module


def checks_of(
    modules: Iterable[ModuleType], candidate: Candidate, settings: Settings
) -> list[Check]:
    """Return the checks of a candidate in their order, as pytest would collect them."""
    checks = [
        check
        for module in modules
        for name, function in vars(module).items()
        if name.startswith("test_")
        for check in _variants(module, function, candidate, settings)
    ]
    return with_last_owners(checks)


def _variants(
    module: ModuleType, function: Callable[..., None], candidate: Candidate, settings: Settings
) -> Iterator[Check]:
    asks, name = parameters(function), function.__name__
    over = varied_by(Way(STAGES).needs(*asks))
    values = VARIED[over](settings, candidate) if over else [None]
    marks = getattr(function, "pytestmark", ())
    for value in values:
        yield Check(
            candidate,
            gate=module.pytestmark.name,
            name=name + suffix(value) if over else name,
            owns=owned(
                (code for mark in marks if mark.name == "owns" for code in mark.args), value
            ),
            asks=asks,
            siblings=siblings(vars(module), name, over, settings, candidate),
            function=function,
            given={over: value} if over else {},
        )
