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
    FirmnessResult,
    SelectionResult,
)
from sertify.report.results.model.fields import Estimate
from sertify.selection.aims import Aims
from sertify.selection.choosing import Selection
from sertify.selection.comparison import Agreement, Comparison
from sertify.selection.consensus import Consensus
from sertify.statistics import comparisons
from sertify.statistics.comparisons import Difference


def selection_result(selection: Selection, preferences: Preferences) -> SelectionResult:
    """Describe a selection; how it is confirmed is found out later."""
    firmness, comparison = selection.firmness, selection.comparison
    return SelectionResult(
        candidate=selection.candidate,
        sentence=selection.sentence,
        tied=selection.tied,
        pareto=selection.pareto,
        weights=preferences.weights.model_dump(),
        margin=preferences.margin,
        aims=_known(selection.aims),
        totals=dict(selection.totals),
        firmness=FirmnessResult.model_validate(firmness) if firmness else None,
        comparison=_comparison(comparison) if comparison else None,
    )


def choice_without_labels(consensus: Consensus | None) -> dict[str, Any]:
    """Return the fields of a choice without ground truth."""
    if consensus is None:
        sentence = "Without ground truth, and no candidate came as far as to be compared."
        empty: dict[str, Any] = {"aims": {}, "totals": {}, "confidence": {}, "agreements": ()}
        return {"candidate": None, "sentence": sentence} | empty
    return {
        "candidate": consensus.candidate,
        "sentence": consensus.sentence,
        "aims": _known(consensus.aims),
        "totals": dict(consensus.totals),
        "confidence": dict(consensus.confidence),
        "agreements": tuple(map(_agreement, consensus.agreements)),
    }


def _agreement(pair: Agreement) -> AgreementResult:
    bounds = asdict(pair.interval) if pair.interval else {"low": None, "high": None}
    rest = {name: getattr(pair, name) for name in ("first", "second", "kappa", "clips", "emotions")}
    return AgreementResult(**rest, **bounds)


def _known(aims: Mapping[str, Aims]) -> AimShares:
    return {name: each.known() for name, each in aims.items()}


def _comparison(comparison: Comparison) -> ComparisonResult:
    replicates = comparison.replicates
    intervals = comparisons.uar_intervals(replicates)
    return ComparisonResult(
        emotions=dict(comparison.emotions),
        left_out=dict(comparison.left_out),
        clips=replicates.clips,
        speakers=replicates.groups if replicates.by_speaker else None,
        chance=comparison.chance,
        uar={
            name: Estimate(value=value, **asdict(intervals[name]))
            for name, value in zip(replicates.names, replicates.values.tolist(), strict=True)
        },
        differences=tuple(map(_difference, comparison.differences)),
    )


def _difference(difference: Difference) -> DifferenceResult:
    fields = asdict(difference).items()
    rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in fields}
    return DifferenceResult.model_validate(rounded)
