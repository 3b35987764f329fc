"""The clips that say most: confident errors of a candidate, and what candidates disagree on."""

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sertify.evidence.labelling import Labelling
from sertify.report.results.model.candidate import DisagreementClip, ErrorClip, Prediction
from sertify.selection.verdicts import Standing, Verdict
from sertify.vocabulary.emotions import EMOTIONS
from sertify.vocabulary.outcomes import GATES

_MOST_ERRORS = 10
_MOST_DISAGREEMENTS = 20

_Names = Mapping[str, str]
_Said = list[tuple[Labelling, int]]
"""Whose answers tell of a clip, and where in these it is."""


def errors(labelling: Labelling, names: _Names) -> tuple[ErrorClip, ...]:
    """List a candidate's most confident wrong answers, the most confident first.

    They are on labelled clips of emotions that it can express: it is no wonder that others are
    missed. What was seen in training does not count as long as there is other speech. ``names`` is
    what clips are called now, by their keys; others keep the name they were answered under.
    """
    truth, predicted, expressible = labelling.truth, labelling.predicted, {*labelling.emotions}
    confidence = labelling.confidence
    wrong = [
        place
        for place in labelling.counting
        if truth[place] != predicted[place] and truth[place] in expressible
    ]

    def rank(place: int) -> tuple[float, str]:
        return -confidence[place], _name(labelling, place, names)

    return tuple(
        ErrorClip(**_clip(labelling, at, names), predicted=predicted[at], confidence=confidence[at])
        for at in heapq.nsmallest(_MOST_ERRORS, wrong, key=rank)
    )


def disagreements(
    verdicts: Sequence[Verdict], labellings: Mapping[str, Labelling], names: _Names
) -> tuple[DisagreementClip, ...]:
    """List the clips on which candidates disagree most, labelled or not.

    Asked are those that came as far as accuracy, but for baselines. Most is the largest entropy of
    the emotions that they predict, then the largest sum of their confidence, then the name. What is
    predicted beside emotions says nothing about these. Nothing is listed on which all agree.
    ``names`` are those of :func:`errors`.
    """
    said: dict[str, _Said] = {}
    for each in verdicts:
        if _is_asked(each, labellings):
            labelling = labellings[each.candidate.name]
            for place, key in enumerate(labelling.keys):
                said.setdefault(key, []).append((labelling, place))
    entropies = {key: entropy for key, those in said.items() if (entropy := _entropy(those)) > 0}

    def rank(key: str) -> tuple[float, float, str]:
        certain = math.fsum(labelling.confidence[place] for labelling, place in said[key])
        return -entropies[key], -certain, _name(*said[key][0], names)

    return tuple(
        DisagreementClip(**_clip(*said[key][0], names), predicted=_predictions(said[key]))
        for key in heapq.nsmallest(_MOST_DISAGREEMENTS, entropies, key=rank)
    )


def _predictions(said: _Said) -> dict[str, Prediction]:
    return {
        labelling.candidate: Prediction(
            emotion=labelling.predicted[place], confidence=labelling.confidence[place]
        )
        for labelling, place in said
    }


def _is_asked(verdict: Verdict, labellings: Mapping[str, Labelling]) -> bool:
    known = verdict.candidate.name in labellings and verdict.standing is not Standing.BASELINE
    return known and verdict.gate not in GATES[: GATES.index("accuracy")]


def _entropy(said: _Said) -> float:
    """Return the entropy of the emotions predicted for a clip."""
    words = (labelling.predicted[place] for labelling, place in said)
    # In one order, so that which candidate says what makes no difference.
    counts = sorted(Counter(word for word in words if word in EMOTIONS).values())
    total = sum(counts)
    return -math.fsum(count / total * math.log(count / total) for count in counts)


def _clip(labelling: Labelling, place: int, names: _Names) -> dict[str, Any]:
    return {
        "key": labelling.keys[place],
        "clip": _name(labelling, place, names),
        "corpus": labelling.corpora[place],
        "language": labelling.languages[place],
        "speaker": labelling.speakers[place],
        "truth": labelling.truth[place],
    }


def _name(labelling: Labelling, place: int, names: _Names) -> str:
    return names.get(labelling.keys[place], labelling.clips[place])
