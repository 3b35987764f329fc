"""From verdicts to the one candidate to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.aims import AIMS, Aims, aims_of, seconds_for_a_second, weights_of, worth
from sertify.selection.comparison import Comparison, compare
from sertify.selection.explanations import Choice, why_chosen
from sertify.selection.firmness import Firmness, firmness_of
from sertify.selection.order import least_leads
from sertify.selection.others import Shared, shared
from sertify.selection.shortfall import why_none
from sertify.selection.verdicts import Standing, Verdict
from sertify.statistics.confusion import Floats
from sertify.statistics.fronts import pareto_front


@dataclass(frozen=True)
class Selection:
    """The candidate to use, or None; and why, in a sentence.

    Attributes
    ----------
    tied
        Those that the data cannot tell from the most accurate.
    pareto
        Those that no other meets each aim as well as and beats in one.
    aims, totals
        What each was weighed by, and its value: UAR, and what its other aims are worth in UAR.
    comparison
        The qualified on the same clips; None where there are no answers to compare.
    firmness
        How sure the choice is; None where it was not made by accuracy.
    shared
        The chosen against those with other labels, on the emotions that both can express.
    """

    candidate: str | None
    sentence: str
    tied: tuple[str, ...] = ()
    pareto: tuple[str, ...] = ()
    aims: Mapping[str, Aims] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)
    comparison: Comparison | None = None
    firmness: Firmness | None = None
    shared: tuple[Shared, ...] = ()


def select(
    verdicts: Sequence[Verdict],
    labellings: Mapping[str, Labelling] | None = None,
    preferences: Preferences | None = None,
) -> Selection:
    """Choose among the qualified the one of the highest value.

    That is its UAR over the emotions needed, and what it is worth in UAR that it is fast, varied,
    and trained on the languages wanted. Neither depends on any other candidate: adding or removing
    one that is not chosen changes nothing. Where candidates were trained on some of the corpora,
    each two are compared on those new to both, and the one is chosen that no other beats, or else,
    in a circle, that is beaten by the least; then alone do others matter. ``labellings`` are what
    each candidate said of each clip, by name.
    """
    labellings, preferences = labellings or {}, preferences or Preferences()
    qualified = [verdict for verdict in verdicts if verdict.standing is Standing.QUALIFIED]
    if not qualified:
        return Selection(None, why_none(verdicts))
    names = tuple(verdict.candidate.name for verdict in qualified)
    # Equals are told apart by their time, and then by their place in the file.
    fastest_first = sorted(qualified, key=_seconds)
    compared = [labellings[name] for name in map(_name, fastest_first) if name in labellings]
    wanted = qualified[0].candidate.requirements.emotions
    comparison = compare(compared, wanted) if compared else None
    aims = aims_of(qualified, labellings, _accuracies(comparison), preferences)
    order = comparison.names if comparison else tuple(map(_name, fastest_first))
    added = worth([aims[name] for name in order], weights_of(preferences), preferences.margin)
    chosen = order[_first(comparison, added)]
    beside = shared(chosen, [name for name in names if name != chosen], labellings, wanted)
    choice = Choice(chosen, qualified, comparison, aims, labellings, preferences, wanted, beside)
    return Selection(
        candidate=chosen,
        sentence=why_chosen(choice, verdicts),
        tied=comparison.tied if comparison else names,
        pareto=pareto(aims),
        aims=aims,
        totals=_totals(comparison, dict(zip(order, added[:, 0].tolist(), strict=True))),
        comparison=comparison,
        firmness=_firmness(comparison, chosen, aims, preferences),
        shared=beside,
    )


def pareto(aims: Mapping[str, Aims]) -> tuple[str, ...]:
    """Names of those that no other meets each aim as well as and one of them better."""
    points = [tuple(met.known().get(aim, 0.0) for aim in AIMS) for met in aims.values()]
    return tuple(compress(aims, pareto_front(points)))


def _name(verdict: Verdict) -> str:
    return verdict.candidate.name


def _seconds(verdict: Verdict) -> float:
    seconds = seconds_for_a_second(verdict)
    return float("inf") if seconds is None else seconds


def _first(comparison: Comparison | None, added: Floats) -> int:
    if comparison is None:
        return int(added[:, 0].argmax())
    leads = least_leads(comparison.values, comparison.known, added[:, 0])
    return int(leads.round(12).argmax())


def _firmness(
    comparison: Comparison | None, chosen: str, aims: Mapping[str, Aims], preferences: Preferences
) -> Firmness | None:
    if comparison is None:
        return None
    return firmness_of(comparison, chosen, [aims[name] for name in comparison.names], preferences)


def _accuracies(comparison: Comparison | None) -> dict[str, float]:
    """Return UAR on a scale from chance, 0, to 1, of those that were compared."""
    if comparison is None:
        return {}
    uar = {name: comparison.uar(name) for name in comparison.names}
    chances = {name: comparison.chance(name) for name in uar}
    return {
        name: max(0.0, (found[0] - chances[name]) / (1 - chances[name]))
        for name, found in uar.items()
        if found is not None
    }


def _totals(comparison: Comparison | None, added: Mapping[str, float]) -> dict[str, float]:
    uar = {name: comparison.uar(name) for name in added} if comparison else {}
    known = {name: found[0] for name, found in uar.items() if found}
    return {name: extra + known.get(name, 0.0) for name, extra in added.items()}
