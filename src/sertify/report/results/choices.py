"""The choice as results.json has it: the selection with its comparison, and one without labels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from sertify.candidates.entries import Preferences
from sertify.report.results.model.choice import (
    AgreementResult,
    AimShares,
    ComparisonResult,
    DifferenceResult,
    SelectionResult,
    SharedResult,
)
from sertify.selection.agreements import Agreement
from sertify.selection.aims import Aims
from sertify.selection.choosing import Selection
from sertify.selection.comparison import Comparison
from sertify.selection.consensus import Consensus
from sertify.selection.others import Shared
from sertify.statistics.comparisons import Difference

_NONE_CAME_AS_FAR = "Without ground truth, and no candidate came as far as to be compared."


def selection_result(selection: Selection, preferences: Preferences) -> SelectionResult:
    """Describe a selection; how it is confirmed is found out later."""
    changed = {
        "weights": preferences.weights.model_dump(),
        "margin": preferences.margin,
        "aims": _known(selection.aims),
        "comparison": selection.comparison and _comparison(selection.comparison, selection.shared),
    }
    return SelectionResult.model_validate(vars(selection) | changed)


def choice_without_labels(consensus: Consensus | None) -> dict[str, Any]:
    """Return the fields of a choice without ground truth."""
    if consensus is None:
        empty: dict[str, Any] = {"aims": {}, "totals": {}, "confidence": {}, "agreements": ()}
        return {"candidate": None, "sentence": _NONE_CAME_AS_FAR} | empty
    agreements = tuple(map(_agreement, consensus.agreements))
    return vars(consensus) | {"aims": _known(consensus.aims), "agreements": agreements}


def _agreement(pair: Agreement) -> AgreementResult:
    bounds = asdict(pair.interval) if pair.interval else {"low": None, "high": None}
    return AgreementResult.model_validate(vars(pair) | bounds)


def _known(aims: Mapping[str, Aims]) -> AimShares:
    return {name: each.known() for name, each in aims.items()}


def _comparison(comparison: Comparison, shared: Sequence[Shared]) -> ComparisonResult:
    corpora = comparison.corpora.values()
    by_speaker = all(one.by_speaker for one in corpora)
    uar = {name: found for name in comparison.names if (found := comparison.uar(name))}
    chances = [1 / len(emotions) for emotions in comparison.emotions.values()]
    changed = {
        "clips": comparison.clips,
        "speakers": sum(one.groups for one in corpora) if by_speaker else None,
        "chance": fmean(chances),
        "uar": {
            name: {"value": value, **asdict(interval)} for name, (value, interval) in uar.items()
        },
        "differences": tuple(map(_difference, comparison.differences)),
        "shared": tuple(map(_shared, shared)),
    }
    return ComparisonResult.model_validate(vars(comparison) | changed)


def _shared(pair: Shared) -> SharedResult:
    return SharedResult.model_validate(vars(pair.difference) | vars(pair))


def _difference(difference: Difference) -> DifferenceResult:
    fields = vars(difference).items()
    rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in fields}
    return DifferenceResult.model_validate(rounded)
