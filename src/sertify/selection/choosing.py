"""From verdicts to the one candidate to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.aims import AIMS, Aims, aims_of, weighted
from sertify.selection.comparison import Comparison, compare
from sertify.selection.explanations import (
    beside_variants,
    busy_machine,
    still_higher,
    still_open,
    why_chosen,
    why_none,
    why_not_compared,
)
from sertify.selection.verdicts import Standing, Verdict
from sertify.statistics.confusion import Floats
from sertify.statistics.fronts import pareto_front
from sertify.statistics.intervals import t_quantile

DRAWS = 2000
"""Weightings that are drawn around the user's."""

CONCENTRATION = 20
"""Of the Dirichlet distribution that they are drawn from: a weight of 0.4 varies by 0.11 (SD)."""


@dataclass(frozen=True)
class Firmness:
    """How often the chosen candidate stays on top.

    ``data`` is the share of bootstrap replicates of the clips, ``weights`` that of the weightings
    drawn around the user's.
    """

    data: float
    weights: float


@dataclass(frozen=True)
class Selection:
    """The candidate to use, or None; and why, in a sentence.

    ``tied`` are those that the data cannot tell from the most accurate; ``pareto`` those that no
    other beats in both accuracy and speed; ``aims`` and ``totals`` what each was weighed by.
    """

    candidate: str | None
    sentence: str
    tied: tuple[str, ...] = ()
    pareto: tuple[str, ...] = ()
    aims: Mapping[str, Aims] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)
    comparison: Comparison | None = None
    firmness: Firmness | None = None


def select(
    verdicts: Sequence[Verdict],
    labellings: Mapping[str, Labelling] | None = None,
    preferences: Preferences | None = None,
) -> Selection:
    """Choose among the qualified: first by accuracy, and where that is the same by all aims.

    They are compared on the clips that all of them can express, of corpora that none has seen in
    training. Equally accurate are those not significantly worse than the best, and those within
    the margin of the preferences; among these the weighted mean of the aims decides.
    ``labellings`` are what each candidate said of each clip, by the candidate's name.
    """
    labellings, preferences = labellings or {}, preferences or Preferences()
    qualified = [verdict for verdict in verdicts if verdict.standing is Standing.QUALIFIED]
    if not qualified:
        return Selection(None, why_none(verdicts))
    names = tuple(verdict.candidate.name for verdict in qualified)
    compared = [labellings[name] for name in names if name in labellings]
    comparison = compare(compared) if compared else None
    equal = _equally_accurate(names, comparison, preferences.margin) if comparison else names
    accuracies: dict[str, float] = {}
    if comparison is not None:
        uar = _above_chance(comparison.replicates.values, comparison.chance)
        accuracies = dict(zip(comparison.replicates.names, uar.tolist(), strict=True))
    aims = aims_of(qualified, labellings, accuracies, preferences, equal)
    weights = np.array([[getattr(preferences.weights, name) for name in AIMS]], dtype=float)
    totals = dict(zip(names, weighted([*aims.values()], weights)[:, 0].tolist(), strict=True))
    chosen = max(equal, key=lambda name: totals[name])
    return Selection(
        candidate=chosen,
        sentence=why_chosen(chosen, qualified, comparison, aims, equal)
        + busy_machine(qualified, equal)
        + why_not_compared(compared, comparison)
        + beside_variants(chosen, verdicts, labellings)
        + still_open(verdicts)
        + still_higher(chosen, verdicts, labellings),
        tied=comparison.tied if comparison else names,
        pareto=pareto(aims),
        aims=aims,
        totals=totals,
        comparison=comparison,
        firmness=_firmness(chosen, comparison, aims, equal, weights, preferences.margin),
    )


def pareto(aims: Mapping[str, Aims]) -> tuple[str, ...]:
    """Names of those that no other meets each aim as well as and one of them better."""
    points = [tuple(met.known().get(aim, 0.0) for aim in AIMS) for met in aims.values()]
    return tuple(compress(aims, pareto_front(points)))


def _above_chance(uar: Floats, chance: float) -> Floats:
    """Return UAR on a scale from chance, 0, to 1."""
    scaled: Floats = np.clip((uar - chance) / (1 - chance), 0, 1)
    return scaled


def _equally_accurate(
    names: Sequence[str], comparison: Comparison, margin: float
) -> tuple[str, ...]:
    equal = {*comparison.tied}
    if margin:
        equal |= {gap.other for gap in comparison.differences if gap.low <= margin}
    return tuple(name for name in names if name in equal)


def _firmness(
    chosen: str,
    comparison: Comparison | None,
    aims: Mapping[str, Aims],
    equal: Sequence[str],
    weights: Floats,
    margin: float,
) -> Firmness | None:
    """Repeat the choice on resampled clips, and with other weights."""
    if comparison is None or len(comparison.replicates.names) < len(aims):
        return None
    names, samples = comparison.replicates.names, comparison.replicates.samples
    accuracy = _above_chance(samples, comparison.chance)
    repeated = weights.repeat(samples.shape[1], axis=0)
    totals = weighted([aims[name] for name in names], repeated, accuracy)
    totals[_less_accurate(samples, comparison.replicates.freedom, margin)] = -np.inf
    data = float(np.mean(totals.argmax(axis=0) == names.index(chosen)))
    drawn = weighted([aims[name] for name in equal], _weightings(weights[0]))
    return Firmness(data, float(np.mean(drawn.argmax(axis=0) == equal.index(chosen))))


def _less_accurate(samples: Floats, freedom: float, margin: float) -> NDArray[np.bool_]:
    """Whether a candidate is told from the best of each replicate; of shape (candidates, n)."""
    best = samples.argmax(axis=0)
    error = (samples[:, None, :] - samples[None, :, :]).std(axis=2)
    gaps = samples.max(axis=0) - samples
    # As in the comparison itself, there are that many pairs of the best with another one.
    level = 1 - 0.05 / max(1, len(samples) - 1)
    less_accurate: NDArray[np.bool_] = gaps > margin + t_quantile(level, freedom) * error[:, best]
    return less_accurate


def _weightings(weights: Floats) -> Floats:
    """Draw weightings around the user's; what counts nothing for the user stays so."""
    drawn = np.zeros((DRAWS, len(weights)))
    counts = weights > 0
    shares = weights[counts] / weights.sum()
    drawn[:, counts] = np.random.default_rng(0).dirichlet(CONCENTRATION * shares, DRAWS)
    return drawn
