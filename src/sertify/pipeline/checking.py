"""What a check is, whether it is reached, and what it found: the same for every door."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from sertify.candidates.reading import Candidate
from sertify.evidence.environment import fingerprint
from sertify.evidence.store import Record
from sertify.gates.parts import Part, parts
from sertify.pipeline.settings import Settings
from sertify.pipeline.stages import STAGES
from sertify.pipeline.way import Way, parameters
from sertify.vocabulary.errors import Blocked, NotReached, Rejected
from sertify.vocabulary.outcomes import GATES, Judgement, Outcome
from sertify.vocabulary.reasons import GATE_OF
from sertify.vocabulary.text import redacted

# In these gates each check presupposes the one before it.
_SEQUENTIAL = ("loadability",)


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


# ------------------------------------------------------------------ which there are


def _lengths(settings: Settings, candidate: Candidate) -> Sequence[float]:
    segmenting = settings.segmenting
    return candidate.requirements.segments if segmenting is None else (segmenting.seconds,)


def _parts(settings: Settings, candidate: Candidate) -> Sequence[Part]:
    return parts([source.name for source in settings.data], candidate.requirements)


VARIED: Mapping[str, Callable[[Settings, Candidate], Sequence[Any]]] = MappingProxyType(
    {"seconds": _lengths, "part": _parts}
)
"""What a check may be made for several of: the parameter of its function, and its values."""


def varied_by(names: Iterable[str]) -> str | None:
    """Return which of its parameters a check is made for several values of."""
    return next((name for name in VARIED if name in names), None)


def suffix(value: Any) -> str:
    """Return what a value adds to the name of a check: ``@5s``, ``@ravdess``."""
    name = value.name if isinstance(value, Part) else f"{value:g}s"
    return f"@{name}" if name else ""


def siblings(
    module: Iterable[str], function: str, over: str | None, settings: Settings, candidate: Candidate
) -> tuple[str, ...]:
    """Return the checks of a gate, and of one of its functions that of each part or length.

    ``module`` has the names that are defined beside the function.
    """
    values = () if over is None else VARIED[over](settings, candidate)
    names = (name for name in module if name.startswith("test_"))
    return (*names, *(function + suffix(value) for value in values))


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
            owns=frozenset(code for mark in marks if mark.name == "owns" for code in mark.args),
            asks=asks,
            siblings=siblings(vars(module), name, over, settings, candidate),
            function=function,
            given={over: value} if over else {},
        )


# ------------------------------------------------------------------ whether they are reached


def why_unreached(check: Check, first: tuple[Check, Judgement] | None) -> NotReached | None:
    """Return why a check is not reached; ``first`` is the candidate's first that did not pass."""
    if first is None:
        return _announced(check)
    earlier, judgement = first
    blocked = judgement.outcome is Outcome.BLOCKED
    sequential = check.gate in _SEQUENTIAL or blocked
    if check.order <= earlier.order and not (
        sequential or judgement.reason in check.candidate.reasons
    ):
        return None
    assert judgement.reason is not None
    outcome = "is blocked" if blocked else "rejects it"
    message = f"not reached, {earlier.gate} {outcome}: {judgement.message}"
    return NotReached(judgement.reason, message)


def _announced(check: Check) -> NotReached | None:
    """Leave out what lies behind the gate that candidates.yaml says it is rejected by."""
    reasons = check.candidate.reasons
    gates = [GATE_OF[code] for code in reasons]
    if not gates or check.order <= max(map(GATES.index, gates)):
        return None
    message = f"not reached, candidates.yaml says it is rejected for {' or '.join(reasons)}"
    return NotReached(reasons[0], message)


# ------------------------------------------------------------------ what they found


def judge(way: Way, check: Check) -> Judgement:
    """Let a check decide, with the stages of its candidate's way."""
    assert check.function is not None
    judgements: list[Judgement] = []
    branch = way.branch(check=judgements.append, **check.given)
    try:
        branch.call(check.function)
    except Exception as error:
        return judgement_of(error, check.gate)
    finally:
        branch.close()
    return judgements[0] if judgements else Judgement(Outcome.PASS)


def judgement_of(error: BaseException, gate: str | None = None) -> Judgement:
    """Judge by an error that came in place of a judgement; ``gate`` is that of the check."""
    if isinstance(error, Rejected):
        code, message = error.reason.code, error.message
        earlier = GATE_OF.get(code)
        if gate is not None and earlier is not None and GATES.index(gate) > GATES.index(earlier):
            message = f"not reached, {earlier} rejects it: {message}"
            return Judgement(Outcome.NOT_REACHED, (), code, message)
        return Judgement(Outcome.FAIL, (), code, message)
    if isinstance(error, Blocked):
        return Judgement(Outcome.BLOCKED, (), error.reason.code, error.message)
    if isinstance(error, NotReached):
        return Judgement(Outcome.NOT_REACHED, (), error.reason.code, error.message)
    if isinstance(error, AssertionError):
        return Judgement(Outcome.FAIL, (), "failed_check", str(error))
    text = redacted(f"{type(error).__name__}: {error}".partition("\n")[0])
    return Judgement(Outcome.BLOCKED, (), "unexpected_error", text)


def record(
    check: Check, judgement: Judgement, environment: Mapping[str, str], way: Way | None = None
) -> Record:
    """Return what is kept of a judgement, and what it depends on."""
    snapshot, corpus = None, None
    if way is not None:
        needed = way.needs(*check.asks)
        snapshot = way.known("snapshot") if "snapshot" in needed else None
        corpus = way.known("probe") if "probe" in needed else None
    return Record.of(
        judgement,
        candidate=check.candidate.name,
        entry=check.candidate.fingerprint,
        commit=snapshot.identity if snapshot is not None else "",
        gate=check.gate,
        check=check.name,
        corpus=corpus.fingerprint if corpus is not None else "",
        environment=fingerprint(environment, check.gate),
        siblings=check.siblings,
        judged_at=datetime.now(UTC).isoformat(),
    )
