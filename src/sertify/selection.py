"""From verdicts to the one candidate to use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sertify.aims import AIMS, Aims, aims_of, weighted
from sertify.answers import Answers
from sertify.candidates import Preferences
from sertify.comparison import Comparison, compare, obstacles
from sertify.outcomes import listed
from sertify.statistics.student import t_quantile
from sertify.verdicts import Standing, Verdict, segment_time

__all__ = ["Firmness", "Selection", "pareto", "select"]

DRAWS = 2000
"""Weightings that are drawn around the user's."""

CONCENTRATION = 20
"""Of the Dirichlet distribution that they are drawn from: a weight of 0.4 varies by 0.11 (SD)."""

LEAD = 0.01
"""An advantage in an aim that is worth telling."""


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
    answers: Mapping[str, Answers] | None = None,
    preferences: Preferences | None = None,
) -> Selection:
    """Choose among the qualified: first by accuracy, and where that is the same by all aims.

    They are compared on the clips that all of them can express, of corpora that none has seen in
    training. Equally accurate are those not significantly worse than the best, and those within
    the margin of the preferences; among these the weighted mean of the aims decides.

    Parameters
    ----------
    answers
        What each candidate said of each clip, by the candidate's name.
    """
    answers, preferences = answers or {}, preferences or Preferences()
    qualified = [one for one in verdicts if one.standing is Standing.QUALIFIED]
    if not qualified:
        return Selection(None, _no_selection(verdicts))
    compared = [answers[name] for one in qualified if (name := one.candidate.name) in answers]
    comparison = compare(compared) if compared else None
    names = tuple(one.candidate.name for one in qualified)
    equal = _equally_accurate(names, comparison, preferences.margin)
    aims = aims_of(qualified, answers, _above_chance(comparison), preferences, equal)
    weights = np.array([[getattr(preferences.weights, name) for name in AIMS]], dtype=float)
    totals = dict(zip(names, weighted([*aims.values()], weights)[:, 0].tolist(), strict=True))
    chosen = max(equal, key=lambda name: totals[name])
    return Selection(
        candidate=chosen,
        sentence=_sentence(chosen, qualified, comparison, aims, equal)
        + _why_not_compared(compared, comparison)
        + _still_open(verdicts),
        tied=comparison.tied if comparison else names,
        pareto=pareto(qualified, comparison),
        aims=aims,
        totals=totals,
        comparison=comparison,
        firmness=_firmness(chosen, comparison, aims, equal, weights, preferences.margin),
    )


def pareto(verdicts: Sequence[Verdict], comparison: Comparison | None) -> tuple[str, ...]:
    """Names of those that no other beats in UAR without being slower."""
    points = {one.candidate.name: (-_uar(one, comparison), _time(one)) for one in verdicts}
    return tuple(
        name
        for name, own in points.items()
        if not any(
            other != own and other[0] <= own[0] and other[1] <= own[1] for other in points.values()
        )
    )


def _above_chance(comparison: Comparison | None) -> dict[str, float]:
    """Return the UAR of each candidate on a scale from chance, 0, to 1."""
    if comparison is None:
        return {}
    values = _rescaled(comparison.replicates.values, comparison.chance)
    return dict(zip(comparison.replicates.names, values.tolist(), strict=True))


def _rescaled(uar: NDArray[np.float64], chance: float) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = np.clip((uar - chance) / (1 - chance), 0, 1)
    return scaled


def _equally_accurate(
    names: Sequence[str], comparison: Comparison | None, margin: float
) -> tuple[str, ...]:
    if comparison is None:
        return tuple(names)
    near = {one.other for one in comparison.differences if margin and one.low <= margin}
    return tuple(name for name in names if name in comparison.tied or name in near)


def _firmness(
    chosen: str,
    comparison: Comparison | None,
    aims: Mapping[str, Aims],
    equal: Sequence[str],
    weights: NDArray[np.float64],
    margin: float,
) -> Firmness | None:
    """Repeat the choice on resampled clips, and with other weights."""
    if comparison is None or len(comparison.replicates.names) < len(aims):
        return None
    names, kept = comparison.replicates.names, comparison.replicates
    scored = [aims[name] for name in names]
    samples = kept.samples
    accuracy = _rescaled(samples, comparison.chance)
    totals = weighted(scored, weights.repeat(samples.shape[1], axis=0), accuracy)
    totals[_less_accurate(samples, kept.freedom, margin)] = -np.inf
    data = float(np.mean(totals.argmax(axis=0) == names.index(chosen)))
    among = [aims[name] for name in equal]
    drawn = weighted(among, _weightings(weights[0]))
    return Firmness(data, float(np.mean(drawn.argmax(axis=0) == equal.index(chosen))))


def _less_accurate(
    samples: NDArray[np.float64], freedom: float, margin: float
) -> NDArray[np.bool_]:
    """Whether a candidate is told from the best of each replicate; of shape (candidates, n)."""
    best = samples.argmax(axis=0)
    pairs = samples[:, None, :] - samples[None, :, :]
    error = pairs.std(axis=2)
    gaps = samples.max(axis=0) - samples
    # As in the comparison itself, there are that many pairs of the best with another one.
    level = 1 - 0.05 / max(1, len(samples) - 1)
    told: NDArray[np.bool_] = gaps > margin + t_quantile(level, freedom) * error[:, best]
    return told


def _weightings(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw weightings around the user's; what counts nothing for the user stays so."""
    drawn = np.zeros((DRAWS, len(weights)))
    counts = weights > 0
    shares = weights[counts] / weights.sum()
    drawn[:, counts] = np.random.default_rng(0).dirichlet(CONCENTRATION * shares, DRAWS)
    return drawn


def _uar(verdict: Verdict, comparison: Comparison | None = None) -> float:
    if comparison is not None and verdict.candidate.name in comparison.replicates.names:
        place = comparison.replicates.names.index(verdict.candidate.name)
        return float(comparison.replicates.values[place])
    measured = verdict.number("uar_all")
    return measured.value if measured is not None else 0.0


def _time(verdict: Verdict) -> float:
    measured = segment_time(verdict)
    return float("inf") if measured is None else measured.value


def _sentence(
    chosen: str,
    qualified: Sequence[Verdict],
    comparison: Comparison | None,
    aims: Mapping[str, Aims],
    equal: Sequence[str],
) -> str:
    if len(qualified) == 1:
        return f"Use {chosen}: the only candidate that qualified ({_shown(qualified[0])})."
    number = f"{len(qualified)} qualified candidates"
    others = [name for name in equal if name != chosen]
    advantage = _advantages(chosen, others, aims)
    if comparison is None:
        return f"Use {chosen}: nothing tells which of {number} is the most accurate{advantage}."
    replicates, best = comparison.replicates, comparison.tied[0]
    uar = dict(zip(replicates.names, replicates.values.tolist(), strict=True))
    on = _on(comparison)
    if not others:
        ahead = _margin(comparison)
        return f"Use {chosen}: the highest UAR, {uar[chosen]:.2f}{on}, of {number}{ahead}."
    tied = [name for name in others if name in comparison.tied]
    against = f", of {number}" if chosen == best else f", where {best} has {uar[best]:.2f}"
    cannot = f"; the data cannot tell it from {listed(tied)}" if tied else ""
    given = "" if chosen in comparison.tied else "; less accurate, but within the margin"
    highest = "the highest UAR, " if chosen == best else "UAR "
    return f"Use {chosen}: {highest}{uar[chosen]:.2f}{on}{against}{given or cannot}{advantage}."


def _why_not_compared(answers: Sequence[Answers], comparison: Comparison | None) -> str:
    if comparison is not None or len(answers) < 2:
        return ""
    why = (f"{corpus}: {reason}" for corpus, reason in obstacles(answers).items())
    return f" They could not be compared on {'; '.join(why)}."


def _on(comparison: Comparison) -> str:
    """Say what the candidates were compared on."""
    number = len({name for names in comparison.emotions.values() for name in names})
    corpora = [*comparison.emotions]
    where = f" of {listed(corpora)}" if len(corpora) > 1 or comparison.left_out else ""
    clips = f"{comparison.replicates.clips:,} clips{where}"
    return f" on the {clips} of {number} emotions that all can express"


def _margin(comparison: Comparison) -> str:
    """Say how far the next one is behind, and how sure that is; nothing where there is none."""
    if not comparison.differences:
        return ""
    next_best = min(comparison.differences, key=lambda one: one.value)
    return f", {next_best.value:.2f} above {next_best.other} (p {_p(next_best.p_holm)})"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _advantages(chosen: str, others: Sequence[str], aims: Mapping[str, Aims]) -> str:
    """Say what the chosen one has over those that are as accurate, if anything."""
    words = {"speed": "fastest", "diversity": "most varied", "language": "best fit in language"}
    own = aims[chosen].known()
    ahead = [
        word
        for aim, word in words.items()
        if others
        and all(own.get(aim, 0) - aims[name].known().get(aim, 0) >= LEAD for name in others)
    ]
    if not ahead:
        return ", and it weighs best on all aims together" if others else ""
    return f", and it is the {' and the '.join(ahead)}"


def _shown(verdict: Verdict) -> str:
    measured = verdict.number("uar_all")
    if measured is None:
        return "UAR unknown"
    if measured.low is None or measured.high is None:
        return f"UAR over all clips {measured.value:.2f}"
    return f"UAR over all clips {measured.value:.2f} [{measured.low:.2f}, {measured.high:.2f}]"


def _still_open(verdicts: Sequence[Verdict]) -> str:
    number = sum(one.standing is Standing.UNDECIDED for one in verdicts)
    return f" Undecided: {number} of {len(verdicts)} candidates." if number else ""


def _no_selection(verdicts: Sequence[Verdict]) -> str:
    """Say why none can be chosen, and which came closest: it failed the latest gate."""
    undecided = _undecided(verdicts)
    if undecided:
        return f"No candidate has qualified yet; undecided: {undecided}."
    rejected = [one for one in verdicts if one.standing is Standing.REJECTED]
    if not rejected:
        return "There is no candidate to choose from."
    closest = max(rejected, key=lambda one: (list(one.gates).index(str(one.gate)), _uar(one)))
    return (
        f"No candidate qualified; {closest.candidate.name} came closest, rejected by"
        f" {closest.gate} ({closest.reason}: {closest.message}){_lacking(closest)}."
    )


def _lacking(verdict: Verdict) -> str:
    """Say by how much the worst of the measurements that miss their limits does so."""
    record = verdict.gates[str(verdict.gate)].first
    if record is None:
        return ""
    limits = re.findall(r"at (least|most) ([\d.e+-]+)", record.requirement)
    missing = [
        ((float(limit) - one.value) * (1 if side == "least" else -1), one)
        for side, limit in limits
        for one in record.measurements
        if f"{one.name}=" in record.message
    ]
    worst, measured = max(missing, key=lambda pair: pair[0], default=(0.0, None))
    if measured is None or worst <= 0:
        return ""
    unit = "" if measured.unit in ("1", measured.name) else f" {measured.unit}"
    return f"; it lacks {worst:.2g}{unit}"


def _undecided(verdicts: Sequence[Verdict]) -> str:
    """List the undecided with what keeps them so, those of the same reason together."""
    names: dict[str, list[str]] = {}
    for one in verdicts:
        if one.standing is Standing.UNDECIDED:
            names.setdefault(one.reason or one.message, []).append(one.candidate.name)
    return "; ".join(f"{listed(those)} ({why})" for why, those in names.items())
