"""The choice as results.json has it: the selection with its comparison, and one without labels."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sertify.candidates.entries import Preferences
from sertify.report.results.model.choice import (
    AgreementResult,
    AimShares,
    ComparisonResult,
    DifferenceResult,
    SelectionResult,
)
from sertify.selection.aims import Aims
from sertify.selection.choosing import Selection
from sertify.selection.comparison import Agreement, Comparison
from sertify.selection.consensus import Consensus
from sertify.statistics.comparisons import Difference, uar_intervals

_NONE_CAME_AS_FAR = "Without ground truth, and no candidate came as far as to be compared."


def selection_result(selection: Selection, preferences: Preferences) -> SelectionResult:
    """Describe a selection; how it is confirmed is found out later."""
    changed = {
        "weights": preferences.weights.model_dump(),
        "margin": preferences.margin,
        "aims": _known(selection.aims),
        "comparison": selection.comparison and _comparison(selection.comparison),
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


def _comparison(comparison: Comparison) -> ComparisonResult:
    replicates = comparison.replicates
    intervals = uar_intervals(replicates)
    changed = {
        "clips": replicates.clips,
        "speakers": replicates.groups if replicates.by_speaker else None,
        "chance": comparison.chance,
        "uar": {
            name: {"value": value, **asdict(intervals[name])}
            for name, value in zip(replicates.names, replicates.values.tolist(), strict=True)
        },
        "differences": tuple(map(_difference, comparison.differences)),
    }
    return ComparisonResult.model_validate(vars(comparison) | changed)


def _difference(difference: Difference) -> DifferenceResult:
    fields = vars(difference).items()
    rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in fields}
    return DifferenceResult.model_validate(rounded)
