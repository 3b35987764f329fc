"""A choice without ground truth: whom the other candidates agree with, and how varied it is.

It is no selection. Agreement says nothing about being right: models that were trained on the same
corpus agree in their mistakes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertify.candidates.entries import Preferences
from sertify.evidence.labelling import Labelling
from sertify.selection.agreements import Agreement, agreements
from sertify.selection.aims import AIMS, Aims, aims_of, weights_of, worth
from sertify.selection.verdicts import Standing, Verdict
from sertify.vocabulary.outcomes import Outcome


@dataclass(frozen=True)
class Consensus:
    """What can be said of candidates on unlabelled speech.

    ``candidate`` is the one to begin with, by agreement in place of accuracy and by the other aims;
    ``confidence`` the mean probability of each one's predictions; ``agreements`` of each pair.
    """

    candidate: str
    sentence: str
    aims: Mapping[str, Aims]
    totals: Mapping[str, float]
    confidence: Mapping[str, float]
    agreements: tuple[Agreement, ...]


def consensus(
    verdicts: Sequence[Verdict],
    labellings: Mapping[str, Labelling],
    preferences: Preferences | None = None,
) -> Consensus | None:
    """Return what unlabelled speech says of the candidates that passed the gates it can open.

    None where there is no such candidate.
    """
    preferences = preferences or Preferences()
    able = [each for each in verdicts if each.candidate.name in labellings and _able(each)]
    if not able:
        return None
    compared = {each.candidate.name: labellings[each.candidate.name] for each in able}
    pairs = agreements([*compared.values()])
    aims = aims_of(able, compared, _mean_kappa([*compared], pairs), preferences)
    added = worth([*aims.values()], weights_of(preferences), preferences.margin)[:, 0].tolist()
    totals = {
        name: (met.accuracy or 0.0) + extra
        for (name, met), extra in zip(aims.items(), added, strict=True)
    }
    chosen = max(totals, key=lambda name: totals[name])
    return Consensus(
        candidate=chosen,
        sentence=_sentence(chosen, aims),
        aims=aims,
        totals=totals,
        confidence={
            name: float(np.mean(labelling.confidence))
            for name, labelling in compared.items()
            if labelling.clips
        },
        agreements=pairs,
    )


def _able(verdict: Verdict) -> bool:
    # Rejected: for its accuracy on labelled speech, which agreement on other speech does not mend.
    no_choice = verdict.standing in (Standing.BASELINE, Standing.REJECTED)
    if no_choice or verdict.candidate.status == "rejected":
        return False
    # Gates that this run was not asked for may be open: what answers has been loaded.
    others = ("loadability", "labels", "speed")
    open_or_passed = all(verdict.gates[gate].outcome in (None, Outcome.PASS) for gate in others)
    return open_or_passed and verdict.gates["degeneracy"].outcome is Outcome.PASS


def _mean_kappa(names: Sequence[str], pairs: Sequence[Agreement]) -> dict[str, float]:
    """Return the mean agreement of each candidate with the others, 0 where it is below chance.

    A pair counts as much as the clips that it was measured on.
    """
    means = {}
    for name in names:
        own = [pair for pair in pairs if name in (pair.first, pair.second)]
        kappas = [(pair.kappa, pair.clips) for pair in own if pair.kappa is not None]
        if kappas:
            mean = sum(kappa * clips for kappa, clips in kappas) / sum(n for _, n in kappas)
            means[name] = max(0.0, mean)
    return means


def _joined(texts: Sequence[str]) -> str:
    *most, last = texts or ["nothing that is known"]
    return f"{', '.join(most)} and {last}" if most else last


def _sentence(chosen: str, aims: Mapping[str, Aims]) -> str:
    start = f"Without ground truth, start with {chosen}"
    agreement = aims[chosen].accuracy
    others = [name for name in AIMS[1:] if any(name in met.known() for met in aims.values())]
    if len(aims) == 1:
        why = "no other candidate came as far"
    elif agreement is None:
        why = f"it is the best by {_joined(others)}; no agreement could be measured"
    else:
        agreed = f"agreement with the others (mean kappa {agreement:.2f})"
        why = f"of {len(aims)} candidates it is the best by {_joined([agreed, *others])}"
    doubt = "That says nothing about how often it is right: label some clips to find out."
    return f"{start}: {why}. {doubt}"
