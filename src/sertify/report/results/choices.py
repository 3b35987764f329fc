"""What results.json says of the choice: the selection, its comparison, and one without labels."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sertify.candidates.entries import Preferences
from sertify.selection.aims import Aims
from sertify.selection.choosing import Selection
from sertify.selection.comparison import Comparison
from sertify.selection.consensus import Consensus
from sertify.statistics import comparisons


def selection(found: Selection, preferences: Preferences) -> dict[str, Any]:
    """Describe a selection in JSON types."""
    return {
        "candidate": found.candidate,
        "sentence": found.sentence,
        "tied": list(found.tied),
        "pareto": list(found.pareto),
        "weights": preferences.weights.model_dump(),
        "margin": preferences.margin,
        "aims": _aims(found.aims),
        "totals": dict(found.totals),
        "firmness": asdict(found.firmness) if found.firmness else None,
        "comparison": _comparison(found.comparison) if found.comparison else None,
        "confirmation": None,
    }


def consensus(found: Consensus | None) -> dict[str, Any]:
    """Describe a choice without ground truth in JSON types."""
    if found is None:
        sentence = "Without ground truth, and no candidate came as far as to be compared."
        return {"candidate": None, "sentence": sentence, "aims": {}, "totals": {}} | {
            "confidence": {},
            "agreements": [],
        }
    return {
        "candidate": found.candidate,
        "sentence": found.sentence,
        "aims": _aims(found.aims),
        "totals": dict(found.totals),
        "confidence": dict(found.confidence),
        "agreements": [
            {
                "first": pair.first,
                "second": pair.second,
                "kappa": pair.kappa,
                "low": pair.interval.low if pair.interval else None,
                "high": pair.interval.high if pair.interval else None,
                "clips": pair.clips,
                "emotions": list(pair.emotions),
            }
            for pair in found.agreements
        ],
    }


def _aims(aims: Mapping[str, Aims]) -> dict[str, dict[str, float]]:
    return {name: one.known() for name, one in aims.items()}


def _comparison(found: Comparison) -> dict[str, Any]:
    replicates = found.replicates
    intervals = comparisons.uar_intervals(replicates)
    return {
        "emotions": {corpus: list(names) for corpus, names in found.emotions.items()},
        "left_out": dict(found.left_out),
        "clips": replicates.clips,
        "speakers": replicates.groups if replicates.by_speaker else None,
        "chance": found.chance,
        "uar": {
            name: {"value": value, **asdict(intervals[name])}
            for name, value in zip(replicates.names, replicates.values.tolist(), strict=True)
        },
        "differences": [
            {key: round(value, 6) if isinstance(value, float) else value for key, value in pairs}
            for pairs in (asdict(one).items() for one in found.differences)
        ],
    }
