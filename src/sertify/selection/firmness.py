"""How sure a choice is: what it would be on fresh speech, and how good the chosen one really is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sertify.candidates.entries import Preferences
from sertify.selection.aims import Aims, weights_of, worth
from sertify.selection.comparison import Comparison
from sertify.selection.order import least_leads
from sertify.statistics.confusion import Counts, Floats

DRAWS = 2000
"""Corpora, and weightings, that are drawn."""

CONCENTRATION = 20
"""Of the Dirichlet distribution of the weightings: a weight of 0.4 varies by 0.11 (SD)."""

CLOSE = 0.03
"""UAR behind the best that makes no difference to a user."""


@dataclass(frozen=True)
class Firmness:
    """How sure a choice is; each but ``expected`` is a share, from 0 to 1.

    Attributes
    ----------
    again
        Of fresh corpora like this one, those on which the same candidate would be chosen.
    close
        How probable it is that the chosen one is truly within 0.03 UAR of the most accurate.
    weights
        Of other weightings around these, and of half to twice the margin, those that choose it.
    expected
        Its UAR on other speech like this: the best of several looks better than it is.
    """

    again: float
    close: float
    weights: float
    expected: float


def firmness_of(
    comparison: Comparison, chosen: str, aims: Sequence[Aims], preferences: Preferences
) -> Firmness | None:
    """Repeat a choice on other corpora, and with other weights; ``aims`` are in their order.

    None where the chosen one could not be compared on any corpus.
    """
    found = comparison.uar(chosen)
    if found is None:
        return None
    place = comparison.names.index(chosen)
    drawn = comparison.samples(DRAWS)
    added = worth(aims, weights_of(preferences), preferences.margin)
    noise = drawn - comparison.values[:, :, None]
    truly, fresh = _likely(comparison, noise)
    behind = least_leads(truly, comparison.known)[place]
    again = _chosen(least_leads(fresh, comparison.known, added))
    resampled = _chosen(least_leads(drawn, comparison.known, added))
    other = _otherwise(aims, preferences)
    values = comparison.values[:, :, None].repeat(DRAWS, axis=2)
    return Firmness(
        again=float(np.mean(again == place)),
        close=float(np.mean(behind >= -CLOSE)),
        weights=float(np.mean(_chosen(least_leads(values, comparison.known, other)) == place)),
        expected=found[0] - _luck(comparison, noise, resampled),
    )


def _chosen(leads: Floats) -> Counts:
    # Equals stay equal, whatever order their numbers are added in: the first counts.
    chosen: Counts = leads.round(12).argmax(axis=0)
    return chosen


def _likely(comparison: Comparison, noise: Floats) -> tuple[Floats, Floats]:
    """Return what the true UARs may be, and what a fresh corpus may show, of the noise's shape.

    Candidates differ less than they look, by the share of their spread that is chance (empirical
    Bayes: Efron & Morris 1975, Data analysis using Stein's estimator, JASA 70).
    """
    values = comparison.values[:, :, None]
    known = comparison.known[:, :, None]
    mean = (values * known).sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    kept = _kept(comparison, noise)
    truly = mean + kept * (values - mean) - np.sqrt(kept) * noise
    # The noise of another corpus is independent of what is left of that of this one.
    fresh = truly + np.roll(noise, DRAWS // 2, axis=2)
    return truly, fresh


def _kept(comparison: Comparison, noise: Floats) -> float:
    """Return the share of the spread between candidates that is no chance."""
    known, values = comparison.known, comparison.values
    several = known.sum(axis=1) > 1
    if not several.any():
        return 1.0
    spread, chance = [], []
    for row, drawn, has in zip(values[several], noise[several], known[several] > 0, strict=True):
        centred = drawn[has] - drawn[has].mean(axis=0)
        spread.append(float(row[has].var(ddof=1)))
        chance.append(float((centred**2).sum(axis=0).mean()) / (has.sum() - 1))
    return max(0.0, 1 - math.fsum(chance) / max(math.fsum(spread), 1e-12))


def _luck(comparison: Comparison, noise: Floats, winners: Counts) -> float:
    """Return by how much the winner of a resample surpasses its value, in the mean over these."""
    known = comparison.known[:, :, None]
    count = known.sum(axis=0)
    surplus = (noise * known).sum(axis=0) / np.maximum(count, 1)
    return float(np.take_along_axis(surplus, winners[None], axis=0).mean())


def _otherwise(aims: Sequence[Aims], preferences: Preferences) -> Floats:
    """Return what the aims are worth by other weightings; what counts nothing stays so."""
    rng = np.random.default_rng(0)
    weights = weights_of(preferences)
    counts = weights[0] > 0
    drawn = np.zeros((DRAWS, weights.shape[1]))
    shares = weights[0, counts] / weights.sum()
    drawn[:, counts] = rng.dirichlet(CONCENTRATION * shares, DRAWS)
    margins = preferences.margin * 2 ** rng.uniform(-1, 1, DRAWS)
    return worth(aims, drawn, margins)
