"""Cuts results.json into the tables of the page."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sertify.report.results.model.candidate import CandidateResult, PartResult
from sertify.report.results.model.choice import (
    AimShares,
    DifferenceResult,
    SelectionResult,
    UnlabelledResult,
)
from sertify.report.results.model.fields import EstimateResult, Measured
from sertify.report.results.model.results import Results
from sertify.report.results.model.speech import CorpusFacts, CorpusResult
from sertify.report.sentences import is_seen, unjudged
from sertify.selection.aims import POINTS


@dataclass(frozen=True)
class Compared:
    """A candidate among those that were compared: how far it is behind the best, if it is."""

    name: str
    uar: EstimateResult
    behind: DifferenceResult | None
    said: str


def compared(selection: SelectionResult) -> list[Compared]:
    """List the candidates that were compared by their UAR, the best first, with what that says."""
    comparison = selection.comparison
    if comparison is None:
        return []
    behind = {difference.other: difference for difference in comparison.differences}
    leaders = {difference.better for difference in comparison.differences}
    uars = comparison.uar
    best_first = sorted(uars, key=lambda name: (name not in leaders, -uars[name].value))
    return [
        Compared(name, uars[name], behind.get(name), _said(name, leaders, selection))
        for name in best_first
    ]


def _said(name: str, leaders: Collection[str], selection: SelectionResult) -> str:
    if name in leaders:
        return "the most accurate"
    if not leaders:
        return ""
    return "not told apart" if name in selection.tied else "less accurate"


def left_aside(shown: Results) -> dict[str, list[str]]:
    """Return by corpus its emotions that took no part in the comparison."""
    comparison = shown.selection.comparison
    common = comparison.emotions if comparison else {}
    corpora = {corpus.name: corpus.emotions for corpus in shown.corpora}
    return {
        corpus: [emotion for emotion in corpora.get(corpus, ()) if emotion not in emotions]
        for corpus, emotions in common.items()
    }


def worths(selection: SelectionResult, aims: AimShares) -> dict[str, dict[str, float]]:
    """Return by candidate and aim what it is worth in UAR, as in :func:`aims.worth`.

    Empty for what sertify 0.1 wrote: its total was a weighted mean, in which accuracy had a weight.
    """
    weights = selection.weights
    if "accuracy" in weights:
        return {}
    unit = selection.margin / fmean(weights.values())
    return {
        name: {aim: unit * weights[aim] * POINTS[aim] * met.get(aim, 0.0) for aim in POINTS}
        for name, met in aims.items()
    }


def accuracies(selection: SelectionResult) -> dict[str, float | None]:
    """Return by candidate its UAR; what sertify 0.1 wrote was weighed by UAR above chance."""
    uar = selection.comparison.uar if selection.comparison else {}
    if "accuracy" in selection.weights:
        return {name: met.get("accuracy") for name, met in selection.aims.items()}
    return {name: uar[name].value if name in uar else None for name in selection.totals}


def agreement(unlabelled: UnlabelledResult | None) -> dict[str, float | None]:
    """Return by candidate its mean agreement with the others, where nothing is labelled."""
    aims = unlabelled.aims if unlabelled else {}
    return {name: met.get("accuracy") for name, met in aims.items()}


def rows_of(corpus: CorpusResult) -> list[tuple[CorpusResult, dict[str, int]]]:
    """List the corpora that one was joined from, each with why not all of its clips count."""
    return [(part, unjudged(part)) for part in map(corpus.part, corpus.alone)]


@dataclass(frozen=True)
class OnPart:
    """A candidate on a part of the speech; ``seen`` is what it knows of that."""

    name: str
    part: PartResult
    seen: Mapping[str, str]
    decides_nothing: bool


def by_part(
    candidates: Iterable[CandidateResult], corpus: CorpusFacts | None
) -> dict[str, list[OnPart]]:
    """Return by part of the speech how each candidate did on it."""
    rows: dict[str, list[OnPart]] = {}
    for candidate in candidates:
        for part in candidate.parts:
            seen = {part.part: part.seen[part.part]} if part.part in part.seen else part.seen
            row = OnPart(candidate.name, part, seen, is_seen(part, corpus))
            rows.setdefault(part.part, []).append(row)
    return rows


def confusions(candidate: CandidateResult) -> list[tuple[str, Any, Any]]:
    """List the part of the speech, the confusions on it, and the shares of each emotion."""
    return [
        (check.check.partition("@")[2], confusion, check.details.get("class_shares"))
        for check in candidate.checks("accuracy")
        if (confusion := check.details.get("confusion"))
    ]


def measured_recalls(candidate: CandidateResult) -> dict[str, Measured]:
    """Return the measured recall of each emotion, on all the speech that was judged."""
    for check in candidate.checks("accuracy"):
        named = {one.name.partition("recall:")[2]: one for one in check.measurements}
        found = {emotion: one for emotion, one in named.items() if emotion}
        if found:
            return found
    return {}


def trained_on(candidate: CandidateResult) -> dict[str, str]:
    """Return the corpora that a candidate has seen in its training, and why they count as seen."""
    return {corpus: why for part in candidate.parts for corpus, why in part.seen.items()}


def known(candidate: CandidateResult) -> list[str]:
    """List the corpora that a model card names."""
    repository = candidate.repository
    return [*dict.fromkeys([*repository.get("datasets", ()), *repository.get("mentions", ())])]


def reference(scores: Mapping[str, float], column: str) -> EstimateResult | float | None:
    """Return what a model that hears nothing scores; of its own emotions it has none."""
    if column != "uar":
        return scores.get(column)
    return EstimateResult(
        value=scores["uar"], low=scores.get("uar_low"), high=scores.get("uar_high")
    )
