"""What a repository is, and whether it can be used, as far as its weights need not be there."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sertify.candidates.reading import Candidate
from sertify.pipeline.checking import run_in_order
from sertify.pipeline.checks import Check, checks_of
from sertify.pipeline.settings import Settings
from sertify.pipeline.telling import silently
from sertify.pipeline.way import Way
from sertify.vocabulary.outcomes import Judgement, Outcome

if TYPE_CHECKING:
    from sertify.hub.snapshots import Snapshot
    from sertify.hub.tensors.index import TensorIndex
    from sertify.models.blueprints import Blueprint

_GATES = ("loadability", "labels")
_WRONG = (Outcome.FAIL, Outcome.BLOCKED)


@dataclass(frozen=True)
class Inspection:
    """What the checks of the first two gates found of a candidate, and what they looked at.

    ``snapshot``, ``config``, ``index`` and ``outline`` are stages, None where none was reached.
    """

    candidate: Candidate
    judgements: tuple[Judgement, ...]
    snapshot: "Snapshot | None" = None
    config: Mapping[str, Any] | None = None
    index: "TensorIndex | None" = None
    outline: "Blueprint | None" = None

    @property
    def flaws(self) -> tuple[Judgement, ...]:
        """All that is wrong with it, or keeps it from being judged, in the order of the checks."""
        return tuple(each for each in self.judgements if each.outcome in _WRONG)

    @property
    def flaw(self) -> Judgement | None:
        """What a run reports of it: what its first check says that does not pass."""
        return next(iter(self.flaws), None)

    @property
    def reason(self) -> str:
        """The code of that; "" where it can be used."""
        return (self.flaw.reason or "") if self.flaw else ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the reader of a report is told besides."""
        said = (each.details.get("remark") for each in self.judgements)
        return tuple(dict.fromkeys(str(remark) for remark in said if remark))


def inspected(
    run: Way, modules: Iterable[ModuleType], settings: Settings, candidate: Candidate
) -> Inspection:
    """Look at a candidate as a run of these checks does that leaves its weights alone."""
    with closing(run.branch(candidate=candidate, tell=silently)) as way:
        checks = _checks(modules, settings, candidate)
        judgements = tuple(judgement for _, judgement in run_in_order(way, checks, {}))
        stages = ("snapshot", "config", "index", "outline")
        return Inspection(candidate, judgements, *map(way.known, stages))


def _checks(
    modules: Iterable[ModuleType], settings: Settings, candidate: Candidate
) -> Sequence[Check]:
    return [each for each in checks_of(modules, candidate, settings) if each.gate in _GATES]
